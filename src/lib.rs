//! Wirelab, a network debugging assistant: the library behind the command line and the window.
//!
//! Layers, from the bottom. A module imports only from lower layers, which `tests/architecture` checks:
//! - `model`, `codec`, `payload`, `pattern`, `document`, `sequence`, `framing`, `rules`, `finder`, `lang`: types, encodings,
//!   payloads, patterns, files in TOML, sequences, frames, rules, which checksum frames have, texts; no I/O
//! - `task`, `sys`: work on threads; calls of the operating system
//! - `capture`, `net`: the recording and the sockets, independent of each other
//! - `engine`, `export`, `frames`, `import`, `search`, `settings`, `streams`
//! - `cli`, `gui`: the front ends, independent of each other
//!
//! Start with [`engine::SessionHandle`].

pub mod capture;
pub mod cli;
pub mod codec;
pub mod document;
pub mod engine;
pub mod export;
pub mod finder;
pub mod frames;
pub mod framing;
#[cfg(feature = "gui")]
pub mod gui;
pub mod import;
pub mod lang;
pub mod model;
pub mod net;
pub mod pattern;
pub mod payload;
pub mod rules;
pub mod search;
pub mod sequence;
pub mod settings;
pub mod streams;
pub mod sys;
pub mod task;

#[cfg(not(any(target_os = "linux", windows)))]
compile_error!("Wirelab supports Linux and Windows.");
