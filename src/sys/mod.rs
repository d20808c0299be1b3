//! Safe wrappers of system calls that no library wraps: the only place with `unsafe`. Knows nothing of sessions and
//! front ends.

#[cfg(windows)]
pub mod console;
pub mod cpu_time;
pub mod file;
#[cfg(target_os = "linux")]
pub mod limits;
#[cfg(feature = "gui")]
pub mod pointer;
#[cfg(windows)]
pub mod socket;
#[cfg(windows)]
pub mod timer;
