//! A file that is sent as a stream, at constant memory whatever its length.

use super::file_options::FileOptions;
use super::file_reader::{FileReader, Item};
use super::phase::Phase;
use super::rate::Rate;
use super::{Next, Outgoing, Port, Reach};
use crate::model::{Failure, FailureKind, Operation, Progress, SendId, SendResult, Target};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// While more than this of the file waits to be sent, no more is queued.
const QUEUED_BYTES: usize = 2 << 20;

/// How much is queued before sockets and commands have their turn.
const TURN_BYTES: usize = 1 << 20;

/// How much is queued in this way where chunks are small: each costs a call of the system.
const TURN_CHUNKS: usize = 256;

/// With a rate, as much may be sent at once after a delay as belongs to so long.
const CATCH_UP: Duration = Duration::from_millis(50);

/// A file on its way. Its recipients are those of the moment in which it begins: nobody gets the middle of it. It fails
/// when none of them is left.
#[derive(Debug)]
pub struct SendFile {
    path: PathBuf,
    target: Target,
    options: FileOptions,
    phase: Phase,
    reader: Option<FileReader>,
    /// Those of the moment in which it began.
    recipients: Option<Target>,
    /// One of them is gone.
    is_one_gone: bool,
    /// A chunk that waits for its moment.
    held: Option<(Arc<[u8]>, u64)>,
    /// The chunks without a result: their bytes, and those of the file.
    running: HashMap<SendId, (usize, u64)>,
    running_bytes: usize,
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
            recipients: None,
            is_one_gone: false,
            held: None,
            running: HashMap::new(),
            running_bytes: 0,
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
        if self.recipients.is_none() {
            self.recipients = Some(port.recipients(&self.target));
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
            let waits_for_end = !self.options.gap.is_zero() && !self.running.is_empty();
            if self.running_bytes >= QUEUED_BYTES || waits_for_end {
                // The next result goes on.
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
            let Some((bytes, file_bytes)) = self.take(port) else { break };
            if let Some(rate) = self.options.rate {
                let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
                let base = self.not_before.unwrap_or(now).max(earliest);
                self.not_before = Some(base + time_of(bytes.len(), rate));
            }
            if std::mem::take(&mut self.is_one_gone) {
                self.recipients = self.recipients.take().map(|recipients| port.recipients(&recipients));
            }
            let length = bytes.len();
            let recipients = self.recipients.as_ref().unwrap_or(&self.target);
            let id = port.send_bytes(recipients, bytes);
            self.running.insert(id, (length, file_bytes));
            self.running_bytes += length;
            self.queued += length as u64;
            bytes_left = bytes_left.saturating_sub(length);
            chunks_left -= 1;
        }
        self.end_if_done();
    }

    fn end_if_done(&mut self) {
        if self.is_read && self.running.is_empty() && matches!(self.phase, Phase::Running) {
            self.end(Ok(()));
        }
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
        let reach = port.reach(self.recipients.as_ref().unwrap_or(&self.target));
        match (&self.phase, reach) {
            (Phase::Ended(_), _) => {}
            // The results of what was queued come with the reason.
            (_, Reach::Gone) if !self.running.is_empty() => {}
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

    fn sent(&mut self, result: &SendResult, now: Instant) {
        let Some((bytes, file_bytes)) = self.running.remove(&result.id) else { return };
        self.running_bytes -= bytes;
        match &result.failure {
            Some(failure) if result.sent == 0 => {
                if !matches!(self.phase, Phase::Ended(_)) {
                    let is_first = self.queued == bytes as u64;
                    self.end(Err(match &failure.kind {
                        // The connection ended between two chunks.
                        FailureKind::NoRecipient if !is_first => {
                            Failure { kind: FailureKind::EndedBeforeSent, ..failure.clone() }
                        }
                        _ => failure.clone(),
                    }));
                }
                return;
            }
            Some(_) => self.is_one_gone = true,
            None => {}
        }
        self.done += file_bytes;
        self.rate.add(now, bytes as u64);
        if self.running.is_empty() && !self.options.gap.is_zero() {
            self.not_before = Some(now + self.options.gap).max(self.not_before);
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

    fn stop(&mut self, _port: &mut dyn Port) {
        self.reader = None;
    }

    fn stream_bytes(&self) -> Option<u64> {
        // Behind the last chunk nothing is in between.
        (!self.is_read).then_some(self.queued)
    }

    fn progress(&self) -> Progress {
        Progress::Bytes { done: self.done, total: self.total, rate: self.rate.per_second() }
    }
}
