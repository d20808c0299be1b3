//! Rules on the session's thread: tells them what happens, evaluates their answers for whom they go to, and keeps what
//! they say is to be done until the worker does it.

use crate::engine::message::{Message, Moment, Recipient};
use crate::model::{Answered, ConnectionId, RecordMark, RuleCounts, SendId, Timestamp, Transport};
use crate::net::ConnectionEnds;
use crate::payload;
use crate::rules::{End, Reaction, Repeats, RuleSet, Run};
use crate::sequence::From;
use crate::streams::Encodings;
use std::sync::Arc;
use std::time::Instant;

/// Bound on the answers of one turn, in bytes of memory. What rules send may be much more than what was received.
const TURN_BYTES: usize = 64 << 20;
/// The memory of an answer besides its bytes, about.
const ANSWER_BYTES: usize = 128;
/// How many bookmarks rules set in a session. All bookmarks are kept in memory.
pub(in crate::engine) const MOST_BOOKMARKS: usize = 10_000;

/// When a record was made, and where it is, if it is recorded.
pub(in crate::engine) type Newest = (Timestamp, Option<RecordMark>);

/// Something that the worker is to do.
#[derive(Debug)]
pub(in crate::engine) enum Deed {
    /// Sends an answer.
    Answer { to: ConnectionEnds, bytes: Arc<[u8]>, answered: Answered },
    /// Ends a connection.
    End { of: ConnectionId, end: End },
    /// Bookmarks a record.
    Bookmark { with: ConnectionEnds, record: RecordMark, text: String },
    /// Says that no more bookmarks are set.
    NoMoreBookmarks,
    /// Writes a note.
    Note { beside: ConnectionEnds, text: String },
    /// Stops repeats.
    StopRepeat(Repeats),
    /// Asks the user for attention.
    Alarm { rule: usize, from: ConnectionEnds },
    /// Says that a connection gets no more answers until the second is over.
    Limited { from: ConnectionEnds },
    /// Says that answers are not sent because too many wait.
    Overfull,
    /// Says that an answer has no bytes for who was to get it.
    NotBuilt { to: ConnectionEnds, error: payload::Error },
}

/// What a rule answers.
#[derive(Clone, Debug)]
struct Cause {
    ends: ConnectionEnds,
    time: Timestamp,
    record: Option<RecordMark>,
}

/// The rules of a session.
#[derive(Debug)]
pub(in crate::engine) struct Rules {
    run: Run<Cause>,
    encodings: Encodings,
    desk: Desk,
}

/// Evaluates answers, and collects what is to be done.
#[derive(Debug)]
struct Desk {
    names: Vec<Arc<str>>,
    /// The messages of each rule's answers.
    messages: Vec<Vec<Message>>,
    deeds: Vec<Deed>,
    /// The memory of the answers among them.
    bytes: usize,
    /// Bytes of answers that were given up since the last turn.
    dropped_bytes: usize,
    answers: u64,
    bookmarks: usize,
}

impl Rules {
    pub fn new(set: Arc<RuleSet>, encodings: Encodings) -> Self {
        let message = |encoding: Option<_>, payload: &payload::Payload| {
            let encodings = encoding.map_or_else(|| encodings.clone(), Encodings::from);
            Message::new(payload.clone(), encodings)
        };
        let messages = set
            .rules
            .iter()
            .map(|rule| rule.answers.iter().map(|answer| message(rule.encoding, &answer.payload)).collect());
        let desk = Desk {
            names: set.rules.iter().map(|rule| rule.name.as_str().into()).collect(),
            messages: messages.collect(),
            deeds: Vec::new(),
            bytes: 0,
            dropped_bytes: 0,
            answers: 0,
            bookmarks: 0,
        };
        Self { run: Run::new(set), encodings, desk }
    }

    /// How often each rule has applied.
    pub fn fired(&self) -> &Arc<RuleCounts> {
        self.run.fired()
    }

    /// The rules.
    pub fn set(&self) -> &RuleSet {
        self.run.set()
    }

    /// Switches a rule on or off.
    pub fn switch(&mut self, rule: usize, is_on: bool) {
        self.run.switch(rule, is_on);
    }

    /// A connection was opened, or a UDP peer is new.
    pub fn opened(&mut self, ends: &ConnectionEnds, newest: Newest) {
        let (run, desk) = (&mut self.run, &mut self.desk);
        run.opened(from(ends), &cause(ends, newest), Instant::now(), &mut |reaction| desk.take(reaction));
    }

    /// A connection was closed.
    pub fn closed(&mut self, ends: &ConnectionEnds, newest: Newest) {
        let (run, desk) = (&mut self.run, &mut self.desk);
        run.closed(from(ends), &cause(ends, newest), Instant::now(), &mut |reaction| desk.take(reaction));
    }

    /// Nothing more comes from a connection.
    pub fn forgotten(&mut self, id: ConnectionId) {
        self.run.forget(id);
    }

    /// Data was received and recorded.
    pub fn received(&mut self, ends: &ConnectionEnds, bytes: &[u8], newest: Newest) {
        let (run, desk) = (&mut self.run, &mut self.desk);
        let encoding = self.encodings.of(ends.id);
        let cause = cause(ends, newest);
        let (now, time) = (Instant::now(), cause.time);
        run.received(from(ends), encoding, bytes, &cause, time, now, &mut |reaction| desk.take(reaction));
    }

    /// When [`due`](Self::due) is to be called.
    pub fn deadline(&self) -> Option<Instant> {
        self.run.next()
    }

    /// Something may be due.
    pub fn due(&mut self, now: Instant) {
        let (run, desk) = (&mut self.run, &mut self.desk);
        run.due(now, &mut |reaction| desk.take(reaction));
    }

    /// Takes what is to be done, in order, and how many bytes of answers were given up.
    pub fn take(&mut self) -> (Vec<Deed>, usize) {
        self.desk.bytes = 0;
        (std::mem::take(&mut self.desk.deeds), std::mem::take(&mut self.desk.dropped_bytes))
    }
}

impl Desk {
    fn take(&mut self, reaction: Reaction<'_, Cause>) {
        let deed = match reaction {
            Reaction::Answer { rule, answer, count, captures, cause, .. } => {
                return self.answer((rule, answer), count, captures, cause);
            }
            Reaction::End { of, end, .. } => match of.transport {
                Transport::Tcp => Deed::End { of: of.id, end },
                // There is no connection.
                Transport::Udp => return,
            },
            Reaction::Bookmark { text, cause, .. } => {
                let Some(record) = cause.record else { return };
                self.bookmarks += 1;
                match self.bookmarks {
                    ..=MOST_BOOKMARKS => Deed::Bookmark { with: cause.ends, record, text: text.into() },
                    // Told once.
                    number if number == MOST_BOOKMARKS + 1 => Deed::NoMoreBookmarks,
                    _ => return,
                }
            }
            Reaction::Note { text, cause, .. } => Deed::Note { beside: cause.ends, text: text.into() },
            Reaction::StopRepeat { repeats, .. } => Deed::StopRepeat(repeats.clone()),
            Reaction::Alarm { rule, cause } => Deed::Alarm { rule, from: cause.ends },
            Reaction::Limited { cause } => Deed::Limited { from: cause.ends },
            Reaction::Overfull => Deed::Overfull,
        };
        self.deeds.push(deed);
    }

    fn answer(
        &mut self,
        (rule, answer): (usize, usize),
        count: u64,
        captures: payload::Captures<'_>,
        cause: &Cause,
    ) {
        let Some(message) = self.messages.get(rule).and_then(|answers| answers.get(answer)) else { return };
        let ends = cause.ends;
        let built = message.fixed().unwrap_or_else(|| {
            self.answers += 1;
            let encoding = message.encodings.of(ends.id);
            let recipient = Recipient { encoding, peer: Some(ends.peer), count };
            message.build_answer(recipient, &Moment::of(SendId(self.answers)), captures)
        });
        let bytes = match built {
            Ok(bytes) => bytes,
            Err(error) => return self.deeds.push(Deed::NotBuilt { to: ends, error }),
        };
        if self.bytes + bytes.len() > TURN_BYTES {
            self.dropped_bytes += bytes.len();
            return;
        }
        self.bytes += bytes.len() + ANSWER_BYTES;
        let answered = Answered {
            rule: rule as u32 + 1,
            name: self.names[rule].clone(),
            time: cause.time,
            record: cause.record,
        };
        self.deeds.push(Deed::Answer { to: ends, bytes, answered });
    }
}

fn from(ends: &ConnectionEnds) -> From {
    From { id: ends.id, transport: ends.transport, peer: ends.peer }
}

fn cause(ends: &ConnectionEnds, (time, record): Newest) -> Cause {
    Cause { ends: *ends, time, record }
}
