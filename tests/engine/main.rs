//! Sessions against plain sockets of the standard library, on loopback and port 0, with deadlines.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and its threads need no names"
)]

#[path = "../support/mod.rs"]
mod support;

mod client;
mod ending;
mod files;
mod forwarding;
// Not on Windows: how late acknowledgements are differs there.
#[cfg(target_os = "linux")]
mod no_delay;
mod pieces;
mod previews;
mod repeats;
mod rules;
mod sequences;
mod server;
mod udp;
