//! A file that is sent as a stream, at constant memory whatever its length.

use super::file_options::FileOptions;
use super::file_reader::{FileReader, Item};
use super::flight::{Flight, Wait};
use super::phase::Phase;
use super::rate::Rate;
use super::{Next, Outgoing, Port, Reach};
use crate::model::{ConnectionId, Failure, FailureKind, Operation, Progress, SendResult, Target};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much is queued before sockets and commands have their turn.
const TURN_BYTES: usize = 1 << 20;

/// How much is queued in this way where chunks are small: each costs a call of the system.
const TURN_CHUNKS: usize = 256;

/// With a rate, as much may be sent at once after a delay as belongs to so long.
const CATCH_UP: Duration = Duration::from_millis(50);

/// A file on its way. Its recipients are those of the moment in which it begins: nobody gets the middle of it. Who misses
/// a chunk gets no more of it. It fails when nobody is left.
#[derive(Debug)]
pub struct SendFile {
    path: PathBuf,
    target: Target,
    options: FileOptions,
    phase: Phase,
    reader: Option<FileReader>,
    /// Its recipients, from the moment in which it began. Its parts are counted in bytes of the file.
    flight: Option<Flight>,
    /// A chunk that waits for its moment.
    held: Option<(Arc<[u8]>, u64)>,
    /// When `due` is to be called.
    call_at: Option<Instant>,
    /// Nothing is sent before this.
    not_before: Option<Instant>,
    /// Everything was read and queued.
    is_read: bool,
    /// Bytes that were queued.
    queued: u64,
    /// Bytes of the file that were sent.
    done: u64,
    total: Option<u64>,
    rate: Rate,
}

impl SendFile {
    /// The file at `path` for `target`. It is opened and read on a thread of its own, once it has a recipient.
    #[must_use]
    pub fn new(path: &Path, target: Target, options: FileOptions) -> Self {
        Self {
            path: path.into(),
            target,
            options,
            phase: Phase::Waiting,
            reader: None,
            flight: None,
            held: None,
            call_at: None,
            not_before: None,
            is_read: false,
            queued: 0,
            done: 0,
            total: None,
            rate: Rate::default(),
        }
    }

    fn end(&mut self, result: Result<(), Failure>) {
        self.phase = Phase::Ended(result);
        // Its thread ends with the channel.
        self.reader = None;
        self.held = None;
    }

    /// Starts to read, once.
    fn open(&mut self, port: &mut dyn Port) {
        if self.flight.is_none() {
            self.flight = Some(Flight::new([port.recipients(&self.target)]));
        }
        if self.reader.is_none() && !self.is_read {
            match FileReader::start(&self.path, &self.options, port.waker()) {
                Ok(reader) => self.reader = Some(reader),
                Err(error) => {
                    self.end(Err(Failure::from_io(Operation::Read, self.path.display(), &error)));
                }
            }
        }
    }

    /// The next chunk to send. `None`: none now; what comes of it is noted.
    fn take(&mut self, port: &mut dyn Port) -> Option<(Arc<[u8]>, u64)> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        loop {
            match self.reader.as_ref()?.next()? {
                Item::Opened(bytes) => self.total = Some(bytes),
                // Only line breaks of hex text.
                Item::Chunk { bytes, file_bytes } if bytes.is_empty() => self.done += file_bytes,
                Item::Chunk { bytes, file_bytes } => return Some((bytes, file_bytes)),
                Item::End => {
                    self.is_read = true;
                    self.reader = None;
                    return None;
                }
                Item::Failed(failure) => {
                    self.end(Err(failure));
                    return None;
                }
                Item::Wrong(error) => {
                    let failure =
                        Failure { endpoint: self.path.display().to_string(), ..port.not_built(&error) };
                    self.end(Err(failure));
                    return None;
                }
            }
        }
    }

    /// Queues chunks as far as the options and the recipients allow.
    fn pump(&mut self, now: Instant, port: &mut dyn Port) {
        let (mut bytes_left, mut chunks_left) = (TURN_BYTES, TURN_CHUNKS);
        loop {
            if self.is_blocked() && self.wait(now, port) {
                return;
            }
            if bytes_left == 0 || chunks_left == 0 {
                self.call_at = Some(now);
                return;
            }
            if let Some(not_before) = self.not_before.filter(|moment| *moment > now) {
                self.call_at = Some(not_before);
                return;
            }
            if self.flight.as_ref().is_some_and(|flight| flight.is_over(0)) {
                // The result of the last chunk has the reason, if it is still to come.
                let failure = self.flight.as_ref().and_then(Flight::failure);
                if let Some(failure) = failure.filter(|_| !self.has_flying()) {
                    self.end(Err(failure));
                }
                return;
            }
            let Some((bytes, file_bytes)) = self.take(port) else { break };
            if let Some(rate) = self.options.rate {
                let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
                let base = self.not_before.unwrap_or(now).max(earliest);
                self.not_before = Some(base + time_of(bytes.len(), rate));
            }
            let length = bytes.len();
            self.queued += length as u64;
            bytes_left = bytes_left.saturating_sub(length);
            chunks_left -= 1;
            if let Some(flight) = &mut self.flight {
                flight.send(0, bytes, file_bytes, port);
            }
        }
        if self.is_read && self.has_flying() && self.wait(now, port) {
            return;
        }
        self.end_if_done();
    }

    /// Whether chunks wait for the kernel.
    fn has_flying(&self) -> bool {
        self.flight.as_ref().is_some_and(|flight| !flight.is_empty())
    }

    /// Whether no more may be queued before some of it is sent.
    fn is_blocked(&self) -> bool {
        let waits_for_end = !self.options.gap.is_zero() && self.has_flying();
        waits_for_end || self.flight.as_ref().is_some_and(Flight::is_full)
    }

    /// Waits for results. `false`: there is nothing to wait for any more.
    fn wait(&mut self, now: Instant, port: &mut dyn Port) -> bool {
        match self.flight.as_mut().map(|flight| flight.wait(now, port)) {
            Some(Wait::Until(moment)) => {
                self.call_at = Some(moment);
                true
            }
            Some(Wait::Over(file_bytes)) => {
                self.done += file_bytes;
                false
            }
            None => false,
        }
    }

    fn end_if_done(&mut self) {
        if self.is_read && !self.has_flying() && matches!(self.phase, Phase::Running) {
            self.end(Ok(()));
        }
    }

    /// Whom it goes to.
    fn recipients(&self) -> Target {
        self.flight.as_ref().map_or_else(|| self.target.clone(), Flight::recipients)
    }
}

/// How long so many bytes take at a rate.
fn time_of(bytes: usize, rate: u64) -> Duration {
    let nanos = bytes as u128 * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

impl Outgoing for SendFile {
    fn target(&self) -> &Target {
        &self.target
    }

    fn next(&self) -> Next {
        self.phase.next(self.call_at)
    }

    fn due(&mut self, now: Instant, port: &mut dyn Port) {
        self.call_at = None;
        if matches!(self.phase, Phase::Running) {
            self.pump(now, port);
        }
    }

    fn recipients_changed(&mut self, now: Instant, port: &mut dyn Port) {
        let reach = port.reach(&self.recipients());
        match (&self.phase, reach) {
            (Phase::Ended(_), _) => {}
            // The results of what was queued come with the reason.
            (_, Reach::Gone) if self.has_flying() => {}
            (_, Reach::Gone) => {
                let kind = match self.queued {
                    0 => FailureKind::NoRecipient,
                    _ => FailureKind::EndedBeforeSent,
                };
                self.end(Err(Failure::new(Operation::Send, "", kind)));
            }
            (Phase::Waiting, Reach::Ready) => {
                self.open(port);
                if !matches!(self.phase, Phase::Ended(_)) {
                    self.phase = Phase::Running;
                    self.call_at = Some(now);
                }
            }
            (_, Reach::Ready | Reach::NotYet) => {}
        }
    }

    fn sent(&mut self, result: &SendResult, missed: &[ConnectionId], now: Instant) {
        let Some(flight) = &mut self.flight else { return };
        let Some(file_bytes) = flight.sent(result, missed) else { return };
        let failure = flight.failure();
        if result.sent > 0 {
            self.done += file_bytes;
            self.rate.add(now, file_bytes);
        }
        if let Some(failure) = failure {
            if !matches!(self.phase, Phase::Ended(_)) {
                // The connection ended between two chunks.
                let is_between = failure.kind == FailureKind::NoRecipient && self.done > 0;
                let kind = if is_between { FailureKind::EndedBeforeSent } else { failure.kind };
                self.end(Err(Failure { kind, ..failure }));
            }
            return;
        }
        if !self.has_flying() && !self.options.gap.is_zero() {
            self.not_before = Some(now + self.options.gap).max(self.not_before);
        }
        // Resumed while nobody could be sent to, it has waited for this result.
        if matches!(self.phase, Phase::Waiting) && !self.has_flying() {
            self.phase = Phase::Running;
        }
        if matches!(self.phase, Phase::Running) {
            self.call_at = Some(now);
            self.end_if_done();
        }
    }

    fn pause(&mut self, _now: Instant) {
        self.phase = Phase::Paused;
        self.call_at = None;
    }

    fn resume(&mut self, _now: Instant) {
        self.phase = Phase::Waiting;
        self.not_before = None;
    }

    fn stop(&mut self, _now: Instant, _port: &mut dyn Port) {
        // What is queued still leaves, and is counted.
        self.end(Ok(()));
    }

    fn has_pending(&self) -> bool {
        self.has_flying()
    }

    fn is_stream(&self) -> bool {
        true
    }

    fn stream(&self) -> Option<(Target, u64)> {
        // Behind the last chunk nothing is in between.
        (!self.is_read).then(|| (self.recipients(), self.queued))
    }

    fn progress(&self) -> Progress {
        let left = self.flight.as_ref().map_or(0, Flight::left);
        Progress::Bytes { done: self.done, total: self.total, rate: self.rate.per_second(), left }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{FakePort, landed, missed};
    use super::super::patience::PATIENCE;
    use super::*;
    use std::io::Write;

    /// A file of 8 bytes in chunks of 4, of which the first is on its way to these connections.
    fn begun(ids: &[u32], gap: Duration) -> (SendFile, FakePort, Instant, tempfile::NamedTempFile) {
        let mut source = tempfile::NamedTempFile::new().unwrap();
        source.write_all(b"abcdefgh").unwrap();
        let options = FileOptions { chunk_bytes: 4, gap, ..FileOptions::default() };
        let mut file = SendFile::new(source.path(), Target::All, options);
        let mut port = FakePort::with(ids);
        let start = Instant::now();
        file.recipients_changed(start, &mut port);
        pump(&mut file, &mut port, start, 1);
        (file, port, start, source)
    }

    /// Calls it until so many chunks were queued.
    fn pump(file: &mut SendFile, port: &mut FakePort, now: Instant, chunks: usize) {
        loop {
            file.due(now, port);
            if port.sent.len() >= chunks {
                return;
            }
            port.wait_for_waker();
        }
    }

    #[test]
    fn a_connection_that_ends_while_it_is_paused_ends_it_once_it_goes_on() {
        let (mut file, mut port, start, _source) = begun(&[1], Duration::from_secs(1));
        file.pause(start);
        port.reach = Reach::Gone;
        file.recipients_changed(start, &mut port);
        file.resume(start);
        file.recipients_changed(start, &mut port);
        assert_eq!(file.next(), Next::Recipient, "the result decides");
        // The kernel had the chunk, and the connection ended then.
        file.sent(&landed(port.sent[0].0), &[], start);
        let now = start + Duration::from_secs(1);
        assert!(matches!(file.next(), Next::At(_)));
        pump(&mut file, &mut port, now, 2);
        file.sent(&missed(port.sent[1].0, 0), &[ConnectionId(1)], now);
        assert!(matches!(file.next(), Next::Ended(Err(_))), "{:?}", file.next());
    }

    #[test]
    fn one_of_several_that_takes_nothing_does_not_hold_up_a_file_and_is_counted() {
        let (mut file, mut port, start, _source) = begun(&[1, 2], Duration::from_millis(1));
        port.queue(2, 4);
        file.due(start, &mut port);
        assert_eq!(file.next(), Next::At(start + PATIENCE));
        let now = start + PATIENCE;
        pump(&mut file, &mut port, now, 2);
        assert_eq!(port.sent[1].1, Target::Connections(vec![ConnectionId(1)]));
        assert_eq!(port.notes, [ConnectionId(2)]);
        file.sent(&landed(port.sent[1].0), &[], now);
        while matches!(file.next(), Next::At(_) | Next::Event) {
            file.due(now + Duration::from_secs(1), &mut port);
        }
        assert_eq!(file.next(), Next::Ended(Ok(())));
        assert!(matches!(file.progress(), Progress::Bytes { done: 8, left: 1, .. }), "{:?}", file.progress());
    }

    #[test]
    fn what_was_queued_when_it_is_stopped_counts_when_it_is_sent() {
        let (mut file, mut port, start, _source) = begun(&[1], Duration::from_secs(1));
        file.stop(start, &mut port);
        assert!(matches!(file.progress(), Progress::Bytes { done: 0, .. }));
        file.sent(&landed(port.sent[0].0), &[], start);
        assert!(matches!(file.progress(), Progress::Bytes { done: 4, .. }));
    }
}
