//! Prints a recording as its session printed it. Knows files only through `capture`.

use super::args::View;
use super::output::{Printer, describe, stdout};
use super::{Outcome, say};
use crate::capture::{Cursor, open};
use crate::codec::Encoding;
use crate::lang::{Language, explain};
use crate::model::{Failure, RecordKind};
use std::io;
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
    let opened = open(file).map_err(Stop::Unreadable)?;
    let mut printer = Printer::new(stdout().map_err(Stop::Output)?, view, encoding);
    let mut cursor = Cursor::new(opened.snapshot);
    let mut at = cursor.snapshot().start();
    let mut is_empty = true;
    while let Some(position) = cursor.next(at).map_err(Stop::Unreadable)? {
        let Some(entry) = cursor.read(position).map_err(Stop::Unreadable)? else { break };
        at = entry.end;
        is_empty = false;
        if entry.record.kind != RecordKind::Data
            && view != View::Json
            && let Some(text) = describe(&entry.record)
        {
            // In the order in which it happened, where both go to one terminal.
            printer.flush().map_err(Stop::Output)?;
            say(&text);
        }
        printer.print(&entry.record).map_err(Stop::Output)?;
    }
    printer.flush().map_err(Stop::Output)?;
    let packets = cursor.snapshot().records();
    if is_empty && packets > 0 {
        say(&format!("{} has {packets} packets, none of them recorded by Wirelab.", file.display()));
    }
    say_ignored(file, opened.ignored_bytes);
    Ok(())
}

/// Says that a recording does not end with a whole block.
pub(super) fn say_ignored(file: &Path, bytes: u64) {
    if bytes > 0 {
        say(&format!("The last block is cut: {bytes} bytes at the end of {} were ignored.", file.display()));
    }
}
