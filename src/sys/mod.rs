//! Safe wrappers of system calls that no library wraps: the only place with `unsafe`. Knows nothing of sessions and
//! front ends.

pub mod console;
pub mod socket;
