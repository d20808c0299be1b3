//! The commands of the program, run as processes: input, output, files and exit codes.

#![allow(clippy::unwrap_used, reason = "in tests, a panic is the report")]

mod captures;
mod checksum;
mod commands;
mod connect;
mod contents;
mod endings;
mod excerpt;
mod export;
mod find_checksum;
mod follow;
mod frames;
// Not on Windows: there is no signal that asks a process to end.
#[cfg(target_os = "linux")]
mod interrupts;
mod json;
mod listen;
mod payload;
// Not on Windows: wine has neither socat nor netcat.
#[cfg(target_os = "linux")]
mod peers;
// Not on Windows: its file system has no FIFOs.
#[cfg(target_os = "linux")]
mod pipes;
mod recording;
mod repeat;
#[cfg(windows)]
mod resources;
mod sequences;
mod show;
#[cfg(all(target_os = "linux", feature = "gui"))]
#[path = "../support/skip.rs"]
mod skip;
mod support;
mod udp;
// Not on Windows: drivers and displays of X11; `.ci/windows` opens the window in wine.
#[cfg(all(target_os = "linux", feature = "gui"))]
mod window;
mod wire;
