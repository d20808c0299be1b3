//! Files that grow with a recording: what arrives is written to them as it is recorded, raw or as a text log.
//!
//! A thread follows the recording from a position on, as a search does, so that neither the disk of these files nor a
//! front end slows the session down, and nothing is lost while the recording keeps it. A file that cannot be written is
//! told in the [`FollowStatus`], and what it misses is counted; it is tried again with the next data. Start with
//! [`Follow::bytes`] and [`Follow::log`].

mod appending;
mod bytes;
mod log;
mod log_file;

pub use bytes::BytesFile;
pub use log::LogOptions;
pub use log_file::Rotation;

use crate::capture::{CaptureReader, Consumer, Cursor, Entry, Position};
use crate::model::{Failure, FailureKind, Operation};
use crate::task::{Notify, Task};
use bytes::BytesSink;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use log::LogSink;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Writes records to files.
trait Sink: Send {
    /// Begins, before anything is recorded.
    fn begin(&mut self, _status: &mut FollowStatus) {}
    /// Takes a record; it may be written later.
    fn take(&mut self, entry: &Entry<'_>);
    /// How many bytes wait to be written.
    fn waiting_bytes(&self) -> usize;
    /// Writes what was taken. What cannot be written is counted and dropped.
    fn write(&mut self, status: &mut FollowStatus);
}

/// A file that takes nothing for so long at the end is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// So much is collected before it is written.
const BATCH_BYTES: usize = 1 << 20;

/// How it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowStatus {
    /// Bytes that were written.
    pub written: u64,
    /// Bytes that could not be written, or whose file was deleted, and those of the recording that were dropped by its
    /// limit before they were read.
    pub missed: u64,
    /// Why something could not be written, the newest first.
    pub failure: Option<Failure>,
    /// How often that happened, or happened again.
    pub failures: u64,
}

impl FollowStatus {
    /// Notes that so many bytes are missing from a file.
    fn miss(&mut self, bytes: usize, failure: Failure) {
        self.missed += bytes as u64;
        if self.failure.as_ref() != Some(&failure) {
            self.failures += 1;
        }
        self.failure = Some(failure);
    }
}

/// Why bytes are missing in a file.
fn appended_failure(path: &Path, error: &io::Error, is_gone: bool) -> Failure {
    let failure = Failure::from_io(Operation::Save, path.display(), error);
    if is_gone { Failure { kind: FailureKind::FileDeleted, ..failure } } else { failure }
}

/// Files that grow with a recording, until this is finished or dropped.
#[derive(Debug)]
pub struct Follow {
    task: Task<()>,
    shared: Arc<Shared>,
    wake: Sender<()>,
    /// Disconnected when the thread has ended.
    ended: Receiver<()>,
    /// The file, for people.
    name: String,
    /// Called by the recording; kept for that.
    _watch: Watch,
}

/// The function that the recording calls.
struct Watch(#[expect(dead_code, reason = "the recording has a weak reference")] Arc<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}

#[derive(Debug, Default)]
struct Shared {
    status: Mutex<FollowStatus>,
    /// Ends at the end of what is recorded now.
    is_over: AtomicBool,
    /// The recording is for these files alone.
    consumer: OnceLock<Consumer>,
}

impl Follow {
    /// Writes what is received from `from` on to files of its bytes. `notify` is called when the status has changed.
    #[must_use]
    pub fn bytes(reader: CaptureReader, from: Position, file: BytesFile, notify: &Notify) -> Self {
        let name = file.name();
        Self::start(("received", name), reader, from, notify, Box::new(BytesSink::new(file)))
    }

    /// Appends what is recorded from `from` on to a text file.
    #[must_use]
    pub fn log(
        reader: CaptureReader,
        from: Position,
        path: &Path,
        options: LogOptions,
        notify: &Notify,
    ) -> Self {
        let name = path.display().to_string();
        Self::start(("log", name), reader, from, notify, Box::new(LogSink::new(path, options)))
    }

    fn start(
        (thread, name): (&str, String),
        reader: CaptureReader,
        from: Position,
        notify: &Notify,
        sink: Box<dyn Sink>,
    ) -> Self {
        let (wake, woken) = crossbeam_channel::bounded(1);
        let shared = Arc::new(Shared::default());
        let for_watch = wake.clone();
        let watch: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
            // A full channel holds a wake-up already.
            let _ = for_watch.try_send(());
        });
        reader.watch(&watch);
        let (for_task, tell) = (shared.clone(), notify.clone());
        let (end, ended) = crossbeam_channel::bounded(0);
        let task = Task::start(thread, Operation::Export, notify, move |control| {
            let _end: Sender<()> = end;
            let mut walk = Walk { reader, at: from, sink, shared: for_task, tell };
            walk.run(&woken, &|| control.is_cancelled())
        });
        Self { task, shared, wake, ended, name, _watch: Watch(watch) }
    }

    /// Lets the recording drop what was written. To be called before anything is recorded.
    #[must_use]
    pub fn consuming(self, consumer: Consumer) -> Self {
        let _ = self.shared.consumer.set(consumer);
        self
    }

    /// How it goes.
    #[must_use]
    pub fn status(&self) -> FollowStatus {
        self.shared.status()
    }

    /// Why it has ended, if it has: the recording cannot be read.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        self.task.failure()
    }

    /// Writes everything that is recorded now, and ends. Blocks until then, or until a file has taken nothing for some
    /// seconds: what hangs is left behind, and told in the status.
    #[must_use]
    pub fn finish(self) -> FollowStatus {
        self.finish_within(PATIENCE)
    }

    fn finish_within(mut self, patience: Duration) -> FollowStatus {
        self.shared.is_over.store(true, Ordering::Release);
        let _ = self.wake.try_send(());
        let mut last = self.shared.status();
        loop {
            // The thread drops its end when it has ended.
            match self.ended.recv_timeout(patience) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                    self.task.join();
                    return self.shared.status();
                }
            }
            let status = self.shared.status();
            if status == last {
                let hangs = io::Error::from(io::ErrorKind::TimedOut);
                last.miss(0, Failure::from_io(Operation::Save, &self.name, &hangs));
                return last;
            }
            last = status;
        }
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        let _ = self.wake.try_send(());
    }
}

impl Shared {
    fn status(&self) -> FollowStatus {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The way of the thread through the recording.
struct Walk {
    reader: CaptureReader,
    at: Position,
    sink: Box<dyn Sink>,
    shared: Arc<Shared>,
    tell: Notify,
}

impl Walk {
    fn run(&mut self, woken: &Receiver<()>, is_cancelled: &dyn Fn() -> bool) -> Result<(), Failure> {
        let mut cursor = Cursor::new(self.reader.snapshot());
        self.change(|sink, status| sink.begin(status));
        loop {
            // Read before the snapshot: if it is set, nothing more is to be written.
            let is_over = self.shared.is_over.load(Ordering::Acquire);
            cursor.update(self.reader.snapshot());
            let walked = self.walk(&mut cursor, is_cancelled);
            self.write();
            walked?;
            if is_over || woken.recv().is_err() {
                return Ok(());
            }
        }
    }

    fn walk(&mut self, cursor: &mut Cursor, is_cancelled: &dyn Fn() -> bool) -> Result<(), Failure> {
        let start = cursor.snapshot().start();
        if start > self.at {
            let expired = usize::try_from(start.0 - self.at.0).unwrap_or(usize::MAX);
            self.at = start;
            if let Ok(mut status) = self.shared.status.lock() {
                status.missed += expired as u64;
            }
        }
        while let Some(position) = cursor.next(self.at)? {
            let Some(entry) = cursor.read(position)? else { break };
            self.sink.take(&entry);
            self.at = entry.end;
            if self.sink.waiting_bytes() >= BATCH_BYTES {
                // Dropping it ends it where the recording ends; a report of processor time is due anyway.
                let _ = is_cancelled();
                self.write();
            }
        }
        Ok(())
    }

    fn write(&mut self) {
        let _ = crate::sys::cpu_time::report(std::time::Instant::now());
        self.change(|sink, status| sink.write(status));
        if let Some(consumer) = self.shared.consumer.get() {
            consumer.pass(self.at);
        }
    }

    /// Has the files changed, and tells it.
    fn change(&mut self, what: impl FnOnce(&mut dyn Sink, &mut FollowStatus)) {
        let before = self.shared.status();
        let mut status = before.clone();
        what(&mut *self.sink, &mut status);
        let is_news = status != before;
        *self.shared.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
        if is_news {
            (self.tell)();
        }
    }
}

#[cfg(test)]
mod tests;
