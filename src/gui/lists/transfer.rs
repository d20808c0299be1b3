//! Importing and exporting lists by file: choosing the file, and the preview of an import.

use crate::document::FileError;
use crate::gui::action::TabId;
use crate::gui::action::lists::ListId;
use crate::gui::files::browse::{Answer, Chooser};
use crate::gui::files::desktop::Desktop;
use crate::gui::files::path_text::PathText;
use crate::model::{Failure, Operation};
use crate::sequence::{self, Sequence};
use crate::settings::lists::List;
use crate::settings::lists::import::{ImportError, Imported, MAX_BYTES, import};
use crate::task::{Notify, Task};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is done with a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// A list is made of it.
    Import,
    /// A list is written to it.
    Export(ListId),
    /// The sequence in it is run in this tab.
    Run(TabId),
}

/// Importing or exporting.
pub struct Transfer {
    /// What is done.
    pub purpose: Purpose,
    /// The path; one that was chosen stays as it is until it is edited.
    pub path: PathText,
    /// The desktop's dialog, and whether the window's own is shown.
    pub chooser: Chooser<PathBuf>,
    /// Why the last file was not read or written, in the language of the window.
    pub error: Option<String>,
    /// What was read, until it is taken.
    pub preview: Option<Imported>,
    /// The file that exists, and is replaced only if the user agrees.
    pub asks: Option<PathBuf>,
    proposal: PathBuf,
    reading: Option<Task<Result<Read, ImportError>>>,
    writing: Option<Task<Written>>,
}

/// What was read from a file.
enum Read {
    List(Imported),
    Sequence(Result<Box<Sequence>, FileError>, PathBuf),
}

/// What became of a list that was to be written.
enum Written {
    To(PathBuf),
    Exists(PathBuf),
    OwnFolder,
}

/// What may be replaced by a list.
#[derive(Clone, Debug)]
pub struct Replacing {
    /// The user has agreed to replace the file.
    pub is_allowed: bool,
    /// The folder of the window's lists, in which each file is a list that another window may be writing.
    pub own: Option<PathBuf>,
}

/// What a job of the transfer has ended with.
pub enum Ended {
    /// A file was chosen with the desktop's dialog.
    Chosen {
        /// The file.
        path: PathBuf,
        /// The dialog has asked whether it is to be replaced.
        may_replace: bool,
    },
    /// The desktop's dialog was cancelled.
    Cancelled,
    /// The list was written.
    Written(PathBuf),
    /// A list is not written into the folder of the lists.
    OwnFolder,
    /// The file has a list.
    Imported(Box<Imported>),
    /// The file could not be read or written.
    Failed(Failure),
    /// The file is no list.
    Refused(ImportError),
    /// The file has this sequence.
    Sequence(Box<Sequence>, PathBuf),
    /// The file is no sequence.
    Wrong(FileError),
}

impl Transfer {
    /// `proposal`: the folder in which the desktop's dialog begins, or the path of a file to be written.
    #[must_use]
    pub fn new(purpose: Purpose, proposal: PathBuf) -> Self {
        let is_written = matches!(purpose, Purpose::Export(_));
        let path = if is_written { proposal.clone() } else { PathBuf::new() };
        Self {
            purpose,
            path: PathText::new(path),
            chooser: Chooser::default(),
            error: None,
            preview: None,
            asks: None,
            proposal,
            reading: None,
            writing: None,
        }
    }

    /// Whether a dialog of the window is shown.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.chooser.is_shown() || self.preview.is_some() || self.error.is_some()
    }

    /// Asks with the desktop's dialog, or shows the window's own where there is none.
    pub fn browse(&mut self, desktop: Option<&Arc<dyn Desktop>>, notify: &Notify) {
        let (proposal, purpose) = (self.proposal.clone(), self.purpose.clone());
        self.chooser.ask(desktop, notify, move |desktop| match purpose {
            Purpose::Import | Purpose::Run(_) => desktop.choose_list(&proposal),
            Purpose::Export(_) => desktop.choose_list_target(&proposal),
        });
    }

    /// Begins to read a file.
    pub fn read(&mut self, path: PathBuf, notify: &Notify) {
        self.error = None;
        self.path = PathText::new(path.clone());
        let is_run = matches!(self.purpose, Purpose::Run(_));
        let read = move |_: &_| {
            let failure = |error: &io::Error| Failure::from_io(Operation::Read, path.display(), error);
            let bytes = bytes_of(&path).map_err(|error| failure(&error))?;
            if is_run {
                // What stood for bytes that are no text would be sent.
                let other = |_| failure(&io::Error::new(ErrorKind::InvalidData, "the file is not UTF-8"));
                let text = String::from_utf8(bytes).map_err(other)?;
                return Ok(Ok(Read::Sequence(sequence::read(&text).map(Box::new), path)));
            }
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            Ok(import(&bytes, &name).map(Read::List))
        };
        self.reading = Some(Task::start("import list", Operation::Read, notify, read));
    }

    /// Begins to write a list.
    pub fn write(&mut self, path: PathBuf, list: &List, replacing: Replacing, notify: &Notify) {
        (self.error, self.asks) = (None, None);
        let path = if path.extension().is_none() { path.with_extension("toml") } else { path };
        self.path = PathText::new(path.clone());
        let text = list.to_text();
        let write = move |_: &_| {
            let canonical = |path: &Path| path.canonicalize().ok();
            let is_own = replacing
                .own
                .as_deref()
                .and_then(canonical)
                .is_some_and(|own| path.parent().and_then(canonical).is_some_and(|folder| folder == own));
            if is_own {
                return Ok(Written::OwnFolder);
            }
            if !replacing.is_allowed && path.exists() {
                return Ok(Written::Exists(path));
            }
            write_text(&path, &text)
                .map_err(|error| Failure::from_io(Operation::Save, path.display(), &error))?;
            Ok(Written::To(path))
        };
        self.writing = Some(Task::start("export list", Operation::Save, notify, write));
    }

    /// Forgets the question whether a file is to be replaced: another one is typed.
    pub fn path_changed(&mut self) {
        (self.error, self.asks) = (None, None);
    }

    /// Takes the results of the jobs.
    pub fn update(&mut self) -> Option<Ended> {
        match self.chooser.take_answer() {
            Some(Answer::Chosen(path)) => {
                // The dialog has asked about this file, but not about one with an ending.
                let may_replace = path.extension().is_some();
                return Some(Ended::Chosen { path, may_replace });
            }
            Some(Answer::Cancelled) if !self.is_shown() => return Some(Ended::Cancelled),
            _ => {}
        }
        if let Some(outcome) = self.reading.as_mut().and_then(Task::take) {
            self.reading = None;
            return match outcome {
                Ok(Ok(Read::Sequence(Ok(sequence), path))) => Some(Ended::Sequence(sequence, path)),
                Ok(Ok(Read::Sequence(Err(error), _))) => Some(Ended::Wrong(error)),
                Ok(Ok(Read::List(imported))) => Some(Ended::Imported(Box::new(imported))),
                Ok(Err(error)) => Some(Ended::Refused(error)),
                Err(failure) => Some(Ended::Failed(failure)),
            };
        }
        let outcome = self.writing.as_mut().and_then(Task::take)?;
        self.writing = None;
        Some(match outcome {
            Ok(Written::To(path)) => Ended::Written(path),
            Ok(Written::OwnFolder) => Ended::OwnFolder,
            Ok(Written::Exists(path)) => {
                self.asks = Some(path);
                self.chooser.show();
                return None;
            }
            Err(failure) => Ended::Failed(failure),
        })
    }
}

fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

fn write_text(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    let mut file = crate::capture::AtomicFile::create(path)?;
    file.file().write_all(text.as_bytes())?;
    file.commit()
}
