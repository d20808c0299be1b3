//! Applies a framing to the bytes of one half.

use super::found::{Found, FoundKind, SkipReason, Unfinished};
use super::rule::Rule;
use super::step::{MOST_KEPT, Step};
use super::{Framing, LIMIT};
use crate::model::{Direction, Timestamp};

/// What is known of the frames of one half at a place in its stream. A clone is a checkpoint: it goes on from there as this
/// does. Has constant size, but for at most 1,100 bytes of a frame of which the borders cannot be told yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Framer {
    rule: Rule,
    /// Bytes seen.
    seen: u64,
    /// The first byte that is in nothing found.
    start: u64,
    /// The first byte of the frame; those between `start` and it are in none.
    frame: u64,
    /// Why they are in none.
    reason: SkipReason,
    /// Bytes of the frame that still come; 0 if its length is not known.
    left: u64,
    /// A part of the frame was found as too long.
    is_in_parts: bool,
    /// The last bytes seen, on which the rule could not decide.
    kept: Vec<u8>,
    /// How many bytes the frame will have that begins with them, if that is known.
    expected: Option<u64>,
    /// When the last bytes arrived.
    last: Timestamp,
}

/// Takes what is found.
type Sink<'a> = &'a mut dyn FnMut(Found);

impl Framer {
    /// A framer at the start of a half. All presets tell requests from answers by the bytes, because either side may be
    /// the one that asks; so the direction is not used yet.
    #[must_use]
    pub fn new(framing: &Framing, _direction: Direction) -> Self {
        Self {
            rule: Rule::new(framing),
            seen: 0,
            start: 0,
            frame: 0,
            reason: SkipReason::NoHeader,
            left: 0,
            is_in_parts: false,
            kept: Vec::new(),
            expected: None,
            last: Timestamp::default(),
        }
    }

    /// The next bytes of the stream, that arrived at `time`. `found` gets what ends in them, and what they show to be in no
    /// frame, in order. It does not depend on how the stream is cut into reads, unless the framing goes by time.
    pub fn push(&mut self, bytes: &[u8], time: Timestamp, mut found: impl FnMut(Found)) {
        let found: Sink<'_> = &mut found;
        if let Rule::Gap(gap) = self.rule
            && !bytes.is_empty()
        {
            if self.start < self.seen && time.0.saturating_sub(self.last.0) >= gap {
                self.end(self.seen, found);
            }
            self.last = time;
        }
        let mut rest = bytes;
        if !self.kept.is_empty() {
            let mut window = std::mem::take(&mut self.kept);
            let before = window.len();
            window.extend_from_slice(&rest[..rest.len().min(MOST_KEPT)]);
            let base = self.seen - before as u64;
            let used = self.run(base, &window, before, found);
            if used < before {
                // All bytes are in the window, or there would have been enough.
                self.seen += rest.len() as u64;
                window.drain(..used);
                self.kept = window;
                return;
            }
            let taken = used - before;
            self.seen += taken as u64;
            rest = &rest[taken..];
        }
        let used = self.run(self.seen, rest, rest.len(), found);
        self.seen += rest.len() as u64;
        self.kept.extend_from_slice(&rest[used..]);
    }

    /// Bytes are missing here, or the stream has ended: what is unfinished ends unfinished, and the next bytes are taken for
    /// the beginning of a frame.
    pub fn cut(&mut self, mut found: impl FnMut(Found)) {
        let found: Sink<'_> = &mut found;
        self.confirm_kept(found);
        self.flush_skipped(found);
        if self.start < self.seen {
            let expected = self.expected_length();
            let kind = if self.is_in_parts {
                FoundKind::TooLong
            } else {
                self.rule.at_cut(expected, self.kept.is_empty())
            };
            found(Found { start: self.start, end: self.seen, kind });
        }
        self.start = self.seen;
        self.frame = self.seen;
        self.left = 0;
        self.is_in_parts = false;
        self.kept.clear();
        self.rule.reset();
    }

    /// What is in nothing found yet.
    #[must_use]
    pub fn unfinished(&self) -> Option<Unfinished> {
        let skipped = self.frame - self.start;
        (self.start < self.seen).then(|| Unfinished {
            start: self.start,
            length: self.seen - self.start,
            skipped,
            reason: (skipped > 0).then_some(self.reason),
            expected: self.expected_length(),
        })
    }

    /// How many bytes the frame will have, if that is known.
    fn expected_length(&self) -> Option<u64> {
        match self.left {
            0 if self.kept.is_empty() => None,
            0 => self.expected,
            left => Some(self.seen - self.frame + left),
        }
    }

    /// Applies the rule to bytes, of which the first has the offset `base`, until at least `until` of them are decided on.
    /// Returns how many were.
    fn run(&mut self, base: u64, window: &[u8], until: usize, found: Sink<'_>) -> usize {
        let mut at = 0;
        while at < until {
            let rest = &window[at..];
            if self.left > 0 {
                let taken = self.left.min(rest.len() as u64);
                self.left -= taken;
                at += taken as usize;
                if self.left == 0 {
                    self.end(base + at as u64, found);
                } else {
                    self.cut_off_parts(base + at as u64, found);
                }
                continue;
            }
            match self.rule.step(rest) {
                Step::Ends(length) => {
                    debug_assert!(length > 0 || self.frame < base + at as u64);
                    self.flush_skipped(found);
                    if length <= rest.len() as u64 {
                        at += length as usize;
                        self.end(base + at as u64, found);
                    } else {
                        self.left = length;
                    }
                }
                Step::Inside(count) => {
                    debug_assert!(count > 0);
                    self.flush_skipped(found);
                    at += count;
                    self.cut_off_parts(base + at as u64, found);
                }
                Step::Skip(count, reason) => {
                    debug_assert!(count > 0 && self.frame == base + at as u64);
                    at += count;
                    self.skip(base + at as u64, reason, found);
                }
                Step::Abandon(count, reason) => {
                    at += count;
                    let end = base + at as u64;
                    self.flush_skipped(found);
                    if self.start < end {
                        found(Found { start: self.start, end, kind: FoundKind::Skipped(reason) });
                    }
                    self.start = end;
                    self.frame = end;
                    self.is_in_parts = false;
                }
                Step::Need { bytes, expected } => {
                    debug_assert!(bytes > rest.len() && bytes <= MOST_KEPT);
                    self.expected = expected;
                    break;
                }
            }
        }
        at
    }

    /// The frame ends here.
    #[inline]
    fn end(&mut self, end: u64, found: Sink<'_>) {
        self.cut_off_parts(end, found);
        let kind = if self.is_in_parts { FoundKind::TooLong } else { FoundKind::Frame };
        found(Found { start: self.start, end, kind });
        self.start = end;
        self.frame = end;
        self.is_in_parts = false;
    }

    /// The frame reaches up to here at least: what is beyond the limit becomes parts.
    #[inline]
    fn cut_off_parts(&mut self, end: u64, found: Sink<'_>) {
        while end - self.start > LIMIT {
            let part = self.start + LIMIT;
            found(Found { start: self.start, end: part, kind: FoundKind::TooLong });
            self.start = part;
            self.frame = part;
            self.is_in_parts = true;
        }
    }

    /// No frame begins before `end`.
    fn skip(&mut self, end: u64, reason: SkipReason, found: Sink<'_>) {
        // What fills the time between frames is told apart, but not within other bytes.
        if self.start < self.frame && self.reason == SkipReason::Fill && reason != SkipReason::Fill {
            self.flush_skipped(found);
        }
        if self.start == self.frame {
            self.reason = reason;
        }
        self.frame = end;
        while self.frame - self.start > LIMIT {
            let part = self.start + LIMIT;
            found(Found { start: self.start, end: part, kind: FoundKind::Skipped(self.reason) });
            self.start = part;
        }
    }

    /// A frame begins: what is before it is in none.
    #[inline]
    fn flush_skipped(&mut self, found: Sink<'_>) {
        if self.start < self.frame {
            found(Found { start: self.start, end: self.frame, kind: FoundKind::Skipped(self.reason) });
            self.start = self.frame;
        }
    }

    /// The frame that seemed to begin with the kept bytes never ends. Whole frames that are confirmed may be among them.
    fn confirm_kept(&mut self, found: Sink<'_>) {
        if !self.rule.is_confirmed() {
            return;
        }
        let mut from = 0;
        while from < self.kept.len() {
            let base = self.seen - self.kept.len() as u64;
            match self.rule.step(&self.kept[from..]) {
                Step::Ends(length) if length <= (self.kept.len() - from) as u64 => {
                    self.flush_skipped(found);
                    let (start, end) = (base + from as u64, base + from as u64 + length);
                    if self.start < start {
                        let kind = FoundKind::Incomplete { expected: self.expected };
                        found(Found { start: self.start, end: start, kind });
                    }
                    found(Found { start, end, kind: FoundKind::Frame });
                    self.start = end;
                    self.frame = end;
                    self.expected = None;
                    from += length as usize;
                }
                _ => from += 1,
            }
        }
    }
}
