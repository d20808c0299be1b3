//! What a session sends: at once, when there is room, or when a name has been looked up.

use super::{Phase, Worker};
use crate::model::{Failure, FailureKind, Operation, Target};
use crate::net::Activity;
use std::net::SocketAddr;
use std::sync::Arc;

/// While more than this waits on one connection, a sender that can wait does.
const WAIT_ABOVE_BYTES: usize = 4 << 20;

/// How many payloads may wait for look-ups.
const LOOKUPS: usize = 64;

impl Worker {
    /// Sends what waits for room or for a recipient, once there is one. A session that has ended
    /// sends nothing more.
    pub(super) fn send_held(&mut self) {
        let Some((target, bytes)) = self.held.take() else { return };
        if self.is_at_rest() {
            return self.recorder.drop_payload(bytes.len());
        }
        // A datagram for a given address needs nobody to have written first.
        let has_recipient = matches!((&self.phase, &target), (Phase::Udp(_), Target::Address(_)));
        if self.driver.queued_bytes().1 > WAIT_ABOVE_BYTES || !has_recipient && self.lacks_recipient() {
            self.held = Some((target, bytes));
        } else {
            self.send(&target, &bytes);
        }
    }

    /// Whether what is held could go now.
    pub(super) fn can_send_held(&self) -> bool {
        self.driver.queued_bytes().1 <= WAIT_ABOVE_BYTES && !self.lacks_recipient()
    }

    /// Sends, or begins to look the name of the recipient up.
    pub(super) fn send(&mut self, target: &Target, bytes: &Arc<[u8]>) {
        if let Target::Host(endpoint) = target {
            if self.lookups.len() >= LOOKUPS {
                self.recorder.fail(&Failure::new(Operation::Send, endpoint, FailureKind::SessionBusy));
                return;
            }
            self.lookups.push_back((self.look_up(endpoint), bytes.clone()));
            return;
        }
        if let Err(failure) = self.driver.send(target, bytes, &mut self.recorder) {
            self.recorder.fail(&failure);
        }
    }

    /// Sends what waited for the address of its peer, in order.
    pub(super) fn send_resolved(&mut self) {
        while let Some((result, _)) = self.lookups.front() {
            let Ok(result) = result.try_recv() else { return };
            let Some((_, bytes)) = self.lookups.pop_front() else { return };
            match result {
                Ok(addresses) => {
                    if let Some(peer) = self.fitting(&addresses) {
                        self.send(&Target::Address(peer), &bytes);
                    }
                }
                Err(failure) => self.recorder.fail(&failure),
            }
        }
    }

    /// The first address that the bound socket can send to.
    pub(super) fn fitting(&self, addresses: &[SocketAddr]) -> Option<SocketAddr> {
        let local_is_v4 = self.recorder.status.local.is_some_and(|local| local.is_ipv4());
        let fits = |address: &&SocketAddr| address.is_ipv4() || !local_is_v4;
        addresses.iter().find(fits).or(addresses.first()).copied()
    }

    /// Whether there is nobody to send to yet, but somebody may come.
    pub(super) fn lacks_recipient(&self) -> bool {
        match &self.phase {
            Phase::Resolving(..) | Phase::Waiting(..) | Phase::Udp(Some(_)) => true,
            Phase::Client(_) => self.driver.activity() == Activity::Connecting,
            Phase::Server(_) | Phase::Udp(None) => {
                self.driver.activity() == Activity::Listening && !self.driver.has_recipient()
            }
            Phase::Rest => self.next.is_some(),
        }
    }
}
