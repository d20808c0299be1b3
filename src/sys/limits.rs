//! Limits of the process that Linux enforces with a signal.

use nix::sys::signal::{SigSet, Signal};

/// Makes a write beyond the file size limit (`ulimit -f`) fail with `EFBIG` instead of killing the process with
/// `SIGXFSZ`. Must run before the first thread is started: threads inherit the blocked signal. Programs that the
/// process starts do not: the standard library unblocks all signals for them.
pub fn report_file_size_limit() {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGXFSZ);
    // It cannot fail: the signal is one that may be blocked.
    let _ = signals.thread_block();
}
