//! A waitable timer, and a thread that waits for it and wakes the poll.

use crate::sys::timer::WaitableTimer;
use mio::{Registry, Token, Waker};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How precise timers are on this Windows.
pub(super) fn resolution() -> Duration {
    static RESOLUTION: OnceLock<Duration> = OnceLock::new();
    let of_timer = || WaitableTimer::new().map_or(Duration::from_millis(16), |timer| timer.resolution());
    *RESOLUTION.get_or_init(of_timer)
}

#[derive(Debug)]
pub(super) struct Timer {
    timer: Arc<WaitableTimer>,
    is_closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Timer {
    pub fn new(_registry: &Registry, waker: &Arc<Waker>, _token: Token) -> io::Result<Self> {
        let timer = Arc::new(WaitableTimer::new()?);
        let is_closed = Arc::new(AtomicBool::new(false));
        let (waited, is_over, waker) = (timer.clone(), is_closed.clone(), waker.clone());
        let thread = thread::Builder::new().name("alarm".into()).spawn(move || {
            while waited.wait().is_ok() && !is_over.load(Ordering::Acquire) {
                // It fails only where the poll is gone.
                if waker.wake().is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { timer, is_closed, thread: Some(thread) })
    }

    /// Sets it to expire after this time. `false`: it is not set.
    pub fn set(&self, after: Duration) -> bool {
        self.timer.set(after).is_ok()
    }

    pub fn unset(&self) {
        // As good as never; one that has expired already wakes the poll once for nothing.
        let _ = self.timer.set(Duration::from_secs(100 * 365 * 24 * 3600));
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::Release);
        // Otherwise the thread waits on, and ends with the process.
        if self.timer.set(Duration::ZERO).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}
