//! A session without a window, and waiting for its status.

use super::DEADLINE;
use crossbeam_channel::Receiver;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use wirelab::capture::{Destination, Limits};
use wirelab::engine::{SessionHandle, SessionOptions};
use wirelab::model::{SessionConfig, Status};

pub struct Session {
    pub handle: SessionHandle,
    changed: Receiver<()>,
    _folder: tempfile::TempDir,
}

impl Session {
    /// A session that is starting; its recording is below `parent`.
    pub fn start(parent: &Path, config: SessionConfig) -> Self {
        let folder = tempfile::tempdir_in(parent).expect("a temporary folder");
        let (news, changed) = crossbeam_channel::bounded(1);
        let options = SessionOptions {
            recording: Some((Destination::Folder(folder.path().join("recording")), Limits::default())),
            notify: Arc::new(move || {
                let _ = news.try_send(());
            }),
            ..SessionOptions::default()
        };
        let handle = SessionHandle::open("bench", options).expect("a session");
        handle.start(config).expect("a start");
        Self { handle, changed, _folder: folder }
    }

    /// Waits until `done` holds for the status, and returns it.
    pub fn wait(&self, done: impl Fn(&Status) -> bool) -> Status {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let status = self.handle.status();
            if done(&status) {
                return status;
            }
            self.changed.recv_deadline(deadline).expect("the session does what it is asked for");
        }
    }

    pub fn close(self) {
        self.handle.close();
    }
}
