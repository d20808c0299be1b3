//! `wirelab export`: a recording, or a part of it, to standard output, a file or a folder.

use super::output::stdout;
use super::show::say_ignored;
use super::{Outcome, say};
use crate::capture::open;
use crate::codec::Encoding;
use crate::export::{Export, Format, Selection, Stop, Summary};
use crate::lang::{Language, explain};
use crate::model::{ConnectionId, Direction, Operation, Record};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is exported, and where to.
#[derive(Debug)]
pub(super) struct Plan {
    pub file: PathBuf,
    pub format: Format,
    pub output: Output,
    pub encoding: Encoding,
    pub connection: Option<ConnectionId>,
    pub direction: Option<Direction>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Output {
    Standard,
    File(PathBuf),
    /// A file for each connection and direction.
    Folder(PathBuf),
}

/// Exports what the plan says.
pub(super) fn run(plan: &Plan) -> Outcome {
    match export(plan) {
        Ok(Some(summary)) => {
            if summary.records == 0 {
                say(&format!("Nothing in {} was selected.", plan.file.display()));
            }
            Outcome::Done
        }
        Ok(None) => {
            say("The export was cancelled.");
            Outcome::LeftOut
        }
        Err(Stop::Failed(failure)) => {
            say(&explain(Language::English.words(), &failure));
            if failure.operation == Operation::Read { Outcome::Usage } else { Outcome::LeftOut }
        }
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Done,
        Err(Stop::Output(error)) => {
            say(&format!("Could not write to standard output: {error}."));
            Outcome::LeftOut
        }
    }
}

fn export(plan: &Plan) -> Result<Option<Summary>, Stop> {
    let mut opened = open(&plan.file)?;
    // Damaged places are known, and left out, once everything was looked through.
    opened.indexing.wait();
    say_ignored(&plan.file, opened.ignored_bytes);
    let is_cancelled = Arc::new(AtomicBool::new(false));
    if plan.output != Output::Standard {
        cancel_on_interrupt(&is_cancelled);
    }
    let mut is_wanted = |record: &Record<'_>| {
        plan.connection.is_none_or(|connection| record.connection == connection)
            && plan.direction.is_none_or(|direction| record.direction == direction)
    };
    let is_part = plan.connection.is_some() || plan.direction.is_some();
    let export = Export {
        snapshot: opened.reader.snapshot(),
        selection: if is_part { Selection::Where(&mut is_wanted) } else { Selection::All },
        format: plan.format,
        encoding: plan.encoding,
        language: Language::English,
        progress: &mut |_, _| match is_cancelled.load(Ordering::Acquire) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        },
    };
    match &plan.output {
        Output::Standard => export.to_writer(stdout()?),
        Output::File(path) => Ok(export.to_file(path)?),
        Output::Folder(folder) => Ok(export.streams_to_folder(folder, &name_of(&plan.file))?),
    }
}

/// A file that was not finished must not stay behind. What goes to standard output ends at once.
fn cancel_on_interrupt(is_cancelled: &Arc<AtomicBool>) {
    let is_cancelled = is_cancelled.clone();
    if let Err(error) = ctrlc::set_handler(move || is_cancelled.store(true, Ordering::Release)) {
        say(&format!("Ctrl+C will not end the export cleanly: {error}."));
    }
}

/// What the files of a recording's streams begin with.
fn name_of(file: &Path) -> String {
    file.file_stem().map_or_else(|| "recording".into(), |stem| stem.to_string_lossy().into_owned())
}
