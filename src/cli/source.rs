//! The input of `show` and `export`: a recording, or a capture of another program, which is imported into a temporary
//! recording. Either may come from standard input or a FIFO.

use super::interrupt::Interrupt;
use super::process::{self, say};
use crate::capture::{Destination, Opened, open, open_folder};
use crate::import::{FileKind, Imported, import, sniff};
use crate::lang::Language;
use crate::model::{Failure, Operation};
use crate::sys::file::standard_input;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How much of a stream is read at once.
const BLOCK_BYTES: usize = 256 * 1024;

/// A file that is open for reading.
pub(super) struct Source {
    /// Its name in messages.
    name: String,
    /// The recording; `None`: a capture without anything that becomes a record. Declared before `_folder`, so that it is
    /// dropped first: Windows deletes no open file.
    pub opened: Option<Opened>,
    imported: Option<Imported>,
    /// The temporary copies; deleted when this is dropped.
    _folder: Option<TempDir>,
}

impl Source {
    /// Opens a recording or imports a capture. `-` is standard input. Where that is no file, it is first copied to a
    /// private temporary one, as a FIFO is, since reading needs to go back. `None`: interrupted.
    ///
    /// # Errors
    /// The input cannot be read or is neither a recording nor a capture, or the copy cannot be written. No
    /// copy is left.
    pub fn open(path: &Path, interrupt: &Interrupt) -> Result<Option<Self>, Failure> {
        let name = if is_standard_input(path) { "standard input".into() } else { path.display().to_string() };
        let source =
            |opened, imported, folder| Self { name: name.clone(), opened, imported, _folder: folder };
        let mut folder = None;
        let path = match seekable(path) {
            Some(path) => path,
            None => {
                let folder = folder.insert(private_folder(interrupt)?);
                let copy = folder.path().join("input");
                if !spool(path, &name, &copy, interrupt)? {
                    return Ok(None);
                }
                copy
            }
        };
        let by_name = |failure| named(failure, &name);
        if sniff(&path).map_err(by_name)? == FileKind::Recording {
            return Ok(Some(source(Some(open(&path).map_err(by_name)?), None, folder)));
        }
        let folder = match folder {
            Some(folder) => folder,
            None => private_folder(interrupt)?,
        };
        let records = folder.path().join("records");
        fs::create_dir(&records).map_err(|error| unwritable(&records, &error))?;
        let go_on = &mut |_| match interrupt.is_set() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let imported = import(&path, Destination::Folder(records.clone()), Language::English, go_on);
        let Some(mut imported) = imported.map_err(by_name)? else { return Ok(None) };
        imported.failure = imported.failure.map(by_name);
        let opened = if imported.records > 0 { Some(open_folder(&records)?) } else { None };
        Ok(Some(source(opened, Some(imported), Some(folder))))
    }

    /// A failure with the name of the input in place of that of a temporary copy.
    pub fn named(&self, failure: Failure) -> Failure {
        named(failure, &self.name)
    }

    /// Reports what of the file is not in the recording. Returns the first damage of a capture.
    pub fn tell_what_is_missing(&self) -> Option<Failure> {
        let name = &self.name;
        if let Some(bytes) =
            self.opened.as_ref().map(|opened| opened.ignored_bytes).filter(|bytes| *bytes > 0)
        {
            say(&format!("The last block is truncated: {bytes} bytes at the end of {name} were ignored."));
        }
        let imported = self.imported.as_ref()?;
        for (reason, count) in &imported.skipped {
            say(&format!("Packets left out: {count}, {}.", reason.words(Language::English.words())));
        }
        // Notes stand where they are.
        if imported.differing_bytes > 0 {
            let bytes = imported.differing_bytes;
            say(&format!(
                "Captured again with different content: {bytes} bytes. What was captured first is shown."
            ));
        }
        if imported.uncompared_bytes > 0 {
            let bytes = imported.uncompared_bytes;
            say(&format!("Captured again too late to be compared with what is shown: {bytes} bytes."));
        }
        if imported.ignored_bytes > 0 {
            let bytes = imported.ignored_bytes;
            say(&format!("The last packet is truncated: {bytes} bytes at the end of {name} were ignored."));
        }
        if imported.damaged_bytes > 0 {
            let bytes = imported.damaged_bytes;
            say(&format!("Damaged and left out: {bytes} bytes of {name}. The rest was read."));
        }
        imported.failure.clone()
    }
}

fn named(failure: Failure, name: &str) -> Failure {
    match failure.operation {
        Operation::Read => Failure { endpoint: name.into(), ..failure },
        _ => failure,
    }
}

/// Whether the path stands for standard input.
pub(super) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The path of a regular file that the input is. A missing file counts as one; opening it reports that.
fn seekable(path: &Path) -> Option<PathBuf> {
    if is_standard_input(path) {
        return standard_input_file();
    }
    let is_seekable = fs::metadata(path).map_or(true, |metadata| metadata.is_file() || metadata.is_dir());
    is_seekable.then(|| path.to_path_buf())
}

/// The path of the file that standard input is, if it is one, can be opened again, and nothing was read from it
/// before: the path leads to its first byte.
fn standard_input_file() -> Option<PathBuf> {
    let (mut file, path) = standard_input().ok()?;
    let is_whole = file.metadata().ok()?.is_file() && file.stream_position().ok()? == 0;
    // It was perhaps opened by another user, who may read more.
    (is_whole && File::open(&path).is_ok()).then_some(path)
}

/// A temporary folder that only this user can read, deleted also after an interrupt.
fn private_folder(interrupt: &Interrupt) -> Result<TempDir, Failure> {
    let folder = process::private_folder().map_err(|error| unwritable(&std::env::temp_dir(), &error))?;
    interrupt.guard(folder.path());
    Ok(folder)
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::from_io(Operation::Save, path.display(), error)
}

/// Copies a stream to a new file, up to the stream's end. `false`: interrupted.
fn spool(path: &Path, name: &str, copy: &Path, interrupt: &Interrupt) -> Result<bool, Failure> {
    let unreadable = |error: io::Error| Failure::from_io(Operation::Read, name, &error);
    // Opening a FIFO blocks until it has a writer.
    let mut reader: Box<dyn Read> = match is_standard_input(path) {
        true => Box::new(io::stdin().lock()),
        false => Box::new(File::open(path).map_err(unreadable)?),
    };
    let mut file = File::create_new(copy).map_err(|error| unwritable(copy, &error))?;
    let mut block = vec![0; BLOCK_BYTES];
    while !interrupt.is_set() {
        match reader.read(&mut block) {
            Ok(0) => return Ok(!interrupt.is_set()),
            Ok(count) => file.write_all(&block[..count]).map_err(|error| unwritable(copy, &error))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    Ok(false)
}
