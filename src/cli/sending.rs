//! What a session sends: standard input, a payload, a repeat of it, or a file; and what is said of how it went.

use super::args::{Format, Plan};
use super::input::{self, Input};
use super::line::Line;
use super::observer::Opened;
use super::process::{say, say_failure};
use super::repeating::{self, End, Repeating};
use super::sent_file::{SentFile, say_left};
use crate::engine::{Pieces, SessionHandle};
use crate::lang::{Language, explain};
use crate::model::{
    ConnectionId, FailureKind, OutgoingId, OutgoingState, Progress, RepeatProgress, SessionConfig, Status,
    Target, UdpConfig,
};
use crate::payload::Cuts;
use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread;

/// What a session sends.
pub(super) struct Sending<'a> {
    plan: &'a Plan,
    session: Arc<SessionHandle>,
    /// The file that is being sent.
    file: Option<SentFile>,
    /// The repeat of the payload.
    repeats: Option<Repeating>,
    /// The payloads whose end was not seen.
    payloads: BTreeSet<OutgoingId>,
    /// What was said about payloads.
    said: BTreeSet<String>,
    /// Connections that were opened and not sent the payload yet.
    opened: Option<Opened>,
    /// Something could not be sent or written. Also set by the thread that reads standard input.
    has_left_out: Arc<AtomicBool>,
}

impl<'a> Sending<'a> {
    /// Sends nothing yet.
    pub fn new(plan: &'a Plan, session: Arc<SessionHandle>, opened: Option<Opened>) -> Self {
        if let Cuts::Random { seed } = plan.delivery.cuts {
            say(&format!(
                "What is sent is cut at random places; --cut random:{seed} cuts at the same ones again."
            ));
        }
        Self {
            plan,
            session,
            file: None,
            repeats: None,
            payloads: BTreeSet::new(),
            said: BTreeSet::new(),
            opened,
            has_left_out: Arc::default(),
        }
    }

    /// Whether the payload is said to each connection as it opens.
    pub fn greets(plan: &Plan) -> bool {
        let is_greeting = matches!(
            &plan.config,
            SessionConfig::TcpServer(_) | SessionConfig::Udp(UdpConfig { remote: None, .. })
        );
        plan.payload.is_some() && plan.repeat.is_none() && is_greeting
    }

    /// Begins to send the payload, the file, or standard input.
    ///
    /// # Errors
    /// The system gives no thread, or the session has ended already.
    pub fn start(&mut self, target: Target) -> io::Result<()> {
        let plan = self.plan;
        match (&plan.payload, plan.repeat, &plan.file) {
            (Some(message), Some(repeat), _) => {
                let message = message.clone();
                let delivery = plan.delivery.clone();
                self.repeats = Some(Repeating::start(&self.session, target, message, delivery, repeat)?);
            }
            (Some(_), None, _) if Self::greets(plan) => {}
            (Some(_), None, _) => self.say_payload(target)?,
            (None, _, Some(file)) => self.file = Some(SentFile::start(&self.session, file, target)?),
            (None, _, None) => self.read_input(target)?,
        }
        Ok(())
    }

    /// Sends the payload to connections that were opened.
    pub fn greet(&mut self) {
        let Some(opened) = &self.opened else { return };
        let opened = std::mem::take(&mut *opened.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(first) = opened.first().copied() else { return };
        let target = match &self.plan.config {
            // The first peer of all, and no later one.
            SessionConfig::Udp(_) if first == ConnectionId(1) => Target::Connections(vec![first]),
            SessionConfig::Udp(_) => return,
            _ => Target::Connections(opened),
        };
        if let Err(error) = self.say_payload(target) {
            say(&error.to_string());
            self.leave_out();
        }
    }

    fn say_payload(&mut self, target: Target) -> io::Result<()> {
        let Some(message) = &self.plan.payload else { return Ok(()) };
        let pieces = Pieces::new(target, message.clone(), self.plan.delivery.clone());
        let started = self.session.start_outgoing("--payload", pieces);
        let id = started.map_err(|failure| io::Error::other(explain(Language::English.words(), &failure)))?;
        self.payloads.insert(id);
        Ok(())
    }

    /// Whether changes of the status are to be looked at.
    pub fn is_watched(&self) -> bool {
        self.file.is_some()
            || !self.payloads.is_empty()
            || self.repeats.as_ref().is_some_and(Repeating::is_running)
    }

    /// Looks at a status: says what has failed, and ends sending where all is sent.
    pub fn look(&mut self, status: &Status) {
        if status.piped.failed > 0 {
            self.leave_out();
        }
        self.look_at_payloads(status);
        let is_client = matches!(self.plan.config, SessionConfig::TcpClient(_));
        match self.repeats.as_mut().and_then(|repeats| repeats.look(status)) {
            // As at the end of standard input.
            Some(End::Complete) if is_client => {
                self.session.finish_sending();
            }
            Some(End::Failed(failure)) => {
                say_failure(&failure);
                self.leave_out();
            }
            Some(End::Complete | End::Early) | None => {}
        }
        if let Some(is_whole) = self.file.as_ref().and_then(|file| file.ended(status)) {
            self.file = None;
            if !is_whole {
                self.leave_out();
            }
            // As at the end of standard input.
            self.session.finish_sending();
        }
    }

    fn look_at_payloads(&mut self, status: &Status) {
        if self.payloads.is_empty() {
            return;
        }
        let is_client = matches!(self.plan.config, SessionConfig::TcpClient(_));
        for outgoing in status.outgoing.iter() {
            if !outgoing.state.has_ended() || !self.payloads.remove(&outgoing.id) {
                continue;
            }
            if let Progress::Bytes { left, .. } = outgoing.progress {
                say_left(left, &outgoing.label);
            }
            match &outgoing.state {
                // Without a connection there is nobody; why is said anyway.
                OutgoingState::Failed(failure) if is_client && failure.kind == FailureKind::NoRecipient => {}
                OutgoingState::Failed(failure) => {
                    let text = explain(Language::English.words(), failure);
                    if self.said.insert(text.clone()) {
                        say(&text);
                    }
                }
                OutgoingState::Stopped => {
                    let is_cut = matches!(outgoing.progress, Progress::Bytes { done, total, .. } if total != Some(done));
                    if is_cut {
                        self.leave_out();
                    }
                }
                _ => {}
            }
            // As at the end of standard input.
            if is_client {
                self.session.finish_sending();
            }
        }
        // Of very many that end at once, the first are in no status; the sum has them.
        if let Some(last) = status.outgoing.last().map(|last| last.id) {
            let listed: BTreeSet<_> = status.outgoing.iter().map(|outgoing| outgoing.id).collect();
            self.payloads.retain(|id| *id > last || listed.contains(id));
        }
    }

    /// The last look, at the end of the session: says how it went.
    pub fn finish(&mut self, status: &Status) {
        self.look(status);
        if self.plan.payload.is_some() && self.repeats.is_none() && status.outgoing_short > 0 {
            self.leave_out();
        }
        if let Some(repeats) = &self.repeats {
            if let Some(repeat) = repeats.progress(status) {
                say(&repeating::line(repeat));
            }
            if repeats.has_left_out(status) {
                self.leave_out();
            }
        }
    }

    /// How the repeat goes.
    pub fn repeat<'b>(&self, status: &'b Status) -> Option<&'b RepeatProgress> {
        self.repeats.as_ref().and_then(|repeats| repeats.progress(status))
    }

    /// Starts the thread that reads standard input, if it is to be read.
    ///
    /// # Errors
    /// The system gives no thread.
    fn read_input(&self, target: Target) -> io::Result<()> {
        let Some(format) = self.plan.input else { return Ok(()) };
        let datagram_bytes = match &self.plan.config {
            SessionConfig::Udp(config) => Some(input::datagram_bytes(config.local, &target)),
            _ => None,
        };
        let delivery = self.plan.delivery.clone();
        let is_written_as_read = delivery.glue <= 1 && delivery.cuts == Cuts::None;
        let input = Input {
            format,
            encoding: self.plan.encoding,
            line_ending: self.plan.line_ending.filter(|_| format == Format::Text),
            checksum: self.plan.checksum.clone(),
            // Otherwise each write is looked at when it is glued and cut.
            datagram_bytes: datagram_bytes.filter(|_| is_written_as_read),
        };
        let mut line =
            Line::new(self.session.clone(), target, delivery, datagram_bytes, self.has_left_out.clone());
        thread::Builder::new().name("stdin".into()).spawn(move || {
            input.pump(&mut io::stdin().lock(), &mut line);
            line.end();
        })?;
        Ok(())
    }

    /// Notes that something could not be sent or written.
    pub fn leave_out(&self) {
        self.has_left_out.store(true, Ordering::Release);
    }

    /// Whether something could not be sent or written.
    pub fn has_left_out(&self) -> bool {
        self.has_left_out.load(Ordering::Acquire)
    }
}
