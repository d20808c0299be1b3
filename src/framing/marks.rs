//! Looks for start and end marks.

use super::SkipReason;
use super::kind::{Effect, Mark, Marks};
use super::step::Step;

/// The search for the marks of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Search {
    marks: Marks,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// Before a start mark.
    Outside,
    /// Before the first byte that is no end mark.
    Leading,
    /// Before the end mark.
    Body,
}

impl Search {
    pub fn new(marks: &Marks) -> Self {
        let mut search = Self { marks: *marks, phase: Phase::Outside };
        search.reset();
        search
    }

    pub fn reset(&mut self) {
        self.phase = if self.marks.start.is_some() { Phase::Outside } else { Phase::Leading };
    }

    /// Whether nothing but end marks came since the last frame.
    pub fn is_between(&self) -> bool {
        self.phase == Phase::Leading
    }

    pub fn step(&mut self, window: &[u8]) -> Step {
        match (self.phase, self.marks.start) {
            (Phase::Outside, Some(start)) => self.outside(window, &start),
            (Phase::Outside | Phase::Leading, _) => self.leading(window),
            (Phase::Body, _) => self.body(window),
        }
    }

    fn outside(&mut self, window: &[u8], start: &Mark) -> Step {
        match memchr::memchr(start.first(), window) {
            None => Step::Skip(window.len(), SkipReason::NoStart),
            Some(0) if window.starts_with(start.bytes()) => {
                if self.marks.is_flag() {
                    self.phase = Phase::Leading;
                    return self.leading(window);
                }
                self.phase = Phase::Body;
                Step::Inside(start.len())
            }
            Some(0) if is_beginning(window, start) => Step::need(start.len()),
            Some(0) => Step::Skip(1, SkipReason::NoStart),
            Some(place) => Step::Skip(place, SkipReason::NoStart),
        }
    }

    fn leading(&mut self, window: &[u8]) -> Step {
        let flag = self.marks.end;
        let flags = window.chunks_exact(flag.len()).take_while(|bytes| *bytes == flag.bytes()).count();
        if flags > 0 {
            return Step::Inside(flags * flag.len());
        }
        if is_beginning(window, &flag) {
            return Step::need(flag.len());
        }
        self.phase = Phase::Body;
        self.body(window)
    }

    fn body(&mut self, window: &[u8]) -> Step {
        let Marks { end, escape, trailer, .. } = self.marks;
        let restart = self.marks.start.filter(|_| self.marks.restarts);
        let escape = escape.filter(|escape| !matches!(escape.effect, Effect::Map(_)));
        let mut at = 0;
        while let Some(place) = next(&window[at..], &end, escape.map(|escape| escape.byte), restart.as_ref())
        {
            at += place;
            let rest = &window[at..];
            if rest.starts_with(end.bytes()) {
                self.phase = if self.marks.is_flag() { Phase::Leading } else { Phase::Outside };
                return Step::Ends((at + end.len() + usize::from(trailer)) as u64);
            }
            // An end mark counts before a start mark with the same first bytes.
            let may_end = is_beginning(rest, &end);
            if let Some(start) = &restart
                && !may_end
                && rest.starts_with(start.bytes())
            {
                self.phase = Phase::Outside;
                return Step::Abandon(at, SkipReason::NoEnd);
            }
            let escape = escape.filter(|escape| escape.byte == rest[0]);
            let is_aborting = escape.is_some_and(|escape| matches!(escape.effect, Effect::Xor(_)));
            if is_aborting && rest[1..].starts_with(end.bytes()) {
                self.phase = if self.marks.is_flag() { Phase::Leading } else { Phase::Outside };
                return Step::Abandon(at + 1, SkipReason::Aborted);
            }
            let is_undecided = may_end
                || restart.is_some_and(|start| is_beginning(rest, &start))
                || escape.is_some() && rest.len() < 2
                || is_aborting && is_beginning(&rest[1..], &end);
            if is_undecided {
                return if at > 0 { Step::Inside(at) } else { Step::need(rest.len() + 1) };
            }
            at += if escape.is_some() { 2 } else { 1 };
        }
        Step::Inside(window.len())
    }
}

/// The first byte at which something may begin that is no content.
fn next(window: &[u8], end: &Mark, escape: Option<u8>, restart: Option<&Mark>) -> Option<usize> {
    match (escape, restart) {
        (None, None) => memchr::memchr(end.first(), window),
        (Some(byte), None) => memchr::memchr2(end.first(), byte, window),
        (None, Some(start)) => memchr::memchr2(end.first(), start.first(), window),
        (Some(byte), Some(start)) => memchr::memchr3(end.first(), byte, start.first(), window),
    }
}

/// Whether these are the first bytes of a mark, but not all.
fn is_beginning(bytes: &[u8], mark: &Mark) -> bool {
    bytes.len() < mark.len() && mark.bytes().starts_with(bytes)
}
