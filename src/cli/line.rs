//! Standard input on its way into a session: its payloads are glued and cut, with gaps, on the thread that reads it.

use super::input::Outlet;
use super::process::say;
use crate::engine::SessionHandle;
use crate::model::Target;
use crate::payload::{Cuts, Delivery};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Sends standard input into a session.
pub(super) struct Line {
    session: Arc<SessionHandle>,
    target: Target,
    delivery: Delivery,
    has_left_out: Arc<AtomicBool>,
    /// Payloads that wait to be glued to the next ones, and how many they are.
    glued: (Vec<u8>, usize),
    /// How many writes there were before they were cut.
    writes: u64,
}

impl Line {
    pub fn new(
        session: Arc<SessionHandle>,
        target: Target,
        delivery: Delivery,
        has_left_out: Arc<AtomicBool>,
    ) -> Self {
        if let Cuts::Random { seed } = delivery.cuts {
            say(&format!(
                "What is sent is cut at random places; --cut random:{seed} cuts at the same ones again."
            ));
        }
        Self { session, target, delivery, has_left_out, glued: (Vec::new(), 0), writes: 0 }
    }

    /// The end of the input: sends what waited for more.
    pub fn end(&mut self) {
        let (bytes, count) = std::mem::take(&mut self.glued);
        if count > 0 {
            self.deliver(bytes.into());
        }
        self.session.finish_sending();
    }

    /// Writes bytes in pieces. `false`: nothing more can be sent.
    fn deliver(&mut self, bytes: Arc<[u8]>) -> bool {
        if self.writes > 0 {
            thread::sleep(self.delivery.pause());
        }
        let pieces = self.delivery.cuts.pieces(bytes.len(), self.writes);
        self.writes += 1;
        // An empty datagram has no pieces.
        if self.delivery.cuts == Cuts::None || bytes.is_empty() {
            return self.put(bytes);
        }
        for piece in pieces {
            if piece.start > 0 {
                thread::sleep(self.delivery.pause());
            }
            if !self.put(bytes[piece].into()) {
                return false;
            }
        }
        true
    }

    fn put(&mut self, bytes: Arc<[u8]>) -> bool {
        let is_queued = self.session.send_blocking(self.target.clone(), bytes);
        self.has_left_out.fetch_or(!is_queued, Ordering::AcqRel);
        is_queued
    }
}

impl Outlet for Line {
    fn send(&mut self, bytes: Arc<[u8]>) -> bool {
        if self.delivery.glue <= 1 {
            return self.deliver(bytes);
        }
        self.glued.0.extend_from_slice(&bytes);
        self.glued.1 += 1;
        if self.glued.1 < self.delivery.glue {
            return true;
        }
        let (bytes, _) = std::mem::take(&mut self.glued);
        self.deliver(bytes.into())
    }

    fn left_out(&mut self, why: &str) {
        self.has_left_out.store(true, Ordering::Release);
        say(why);
    }
}
