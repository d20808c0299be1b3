//! `wirelab show`: prints a recording, or a capture of another program, as its session would have printed it.

use super::args::{ShowPlan as Plan, View};
use super::interrupt::Interrupt;
use super::output::{Printer, describe};
use super::process::{Outcome, say, stdout};
use super::source::Source;
use crate::capture::{Cursor, Opened, Position};
use crate::lang::{Language, explain};
use crate::model::{Failure, RecordKind};
use std::io;

/// Why printing ended early.
enum Stop {
    Failed(Failure),
    Output(io::Error),
    Interrupted,
}

/// Prints all records of the file.
pub(super) fn run(plan: &Plan) -> Outcome {
    match print(plan) {
        Ok(()) => Outcome::Done,
        Err(Stop::Failed(failure)) => {
            say(&explain(Language::English.words(), &failure));
            Outcome::of_file(&failure)
        }
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Done,
        Err(Stop::Output(error)) => {
            say(&format!("Could not write to standard output: {error}."));
            Outcome::LeftOut
        }
        Err(Stop::Interrupted) => {
            say("Interrupted: the rest is not printed.");
            Outcome::LeftOut
        }
    }
}

fn print(plan: &Plan) -> Result<(), Stop> {
    let interrupt = Interrupt::install();
    let source = Source::open(&plan.file, &interrupt).map_err(Stop::Failed)?;
    let mut source = source.ok_or(Stop::Interrupted)?;
    let damage = match &mut source.opened {
        Some(opened) => print_records(opened, plan, &interrupt)?,
        None => None,
    };
    let end = source.tell_what_is_missing();
    damage.or(end).map_or(Ok(()), |failure| Err(Stop::Failed(source.named(failure))))
}

/// Prints all records that can be read, and returns the first damage.
fn print_records(opened: &mut Opened, plan: &Plan, interrupt: &Interrupt) -> Result<Option<Failure>, Stop> {
    let view = plan.view;
    let printer = Printer::new(stdout().map_err(Stop::Output)?, view, plan.encoding);
    let mut printer = printer.with_names(opened.reader.snapshot().names().clone());
    if let Some(settings) = &plan.frames {
        printer = printer.with_frames(settings, false);
    }
    let mut cursor = Cursor::new(opened.reader.snapshot());
    let mut at = cursor.snapshot().start();
    let mut damage = None;
    loop {
        if interrupt.is_set() {
            // What was printed ends with a whole record.
            printer.flush().map_err(Stop::Output)?;
            return Err(Stop::Interrupted);
        }
        match print_next(&mut cursor, at, &mut printer, view) {
            Ok(Some(end)) => at = end,
            Ok(None) => break,
            // The next intact block is known only after the whole file was scanned.
            Err(Stop::Failed(failure)) if damage.is_none() => {
                damage = Some(failure);
                opened.indexing.wait();
                cursor.update(opened.reader.snapshot());
            }
            Err(stop) => return Err(stop),
        }
    }
    printer.end_frames().map_err(Stop::Output)?;
    printer.flush().map_err(Stop::Output)?;
    printer.frame_totals().lines().iter().for_each(|line| say(line));
    Ok(damage)
}

/// Prints the first record from `at` on, and returns its end; `None` at the end of the recording.
fn print_next(
    cursor: &mut Cursor,
    at: Position,
    printer: &mut Printer,
    view: View,
) -> Result<Option<Position>, Stop> {
    let Some(position) = cursor.next(at).map_err(Stop::Failed)? else { return Ok(None) };
    let Some(entry) = cursor.read(position).map_err(Stop::Failed)? else { return Ok(None) };
    if entry.record.kind != RecordKind::Data
        && view != View::Json
        && let Some(text) = describe(&entry.record)
    {
        // Keeps the order when standard output and standard error are the same terminal.
        printer.flush().map_err(Stop::Output)?;
        say(&text);
    }
    printer.print_entry(&entry).map_err(Stop::Output)?;
    Ok(Some(entry.end))
}
