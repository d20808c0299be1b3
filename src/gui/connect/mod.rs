//! The connection settings of a tab.

pub mod form;
pub mod settings_bar;
