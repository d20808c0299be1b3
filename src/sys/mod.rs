//! What only the operating system's own functions can do, behind functions that are safe to call. The one
//! place with `unsafe`; it knows nothing of sessions and front ends.

pub mod console;
pub mod socket;
