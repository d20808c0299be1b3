//! Prints a recording as its session printed it, or a capture of another program as if it were one.
//! Knows files only as a [`Source`].

use super::args::View;
use super::output::{Printer, describe, stdout};
use super::source::Source;
use super::{Outcome, say};
use crate::capture::{Cursor, Opened, Position};
use crate::codec::Encoding;
use crate::lang::{Language, explain};
use crate::model::{Failure, RecordKind};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why printing ended early.
enum Stop {
    Unreadable(Failure),
    Output(io::Error),
    Cancelled,
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
        Err(Stop::Cancelled) => {
            say("Printing was cancelled.");
            Outcome::LeftOut
        }
    }
}

fn print(file: &Path, view: View, encoding: Encoding) -> Result<(), Stop> {
    let is_cancelled = Arc::new(AtomicBool::new(false));
    let source = Source::open(file, &is_cancelled).map_err(Stop::Unreadable)?;
    let mut source = source.ok_or(Stop::Cancelled)?;
    let damage = match &mut source.opened {
        Some(opened) => print_records(opened, view, encoding, &is_cancelled)?,
        None => None,
    };
    let end = source.tell_what_is_missing();
    damage.or(end).map_or(Ok(()), |failure| Err(Stop::Unreadable(failure)))
}

/// Prints what can be read, and returns the first damage.
fn print_records(
    opened: &mut Opened,
    view: View,
    encoding: Encoding,
    is_cancelled: &AtomicBool,
) -> Result<Option<Failure>, Stop> {
    let mut printer = Printer::new(stdout().map_err(Stop::Output)?, view, encoding);
    let mut cursor = Cursor::new(opened.reader.snapshot());
    let mut at = cursor.snapshot().start();
    let mut damage = None;
    loop {
        if is_cancelled.load(Ordering::Acquire) {
            return Err(Stop::Cancelled);
        }
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
    Ok(damage)
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
    printer.print_entry(&entry).map_err(Stop::Output)?;
    Ok(Some(entry.end))
}
