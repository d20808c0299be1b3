//! The composer: the payload field, its history, and to whom a payload goes.

pub mod asking;
pub mod asking_ui;
pub mod bar_ui;
pub mod checksum_ui;
pub mod composer_ui;
pub mod composing;
pub mod field_ui;
pub mod file_dialog;
pub mod file_ui;
pub mod history;
pub mod history_ui;
pub mod info_ui;
pub mod insert_ui;
pub mod payload;
pub mod picker;
pub mod preview_ui;
pub mod recipients;
pub mod recipients_ui;
pub mod repeat;
pub mod repeat_ui;
pub mod send_ui;
pub mod state;
pub mod switch;
