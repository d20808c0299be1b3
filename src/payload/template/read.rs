//! Reads one `${…}`.
//!
//! A name, then what belongs to it: `${name}`, `${name:form}`, `${name:form,option=value}`.

use super::ask::Question;
use super::number::{Number, whole};
use super::random::Random;
use super::time::Time;
use super::{Kind, Peer, Variable};
use crate::payload::checksum::Spec;
use crate::payload::error::{Error, ErrorKind, TemplateError};
use std::ops::Range;

/// What a `${…}` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::payload) enum Token {
    /// It stands for a value.
    Variable(Variable),
    /// A group begins. It may have a name.
    GroupStart(Option<String>),
    /// The group that began last ends.
    GroupEnd,
    /// A dollar sign.
    Dollar,
}

/// Reads the `${…}` at `at`. Returns it and the range that it takes. `captures`: how many there are, in an answer.
///
/// # Errors
/// What is wrong, and where.
pub(in crate::payload) fn read(
    input: &str,
    at: usize,
    is_hex: bool,
    captures: Option<usize>,
) -> Result<(Token, Range<usize>), Error> {
    let error = |error, range| Error::at(ErrorKind::Template(Box::new(error)), range, input);
    let start = at + 2;
    let rest = &input[start..];
    let end = rest.find('}').filter(|end| !rest[..*end].contains("${"));
    let end = start + end.ok_or_else(|| error(TemplateError::NotClosed, at..start))?;
    let source = at..end + 1;
    let inside = Part { input, range: start..end };
    let (name, rest) = inside.split_at([':', ',']);
    let form = rest.as_ref().filter(|rest| rest.is_after(':'));
    let token = match name.text() {
        "counter" => counter(rest.as_ref(), is_hex),
        "time" => at_part(form, &inside, rest.as_ref(), |text| Time::parse(text, is_hex).map(Kind::Time)),
        "random" => at_part(form, &inside, rest.as_ref(), |text| {
            Random::parse(text.ok_or(TemplateError::NoCount)?, is_hex).map(Kind::Random)
        }),
        "peer" => at_part(form, &inside, rest.as_ref(), |text| peer(text, is_hex)),
        "ask" => at_part(form, &inside, rest.as_ref(), |text| {
            Question::parse(text.ok_or(TemplateError::AskName)?, is_hex).map(Kind::Ask)
        }),
        "len" => length(rest.as_ref(), is_hex),
        "crc" => checksum(form, &inside),
        "group" | "/group" | "$" => {
            return bracket(&inside, is_hex, source).map_err(|(kind, range)| error(kind, range));
        }
        number if captures.is_some() && is_number(number) && rest.is_none() => {
            capture(number, captures.unwrap_or_default()).map_err(|error| (error, inside.range.clone()))
        }
        unknown => Err((TemplateError::UnknownName(unknown.to_owned()), inside.range.clone())),
    };
    let kind =
        token.map_err(|(kind, range)| error(kind, if range.is_empty() { source.clone() } else { range }))?;
    Ok((Token::Variable(Variable { kind, source: source.clone() }), source))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
}

fn capture(text: &str, captures: usize) -> Result<Kind, TemplateError> {
    let number = text.parse().ok().filter(|number| *number <= captures);
    number.map(Kind::Capture).ok_or_else(|| TemplateError::NoCapture { number: text.to_owned(), captures })
}

/// An error and its place.
type Wrong = (TemplateError, Range<usize>);

/// A part of the input.
#[derive(Clone, Debug)]
struct Part<'a> {
    input: &'a str,
    range: Range<usize>,
}

impl<'a> Part<'a> {
    fn text(&self) -> &'a str {
        &self.input[self.range.clone()]
    }

    /// The part before the first of these characters, and the one behind it.
    fn split_at<const N: usize>(&self, separators: [char; N]) -> (Self, Option<Self>) {
        let Some(place) = self.text().find(separators) else { return (self.clone(), None) };
        let middle = self.range.start + place;
        let part = |range| Self { input: self.input, range };
        // All separators are one byte long.
        (part(self.range.start..middle), Some(part(middle + 1..self.range.end)))
    }

    /// Whether this character stands before the part.
    fn is_after(&self, separator: char) -> bool {
        self.input[..self.range.start].ends_with(separator)
    }

    fn wrong(&self, error: TemplateError) -> Wrong {
        (error, self.range.clone())
    }
}

/// What a function reads from the part behind the colon, which may be missing; there is nothing but it.
fn at_part(
    form: Option<&Part<'_>>,
    inside: &Part<'_>,
    rest: Option<&Part<'_>>,
    parse: impl FnOnce(Option<&str>) -> Result<Kind, TemplateError>,
) -> Result<Kind, Wrong> {
    if let Some(rest) = rest.filter(|rest| !rest.is_after(':')) {
        return Err(rest.wrong(TemplateError::Argument(rest.text().to_owned())));
    }
    parse(form.map(Part::text)).map_err(|error| form.unwrap_or(inside).wrong(error))
}

/// The form of a number and the options behind a name: `:form,key=value,…`.
struct Options<'a> {
    form: Option<Part<'a>>,
    /// The options that were not taken yet.
    rest: Vec<Part<'a>>,
}

impl<'a> Options<'a> {
    fn new(rest: Option<&Part<'a>>) -> Self {
        let mut options = Self { form: None, rest: Vec::new() };
        let mut next = rest.cloned();
        while let Some(part) = next {
            let (one, more) = part.split_at([',']);
            if one.is_after(':') && options.rest.is_empty() && options.form.is_none() {
                options.form = Some(one);
            } else {
                options.rest.push(one);
            }
            next = more;
        }
        options
    }

    /// The value of an option, which is taken.
    fn take(&mut self, key: &str) -> Option<Part<'a>> {
        let has_key =
            |part: &Part<'_>| part.text().split_once('=').is_some_and(|(name, _)| name.trim() == key);
        let part = self.rest.remove(self.rest.iter().position(has_key)?);
        part.split_at(['=']).1
    }

    /// # Errors
    /// There is another option.
    fn end(&self) -> Result<(), Wrong> {
        match self.rest.first() {
            None => Ok(()),
            Some(part) => Err(part.wrong(TemplateError::Argument(part.text().to_owned()))),
        }
    }

    /// How a number is written; digits unless the payload is hex.
    fn number(&self, is_hex: bool) -> Result<Number, Wrong> {
        let none = || (TemplateError::NeedsType, 0..0);
        let Some(form) = &self.form else { return if is_hex { Err(none()) } else { Ok(Number::DECIMAL) } };
        let number = Number::parse(form.text()).map_err(|error| form.wrong(error))?;
        if is_hex && !number.is_bytes() { Err(form.wrong(TemplateError::NeedsType)) } else { Ok(number) }
    }
}

fn counter(rest: Option<&Part<'_>>, is_hex: bool) -> Result<Kind, Wrong> {
    let mut options = Options::new(rest);
    let form = options.number(is_hex)?;
    let mut number = |key, usual: i64| match options.take(key) {
        None => Ok(usual),
        Some(part) => whole(part.text().trim())
            .and_then(|number| i64::try_from(number).ok())
            .ok_or_else(|| part.wrong(TemplateError::Argument(part.text().to_owned()))),
    };
    let (start, step) = (number("start", 0)?, number("step", 1)?);
    options.end()?;
    Ok(Kind::Counter { start, step, form })
}

fn length(rest: Option<&Part<'_>>, is_hex: bool) -> Result<Kind, Wrong> {
    let mut options = Options::new(rest);
    let form = options.number(is_hex)?;
    let of = options.take("of").map(|part| part.text().trim().to_owned());
    options.end()?;
    Ok(Kind::Length { form, of })
}

fn peer(text: Option<&str>, is_hex: bool) -> Result<Kind, TemplateError> {
    let Some(text) = text else {
        return if is_hex { Err(TemplateError::NeedsType) } else { Ok(Kind::Peer(Peer::Both)) };
    };
    let (part, form) = text.split_once(':').map_or((text, None), |(part, form)| (part, Some(form)));
    match (part, form) {
        ("ip", None) => Ok(Kind::Peer(if is_hex { Peer::IpBytes } else { Peer::Ip })),
        ("port", None) if is_hex => Err(TemplateError::NeedsType),
        ("port", form) => {
            let form = form.map_or(Ok(Number::DECIMAL), Number::parse)?;
            if is_hex && !form.is_bytes() {
                return Err(TemplateError::NeedsType);
            }
            Ok(Kind::Peer(Peer::Port(form)))
        }
        _ => Err(TemplateError::Argument(text.to_owned())),
    }
}

/// `crc:SPEC,of=NAME`, where the text of the checksum may contain commas and colons.
fn checksum(form: Option<&Part<'_>>, inside: &Part<'_>) -> Result<Kind, Wrong> {
    let Some(form) = form else { return Err(inside.wrong(TemplateError::NoChecksum)) };
    let (text, of) = match form.text().rsplit_once(",of=") {
        Some((text, of)) => (text, Some(of.trim().to_owned())),
        None => (form.text(), None),
    };
    let start = form.range.start;
    let spec = text.parse::<Spec>().map_err(|error| {
        let range = start + error.range.start..start + error.range.end;
        (TemplateError::Checksum { text: text.to_owned(), error }, range)
    })?;
    if spec.at.is_some() {
        return Err(form.wrong(TemplateError::ChecksumPlace));
    }
    Ok(Kind::Checksum { spec, of })
}

fn bracket(inside: &Part<'_>, is_hex: bool, source: Range<usize>) -> Result<(Token, Range<usize>), Wrong> {
    let (name, rest) = inside.split_at([':', ',']);
    let token = match (name.text(), rest) {
        ("group", None) => Token::GroupStart(None),
        ("group", Some(name))
            if name.is_after(':') && !name.text().trim().is_empty() && !name.text().contains(',') =>
        {
            Token::GroupStart(Some(name.text().trim().to_owned()))
        }
        ("/group", None) => Token::GroupEnd,
        ("$", None) if is_hex => return Err((TemplateError::NeedsType, source)),
        ("$", None) => Token::Dollar,
        (_, rest) => {
            let rest = rest.unwrap_or_else(|| inside.clone());
            let range = if rest.range.is_empty() { source } else { rest.range.clone() };
            return Err((TemplateError::Argument(rest.text().to_owned()), range));
        }
    };
    Ok((token, source))
}
