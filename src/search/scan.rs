//! A search or a filter at work in the background: starting it, looking at what it has found, and
//! stopping it. What its thread does is in `worker`.

use super::filter::CompiledFilter;
use super::matches::Matches;
use super::positions::PositionSet;
use super::query::Matcher;
use super::worker::Worker;
use crate::capture::{CaptureReader, Position};
use crate::model::{Failure, FailureKind, Operation};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
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
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// What the thread and the front end share. The locks are held for moments.
#[derive(Debug)]
pub(super) struct Shared {
    is_cancelled: AtomicBool,
    /// There may be news in the recording.
    is_awake: Mutex<bool>,
    wake: Condvar,
    pub results: Mutex<Results>,
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
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(
        job: Job,
        reader: CaptureReader,
        from: Position,
        notify: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        Self::start_keeping(KEPT_PARTS, job, reader, from, notify)
    }

    pub(super) fn start_keeping(
        kept_parts: usize,
        job: Job,
        reader: CaptureReader,
        from: Position,
        notify: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        let results = Results {
            progress: Progress::default(),
            matches: Matches::new(kept_parts),
            positions: PositionSet::default(),
        };
        let shared = Arc::new(Shared {
            is_cancelled: AtomicBool::new(false),
            is_awake: Mutex::new(false),
            wake: Condvar::new(),
            results: Mutex::new(results),
        });
        let name = match &job {
            Job::Search(_) => "search",
            Job::Filter(_) => "filter",
        };
        let mut worker = Worker::new(job, reader, from, notify, shared.clone());
        let run = move || {
            if let Ok(low) = ThreadPriorityValue::try_from(PRIORITY) {
                // Where the system does not allow it, the search is a thread like the others.
                let _ = set_current_thread_priority(ThreadPriority::Crossplatform(low));
            }
            worker.run();
        };
        let thread = thread::Builder::new().name(name.into()).spawn(run)?;
        Ok(Self { shared, thread })
    }

    /// Tells it that there may be more in the recording.
    pub fn wake(&self) {
        *lock(&self.shared.is_awake) = true;
        self.shared.wake.notify_all();
    }

    /// Whether its thread is there. It ends only when it is cancelled, or by a mistake in the program.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Ends it within milliseconds, without waiting for that. What it has found stays.
    pub fn cancel(&self) {
        self.shared.is_cancelled.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let mut progress = lock(&self.shared.results).progress.clone();
        if self.thread.is_finished() && !self.shared.is_cancelled() && progress.failure.is_none() {
            let kind = FailureKind::Internal { detail: "the search ended".into() };
            progress.failure = Some(Failure::new(Operation::Read, "", kind));
        }
        progress
    }

    /// Looks at what a search has found so far. The scan waits meanwhile.
    pub fn with_matches<R>(&self, look: impl FnOnce(&Matches) -> R) -> R {
        look(&lock(&self.shared.results).matches)
    }

    /// Looks at the records that have passed a filter so far. The scan waits meanwhile.
    pub fn with_positions<R>(&self, look: impl FnOnce(&PositionSet) -> R) -> R {
        look(&lock(&self.shared.results).positions)
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        // Nobody waits for the thread: it holds nothing but the files it reads.
        self.cancel();
    }
}

impl Shared {
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    /// Waits for news.
    pub fn wait(&self) {
        let mut is_awake = lock(&self.is_awake);
        while !*is_awake && !self.is_cancelled() {
            is_awake = self.wake.wait(is_awake).unwrap_or_else(PoisonError::into_inner);
        }
        *is_awake = false;
    }

    /// Waits for a time, or for being cancelled.
    pub fn pause(&self, time: Duration) {
        let until = std::time::Instant::now() + time;
        let mut is_awake = lock(&self.is_awake);
        while !self.is_cancelled() {
            let left = until.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                break;
            }
            is_awake = self.wake.wait_timeout(is_awake, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A panic while a lock is held is reported as the scan's failure; what it left may be looked at.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
