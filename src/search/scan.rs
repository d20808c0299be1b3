//! A search or a filter that runs in the background: starting it, reading its results, stopping it. What its
//! thread does is in `worker`.

use super::filter::CompiledFilter;
use super::matches::Matches;
use super::positions::PositionSet;
use super::query::Matcher;
use super::worker::Worker;
use crate::capture::{CaptureReader, Position};
use crate::model::{Failure, Operation};
use crate::task::{Notify, Task};
use arc_swap::ArcSwap;
use std::sync::Arc;
use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};

/// Priority from 0 to 99, where 50 is usual: receiving and the window come first. On Linux this is niceness 11,
/// which still gets a tenth of a busy processor; on Windows "below normal".
const PRIORITY: u8 = 20;
/// Bound on the parts of all matches that are kept; matches beyond it are only counted. Most have one part.
const KEPT_PARTS: usize = 1_000_000;

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

/// A scan on a thread of its own, which goes on with what is recorded later. Dropping it cancels it.
#[derive(Debug)]
pub struct Scan {
    latest: Arc<Latest>,
    task: Task<()>,
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

/// The results published last. Publishing swaps a pointer, so that readers and the scan never wait for each other.
#[derive(Debug)]
pub(super) struct Latest(ArcSwap<Results>);

impl Latest {
    fn new(results: Results) -> Self {
        Self(ArcSwap::from_pointee(results))
    }

    pub fn get(&self) -> Arc<Results> {
        self.0.load_full()
    }

    /// Prepares new results with `change`, which may take long, and publishes them then.
    pub fn publish(&self, results: &mut Results, change: impl FnOnce(&mut Results)) {
        change(results);
        self.0.store(Arc::new(results.clone()));
    }
}

impl Scan {
    /// Begins to scan at `from`, a border between records. `notify` is called on the scan's thread when there are
    /// new results, about 30 times a second at most. The caller tells of new records with [`Scan::wake`].
    /// Where the system has no thread left, that is its [`Progress::failure`].
    #[must_use]
    pub fn start(job: Job, reader: CaptureReader, from: Position, notify: Notify) -> Self {
        Self::start_keeping(KEPT_PARTS, job, reader, from, notify)
    }

    pub(super) fn start_keeping(
        kept_parts: usize,
        job: Job,
        reader: CaptureReader,
        from: Position,
        notify: Notify,
    ) -> Self {
        let results = Results {
            progress: Progress::default(),
            matches: Matches::new(kept_parts),
            positions: PositionSet::default(),
        };
        let latest = Arc::new(Latest::new(results.clone()));
        let name = match &job {
            Job::Search(_) => "search",
            Job::Filter(_) => "filter",
        };
        let for_worker = latest.clone();
        let tell = notify.clone();
        let task = Task::start(name, Operation::Read, &notify, move |control| {
            if let Ok(low) = ThreadPriorityValue::try_from(PRIORITY) {
                // Where the system does not allow it, the search is a thread like the others.
                let _ = set_current_thread_priority(ThreadPriority::Crossplatform(low));
            }
            Worker::new(job, reader, from, tell, control, results, &for_worker).run();
            Ok(())
        });
        Self { latest, task }
    }

    /// Tells it that there may be new records.
    pub fn wake(&self) {
        self.task.wake();
    }

    /// Whether its thread runs. It ends only when it is cancelled or panics.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.task.is_finished()
    }

    /// Ends it within milliseconds, and does not wait for that. Its results stay.
    pub fn cancel(&self) {
        self.task.cancel();
    }

    /// Its progress.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let mut progress = self.latest.get().progress.clone();
        progress.failure = progress.failure.or_else(|| self.task.failure());
        progress
    }

    /// The results published last. Never waits for the scan.
    #[must_use]
    pub fn results(&self) -> Arc<Results> {
        self.latest.get()
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
