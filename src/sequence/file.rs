//! The file of a sequence: TOML, with every error at its line. `docs/sequences.md` has an example of each key.

use super::error::{Expected, FileError, FileErrorKind, MAX_DEPTH, MAX_STEPS};
use super::matcher::Pattern;
use super::reader::{Entry, Reader};
use super::{Loop, Otherwise, Sequence, Step, Wait};
use crate::codec::{Encoding, LineEnding};
use crate::payload::{self, Format, Payload};
use std::num::NonZeroU64;

/// The version of the form. It is raised when the meaning of a key changes; new keys do not raise it.
const VERSION: u64 = 1;

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
/// Keys that say how a payload is sent.
const OF_PAYLOAD: [&str; 5] = ["format", "template", "line_ending", "checksum", "target"];
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
    if let Some(version) = reader.take("version") {
        let number = version.number(Expected::Number)?;
        if number > VERSION {
            return Err(version.error(FileErrorKind::Newer { version: number }));
        }
    }
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
        encoding: reader.take("encoding").map(|name| encoding(&name)).transpose()?,
        ..Step::default()
    };
    if !reader.has("payload")
        && let Some(key) = OF_PAYLOAD.into_iter().find(|key| reader.has(key))
    {
        return Err(reader.error(FileErrorKind::Needs { key, other: "payload" }));
    }
    if let Some(target) = reader.take("target") {
        let choices = "chosen, all, last-peer, 10.0.0.7, 10.0.0.7:502, [::1]:502, example.org:502";
        step.target = choice("target", &target, choices, |text| text.parse().ok())?;
    }
    let options = payload_options(reader)?;
    if let Some(input) = reader.take("payload") {
        let payload = parsed(input.text()?, &options, step.encoding)
            .map_err(|error| input.error(FileErrorKind::Payload(error)))?;
        if !payload.questions().is_empty() {
            return Err(input.error(FileErrorKind::Asks));
        }
        step.payload = Some(payload);
    }
    if let Some(table) = reader.take("wait") {
        step.wait = Some(wait(table.table()?, step.encoding)?);
    }
    if step.payload.is_none() && step.wait.is_none() && step.delay.is_zero() {
        return Err(reader.error(FileErrorKind::NothingToDo));
    }
    Ok(step)
}

fn payload_options(reader: &mut Reader<'_>) -> Result<payload::Options, FileError> {
    let mut options = payload::Options::default();
    if let Some(format) = reader.take("format") {
        options.format = choice("format", &format, "text, hex, escaped", |text| match text {
            "text" => Some(Format::Text),
            "hex" => Some(Format::Hex),
            "escaped" => Some(Format::Escaped),
            _ => None,
        })?;
    }
    if let Some(template) = reader.take("template") {
        options.is_template = template.switch()?;
    }
    if let Some(ending) = reader.take("line_ending") {
        let choices = LineEnding::ALL.map(LineEnding::name).join(", ");
        options.line_ending = choice("line_ending", &ending, &choices, |text| text.parse().ok())?;
    }
    if let Some(spec) = reader.take("checksum") {
        let text = spec.text()?;
        let wrong = |error| spec.error(FileErrorKind::Checksum { text: text.to_owned(), error });
        options.checksum = Some(text.parse().map_err(wrong)?);
    }
    Ok(options)
}

/// The payload, which an encoding that is given is known to have.
fn parsed(
    input: &str,
    options: &payload::Options,
    encoding: Option<Encoding>,
) -> Result<Payload, payload::Error> {
    let payload = Payload::parse(input, options)?;
    if let Some(encoding) = encoding
        && payload.is_fixed()
    {
        payload.build(&payload::Context::of(encoding))?;
    }
    Ok(payload)
}

fn wait(mut reader: Reader<'_>, step_encoding: Option<Encoding>) -> Result<Wait, FileError> {
    let mut wait = None;
    for key in ["text", "hex", "regex"] {
        let Some(entry) = reader.take(key) else { continue };
        if wait.is_some() {
            return Err(entry.error(FileErrorKind::NotOnePattern));
        }
        let text = entry.text()?;
        let wrong = |error| entry.error(FileErrorKind::Pattern { text: text.to_owned(), error });
        let pattern = match key {
            "text" => Pattern::Text(text.to_owned()),
            "hex" => Pattern::Hex(text.to_owned()),
            _ => Pattern::Regex(text.to_owned()),
        };
        wait = Some(Wait::new(pattern).map_err(wrong)?);
        if let (Some(encoding), "text") = (step_encoding, key) {
            let wrong = |error: crate::codec::EncodeError| entry.error(FileErrorKind::Payload(error.into()));
            encoding.encode(text, &mut Vec::new()).map_err(wrong)?;
        }
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

fn text_of(reader: &mut Reader<'_>, key: &'static str) -> Result<String, FileError> {
    let entry = reader.take(key);
    entry.map_or(Ok(String::new()), |entry| entry.text().map(str::to_owned))
}

fn times_of(entry: &Entry<'_>) -> Result<Option<NonZeroU64>, FileError> {
    if entry.is(FOREVER) {
        return Ok(None);
    }
    let zero = || entry.error(FileErrorKind::NotA { key: "times", expected: Expected::Times });
    NonZeroU64::new(entry.number(Expected::Times)?).map(Some).ok_or_else(zero)
}

fn encoding(entry: &Entry<'_>) -> Result<Encoding, FileError> {
    choice("encoding", entry, &Encoding::ALL.map(Encoding::name).join(", "), |text| text.parse().ok())
}

fn choice<T>(
    key: &'static str,
    entry: &Entry<'_>,
    choices: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, FileError> {
    let text = entry.text()?;
    let found = || FileErrorKind::NotOneOf { key, found: text.to_owned(), choices: choices.to_owned() };
    read(text.trim()).ok_or_else(|| entry.error(found()))
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
