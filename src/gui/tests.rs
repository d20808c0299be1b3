//! Shared by the tests of the window's parts: a recording that grows, and threads that can be blocked.

use crate::capture::{CaptureReader, CaptureWriter, Destination, Limits, Position};
use crate::model::{Record, Timestamp};
use crate::search::{Filter, Job, Scan};
use crossbeam_channel::{Sender, bounded};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest wait before a test fails.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The callback of threads with news.
pub type Notify = Arc<dyn Fn() + Send + Sync>;

/// Waits until `done`.
#[track_caller]
pub fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// A recording of received data.
pub struct Recording {
    writer: CaptureWriter,
    _folder: tempfile::TempDir,
}

impl Recording {
    /// A recording with these payloads, one record each.
    pub fn of<P: AsRef<[u8]>>(payloads: impl IntoIterator<Item = P>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
        let mut recording = Self { writer, _folder: folder };
        for payload in payloads {
            recording.append(payload.as_ref());
        }
        recording.writer.publish();
        recording
    }

    /// Adds a record.
    pub fn add(&mut self, payload: &[u8]) {
        self.append(payload);
        self.writer.publish();
    }

    pub fn reader(&self) -> CaptureReader {
        self.writer.reader()
    }

    fn append(&mut self, payload: &[u8]) {
        self.writer
            .append(&Record { time: Timestamp(1_700_000_000_000_000_000), ..Record::received(payload) });
    }
}

/// A callback that blocks until the sender is dropped.
pub fn gate() -> (Notify, Sender<()>) {
    let (open, closed) = bounded::<()>(0);
    let hold = move || {
        let _ = closed.recv();
    };
    (Arc::new(hold), open)
}

/// A filter that shows all data.
pub fn filter(recording: &Recording, notify: Notify) -> Scan {
    let filter = Filter { min_bytes: Some(1), ..Filter::default() }.compile().unwrap();
    Scan::start(Job::Filter(filter), recording.reader(), Position::default(), notify)
}

/// The same, caught up with the recording so far and then blocked until the sender is dropped.
pub fn held_filter(recording: &Recording) -> (Scan, Sender<()>) {
    let (tell, is_told) = bounded(1);
    let (hold, open) = gate();
    let told_and_held: Notify = Arc::new(move || {
        let _ = tell.try_send(());
        hold();
    });
    let scan = filter(recording, told_and_held);
    is_told.recv_timeout(DEADLINE).unwrap();
    (scan, open)
}
