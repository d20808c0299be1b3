//! Runs one session from its arguments to the exit code. The session's thread prints (`observer`), another thread
//! reads standard input (`input`), and the main thread waits for news and decides when to end. `sending` has what is sent.

use super::args::{Plan, View};
use super::feed::{self, Feed};
use super::followed::{self, Followed};
use super::news::{News, NewsReceiver, news};
use super::observer::{Console, Opened};
use super::process::{GRACE, Outcome, last_words, say, say_failure, stdout};
use super::reporter;
use super::rules;
use super::sending::Sending;
use super::sent_file;
use super::summary;
use crate::capture::Destination;
use crate::engine::{SessionHandle, SessionOptions};
use crate::lang::{Language, explain};
use crate::model::{
    CloseReason, Host, Operation, SessionConfig, SessionState, Status, Target, Timestamp, UdpConfig,
};
use crate::rules::RuleSet;
use crate::task::Notify;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// Runs the session until it ends or the requested time or count is reached.
pub(super) fn run(plan: Plan) -> Outcome {
    if let Some(failure) = plan.file.as_ref().and_then(sent_file::problem) {
        say_failure(&failure);
        return Outcome::Usage;
    }
    let Some(rules) = rules::of_session(plan.rules.as_deref()) else { return Outcome::Usage };
    let (recording, feed) = match feed::open_recording(plan.record.as_deref()) {
        Ok(opened) => opened,
        Err(failure) => {
            say_failure(&failure);
            return Outcome::Usage;
        }
    };
    match Run::start(&plan, rules, recording, feed) {
        Ok((run, news)) => run.until_the_end(&news),
        Err(error) => {
            say(&format!("Could not start a session: {error}."));
            Outcome::NotConnected
        }
    }
}

/// A running session.
struct Run<'a> {
    plan: &'a Plan,
    rules: Option<Arc<RuleSet>>,
    session: Arc<SessionHandle>,
    /// Copies the recording to a FIFO.
    feed: Option<Feed>,
    /// Files that grow with the session.
    followed: Option<Followed>,
    /// When to stop; after stopping, when to give up waiting for the end.
    deadline: Option<Instant>,
    is_stopping: bool,
    /// A failure was announced that the next status has.
    is_look_due: bool,
    /// It has listened or been connected.
    has_begun: bool,
    /// The session's thread has ended or is about to.
    has_ended: bool,
    sending: Sending<'a>,
    /// Standard input is not read before the recipient's name is resolved.
    waits_for_address: bool,
    has_opened: bool,
    has_output_failed: bool,
    /// The time of `--for` ended before a client was connected.
    has_timed_out: bool,
    is_first_broken: bool,
    /// How the run of the sequence ended.
    has_passed: Option<bool>,
    failures_seen: u64,
}

impl<'a> Run<'a> {
    fn start(
        plan: &'a Plan,
        rules: Option<Arc<RuleSet>>,
        recording: Option<Destination>,
        mut feed: Option<Feed>,
    ) -> io::Result<(Self, NewsReceiver)> {
        let (sender, news) = news();
        let interrupts = sender.clone();
        if let Err(error) = ctrlc::set_handler(move || interrupts.send(News::Interrupted)) {
            say(&format!("Ctrl+C will not end the session cleanly: {error}."));
        }
        let mut console = Console::new(plan, sender.clone())?;
        console.feed = feed.as_ref().map(Feed::wake);
        let (folder, recording) = followed::recording(&plan.follow, recording)?;
        let to_main = sender.clone();
        let tell: Notify = Arc::new(move || to_main.send(News::FileFailed));
        let opened = Sending::greets(plan).then(Opened::default);
        console.opened.clone_from(&opened);
        let (observer, steps) = reporter::observer(plan, console);
        let options = SessionOptions {
            recording,
            observer: Some(observer),
            language: Language::English,
            notify: Arc::new(move || sender.send(News::Status)),
        };
        let session = Arc::new(SessionHandle::open("session", options)?);
        if let Some(feed) = &mut feed {
            feed.start(session.reader().clone())?;
        }
        let followed =
            plan.follow.is_some().then(|| Followed::start(&plan.follow, session.reader(), folder, &tell));
        let mut run = Self {
            plan,
            rules,
            sending: Sending::new(plan, session.clone(), opened),
            session,
            feed,
            followed,
            deadline: plan.duration.map(|duration| Instant::now() + duration),
            is_stopping: false,
            is_look_due: false,
            has_begun: false,
            has_ended: false,
            waits_for_address: false,
            has_opened: false,
            has_output_failed: false,
            has_timed_out: false,
            is_first_broken: false,
            has_passed: None,
            failures_seen: 0,
        };
        rules::set(&run.session, run.rules.as_ref(), plan.encoding)?;
        let config = plan.config.clone();
        let started = match steps {
            Some((name, steps)) => run.session.start_with(config, &name, steps).map(drop),
            None => run.session.start(config),
        };
        started.map_err(|failure| io::Error::other(explain(Language::English.words(), &failure)))?;
        match &plan.config {
            SessionConfig::Udp(config) if config.remote.is_some() => run.waits_for_address = true,
            SessionConfig::Udp(_) => run.sending.start(Target::LastPeer)?,
            _ => run.sending.start(Target::All)?,
        }
        Ok((run, news))
    }

    fn until_the_end(mut self, news: &NewsReceiver) -> Outcome {
        let reason = loop {
            let ended = match news.next(self.deadline) {
                Some(News::Status) if self.expects_only_data() => None,
                Some(News::Status) => {
                    self.is_look_due = false;
                    self.look()
                }
                Some(News::Failed) => {
                    // The status is published at the end of the session's turn. Reading it now either finds the
                    // failure or makes the session notify again.
                    self.is_look_due = true;
                    self.look()
                }
                Some(News::FileFailed) => {
                    if let Some(files) = &mut self.followed {
                        files.look();
                    }
                    None
                }
                Some(News::Ended) => {
                    self.has_ended = true;
                    self.look()
                }
                Some(News::Opened) => {
                    self.sending.greet();
                    None
                }
                Some(News::FirstOpened) => {
                    self.has_opened = true;
                    if self.plan.once {
                        // Further clients are then refused instead of accepted and disconnected.
                        let _ = self.session.stop_listening();
                    }
                    None
                }
                Some(News::FirstClosed { is_broken }) if self.plan.once => {
                    self.is_first_broken = is_broken;
                    self.stop()
                }
                Some(News::FirstClosed { .. }) => {
                    self.has_ended |= matches!(self.plan.config, SessionConfig::TcpClient(_));
                    self.look()
                }
                Some(News::RunEnded { has_passed }) => {
                    self.has_passed = Some(has_passed);
                    self.stop()
                }
                Some(News::CountReached | News::Interrupted) => self.stop(),
                Some(News::OutputFailed(error)) => {
                    self.output_failed(&error);
                    self.stop()
                }
                None if self.is_stopping => Some(CloseReason::Local),
                None => self.time_is_up(),
            };
            if let Some(reason) = ended {
                break reason;
            }
        };
        // News that was sent before the final status and not handled yet.
        while let Some(what) = news.queued() {
            match what {
                News::FirstClosed { is_broken } if self.plan.once => self.is_first_broken = is_broken,
                News::RunEnded { has_passed } => self.has_passed = Some(has_passed),
                News::OutputFailed(error) => self.output_failed(&error),
                _ => {}
            }
        }
        self.outcome(&reason)
    }

    /// Whether the status can be ignored: while only data arrives it changes constantly, and handling each change
    /// would slow receiving down.
    fn expects_only_data(&self) -> bool {
        self.has_begun
            && !(self.has_ended || self.is_stopping || self.is_look_due || self.waits_for_address)
            && !self.sending.is_watched()
    }

    /// Handles a change of the status. `Some`: the session has ended.
    fn look(&mut self) -> Option<CloseReason> {
        let status = self.session.status();
        self.look_at_failures(&status);
        self.sending.look(&status);
        if self.waits_for_address
            && let Some(remote) = status.remote
        {
            self.waits_for_address = false;
            if let Err(error) = self.sending.start(self.recipient(remote)) {
                say(&format!("Nothing is sent: {error}."));
                self.sending.leave_out();
            }
        }
        match status.state {
            SessionState::Listening | SessionState::Open => {
                self.has_begun = true;
                None
            }
            SessionState::Closed(reason) => Some(reason),
            // Stopped before it was started.
            SessionState::Idle if self.is_stopping => Some(CloseReason::Local),
            _ => None,
        }
    }

    /// Where standard input is sent to. A name stays one: the session has its address and refreshes it.
    fn recipient(&self, address: SocketAddr) -> Target {
        match &self.plan.config {
            SessionConfig::Udp(UdpConfig { remote: Some(remote), .. })
                if matches!(remote.host, Host::Name(_)) =>
            {
                Target::Host(remote.clone())
            }
            _ => Target::Address(address),
        }
    }

    fn look_at_failures(&mut self, status: &Status) {
        if status.failures != std::mem::replace(&mut self.failures_seen, status.failures)
            && let Some(failure) = &status.failure
        {
            // Without the recipient's address the session has no purpose, but would continue.
            if self.waits_for_address && failure.operation == Operation::Resolve {
                self.session.stop();
            }
        }
    }

    /// Stops the session. `Some`: it had ended already.
    fn stop(&mut self) -> Option<CloseReason> {
        if !std::mem::replace(&mut self.is_stopping, true) {
            self.session.stop();
            self.deadline = Some(Instant::now() + GRACE);
        }
        self.look()
    }

    fn summarize(&mut self, status: &Status) {
        let now = Timestamp::from_system(SystemTime::now());
        let repeat = self.sending.repeat(status).map(Into::into);
        let mut accounting = status.accounting();
        if self.plan.record.is_none() {
            accounting.recorded = None;
        }
        let rules = rules::fired(self.rules.as_deref(), status);
        let frames = self.plan.frames.as_ref().map(|frames| frames.totals().into());
        let of_plan = summary::OfPlan { repeat, rules, frames };
        let written = stdout().and_then(|mut out| summary::write(now, &accounting, of_plan, &mut out));
        if let Err(error) = written {
            self.output_failed(&error);
        }
    }

    fn output_failed(&mut self, error: &io::Error) {
        self.has_output_failed = true;
        // The reader closed the pipe: end quietly, as tools in a pipeline do.
        if error.kind() != io::ErrorKind::BrokenPipe {
            say(&format!("Could not write to standard output: {error}."));
            self.sending.leave_out();
        }
    }

    fn time_is_up(&mut self) -> Option<CloseReason> {
        if matches!(self.plan.config, SessionConfig::TcpClient(_)) && !self.has_opened {
            say("The time is over, and there was no connection.");
            self.has_timed_out = true;
        }
        self.stop()
    }

    fn outcome(mut self, reason: &CloseReason) -> Outcome {
        let status = self.session.status();
        if status.state.is_active() {
            return self.leave_behind();
        }
        self.look_at_failures(&status);
        if let Some(losses) = summary::losses(&status.accounting(), &status.recording) {
            say(&losses);
        }
        rules::say_fired(self.rules.as_deref(), &status);
        if let Some(frames) = &self.plan.frames {
            frames.totals().lines().iter().for_each(|line| say(line));
        }
        self.sending.finish(&status);
        // The recording was failing at the end, or has lost records before.
        if status.recording.failure.is_some()
            || status.recording.records_lost > 0
            || status.piped.unsent_bytes > 0
        {
            self.sending.leave_out();
        }
        if self.followed.take().is_some_and(|files| !files.finish()) {
            self.sending.leave_out();
        }
        if self.feed.take().is_some_and(|feed| !feed.finish()) {
            self.sending.leave_out();
        }
        // Everything else was printed before the final status.
        if self.plan.view == View::Json && !self.has_output_failed {
            self.summarize(&status);
        }
        let has_passed = self.has_passed == Some(true);
        let outcome = match reason {
            // What a peer does after the last answer is no part of the run.
            CloseReason::Failed(failure) if !has_passed => Outcome::of_session(failure),
            _ if self.waits_for_address && status.failure.is_some() => Outcome::NotConnected,
            _ if self.is_first_broken && !has_passed => Outcome::Broken,
            _ if self.has_timed_out => Outcome::NotConnected,
            _ if self.plan.sequence.is_some() && !has_passed => Outcome::LeftOut,
            _ if self.sending.has_left_out() => Outcome::LeftOut,
            _ => Outcome::Done,
        };
        drop(self.sending);
        // The thread that reads standard input may hold another handle and cannot be interrupted. The recording is
        // complete all the same: it is written before the final status.
        if let Some(session) = Arc::into_inner(self.session) {
            session.close();
        }
        outcome
    }

    /// Ends without waiting for the session's thread, which is blocked, perhaps for ever, by a reader that does not
    /// read or a disk that does not respond.
    fn leave_behind(self) -> Outcome {
        last_words(
            "The session does not end: what it prints or records is not taken. The rest of it is left out.",
        );
        // Dropping the handle would wait for the thread.
        std::mem::forget(self.session);
        Outcome::LeftOut
    }
}
