//! What is shown or exported: a recording, or a capture of another program, which becomes one for as long
//! as it is read. Knows nothing of what is done with it.

use super::{Outcome, say};
use crate::capture::{Destination, Opened, open, open_folder};
use crate::import::{FileKind, Imported, import, sniff};
use crate::lang::Language;
use crate::model::{Failure, Operation};
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

/// A file that is open for reading.
pub(super) struct Source {
    file: PathBuf,
    /// The recording; `None`: a capture with nothing in it that becomes a record. It goes before its folder,
    /// since Windows deletes no file that is open.
    pub opened: Option<Opened>,
    imported: Option<Imported>,
    /// Where a capture became a recording; deleted with this.
    _folder: Option<TempDir>,
}

impl Source {
    /// Opens a recording, or imports a capture. `None`: that was cancelled. From importing on, Ctrl+C only sets
    /// `is_cancelled`, so that the copy of the capture goes.
    pub fn open(file: &Path, is_cancelled: &Arc<AtomicBool>) -> Result<Option<Self>, Failure> {
        let source = |opened, imported, folder| Self { file: file.into(), opened, imported, _folder: folder };
        if sniff(file)? == FileKind::Recording {
            return Ok(Some(source(Some(open(file)?), None, None)));
        }
        let unwritable =
            |error: io::Error| Failure::from_io(Operation::Save, std::env::temp_dir().display(), &error);
        let folder = tempfile::Builder::new().prefix("wirelab-").tempdir().map_err(unwritable)?;
        cancel_on_interrupt(is_cancelled, Some(folder.path().into()));
        let into = Destination::Folder(folder.path().into());
        let go_on = &mut |_| match is_cancelled.load(Ordering::Acquire) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let Some(imported) = import(file, into, Language::English, go_on)? else { return Ok(None) };
        let opened = if imported.records > 0 { Some(open_folder(folder.path())?) } else { None };
        Ok(Some(source(opened, Some(imported), Some(folder))))
    }

    /// Whether a capture was imported.
    pub fn is_import(&self) -> bool {
        self.imported.is_some()
    }

    /// Says what of the file is not in the recording. Returns the first damage of a capture.
    pub fn tell_what_is_missing(&self) -> Option<Failure> {
        let file = self.file.display();
        if let Some(bytes) =
            self.opened.as_ref().map(|opened| opened.ignored_bytes).filter(|bytes| *bytes > 0)
        {
            say(&format!("The last block is cut: {bytes} bytes at the end of {file} were ignored."));
        }
        let imported = self.imported.as_ref()?;
        for (reason, count) in &imported.skipped {
            say(&format!("Packets left out: {count}, {}.", reason.words(Language::English.words())));
        }
        if imported.ignored_bytes > 0 {
            let bytes = imported.ignored_bytes;
            say(&format!("The last packet is cut: {bytes} bytes at the end of {file} were ignored."));
        }
        if imported.damaged_bytes > 0 {
            say(&format!(
                "Damaged and left out: {} bytes of {file}. The rest was read.",
                imported.damaged_bytes
            ));
        }
        imported.failure.clone()
    }
}

/// Makes Ctrl+C set `is_cancelled`, once in a process, so that nothing is left of what is not finished. The next
/// one ends the program at once, which may be waiting for somebody to read what it prints; `temporary` goes then too.
pub(super) fn cancel_on_interrupt(is_cancelled: &Arc<AtomicBool>, temporary: Option<PathBuf>) {
    let is_cancelled = is_cancelled.clone();
    let interrupt = move || {
        if is_cancelled.swap(true, Ordering::AcqRel) {
            if let Some(folder) = &temporary {
                let _ = fs::remove_dir_all(folder);
            }
            process::exit(Outcome::LeftOut as i32);
        }
    };
    if let Err(error) = ctrlc::set_handler(interrupt) {
        say(&format!("Ctrl+C will not end this cleanly: {error}."));
    }
}
