//! Work that may take long, on a thread of its own: how far it is, how to cancel it, what came of it. Knows
//! nothing of what the work is, or of how it is shown.

use crate::model::{Failure, FailureKind, Operation};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// What the work sees of its job.
#[derive(Debug, Default)]
pub struct Control {
    done: AtomicU64,
    total: AtomicU64,
    is_cancelled: AtomicBool,
}

impl Control {
    /// Tells how far it is. `Break`: it is to end early.
    pub fn step(&self, done: u64, total: u64) -> ControlFlow<()> {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Whether it is to end early.
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }
}

type Outcome<T> = Result<T, Failure>;

/// A job. Dropping it cancels it, and does not wait.
#[derive(Debug)]
pub struct Job<T> {
    control: Arc<Control>,
    outcome: Arc<Mutex<Option<Outcome<T>>>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Job<T> {
    /// Begins `work` on a thread called `name`; `notify` is called when it is done.
    pub fn start(
        name: &str,
        notify: &Arc<dyn Fn() + Send + Sync>,
        work: impl FnOnce(&Control) -> Outcome<T> + Send + 'static,
    ) -> Self {
        let control = Arc::new(Control::default());
        let outcome = Arc::new(Mutex::new(None));
        let (for_work, to_fill, notify) = (control.clone(), outcome.clone(), notify.clone());
        let started = thread::Builder::new().name(name.into()).spawn(move || {
            let done = work(&for_work);
            *lock(&to_fill) = Some(done);
            notify();
        });
        let thread = started
            .map_err(|error| *lock(&outcome) = Some(Err(Failure::from_io(Operation::Read, name, &error))))
            .ok();
        Self { control, outcome, thread }
    }

    /// What came of it, once.
    pub fn take(&mut self) -> Option<Outcome<T>> {
        // Looked at first: what has ended has put its outcome there, unless it panicked.
        let has_ended = self.thread.as_ref().is_none_or(JoinHandle::is_finished);
        let outcome = lock(&self.outcome).take();
        if outcome.is_some() {
            return outcome;
        }
        // A panic has been reported by the thread itself.
        let thread = self.thread.take_if(|_| has_ended)?;
        let _ = thread.join();
        let kind = FailureKind::Internal { detail: "the work ended early".into() };
        Some(Err(Failure::new(Operation::Read, "", kind)))
    }

    /// How far it is, from 0 to 1.
    pub fn fraction(&self) -> f32 {
        let total = self.control.total.load(Ordering::Relaxed);
        let done = self.control.done.load(Ordering::Relaxed);
        if total == 0 { 0.0 } else { (done as f64 / total as f64).min(1.0) as f32 }
    }

    /// Tells it to end early; what it says then is still to be taken.
    pub fn cancel(&self) {
        self.control.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Cancels it and waits for what it says then.
    pub fn finish(mut self) -> Option<Outcome<T>> {
        self.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        lock(&self.outcome).take()
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.control.is_cancelled.store(true, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // An outcome is put there as a whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;

    #[test]
    fn a_job_tells_how_far_it_is_can_be_cancelled_and_has_one_outcome() {
        let (told, is_told) = bounded(1);
        let (go_on, waits) = bounded::<()>(1);
        let (notify, notified) = bounded(1);
        let notify: Arc<dyn Fn() + Send + Sync> = Arc::new(move || notify.send(()).unwrap());
        let mut job = Job::start("test", &notify, move |control| {
            assert!(control.step(1, 4).is_continue());
            told.send(()).unwrap();
            waits.recv().unwrap();
            Ok(control.step(2, 4).is_break())
        });
        is_told.recv().unwrap();
        assert_eq!(job.fraction(), 0.25);
        assert!(job.take().is_none());
        job.cancel();
        go_on.send(()).unwrap();
        notified.recv().unwrap();
        assert_eq!(job.take(), Some(Ok(true)));
    }

    #[test]
    fn a_panic_is_a_failure() {
        let notify: Arc<dyn Fn() + Send + Sync> = Arc::new(|| {});
        let mut job = Job::start("test", &notify, |control| match control.step(0, 0) {
            ControlFlow::Break(()) => Ok(()),
            ControlFlow::Continue(()) => panic!("a mistake"),
        });
        let thread = loop {
            if let Some(outcome) = job.take() {
                break outcome;
            }
            thread::yield_now();
        };
        assert!(matches!(thread, Err(Failure { kind: FailureKind::Internal { .. }, .. })));
        assert!(job.take().is_none());
    }
}
