//! What is sent, before it is known to whom: evaluated on the session's thread for each recipient.

use crate::codec::Encoding;
use crate::model::{SendId, Timestamp};
use crate::payload::{Answers, Captures, Context, Error, Payload};
use crate::streams::Encodings;
use chrono::{Local, Offset};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// A payload, and what its bytes depend on.
#[derive(Clone, Debug)]
pub struct Message {
    payload: Payload,
    /// The encoding of each recipient.
    pub encodings: Encodings,
    /// The answers to the questions of the payload.
    pub answers: Arc<Answers>,
    /// How often it was sent before, to each recipient.
    pub count: u64,
    /// Its bytes for recipients without an encoding of their own, where each send has the same.
    fixed: OnceLock<Arc<[u8]>>,
}

/// What a message is evaluated for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recipient {
    pub encoding: Encoding,
    /// `None` while its name is being looked up.
    pub peer: Option<SocketAddr>,
    /// How often the message was sent to it before.
    pub count: u64,
}

/// What differs between two sends to the same recipient, besides the count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    now: Timestamp,
    utc_offset_seconds: i32,
    seed: u64,
}

impl Moment {
    /// This moment, for a send.
    pub fn of(send: SendId) -> Self {
        let now = SystemTime::now();
        let utc_offset = chrono::DateTime::<Local>::from(now).offset().fix();
        Self {
            now: Timestamp::from_system(now),
            utc_offset_seconds: utc_offset.local_minus_utc(),
            seed: RandomState::new().hash_one(send),
        }
    }
}

impl Message {
    /// A message that was not sent before, without answers.
    #[must_use]
    pub fn new(payload: Payload, encodings: impl Into<Encodings>) -> Self {
        let encodings = encodings.into();
        Self { payload, encodings, answers: Arc::default(), count: 0, fixed: OnceLock::new() }
    }

    /// Bytes that are sent as they are.
    #[must_use]
    pub fn raw(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::new(Payload::raw(bytes), Encodings::default())
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// How many bytes it has for a recipient without an encoding of its own; 0 where it has none.
    pub(super) fn length(&self, send: SendId) -> usize {
        let recipient = Recipient { encoding: self.encodings.of_rest(), peer: None, count: self.count };
        self.build(recipient, &Moment::of(send)).map_or(0, |bytes| bytes.len())
    }

    /// Its bytes for all recipients, where these are the same for all and each time.
    ///
    /// # Errors
    /// There are none: the encoding lacks a character.
    pub(super) fn fixed(&self) -> Option<Result<Arc<[u8]>, Error>> {
        if let Some(bytes) = self.fixed.get() {
            return Some(Ok(bytes.clone()));
        }
        if !self.payload.is_fixed() || self.encodings.connections().next().is_some() {
            return None;
        }
        let context = Context { answers: &self.answers, ..Context::of(self.encodings.of_rest()) };
        let built = self.payload.build(&context).map(|built| Arc::from(built.bytes));
        Some(built.inspect(|bytes| {
            let _ = self.fixed.set(Arc::clone(bytes));
        }))
    }

    /// Whether it can be sent at all.
    ///
    /// # Errors
    /// Why not, for any recipient.
    pub fn check(&self) -> Result<(), Error> {
        let peer = Some((Ipv4Addr::LOCALHOST, 1).into());
        let recipient = Recipient { encoding: self.encodings.of_rest(), peer, count: self.count };
        self.build(recipient, &Moment::of(SendId(0))).map(drop)
    }

    /// Its bytes for one recipient.
    ///
    /// # Errors
    /// There are none for this one: its encoding lacks a character.
    pub(super) fn build(&self, recipient: Recipient, moment: &Moment) -> Result<Arc<[u8]>, Error> {
        self.build_answer(recipient, moment, Captures::default())
    }

    /// Its bytes for one recipient, in answer to what it sent.
    ///
    /// # Errors
    /// Those of [`build`](Self::build).
    pub(super) fn build_answer(
        &self,
        recipient: Recipient,
        moment: &Moment,
        captures: Captures<'_>,
    ) -> Result<Arc<[u8]>, Error> {
        let Recipient { encoding, peer, count } = recipient;
        let &Moment { now, utc_offset_seconds, seed } = moment;
        let context = Context {
            encoding,
            now,
            utc_offset_seconds,
            seed,
            count,
            peer,
            answers: &self.answers,
            captures,
        };
        Ok(self.payload.build(&context)?.bytes.into())
    }
}

/// More recipients than this that are gone are not remembered.
const REMEMBERED: usize = 1024;

/// How often a message was sent to each recipient. A client that connects again has the same address, and goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(HashMap<Option<SocketAddr>, u64>);

impl Counts {
    /// Forgets recipients that are gone once they are many: a server may have very many short connections.
    pub fn prune(&mut self, present: impl ExactSizeIterator<Item = Option<SocketAddr>>) {
        if self.0.len() > 2 * present.len() + REMEMBERED {
            let present: HashSet<_> = present.collect();
            self.0.retain(|peer, _| present.contains(peer));
        }
    }

    /// Counts a send to this recipient, and returns the number of those before.
    pub fn next(&mut self, peer: Option<SocketAddr>) -> u64 {
        let count = self.0.entry(peer).or_default();
        *count += 1;
        *count - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_that_are_gone_are_forgotten_and_those_that_are_there_go_on() {
        let mut counts = Counts::default();
        let peer = |port: u32| Some(SocketAddr::from(([127, 0, 0, 1], port as u16)));
        for port in 1..=50_000 {
            assert_eq!(counts.next(peer(port)), 0);
            counts.next(peer(1));
            counts.prune([peer(1), peer(port)].into_iter());
        }
        assert!(counts.0.len() <= REMEMBERED + 5, "{}", counts.0.len());
        assert_eq!(counts.next(peer(1)), 50_001);
    }
}
