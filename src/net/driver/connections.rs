//! One turn of the established connections: reading, writing, and closing.

use super::{Driver, ReadPause, SHARE_BYTES, Timer};
use crate::model::{CloseReason, ConnectionId, Failure};
use crate::net::tcp::{Ending, Progress, TcpConnection};
use crate::net::{EventSink, SendEnd};

impl Driver {
    /// Sends what the last budget did not allow, and reads from what is readable.
    pub(super) fn work(&mut self, sink: &mut dyn EventSink) {
        // A smaller budget while connections close, so that their grace period ends on time.
        let most = if self.closing > 0 { SHARE_BYTES } else { usize::MAX };
        let mut budget = self.read_budget().min(most);
        let is_reading = self.is_udp_readable();
        if let Some(udp) = &mut self.udp {
            if udp.wants_write() {
                udp.flush(&mut self.write_budget, &mut self.ids, sink);
            }
            if is_reading {
                udp.is_ready = udp.read(&mut self.buffer, &mut budget, &mut self.ids, sink);
            }
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
            match self.pausing.rule {
                // Writing makes it ready again once less is queued.
                ReadPause::OwnQueued(limit) if connection.outbox.bytes() > limit => continue,
                ReadPause::AnyQueued(_) if self.pausing.is_any_full() => {
                    self.pausing.pause(id);
                    continue;
                }
                _ => {}
            }
            let mut share = SHARE_BYTES.min(budget);
            let before = share;
            let progress = connection.read(&mut self.buffer, &mut share, sink);
            budget -= before - share;
            match progress {
                Progress::Blocked => {}
                Progress::More => self.make_ready(id),
                Progress::Finished => self.finished.push(id),
                Progress::Broken(failure) => self.broken(id, failure, sink),
            }
        }
    }

    /// Ends the connections whose peers had finished by the last turn. Answers to their last bytes are
    /// queued by now.
    pub(super) fn take_finished(&mut self, sink: &mut dyn EventSink) {
        for id in std::mem::take(&mut self.finished) {
            self.peer_finished(id, sink);
        }
    }

    fn peer_finished(&mut self, id: ConnectionId, sink: &mut dyn EventSink) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let is_news = !std::mem::replace(&mut connection.peer_finished, true);
        let is_kept = connection.ending == Ending::None && self.keep_half_open;
        if connection.ending == Ending::None && !is_kept {
            connection.ending = Ending::AfterPeer;
        }
        self.write(id, sink);
        if let Some(failure) = self.connections.get(&id).and_then(TcpConnection::late_reset) {
            self.broken(id, failure, sink);
        }
        // A half that is closed is told where the connection outlives it, and not as a part of its end.
        if let Some(connection) = self.connections.get(&id)
            && is_news
            && connection.ending != Ending::Local
        {
            sink.half_closed(&connection.ends);
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
        let (is_done, ending, left) = (connection.is_done(), connection.ending, connection.outbox.bytes());
        let is_unpaused =
            matches!(self.pausing.rule, ReadPause::OwnQueued(limit) if queued > limit && left <= limit);
        self.note_queue(id);
        self.note_full(id, left, queued - left, sink);
        match progress {
            Progress::Broken(failure) => self.broken(id, failure, sink),
            Progress::More => self.make_ready(id),
            _ if is_done => {
                let reason = if ending == Ending::Local { CloseReason::Local } else { CloseReason::Peer };
                self.remove(id, &reason, sink);
            }
            // Reading was paused until less is queued.
            _ if is_unpaused => self.make_ready(id),
            _ => {}
        }
    }

    /// Keeps the set of connections with queued bytes.
    fn note_queue(&mut self, id: ConnectionId) {
        let bytes = self.connections.get(&id).map_or(0, |connection| connection.outbox.bytes());
        self.waiting.set(id, bytes);
    }

    fn broken(&mut self, id: ConnectionId, failure: Failure, sink: &mut dyn EventSink) {
        let Some(connection) = self.connections.get(&id) else { return };
        // A reset of a connection that is being closed locally is no failure.
        let reason = match connection.ending {
            Ending::Local => CloseReason::Local,
            _ => CloseReason::Failed(failure),
        };
        self.remove(id, &reason, sink);
    }

    /// Removes a connection that is over, and tells the sink.
    pub(super) fn remove(&mut self, id: ConnectionId, reason: &CloseReason, sink: &mut dyn EventSink) {
        self.no_longer_full(id, sink);
        let Some(mut connection) = self.connections.remove(&id) else { return };
        self.waiting.set(id, 0);
        self.timers.cancel(Timer::CloseGrace(id));
        if connection.ending == Ending::Local {
            self.closing -= 1;
        }
        sink.closed(&connection.ends, reason, connection.outbox.bytes());
        for (send, unsent_bytes) in connection.outbox.take_unsent() {
            sink.send_ended(send, SendEnd::Closed { ends: &connection.ends, reason, unsent_bytes }, 1);
        }
    }
}
