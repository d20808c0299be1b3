//! The window against the real engine and plain sockets, found by its accessible names.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

mod bookmarks;
mod clicks;
mod closing;
mod commands;
mod composing;
mod copying;
mod cutting;
mod data;
mod desktop;
mod dropping;
mod files;
mod finding;
mod fixture;
mod focus;
mod following;
mod inspecting;
mod keyboard;
mod layout;
mod leaving;
mod list_editing;
mod list_files;
mod list_panel;
mod list_runs;
mod looks;
mod losses;
mod messages;
mod names;
mod painting;
mod peer_names;
mod peers;
mod promises;
mod reach;
mod repeating;
mod resizing;
mod rows;
mod saying;
mod sending;
mod sending_files;
mod sequences;
mod sessions;
mod settings;
mod states;
mod viewing;
mod wire;
