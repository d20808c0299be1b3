//! The side of a task that the work uses: reporting progress, checking for cancellation, waiting to be woken.

use super::lock;
use crate::sys::cpu_time;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Notifies the front end that something has changed. Called on any thread; must not block.
pub type Notify = Arc<dyn Fn() + Send + Sync>;

/// How far the work has come, in units of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Units done.
    pub done: u64,
    /// Units in all; 0 before the first report.
    pub total: u64,
}

impl Progress {
    /// From 0 to 1; 0 where the total is not known.
    #[must_use]
    pub fn fraction(self) -> f32 {
        if self.total == 0 { 0.0 } else { (self.done as f64 / self.total as f64).min(1.0) as f32 }
    }
}

/// What a task and its thread share.
#[derive(Debug, Default)]
pub struct Control {
    done: AtomicU64,
    total: AtomicU64,
    is_cancelled: AtomicBool,
    /// Set by a wake-up, cleared by the wait that it ends: a wake-up before the wait is not lost.
    is_woken: Mutex<bool>,
    woken: Condvar,
}

impl Control {
    /// Reports progress. `Break`: the work is to end early.
    pub fn step(&self, done: u64, total: u64) -> ControlFlow<()> {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Whether the work is to end early. To be asked for each block: it also counts the thread's processor time as
    /// work of its own.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        cpu_time::report(Instant::now());
        self.was_cancelled()
    }

    /// The same without counting, which reads the clock: for the thread that cancels, and for work on each record.
    pub(crate) fn was_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    /// Blocks until the task is woken or cancelled. Returns at once if that happened since the last wait.
    pub fn wait(&self) {
        let mut is_woken = lock(&self.is_woken);
        while !*is_woken && !self.is_cancelled() {
            is_woken = self.woken.wait(is_woken).unwrap_or_else(PoisonError::into_inner);
        }
        *is_woken = false;
    }

    /// Blocks for `time`, or until the task is cancelled. A wake-up meanwhile is kept for the next
    /// [`wait`](Self::wait).
    pub fn sleep(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut is_woken = lock(&self.is_woken);
        while !self.is_cancelled() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            is_woken = self.woken.wait_timeout(is_woken, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn progress(&self) -> Progress {
        Progress { done: self.done.load(Ordering::Relaxed), total: self.total.load(Ordering::Relaxed) }
    }

    pub(super) fn wake(&self) {
        *lock(&self.is_woken) = true;
        self.woken.notify_all();
    }

    pub(super) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
        // Also orders the flag before the check of a thread that is about to wait.
        self.wake();
    }
}
