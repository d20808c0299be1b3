//! The composer: the payload field, its history, and to whom a payload goes.

pub mod composer_ui;
pub mod field_ui;
pub mod history;
pub mod history_ui;
pub mod payload;
pub mod recipients;
pub mod state;
pub mod switch;
