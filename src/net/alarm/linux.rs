//! A timer with a file descriptor, in the poll.

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token, Waker};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Duration;

/// These timers are as precise as the clock.
pub(super) fn resolution() -> Duration {
    Duration::ZERO
}

#[derive(Debug)]
pub(super) struct Timer(TimerFd);

impl Timer {
    pub fn new(registry: &Registry, _waker: &Arc<Waker>, token: Token) -> io::Result<Self> {
        let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        // It stays in the poll until it is closed. Events are edge-triggered: its expiries need not be read, since
        // setting it again clears them.
        registry.register(&mut SourceFd(&timer.as_fd().as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self(timer))
    }

    /// Sets it to expire after this time, which is not zero. `false`: it is not set.
    pub fn set(&self, after: Duration) -> bool {
        let expiration = Expiration::OneShot(TimeSpec::from_duration(after));
        self.0.set(expiration, TimerSetTimeFlags::empty()).is_ok()
    }

    pub fn unset(&self) {
        // It fails only for a descriptor that is no timer.
        let _ = self.0.unset();
    }
}
