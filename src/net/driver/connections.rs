//! What established connections do in a turn: read, write, come to an end.

use super::{Driver, SHARE_BYTES, TURN_BYTES};
use crate::model::{CloseReason, ConnectionId, Failure};
use crate::net::EventSink;
use crate::net::tcp::{Ending, Progress, TcpConnection};

impl Driver {
    /// Reads from those that are ready, and goes on writing where that was cut short.
    pub(super) fn work(&mut self, sink: &mut dyn EventSink) {
        // While something closes, its deadline is looked at more often.
        let mut budget = if self.closing > 0 { SHARE_BYTES } else { TURN_BYTES };
        if let Some(udp) = &mut self.udp
            && udp.is_ready
        {
            udp.is_ready = udp.read(&mut self.buffer, &mut budget, &mut self.ids, sink);
        }
        // Each connection once: those that come back wait for the next turn.
        for _ in 0..self.ready.len() {
            if budget == 0 {
                return;
            }
            let Some(id) = self.ready.pop_front() else { return };
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            connection.is_ready = false;
            if connection.wants_write {
                self.write(id, sink);
            }
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            let mut share = SHARE_BYTES.min(budget);
            let before = share;
            let progress = connection.read(&mut self.buffer, &mut share, self.echo, sink);
            budget -= before - share;
            self.note_queue(id);
            match progress {
                // Writing goes on when the peer reads again, and then takes up reading.
                Progress::Blocked | Progress::Paused => {}
                Progress::More => self.make_ready(id),
                Progress::Finished => self.peer_finished(id, sink),
                Progress::Broken(failure) => self.broken(id, failure, sink),
            }
        }
    }

    fn peer_finished(&mut self, id: ConnectionId, sink: &mut dyn EventSink) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if !std::mem::replace(&mut connection.peer_finished, true) {
            sink.half_closed(&connection.ends);
        }
        if connection.ending == Ending::None && !self.keep_half_open {
            connection.ending = Ending::AfterPeer;
        }
        self.write(id, sink);
        if let Some(failure) = self.connections.get(&id).and_then(TcpConnection::late_reset) {
            self.broken(id, failure, sink);
        }
    }

    /// Sends what is queued on a connection, as far as the kernel and the budget of the turn go.
    pub(super) fn write(&mut self, id: ConnectionId, sink: &mut dyn EventSink) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let queued = connection.outbox.bytes();
        let mut share = SHARE_BYTES.min(self.write_budget);
        let before = share;
        let progress = connection.write(&mut share, sink);
        self.write_budget -= before - share;
        connection.wants_write = matches!(progress, Progress::More);
        let (is_done, ending, waits) = (connection.is_done(), connection.ending, connection.outbox.bytes());
        self.note_queue(id);
        match progress {
            Progress::Broken(failure) => self.broken(id, failure, sink),
            Progress::More => self.make_ready(id),
            _ if is_done => {
                let reason =
                    if matches!(ending, Ending::Local(_)) { CloseReason::Local } else { CloseReason::Peer };
                self.remove(id, &reason, sink);
            }
            // Reading may have been paused for what is sent now.
            _ if self.echo && waits < queued => self.make_ready(id),
            _ => {}
        }
    }

    /// Notes whether a connection has something to send.
    fn note_queue(&mut self, id: ConnectionId) {
        if self.connections.get(&id).is_some_and(|connection| !connection.outbox.is_empty()) {
            self.waiting.insert(id);
        } else {
            self.waiting.remove(&id);
        }
    }

    fn broken(&mut self, id: ConnectionId, failure: Failure, sink: &mut dyn EventSink) {
        let Some(connection) = self.connections.get(&id) else { return };
        // Once both sides had said that they are done, or this one closes, a reset is only a rude goodbye.
        let reason = match connection.ending {
            Ending::Local(_) => CloseReason::Local,
            _ => CloseReason::Failed(failure),
        };
        self.remove(id, &reason, sink);
    }

    /// Forgets a connection that is over, and says so.
    pub(super) fn remove(&mut self, id: ConnectionId, reason: &CloseReason, sink: &mut dyn EventSink) {
        let Some(connection) = self.connections.remove(&id) else { return };
        self.waiting.remove(&id);
        if matches!(connection.ending, Ending::Local(_)) {
            self.closing -= 1;
        }
        sink.closed(&connection.ends, reason, connection.outbox.bytes());
    }
}
