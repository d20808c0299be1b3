//! The window: a front end over the engine, drawn with egui.
//!
//! Nothing here opens a socket or waits for one, for a thread or for a job. Of recordings a frame reads no
//! more than what is in sight. A folder is a feature: its state, its drawing and its tests. Start with
//! [`run`], or with [`App`] to drive the window without a display.

mod action;
mod app;
mod compose;
mod connect;
mod files;
mod find;
mod kit;
mod lists;
mod peers;
mod rates;
mod side;
mod tab;
mod view;

#[cfg(test)]
mod tests;

pub use action::TabId;
pub use app::{App, Environment, Options, StartError, run};
pub use files::desktop::Desktop;
