//! Wirelab: a network debugging assistant, as a library that both front ends share.
//!
//! Layers, from the bottom; an import only ever goes down (a test walks the sources):
//! `model`, `codec`, `payload`, `lang` (plain vocabulary) · `task` (work on threads) · `capture`, `net` (the recording and the sockets,
//! strangers to each other), `sys` (what only the system's functions do) · `engine`, `export`, `import`,
//! `search`, `settings`, `streams` · `cli`, `gui` (two front ends).
//! Start with [`engine::SessionHandle`].

pub mod capture;
pub mod cli;
pub mod codec;
pub mod engine;
pub mod export;
#[cfg(feature = "gui")]
pub mod gui;
pub mod import;
pub mod lang;
pub mod model;
pub mod net;
pub mod payload;
pub mod search;
pub mod settings;
pub mod streams;
pub mod sys;
pub mod task;

#[cfg(not(any(target_os = "linux", windows)))]
compile_error!("Wirelab supports Linux and Windows.");
