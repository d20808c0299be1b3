//! What a session's thread publishes for its handle: the status, and the results of sends.

use crate::model::{
    CloseReason, Connections, Failure, FailureKind, Operation, SendResult, SessionState, Status,
};
use std::any::Any;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many results of sends are kept until they are taken; the oldest are dropped.
pub(super) const RESULTS: usize = 256;

/// The newest status and results, and the notification of the front end.
pub(super) struct Shared {
    published: Mutex<Published>,
    has_news: AtomicBool,
    notify: Arc<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Published {
    status: Status,
    results: VecDeque<SendResult>,
}

impl Shared {
    pub fn new(notify: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { published: Mutex::default(), has_news: AtomicBool::new(false), notify }
    }

    /// The newest status. Reading it allows the next notification.
    pub fn status(&self) -> Status {
        self.has_news.store(false, Ordering::Release);
        self.lock().status.clone()
    }

    /// The newest status, and then what `snapshot` returns. In this order, because reading the status allows the next
    /// notification: whatever is published after the snapshot is notified of.
    pub fn latest<T>(&self, snapshot: impl FnOnce() -> T) -> (Status, T) {
        let status = self.status();
        (status, snapshot())
    }

    /// The results since the last call, oldest first.
    pub fn take_results(&self) -> Vec<SendResult> {
        self.lock().results.drain(..).collect()
    }

    /// Replaces the status, adds the results of sends, and notifies.
    pub fn publish(&self, status: &Status, results: impl IntoIterator<Item = SendResult>) {
        let mut published = self.lock();
        published.status = status.clone();
        for result in results {
            if published.results.len() == RESULTS {
                published.results.pop_front();
            }
            published.results.push_back(result);
        }
        drop(published);
        if !self.has_news.swap(true, Ordering::AcqRel) {
            (self.notify)();
        }
    }

    /// Publishes that the session's thread has panicked.
    pub fn publish_panic(&self, cause: &(dyn Any + Send)) {
        let detail = cause
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| cause.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "?".into());
        let failure = Failure::new(Operation::Receive, "", FailureKind::Internal { detail });
        let mut status = self.lock().status.clone();
        status.state = SessionState::Closed(CloseReason::Failed(failure.clone()));
        status.connections = Connections::default();
        status.failure = Some(failure);
        status.failures += 1;
        self.publish(&status, []);
    }

    fn lock(&self) -> MutexGuard<'_, Published> {
        // The status is replaced as a whole: a panic cannot leave half of one.
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;

    /// Otherwise the front end does not look again until something else happens.
    #[test]
    fn what_is_published_right_after_the_snapshot_notifies() {
        let (tell, told) = bounded(8);
        let shared = Shared::new(Arc::new(move || tell.send(()).unwrap()));
        shared.publish(&Status::default(), []);
        assert_eq!(told.try_iter().count(), 1);
        let (_, seen) = shared.latest(|| {
            let seen = "the recording before the news";
            shared.publish(&Status::default(), []);
            seen
        });
        assert_eq!((seen, told.try_iter().count()), ("the recording before the news", 1));
    }
}
