//! A tab: its state and the panel that shows it.

pub mod advice;
pub mod bookmarks_menu;
pub mod panel;
pub mod question;
pub mod state;
pub mod status_line;
