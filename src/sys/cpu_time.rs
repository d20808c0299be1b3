//! The processor time of the process, and the part of it that threads have reported as their own.
//!
//! What nobody has reported is the window's: its own thread, and those that a software renderer paints with.

#![cfg_attr(
    windows,
    allow(unsafe_code, reason = "system calls that no dependency wraps; each has its safety comment")
)]

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The reported processor time in nanoseconds: enough for five centuries.
static REPORTED: AtomicU64 = AtomicU64::new(0);

/// How often a thread reports at most: asking the system costs more than a short turn of its work.
const INTERVAL: Duration = Duration::from_millis(5);

thread_local! {
    /// The time of the thread's last report, and its processor time then.
    static LAST: Cell<Option<(Instant, Duration)>> = const { Cell::new(None) };
}

/// Reports the processor time of the calling thread since its last report, unless that was a moment ago. To be
/// called often. Returns what it reported.
pub fn report(now: Instant) -> Duration {
    let last = LAST.get();
    if last.is_some_and(|(time, _)| now.saturating_duration_since(time) < INTERVAL) {
        return Duration::ZERO;
    }
    let used = of_thread();
    let before = last.map_or(Duration::ZERO, |(_, used)| used);
    LAST.set(Some((now, used)));
    let added = used.saturating_sub(before);
    REPORTED.fetch_add(added.as_nanos() as u64, Ordering::Relaxed);
    added
}

/// The processor time of the process that no thread has reported. Zero where the system does not tell.
#[must_use]
pub fn unreported() -> Duration {
    // Read first: a report between the two would be subtracted without being in the sum.
    let reported = Duration::from_nanos(REPORTED.load(Ordering::Relaxed));
    of_process().saturating_sub(reported)
}

#[cfg(target_os = "linux")]
fn of_thread() -> Duration {
    of_clock(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID)
}

#[cfg(target_os = "linux")]
fn of_process() -> Duration {
    of_clock(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID)
}

#[cfg(target_os = "linux")]
fn of_clock(clock: nix::time::ClockId) -> Duration {
    nix::time::clock_gettime(clock).map(Duration::from).unwrap_or_default()
}

#[cfg(windows)]
use windows::{of_process, of_thread};

#[cfg(windows)]
mod windows {
    use std::time::Duration;
    use windows_sys::Win32::Foundation::FILETIME;
    use windows_sys::Win32::System::Threading::{
        GetCurrentProcess, GetCurrentThread, GetProcessTimes, GetThreadTimes,
    };

    /// The times at which something began and ended, and what it used in the kernel and outside of it.
    #[derive(Default)]
    struct Times {
        begun: FILETIME,
        ended: FILETIME,
        kernel: FILETIME,
        user: FILETIME,
    }

    impl Times {
        fn used(&self) -> Duration {
            // In units of 100 ns.
            let units = |time: FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
            Duration::from_nanos((units(self.kernel) + units(self.user)) * 100)
        }
    }

    pub fn of_thread() -> Duration {
        let mut times = Times::default();
        let Times { begun, ended, kernel, user } = &mut times;
        // SAFETY: the pseudo handle of the calling thread is always valid; the four times are written during the call.
        let is_told = unsafe { GetThreadTimes(GetCurrentThread(), begun, ended, kernel, user) };
        if is_told == 0 { Duration::ZERO } else { times.used() }
    }

    pub fn of_process() -> Duration {
        let mut times = Times::default();
        let Times { begun, ended, kernel, user } = &mut times;
        // SAFETY: the pseudo handle of the process is always valid; the four times are written during the call.
        let is_told = unsafe { GetProcessTimes(GetCurrentProcess(), begun, ended, kernel, user) };
        if is_told == 0 { Duration::ZERO } else { times.used() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    /// Uses the processor for at least `time`.
    fn work(time: Duration) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let begun = of_thread();
        while of_thread() - begun < time {
            assert!(Instant::now() < deadline, "the processor time does not grow");
            black_box((0..10_000).sum::<u64>());
        }
    }

    #[test]
    fn what_a_thread_reports_counts_once() {
        const TIME: Duration = Duration::from_millis(100);
        let of_reports = || Duration::from_nanos(REPORTED.load(Ordering::Relaxed));
        let (process, before) = (of_process(), of_reports());
        let reporting = std::thread::Builder::new();
        let reporting = reporting.spawn(|| {
            work(TIME);
            let now = Instant::now();
            let first = report(now);
            // At once: not again.
            work(Duration::from_millis(1));
            assert_eq!(report(now), Duration::ZERO);
            let second = report(now + INTERVAL);
            assert!(second > Duration::ZERO);
            // Nothing is reported twice or left out.
            assert_eq!(LAST.get().unwrap().1, first + second);
            first + second
        });
        let used = reporting.unwrap().join().unwrap();
        assert!(used >= TIME);
        // Other tests use the processor and report as well.
        assert!(of_process() - process >= TIME);
        assert!(of_reports() - before >= TIME, "{:?} reported of {used:?}", of_reports() - before);
        assert!(unreported() <= of_process());
    }
}
