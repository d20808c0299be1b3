//! The dialog that begins a file which grows with a session: its fields, and the look at the disk, which runs as a job.
//! Draws nothing.

use crate::export::{BytesFile, Rotation};
use crate::gui::action::TabId;
use crate::gui::files::browse::{Answer, Chooser};
use crate::gui::files::desktop::Desktop;
use crate::gui::files::path_text::PathText;
use crate::model::units::parse_size;
use crate::model::{ConnectionId, Failure, Operation};
use crate::settings::{LogRotation, ViewMode};
use crate::task::{Notify, Task};
use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The smallest log that begins a new file, in bytes.
const LEAST_LOG_BYTES: u64 = 1024;

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What one peer sends.
    Peer {
        /// Its connection.
        connection: ConnectionId,
        /// Its address.
        address: SocketAddr,
        /// Its name or address.
        name: String,
    },
    /// What the only connection receives.
    One,
    /// What each connection receives, in a file of its own.
    Each,
    /// A text log in the form of this view.
    Log(ViewMode),
}

/// The dialog.
pub struct FollowDialog {
    /// The tab.
    pub tab: TabId,
    /// What is to be written.
    pub what: What,
    /// The file.
    pub path: PathText,
    /// When a log begins a new file.
    pub rotation: LogRotation,
    /// At which size, as it was typed.
    pub size: String,
    /// The desktop's dialog.
    pub chooser: Chooser<PathBuf>,
    /// The question whether to replace a file is shown.
    pub asks: bool,
    /// The file is being written already.
    pub is_taken: bool,
    /// Why the file cannot be written.
    pub failure: Option<Failure>,
    /// The path that may be replaced: the desktop's dialog has asked.
    may_replace: Option<PathBuf>,
    /// The running look at a path: whether something would be replaced there.
    looking: Option<(PathBuf, Task<bool>)>,
}

impl FollowDialog {
    /// The dialog with a proposed path.
    #[must_use]
    pub fn new(tab: TabId, what: What, proposal: PathBuf, rotation: (LogRotation, &str)) -> Self {
        let (rotation, size) = (rotation.0, rotation.1.to_owned());
        Self {
            tab,
            what,
            path: PathText::new(proposal),
            rotation,
            size,
            chooser: Chooser::default(),
            asks: false,
            is_taken: false,
            failure: None,
            may_replace: None,
            looking: None,
        }
    }

    /// The path was edited: what was said of another one is no longer true.
    pub fn path_changed(&mut self) {
        self.asks = false;
        self.is_taken = false;
        self.failure = None;
    }

    /// When the log begins a new file; `None`: the size is wrong.
    #[must_use]
    pub fn rotation(&self) -> Option<Rotation> {
        match self.rotation {
            LogRotation::Never => Some(Rotation::Never),
            LogRotation::Daily => Some(Rotation::Daily),
            LogRotation::Size => {
                let size = parse_size(&self.size).ok().filter(|size| *size >= LEAST_LOG_BYTES);
                size.map(Rotation::Size)
            }
        }
    }

    /// Whether it can begin.
    #[must_use]
    pub fn can_begin(&self) -> bool {
        let is_rotated = !matches!(self.what, What::Log(_)) || self.rotation().is_some();
        self.path.path().is_absolute() && self.looking.is_none() && is_rotated
    }

    /// Which bytes are written; `None` for a log.
    #[must_use]
    pub fn bytes_file(&self) -> Option<BytesFile> {
        let path = self.path.path();
        match self.what {
            What::Peer { connection, address, .. } => Some(BytesFile::Of(connection, address, path)),
            What::One => Some(BytesFile::All(path)),
            What::Each => Some(BytesFile::Each(path)),
            What::Log(_) => None,
        }
    }

    /// Opens the desktop's dialog.
    pub fn browse(&mut self, desktop: Option<&Arc<dyn Desktop>>, notify: &Notify) {
        let path = self.path.path();
        self.chooser.ask(desktop, notify, move |desktop| desktop.choose_growing(&path));
    }

    /// Looks, as a job, whether the file can be written, and whether something would be replaced.
    pub fn look(&mut self, notify: &Notify) {
        let path = self.path.path();
        let (what, for_job) = (self.what.clone(), path.clone());
        let is_allowed = self.may_replace.as_ref() == Some(&path);
        let look = move |_: &_| {
            let looked = look_at(&what, &for_job);
            let failed = |error: &io::Error| Failure::from_io(Operation::Save, for_job.display(), error);
            looked.map(|replaces| replaces && !is_allowed).map_err(|error| failed(&error))
        };
        self.path_changed();
        self.looking = Some((path, Task::start("look at file", Operation::Save, notify, look)));
    }

    /// Takes the results of the jobs. Returns whether it begins now.
    pub fn update(&mut self) -> bool {
        if let Some(Answer::Chosen(path)) = self.chooser.take_answer() {
            self.may_replace = Some(path.clone());
            self.path = PathText::new(path);
            self.path_changed();
        }
        let Some(outcome) = self.looking.as_mut().and_then(|(_, task)| task.take()) else { return false };
        let is_same = self.looking.take().is_some_and(|(path, _)| path == self.path.path());
        match outcome {
            _ if !is_same => false,
            Ok(replaces) => {
                self.asks = replaces;
                !replaces
            }
            Err(failure) => {
                self.failure = Some(failure);
                false
            }
        }
    }
}

/// Whether a file that is there would be replaced. One that is not there is made, so that it is known that it can be.
fn look_at(what: &What, path: &Path) -> io::Result<bool> {
    if *what == What::Each {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let start = format!("{stem}.c");
        let is_of_connection = |name: &str| name.starts_with(&start) && name.ends_with(".in.bin");
        let mut entries = fs::read_dir(path.parent().unwrap_or(Path::new("")))?;
        return Ok(entries
            .any(|entry| entry.is_ok_and(|entry| is_of_connection(&entry.file_name().to_string_lossy()))));
    }
    let file = File::options().append(true).create(true).open(path)?;
    // A log is added to what is there.
    Ok(!matches!(what, What::Log(_)) && file.metadata()?.len() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn dialog(what: What, path: &Path) -> FollowDialog {
        FollowDialog::new(TabId(1), what, path.into(), (LogRotation::Size, "2 KiB"))
    }

    /// Looks, and returns whether it begins.
    fn looked(dialog: &mut FollowDialog) -> bool {
        let notify: Notify = Arc::new(|| {});
        dialog.look(&notify);
        let deadline = Instant::now() + Duration::from_secs(30);
        while dialog.looking.is_some() {
            assert!(Instant::now() < deadline);
            if dialog.update() {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }

    #[test]
    fn what_would_be_lost_is_asked_about_and_a_log_is_added_to() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("old.bin"), "old").unwrap();
        fs::write(at("run.c3.in.bin"), "old").unwrap();
        for (what, name, begins) in [
            (What::One, "new.bin", true),
            (What::One, "old.bin", false),
            (What::Log(ViewMode::Auto), "old.bin", true),
            (What::Each, "other.bin", true),
            (What::Each, "run.bin", false),
        ] {
            let mut dialog = dialog(what.clone(), &at(name));
            assert_eq!((looked(&mut dialog), dialog.asks), (begins, !begins), "{what:?} {name}");
            assert_eq!(dialog.failure, None);
        }
        assert_eq!(fs::read(at("old.bin")).unwrap(), b"old", "looking changes nothing");
        let mut dialog = dialog(What::One, &at("no folder").join("x.bin"));
        assert!(!looked(&mut dialog) && !dialog.asks && dialog.failure.is_some());
    }

    #[test]
    fn only_a_log_has_a_size_and_it_must_be_one() {
        let path = std::env::temp_dir().join("run.log");
        let mut dialog = dialog(What::Log(ViewMode::Text), &path);
        assert_eq!(dialog.rotation(), Some(Rotation::Size(2048)));
        for wrong in ["", "x", "1023", "-1"] {
            dialog.size = wrong.into();
            assert!(!dialog.can_begin(), "{wrong}");
        }
        dialog.rotation = LogRotation::Daily;
        assert!(dialog.can_begin() && dialog.rotation() == Some(Rotation::Daily));
        dialog.rotation = LogRotation::Never;
        assert_eq!(dialog.rotation(), Some(Rotation::Never));
        (dialog.rotation, dialog.what) = (LogRotation::Size, What::Each);
        assert!(dialog.can_begin(), "bytes have no rotation");
        assert_eq!(dialog.bytes_file(), Some(BytesFile::Each(path)));
        dialog.path = PathText::new("run.bin".into());
        assert!(!dialog.can_begin(), "a relative path would be anywhere");
    }
}
