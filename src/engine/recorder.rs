//! Where everything that happens on the sockets arrives: the recording, the observer, and the status.

use super::handle::Observer;
use crate::capture::{CaptureWriter, Position};
use crate::lang::{Language, explain, fill};
use crate::model::{
    CloseReason, ConnectionId, ConnectionInfo, Direction, Failure, KernelDrops, Record, RecordKind, Status,
    Timestamp, TrafficCounter, Transport,
};
use crate::net::{ConnectionEnds, EventSink};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

pub(super) struct Recorder {
    capture: Option<CaptureWriter>,
    observer: Option<Box<dyn Observer>>,
    pub language: Language,
    pub transport: Transport,
    /// What becomes the status at the end of a turn.
    pub status: Status,
    traffic: TrafficCounter,
    /// The newest connection since the start.
    pub last_opened: Option<ConnectionId>,
    /// How the newest connection that ended did so, until the worker has seen it.
    pub last_closed: Option<CloseReason>,
    has_news: bool,
    /// What was lost when the recording failed the last time it worked.
    known_lost: (u64, u64),
    /// Datagrams that were dropped before the socket of now.
    drops_before: u64,
    /// Payload that was dropped and not told yet.
    untold_bytes: usize,
}

impl Recorder {
    pub fn new(
        capture: Option<CaptureWriter>,
        observer: Option<Box<dyn Observer>>,
        language: Language,
    ) -> Self {
        Self {
            capture,
            observer,
            language,
            transport: Transport::Tcp,
            status: Status::default(),
            traffic: TrafficCounter::default(),
            last_opened: None,
            last_closed: None,
            has_news: false,
            known_lost: (0, 0),
            drops_before: 0,
            untold_bytes: 0,
        }
    }

    /// Publishes what happened since the last call. `true`: there is something new to see.
    pub fn publish(&mut self) -> bool {
        if let Some(capture) = &mut self.capture {
            capture.publish();
            let lost = (capture.status().records_lost, capture.status().bytes_lost);
            if capture.status().failure.is_none() && lost != self.known_lost {
                let since = (lost.0 - self.known_lost.0, lost.1 - self.known_lost.1);
                self.known_lost = lost;
                let words = self.language.words();
                let text = fill(&words.record_resumed, &[("records", &since.0), ("bytes", &since.1)]);
                self.note(&text);
            }
        }
        if let Some(capture) = &mut self.capture {
            // Nothing may come for a long time; the note is not to wait for it.
            capture.publish();
            let newly_failed = match &self.status.recording.failure {
                None => capture.status().failure.clone(),
                Some(_) => None,
            };
            self.status.recording = capture.status().clone();
            if let Some(failure) = newly_failed {
                self.observe_failure(&failure);
            }
        }
        if let Some(observer) = &mut self.observer {
            observer.flush();
        }
        self.status.traffic = self.traffic.totals();
        debug_assert!(self.status.accounting().adds_up(), "{:?}", self.status.accounting());
        std::mem::take(&mut self.has_news)
    }

    /// Makes the next [`publish`](Self::publish) tell of a change of the status.
    pub fn touch(&mut self) {
        self.has_news = true;
    }

    /// Marks a record that was published; one that is gone by now needs no mark.
    pub fn mark(&mut self, position: Position, text: Option<&str>) {
        if let Some(capture) = &mut self.capture {
            let now = Timestamp::from_system(SystemTime::now());
            self.has_news |= capture.mark(now, position, text);
        }
    }

    /// Records a note about the session as a whole.
    pub fn note(&mut self, text: &str) {
        self.session_record(RecordKind::Note, text);
    }

    /// Another socket counts from zero; what was dropped before still was.
    pub fn begin_drops(&mut self) {
        if let KernelDrops::Counted(drops) = self.status.kernel_drops {
            self.drops_before = drops;
        }
        self.status.kernel_drops = with_drops_before(self.drops_before, KernelDrops::Impossible);
    }

    /// Notes a failure: in the status, in the recording, and in words.
    pub fn fail(&mut self, failure: &Failure) {
        self.tell(failure);
        let text = explain(self.language.words(), failure);
        self.session_record(RecordKind::Error, &text);
    }

    /// Notes a failure that is in the recording in the status as well.
    pub fn tell(&mut self, failure: &Failure) {
        self.status.failure = Some(failure.clone());
        self.status.failures += 1;
        self.has_news = true;
    }

    /// Notes that a payload was dropped before it was queued on any connection.
    pub fn drop_payload(&mut self, bytes: usize) {
        self.status.unsent_bytes += bytes as u64;
        self.untold_bytes += bytes;
        self.has_news = true;
    }

    /// Says how much was dropped since the last call.
    pub fn tell_dropped(&mut self) {
        let bytes = std::mem::take(&mut self.untold_bytes);
        if bytes > 0 {
            self.note(&fill(&self.language.words().record_unsent, &[("bytes", &bytes)]));
        }
    }

    /// All bytes received so far.
    pub fn bytes_in(&self) -> u64 {
        self.traffic.totals().bytes_in
    }

    fn session_record(&mut self, kind: RecordKind, text: &str) {
        let ends = self.session_ends();
        self.append(&ends, kind, Direction::Outbound, &[], false, text);
    }

    fn session_ends(&self) -> ConnectionEnds {
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        ConnectionEnds {
            id: ConnectionId::SESSION,
            transport: self.transport,
            local: self.status.local.unwrap_or(any),
            peer: any,
        }
    }

    /// Tells the observer that recording fails, which the recording cannot tell.
    fn observe_failure(&mut self, failure: &Failure) {
        let ends = self.session_ends();
        let text = explain(self.language.words(), failure);
        if let Some(observer) = &mut self.observer {
            observer.record(&record(&ends, RecordKind::Error, Direction::Outbound, &[], false, &text));
        }
    }

    /// Hands one record on and returns how many it became.
    fn append(
        &mut self,
        ends: &ConnectionEnds,
        kind: RecordKind,
        direction: Direction,
        payload: &[u8],
        is_cut: bool,
        text: &str,
    ) -> u64 {
        let record = record(ends, kind, direction, payload, is_cut, text);
        self.has_news = true;
        if let Some(observer) = &mut self.observer {
            observer.record(&record);
        }
        self.capture.as_mut().map_or(1, |capture| capture.append(&record))
    }
}

/// All drops of a session whose earlier sockets had some.
fn with_drops_before(before: u64, now: KernelDrops) -> KernelDrops {
    match now {
        KernelDrops::Counted(now) => KernelDrops::Counted(before + now),
        KernelDrops::Impossible | KernelDrops::Unknown if before > 0 => KernelDrops::Counted(before),
        other => other,
    }
}

/// What happens now.
fn record<'a>(
    ends: &ConnectionEnds,
    kind: RecordKind,
    direction: Direction,
    payload: &'a [u8],
    is_cut: bool,
    text: &'a str,
) -> Record<'a> {
    Record {
        time: Timestamp::from_system(SystemTime::now()),
        kind,
        direction,
        transport: ends.transport,
        connection: ends.id,
        local: ends.local,
        peer: ends.peer,
        payload,
        is_cut,
        text,
    }
}

impl EventSink for Recorder {
    fn opened(&mut self, ends: &ConnectionEnds, direction: Direction) {
        let info = ConnectionInfo {
            id: ends.id,
            peer: ends.peer,
            local: ends.local,
            since: Timestamp::from_system(SystemTime::now()),
            is_half_closed: false,
            traffic: Arc::default(),
        };
        self.status.connections.push(info);
        self.last_opened = Some(ends.id);
        self.has_news = true;
        // A UDP peer is no connection: its first datagram says all there is.
        if ends.transport == Transport::Tcp {
            self.append(ends, RecordKind::Opened, direction, &[], false, "");
        }
    }

    fn data(&mut self, ends: &ConnectionEnds, direction: Direction, payload: &[u8], is_cut: bool) {
        let records = self.append(ends, RecordKind::Data, direction, payload, is_cut, "");
        let bytes = payload.len() as u64;
        let of_connection = self.status.connections.get(ends.id).map(|info| &*info.traffic);
        for counter in of_connection.into_iter().chain([&self.traffic]) {
            match direction {
                Direction::Inbound => counter.add_in(records, bytes),
                Direction::Outbound => counter.add_out(records, bytes),
            }
        }
        self.status.records_cut += u64::from(is_cut);
    }

    fn half_closed(&mut self, ends: &ConnectionEnds) {
        if let Some(info) = self.status.connections.get_mut(ends.id) {
            info.is_half_closed = true;
        }
        let text = &self.language.words().record_half_closed;
        self.append(ends, RecordKind::Note, Direction::Inbound, &[], false, text);
    }

    fn closed(&mut self, ends: &ConnectionEnds, reason: &CloseReason, unsent_bytes: usize) {
        let words = self.language.words();
        self.status.unsent_bytes += unsent_bytes as u64;
        if unsent_bytes > 0 {
            let text = fill(&words.record_unsent, &[("bytes", &unsent_bytes)]);
            self.append(ends, RecordKind::Note, Direction::Outbound, &[], false, &text);
        }
        let (direction, text) = match reason {
            CloseReason::Local => (Direction::Outbound, &words.record_closed_here),
            CloseReason::Peer => (Direction::Inbound, &words.record_closed_by_peer),
            // The session goes on; if this was the one that it consists of, the worker tells its end.
            CloseReason::Failed(failure) => {
                let text = explain(words, failure);
                self.append(ends, RecordKind::Error, Direction::Inbound, &[], false, &text);
                (Direction::Inbound, &words.record_closed_failed)
            }
        };
        self.append(ends, RecordKind::Closed, direction, &[], false, text);
        self.status.connections.remove(ends.id);
        self.last_closed = Some(reason.clone());
    }

    fn forgotten(&mut self, id: ConnectionId) {
        self.status.connections.remove(id);
        self.has_news = true;
        if let Some(capture) = &mut self.capture {
            capture.forget(id);
        }
    }

    fn failed(&mut self, failure: &Failure) {
        self.fail(failure);
    }

    fn kernel_drops(&mut self, drops: KernelDrops) {
        self.status.kernel_drops = with_drops_before(self.drops_before, drops);
        self.has_news = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_socket_dropped_stays_counted() {
        let mut recorder = Recorder::new(None, None, Language::English);
        recorder.begin_drops();
        assert_eq!(recorder.status.kernel_drops, KernelDrops::Impossible);
        recorder.kernel_drops(KernelDrops::Counted(0));
        recorder.kernel_drops(KernelDrops::Counted(7));
        recorder.begin_drops();
        assert_eq!(recorder.status.kernel_drops, KernelDrops::Counted(7), "before the next socket tells");
        recorder.kernel_drops(KernelDrops::Counted(2));
        recorder.kernel_drops(KernelDrops::Counted(3));
        assert_eq!(recorder.status.kernel_drops, KernelDrops::Counted(10));
        recorder.begin_drops();
        recorder.kernel_drops(KernelDrops::Unknown);
        assert_eq!(recorder.status.kernel_drops, KernelDrops::Counted(10));
    }
}
