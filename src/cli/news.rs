//! What the main thread waits for, and a queue of it that loses nothing and grows no further: each kind is queued once.

use crossbeam_channel::{Receiver, Sender};
use std::collections::VecDeque;
use std::io;
use std::mem::discriminant;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What the main thread waits for.
#[derive(Debug)]
pub(super) enum News {
    /// Something failed; the next status has the failure.
    Failed,
    /// The session's status has changed.
    Status,
    /// Connections were opened that are sent something.
    Opened,
    /// The first connection was opened.
    FirstOpened,
    /// The first connection has closed, and whether it broke.
    FirstClosed { is_broken: bool },
    /// The number of received data records asked for with `--count` is reached.
    CountReached,
    /// Standard output cannot be written any more.
    OutputFailed(io::Error),
    /// The run of the sequence has ended.
    RunEnded { has_passed: bool },
    /// Ctrl+C, SIGTERM or SIGHUP.
    Interrupted,
    /// The session's thread has ended.
    Ended,
    /// A file that grows with the session could not be written.
    FileFailed,
}

type Queue = Arc<Mutex<VecDeque<News>>>;

/// Sends news to the main thread without blocking.
#[derive(Clone, Debug)]
pub(super) struct NewsSender {
    queue: Queue,
    wake: Sender<()>,
}

/// The end of the main thread.
#[derive(Debug)]
pub(super) struct NewsReceiver {
    queue: Queue,
    woken: Receiver<()>,
}

/// A queue for news.
pub(super) fn news() -> (NewsSender, NewsReceiver) {
    let (wake, woken) = crossbeam_channel::bounded(1);
    let queue = Queue::default();
    (NewsSender { queue: queue.clone(), wake }, NewsReceiver { queue, woken })
}

impl NewsSender {
    /// Queues it, unless news of its kind waits already: whoever takes that looks at what there is then.
    pub fn send(&self, what: News) {
        let mut queue = lock(&self.queue);
        if !queue.iter().any(|queued| discriminant(queued) == discriminant(&what)) {
            queue.push_back(what);
        }
        drop(queue);
        // A full channel holds a wake-up already.
        let _ = self.wake.try_send(());
    }
}

impl NewsReceiver {
    /// The next news. `None`: there is none until the deadline but a changed status, or nobody is left to send any.
    pub fn next(&self, deadline: Option<Instant>) -> Option<News> {
        loop {
            match self.queued() {
                // The status of a busy session changes all the time.
                Some(News::Status) if deadline.is_some_and(|deadline| deadline <= Instant::now()) => {
                    return self.queued();
                }
                None => {}
                what => return what,
            }
            let is_woken = match deadline {
                Some(deadline) => self.woken.recv_deadline(deadline).is_ok(),
                None => self.woken.recv().is_ok(),
            };
            if !is_woken {
                return self.queued();
            }
        }
    }

    /// The next news that is queued already.
    pub fn queued(&self) -> Option<News> {
        lock(&self.queue).pop_front()
    }
}

fn lock(queue: &Queue) -> MutexGuard<'_, VecDeque<News>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn no_kind_of_news_is_lost_however_often_another_comes() {
        let (sender, receiver) = news();
        for _ in 0..1000 {
            sender.send(News::Status);
            sender.send(News::FileFailed);
        }
        sender.send(News::RunEnded { has_passed: true });
        sender.send(News::Ended);
        let all: Vec<_> = std::iter::from_fn(|| receiver.queued()).collect();
        let [News::Status, News::FileFailed, News::RunEnded { has_passed: true }, News::Ended] = &all[..]
        else {
            panic!("{all:?}")
        };
        sender.send(News::Status);
        assert!(matches!(receiver.next(None), Some(News::Status)), "once it was taken, it comes again");
        let soon = Instant::now() + Duration::from_millis(1);
        assert!(receiver.next(Some(soon)).is_none());
        sender.send(News::Status);
        assert!(receiver.next(Some(soon)).is_none(), "the deadline comes, however often the status changes");
        drop(sender);
        assert!(receiver.next(None).is_none());
    }
}
