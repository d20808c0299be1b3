//! The file of a sequence: TOML, with every error at its line. `docs/sequences.md` has an example of each key.

use super::{Loop, Otherwise, Sequence, Step, Wait};
use crate::codec::Encoding;
use crate::document::{
    Entry, Expected, FileError, FileErrorKind, PAYLOAD_KEYS, PatternKey, Reader, check_version, choice,
    encoding_of, pattern, payload_of, payload_options, text_of,
};
use std::num::NonZeroU64;

/// Bound on the steps of a file.
pub const MAX_STEPS: usize = 10_000;
/// Bound on loops in each other.
pub const MAX_DEPTH: usize = 8;

const KEYS: &[&str] = &["version", "name", "note", "times", "steps"];
const STEP_KEYS: &[&str] = &[
    "name",
    "note",
    "format",
    "encoding",
    "payload",
    "template",
    "line_ending",
    "checksum",
    "target",
    "delay",
    "wait",
    "times",
    "steps",
];
const WAIT_KEYS: &[&str] = &["text", "hex", "regex", "from", "within", "retries", "otherwise"];
/// Keys that a step with steps of its own does not have.
const OF_ONE_STEP: [&str; 9] =
    ["payload", "format", "encoding", "template", "line_ending", "checksum", "target", "delay", "wait"];
const FOREVER: &str = "forever";

/// Reads the text of a sequence.
///
/// # Errors
/// See [`FileErrorKind`]. There is never a part of a sequence.
pub fn read(text: &str) -> Result<Sequence, FileError> {
    let mut reader = Reader::new(text)?;
    check_version(&mut reader)?;
    let mut sequence = Sequence {
        name: text_of(&mut reader, "name")?,
        note: text_of(&mut reader, "note")?,
        ..Sequence::default()
    };
    steps(&mut reader, 0, &mut sequence)?;
    reader.finish(KEYS)?;
    Ok(sequence)
}

/// Reads the steps of a table, and how often they run.
fn steps(reader: &mut Reader<'_>, depth: usize, sequence: &mut Sequence) -> Result<(), FileError> {
    let start = sequence.steps.len();
    let place = sequence.loops.len();
    let times = reader.take("times");
    let is_loop = times.is_some();
    if let Some(times) = times {
        sequence.loops.push(Loop { steps: start..start, times: times_of(&times)? });
    }
    let Some(tables) = reader.take("steps") else { return Err(reader.error(FileErrorKind::NoSteps)) };
    let missing = tables.error(FileErrorKind::NoSteps);
    for mut table in tables.tables()? {
        if sequence.steps.len() >= MAX_STEPS || depth > MAX_DEPTH {
            return Err(table.error(FileErrorKind::TooMany));
        }
        if table.has("steps") {
            if let Some(key) = OF_ONE_STEP.into_iter().find(|key| table.has(key)) {
                return Err(table.error(FileErrorKind::Conflict { key, other: "steps" }));
            }
            // Names of loops are for those who read the file.
            text_of(&mut table, "name")?;
            text_of(&mut table, "note")?;
            steps(&mut table, depth + 1, sequence)?;
        } else {
            let place = sequence.steps.len();
            if let Some(times) = table.take("times") {
                sequence.loops.push(Loop { steps: place..place + 1, times: times_of(&times)? });
            }
            let step = step(&mut table)?;
            sequence.steps.push(step);
        }
        table.finish(STEP_KEYS)?;
    }
    let end = sequence.steps.len();
    if start == end {
        return Err(missing);
    }
    if is_loop {
        sequence.loops[place].steps.end = end;
    }
    Ok(())
}

fn step(reader: &mut Reader<'_>) -> Result<Step, FileError> {
    let mut step = Step {
        name: text_of(reader, "name")?,
        note: text_of(reader, "note")?,
        delay: reader.take("delay").map(|delay| delay.duration()).transpose()?.unwrap_or_default(),
        encoding: encoding_of(reader)?,
        ..Step::default()
    };
    if !reader.has("payload")
        && let Some(key) = PAYLOAD_KEYS.into_iter().chain(["target"]).find(|key| reader.has(key))
    {
        return Err(reader.error(FileErrorKind::Needs { key, other: "payload" }));
    }
    if let Some(target) = reader.take("target") {
        let choices = "chosen, all, last-peer, 10.0.0.7, 10.0.0.7:502, [::1]:502, example.org:502";
        step.target = choice("target", &target, choices, |text| text.parse().ok())?;
    }
    let options = payload_options(reader, false)?;
    if let Some(input) = reader.take("payload") {
        step.payload = Some(payload_of(&input, &options, step.encoding, None)?);
    }
    if let Some(table) = reader.take("wait") {
        step.wait = Some(wait(table.table()?, step.encoding)?);
    }
    if step.payload.is_none() && step.wait.is_none() && step.delay.is_zero() {
        return Err(reader.error(FileErrorKind::NothingToDo));
    }
    Ok(step)
}

fn wait(mut reader: Reader<'_>, step_encoding: Option<Encoding>) -> Result<Wait, FileError> {
    let mut wait = None;
    for (key, form) in [("text", PatternKey::Text), ("hex", PatternKey::Hex), ("regex", PatternKey::Regex)] {
        let Some(entry) = reader.take(key) else { continue };
        if wait.is_some() {
            return Err(entry.error(FileErrorKind::NotOnePattern));
        }
        wait = Some(pattern(&entry, form, step_encoding, Wait::new)?);
    }
    let Some(mut wait) = wait else { return Err(reader.error(FileErrorKind::NotOnePattern)) };
    if let Some(from) = reader.take("from") {
        let choices = "target, anyone, 10.0.0.7, 10.0.0.7:502, [::1]:502";
        wait.from = choice("from", &from, choices, |text| text.parse().ok())?;
    }
    if let Some(within) = reader.take("within") {
        wait.within = within.duration()?;
    }
    if let Some(retries) = reader.take("retries") {
        let number = retries.number(Expected::Number)?;
        wait.retries = u32::try_from(number).unwrap_or(u32::MAX - 1);
    }
    if let Some(otherwise) = reader.take("otherwise") {
        wait.otherwise = choice("otherwise", &otherwise, "stop, go-on", |text| match text {
            "stop" => Some(Otherwise::Stop),
            "go-on" => Some(Otherwise::GoOn),
            _ => None,
        })?;
    }
    reader.finish(WAIT_KEYS)?;
    Ok(wait)
}

fn times_of(entry: &Entry<'_>) -> Result<Option<NonZeroU64>, FileError> {
    if entry.is(FOREVER) {
        return Ok(None);
    }
    let zero = || entry.error(FileErrorKind::NotA { key: "times", expected: Expected::Times });
    NonZeroU64::new(entry.number(Expected::Times)?).map(Some).ok_or_else(zero)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
