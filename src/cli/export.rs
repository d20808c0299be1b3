//! `wirelab export`: writes a recording or a capture, or a part of it, to standard output, a file or a folder.

use super::interrupt::Interrupt;
use super::process::{Outcome, say, stdout};
use super::source::{Source, is_standard_input};
use crate::capture::{Snapshot, is_special};
use crate::codec::Encoding;
use crate::export::{Export, Format, FramedExport, Selection, Stop, Summary};
use crate::frames::FramedSettings;
use crate::lang::{Language, explain};
use crate::model::{ConnectionId, Direction, Failure, Record};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The arguments of an export.
#[derive(Debug)]
pub(super) struct Plan {
    pub file: PathBuf,
    pub format: Format,
    pub output: Output,
    pub encoding: Encoding,
    pub connection: Option<ConnectionId>,
    pub direction: Option<Direction>,
    /// Frames in place of data.
    pub frames: Option<FramedSettings>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Output {
    Standard,
    File(PathBuf),
    /// One file for each connection and direction.
    Folder(PathBuf),
}

/// Runs the export.
pub(super) fn run(plan: &Plan) -> Outcome {
    match export(plan) {
        Ok(Some((summary, damage))) => {
            if summary.records == 0 {
                say(&format!("Nothing in {} was selected.", plan.file.display()));
            }
            damage.map_or(Outcome::Done, |failure| {
                say(&explain(Language::English.words(), &failure));
                Outcome::Usage
            })
        }
        Ok(None) => {
            say(match plan.output {
                Output::Standard => "Interrupted: the rest is not exported.",
                Output::File(_) | Output::Folder(_) => "Interrupted: nothing was exported.",
            });
            Outcome::LeftOut
        }
        Err(Stop::Failed(failure)) => {
            say(&explain(Language::English.words(), &failure));
            Outcome::of_file(&failure)
        }
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Done,
        Err(Stop::Output(error)) => {
            say(&format!("Could not write to standard output: {error}."));
            Outcome::LeftOut
        }
    }
}

/// Exports what can be read, and returns the first damage with it. `None`: interrupted.
fn export(plan: &Plan) -> Result<Option<(Summary, Option<Failure>)>, Stop> {
    let interrupt = Interrupt::install();
    let Some(mut source) = Source::open(&plan.file, &interrupt)? else { return Ok(None) };
    let (snapshot, damage) = match &mut source.opened {
        Some(opened) => {
            // Damaged parts are known, and skipped, only after the whole file was scanned.
            let damage = opened.indexing.wait().failure;
            (opened.reader.snapshot(), damage)
        }
        None => (Snapshot::default(), None),
    };
    let end = source.tell_what_is_missing();
    let mut is_wanted = |record: &Record<'_>| {
        plan.connection.is_none_or(|connection| record.connection == connection)
            && plan.direction.is_none_or(|direction| record.direction == direction)
    };
    let is_part = plan.connection.is_some() || plan.direction.is_some();
    let names = snapshot.names().clone();
    let export = Export {
        snapshot,
        selection: if is_part { Selection::Where(&mut is_wanted) } else { Selection::All },
        format: plan.format,
        encodings: plan.encoding.into(),
        names,
        language: Language::English,
        frames: plan.frames.clone().map(|settings| FramedExport { settings, filter: None }),
        progress: &mut |_, _| match interrupt.is_set() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        },
    };
    let is_writing_files = match &plan.output {
        Output::Standard => false,
        Output::File(path) => !is_special(path),
        Output::Folder(_) => true,
    };
    if is_writing_files {
        interrupt.begin_writing_files();
    }
    let summary = match &plan.output {
        Output::Standard => export.to_writer(stdout()?)?,
        Output::File(path) => export.to_file(path)?,
        Output::Folder(folder) => export.streams_to_folder(folder, &name_of(&plan.file))?,
    };
    Ok(summary.map(|summary| (summary, damage.or(end).map(|failure| source.named(failure)))))
}

/// The prefix of the names of the streams' files.
fn name_of(file: &Path) -> String {
    if is_standard_input(file) {
        return "recording".into();
    }
    file.file_stem().map_or_else(|| "recording".into(), |stem| stem.to_string_lossy().into_owned())
}
