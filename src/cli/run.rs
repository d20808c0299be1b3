//! `wirelab run`: reads a sequence, and runs it in a session. `reporter` prints its results.

use super::args::Plan;
use super::process::{Outcome, say};
use super::session;
use super::text_file::{read_text, shown};
use crate::lang::{Language, explain, explain_sequence};
use crate::model::{Failure, Operation};
use crate::sequence::read;
use std::path::Path;
use std::sync::Arc;

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
