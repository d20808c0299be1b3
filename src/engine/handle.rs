//! The front ends' end of a session: commands in, status and recording out.

use super::command::{Command, Requests};
use super::recorder::Recorder;
use super::worker::Worker;
use crate::capture::{CaptureReader, CaptureWriter, Destination, Limits, Position, Snapshot};
use crate::lang::Language;
use crate::model::{
    CloseReason, ConnectionId, Connections, Failure, FailureKind, Operation, Record, SessionConfig,
    SessionState, Status, Target,
};
use crate::net::Driver;
use crossbeam_channel::{Sender, TrySendError};
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// How many commands may wait. A session that is this far behind says so instead of growing.
const COMMANDS: usize = 256;

/// Sees every record as it happens, on the session's thread, whether or not it is recorded.
/// What it takes longer, the sockets wait: TCP's flow control then slows the peer down.
pub trait Tap: Send {
    /// One record.
    fn record(&mut self, record: &Record<'_>);
    /// Nothing more for now: what was held back can be written out.
    fn flush(&mut self);
}

/// What to do with a payload while too much is waiting to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Fail visibly: for a person who pressed Send.
    Fail,
    /// Hold it, and everything after it, until there is room: for a pipe.
    Wait,
}

/// How a session is set up, once for its life.
pub struct SessionOptions {
    /// Where its records go; `None` records nothing.
    pub recording: Option<(Destination, Limits)>,
    /// Who else sees the records.
    pub tap: Option<Box<dyn Tap>>,
    /// The language of the words in the recording.
    pub language: Language,
    /// Called from the session's thread when there is something new, once until
    /// [`SessionHandle::status`] is next read.
    pub notify: Arc<dyn Fn() + Send + Sync>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { recording: None, tap: None, language: Language::English, notify: Arc::new(|| {}) }
    }
}

/// What a session's thread and its handle share.
pub(super) struct Shared {
    status: Mutex<Status>,
    has_news: AtomicBool,
    notify: Arc<dyn Fn() + Send + Sync>,
}

impl Shared {
    pub fn new(notify: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { status: Mutex::default(), has_news: AtomicBool::new(false), notify }
    }

    /// The newest status. Reading it allows the next notification.
    pub fn status(&self) -> Status {
        self.has_news.store(false, Ordering::Release);
        self.lock().clone()
    }

    pub fn publish(&self, status: &Status) {
        *self.lock() = status.clone();
        if !self.has_news.swap(true, Ordering::AcqRel) {
            (self.notify)();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        // A status is replaced as a whole, so that a panic cannot leave half of one.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session: one thread, which ends with the handle.
pub struct SessionHandle {
    commands: Sender<Command>,
    requests: Arc<Requests>,
    waker: Arc<mio::Waker>,
    shared: Arc<Shared>,
    reader: CaptureReader,
    thread: Option<JoinHandle<()>>,
}

impl SessionHandle {
    /// Opens a session that does nothing yet. `name` is for the thread, as debuggers show it.
    pub fn open(name: &str, options: SessionOptions) -> io::Result<Self> {
        let driver = Driver::new()?;
        let waker = driver.waker();
        let capture = options.recording.map(|(destination, limits)| CaptureWriter::new(destination, limits));
        let reader = capture.as_ref().map(CaptureWriter::reader).unwrap_or_default();
        let recorder = Recorder::new(capture, options.tap, options.language);
        let (commands, receiver) = crossbeam_channel::bounded(COMMANDS);
        let requests = Arc::new(Requests::default());
        let shared = Arc::new(Shared::new(options.notify));
        let worker = Worker::new(driver, recorder, receiver, requests.clone(), shared.clone());
        let for_thread = shared.clone();
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            if let Err(cause) = panic::catch_unwind(AssertUnwindSafe(|| worker.run())) {
                for_thread.publish(&after_panic(&for_thread, &*cause));
            }
        })?;
        Ok(Self { commands, requests, waker, shared, reader, thread: Some(thread) })
    }

    /// Starts what `config` says, after what is running now has been stopped.
    pub fn start(&self, config: SessionConfig) -> Result<(), Failure> {
        let generation = self.requests.next_generation();
        self.command(Command::Start(Box::new(config), generation))
    }

    /// Stops everything, whatever the session is doing.
    pub fn stop(&self) {
        self.requests.stop();
        self.wake();
    }

    /// Stops taking connections in and keeps those there are.
    pub fn stop_listening(&self) -> Result<(), Failure> {
        self.command(Command::StopListening)
    }

    /// Takes connections in again, at the address it had, after [`stop_listening`](Self::stop_listening).
    pub fn listen_again(&self) -> Result<(), Failure> {
        self.command(Command::ListenAgain)
    }

    /// Allows a UDP socket to send to broadcast addresses, or forbids it, while it is open.
    pub fn set_broadcast(&self, is_allowed: bool) -> Result<(), Failure> {
        self.command(Command::SetBroadcast(is_allowed))
    }

    /// Closes these connections. Those that are gone are left out; a TCP client whose connection it is
    /// does not come back by itself.
    pub fn disconnect(&self, ids: Vec<ConnectionId>) -> Result<(), Failure> {
        self.command(Command::Disconnect(ids))
    }

    /// Queues `bytes` for `target`. What fails later is in the status and in the recording.
    pub fn send(&self, target: Target, bytes: Arc<[u8]>) -> Result<(), Failure> {
        self.command(Command::Send(target, bytes, WhenFull::Fail))
    }

    /// Queues `bytes`, waiting for room. `false`: they are not, since the session was stopped or has ended.
    #[must_use]
    pub fn send_blocking(&self, target: Target, bytes: Arc<[u8]>) -> bool {
        if self.requests.is_stopped() {
            return false;
        }
        let sent = self.commands.send(Command::Send(target, bytes, WhenFull::Wait)).is_ok();
        self.wake();
        sent
    }

    /// Half-closes every connection once all that is queued is sent. A server's later connections
    /// are closed when their peer is done, whatever its configuration says.
    pub fn finish_sending(&self) -> bool {
        let sent = self.commands.send(Command::FinishSending).is_ok();
        self.wake();
        sent
    }

    /// Puts a mark on the record at `position`: a note, or a bookmark where the text is empty. It takes the
    /// place of an earlier one; `None` takes it away. It is in the recording and in its reader's marks.
    pub fn mark(&self, position: Position, text: Option<String>) -> Result<(), Failure> {
        self.command(Command::Mark(position, text))
    }

    /// Changes the language of the words in the recording, from here on.
    pub fn set_language(&self, language: Language) -> Result<(), Failure> {
        self.command(Command::SetLanguage(language))
    }

    /// What the session is doing. Reading it allows the next notification.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.status()
    }

    /// The newest status and the newest snapshot of the recording. The status is read first, which allows the
    /// next notification: whatever is published behind the snapshot is notified of.
    #[must_use]
    pub fn latest(&self) -> (Status, Snapshot) {
        latest(&self.shared, || self.reader.snapshot())
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

    /// Send is enqueue and wake.
    fn command(&self, command: Command) -> Result<(), Failure> {
        let result = self.commands.try_send(command).map_err(|error| {
            let (command, kind) = match error {
                TrySendError::Full(command) => (command, FailureKind::SessionBusy),
                TrySendError::Disconnected(command) => (command, FailureKind::SessionEnded),
            };
            let is_payload = matches!(command, Command::Send(..));
            let operation = if is_payload { Operation::Send } else { Operation::Ask };
            Failure::new(operation, "", kind)
        });
        self.wake();
        result
    }

    fn wake(&self) {
        // It fails only where the poll is gone, and then the thread is as well.
        let _ = self.waker.wake();
    }

    fn end(&mut self) {
        self.requests.close();
        self.wake();
        if let Some(thread) = self.thread.take() {
            // A panic has been turned into the status already.
            let _ = thread.join();
        }
    }
}

impl Drop for SessionHandle {
    fn drop(&mut self) {
        self.end();
    }
}

fn latest<T>(shared: &Shared, snapshot: impl FnOnce() -> T) -> (Status, T) {
    let status = shared.status();
    (status, snapshot())
}

fn after_panic(shared: &Shared, cause: &(dyn std::any::Any + Send)) -> Status {
    let detail = cause
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| cause.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "?".into());
    let failure = Failure::new(Operation::Receive, "", FailureKind::Internal { detail });
    let mut status = shared.lock().clone();
    status.state = SessionState::Closed(CloseReason::Failed(failure.clone()));
    status.connections = Connections::default();
    status.failure = Some(failure);
    status.failures += 1;
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;

    /// What is not in the snapshot must be told of again, or nobody looks until something else happens.
    #[test]
    fn what_is_published_right_behind_the_snapshot_notifies() {
        let (tell, told) = bounded(8);
        let shared = Shared::new(Arc::new(move || tell.send(()).unwrap()));
        shared.publish(&Status::default());
        assert_eq!(told.try_iter().count(), 1);
        let (_, seen) = latest(&shared, || {
            let seen = "the recording before the news";
            shared.publish(&Status::default());
            seen
        });
        assert_eq!((seen, told.try_iter().count()), ("the recording before the news", 1));
    }
}
