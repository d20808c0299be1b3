//! The file of rules: TOML, with every error at its line. `docs/rules.md` has an example of each key.

use super::condition::{Condition, Place};
use super::selection::Selection;
use super::{Answer, DEFAULT_LIMIT, End, Repeats, Rule, RuleSet, When};
use crate::codec::{Encoding, parse_hex_pattern};
use crate::document::{
    Entry, Expected, FileError, FileErrorKind, PAYLOAD_KEYS, Reader, check_version, choice, encoding_of,
    payload_of, payload_options, text_of,
};
use crate::model::PeerKey;
use crate::pattern::{PatternError, PatternErrorKind};
use crate::payload::{self, Format, Payload};
use regex_syntax::hir::Hir;
use std::num::NonZeroU32;
use std::time::Duration;

/// Bound on the rules of a file.
pub const MAX_RULES: usize = 10_000;

const KEYS: &[&str] = &["version", "name", "note", "limit", "rules"];
const RULE_KEYS: &[&str] = &[
    "name",
    "note",
    "enabled",
    "when",
    "from",
    "encoding",
    "payload",
    "format",
    "template",
    "line_ending",
    "checksum",
    "delay",
    "answers",
    "in_turn",
    "times",
    "go_on",
    "end",
    "bookmark",
    "write_note",
    "stop_repeat",
    "alarm",
];
const ANSWER_KEYS: &[&str] = &["payload", "format", "template", "line_ending", "checksum", "delay"];
const WHEN_KEYS: &[&str] = &["equals", "starts_with", "contains", "hex", "regex", "format"];
const ANYONE: &str = "anyone";

/// Reads the text of rules.
///
/// # Errors
/// See [`FileErrorKind`]. There is never a part of the rules.
pub fn read(text: &str) -> Result<RuleSet, FileError> {
    let mut reader = Reader::new(text)?;
    check_version(&mut reader)?;
    let name = text_of(&mut reader, "name")?;
    let note = text_of(&mut reader, "note")?;
    let limit = match reader.take("limit") {
        None => Some(DEFAULT_LIMIT),
        Some(limit) => {
            let number = limit.number(Expected::Number)?;
            NonZeroU32::new(u32::try_from(number).unwrap_or(u32::MAX))
        }
    };
    let Some(tables) = reader.take("rules") else { return Err(reader.error(FileErrorKind::NoRules)) };
    let missing = tables.error(FileErrorKind::NoRules);
    let mut rules = Vec::new();
    let mut expressions = Vec::new();
    for mut table in tables.tables()? {
        if rules.len() == MAX_RULES {
            return Err(table.error(FileErrorKind::TooManyRules));
        }
        rules.push(rule(&mut table, &mut expressions)?);
        table.finish(RULE_KEYS)?;
    }
    reader.finish(KEYS)?;
    if rules.is_empty() {
        return Err(missing);
    }
    Ok(RuleSet { name, note, limit, rules, selection: Selection::new(&expressions) })
}

fn rule(reader: &mut Reader<'_>, expressions: &mut Vec<Hir>) -> Result<Rule, FileError> {
    let encoding = encoding_of(reader)?;
    let when = match reader.take("when") {
        None => When::Received(None),
        Some(when) => when_of(when, encoding, expressions)?,
    };
    let from = match reader.take("from") {
        Some(from) if !from.is(ANYONE) => {
            let choices = "anyone, 10.0.0.7, 10.0.0.7:502, [::1]:502";
            Some(choice("from", &from, choices, |text| text.parse::<PeerKey>().ok())?)
        }
        _ => None,
    };
    let captures = match &when {
        When::Received(Some(condition)) => condition.captures(),
        _ => 0,
    };
    let answers = answers(reader, encoding, captures)?;
    if matches!(when, When::Closed) && !answers.is_empty() {
        return Err(reader.error(FileErrorKind::SendsToNobody));
    }
    let is_in_turn = switch(reader, "in_turn", false)?;
    if is_in_turn && answers.is_empty() {
        return Err(reader.error(FileErrorKind::Needs { key: "in_turn", other: "answers" }));
    }
    let rule = Rule {
        name: text_of(reader, "name")?,
        note: text_of(reader, "note")?,
        is_on: switch(reader, "enabled", true)?,
        when,
        from,
        encoding,
        uses_captures: answers.iter().any(|answer| answer.payload.has_captures()),
        answers,
        is_in_turn,
        times: reader.take("times").map(|times| times.count()).transpose()?,
        goes_on: switch(reader, "go_on", false)?,
        end: reader.take("end").map(|end| end_of(&end)).transpose()?,
        bookmark: reader.take("bookmark").map(|text| owned(&text)).transpose()?,
        remark: reader.take("write_note").map(|text| owned(&text)).transpose()?,
        stop_repeat: reader.take("stop_repeat").map(|name| repeats(&name)).transpose()?.flatten(),
        is_alarm: switch(reader, "alarm", false)?,
    };
    let is_idle = rule.answers.is_empty()
        && rule.end.is_none()
        && rule.bookmark.is_none()
        && rule.remark.is_none()
        && rule.stop_repeat.is_none()
        && !rule.is_alarm
        // It keeps others from being tried.
        && rule.goes_on;
    if is_idle {
        return Err(reader.error(FileErrorKind::RuleDoesNothing));
    }
    Ok(rule)
}

fn when_of(
    entry: Entry<'_>,
    encoding: Option<Encoding>,
    expressions: &mut Vec<Hir>,
) -> Result<When, FileError> {
    if !entry.is_table() {
        return choice("when", &entry, "received, opened, closed, { contains = \"…\" }", |text| match text {
            "received" => Some(When::Received(None)),
            "opened" => Some(When::Opened),
            "closed" => Some(When::Closed),
            _ => None,
        });
    }
    let mut reader = entry.table()?;
    let format = reader.take("format");
    let mut found = None;
    for key in ["equals", "starts_with", "contains", "hex", "regex"] {
        let Some(entry) = reader.take(key) else { continue };
        if found.replace((key, entry)).is_some() {
            return Err(reader.error(FileErrorKind::NotOneCondition));
        }
    }
    let Some((key, entry)) = found else { return Err(reader.error(FileErrorKind::NotOneCondition)) };
    let condition = match (key, &format) {
        ("hex" | "regex", Some(format)) => {
            return Err(format.error(FileErrorKind::Excludes { key: "format", other: key }));
        }
        ("hex", None) => bytes(&entry, Place::Anywhere)?,
        ("regex", None) => {
            let (condition, hir) = Condition::regex(entry.text()?, expressions.len())
                .map_err(|error| not_pattern(&entry, error))?;
            expressions.push(hir);
            condition
        }
        (key, format) => {
            let place = match key {
                "equals" => Place::All,
                "starts_with" => Place::Start,
                _ => Place::Anywhere,
            };
            let format = match format {
                None => Format::Text,
                Some(format) => choice("format", format, "text, hex, escaped", |text| match text {
                    "text" => Some(Format::Text),
                    "hex" => Some(Format::Hex),
                    "escaped" => Some(Format::Escaped),
                    _ => None,
                })?,
            };
            match format {
                Format::Hex => bytes(&entry, place)?,
                format => text(&entry, format, place, encoding)?,
            }
        }
    };
    reader.finish(WHEN_KEYS)?;
    Ok(When::Received(Some(condition)))
}

fn bytes(entry: &Entry<'_>, place: Place) -> Result<Condition, FileError> {
    let input = entry.text()?;
    let pattern = parse_hex_pattern(input).map_err(|error| {
        let kind = PatternErrorKind::Hex(error.kind);
        not_pattern(entry, PatternError { kind, range: error.range })
    })?;
    Condition::bytes(pattern, place)
        .map_err(|kind| not_pattern(entry, PatternError { kind, range: 0..input.len() }))
}

fn text(
    entry: &Entry<'_>,
    format: Format,
    place: Place,
    encoding: Option<Encoding>,
) -> Result<Condition, FileError> {
    let input = entry.text()?;
    let wrong = |error| entry.error(FileErrorKind::Payload(error));
    let payload = Payload::parse(input, &payload::Options { format, ..payload::Options::default() });
    let payload = payload.map_err(wrong)?;
    if let Some(encoding) = encoding {
        payload.build(&payload::Context::of(encoding)).map_err(wrong)?;
    }
    Condition::text(&payload, place)
        .map_err(|kind| not_pattern(entry, PatternError { kind, range: 0..input.len() }))
}

fn not_pattern(entry: &Entry<'_>, error: PatternError) -> FileError {
    let text = entry.text().unwrap_or_default().to_owned();
    entry.error(FileErrorKind::Pattern { text, error })
}

/// What is sent: `payload` and its keys, or the tables of `answers`.
fn answers(
    reader: &mut Reader<'_>,
    encoding: Option<Encoding>,
    captures: usize,
) -> Result<Vec<Answer>, FileError> {
    let Some(tables) = reader.take("answers") else {
        let has_payload = reader.has("payload");
        if !has_payload && let Some(key) = PAYLOAD_KEYS.into_iter().find(|key| reader.has(key)) {
            return Err(reader.error(FileErrorKind::Needs { key, other: "payload" }));
        }
        // Without a payload it is the time until the connection ends.
        if !has_payload && !reader.has("delay") {
            return Ok(Vec::new());
        }
        if !has_payload {
            return Err(reader.error(FileErrorKind::Needs { key: "delay", other: "payload" }));
        }
        return Ok(vec![answer(reader, encoding, captures)?]);
    };
    if let Some(key) = ANSWER_KEYS.iter().copied().find(|key| reader.has(key)) {
        return Err(reader.error(FileErrorKind::Excludes { key, other: "answers" }));
    }
    let missing = tables.error(FileErrorKind::Needs { key: "answers", other: "payload" });
    let mut answers = Vec::new();
    for mut table in tables.tables()? {
        answers.push(answer(&mut table, encoding, captures)?);
        table.finish(ANSWER_KEYS)?;
    }
    if answers.is_empty() { Err(missing) } else { Ok(answers) }
}

fn answer(reader: &mut Reader<'_>, encoding: Option<Encoding>, captures: usize) -> Result<Answer, FileError> {
    // What is answered is most often used in the answer.
    let options = payload_options(reader, true)?;
    let delay = reader.take("delay").map(|delay| delay.duration()).transpose()?.unwrap_or(Duration::ZERO);
    let Some(input) = reader.take("payload") else {
        return Err(reader.error(FileErrorKind::Needs { key: "answers", other: "payload" }));
    };
    Ok(Answer { payload: payload_of(&input, &options, encoding, Some(captures))?, delay })
}

fn end_of(entry: &Entry<'_>) -> Result<End, FileError> {
    choice("end", entry, "close, reset", |text| match text {
        "close" => Some(End::Close),
        "reset" => Some(End::Reset),
        _ => None,
    })
}

fn repeats(entry: &Entry<'_>) -> Result<Option<Repeats>, FileError> {
    if entry.is_switch() {
        return Ok(entry.switch()?.then_some(Repeats::All));
    }
    if entry.is_text() {
        return Ok(Some(Repeats::Named(entry.text()?.to_owned())));
    }
    Err(entry.not(Expected::SwitchOrText))
}

fn switch(reader: &mut Reader<'_>, key: &'static str, usual: bool) -> Result<bool, FileError> {
    reader.take(key).map_or(Ok(usual), |entry| entry.switch())
}

fn owned(entry: &Entry<'_>) -> Result<String, FileError> {
    entry.text().map(str::to_owned)
}
