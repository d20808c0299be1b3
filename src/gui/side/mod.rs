//! The panel beside the data.

pub mod inspector;
pub mod side_panel;
