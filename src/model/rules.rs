//! What is known of rules outside of the session: how often each has applied, and which one an answer is of.

use super::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often each rule has applied; counted by one thread and read by any.
#[derive(Debug, Default)]
pub struct RuleCounts(Vec<AtomicU64>);

impl RuleCounts {
    /// Counters of so many rules.
    #[must_use]
    pub fn new(rules: usize) -> Self {
        Self((0..rules).map(|_| AtomicU64::new(0)).collect())
    }

    /// Counts a rule.
    pub fn add(&self, rule: usize) {
        if let Some(count) = self.0.get(rule) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often a rule has applied.
    #[must_use]
    pub fn of(&self, rule: usize) -> u64 {
        self.0.get(rule).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// The counts of all rules, in order.
    pub fn all(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|count| count.load(Ordering::Relaxed))
    }
}

/// Which record of a recording is meant, also while it is not written yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordMark {
    /// Its position.
    pub position: u64,
    /// How often what was not written yet had been lost before: the positions of lost records are given again.
    pub losses: u32,
}

/// Which rule an answer is of, and which record it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The number of the rule, from 1.
    pub rule: u32,
    /// The name of the rule; may be empty.
    pub name: Arc<str>,
    /// When the record was made that is answered.
    pub time: Timestamp,
    /// The record that is answered, if it is recorded.
    pub record: Option<RecordMark>,
}

/// What a record says of the rule that it is an answer of, in the form of a recording; empty for all other records.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct AnswerNote<'a>(pub &'a [u8]);

/// What a record says of the rule that it is an answer of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerOf<'a> {
    /// The number of the rule, from 1.
    pub rule: u32,
    /// The name of the rule; may be empty. A long one is cut.
    pub name: &'a str,
    /// When the record was made that is answered.
    pub time: Timestamp,
}

/// The longest name that a record has, in bytes.
const MAX_NAME_BYTES: usize = 255;

impl AnswerOf<'_> {
    /// Replaces the content of `out` by the form of a recording: the time, the number of the rule, the length of its name,
    /// and the name. Numbers are little-endian.
    pub fn write(&self, out: &mut Vec<u8>) {
        let name = &self.name[..self.name.floor_char_boundary(MAX_NAME_BYTES)];
        out.clear();
        out.extend(self.time.0.to_le_bytes());
        out.extend(self.rule.to_le_bytes());
        out.push(name.len() as u8);
        out.extend_from_slice(name.as_bytes());
    }
}

impl<'a> AnswerNote<'a> {
    /// Whether the record is no answer of a rule.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// What it says; `None` if the record is no answer of a rule. What a later version has behind it is skipped.
    #[must_use]
    pub fn read(self) -> Option<AnswerOf<'a>> {
        let (time, rest) = self.0.split_first_chunk()?;
        let (rule, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first()?;
        let rule = u32::from_le_bytes(*rule);
        let name = std::str::from_utf8(rest.get(..usize::from(*length))?).ok()?;
        (rule > 0).then_some(AnswerOf { rule, name, time: Timestamp(u64::from_le_bytes(*time)) })
    }
}

impl fmt::Debug for AnswerNote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read().fmt(f)
    }
}

impl Answered {
    /// The same, as a record says it.
    #[must_use]
    pub fn told(&self) -> AnswerOf<'_> {
        AnswerOf { rule: self.rule, name: &self.name, time: self.time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_longer_or_shorter_does_no_harm() {
        let long = "规".repeat(100);
        let mut bytes = Vec::new();
        for (name, read) in [("", ""), ("Read 10", "Read 10"), (&*long, &long[..255])] {
            let answer = AnswerOf { rule: 7, name, time: Timestamp(5) };
            answer.write(&mut bytes);
            assert_eq!(AnswerNote(&bytes).read(), Some(AnswerOf { name: read, ..answer }));
            let whole = bytes.len();
            for length in 0..whole {
                assert_eq!(AnswerNote(&bytes[..length]).read(), None, "{length}");
            }
            bytes.extend(b"later");
            assert_eq!(AnswerNote(&bytes).read(), Some(AnswerOf { name: read, ..answer }));
        }
        assert_eq!(AnswerNote(&[0; 20]).read(), None, "there is no rule 0");
    }
}
