//! The thread of a scan: reads the recording chunk by chunk, searches the chunks, publishes results in steps, and
//! waits at the end for more.

use super::ahead::{Division, Lookout};
use super::engine::Engines;
use super::extents::{Hit, Output};
use super::filter::CompiledFilter;
use super::matches::{Found, Matches};
use super::positions::PositionSet;
use super::results::{Job, Latest, Results};
use super::stretch::Stretch;
use crate::capture::{CaptureReader, Cursor, Position, Scanned, Scanner, Snapshot};
use crate::model::{Failure, RecordKind};
use crate::task::{Control, Notify};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How often results are published while scanning.
const PUBLISH_EVERY: Duration = Duration::from_millis(20);
/// How often the front end is notified at most.
const NOTIFY_EVERY: Duration = Duration::from_millis(33);
/// Results are published early beyond so many new ones.
const MAX_NEWS: usize = 1 << 16;
/// Threads look ahead in at least so many parts; fewer take less time than starting the threads.
const MIN_PARTS: usize = 3;
/// The same at most, before the parts that follow are looked for anew.
const MAX_PARTS: usize = 256;

pub(super) struct Worker<'a> {
    reader: CaptureReader,
    scanner: Scanner,
    /// Where the scan began.
    from: Position,
    /// Reads records before the one being scanned.
    cursor: Cursor,
    filter: Option<CompiledFilter>,
    engine: Option<Engines>,
    division: Division,
    news: News,
    failure: Option<Failure>,
    notify: Notify,
    control: &'a Control,
    /// The results being built; a copy of them is published.
    results: Results,
    latest: &'a Latest<Results>,
    published_at: Instant,
    /// When the front end was notified last.
    notified_at: Option<Instant>,
    /// Something was published since the last notification.
    is_unseen: bool,
}

/// What was found since the last publication.
#[derive(Default)]
struct News {
    is_filter: bool,
    /// Further matches are only counted.
    is_full: bool,
    counted: u64,
    withdrawn: Vec<Found>,
    found: Vec<Found>,
    /// Records that pass, or no longer do, in the order of finding out.
    changes: Vec<(Position, bool)>,
}

impl Output for News {
    fn found(&mut self, hits: &[Hit]) {
        if self.is_filter {
            for hit in hits.iter().filter(|hit| hit.passes) {
                let change = (hit.part.record, true);
                if self.changes.last() != Some(&change) {
                    self.changes.push(change);
                }
            }
        } else if self.is_full {
            self.counted += 1;
        } else {
            self.found.extend(found(hits));
        }
    }

    fn withdrawn(&mut self, hits: &[Hit], still_touched: Option<Position>) {
        if self.is_filter {
            let gone = hits.iter().map(|hit| hit.part.record);
            let gone = gone.filter(|record| Some(*record) != still_touched);
            self.changes.extend(gone.map(|record| (record, false)));
        } else if let Some(gone) = found(hits) {
            // A match found a moment ago is mostly among the last and not yet published.
            match self.found.iter().rposition(|found| *found == gone) {
                Some(index) => drop(self.found.swap_remove(index)),
                None => self.withdrawn.push(gone),
            }
        }
    }
}

fn found(hits: &[Hit]) -> Option<Found> {
    let (end, heads) = hits.split_last()?;
    Some(Found { end: end.part, heads: heads.iter().map(|hit| hit.part).collect() })
}

impl<'a> Worker<'a> {
    pub fn new(
        job: Job,
        reader: CaptureReader,
        from: Position,
        notify: Notify,
        control: &'a Control,
        results: Results,
        latest: &'a Latest<Results>,
    ) -> Self {
        let (filter, matcher) = match job {
            Job::Search(matcher) => (None, Some(matcher)),
            Job::Filter(filter) => {
                let matcher = filter.content.clone();
                (Some(filter), matcher)
            }
        };
        Self {
            scanner: Scanner::new(from),
            from,
            cursor: Cursor::new(reader.snapshot()),
            reader,
            engine: matcher.as_ref().map(Engines::new),
            division: Division::usual(),
            news: News { is_filter: filter.is_some(), ..News::default() },
            filter,
            failure: None,
            notify,
            control,
            results,
            latest,
            published_at: Instant::now(),
            notified_at: None,
            is_unseen: false,
        }
    }

    /// The same with the recording divided in another way.
    pub fn divided(self, division: Division) -> Self {
        Self { division, ..self }
    }

    pub fn run(&mut self) {
        while !self.control.is_cancelled() {
            let snapshot = self.reader.snapshot();
            if self.scan_parts(&snapshot) {
                continue;
            }
            if self.scan_chunk(&snapshot, Position(u64::MAX)) {
                self.publish_when_due(&snapshot);
                continue;
            }
            if let Some(engine) = &mut self.engine {
                engine.pause(&mut self.news);
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

    /// Scans the parts that are there by now, with threads that look ahead in them. Returns whether there were enough.
    pub fn scan_parts(&mut self, snapshot: &Snapshot) -> bool {
        let Division { part_bytes, threads } = self.division;
        let from = self.scanner.position().max(snapshot.start());
        if threads == 0 || snapshot.borders(from, part_bytes, MIN_PARTS).len() <= MIN_PARTS {
            return false;
        }
        let Some(probes) = self.engine.as_ref().and_then(Engines::probes) else { return false };
        let borders = snapshot.borders(from, part_bytes, MAX_PARTS);
        self.scanner.seek(from);
        let (reader, filter) = (self.reader.clone(), self.filter.clone());
        let lookout = Lookout { reader, filter, probes, control: self.control };
        lookout.look_through(&borders, threads, |stretches| {
            for stretch in stretches {
                self.scan_until(stretch.range.start);
                self.pass_over(stretch);
            }
            let snapshot = self.reader.snapshot();
            self.publish_when_due(&snapshot);
            if self.control.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.scan_until(borders.last().copied().unwrap_or(from));
        true
    }

    /// Scans up to a border between blocks, or a little further if it is none.
    fn scan_until(&mut self, border: Position) {
        while self.scanner.position() < border && !self.control.is_cancelled() {
            let snapshot = self.reader.snapshot();
            if !self.scan_chunk(&snapshot, border) {
                return;
            }
            self.publish_when_due(&snapshot);
        }
    }

    /// Passes over a stretch if everything before it was scanned and no match there goes on in it.
    fn pass_over(&mut self, stretch: Stretch) {
        let Some(engine) = &mut self.engine else { return };
        let range = stretch.range.clone();
        if self.scanner.position() == range.start && engine.pass_over(stretch, &mut self.news) {
            self.scanner.seek(range.end);
        }
    }

    /// Scans the next chunk, which ends at `until` at the latest if that is a border between blocks. Returns whether
    /// there was one.
    fn scan_chunk(&mut self, snapshot: &Snapshot, until: Position) -> bool {
        self.cursor.update(snapshot.clone());
        let chunk = match self.scanner.read_until(snapshot, until) {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return false,
            Err(failure) => {
                self.failure = Some(failure);
                self.scanner.skip_damage(snapshot, &|| self.control.is_cancelled());
                return true;
            }
        };
        if let Some(engine) = &mut self.engine {
            engine.begin_chunk(chunk.bytes);
        }
        for scanned in chunk.records() {
            // The processor time is counted for each chunk.
            if self.control.was_cancelled() {
                return true;
            }
            // By reference: moving a record of this size costs as much as reading it.
            match &scanned {
                Ok(scanned) => look_at(
                    self.filter.as_ref(),
                    self.engine.as_mut(),
                    &mut self.cursor,
                    chunk.bytes,
                    scanned,
                    &mut self.news,
                ),
                Err(failure) => self.failure = Some(failure.clone()),
            }
        }
        true
    }

    fn publish_when_due(&mut self, snapshot: &Snapshot) {
        if self.published_at.elapsed() >= PUBLISH_EVERY || self.news.len() >= MAX_NEWS {
            self.publish(snapshot, false);
            if self.until_notice().is_zero() {
                self.tell();
            }
        }
    }

    /// Publishes what was found.
    pub fn publish(&mut self, snapshot: &Snapshot, is_caught_up: bool) {
        let from = self.from.max(snapshot.start());
        let position = self.scanner.position();
        let failure = &self.failure;
        let news = &mut self.news;
        let before = self.results.progress.clone();
        // Withdrawing and finding may leave the counts as they are.
        self.is_unseen |= !news.withdrawn.is_empty() || !news.changes.is_empty();
        self.latest.publish(&mut self.results, |Results { progress, matches, positions }| {
            news.hand_over(matches, positions);
            matches.remove_before(from);
            positions.remove_before(from);
            progress.position = position;
            progress.scanned_bytes = position.0.saturating_sub(from.0);
            progress.total_bytes = snapshot.end().0.saturating_sub(from.0);
            progress.matches = if news.is_filter { positions.len() as u64 } else { matches.count() };
            progress.is_caught_up = is_caught_up;
            if progress.failure != *failure {
                progress.failure.clone_from(failure);
            }
        });
        self.is_unseen |= before != self.results.progress;
        self.published_at = Instant::now();
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

impl News {
    fn len(&self) -> usize {
        self.found.len() + self.changes.len()
    }

    /// Puts what was found into the results, and forgets it.
    fn hand_over(&mut self, matches: &mut Matches, positions: &mut PositionSet) {
        for gone in self.withdrawn.drain(..) {
            matches.withdraw(&gone);
        }
        matches.add(&mut self.found);
        matches.count_more(std::mem::take(&mut self.counted));
        self.is_full = matches.is_full();
        // In the order of the records, which is faster; the last change of each counts.
        self.changes.sort_by_key(|(record, _)| *record);
        for (record, passes) in self.changes.drain(..) {
            if passes {
                positions.insert(record)
            } else {
                positions.remove(record)
            };
        }
    }
}

fn look_at(
    filter: Option<&CompiledFilter>,
    engine: Option<&mut Engines>,
    cursor: &mut Cursor,
    chunk: &[u8],
    scanned: &Scanned<'_>,
    news: &mut News,
) {
    let record = &scanned.entry.record;
    let passes = filter.is_none_or(|filter| filter.passes(record));
    match engine {
        Some(engine) => {
            // Changes end streams, whether or not the filter shows them.
            let is_needed = record.kind != RecordKind::Data || filter.is_none_or(|f| f.passes_stream(record));
            if is_needed {
                engine.record(chunk, scanned, passes, cursor, news);
            }
        }
        None if passes => news.changes.push((scanned.entry.position, true)),
        None => {}
    }
}
