//! A tab: its state, and the panel that draws it.

pub mod advice;
pub mod bookmarks_menu;
pub mod cleared_ui;
pub mod panel;
pub mod question;
pub mod question_ui;
pub mod records;
pub mod records_ui;
pub mod running_ui;
pub mod state;
pub mod status_line;
pub mod strips;
pub mod tools;
