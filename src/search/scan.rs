//! What looks through a recording in the background: starting it, reading its results, stopping it. What the thread of a
//! search or a filter does is in `worker`.

use super::ahead::Division;
use super::matches::Matches;
use super::positions::PositionSet;
use super::priority;
use super::results::{HasProgress, Job, Latest, Progress, Results};
use super::worker::Worker;
use crate::capture::{CaptureReader, Position};
use crate::model::Operation;
use crate::task::{Control, Notify, Task};
use std::sync::Arc;

/// Bound on the parts of all matches that are kept; matches beyond it are only counted. Most have one part.
const KEPT_PARTS: usize = 1_000_000;

/// A scan on a thread of its own, which goes on with what is recorded later. Dropping it cancels it.
#[derive(Debug)]
pub struct Scan<R = Results> {
    latest: Arc<Latest<R>>,
    task: Task<()>,
}

impl Scan {
    /// Begins to scan at `from`, a border between records. `notify` is called on the scan's thread when there are
    /// new results, about 30 times a second at most. The caller tells of new records with [`Scan::wake`].
    /// Where the system has no thread left, that is its [`Progress::failure`].
    #[must_use]
    pub fn start(job: Job, reader: CaptureReader, from: Position, notify: Notify) -> Self {
        Self::start_with(KEPT_PARTS, Division::usual(), job, reader, from, notify)
    }

    pub(super) fn start_with(
        kept_parts: usize,
        division: Division,
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
        let name = match &job {
            Job::Search(_) => "search",
            Job::Filter(_) => "filter",
        };
        let tell = notify.clone();
        Self::run(name, results.clone(), &notify, move |control, latest| {
            Worker::new(job, reader, from, tell, control, results, latest).divided(division).run();
        })
    }
}

impl<R: HasProgress + Send + Sync + 'static> Scan<R> {
    /// Does `work` on a thread of a low priority, which publishes its results.
    pub(crate) fn run(
        name: &'static str,
        first: R,
        notify: &Notify,
        work: impl FnOnce(&Control, &Latest<R>) + Send + 'static,
    ) -> Self {
        let latest = Arc::new(Latest::new(first));
        let for_work = latest.clone();
        let task = Task::start(name, Operation::Read, notify, move |control| {
            priority::lower();
            work(control, &for_work);
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
        let mut progress = self.latest.get().progress().clone();
        progress.failure = progress.failure.or_else(|| self.task.failure());
        progress
    }

    /// The results published last. Never waits for the scan.
    #[must_use]
    pub fn results(&self) -> Arc<R> {
        self.latest.get()
    }
}
