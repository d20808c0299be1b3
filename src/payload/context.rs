//! What the bytes of a send depend on beside the input, and what they are made of.

use crate::codec::Encoding;
use crate::model::Timestamp;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;

/// All that a send to one target depends on beside the input.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The encoding of the target.
    pub encoding: Encoding,
    /// The time of the send.
    pub now: Timestamp,
    /// Local time minus UTC, in seconds.
    pub utc_offset_seconds: i32,
    /// What random values are made of, together with the count and the peer.
    pub seed: u64,
    /// How often the payload was sent before: counters show `start + count * step`.
    pub count: u64,
    /// The target; `None` if it is not known.
    pub peer: Option<SocketAddr>,
    /// The answers to [`Payload::questions`](super::Payload::questions).
    pub answers: &'a Answers,
    /// The parts of what is answered.
    pub captures: Captures<'a>,
}

/// The parts of what is answered that an answer can have: the first is all that matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Captures<'a> {
    /// What is answered, or what of it is kept.
    pub bytes: &'a [u8],
    /// Where the parts are in it; empty where one took no part in the match.
    pub parts: &'a [Range<usize>],
}

impl<'a> Captures<'a> {
    /// The bytes of a part; none if there is no such part.
    #[must_use]
    pub fn get(&self, number: usize) -> &'a [u8] {
        self.parts.get(number).and_then(|part| self.bytes.get(part.clone())).unwrap_or_default()
    }
}

impl Context<'static> {
    /// The context of a payload that depends on nothing but the encoding.
    #[must_use]
    pub fn of(encoding: Encoding) -> Self {
        static NO_ANSWERS: Answers = Answers(BTreeMap::new());
        Self {
            encoding,
            now: Timestamp(0),
            utc_offset_seconds: 0,
            seed: 0,
            count: 0,
            peer: None,
            answers: &NO_ANSWERS,
            captures: Captures::default(),
        }
    }
}

/// The answers to the questions of payloads, as they were typed, by the name of the question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers(BTreeMap<String, String>);

impl Answers {
    /// Sets the answer to the question of that name.
    pub fn set(&mut self, name: impl Into<String>, answer: impl Into<String>) {
        self.0.insert(name.into(), answer.into());
    }

    /// The answer to the question of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// The bytes of one send to one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What they are, in order and without gaps.
    pub parts: Vec<(Range<usize>, PartKind)>,
}

/// What a part of a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// What was typed.
    Typed,
    /// The value of a variable.
    Variable,
    /// The value of a variable that each send has another one of: the time, random bytes.
    Example,
    /// The line ending that is added.
    LineEnding,
    /// The checksum that is added.
    Checksum,
}

impl Built {
    /// Appends bytes.
    pub(super) fn push(&mut self, bytes: &[u8], kind: PartKind) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.note(start, kind);
    }

    /// Notes what the bytes from `start` on are.
    pub(super) fn note(&mut self, start: usize, kind: PartKind) {
        let end = self.bytes.len();
        match self.parts.last_mut() {
            _ if start == end => {}
            Some((range, known)) if *known == kind => range.end = end,
            _ => self.parts.push((start..end, kind)),
        }
    }

    /// Inserts bytes before the one at `place`.
    pub(super) fn insert(&mut self, place: usize, bytes: &[u8], kind: PartKind) {
        let after = self.bytes.split_off(place);
        let parts = std::mem::take(&mut self.parts);
        let behind = |range: &Range<usize>| range.start.max(place)..range.end.max(place);
        for (range, kind) in &parts {
            let range = range.start.min(place)..range.end.min(place);
            if !range.is_empty() {
                self.parts.push((range, *kind));
            }
        }
        self.push(bytes, kind);
        for (range, kind) in &parts {
            let range = behind(range);
            self.push(&after[range.start - place..range.end - place], *kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserted_bytes_split_the_part_in_which_they_are() {
        for (place, bytes, parts) in [
            (
                0,
                "ssabcd",
                vec![(0..2, PartKind::Checksum), (2..5, PartKind::Typed), (5..6, PartKind::Variable)],
            ),
            (
                1,
                "assbcd",
                vec![
                    (0..1, PartKind::Typed),
                    (1..3, PartKind::Checksum),
                    (3..5, PartKind::Typed),
                    (5..6, PartKind::Variable),
                ],
            ),
            (
                3,
                "abcssd",
                vec![(0..3, PartKind::Typed), (3..5, PartKind::Checksum), (5..6, PartKind::Variable)],
            ),
            (
                4,
                "abcdss",
                vec![(0..3, PartKind::Typed), (3..4, PartKind::Variable), (4..6, PartKind::Checksum)],
            ),
        ] {
            let mut built = Built::default();
            built.push(b"abc", PartKind::Typed);
            built.push(b"", PartKind::Example);
            built.push(b"d", PartKind::Variable);
            built.insert(place, b"ss", PartKind::Checksum);
            assert_eq!((built.bytes, built.parts), (bytes.as_bytes().to_vec(), parts), "{place}");
        }
    }
}
