//! The list of connections or peers of a tab.

pub mod list;
pub mod returns;
pub mod state;
