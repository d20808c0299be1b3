//! The payload of `--payload`: evaluated and sent when there is somebody to send it to.

use super::process::say;
use crate::codec::Encoding;
use crate::engine::{Message, SessionHandle};
use crate::lang::{Language, explain, explain_payload};
use crate::model::{ConnectionId, SessionConfig, Target, Timestamp, UdpConfig};
use crate::payload::{Answers, Context, Error, Payload};
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
}

impl Saying {
    /// What the session evaluates for each recipient.
    pub fn message(&self) -> Message {
        let mut message = Message::new(self.payload.clone(), self.encoding);
        message.answers = self.answers.clone();
        message
    }

    /// Sends it to connections that were opened: a client once, then its connection is half-closed as at the end of
    /// standard input; a server to each of them; a UDP socket without a recipient to its first peer. `false`: it was not
    /// sent, and standard error says why.
    pub fn say_to(
        &self,
        session: &SessionHandle,
        config: &SessionConfig,
        opened: &[(ConnectionId, SocketAddr)],
    ) -> bool {
        let Some((first, peer)) = opened.first() else { return true };
        match config {
            SessionConfig::TcpServer(_) => {
                self.send(session, Target::Connections(opened.iter().map(|(id, _)| *id).collect()))
            }
            // The first peer of all, and no later one.
            SessionConfig::Udp(UdpConfig { remote: None, .. }) if *first == ConnectionId(1) => {
                self.send(session, Target::Connections(vec![*first]))
            }
            SessionConfig::Udp(_) => true,
            SessionConfig::TcpClient(_) => {
                let is_queued = match self.bytes(*peer) {
                    // Through the pipe, so that the end of sending follows it.
                    Ok(bytes) => session.send_blocking(Target::All, bytes),
                    Err(error) => {
                        say(&explain_payload(Language::English.words(), &error));
                        false
                    }
                };
                session.finish_sending() && is_queued
            }
        }
    }

    /// Sends it to a target. `false`: it was not, and standard error says why.
    pub fn send(&self, session: &SessionHandle, target: Target) -> bool {
        let sent = session.send_message(target, self.message());
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
