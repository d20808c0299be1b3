//! The panel beside the data.

pub mod inspector;
