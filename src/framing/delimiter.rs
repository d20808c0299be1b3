//! Looks for delimiters.

use super::kind::{Delimiters, Mark};
use super::step::Step;

/// The search for the end of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Search {
    delimiters: Delimiters,
    /// The last bytes of the delimiters, without repetitions.
    lasts: [u8; Delimiters::MOST],
    /// How many of them count.
    count: u8,
    /// The last bytes of the frame before those that come next, at the end.
    tail: [u8; Mark::MOST],
    /// How many of them count.
    tail_length: u8,
}

impl Search {
    pub fn new(delimiters: &Delimiters) -> Self {
        let (mut lasts, mut count) = ([0; Delimiters::MOST], 0);
        for mark in delimiters.all() {
            if !lasts[..count].contains(&mark.last()) {
                lasts[count] = mark.last();
                count += 1;
            }
        }
        Self { delimiters: *delimiters, lasts, count: count as u8, tail: [0; Mark::MOST], tail_length: 0 }
    }

    pub fn reset(&mut self) {
        self.tail_length = 0;
    }

    pub fn step(&mut self, window: &[u8]) -> Step {
        let mut from = 0;
        while let Some(place) = self.next(&window[from..]) {
            from += place + 1;
            if self.delimiters.all().any(|mark| self.ends_with(&window[..from], mark)) {
                self.tail_length = 0;
                return Step::Ends(from as u64);
            }
        }
        self.keep(window);
        Step::Inside(window.len())
    }

    /// The first byte that may be the last of a delimiter.
    fn next(&self, window: &[u8]) -> Option<usize> {
        let [a, b, c] = self.lasts;
        match self.count {
            1 => memchr::memchr(a, window),
            2 => memchr::memchr2(a, b, window),
            _ => memchr::memchr3(a, b, c, window),
        }
    }

    /// Whether the frame ends with a mark, if `bytes` are its last ones.
    fn ends_with(&self, bytes: &[u8], mark: &Mark) -> bool {
        let mark = mark.bytes();
        if bytes.len() >= mark.len() {
            return bytes.ends_with(mark);
        }
        let (before, rest) = mark.split_at(mark.len() - bytes.len());
        bytes == rest && self.tail[Mark::MOST - usize::from(self.tail_length)..].ends_with(before)
    }

    /// Remembers the last bytes of the frame.
    fn keep(&mut self, window: &[u8]) {
        let new = &window[window.len().saturating_sub(Mark::MOST)..];
        self.tail.copy_within(new.len().., 0);
        self.tail[Mark::MOST - new.len()..].copy_from_slice(new);
        self.tail_length = (usize::from(self.tail_length) + new.len()).min(Mark::MOST) as u8;
    }
}
