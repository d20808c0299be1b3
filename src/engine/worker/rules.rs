//! Rules: their place in the session, and doing what they say.

use super::Worker;
use crate::engine::responder::{Deed, MOST_BOOKMARKS, QUEUE_LIMIT_BYTES, Rules};
use crate::lang::{explain_payload, fill, rule_name};
use crate::model::{Failure, FailureKind, Operation};
use crate::net::{ConnectionEnds, ReadPause};
use crate::rules::{End, Repeats, RuleSet};
use crate::streams::Encodings;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Instant;

/// Bound on how often rules apply to what rules did. Nothing is known that goes on for more than two.
const ROUNDS: usize = 16;

impl Worker {
    /// Sets the rules, in place of earlier ones. Answers that those would have sent later are not sent.
    pub(super) fn set_rules(&mut self, rules: Option<(Arc<RuleSet>, Encodings)>) {
        self.events.rules = rules.map(|(set, encodings)| Rules::new(set, encodings));
        self.events.recorder.status.rules = self.events.rules.as_ref().map(|rules| rules.fired().clone());
        self.events.recorder.touch();
        self.pause_reading();
    }

    pub(super) fn switch_rule(&mut self, rule: usize, is_on: bool) {
        if let Some(rules) = &mut self.events.rules {
            rules.switch(rule, is_on);
        }
    }

    /// Reads less while too much waits to be sent, as what answers needs it.
    pub(super) fn pause_reading(&mut self) {
        let of_rules = self.events.rules.as_ref().map(|_| ReadPause::OwnQueued(QUEUE_LIMIT_BYTES));
        let of_responder = self.events.responder.as_ref().map(|responder| responder.read_pause());
        self.driver.pause_reading(of_responder.or(of_rules).unwrap_or_default(), &mut self.events);
    }

    /// Lets rules do what is due.
    pub(super) fn rules_due(&mut self, now: Instant) {
        if let Some(rules) = &mut self.events.rules {
            rules.due(now);
        }
        self.do_rules();
    }

    /// Does what the rules say, and what they say of that: a reset closes a connection, for which there may be a rule.
    pub(super) fn do_rules(&mut self) {
        for _ in 0..ROUNDS {
            let Some(rules) = &mut self.events.rules else { return };
            let (deeds, dropped_bytes) = rules.take();
            if dropped_bytes > 0 {
                self.events.recorder.drop_payload(dropped_bytes);
            }
            if deeds.is_empty() {
                return;
            }
            for deed in deeds {
                self.do_deed(deed);
            }
        }
    }

    fn do_deed(&mut self, deed: Deed) {
        let words = self.events.recorder.language.words();
        match deed {
            Deed::Answer { to, bytes, answered } => {
                let length = bytes.len();
                match self.driver.answer_by_rule(to.id, bytes, Some(answered), &mut self.events) {
                    Ok(true) => {}
                    Ok(false) => self.events.recorder.drop_payload(length),
                    Err(failure) => {
                        self.events.recorder.drop_payload(length);
                        self.events.recorder.fail(&failure);
                    }
                }
            }
            Deed::End { of, end: End::Close } => self.disconnect(of),
            Deed::End { of, end: End::Reset } => self.reset(of),
            Deed::Bookmark { with, record, text } => self.events.recorder.bookmark(&with, record, &text),
            Deed::NoMoreBookmarks => {
                let text = fill(&words.record_rules_bookmarks, &[("count", &MOST_BOOKMARKS)]);
                self.events.recorder.note(&text);
            }
            Deed::Note { beside, text } => self.events.recorder.note_beside(&beside, &text),
            Deed::StopRepeat(repeats) => self.stop_repeats(&repeats),
            Deed::Alarm { rule, from } => {
                let name = self.events.rules.as_ref().and_then(|rules| rules.set().rules.get(rule));
                let rule = rule_name(words, rule + 1, name.map_or("", |rule| &rule.name));
                self.events.recorder.status.alarms += 1;
                self.note_of_rules(&words.record_rules_alarm, &from, &[("rule", &rule)]);
            }
            Deed::Limited { from } => {
                let limit = self.events.rules.as_ref().and_then(|rules| rules.set().limit);
                let limit = limit.map_or(0, std::num::NonZeroU32::get);
                self.note_of_rules(&words.record_rules_limited, &from, &[("limit", &limit)]);
            }
            Deed::Overfull => self.events.recorder.note(&words.record_rules_overfull),
            Deed::NotBuilt { to, error } => {
                let detail = explain_payload(words, &error);
                let failure = Failure::new(Operation::Send, to.peer, FailureKind::NotBuilt { detail });
                self.events.recorder.record_failure(&failure);
            }
        }
    }

    fn note_of_rules(&mut self, template: &str, beside: &ConnectionEnds, values: &[(&str, &dyn Display)]) {
        let peer: [(&str, &dyn Display); 1] = [("peer", &beside.peer)];
        let text = fill(template, &[values, &peer[..]].concat());
        self.events.recorder.note_beside(beside, &text);
    }

    fn stop_repeats(&mut self, repeats: &Repeats) {
        for (id, label) in self.events.outgoing.repeats() {
            if matches!(repeats, Repeats::All) || matches!(repeats, Repeats::Named(name) if **name == *label)
            {
                self.stop_outgoing(id);
            }
        }
    }
}
