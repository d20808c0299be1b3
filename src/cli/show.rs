//! Prints a recording as its session printed it, or a capture of another program as if it were one.
//! Knows files only through `capture` and `import`.

use super::args::View;
use super::output::{Printer, describe, stdout};
use super::{Outcome, say};
use crate::capture::{Cursor, Destination, Opened, Position, open, open_folder};
use crate::codec::Encoding;
use crate::import::{FileKind, Imported, import, sniff};
use crate::lang::{Language, explain};
use crate::model::{Failure, Operation, RecordKind};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

/// Why printing ended early.
enum Stop {
    Unreadable(Failure),
    Output(io::Error),
}

/// Prints all records of the file.
pub(super) fn run(file: &Path, view: View, encoding: Encoding) -> Outcome {
    match print(file, view, encoding) {
        Ok(()) => Outcome::Done,
        Err(Stop::Unreadable(failure)) => {
            say(&explain(Language::English.words(), &failure));
            Outcome::Usage
        }
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Done,
        Err(Stop::Output(error)) => {
            say(&format!("Could not write to standard output: {error}."));
            Outcome::LeftOut
        }
    }
}

fn print(file: &Path, view: View, encoding: Encoding) -> Result<(), Stop> {
    match sniff(file).map_err(Stop::Unreadable)? {
        FileKind::Recording => print_records(file, open(file).map_err(Stop::Unreadable)?, view, encoding),
        FileKind::Capture => print_capture(file, view, encoding),
    }
}

/// Makes a recording of a capture for as long as it is printed.
fn print_capture(file: &Path, view: View, encoding: Encoding) -> Result<(), Stop> {
    let unwritable = |error: &io::Error| {
        Stop::Unreadable(Failure::from_io(Operation::Record, std::env::temp_dir().display(), error))
    };
    let folder = tempfile::Builder::new().prefix("wirelab-").tempdir().map_err(|error| unwritable(&error))?;
    let into = Destination::Folder(folder.path().into());
    let imported = import(file, into, Language::English, &mut |_| ControlFlow::Continue(()));
    let Some(imported) = imported.map_err(Stop::Unreadable)? else { return Ok(()) };
    if imported.records > 0 {
        let opened = open_folder(folder.path()).map_err(Stop::Unreadable)?;
        print_records(file, opened, view, encoding)?;
    }
    tell_what_is_missing(file, &imported);
    imported.failure.map_or(Ok(()), |failure| Err(Stop::Unreadable(failure)))
}

fn tell_what_is_missing(file: &Path, imported: &Imported) {
    let words = Language::English.words();
    for (reason, count) in &imported.skipped {
        say(&format!("Packets left out: {count}, {}.", reason.words(words)));
    }
    if imported.ignored_bytes > 0 {
        let bytes = imported.ignored_bytes;
        say(&format!("The last packet is cut: {bytes} bytes at the end of {} were ignored.", file.display()));
    }
}

fn print_records(file: &Path, mut opened: Opened, view: View, encoding: Encoding) -> Result<(), Stop> {
    let mut printer = Printer::new(stdout().map_err(Stop::Output)?, view, encoding);
    let mut cursor = Cursor::new(opened.reader.snapshot());
    let mut at = cursor.snapshot().start();
    let mut damage = None;
    loop {
        match print_next(&mut cursor, at, &mut printer, view) {
            Ok(Some(end)) => at = end,
            Ok(None) => break,
            // Where the next whole block is, is known once everything was looked through.
            Err(Stop::Unreadable(failure)) if damage.is_none() => {
                damage = Some(failure);
                opened.indexing.wait();
                cursor.update(opened.reader.snapshot());
            }
            Err(stop) => return Err(stop),
        }
    }
    printer.flush().map_err(Stop::Output)?;
    say_ignored(file, opened.ignored_bytes);
    damage.map_or(Ok(()), |failure| Err(Stop::Unreadable(failure)))
}

/// Prints the first record from `at` on, and returns where it ends.
fn print_next(
    cursor: &mut Cursor,
    at: Position,
    printer: &mut Printer,
    view: View,
) -> Result<Option<Position>, Stop> {
    let Some(position) = cursor.next(at).map_err(Stop::Unreadable)? else { return Ok(None) };
    let Some(entry) = cursor.read(position).map_err(Stop::Unreadable)? else { return Ok(None) };
    if entry.record.kind != RecordKind::Data
        && view != View::Json
        && let Some(text) = describe(&entry.record)
    {
        // In the order in which it happened, where both go to one terminal.
        printer.flush().map_err(Stop::Output)?;
        say(&text);
    }
    printer.print(&entry.record).map_err(Stop::Output)?;
    Ok(Some(entry.end))
}

/// Says that a recording does not end with a whole block.
pub(super) fn say_ignored(file: &Path, bytes: u64) {
    if bytes > 0 {
        say(&format!("The last block is cut: {bytes} bytes at the end of {} were ignored.", file.display()));
    }
}
