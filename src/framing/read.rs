//! Reads a framing from text: the name of a preset, or a kind and its fields between commas.

use super::error::{FramingError, FramingErrorKind};
use super::kind::{DEFAULT_GAP, Delimiters, Effect, Escape, Kind, LengthField, Mark, Marks, Width};
use super::{Chosen, Framing, LIMIT, Preset};
use crate::codec::parse_plain_hex;
use crate::model::units::{DurationError, parse_duration};
use std::ops::Range;
use std::str::FromStr;

/// The kinds by their names.
const KINDS: [&str; 5] = ["delimiter", "fixed", "length", "marks", "gap"];

/// The most names that are offered for one that is not known.
const OFFERED: usize = 6;

/// What is wrong at a place.
type Wrong = (FramingErrorKind, Range<usize>);

/// A part of the text between two commas, without spaces around it: a key, and a value behind `=`.
#[derive(Clone)]
struct Part<'a> {
    /// In lower case.
    key: String,
    value: Option<&'a str>,
    range: Range<usize>,
}

impl<'a> Part<'a> {
    fn wrong<T>(&self, kind: FramingErrorKind) -> Result<T, Wrong> {
        Err((kind, self.range.clone()))
    }

    /// The value of a number.
    fn number(&self, least: i64, most: i64) -> Result<i64, Wrong> {
        let number = self.value.and_then(|value| value.parse().ok());
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(number),
            None => self.wrong(FramingErrorKind::Number { least, most }),
        }
    }

    fn mark(&self, hex: &str) -> Result<Mark, Wrong> {
        let mark = parse_plain_hex(hex).ok().and_then(|bytes| Mark::new(&bytes));
        mark.map_or_else(|| self.wrong(FramingErrorKind::Bytes { most: Mark::MOST }), Ok)
    }

    fn byte(&self) -> Result<u8, Wrong> {
        match parse_plain_hex(self.value.unwrap_or_default()).as_deref() {
            Ok([byte]) => Ok(*byte),
            _ => self.wrong(FramingErrorKind::Bytes { most: 1 }),
        }
    }
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut at = 0;
    for whole in text.split_inclusive([',', '，']) {
        let field = whole.trim_end_matches([',', '，']);
        let start = at + (field.len() - field.trim_start().len());
        let field = field.trim();
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key.trim_end(), Some(value.trim_start())),
            None => (field, None),
        };
        parts.push(Part { key: key.to_ascii_lowercase(), value, range: start..start + field.len() });
        at += whole.len();
    }
    if parts.is_empty() || text.ends_with([',', '，']) {
        parts.push(Part { key: String::new(), value: None, range: text.len()..text.len() });
    }
    parts
}

/// `PRESET`, or one of
/// - `delimiter=HEX[/HEX…][,keep]`
/// - `fixed=BYTES`
/// - `length,at=BYTES,width=1|2|3|4|8|leb128|mqtt|decN|hexN[,big|little][,adjust=N]`
/// - `marks[,start=HEX],end=HEX[,escape=HH[,xor=HH|,map=HHHH…]][,restart][,trailer=BYTES]`
/// - `gap[=DURATION]`
impl FromStr for Framing {
    type Err = FramingError;

    fn from_str(text: &str) -> Result<Self, FramingError> {
        read(text).map_err(|(kind, range)| FramingError { input: text.to_owned(), range, kind })
    }
}

impl TryFrom<String> for Framing {
    type Error = FramingError;

    fn try_from(text: String) -> Result<Self, FramingError> {
        text.parse()
    }
}

fn read(text: &str) -> Result<Framing, Wrong> {
    let parts = parts(text);
    let (head, fields) = (&parts[0], &parts[1..]);
    let kind = match head.key.as_str() {
        "" if fields.is_empty() && head.value.is_none() => return head.wrong(FramingErrorKind::Empty),
        "delimiter" => Kind::Delimiter(read_delimiter(head, fields)?),
        "fixed" => {
            no_fields(fields, "fixed=BYTES")?;
            Kind::Fixed(head.number(1, LIMIT as i64)? as u64)
        }
        "length" => Kind::Length(read_length(head, fields)?),
        "marks" => Kind::Marks(read_marks(head, fields)?),
        "gap" => {
            no_fields(fields, "gap=DURATION")?;
            let gap = head.value.map_or(Ok(DEFAULT_GAP), parse_duration);
            match gap.and_then(|gap| if gap.is_zero() { Err(DurationError::Number) } else { Ok(gap) }) {
                Ok(gap) => Kind::Gap(gap),
                Err(error) => return head.wrong(FramingErrorKind::Duration(error)),
            }
        }
        _ => return read_preset(head, fields),
    };
    Ok(Framing(Chosen::Kind(kind)))
}

fn read_preset(head: &Part<'_>, fields: &[Part<'_>]) -> Result<Framing, Wrong> {
    let wanted = plain(&head.key);
    let names = |preset: &Preset| std::iter::once(preset.name()).chain(preset.aliases().iter().copied());
    let is_it = |preset: &&Preset| names(preset).any(|name| plain(name) == wanted);
    let Some(preset) = Framing::PRESETS.iter().find(is_it).filter(|_| !wanted.is_empty()) else {
        let is_like = |name: &str| {
            let name = plain(name);
            !wanted.is_empty() && (name.contains(&wanted) || wanted.contains(&name))
        };
        let presets = Framing::PRESETS.iter().filter(|preset| names(preset).any(is_like));
        let kinds = KINDS.into_iter().filter(|name| is_like(name));
        let similar = presets.map(|preset| preset.name()).chain(kinds).take(OFFERED).collect();
        return head.wrong(FramingErrorKind::Unknown { similar });
    };
    match (head.value, fields.first()) {
        (Some(_), _) => head.wrong(FramingErrorKind::NoFields),
        (None, Some(field)) => field.wrong(FramingErrorKind::NoFields),
        (None, None) => Ok(preset.framing()),
    }
}

/// A name in lower case without spaces and punctuation.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn no_fields(fields: &[Part<'_>], known: &'static str) -> Result<(), Wrong> {
    fields.first().map_or(Ok(()), |field| field.wrong(FramingErrorKind::UnknownField { known }))
}

/// Puts a value where none is yet.
fn set<T>(place: &mut Option<T>, value: T, part: &Part<'_>) -> Result<(), Wrong> {
    if place.is_some() {
        return part.wrong(FramingErrorKind::Again);
    }
    *place = Some(value);
    Ok(())
}

fn read_delimiter(head: &Part<'_>, fields: &[Part<'_>]) -> Result<Delimiters, Wrong> {
    let mut marks = [None; Delimiters::MOST];
    let texts: Vec<_> = head.value.unwrap_or_default().split('/').collect();
    if texts.len() > marks.len() {
        return head.wrong(FramingErrorKind::Alternatives { most: marks.len() });
    }
    for (place, hex) in marks.iter_mut().zip(texts) {
        *place = Some(head.mark(hex)?);
    }
    let mut keep = None;
    for field in fields {
        match (field.key.as_str(), field.value) {
            ("keep", None) => set(&mut keep, (), field)?,
            _ => return field.wrong(FramingErrorKind::UnknownField { known: "keep" }),
        }
    }
    let [Some(first), others @ ..] = marks else {
        return head.wrong(FramingErrorKind::Bytes { most: Mark::MOST });
    };
    Ok(Delimiters { first, others, is_kept: keep.is_some() })
}

fn read_length(head: &Part<'_>, fields: &[Part<'_>]) -> Result<LengthField, Wrong> {
    const KNOWN: &str = "at=BYTES, width=WIDTH, big, little, adjust=N";
    if head.value.is_some() {
        return head.wrong(FramingErrorKind::UnknownField { known: KNOWN });
    }
    let (mut at, mut width, mut order, mut adjust) = (None, None, None, None);
    for field in fields {
        match (field.key.as_str(), field.value) {
            ("at", Some(_)) => set(&mut at, field.number(0, i64::from(LengthField::MOST_AT))?, field)?,
            ("width", Some(value)) => set(&mut width, read_width(field, value)?, field)?,
            ("big", None) => set(&mut order, (false, field), field)?,
            ("little", None) => set(&mut order, (true, field), field)?,
            ("adjust", Some(_)) => {
                set(&mut adjust, field.number(-(LIMIT as i64), LIMIT as i64)?, field)?;
            }
            _ => return field.wrong(FramingErrorKind::UnknownField { known: KNOWN }),
        }
    }
    let Some(at) = at else { return head.wrong(FramingErrorKind::Missing { field: "at=BYTES" }) };
    let Some(mut width) = width else {
        return head.wrong(FramingErrorKind::Missing { field: "width=WIDTH" });
    };
    if let Some((wanted, field)) = order {
        match &mut width {
            Width::Bytes { count: 2.., is_little } => *is_little = wanted,
            _ => return field.wrong(FramingErrorKind::Needs { other: "width=2, 3, 4 or 8" }),
        }
    }
    Ok(LengthField { at: at as u16, width, adjust: adjust.unwrap_or(0) })
}

fn read_width(field: &Part<'_>, value: &str) -> Result<Width, Wrong> {
    let value = value.to_ascii_lowercase();
    let digits = |text: &str| {
        let count = text.parse().ok().filter(|count| (1..=Width::MOST_DIGITS).contains(count));
        count.filter(|_| text.bytes().all(|digit| digit.is_ascii_digit()))
    };
    let width = match value.as_str() {
        "1" | "2" | "3" | "4" | "8" => {
            Some(Width::Bytes { count: value.as_bytes()[0] - b'0', is_little: false })
        }
        "leb128" => Some(Width::Leb128),
        "mqtt" => Some(Width::Mqtt),
        _ => match (value.strip_prefix("dec"), value.strip_prefix("hex")) {
            (Some(count), _) => digits(count).map(Width::Decimal),
            (_, Some(count)) => digits(count).map(Width::Hex),
            (None, None) => None,
        },
    };
    width.map_or_else(|| field.wrong(FramingErrorKind::Width), Ok)
}

fn read_marks(head: &Part<'_>, fields: &[Part<'_>]) -> Result<Marks, Wrong> {
    const KNOWN: &str = "start=HEX, end=HEX, escape=HEX, xor=HEX, map=HEX, restart, trailer=BYTES";
    if head.value.is_some() {
        return head.wrong(FramingErrorKind::UnknownField { known: KNOWN });
    }
    let (mut start, mut end, mut escape, mut effect) = (None, None, None, None);
    let (mut restart, mut trailer) = (None, None);
    for field in fields {
        match (field.key.as_str(), field.value) {
            ("start", Some(hex)) => set(&mut start, field.mark(hex)?, field)?,
            ("end", Some(hex)) => set(&mut end, field.mark(hex)?, field)?,
            ("escape", Some(_)) => set(&mut escape, (field.byte()?, field), field)?,
            ("xor", Some(_)) => set(&mut effect, (Effect::Xor(field.byte()?), field), field)?,
            ("map", Some(hex)) => set(&mut effect, (read_map(field, hex)?, field), field)?,
            ("restart", None) => set(&mut restart, field, field)?,
            ("trailer", Some(_)) => {
                set(&mut trailer, field.number(0, i64::from(Marks::MOST_TRAILER))? as u8, field)?;
            }
            _ => return field.wrong(FramingErrorKind::UnknownField { known: KNOWN }),
        }
    }
    let Some(end) = end else { return head.wrong(FramingErrorKind::Missing { field: "end=HEX" }) };
    let escape = match (escape, effect) {
        (Some((byte, field)), effect) => {
            let effect = effect.map_or(Effect::Hide, |(effect, _)| effect);
            let is_mark = |mark: &Mark| match effect {
                // Marks may begin with an escape that only hides, as those of transparent BSC do.
                Effect::Hide => mark.bytes() == [byte],
                Effect::Xor(_) | Effect::Map(_) => mark.first() == byte,
            };
            if start.iter().chain([&end]).any(is_mark) {
                return field.wrong(FramingErrorKind::IsMark);
            }
            Some(Escape { byte, effect })
        }
        (None, Some((_, field))) => return field.wrong(FramingErrorKind::Needs { other: "escape=HEX" }),
        (None, None) => None,
    };
    let marks = Marks { start, end, escape, restarts: restart.is_some(), trailer: trailer.unwrap_or(0) };
    match restart {
        Some(field) if marks.is_flag() => {
            field.wrong(FramingErrorKind::Needs { other: "start=HEX, and another mark at the end" })
        }
        _ => Ok(marks),
    }
}

fn read_map(field: &Part<'_>, hex: &str) -> Result<Effect, Wrong> {
    let bytes = parse_plain_hex(hex).unwrap_or_default();
    let mut pairs = [None; Effect::MOST_PAIRS];
    if bytes.is_empty() || bytes.len() % 2 == 1 || bytes.len() > 2 * pairs.len() {
        return field.wrong(FramingErrorKind::Pairs);
    }
    for (place, pair) in pairs.iter_mut().zip(bytes.chunks_exact(2)) {
        *place = Some((pair[0], pair[1]));
    }
    Ok(Effect::Map(pairs))
}
