//! Recordings of real sessions, read by tshark and capinfos; `make test` installs them.
//!
//! What the library itself reads back is tested beside its code.

// Not on Windows: tshark is the reference, and wine has none.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;
#[path = "../tshark/mod.rs"]
mod tshark;

mod damage;
mod parts;
mod sessions;

use std::net::{IpAddr, SocketAddr};

const LOOPBACKS: [&str; 2] = ["127.0.0.1", "::1"];

fn any_port(ip: &str) -> SocketAddr {
    (ip.parse::<IpAddr>().unwrap(), 0).into()
}

/// Pseudo-random bytes with a long period, so that a missing or repeated part is noticed.
fn pattern(length: usize, seed: u32) -> Vec<u8> {
    (0..length as u32).map(|i| (i.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}
