//! The payload of `--payload`: evaluated and sent when there is somebody to send it to.

use super::input::Outlet;
use super::line::Line;
use super::process::say;
use crate::codec::Encoding;
use crate::engine::{Message, Pieces, SessionHandle};
use crate::lang::{Language, explain, explain_payload};
use crate::model::{ConnectionId, SessionConfig, Target, Timestamp, UdpConfig};
use crate::payload::{Answers, Context, Delivery, Error, Payload};
use chrono::{Local, Offset as _};
use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::SystemTime;

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

    /// Sends it to connections that were opened: a client once, then its connection is half-closed as at the end of
    /// standard input; a server to each of them; a UDP socket without a recipient to its first peer. `false`: it was not
    /// sent, and standard error says why.
    pub fn say_to(
        &self,
        session: &Arc<SessionHandle>,
        config: &SessionConfig,
        opened: Vec<ConnectionId>,
        has_left_out: &Arc<AtomicBool>,
    ) -> bool {
        const FIRST: ConnectionId = ConnectionId(1);
        match config {
            SessionConfig::TcpServer(_) => self.send(session, Target::Connections(opened)),
            SessionConfig::Udp(UdpConfig { remote: None, .. }) if opened.contains(&FIRST) => {
                self.send(session, Target::Connections(vec![FIRST]))
            }
            SessionConfig::Udp(_) => true,
            SessionConfig::TcpClient(_) => {
                let status = session.status();
                let Some(peer) = status.connections.iter().next().map(|info| info.peer) else { return true };
                if !self.delivery.is_plain() {
                    return self.say_in_pieces(session, peer, has_left_out);
                }
                let is_queued = match self.bytes(peer, 0) {
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

    /// Sends it to the server of a client, on a thread of its own that waits for the gaps, and then ends sending. `false`:
    /// there is no thread.
    fn say_in_pieces(
        &self,
        session: &Arc<SessionHandle>,
        peer: SocketAddr,
        has_left_out: &Arc<AtomicBool>,
    ) -> bool {
        let delivery = self.delivery.clone();
        let mut line = Line::new(session.clone(), Target::All, delivery, has_left_out.clone());
        let saying = self.clone();
        let say_all = move || {
            for number in 0..saying.delivery.glue.max(1) {
                match saying.bytes(peer, number as u64) {
                    Ok(bytes) => {
                        if !line.send(bytes) {
                            break;
                        }
                    }
                    Err(error) => line.left_out(&explain_payload(Language::English.words(), &error)),
                }
            }
            line.end();
        };
        thread::Builder::new().name("payload".into()).spawn(say_all).is_ok()
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
