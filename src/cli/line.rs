//! Standard input on its way into a session: its payloads are glued here, and cut and sent with gaps by the session.

use super::input::Outlet;
use super::process::say;
use crate::engine::SessionHandle;
use crate::model::Target;
use crate::net::OUTBOX_BYTES;
use crate::payload::{Cuts, Delivery};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Sends standard input into a session.
pub(super) struct Line {
    session: Arc<SessionHandle>,
    target: Target,
    delivery: Delivery,
    /// The largest payload of a datagram, in bytes; `None` for TCP.
    datagram_bytes: Option<usize>,
    has_left_out: Arc<AtomicBool>,
    glued: Glued,
    /// How many writes there were before they were cut.
    writes: u64,
}

/// Payloads that wait for the next ones.
#[derive(Debug, Default)]
struct Glued {
    bytes: Vec<u8>,
    count: usize,
}

impl Glued {
    /// Adds a payload. Returns what is to be written, if it is: `most` of them, or as much as can be queued at all.
    fn add(&mut self, bytes: &[u8], most: usize) -> Option<Vec<u8>> {
        let full = (self.bytes.len() + bytes.len() > OUTBOX_BYTES).then(|| self.take()).flatten();
        self.bytes.extend_from_slice(bytes);
        self.count += 1;
        if full.is_some() {
            return full;
        }
        if self.count >= most { self.take() } else { None }
    }

    /// What waits.
    fn take(&mut self) -> Option<Vec<u8>> {
        let Self { bytes, count } = std::mem::take(self);
        (count > 0).then_some(bytes)
    }
}

impl Line {
    pub fn new(
        session: Arc<SessionHandle>,
        target: Target,
        delivery: Delivery,
        datagram_bytes: Option<usize>,
        has_left_out: Arc<AtomicBool>,
    ) -> Self {
        Self { session, target, delivery, datagram_bytes, has_left_out, glued: Glued::default(), writes: 0 }
    }

    /// The end of the input: sends what waited for more.
    pub fn end(&mut self) {
        if let Some(bytes) = self.glued.take() {
            self.deliver(bytes.into());
        }
        self.session.finish_sending();
    }

    /// Queues bytes, which the session writes in pieces. `false`: nothing more can be sent.
    fn deliver(&mut self, bytes: Arc<[u8]>) -> bool {
        let number = self.writes;
        self.writes += 1;
        if let Some(limit) = self.datagram_bytes {
            let longest = match self.delivery.cuts {
                Cuts::None => bytes.len(),
                _ => {
                    self.delivery.cuts.pieces(bytes.len(), number).map(|piece| piece.len()).max().unwrap_or(0)
                }
            };
            if longest > limit {
                self.left_out(&format!(
                    "Standard input: write {} has {longest} bytes, and one datagram holds at most {limit}. It is not sent.",
                    number + 1
                ));
                return true;
            }
        }
        let target = self.target.clone();
        let is_queued = match self.delivery.is_plain() {
            true => self.session.send_blocking(target, bytes),
            false => self.session.deliver_blocking(target, bytes, &self.delivery, number),
        };
        self.has_left_out.fetch_or(!is_queued, Ordering::AcqRel);
        is_queued
    }
}

impl Outlet for Line {
    fn send(&mut self, bytes: Arc<[u8]>) -> bool {
        if self.delivery.glue <= 1 {
            return self.deliver(bytes);
        }
        match self.glued.add(&bytes, self.delivery.glue) {
            Some(all) => self.deliver(all.into()),
            None => true,
        }
    }

    fn left_out(&mut self, why: &str) {
        self.has_left_out.store(true, Ordering::Release);
        say(why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glued_payloads_are_no_more_than_can_be_queued() {
        let mut glued = Glued::default();
        assert_eq!(glued.add(b"ab", 2), None);
        assert_eq!(glued.add(b"cd", 2), Some(b"abcd".to_vec()));
        let half = vec![7; OUTBOX_BYTES / 2];
        let lengths: Vec<_> =
            (0..6).filter_map(|_| glued.add(&half, 1000)).map(|bytes| bytes.len()).collect();
        assert_eq!(lengths, [OUTBOX_BYTES, OUTBOX_BYTES]);
        assert_eq!(glued.take().map(|bytes| bytes.len()), Some(OUTBOX_BYTES));
        assert_eq!(glued.take(), None);
    }
}
