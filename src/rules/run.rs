//! Rules that run: which of them apply to what happens, and what is to be done then.
//!
//! Knows nothing of sockets, timers or the recording: the session's thread tells it of events and time. What a rule
//! answers is identified by a value of the caller's, the cause, which comes back with each reaction.

use super::guard::{Guard, Verdict};
use super::held::{Held, Parts, Queue, What};
use super::selection::Scratch;
use super::{End, Repeats, Rule, RuleSet, When};
use crate::codec::Encoding;
use crate::model::{ConnectionId, RuleCounts};
use crate::payload::Captures;
use crate::sequence::From;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Something that is to be done.
#[derive(Debug)]
pub enum Reaction<'a, C> {
    /// An answer is sent.
    Answer {
        /// To whom.
        to: From,
        /// The number of the rule, from 0.
        rule: usize,
        /// The number of the answer among those of the rule.
        answer: usize,
        /// How often it was sent on this connection before.
        count: u64,
        /// The parts of what it answers.
        captures: Captures<'a>,
        /// What it answers.
        cause: &'a C,
    },
    /// A connection is ended.
    End {
        /// Which one.
        of: From,
        /// How.
        end: End,
    },
    /// What has happened is bookmarked.
    Bookmark {
        /// The text of the bookmark, which may be empty.
        text: &'a str,
        /// What has happened.
        cause: &'a C,
    },
    /// A note is written.
    Note {
        /// Its text.
        text: &'a str,
        /// What has happened.
        cause: &'a C,
    },
    /// Repeats are stopped.
    StopRepeat(&'a Repeats),
    /// The user is asked for attention.
    Alarm {
        /// The number of the rule, from 0.
        rule: usize,
        /// What has happened.
        cause: &'a C,
    },
    /// The limit of answers in a second is reached: what comes from there until the second is over is not answered.
    Limited {
        /// What is not answered.
        cause: &'a C,
    },
    /// An answer is not sent, because too many wait for their time. This is told once.
    Overfull,
}

/// Rules that run.
#[derive(Debug)]
pub struct Run<C> {
    set: Arc<RuleSet>,
    is_on: Vec<bool>,
    fired: Arc<RuleCounts>,
    connections: HashMap<ConnectionId, Connection>,
    held: Queue<C>,
    is_overfull: bool,
    scratch: Scratch,
}

/// What is known of a connection that was answered.
#[derive(Debug, Default)]
struct Connection {
    guard: Guard,
    /// The next answer of rules that give theirs in turn.
    turns: Vec<(usize, usize)>,
    /// How often answers that differ each time were sent.
    counts: Vec<((usize, usize), u64)>,
}

/// What has happened, and to whom it is answered.
struct Event<'a, C> {
    from: From,
    captures: Captures<'a>,
    cause: &'a C,
    now: Instant,
}

impl<C: Clone> Run<C> {
    /// Rules that have not applied yet.
    #[must_use]
    pub fn new(set: Arc<RuleSet>) -> Self {
        Self {
            is_on: set.rules.iter().map(|rule| rule.is_on).collect(),
            fired: Arc::new(RuleCounts::new(set.rules.len())),
            set,
            connections: HashMap::new(),
            held: Queue::default(),
            is_overfull: false,
            scratch: Scratch::default(),
        }
    }

    /// The rules.
    #[must_use]
    pub fn set(&self) -> &Arc<RuleSet> {
        &self.set
    }

    /// How often each rule has applied.
    #[must_use]
    pub fn fired(&self) -> &Arc<RuleCounts> {
        &self.fired
    }

    /// Switches a rule on or off.
    pub fn switch(&mut self, rule: usize, is_on: bool) {
        if let Some(switch) = self.is_on.get_mut(rule) {
            *switch = is_on;
        }
    }

    /// A connection was opened, or a UDP peer is new.
    pub fn opened(&mut self, from: From, cause: &C, now: Instant, react: &mut dyn FnMut(Reaction<'_, C>)) {
        self.happened(|when| matches!(when, When::Opened), from, cause, now, react);
    }

    /// A connection was closed. Nothing more comes from it.
    pub fn closed(&mut self, from: From, cause: &C, now: Instant, react: &mut dyn FnMut(Reaction<'_, C>)) {
        self.happened(|when| matches!(when, When::Closed), from, cause, now, react);
        self.forget(from.id);
    }

    /// Nothing more comes from a connection, or goes there.
    pub fn forget(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
    }

    fn happened(
        &mut self,
        is_meant: impl Fn(&When) -> bool,
        from: From,
        cause: &C,
        now: Instant,
        react: &mut dyn FnMut(Reaction<'_, C>),
    ) {
        let set = self.set.clone();
        let event = Event { from, captures: Captures::default(), cause, now };
        for (number, rule) in set.rules.iter().enumerate() {
            if is_meant(&rule.when)
                && self.is_tried(number, rule, from)
                && (!self.apply(number, rule, &event, react) || !rule.goes_on)
            {
                return;
            }
        }
    }

    /// A message was received: a frame, a read or a datagram.
    pub fn received(
        &mut self,
        from: From,
        encoding: Encoding,
        bytes: &[u8],
        cause: &C,
        now: Instant,
        react: &mut dyn FnMut(Reaction<'_, C>),
    ) {
        let set = self.set.clone();
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.begin();
        for (number, rule) in set.rules.iter().enumerate() {
            let When::Received(condition) = &rule.when else { continue };
            if !self.is_tried(number, rule, from) {
                continue;
            }
            let encoding = rule.encoding.unwrap_or(encoding);
            match condition {
                None => scratch.set_part(0..bytes.len()),
                Some(condition) => {
                    let wants_parts = rule.uses_captures;
                    if !condition.is_true(bytes, encoding, &set.selection, wants_parts, &mut scratch) {
                        continue;
                    }
                }
            }
            let captures = Captures { bytes, parts: &scratch.parts };
            let event = Event { from, captures, cause, now };
            if !self.apply(number, rule, &event, react) || !rule.goes_on {
                break;
            }
        }
        self.scratch = scratch;
    }

    fn is_tried(&self, number: usize, rule: &Rule, from: From) -> bool {
        self.is_on[number]
            && rule.from.is_none_or(|key| key.covers(from.peer))
            && rule.times.is_none_or(|times| self.fired.of(number) < times.get())
    }

    /// Does what a rule says. `false`: the guard does not let it.
    fn apply(
        &mut self,
        number: usize,
        rule: &Rule,
        event: &Event<'_, C>,
        react: &mut dyn FnMut(Reaction<'_, C>),
    ) -> bool {
        let &Event { from, cause, now, .. } = event;
        let count = if rule.is_in_turn { 1 } else { rule.answers.len() as u32 };
        if !rule.answers.is_empty()
            && let Some(limit) = self.set.limit
        {
            match self.connections.entry(from.id).or_default().guard.ask(count, limit, now) {
                Verdict::Answer => {}
                Verdict::Tell => {
                    react(Reaction::Limited { cause });
                    return false;
                }
                Verdict::Refuse => return false,
            }
        }
        self.fired.add(number);
        if let Some(text) = &rule.bookmark {
            react(Reaction::Bookmark { text, cause });
        }
        if let Some(text) = &rule.remark {
            react(Reaction::Note { text, cause });
        }
        if let Some(repeats) = &rule.stop_repeat {
            react(Reaction::StopRepeat(repeats));
        }
        if rule.is_alarm {
            react(Reaction::Alarm { rule: number, cause });
        }
        let mut delay = Duration::ZERO;
        if rule.is_in_turn && !rule.answers.is_empty() {
            let answer = self.turn(from.id, number, rule.answers.len());
            delay += rule.answers[answer].delay;
            self.answer((number, answer), delay, event, react);
        } else {
            for (answer, of_rule) in rule.answers.iter().enumerate() {
                delay += of_rule.delay;
                self.answer((number, answer), delay, event, react);
            }
        }
        if let Some(end) = rule.end {
            if delay.is_zero() {
                react(Reaction::End { of: from, end });
            } else {
                self.hold(number, What::End(end), delay, event, react);
            }
        }
        true
    }

    /// The number of the next answer of a rule that gives them in turn.
    fn turn(&mut self, id: ConnectionId, rule: usize, answers: usize) -> usize {
        let turns = &mut self.connections.entry(id).or_default().turns;
        let place = turns.iter().position(|(of, _)| *of == rule).unwrap_or_else(|| {
            turns.push((rule, 0));
            turns.len() - 1
        });
        let turn = turns[place].1;
        turns[place].1 = (turn + 1) % answers;
        turn
    }

    fn answer(
        &mut self,
        (rule, answer): (usize, usize),
        delay: Duration,
        event: &Event<'_, C>,
        react: &mut dyn FnMut(Reaction<'_, C>),
    ) {
        if delay.is_zero() {
            let &Event { from, captures, cause, .. } = event;
            let count = self.count(from.id, rule, answer);
            react(Reaction::Answer { to: from, rule, answer, count, captures, cause });
            return;
        }
        let has_captures = self.set.rules[rule].answers[answer].payload.has_captures();
        let parts = if has_captures { Parts::of(event.captures) } else { Parts::default() };
        self.hold(rule, What::Answer(answer, parts), delay, event, react);
    }

    fn hold(
        &mut self,
        rule: usize,
        what: What,
        delay: Duration,
        event: &Event<'_, C>,
        react: &mut dyn FnMut(Reaction<'_, C>),
    ) {
        let &Event { from, cause, now, .. } = event;
        // Without it nothing is done at that time: the connection is gone.
        self.connections.entry(from.id).or_default();
        // Far beyond the life of any session.
        let Some(at) = now.checked_add(delay) else { return };
        let is_held = self.held.push(at, Held { to: from, rule, what, cause: cause.clone() });
        if !is_held && !std::mem::replace(&mut self.is_overfull, true) {
            react(Reaction::Overfull);
        }
    }

    /// How often an answer was sent on a connection before; counted only for those that differ each time.
    fn count(&mut self, id: ConnectionId, rule: usize, answer: usize) -> u64 {
        if self.set.rules[rule].answers[answer].payload.is_fixed() {
            return 0;
        }
        let counts = &mut self.connections.entry(id).or_default().counts;
        match counts.iter_mut().find(|(of, _)| *of == (rule, answer)) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                counts.push(((rule, answer), 0));
                0
            }
        }
    }

    /// When [`due`](Self::due) has something to do.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.held.next()
    }

    /// Does what was to be done later, as far as its time has come.
    pub fn due(&mut self, now: Instant, react: &mut dyn FnMut(Reaction<'_, C>)) {
        while let Some(Held { to, rule, what, cause }) = self.held.pop_due(now) {
            self.is_overfull = false;
            if !self.connections.contains_key(&to.id) {
                continue;
            }
            match what {
                What::End(end) => react(Reaction::End { of: to, end }),
                What::Answer(answer, parts) => {
                    let count = self.count(to.id, rule, answer);
                    let captures = parts.captures();
                    react(Reaction::Answer { to, rule, answer, count, captures, cause: &cause });
                }
            }
        }
    }
}
