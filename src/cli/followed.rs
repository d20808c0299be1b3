//! Files that grow with a session (`--save-bytes`, `--log`): threads that read its recording, which is a temporary one
//! without `--record`.

use super::args::FollowPlan;
use super::process::{private_folder, say};
use crate::capture::{CaptureReader, Destination, Limits};
use crate::export::{Follow, FollowStatus};
use crate::lang::{Language, explain};
use crate::task::Notify;
use std::io;
use tempfile::TempDir;

/// The limits of a temporary recording: what the files may be behind. What they have is dropped segment by segment.
const TEMPORARY: Limits = Limits { segment_bytes: 8 << 20, total_bytes: Some(4 << 30) };

/// The files of a session.
pub(super) struct Followed {
    /// Each with the number of its failures that were said.
    files: Vec<(Follow, u64)>,
    /// Contains the recording if it is a temporary one; deleted when this is dropped.
    _folder: Option<TempDir>,
}

/// What a session records to: the user's recording, or a temporary one if the files need it, in a folder that is deleted
/// with it.
///
/// # Errors
/// No temporary folder can be made.
#[expect(clippy::type_complexity, reason = "a folder, and what SessionOptions takes")]
pub(super) fn recording(
    plan: &FollowPlan,
    chosen: Option<Destination>,
) -> io::Result<(Option<TempDir>, Option<(Destination, Limits)>)> {
    if let Some(destination) = chosen {
        let whole = Limits { segment_bytes: u64::MAX, total_bytes: None };
        return Ok((None, Some((destination, whole))));
    }
    if !plan.is_some() {
        return Ok((None, None));
    }
    let folder = private_folder()?;
    let destination = Destination::Folder(folder.path().join("recording"));
    Ok((Some(folder), Some((destination, TEMPORARY))))
}

impl Followed {
    /// Begins to write them. `notify` is called when [`look`](Self::look) has something to say.
    pub fn start(
        plan: &FollowPlan,
        reader: &CaptureReader,
        folder: Option<TempDir>,
        notify: &Notify,
    ) -> Self {
        let from = reader.snapshot().start();
        let mut files = Vec::new();
        let mut add = |file: Follow| {
            files.push((if folder.is_some() { file.consuming(reader.consumer()) } else { file }, 0));
        };
        if let Some(bytes) = &plan.bytes {
            add(Follow::bytes(reader.clone(), from, bytes.clone(), notify));
        }
        if let Some((path, options)) = &plan.log {
            add(Follow::log(reader.clone(), from, path, options.clone(), notify));
        }
        Self { files, _folder: folder }
    }

    /// Says what has failed since the last call.
    pub fn look(&mut self) {
        for (file, said) in &mut self.files {
            say_new(&file.status(), said);
        }
    }

    /// Writes the rest. `false`: something is missing, and standard error says what.
    pub fn finish(self) -> bool {
        let mut is_whole = true;
        for (file, mut said) in self.files {
            if let Some(failure) = file.failure() {
                say(&explain(Language::English.words(), &failure));
                is_whole = false;
            }
            let status = file.finish();
            say_new(&status, &mut said);
            is_whole &= status.failures == 0;
            if status.missed > 0 {
                say(&format!("{} bytes are missing in a file of --save-bytes or --log.", status.missed));
                is_whole = false;
            }
        }
        is_whole
    }
}

fn say_new(status: &FollowStatus, said: &mut u64) {
    if std::mem::replace(said, status.failures) != status.failures
        && let Some(failure) = &status.failure
    {
        say(&explain(Language::English.words(), failure));
    }
}
