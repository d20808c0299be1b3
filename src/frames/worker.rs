//! The thread of a scan of frames: reads the recording chunk by chunk, divides the streams, publishes results in steps, and
//! waits at the end for more.

use super::FramedSettings;
use super::assembler::{Assembler, FrameSink, StreamFrame};
use super::checkpoint::Checkpoint;
use super::filter::CompiledFrameFilter;
use super::results::FrameResults;
use crate::capture::{CaptureReader, Position, Scanned, Scanner, Snapshot};
use crate::model::{Direction, Failure, RecordKind};
use crate::search::{Latest, Progress};
use crate::task::{Control, Notify};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often results are published while scanning.
const PUBLISH_EVERY: Duration = Duration::from_millis(20);
/// How often the front end is notified at most.
const NOTIFY_EVERY: Duration = Duration::from_millis(33);
/// Publishing takes at most one part in so many of the time.
const PUBLISH_SHARE: u32 = 5;

pub(super) struct Worker<'a> {
    reader: CaptureReader,
    scanner: Scanner,
    assembler: Assembler,
    results: Gathered,
    failure: Option<Failure>,
    notify: Notify,
    control: &'a Control,
    latest: &'a Latest<FrameResults>,
    published_at: Instant,
    /// What publishing took last.
    publishing: Duration,
    notified_at: Option<Instant>,
    is_unseen: bool,
}

/// The results being built; a copy of them is published.
struct Gathered {
    results: FrameResults,
    filter: Option<CompiledFrameFilter>,
}

impl FrameSink for Gathered {
    fn frame(&mut self, frame: &StreamFrame<'_>) {
        let FrameResults { positions, checkpoints, .. } = &mut self.results;
        if frame.is_late {
            checkpoints.ends.insert(frame.position);
        }
        if positions.last() != Some(frame.position)
            && self.filter.as_ref().is_none_or(|filter| frame.passes(filter))
        {
            positions.insert(frame.position);
        }
    }

    fn begins(&mut self, at: Position) {
        self.results.checkpoints.starts.insert(at);
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint) {
        self.results.checkpoints.list.push(checkpoint);
    }
}

impl<'a> Worker<'a> {
    pub fn new(
        settings: &FramedSettings,
        filter: Option<CompiledFrameFilter>,
        reader: CaptureReader,
        notify: Notify,
        control: &'a Control,
        latest: &'a Latest<FrameResults>,
    ) -> Self {
        let is_filtering_bytes = filter.as_ref().is_some_and(CompiledFrameFilter::needs_bytes);
        Self {
            scanner: Scanner::new(Position(0)),
            reader,
            assembler: Assembler::keeping(settings, is_filtering_bytes),
            results: Gathered { results: FrameResults::default(), filter },
            failure: None,
            notify,
            control,
            latest,
            published_at: Instant::now(),
            publishing: Duration::ZERO,
            notified_at: None,
            is_unseen: false,
        }
    }

    pub fn run(&mut self) {
        while !self.control.is_cancelled() {
            let snapshot = self.reader.snapshot();
            if self.scan_chunk(&snapshot) {
                if self.published_at.elapsed() >= PUBLISH_EVERY.max(self.publishing * PUBLISH_SHARE) {
                    self.publish(&snapshot, false);
                    if self.until_notice().is_zero() {
                        self.tell();
                    }
                }
                continue;
            }
            self.publish(&snapshot, true);
            // Not due for a notification yet: results until then go with this one.
            let left = self.until_notice();
            if self.is_unseen && !left.is_zero() {
                self.control.sleep(left);
                continue;
            }
            if self.is_unseen {
                self.tell();
            }
            self.control.wait();
        }
    }

    /// Scans the next chunk. Returns whether there was one.
    fn scan_chunk(&mut self, snapshot: &Snapshot) -> bool {
        let chunk = match self.scanner.read(snapshot) {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return false,
            Err(failure) => {
                self.failure = Some(failure);
                self.scanner.skip_damage(snapshot, &|| self.control.is_cancelled());
                return true;
            }
        };
        for scanned in chunk.records() {
            // The processor time is counted for each chunk.
            if self.control.was_cancelled() {
                return true;
            }
            // By reference: moving a record of this size costs as much as reading it.
            match &scanned {
                Ok(scanned) => take(scanned, &mut self.assembler, &mut self.results),
                Err(failure) => self.failure = Some(failure.clone()),
            }
        }
        true
    }

    /// Publishes what was found.
    fn publish(&mut self, snapshot: &Snapshot, is_caught_up: bool) {
        let begun = Instant::now();
        let start = snapshot.start();
        let position = self.scanner.position();
        let results = &mut self.results.results;
        results.positions.remove_before(start);
        results.checkpoints.remove_before(start);
        results.checkpoints.known_to = position;
        results.received = self.assembler.totals(Direction::Inbound);
        results.sent = self.assembler.totals(Direction::Outbound);
        let mut published = results.clone();
        if is_caught_up {
            // What is unfinished is shown at the last record of its half as long as that is the last.
            let mut open = Vec::new();
            self.assembler.unfinished(|frame| {
                if frame.position >= start {
                    open.push(frame.position);
                    if self.results.filter.as_ref().is_none_or(|filter| frame.passes(filter)) {
                        published.positions.insert(frame.position);
                    }
                }
            });
            open.sort_unstable();
            published.checkpoints.open = Arc::from(open);
        }
        published.progress = Progress {
            scanned_bytes: position.0.saturating_sub(start.0),
            total_bytes: snapshot.end().0.saturating_sub(start.0),
            position,
            matches: published.positions.len() as u64,
            is_caught_up,
            failure: self.failure.clone(),
        };
        self.is_unseen |= self.latest.get().progress != published.progress;
        self.latest.set(published);
        self.published_at = Instant::now();
        self.publishing = self.published_at - begun;
    }

    fn until_notice(&self) -> Duration {
        self.notified_at.map_or(Duration::ZERO, |at| NOTIFY_EVERY.saturating_sub(at.elapsed()))
    }

    fn tell(&mut self) {
        self.is_unseen = false;
        self.notified_at = Some(Instant::now());
        (self.notify)();
    }
}

fn take(scanned: &Scanned<'_>, assembler: &mut Assembler, results: &mut Gathered) {
    let record = &scanned.entry.record;
    assembler.entry(&scanned.entry, results);
    let is_framed = record.kind == RecordKind::Data && assembler.divides(record.direction);
    if !is_framed && results.filter.as_ref().is_none_or(|filter| filter.passes_record(record)) {
        results.results.positions.insert(scanned.entry.position);
    }
}
