//! How fast data goes: measured, and plotted.

pub mod measure;
pub mod plot;
