//! The thread of a session: takes commands, turns the driver, publishes.

mod client;
mod sending;
mod starting;
#[cfg(test)]
mod tests;

use self::starting::Explaining;
use super::command::{Command, Requests};
use super::handle::{Shared, WhenFull};
use super::recorder::Recorder;
use crate::model::{
    CloseReason, Failure, SessionConfig, SessionState, Target, TcpClientConfig, TcpServerConfig,
};
use crate::net::{Activity, Driver};
use crossbeam_channel::{Receiver, TryRecvError};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many commands are taken before the sockets have their turn: whoever sends without a pause
/// must not keep the session from receiving, publishing or stopping.
const TURN_COMMANDS: usize = 64;

type Resolved = Receiver<Result<Vec<SocketAddr>, Failure>>;

/// What the session was asked to be, and how far that has come.
enum Phase {
    /// Nothing is asked for.
    Rest,
    /// A TCP client waits for its addresses.
    Resolving(TcpClientConfig, Resolved),
    /// A TCP client is connecting or connected.
    Client(TcpClientConfig),
    /// A TCP client will try again.
    Waiting(TcpClientConfig, Instant),
    /// A TCP server, listening or not, with the address that it got.
    Server(TcpServerConfig),
    /// A UDP socket; a peer named by its host may still be looked up.
    Udp(Option<Resolved>),
}

pub(super) struct Worker {
    driver: Driver,
    recorder: Recorder,
    commands: Receiver<Command>,
    requests: Arc<Requests>,
    shared: Arc<Shared>,
    phase: Phase,
    /// Why the session ended or is ending.
    end: Option<CloseReason>,
    /// The number of the newest start that was taken.
    generation: u64,
    /// To be started once what is running has stopped.
    next: Option<Box<SessionConfig>>,
    /// A payload that waits for room, and holds the commands after it back.
    held: Option<(Target, Arc<[u8]>)>,
    /// Why binding failed, until all is known of it.
    explaining: Option<Explaining>,
    /// Payloads for UDP peers whose names are being looked up.
    lookups: VecDeque<(Resolved, Arc<[u8]>)>,
    /// How often connecting has failed, or led to nothing, since a connection was of use.
    attempts: u32,
    /// Since when a TCP client is connected.
    connected: Option<Instant>,
    /// All bytes that were received before it was.
    bytes_before: u64,
    wants_finish: bool,
}

impl Worker {
    pub fn new(
        driver: Driver,
        recorder: Recorder,
        commands: Receiver<Command>,
        requests: Arc<Requests>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            driver,
            recorder,
            commands,
            requests,
            shared,
            phase: Phase::Rest,
            end: None,
            generation: 0,
            next: None,
            held: None,
            explaining: None,
            lookups: VecDeque::new(),
            attempts: 0,
            connected: None,
            bytes_before: 0,
            wants_finish: false,
        }
    }

    /// Runs until the handle closes the session.
    pub fn run(mut self) {
        let mut is_closing = false;
        loop {
            // A start that came after the stop may have been taken already.
            if self.requests.take_stop() && self.requests.has_stopped(self.generation) {
                self.stop();
            }
            if self.requests.is_closed() && !is_closing {
                is_closing = true;
                self.stop();
            }
            if is_closing && self.driver.activity() == Activity::Idle {
                self.take_commands(is_closing);
                self.publish();
                return;
            }
            self.take_commands(is_closing);
            self.advance();
            if self.is_at_rest() {
                // What waited when the end came is told before it.
                self.take_commands(is_closing);
            }
            self.publish();
            let timeout = self.timeout();
            if let Err(failure) = self.driver.turn(timeout, &mut self.recorder) {
                self.connect_failed(failure);
            }
        }
    }

    fn take_commands(&mut self, is_closing: bool) {
        // At rest nothing is sent, and payloads are only counted.
        let most = if self.is_at_rest() { self.commands.len().max(1) } else { TURN_COMMANDS };
        for _ in 0..most {
            self.send_held();
            if self.held.is_some() {
                return;
            }
            match self.commands.try_recv() {
                Ok(command) if !is_closing => self.handle(command),
                Ok(Command::Send(_, bytes, _)) => self.recorder.drop_payload(bytes.len()),
                Ok(_) => {}
                Err(TryRecvError::Empty) => return,
                // The handle closes the session before it drops its sender.
                Err(TryRecvError::Disconnected) => {
                    self.requests.close();
                    return;
                }
            }
        }
        self.send_held();
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Start(config, generation) => {
                if !self.requests.has_stopped(generation) {
                    self.stop();
                    self.generation = generation;
                    self.next = Some(config);
                }
            }
            Command::StopListening => {
                if matches!(self.phase, Phase::Server(_)) {
                    self.driver.stop_listening();
                    self.recorder.note(&self.recorder.language.words().record_stopped_listening);
                }
            }
            Command::ListenAgain => self.listen_again(),
            Command::SetBroadcast(is_allowed) => {
                if let Err(failure) = self.driver.set_broadcast(is_allowed) {
                    self.recorder.fail(&failure);
                }
            }
            Command::Disconnect(ids) => ids.into_iter().for_each(|id| self.disconnect(id)),
            Command::Send(target, bytes, WhenFull::Wait) => self.held = Some((target, bytes)),
            Command::Send(target, bytes, WhenFull::Fail) => self.send(&target, &bytes),
            Command::FinishSending => self.wants_finish = true,
            Command::Mark(position, text) => self.recorder.mark(position, text.as_deref()),
            Command::SetLanguage(language) => self.recorder.language = language,
        }
    }

    /// Nothing runs, and nothing is asked for.
    fn is_at_rest(&self) -> bool {
        self.next.is_none() && matches!(self.phase, Phase::Rest)
    }

    /// Ends what is running; connections go within a moment.
    fn stop(&mut self) {
        self.next = None;
        let lookups = self.lookups.drain(..).map(|(_, bytes)| bytes);
        for bytes in lookups.chain(self.held.take().map(|(_, bytes)| bytes)) {
            self.recorder.drop_payload(bytes.len());
        }
        self.wants_finish = false;
        self.attempts = 0;
        if self.explaining.take().is_some() || !matches!(self.phase, Phase::Rest) {
            self.end = Some(CloseReason::Local);
            self.phase = Phase::Rest;
            self.recorder.touch();
        }
        self.driver.close_all(&mut self.recorder);
        self.recorder.last_closed = None;
    }

    /// Does what became possible: a result of a look-up, a delay that is over, a session that ended.
    fn advance(&mut self) {
        if self.driver.activity() == Activity::Idle
            && let Some(config) = self.next.take()
        {
            self.start(*config);
        }
        match std::mem::replace(&mut self.phase, Phase::Rest) {
            Phase::Resolving(config, result) => match result.try_recv() {
                Ok(Ok(addresses)) => {
                    self.connected = None;
                    self.bytes_before = self.recorder.bytes_in();
                    let connected = self.driver.connect(&addresses, &config.remote.to_string(), &config);
                    self.phase = Phase::Client(config);
                    if let Err(failure) = connected {
                        self.connect_failed(failure);
                    }
                }
                Ok(Err(failure)) => {
                    self.phase = Phase::Client(config);
                    self.connect_failed(failure);
                }
                Err(_) => self.phase = Phase::Resolving(config, result),
            },
            Phase::Waiting(config, until) if until <= Instant::now() => self.resolve(config),
            Phase::Client(config) => self.client(config),
            Phase::Server(_) if self.driver.activity() == Activity::Idle => {
                self.end = Some(CloseReason::Local)
            }
            Phase::Udp(Some(result)) => match result.try_recv() {
                Ok(Ok(addresses)) => {
                    if let Some(peer) = self.fitting(&addresses) {
                        self.driver.add_peer(peer, &mut self.recorder);
                        self.recorder.status.remote = Some(peer);
                    }
                    self.phase = Phase::Udp(None);
                }
                Ok(Err(failure)) => {
                    self.recorder.fail(&failure);
                    self.phase = Phase::Udp(None);
                }
                Err(_) => self.phase = Phase::Udp(Some(result)),
            },
            phase => self.phase = phase,
        }
        self.explain();
        self.send_resolved();
        if self.wants_finish && !self.lacks_recipient() {
            self.wants_finish = false;
            self.driver.finish_sending(&mut self.recorder);
        }
    }

    fn state(&self) -> SessionState {
        match (&self.phase, self.driver.activity()) {
            (Phase::Resolving(..), _) => SessionState::Resolving,
            (Phase::Waiting(..), _) => SessionState::Waiting,
            (Phase::Client(_), Activity::Connecting) => SessionState::Connecting,
            (Phase::Client(_), _) => SessionState::Open,
            (Phase::Server(_) | Phase::Udp(_), Activity::Listening) => SessionState::Listening,
            (Phase::Server(_) | Phase::Udp(_), _) => SessionState::Open,
            (Phase::Rest, Activity::Idle) if self.next.is_none() && self.explaining.is_none() => {
                match &self.end {
                    Some(reason) => SessionState::Closed(reason.clone()),
                    None => SessionState::Idle,
                }
            }
            (Phase::Rest, _) => SessionState::Closing,
        }
    }

    fn publish(&mut self) {
        let state = self.state();
        if state != self.recorder.status.state {
            if !state.is_active() {
                self.recorder.tell_dropped();
            }
            if matches!(state, SessionState::Listening | SessionState::Open) {
                self.recorder.session_runs();
            }
            self.recorder.status.state = state;
            self.recorder.touch();
        }
        let remote = self.driver.remote().or(self.recorder.status.remote);
        self.recorder.status.remote = remote;
        self.recorder.status.queued_bytes = self.driver.queued_bytes().0 as u64;
        if self.recorder.publish() {
            self.shared.publish(&self.recorder.status);
        }
    }

    fn timeout(&self) -> Option<Duration> {
        // More commands than one turn takes; what woke this thread for them is used up.
        if self.held.is_none() && !self.commands.is_empty() {
            return Some(Duration::ZERO);
        }
        let activity = self.driver.activity();
        let of_phase = match &self.phase {
            Phase::Waiting(_, until) => Some(until.saturating_duration_since(Instant::now())),
            // It ended after it was last looked at, by the last of what it had to send.
            Phase::Client(_) | Phase::Server(_) if activity == Activity::Idle => Some(Duration::ZERO),
            _ if self.next.is_some() && activity == Activity::Idle => Some(Duration::ZERO),
            _ if self.held.is_some() && self.can_send_held() => Some(Duration::ZERO),
            _ => None,
        };
        let told = self.explaining.as_ref().map(|explaining| explaining.until);
        let told = told.map(|until| until.saturating_duration_since(Instant::now()));
        [of_phase, told].into_iter().flatten().min()
    }
}
