//! HTTP/1.1 (RFC 9112): messages of a half. Whether it carries requests or answers is seen at each first line.

use super::found::SkipReason;
use super::step::{MOST_KEPT, Step};

/// The longest body that is believed: 1 EiB.
const LONGEST: u64 = 1 << 60;
/// What an answer begins with.
const ANSWER: &[u8] = b"HTTP/1.";

/// The search for the end of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Search {
    phase: Phase,
    head: Head,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Phase {
    /// Before the first line.
    #[default]
    Start,
    /// Before a field of the head.
    Fields,
    /// Within a line of the head that is too long to be kept.
    LongField,
    /// Before the body of an answer, if it has one: an answer to HEAD says how long it would be, and has none.
    Body(Body),
    /// Before the line with the length of a chunk.
    ChunkLength,
    /// Within a chunk, with so many bytes still to come.
    Chunk(u64),
    /// Before the end of line behind a chunk.
    ChunkEnd,
    /// Before a field behind the chunks.
    Trailer,
    /// Within such a line that is too long to be kept.
    LongTrailer,
    /// Within a body that ends with the connection.
    ToEnd,
    /// Behind the answer that goes over to another protocol.
    Upgraded,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Body {
    Length(u64),
    Chunks,
    ToEnd,
}

/// What is known of a head.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Head {
    /// The status of an answer; `None`: a request.
    status: Option<u16>,
    /// Content-Length.
    length: Option<u64>,
    /// Whether the last transfer coding is chunked.
    is_chunked: bool,
}

/// A line.
enum Line<'a> {
    /// It has so many bytes with its end, and this text.
    Whole(usize, &'a [u8]),
    /// It has more bytes than are kept.
    Long,
    /// Its end is not there yet.
    Unfinished,
}

fn line(window: &[u8]) -> Line<'_> {
    let window = &window[..window.len().min(MOST_KEPT)];
    match memchr::memchr(b'\n', window) {
        Some(end) => {
            let text = &window[..end];
            Line::Whole(end + 1, text.strip_suffix(b"\r").unwrap_or(text))
        }
        None if window.len() == MOST_KEPT => Line::Long,
        None => Line::Unfinished,
    }
}

impl Search {
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Whether the message that has begun may end here: its body ends with the connection, or it answers to HEAD.
    pub fn may_end(&self) -> bool {
        matches!(self.phase, Phase::ToEnd | Phase::Body(_))
    }

    pub fn step(&mut self, window: &[u8]) -> Step {
        match self.phase {
            Phase::Start => self.start(window),
            Phase::Fields => self.fields(window),
            Phase::LongField => self.long_line(window, Phase::Fields),
            Phase::Body(body) => self.body(window, body),
            Phase::ChunkLength => self.chunk_length(window),
            Phase::Chunk(left) => {
                let count = left.min(window.len() as u64);
                self.phase = if count == left { Phase::ChunkEnd } else { Phase::Chunk(left - count) };
                Step::Inside(count as usize)
            }
            Phase::ChunkEnd => self.chunk_end(window),
            Phase::Trailer => match line(window) {
                Line::Whole(count, b"") => self.end(count as u64),
                Line::Whole(count, _) => Step::Inside(count),
                Line::Long => {
                    self.phase = Phase::LongTrailer;
                    Step::Inside(MOST_KEPT)
                }
                Line::Unfinished => Step::need(window.len() + 1),
            },
            Phase::LongTrailer => self.long_line(window, Phase::Trailer),
            Phase::ToEnd => Step::Inside(window.len()),
            Phase::Upgraded => Step::Skip(window.len(), SkipReason::Upgraded),
        }
    }

    fn end(&mut self, count: u64) -> Step {
        self.phase = Phase::Start;
        Step::Ends(count)
    }

    fn abandon(&mut self) -> Step {
        self.phase = Phase::Start;
        Step::Abandon(0, SkipReason::Length)
    }

    fn start(&mut self, window: &[u8]) -> Step {
        if !matches!(window[0], b'A'..=b'Z' | b'\r' | b'\n') {
            return Step::Skip(1, SkipReason::NoHeader);
        }
        let (count, head) = match line(window) {
            // A line break that does not belong to the message before is no request (RFC 9112, 2.2).
            Line::Whole(count, b"") => return Step::Skip(count, SkipReason::Fill),
            Line::Whole(count, text) => (count, first_line(text)),
            Line::Long => (MOST_KEPT, long_request(window)),
            Line::Unfinished => return Step::need(window.len() + 1),
        };
        let Some(head) = head else { return Step::Skip(1, SkipReason::NoHeader) };
        self.head = head;
        self.phase =
            if count == MOST_KEPT && window[count - 1] != b'\n' { Phase::LongField } else { Phase::Fields };
        Step::Inside(count)
    }

    fn long_line(&mut self, window: &[u8], then: Phase) -> Step {
        let Some(end) = memchr::memchr(b'\n', window) else { return Step::Inside(window.len()) };
        self.phase = then;
        Step::Inside(end + 1)
    }

    /// Reads fields of the head as long as there are any.
    fn fields(&mut self, window: &[u8]) -> Step {
        let mut at = 0;
        loop {
            match line(&window[at..]) {
                Line::Whole(count, b"") => return self.end_of_head(at + count),
                Line::Whole(count, text) => {
                    self.field(text);
                    at += count;
                }
                Line::Long => {
                    self.phase = Phase::LongField;
                    return Step::Inside(at + MOST_KEPT);
                }
                Line::Unfinished if at > 0 => return Step::Inside(at),
                Line::Unfinished => return Step::need(window.len() + 1),
            }
        }
    }

    fn field(&mut self, text: &[u8]) {
        // The first letters tell most fields from these two.
        if !matches!(text[0], b'C' | b'c' | b'T' | b't') {
            return;
        }
        let Some(colon) = memchr::memchr(b':', text) else { return };
        let (name, value) = (&text[..colon], text[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"Content-Length") {
            let digits =
                std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            let length = digits.and_then(|digits| digits.parse().ok()).filter(|length| *length <= LONGEST);
            self.head.length = self.head.length.or(length);
        } else if name.eq_ignore_ascii_case(b"Transfer-Encoding") {
            let last = value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
            self.head.is_chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
        }
    }

    /// RFC 9112, 6.3.
    fn end_of_head(&mut self, count: usize) -> Step {
        let Head { status, length, is_chunked } = self.head;
        let body = match (status, length) {
            (Some(101), _) => {
                self.phase = Phase::Upgraded;
                return Step::Ends(count as u64);
            }
            (Some(100..=199 | 204 | 304), _) => return self.end(count as u64),
            _ if is_chunked => Body::Chunks,
            (_, Some(0)) | (None, None) => return self.end(count as u64),
            (_, Some(length)) => Body::Length(length),
            (Some(_), None) => Body::ToEnd,
        };
        match (status, body) {
            (None, Body::Length(length)) => self.end(count as u64 + length),
            (None, Body::Chunks) => {
                self.phase = Phase::ChunkLength;
                Step::Inside(count)
            }
            _ => {
                self.phase = Phase::Body(body);
                Step::Inside(count)
            }
        }
    }

    /// An answer to HEAD has the fields of one with a body: it is recognised by the next answer that begins where the body
    /// would.
    fn body(&mut self, window: &[u8], body: Body) -> Step {
        let is_long_enough = !matches!(body, Body::Length(length) if length < ANSWER.len() as u64);
        if is_long_enough && window.starts_with(ANSWER) {
            return self.end(0);
        }
        if is_long_enough && ANSWER.starts_with(window) {
            return Step::need(ANSWER.len());
        }
        match body {
            Body::Length(length) => self.end(length),
            Body::Chunks => {
                self.phase = Phase::ChunkLength;
                self.chunk_length(window)
            }
            Body::ToEnd => {
                self.phase = Phase::ToEnd;
                Step::Inside(window.len())
            }
        }
    }

    fn chunk_length(&mut self, window: &[u8]) -> Step {
        let (count, text) = match line(window) {
            Line::Whole(count, text) => (count, text),
            Line::Long => return self.abandon(),
            Line::Unfinished => return Step::need(window.len() + 1),
        };
        let digits = text.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let digit = |length: Option<u64>, digit: &u8| {
            let length = length.filter(|length| *length <= LONGEST)?;
            char::from(*digit).to_digit(16).map(|digit| length << 4 | u64::from(digit))
        };
        let length = digits.iter().fold(Some(0), digit).filter(|_| !digits.is_empty());
        self.phase = match length {
            None => return self.abandon(),
            Some(0) => Phase::Trailer,
            Some(length) => Phase::Chunk(length),
        };
        Step::Inside(count)
    }

    fn chunk_end(&mut self, window: &[u8]) -> Step {
        let count = match window {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            b"\r" => return Step::need(2),
            _ => return self.abandon(),
        };
        self.phase = Phase::ChunkLength;
        Step::Inside(count)
    }
}

/// The head that begins with this line, if one does.
fn first_line(text: &[u8]) -> Option<Head> {
    if let Some(rest) = text.strip_prefix(ANSWER) {
        let [version, b' ', status @ ..] = rest else { return None };
        let (status, reason) = status.split_first_chunk::<3>()?;
        let is_status = version.is_ascii_digit()
            && status.iter().all(u8::is_ascii_digit)
            && reason.first().is_none_or(|byte| *byte == b' ');
        return is_status.then(|| {
            let status = status.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
            Head { status: Some(status), ..Head::default() }
        });
    }
    let [before @ .., version] = text else { return None };
    let before = before.strip_suffix(b" HTTP/1.")?;
    let is_request = version.is_ascii_digit() && target(before).is_some_and(|target| !target.is_empty());
    is_request.then(Head::default)
}

/// The first part of a request's line that is too long to be kept.
fn long_request(window: &[u8]) -> Option<Head> {
    let first = target(window)?.first()?;
    (*first == b'/' || first.is_ascii_alphabetic()).then(Head::default)
}

/// What follows a method and a space.
fn target(text: &[u8]) -> Option<&[u8]> {
    let space = text.iter().take(24).position(|byte| *byte == b' ')?;
    let is_method = text[..space].iter().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_'));
    (space >= 3 && is_method).then(|| &text[space + 1..])
}
