//! The window as a whole: its state, carrying actions out, the top bar, starting, and saving settings.

pub mod apply;
pub mod bookmarks;
pub mod clipboard;
mod drop_ui;
pub mod files;
mod following;
mod items;
mod list_files;
mod lists;
pub mod notices;
pub mod outgoing;
pub mod palette;
pub mod palette_ui;
pub mod preferences;
pub mod saver;
pub mod sending;
mod sequences;
pub mod settings_page;
pub mod shortcuts;
pub mod start;
pub mod state;
pub mod tabs;
pub mod top_bar;
pub mod ui;

pub use start::{Options, StartError, run};
pub use state::{App, Environment};
