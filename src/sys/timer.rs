//! Waitable timers, which Windows has in place of the timers with a file descriptor of Linux.
#![allow(unsafe_code, reason = "system calls that no dependency wraps; each has its safety comment")]

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::null;
use std::time::Duration;
use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::System::Threading::{
    CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, CreateWaitableTimerExW, INFINITE, SetWaitableTimer,
    TIMER_ALL_ACCESS, WaitForSingleObject,
};

/// The resolution of timers on systems that have those of high resolution: Windows 10 from version 1803 on.
const HIGH_RESOLUTION: Duration = Duration::from_micros(500);
/// The resolution of the others: 64 a second.
const COARSE_RESOLUTION: Duration = Duration::from_micros(15_625);

/// A timer that one thread sets and another one waits for. A wait takes the expiry: the next one waits again.
#[derive(Debug)]
pub struct WaitableTimer {
    handle: OwnedHandle,
    resolution: Duration,
}

impl WaitableTimer {
    /// A timer that is not set, of the best resolution that the system has.
    ///
    /// # Errors
    /// The system has no handles left.
    pub fn new() -> io::Result<Self> {
        Self::with(CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, HIGH_RESOLUTION)
            .or_else(|_| Self::with(0, COARSE_RESOLUTION))
    }

    fn with(flags: u32, resolution: Duration) -> io::Result<Self> {
        // SAFETY: no attributes and no name are passed.
        let handle = unsafe { CreateWaitableTimerExW(null(), null(), flags, TIMER_ALL_ACCESS) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call has made the handle, and nothing else owns it.
        let handle = unsafe { OwnedHandle::from_raw_handle(handle) };
        Ok(Self { handle, resolution })
    }

    /// How precise it is.
    #[must_use]
    pub fn resolution(&self) -> Duration {
        self.resolution
    }

    /// Sets it to expire after this time, in place of an earlier one.
    ///
    /// # Errors
    /// The system refuses the time; an earlier one stays.
    pub fn set(&self, after: Duration) -> io::Result<()> {
        // In units of 100 ns, rounded up; negative: from now.
        let units = i64::try_from(after.as_nanos().div_ceil(100)).unwrap_or(i64::MAX);
        let due = -units.max(1);
        // SAFETY: the handle is open; `due` is read during the call; there is no routine to be called.
        let is_set =
            unsafe { SetWaitableTimer(self.handle.as_raw_handle(), &raw const due, 0, None, null(), 0) };
        if is_set == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Waits until it expires.
    ///
    /// # Errors
    /// The system cannot wait for it.
    pub fn wait(&self) -> io::Result<()> {
        // SAFETY: the handle is open during the call.
        let result = unsafe { WaitForSingleObject(self.handle.as_raw_handle(), INFINITE) };
        if result == WAIT_OBJECT_0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_wait_ends_when_the_time_is_over_and_not_before() {
        let timer = WaitableTimer::new().unwrap();
        for millis in [1, 5, 20] {
            let (time, start) = (Duration::from_millis(millis), Instant::now());
            timer.set(time).unwrap();
            timer.wait().unwrap();
            let waited = start.elapsed();
            assert!(waited + timer.resolution() >= time, "{waited:?} of {time:?}");
        }
        // A later time replaces the one that was set.
        let start = Instant::now();
        timer.set(Duration::from_secs(3600)).unwrap();
        timer.set(Duration::ZERO).unwrap();
        timer.wait().unwrap();
        assert!(start.elapsed() < Duration::from_secs(60));
    }
}
