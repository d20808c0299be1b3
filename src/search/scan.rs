//! A search or a filter at work in the background: starting it, looking at what it has found, and
//! stopping it. What its thread does is in `worker`.

use super::filter::CompiledFilter;
use super::matches::Matches;
use super::positions::PositionSet;
use super::query::Matcher;
use super::worker::Worker;
use crate::capture::{CaptureReader, Position};
use crate::model::{Failure, Operation};
use crate::task::{Notify, Task};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};

/// Of 99, where 50 is usual: a search takes what receiving and the window leave. On Linux niceness 11, of which
/// a full processor still gives a tenth; on Windows "below normal".
const PRIORITY: u8 = 20;
/// Of how many parts in all matches are kept; those beyond are counted. Most have one.
const KEPT_PARTS: usize = 1_000_000;

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Job {
    /// Collect the matches.
    Search(Matcher),
    /// Collect the records that pass.
    Filter(CompiledFilter),
}

/// How far a scan has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the recording that were looked at.
    pub scanned_bytes: u64,
    /// Bytes of the recording that there are, from where the scan began.
    pub total_bytes: u64,
    /// Everything recorded before it, from where the scan began, was looked at.
    pub position: Position,
    /// How many matches, or records that pass, there are so far.
    pub matches: u64,
    /// All that was recorded is looked at.
    pub is_caught_up: bool,
    /// What could not be read, and was passed over.
    pub failure: Option<Failure>,
}

/// A scan on a thread of its own, which goes on for what is recorded later. Dropping it ends it.
#[derive(Debug)]
pub struct Scan {
    results: Arc<Mutex<Results>>,
    task: Task<()>,
}

#[derive(Debug)]
pub(super) struct Results {
    pub progress: Progress,
    pub matches: Matches,
    pub positions: PositionSet,
}

impl Scan {
    /// Begins to look at what is recorded from `from` on, a border between records. `notify` is
    /// called from the scan's thread when there is something new to show, about 30 times a second at
    /// most; the recording's own news are given to it by [`Scan::wake`].
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
        let results = Arc::new(Mutex::new(results));
        let name = match &job {
            Job::Search(_) => "search",
            Job::Filter(_) => "filter",
        };
        let for_worker = results.clone();
        let tell = notify.clone();
        let task = Task::start(name, Operation::Read, &notify, move |control| {
            if let Ok(low) = ThreadPriorityValue::try_from(PRIORITY) {
                // Where the system does not allow it, the search is a thread like the others.
                let _ = set_current_thread_priority(ThreadPriority::Crossplatform(low));
            }
            Worker::new(job, reader, from, tell, control, &for_worker).run();
            Ok(())
        });
        Self { results, task }
    }

    /// Tells it that there may be more in the recording.
    pub fn wake(&self) {
        self.task.wake();
    }

    /// Whether its thread is there. It ends only when it is cancelled, or by a mistake in the program.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.task.is_finished()
    }

    /// Ends it within milliseconds, without waiting for that. What it has found stays.
    pub fn cancel(&self) {
        self.task.cancel();
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let mut progress = lock(&self.results).progress.clone();
        progress.failure = progress.failure.or_else(|| self.task.failure());
        progress
    }

    /// Looks at what a search has found so far. The scan waits meanwhile.
    pub fn with_matches<R>(&self, look: impl FnOnce(&Matches) -> R) -> R {
        look(&lock(&self.results).matches)
    }

    /// Looks at the records that have passed a filter so far. The scan waits meanwhile.
    pub fn with_positions<R>(&self, look: impl FnOnce(&PositionSet) -> R) -> R {
        look(&lock(&self.results).positions)
    }
}

/// A panic while a lock is held is reported as the scan's failure; what it left may be looked at.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
