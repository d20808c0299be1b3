//! The interface of a session for front ends: commands in, status and recording out.

use super::command::{Command, Requests};
use super::message::Message;
use super::options::SessionOptions;
use super::outgoing::{Cut, Item, Job, PIPE_ITEMS};
use super::recorder::Recorder;
use super::shared::Shared;
use super::worker::Worker;
use crate::capture::{CaptureReader, CaptureWriter, Position, Snapshot};
use crate::lang::Language;
use crate::model::{
    ConnectionId, Failure, FailureKind, Operation, OutgoingId, ResponderConfig, SendId, SendResult,
    SessionConfig, Status, Target,
};
use crate::net::Driver;
use crate::payload::Delivery;
use crate::rules::RuleSet;
use crate::streams::Encodings;
use crossbeam_channel::{Sender, TrySendError};
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// How many commands may wait for the session's thread.
const COMMANDS: usize = 256;

/// A session: one thread, which ends with the handle.
pub struct SessionHandle {
    commands: Sender<Command>,
    pipe: Sender<Item>,
    requests: Arc<Requests>,
    waker: Arc<mio::Waker>,
    shared: Arc<Shared>,
    reader: CaptureReader,
    thread: Option<JoinHandle<()>>,
}

impl SessionHandle {
    /// Opens a session that does nothing yet. `name` is the name of its thread.
    ///
    /// # Errors
    /// The system has no handles for a poll, or cannot start a thread. No file is made.
    pub fn open(name: &str, options: SessionOptions) -> io::Result<Self> {
        let driver = Driver::new()?;
        let waker = driver.waker();
        let capture = options.recording.map(|(destination, limits)| CaptureWriter::new(destination, limits));
        let reader = capture.as_ref().map(CaptureWriter::reader).unwrap_or_default();
        let recorder = Recorder::new(capture, options.observer, options.language);
        let (commands, receiver) = crossbeam_channel::bounded(COMMANDS);
        let (pipe, piped) = crossbeam_channel::bounded(PIPE_ITEMS);
        let requests = Arc::new(Requests::default());
        let shared = Arc::new(Shared::new(options.notify));
        let worker = Worker::new(driver, recorder, (receiver, piped), requests.clone(), shared.clone());
        let for_thread = shared.clone();
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            if let Err(cause) = panic::catch_unwind(AssertUnwindSafe(|| worker.run())) {
                for_thread.publish_panic(&*cause);
            }
        })?;
        Ok(Self { commands, pipe, requests, waker, shared, reader, thread: Some(thread) })
    }

    /// Stops everything that is running, and then starts `config`. The status has the result.
    ///
    /// # Errors
    /// [`FailureKind::SessionBusy`] if the queue of commands is full, [`FailureKind::SessionEnded`] if the
    /// session's thread has ended. Nothing is started or stopped then.
    pub fn start(&self, config: SessionConfig) -> Result<(), Failure> {
        let start = |generation| Command::Start(Box::new(config), generation, None);
        self.requests.start(|generation| self.command(start(generation), Operation::Ask))
    }

    /// The same with something that is sent over time, which misses nothing of what is received: a sequence may begin with
    /// an answer that it waits for.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn start_with(
        &self,
        config: SessionConfig,
        label: &str,
        job: impl Into<Job>,
    ) -> Result<OutgoingId, Failure> {
        let id = self.requests.next_outgoing();
        let outgoing = Some((id, label.into(), job.into()));
        let start = |generation| Command::Start(Box::new(config), generation, outgoing);
        self.requests.start(|generation| self.command(start(generation), Operation::Ask))?;
        Ok(id)
    }

    /// Stops everything, whatever the session is doing.
    pub fn stop(&self) {
        self.requests.stop();
        self.wake();
    }

    /// Stops listening; connections stay.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn stop_listening(&self) -> Result<(), Failure> {
        self.command(Command::StopListening, Operation::Ask)
    }

    /// Listens again, at the address it had, after [`stop_listening`](Self::stop_listening).
    ///
    /// # Errors
    /// Those of [`start`](Self::start). A failure to listen is in the status.
    pub fn listen_again(&self) -> Result<(), Failure> {
        self.command(Command::ListenAgain, Operation::Ask)
    }

    /// Allows a UDP socket to send to broadcast addresses, or forbids it, while it is open.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn set_broadcast(&self, is_allowed: bool) -> Result<(), Failure> {
        self.command(Command::SetBroadcast(is_allowed), Operation::Ask)
    }

    /// Changes what answers received data, until the next start.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn set_responder(&self, responder: ResponderConfig) -> Result<(), Failure> {
        self.command(Command::SetResponder(responder), Operation::Ask)
    }

    /// Sets the rules by which is answered what is received, in place of earlier ones, until they are set again; also
    /// before the first start. `encodings`: those of the connections. [`Status::rules`] has how often each has applied.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn set_rules(&self, rules: Option<(Arc<RuleSet>, Encodings)>) -> Result<(), Failure> {
        self.command(Command::SetRules(rules), Operation::Ask)
    }

    /// Switches a rule on or off, by its number, from 0.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn switch_rule(&self, rule: usize, is_on: bool) -> Result<(), Failure> {
        self.command(Command::SwitchRule(rule, is_on), Operation::Ask)
    }

    /// Makes TCP connections send at once (TCP_NODELAY), or with Nagle's algorithm: those that are open, and later ones
    /// until the next start.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn set_no_delay(&self, is_on: bool) -> Result<(), Failure> {
        self.command(Command::SetNoDelay(is_on), Operation::Ask)
    }

    /// Closes these connections. Ids of connections that are gone are ignored. A TCP client does not reconnect then.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn disconnect(&self, ids: Vec<ConnectionId>) -> Result<(), Failure> {
        self.command(Command::Disconnect(ids), Operation::Ask)
    }

    /// Queues `bytes` for `target`. [`take_send_results`](Self::take_send_results) returns the result with the same
    /// id.
    ///
    /// # Errors
    /// Those of [`start`](Self::start); nothing is sent then.
    pub fn send(&self, target: Target, bytes: Arc<[u8]>) -> Result<SendId, Failure> {
        let id = self.requests.next_send();
        self.command(Command::Send(id, target, bytes), Operation::Send)?;
        Ok(id)
    }

    /// Queues `message` for `target`; it is evaluated for each recipient when it is sent.
    /// [`take_send_results`](Self::take_send_results) returns the result with the same id.
    ///
    /// # Errors
    /// Those of [`start`](Self::start); nothing is sent then.
    pub fn send_message(&self, target: Target, message: Message) -> Result<SendId, Failure> {
        let id = self.requests.next_send();
        self.command(Command::SendMessage(id, target, Box::new(message)), Operation::Send)?;
        Ok(id)
    }

    /// Starts something that is sent over time. `label` is its name for people. [`Status::outgoing`] has its state, also
    /// when it has ended. It ends with the session; a client that connects again keeps it.
    ///
    /// # Errors
    /// Those of [`start`](Self::start); nothing is sent then.
    pub fn start_outgoing(&self, label: &str, job: impl Into<Job>) -> Result<OutgoingId, Failure> {
        let id = self.requests.next_outgoing();
        self.command(Command::StartOutgoing(id, label.into(), job.into()), Operation::Send)?;
        Ok(id)
    }

    /// Holds something that is sent over time until [`resume_outgoing`](Self::resume_outgoing).
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn pause_outgoing(&self, id: OutgoingId) -> Result<(), Failure> {
        self.command(Command::PauseOutgoing(id), Operation::Ask)
    }

    /// Lets something go on that was paused.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn resume_outgoing(&self, id: OutgoingId) -> Result<(), Failure> {
        self.command(Command::ResumeOutgoing(id), Operation::Ask)
    }

    /// Stops something that is sent over time, at once. One that has ended is removed from [`Status::outgoing`].
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn stop_outgoing(&self, id: OutgoingId) -> Result<(), Failure> {
        self.command(Command::StopOutgoing(id), Operation::Ask)
    }

    /// The results of [`send`](Self::send) and [`send_message`](Self::send_message) since the last call, in the order in which the sends ended. The
    /// newest 256 are kept. New results cause a notification.
    #[must_use]
    pub fn take_send_results(&self) -> Vec<SendResult> {
        self.shared.take_results()
    }

    /// Queues `bytes`, blocking while the pipe is full; commands do not wait behind it. [`Status::piped`] has the
    /// sums of the results. `false`: nothing was queued, because the session was stopped or has ended.
    #[must_use]
    pub fn send_blocking(&self, target: Target, bytes: Arc<[u8]>) -> bool {
        let generation = self.requests.generation();
        if self.requests.has_stopped(generation) {
            return false;
        }
        self.pipe_item(Item::Payload { generation, target, bytes, cut: None })
    }

    /// [`send_blocking`](Self::send_blocking) in pieces, each its own write, with a pause after each. `number` counts the
    /// payloads before it, with which random places differ.
    #[must_use]
    pub fn deliver_blocking(
        &self,
        target: Target,
        bytes: Arc<[u8]>,
        delivery: &Delivery,
        number: u64,
    ) -> bool {
        let generation = self.requests.generation();
        if self.requests.has_stopped(generation) {
            return false;
        }
        let cut = Cut { pieces: delivery.cuts.pieces(bytes.len(), number), pause: delivery.pause() };
        self.pipe_item(Item::Payload { generation, target, bytes, cut: Some(cut) })
    }

    /// Shuts down sending on every connection once everything from [`send_blocking`](Self::send_blocking) is sent. A
    /// server then closes later connections when their peers have finished, also with `keep_half_open`.
    /// `false`: the session's thread has ended.
    pub fn finish_sending(&self) -> bool {
        self.pipe_item(Item::Finish(self.requests.generation()))
    }

    /// Bookmarks the record at `position` with a note, which may be empty, in place of an earlier one; `None`
    /// removes it. It is in the recording, and among the bookmarks of its reader.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn set_bookmark(&self, position: Position, note: Option<String>) -> Result<(), Failure> {
        self.command(Command::SetBookmark(position, note), Operation::Ask)
    }

    /// Changes the language of notes and errors that are recorded from now on.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn set_language(&self, language: Language) -> Result<(), Failure> {
        self.command(Command::SetLanguage(language), Operation::Ask)
    }

    /// The newest status. Reading it allows the next notification.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// The newest status and the newest snapshot of the recording. Everything published after the snapshot causes
    /// another notification.
    #[must_use]
    pub fn latest(&self) -> (Status, Snapshot) {
        self.shared.latest(|| self.reader.snapshot())
    }

    /// The recording; empty for a session that records nothing.
    #[must_use]
    pub fn reader(&self) -> &CaptureReader {
        &self.reader
    }

    /// Stops everything and ends the thread.
    pub fn close(mut self) {
        self.end();
    }

    fn command(&self, command: Command, operation: Operation) -> Result<(), Failure> {
        let result = self.commands.try_send(command).map_err(|error| {
            let kind = match error {
                TrySendError::Full(_) => FailureKind::SessionBusy,
                TrySendError::Disconnected(_) => FailureKind::SessionEnded,
            };
            Failure::new(operation, "", kind)
        });
        self.wake();
        result
    }

    fn pipe_item(&self, item: Item) -> bool {
        let is_queued = self.pipe.send(item).is_ok();
        self.wake();
        is_queued
    }

    fn wake(&self) {
        // It fails only where the poll is gone, and then the thread is as well.
        let _ = self.waker.wake();
    }

    fn end(&mut self) {
        self.requests.close();
        self.wake();
        if let Some(thread) = self.thread.take() {
            // A panic is in the status already.
            let _ = thread.join();
        }
    }
}

impl Drop for SessionHandle {
    fn drop(&mut self) {
        self.end();
    }
}
