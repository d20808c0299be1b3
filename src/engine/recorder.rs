//! Turns events into records for the recording and the observer, and updates the status.

use super::options::Observer;
use crate::capture::{CaptureWriter, Position};
use crate::lang::{Course, Language, closed, explain, fill};
use crate::model::{
    AnswerNote, Answered, CloseReason, ConnectionId, ConnectionInfo, Direction, Failure, KernelDrops, Record,
    RecordKind, RecordMark, Status, Timestamp, Traffic, TrafficCounter, Transport,
};
use crate::net::ConnectionEnds;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

pub(super) struct Recorder {
    capture: Option<CaptureWriter>,
    observer: Option<Box<dyn Observer>>,
    pub language: Language,
    pub transport: Transport,
    /// The status, which is published at the end of a turn.
    pub status: Status,
    traffic: TrafficCounter,
    /// The newest connection since the start.
    pub last_opened: Option<ConnectionId>,
    /// Why a connection closed last; taken by the worker.
    pub last_closed: Option<CloseReason>,
    has_news: bool,
    /// Records and bytes that were lost before the recording last resumed.
    known_lost: (u64, u64),
    /// Datagrams that were dropped at earlier sockets.
    drops_before: u64,
    /// Payload bytes that were dropped and have no record yet.
    unrecorded_drops: usize,
    /// When the newest record was made.
    newest: Timestamp,
    /// Reused buffer: the rule of an answer as a record has it.
    note: Vec<u8>,
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
            unrecorded_drops: 0,
            newest: Timestamp(0),
            note: Vec::new(),
        }
    }

    /// When the newest record was made, and where it is, if it is recorded.
    pub fn newest(&self) -> (Timestamp, Option<RecordMark>) {
        (self.newest, self.capture.as_ref().map(CaptureWriter::newest))
    }

    /// Bookmarks a record that was made with the peer at `ends`.
    pub fn bookmark(&mut self, ends: &ConnectionEnds, mark: RecordMark, text: &str) {
        if let Some(capture) = &mut self.capture {
            let record = record(ends, RecordKind::Note, Direction::Outbound, &[], false, "");
            self.has_news |= capture.bookmark(&record, mark, text);
        }
    }

    /// Records a note about the exchange with a peer.
    pub fn note_beside(&mut self, ends: &ConnectionEnds, text: &str) {
        self.append(ends, RecordKind::Note, Direction::Outbound, &[], false, text);
    }

    /// Publishes the records since the last call. `true`: the status has changed.
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
            // Publishes the note at once: the next record may come much later.
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

    /// Called when the start has succeeded: the session listens, is connected, or is bound and knows its recipient.
    /// Puts the recording in its place.
    pub fn session_runs(&mut self) {
        if let Some(capture) = &mut self.capture {
            capture.put_in_place();
        }
    }

    /// Called at each start. A recording whose files were deleted begins anew.
    pub fn begin(&mut self) {
        if let Some(capture) = &mut self.capture {
            capture.leave_deleted();
        }
    }

    /// Makes the next [`publish`](Self::publish) report a change of the status.
    pub fn touch(&mut self) {
        self.has_news = true;
    }

    /// Bookmarks a published record with a note, which may be empty, or removes its bookmark (`None`). Nothing
    /// happens if the record has expired.
    pub fn set_bookmark(&mut self, position: Position, note: Option<&str>) {
        if let Some(capture) = &mut self.capture {
            let now = Timestamp::from_system(SystemTime::now());
            self.has_news |= capture.set_bookmark(now, position, note);
        }
    }

    /// Records a note about the session as a whole.
    pub fn note(&mut self, text: &str) {
        self.session_record(RecordKind::Note, text);
    }

    /// Starts counting the drops of a new socket, which begin at 0, on top of those of earlier sockets.
    pub fn begin_drops(&mut self) {
        if let KernelDrops::Counted(drops) = self.status.kernel_drops {
            self.drops_before = drops;
        }
        self.status.kernel_drops = with_drops_before(self.drops_before, KernelDrops::Impossible);
    }

    /// Records a failure of the session as a whole, and puts it into the status.
    pub fn fail(&mut self, failure: &Failure) {
        self.set_failure(failure);
        self.record_failure(failure);
    }

    /// Records a failure that does not belong in the status, such as that of a send.
    pub fn record_failure(&mut self, failure: &Failure) {
        let text = explain(self.language.words(), failure);
        self.session_record(RecordKind::Error, &text);
    }

    /// Records how many of its recipients a send has reached.
    pub fn note_sent_in_part(&mut self, sent: usize, recipients: usize) {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("sent", &sent), ("recipients", &recipients)];
        self.note(&fill(&self.language.words().record_sent_in_part, &values));
    }

    /// Records that a peer is answered late.
    pub fn note_loop(&mut self, peer: SocketAddr) {
        self.note(&fill(&self.language.words().record_echo_loop, &[("peer", &peer)]));
    }

    /// Records that what a peer sends is forwarded late.
    pub fn note_forward_loop(&mut self, peer: SocketAddr) {
        self.note(&fill(&self.language.words().record_forward_loop, &[("peer", &peer)]));
    }

    /// Records that nothing is forwarded to a connection for now.
    pub fn note_left_behind(&mut self, ends: &ConnectionEnds) {
        let text = &self.language.words().record_left_behind;
        self.append(ends, RecordKind::Note, Direction::Outbound, &[], false, text);
    }

    /// Records how much was not forwarded to a connection.
    pub fn note_caught_up(&mut self, ends: &ConnectionEnds, missed_bytes: u64) {
        let text = fill(&self.language.words().record_caught_up, &[("bytes", &missed_bytes)]);
        self.append(ends, RecordKind::Note, Direction::Outbound, &[], false, &text);
    }

    /// Makes a note of a connection; none if it is gone.
    pub fn note_of(&mut self, id: ConnectionId, text: &str) {
        let Some(info) = self.status.connections.get(id) else { return };
        let ends = ConnectionEnds { id, transport: Transport::Tcp, local: info.local, peer: info.peer };
        self.append(&ends, RecordKind::Note, Direction::Outbound, &[], false, text);
    }

    /// Counts bytes that a connection misses while it is left behind; its note says how many.
    pub fn miss(&mut self, bytes: usize) {
        self.status.unsent_bytes += bytes as u64;
        self.has_news |= bytes > 0;
    }

    /// Records that Nagle's algorithm was switched.
    pub fn note_no_delay(&mut self, is_on: bool) {
        let words = self.language.words();
        self.note(if is_on { &words.record_no_delay_on } else { &words.record_no_delay_off });
    }

    /// Sets the failure in the status without recording it.
    pub fn set_failure(&mut self, failure: &Failure) {
        self.status.failure = Some(failure.clone());
        self.status.failures += 1;
        self.has_news = true;
    }

    /// Counts a payload that was dropped before it was queued on any connection.
    pub fn drop_payload(&mut self, bytes: usize) {
        self.status.unsent_bytes += bytes as u64;
        self.unrecorded_drops += bytes;
        self.has_news = true;
    }

    /// Records how much was dropped since the last call.
    pub fn note_dropped(&mut self) {
        let bytes = std::mem::take(&mut self.unrecorded_drops);
        if bytes > 0 {
            self.note(&fill(&self.language.words().record_unsent, &[("bytes", &bytes)]));
        }
    }

    /// Everything received and sent so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic.totals()
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

    /// Shows the observer a failure of the recording, which has no record.
    fn observe_failure(&mut self, failure: &Failure) {
        let ends = self.session_ends();
        let text = explain(self.language.words(), failure);
        if let Some(observer) = &mut self.observer {
            observer.record(&record(&ends, RecordKind::Error, Direction::Outbound, &[], false, &text));
        }
    }

    /// Passes a record to the observer and the recording. Returns how many records of the recording it became.
    fn append(
        &mut self,
        ends: &ConnectionEnds,
        kind: RecordKind,
        direction: Direction,
        payload: &[u8],
        is_cut: bool,
        text: &str,
    ) -> u64 {
        self.append_record(&record(ends, kind, direction, payload, is_cut, text), None)
    }

    fn append_record(&mut self, record: &Record<'_>, answered: Option<RecordMark>) -> u64 {
        self.has_news = true;
        self.newest = record.time;
        if let Some(observer) = &mut self.observer {
            observer.record(record);
        }
        self.capture.as_mut().map_or(1, |capture| capture.append_answer(record, answered))
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

/// A record with the current time.
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
        answer: AnswerNote::default(),
    }
}

impl Recorder {
    pub fn opened(&mut self, ends: &ConnectionEnds, direction: Direction) {
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
        // UDP has no connections: the peer's first datagram is its first record.
        if ends.transport == Transport::Tcp {
            self.append(ends, RecordKind::Opened, direction, &[], false, "");
        }
    }

    pub fn data(&mut self, ends: &ConnectionEnds, direction: Direction, payload: &[u8], is_cut: bool) {
        let records = self.append(ends, RecordKind::Data, direction, payload, is_cut, "");
        self.count(ends, direction, payload, records, is_cut);
    }

    /// Data that the kernel accepted, as the answer of a rule.
    pub fn sent_by_rule(&mut self, ends: &ConnectionEnds, payload: &[u8], answered: &Answered) {
        let mut note = std::mem::take(&mut self.note);
        answered.told().write(&mut note);
        let record = record(ends, RecordKind::Data, Direction::Outbound, payload, false, "");
        let records = self.append_record(&Record { answer: AnswerNote(&note), ..record }, answered.record);
        self.note = note;
        self.count(ends, Direction::Outbound, payload, records, false);
    }

    fn count(
        &mut self,
        ends: &ConnectionEnds,
        direction: Direction,
        payload: &[u8],
        records: u64,
        is_cut: bool,
    ) {
        let bytes = payload.len() as u64;
        let of_connection = self.status.connections.get(ends.id).map(|info| &*info.traffic);
        for counter in of_connection.into_iter().chain([&self.traffic]) {
            match direction {
                Direction::Inbound => counter.add_in(records, bytes),
                Direction::Outbound => counter.add_out(records, bytes),
            }
        }
        self.status.records_cut += u64::from(is_cut);
        if ends.transport == Transport::Udp && direction == Direction::Inbound {
            self.status.last_peer = Some(ends.id);
        }
    }

    pub fn half_closed(&mut self, ends: &ConnectionEnds) {
        if let Some(info) = self.status.connections.get_mut(ends.id) {
            info.is_half_closed = true;
        }
        let text = &self.language.words().record_half_closed;
        self.append(ends, RecordKind::Note, Direction::Inbound, &[], false, text);
    }

    pub fn closed(&mut self, ends: &ConnectionEnds, reason: &CloseReason, unsent_bytes: usize) {
        self.status.unsent_bytes += unsent_bytes as u64;
        let course = self.status.connections.remove(ends.id).map(|info| {
            let traffic = info.traffic.totals();
            let duration = SystemTime::now().duration_since(info.since.to_system()).unwrap_or_default();
            Course { duration, bytes: traffic.bytes_in + traffic.bytes_out }
        });
        // If the session consists of this connection, the worker puts a failure into the status.
        let (direction, is_broken) = match reason {
            CloseReason::Local => (Direction::Outbound, false),
            CloseReason::Peer => (Direction::Inbound, false),
            CloseReason::Failed(_) => (Direction::Inbound, true),
        };
        let text = closed(self.language.words(), reason, course.unwrap_or_default(), unsent_bytes);
        self.append(ends, RecordKind::Closed, direction, &[], is_broken, &text);
        self.last_closed = Some(reason.clone());
    }

    pub fn forgotten(&mut self, id: ConnectionId) {
        self.status.connections.remove(id);
        self.has_news = true;
        if let Some(capture) = &mut self.capture {
            capture.forget(id);
        }
    }

    pub fn kernel_drops(&mut self, drops: KernelDrops) {
        self.status.kernel_drops = with_drops_before(self.drops_before, drops);
        self.has_news = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_of_earlier_sockets_stay_counted() {
        let mut recorder = Recorder::new(None, None, Language::English);
        recorder.begin_drops();
        assert_eq!(recorder.status.kernel_drops, KernelDrops::Impossible);
        recorder.kernel_drops(KernelDrops::Counted(0));
        recorder.kernel_drops(KernelDrops::Counted(7));
        recorder.begin_drops();
        assert_eq!(recorder.status.kernel_drops, KernelDrops::Counted(7), "before the next socket counts");
        recorder.kernel_drops(KernelDrops::Counted(2));
        recorder.kernel_drops(KernelDrops::Counted(3));
        assert_eq!(recorder.status.kernel_drops, KernelDrops::Counted(10));
        recorder.begin_drops();
        recorder.kernel_drops(KernelDrops::Unknown);
        assert_eq!(recorder.status.kernel_drops, KernelDrops::Counted(10));
    }
}
