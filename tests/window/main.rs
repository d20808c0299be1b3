//! The window against the real engine and plain sockets, found by its accessible names.
#![cfg(feature = "gui")]

mod fixture;
mod names;
mod sending;
mod sessions;
mod settings;
mod viewing;
