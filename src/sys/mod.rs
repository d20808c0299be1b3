//! System calls that neither the standard library nor a crate in the tree wraps as needed, behind safe functions.
//!
//! The only place with `unsafe`. It knows nothing of sessions and front ends.

#[cfg(windows)]
pub mod console;
#[cfg(target_os = "linux")]
pub mod limits;
#[cfg(windows)]
pub mod socket;
