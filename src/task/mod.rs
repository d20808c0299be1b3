//! Work on a thread of its own, with progress, cancelling, waking and one outcome.
//!
//! Owns the protocol between that thread and the one that started it, for jobs of the window, searches, indexing and
//! saving. Knows nothing of the work itself. Start with [`Task::start`].

mod control;

pub use control::{Control, Notify, Progress};

use crate::model::{Failure, FailureKind, Operation};
use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// What the work ended with. A panic is [`FailureKind::Internal`].
pub type Outcome<T> = Result<T, Failure>;

/// Work that runs on a thread of its own. Dropping it cancels the work and does not wait for the thread.
#[derive(Debug)]
pub struct Task<T> {
    control: Arc<Control>,
    state: Arc<Mutex<State<T>>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum State<T> {
    Running,
    Finished(Outcome<T>),
    /// The outcome was taken.
    Taken,
}

impl<T: Send + 'static> Task<T> {
    /// Runs `work` on a thread called `name`. `notify` is called on that thread once the outcome can be taken.
    /// `operation` is named in the failure if the thread cannot be started or panics; the outcome is that
    /// failure then.
    pub fn start(
        name: &str,
        operation: Operation,
        notify: &Notify,
        work: impl FnOnce(&Control) -> Outcome<T> + Send + 'static,
    ) -> Self {
        let control = Arc::new(Control::default());
        let state = Arc::new(Mutex::new(State::Running));
        let (thread_control, thread_state, notify) = (control.clone(), state.clone(), notify.clone());
        let run = move || {
            let outcome = panic::catch_unwind(AssertUnwindSafe(|| work(&thread_control)))
                .unwrap_or_else(|cause| Err(panicked(operation, &*cause)));
            *lock(&thread_state) = State::Finished(outcome);
            notify();
        };
        let thread = match thread::Builder::new().name(name.into()).spawn(run) {
            Ok(thread) => Some(thread),
            Err(error) => {
                *lock(&state) = State::Finished(Err(Failure::from_io(operation, "", &error)));
                None
            }
        };
        Self { control, state, thread }
    }
}

impl<T> Task<T> {
    /// The outcome, once; `None` before the work has ended and after it was taken.
    pub fn take(&mut self) -> Option<Outcome<T>> {
        let mut state = lock(&self.state);
        if matches!(*state, State::Running) {
            return None;
        }
        match std::mem::replace(&mut *state, State::Taken) {
            State::Finished(outcome) => Some(outcome),
            State::Running | State::Taken => None,
        }
    }

    /// Whether the work has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !matches!(*lock(&self.state), State::Running)
    }

    /// The failure that the work has ended with, unless the outcome was taken.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match &*lock(&self.state) {
            State::Finished(Err(failure)) => Some(failure.clone()),
            _ => None,
        }
    }

    /// The progress last reported with [`Control::step`].
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.control.progress()
    }

    /// Wakes the work where it waits in [`Control::wait`]; otherwise its next call returns at once.
    pub fn wake(&self) {
        self.control.wake();
    }

    /// Asks the work to end early, and wakes it. The outcome can still be taken.
    pub fn cancel(&self) {
        self.control.cancel();
    }

    /// Whether the task was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.control.was_cancelled()
    }

    /// Blocks until the work has ended, and its notification returned.
    pub fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // The work's panics are its outcome; one of `notify` has been reported by the thread itself.
            let _ = thread.join();
        }
    }

    /// Cancels the work, blocks until it has ended, and returns the outcome unless it was taken before.
    pub fn finish(mut self) -> Option<Outcome<T>> {
        self.cancel();
        self.join();
        self.take()
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.cancel();
    }
}

fn panicked(operation: Operation, cause: &(dyn Any + Send)) -> Failure {
    let text = cause.downcast_ref::<&str>().copied();
    let text = text.or_else(|| cause.downcast_ref::<String>().map(String::as_str));
    Failure::new(operation, "", FailureKind::Internal { detail: text.unwrap_or("panic").into() })
}

/// Locks are held only to replace or read a whole value, which a panic cannot leave half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
