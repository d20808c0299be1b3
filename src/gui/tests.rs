//! What the tests of the window's parts share: a recording that grows, and threads that can be held.

use crate::capture::{CaptureReader, CaptureWriter, Destination, Limits, Position};
use crate::model::{Record, Timestamp};
use crate::search::{Filter, Job, Scan};
use crossbeam_channel::{Sender, bounded};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What takes longer will never come.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Told by a thread that there is something new.
pub type Notify = Arc<dyn Fn() + Send + Sync>;

/// Waits until `done`.
#[track_caller]
pub fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// A recording of received data.
pub struct Recording {
    writer: CaptureWriter,
    _folder: tempfile::TempDir,
}

impl Recording {
    /// One with these payloads, a record each.
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

/// Holds whoever calls it, until the sender is dropped.
pub fn gate() -> (Notify, Sender<()>) {
    let (open, closed) = bounded::<()>(0);
    let hold = move || {
        let _ = closed.recv();
    };
    (Arc::new(hold), open)
}

/// A filter that lets all data through.
pub fn filter(recording: &Recording, notify: Notify) -> Scan {
    let filter = Filter { min_bytes: Some(1), ..Filter::default() }.compile().unwrap();
    Scan::start(Job::Filter(filter), recording.reader(), Position::default(), notify)
}

/// The same, which has looked at all there is so far and sees nothing new until the sender is dropped.
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
