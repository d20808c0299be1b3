//! What a scan does and what it has found: the job, its progress, and the results that readers take without waiting.

use super::filter::CompiledFilter;
use super::matches::Matches;
use super::positions::PositionSet;
use super::query::Matcher;
use crate::capture::Position;
use crate::model::Failure;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// What a scan does.
#[derive(Clone, Debug)]
pub enum Job {
    /// Collect the matches.
    Search(Matcher),
    /// Collect the records that pass.
    Filter(CompiledFilter),
}

/// Progress of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the recording scanned so far.
    pub scanned_bytes: u64,
    /// Bytes of the recording from where the scan began.
    pub total_bytes: u64,
    /// Everything between where the scan began and this was scanned.
    pub position: Position,
    /// Matches, or records that pass, so far.
    pub matches: u64,
    /// Everything recorded was scanned.
    pub is_caught_up: bool,
    /// What could not be read and was skipped, or why the scan has ended.
    pub failure: Option<Failure>,
}

/// What a scan has found up to some point. Immutable: the scan publishes another value later.
#[derive(Clone, Debug)]
pub struct Results {
    /// The progress at that point.
    pub progress: Progress,
    /// The matches of a search.
    pub matches: Matches,
    /// The records that have passed a filter.
    pub positions: PositionSet,
}

/// What has a scan's progress beside what it has found.
pub trait HasProgress {
    /// The progress at that point.
    fn progress(&self) -> &Progress;
}

impl HasProgress for Results {
    fn progress(&self) -> &Progress {
        &self.progress
    }
}

/// The results published last. Publishing swaps a pointer, so that readers and the scan never wait for each other.
#[derive(Debug)]
pub struct Latest<R>(ArcSwap<R>);

impl<R> Latest<R> {
    pub(super) fn new(results: R) -> Self {
        Self(ArcSwap::from_pointee(results))
    }

    /// The results published last.
    #[must_use]
    pub fn get(&self) -> Arc<R> {
        self.0.load_full()
    }

    /// Publishes new results.
    pub fn set(&self, results: R) {
        self.0.store(Arc::new(results));
    }
}

impl Latest<Results> {
    /// Prepares new results with `change`, which may take long, and publishes them then.
    pub(super) fn publish(&self, results: &mut Results, change: impl FnOnce(&mut Results)) {
        change(results);
        self.set(results.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;
    use std::time::Duration;

    /// A search at low priority may be held up anywhere while it prepares what it publishes.
    #[test]
    fn a_reader_does_not_wait_while_results_are_prepared() {
        const DEADLINE: Duration = Duration::from_secs(20);
        let progress = |matches| Progress { matches, ..Progress::default() };
        let mut results =
            Results { progress: progress(1), matches: Matches::new(10), positions: PositionSet::default() };
        let latest = Latest::new(results.clone());
        let (tell, is_preparing) = bounded(1);
        let (resume, resumed) = bounded::<()>(1);
        let (read, was_read) = bounded(1);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                latest.publish(&mut results, |results| {
                    tell.send(()).unwrap();
                    resumed.recv().unwrap();
                    results.progress = progress(2);
                });
            });
            is_preparing.recv_timeout(DEADLINE).unwrap();
            scope.spawn(|| read.send(latest.get().progress.matches).unwrap());
            let seen = was_read.recv_timeout(DEADLINE);
            resume.send(()).unwrap();
            assert_eq!(seen, Ok(1));
        });
        assert_eq!(latest.get().progress.matches, 2);
    }
}
