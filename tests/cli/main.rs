//! The program's commands as a process: what goes in, what comes out, and how it ends.

#![allow(clippy::unwrap_used, reason = "in tests, a panic is the report")]

mod connect;
mod contents;
mod endings;
mod excerpt;
mod export;
#[cfg(target_os = "linux")]
mod interrupts;
mod json;
mod listen;
#[cfg(target_os = "linux")]
mod peers;
#[cfg(target_os = "linux")]
mod pipes;
#[cfg(windows)]
mod resources;
mod show;
mod support;
mod udp;
#[cfg(all(target_os = "linux", feature = "gui"))]
mod window;
