//! The list of connections or peers of a tab.

pub mod list;
pub mod listed;
pub mod menu;
pub mod returns;
pub mod row;
pub mod state;
