//! The keys that more than one kind of file has: those of a payload, its encoding, and patterns.

use super::error::{Expected, FileError, FileErrorKind};
use super::reader::{Entry, Reader};
use crate::codec::{Encoding, LineEnding};
use crate::pattern::{Pattern, PatternError};
use crate::payload::{self, Format, Payload};

/// The version of the forms. It is raised when the meaning of a key changes; new keys do not raise it.
const VERSION: u64 = 1;

/// Keys that say how a payload is sent.
pub const PAYLOAD_KEYS: [&str; 4] = ["format", "template", "line_ending", "checksum"];

/// How a pattern is written: the name of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKey {
    /// `text`.
    Text,
    /// `hex`.
    Hex,
    /// `regex`.
    Regex,
}

/// Takes the version of the file.
///
/// # Errors
/// It is no number, or newer than this program.
pub fn check_version(reader: &mut Reader<'_>) -> Result<(), FileError> {
    let Some(version) = reader.take("version") else { return Ok(()) };
    let number = version.number(Expected::Number)?;
    if number > VERSION {
        return Err(version.error(FileErrorKind::Newer { version: number }));
    }
    Ok(())
}

/// Takes text, which is empty if it is not given.
///
/// # Errors
/// It is something else.
pub fn text_of(reader: &mut Reader<'_>, key: &'static str) -> Result<String, FileError> {
    let entry = reader.take(key);
    entry.map_or(Ok(String::new()), |entry| entry.text().map(str::to_owned))
}

/// Takes the encoding.
///
/// # Errors
/// It is none.
pub fn encoding_of(reader: &mut Reader<'_>) -> Result<Option<Encoding>, FileError> {
    let choices = || Encoding::ALL.map(Encoding::name).join(", ");
    let read = |entry: Entry<'_>| choice("encoding", &entry, &choices(), |text| text.parse().ok());
    reader.take("encoding").map(read).transpose()
}

/// Reads a word that is one of several.
///
/// # Errors
/// It is none of them.
pub fn choice<T>(
    key: &'static str,
    entry: &Entry<'_>,
    choices: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, FileError> {
    let text = entry.text()?;
    let found = || FileErrorKind::NotOneOf { key, found: text.to_owned(), choices: choices.to_owned() };
    read(text.trim()).ok_or_else(|| entry.error(found()))
}

/// Takes how a payload is read and what is added to it. `is_template`: whether it is a template if the file does not say.
///
/// # Errors
/// What is wrong with one of [`PAYLOAD_KEYS`].
pub fn payload_options(reader: &mut Reader<'_>, is_template: bool) -> Result<payload::Options, FileError> {
    let mut options = payload::Options { is_template, ..payload::Options::default() };
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

/// Reads a payload, which an encoding that is given is known to have. `captures`: how many there are to be used in it;
/// `None`: it answers nothing.
///
/// # Errors
/// What is wrong with it, or it asks for a value.
pub fn payload_of(
    entry: &Entry<'_>,
    options: &payload::Options,
    encoding: Option<Encoding>,
    captures: Option<usize>,
) -> Result<Payload, FileError> {
    let wrong = |error| entry.error(FileErrorKind::Payload(error));
    let payload = match captures {
        Some(captures) => Payload::parse_answer(entry.text()?, options, captures).map_err(wrong)?,
        None => Payload::parse(entry.text()?, options).map_err(wrong)?,
    };
    if let Some(encoding) = encoding
        && payload.is_fixed()
    {
        payload.build(&payload::Context::of(encoding)).map_err(wrong)?;
    }
    if !payload.questions().is_empty() {
        return Err(entry.error(FileErrorKind::Asks));
    }
    Ok(payload)
}

/// Reads a pattern with `compile`. Text must be in an encoding that is given.
///
/// # Errors
/// What is wrong with it.
pub fn pattern<T>(
    entry: &Entry<'_>,
    key: PatternKey,
    encoding: Option<Encoding>,
    compile: impl FnOnce(Pattern) -> Result<T, PatternError>,
) -> Result<T, FileError> {
    let text = entry.text()?;
    let wrong = |error| entry.error(FileErrorKind::Pattern { text: text.to_owned(), error });
    let compiled = compile(match key {
        PatternKey::Text => Pattern::Text(text.to_owned()),
        PatternKey::Hex => Pattern::Hex(text.to_owned()),
        PatternKey::Regex => Pattern::Regex(text.to_owned()),
    });
    let compiled = compiled.map_err(wrong)?;
    if let (Some(encoding), PatternKey::Text) = (encoding, key) {
        let wrong = |error: crate::codec::EncodeError| entry.error(FileErrorKind::Payload(error.into()));
        encoding.encode(text, &mut Vec::new()).map_err(wrong)?;
    }
    Ok(compiled)
}
