//! The connection settings of a tab: what is typed, its errors, and the session that it describes.

pub mod form;
pub mod settings_bar;
pub mod state;
