//! The list of connections or peers of a tab.

mod head;
pub mod list;
pub mod listed;
pub mod menu;
pub mod returns;
pub mod row;
pub mod state;
