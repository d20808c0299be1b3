//! The files that grow with the session of a tab: received bytes and text logs, while they are written and as they end.
//! Draws nothing.
//!
//! They belong to the tab, not to a connection or a start: they go on when the session is started again. They do not come
//! back at the next start of the program, which must not write to files that nobody asked for in that run.

use crate::export::{Follow, FollowStatus};
use crate::gui::action::FollowId;
use crate::model::{Failure, Operation};
use crate::task::{Notify, Task};
use std::path::{Path, PathBuf};

/// What is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowKind {
    /// Received bytes.
    Bytes,
    /// Text.
    Log,
}

/// A file that is being written.
pub struct FollowedFile {
    /// Its identity in its tab.
    pub id: FollowId,
    /// What is written to it.
    pub kind: FollowKind,
    /// The file, or the one beside which a file for each connection is written.
    pub path: PathBuf,
    /// How it goes.
    pub status: FollowStatus,
    /// Why no more can be written: the recording cannot be read.
    pub failure: Option<Failure>,
    follow: Follow,
}

/// A file whose writing has ended.
pub struct EndedFile {
    /// The file.
    pub path: PathBuf,
    /// What became of it.
    pub status: FollowStatus,
}

/// The files of a tab.
#[derive(Default)]
pub struct Followed {
    files: Vec<FollowedFile>,
    /// The number of files so far, for their ids.
    count: u64,
    /// Those that were stopped and still write what was received before.
    ending: Vec<(PathBuf, Task<FollowStatus>)>,
}

impl FollowedFile {
    /// The name of the file.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// Why bytes are missing, if any are.
    #[must_use]
    pub fn problem(&self) -> Option<&Failure> {
        self.failure.as_ref().or(self.status.failure.as_ref())
    }
}

impl Followed {
    /// The files that are being written, oldest first.
    #[must_use]
    pub fn files(&self) -> &[FollowedFile] {
        &self.files
    }

    /// Whether a file is being written, or still was a moment ago.
    #[must_use]
    pub fn writes_to(&self, path: &Path) -> bool {
        let ending = self.ending.iter().map(|(path, _)| path);
        self.files.iter().map(|file| &file.path).chain(ending).any(|known| known == path)
    }

    /// Adds a file that has begun.
    pub fn add(&mut self, kind: FollowKind, path: PathBuf, follow: Follow) {
        self.count += 1;
        let (id, status) = (FollowId(self.count), follow.status());
        self.files.push(FollowedFile { id, kind, path, status, failure: None, follow });
    }

    /// Ends a file, as a job: what was received before is still written.
    pub fn stop(&mut self, id: FollowId, notify: &Notify) {
        let Some(index) = self.files.iter().position(|file| file.id == id) else { return };
        let FollowedFile { path, follow, failure, .. } = self.files.remove(index);
        let end = move |_: &_| {
            let mut status = follow.finish();
            // Its thread may have ended long before.
            status.failure = status.failure.or(failure);
            Ok(status)
        };
        self.ending.push((path, Task::start("end file", Operation::Save, notify, end)));
    }

    /// Takes the news. Returns the files whose writing has ended since the last time.
    pub fn update(&mut self) -> Vec<EndedFile> {
        for file in &mut self.files {
            file.status = file.follow.status();
            file.failure = file.follow.failure();
        }
        let mut ended = Vec::new();
        self.ending.retain_mut(|(path, task)| {
            let Some(outcome) = task.take() else { return true };
            let path = std::mem::take(path);
            ended.extend(outcome.ok().map(|status| EndedFile { path, status }));
            false
        });
        ended
    }

    /// Writes all that is recorded, and ends. Blocks until then.
    pub fn finish(self) {
        for file in self.files {
            // The tab is gone: nobody is left to be told.
            let _ = file.follow.finish();
        }
        for (_, mut task) in self.ending {
            task.join();
        }
    }
}
