//! The payload of `--payload`: evaluated when it is sent.

use crate::codec::Encoding;
use crate::engine::Message;
use crate::model::Timestamp;
use crate::payload::{Answers, Context, Error, Payload};
use chrono::{Local, Offset as _};
use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

/// The payload of `--payload`, with the answers to its questions.
#[derive(Clone, Debug)]
pub(super) struct Saying {
    pub payload: Payload,
    pub answers: Arc<Answers>,
    pub encoding: Encoding,
}

impl Saying {
    /// What the session evaluates for each recipient.
    pub fn message(&self) -> Message {
        let mut message = Message::new(self.payload.clone(), self.encoding);
        message.answers = self.answers.clone();
        message
    }

    /// Whether it can be sent at all.
    ///
    /// # Errors
    /// Why not, for any recipient.
    pub fn check(&self) -> Result<(), Error> {
        self.bytes((Ipv4Addr::LOCALHOST, 1).into()).map(|_| ())
    }

    /// Its bytes for this recipient, now.
    ///
    /// # Errors
    /// There are none, which [`check`](Self::check) tells before.
    pub fn bytes(&self, peer: SocketAddr) -> Result<Arc<[u8]>, Error> {
        let now = SystemTime::now();
        let offset = chrono::DateTime::<Local>::from(now).offset().fix();
        let context = Context {
            now: Timestamp::from_system(now),
            utc_offset_seconds: offset.local_minus_utc(),
            seed: RandomState::new().hash_one(now),
            peer: Some(peer),
            answers: &self.answers,
            ..Context::of(self.encoding)
        };
        Ok(self.payload.build(&context)?.bytes.into())
    }
}
