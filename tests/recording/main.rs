//! Recordings as others see them: made by real sessions, read by tshark and capinfos.
//!
//! What Wireshark's dissectors make of a recording is the judge here; what the library itself reads
//! back is tested beside its code. `make test` installs the programs.

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

/// Bytes that repeat only after a long time, so that none can be missing or doubled unnoticed.
fn pattern(length: usize, seed: u32) -> Vec<u8> {
    (0..length as u32).map(|i| (i.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}
