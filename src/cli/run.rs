//! `wirelab run`: reads a sequence, and runs it in a session. `reporter` prints its results.

use super::args::Plan;
use super::process::{Outcome, say};
use super::session;
use crate::lang::{Language, explain, explain_sequence};
use crate::model::{Failure, Operation};
use crate::sequence::read;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// Bound on the size of a file, in bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Reads the sequence and runs it in a session.
pub(super) fn run(file: &Path, mut plan: Plan) -> Outcome {
    let name = shown(file);
    let text = match read_text(file) {
        Ok(text) => text,
        Err(error) => {
            let failure = Failure::from_io(Operation::Read, &name, &error);
            say(&explain(Language::English.words(), &failure));
            return Outcome::Usage;
        }
    };
    match read(&text) {
        Ok(sequence) => {
            plan.sequence = Some(Arc::new(sequence));
            session::run(plan)
        }
        Err(error) => {
            say(&format!("{name}: {}", explain_sequence(Language::English.words(), &error)));
            Outcome::Usage
        }
    }
}

/// The name of a file in messages.
pub(super) fn shown(file: &Path) -> String {
    if file == Path::new("-") { "standard input".into() } else { file.display().to_string() }
}

/// Reads a file, or standard input.
///
/// # Errors
/// Of the system, or it is too large.
pub(super) fn read_text(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    let mut input: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(io::stdin()),
        false => Box::new(std::fs::File::open(file)?),
    };
    input.by_ref().take(MAX_FILE_BYTES).read_to_string(&mut text)?;
    match text.len() as u64 == MAX_FILE_BYTES {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(text),
    }
}
