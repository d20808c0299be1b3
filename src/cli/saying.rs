//! The payload of `--payload`: evaluated and sent when there is somebody to send it to.

use super::process::say;
use crate::codec::Encoding;
use crate::engine::{Message, Pieces, SessionHandle};
use crate::lang::{Language, explain};
use crate::model::{ConnectionId, Target, Timestamp};
use crate::payload::{Answers, Context, Delivery, Error, Payload};
use chrono::{Local, Offset as _};
use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// Connections that were opened and not handled yet, with their peers.
pub(super) type Opened = Arc<Mutex<Vec<(ConnectionId, SocketAddr)>>>;

/// The payload of `--payload`, with the answers to its questions.
#[derive(Clone, Debug)]
pub(super) struct Saying {
    pub payload: Payload,
    pub answers: Arc<Answers>,
    pub encoding: Encoding,
    /// How it is written.
    pub delivery: Delivery,
}

impl Saying {
    /// What the session evaluates for each recipient.
    pub fn message(&self) -> Message {
        let mut message = Message::new(self.payload.clone(), self.encoding);
        message.answers = self.answers.clone();
        message
    }

    /// Sends it to a target. `false`: it was not, and standard error says why.
    pub fn send(&self, session: &SessionHandle, target: Target) -> bool {
        let sent = if self.delivery.is_plain() {
            session.send_message(target, self.message()).map(drop)
        } else {
            let pieces = Pieces::new(target, self.message(), self.delivery.clone());
            session.start_outgoing("--payload", pieces).map(drop)
        };
        if let Err(failure) = &sent {
            say(&explain(Language::English.words(), failure));
        }
        sent.is_ok()
    }

    /// Whether it can be sent at all.
    ///
    /// # Errors
    /// Why not, for any recipient.
    pub fn check(&self) -> Result<(), Error> {
        self.bytes((Ipv4Addr::LOCALHOST, 1).into(), 0).map(|_| ())
    }

    /// Its bytes for this recipient, now, after it was sent so often.
    ///
    /// # Errors
    /// There are none, which [`check`](Self::check) tells before.
    pub fn bytes(&self, peer: SocketAddr, count: u64) -> Result<Arc<[u8]>, Error> {
        let now = SystemTime::now();
        let offset = chrono::DateTime::<Local>::from(now).offset().fix();
        let context = Context {
            now: Timestamp::from_system(now),
            utc_offset_seconds: offset.local_minus_utc(),
            seed: RandomState::new().hash_one(now),
            peer: Some(peer),
            count,
            answers: &self.answers,
            ..Context::of(self.encoding)
        };
        Ok(self.payload.build(&context)?.bytes.into())
    }
}
