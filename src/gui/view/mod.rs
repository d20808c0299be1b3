//! The data of a tab: its records as text, hex or both, for recordings of any size.
//!
//! Keeps an anchor instead of a scroll offset, lays out only the records near it, and draws its own scroll bar
//! from byte positions. Start with [`DataView`].

mod advice;
mod anchoring;
mod bar;
mod columns;
mod copy;
mod copy_lines;
mod data_view;
mod flow;
mod glyphs;
mod input;
mod inspected;
mod inspected_checks;
mod inspected_ui;
mod keys;
mod layout;
mod layout_rows;
mod menu;
mod notes;
mod opened;
mod paint;
mod paint_hex;
mod part;
mod pendings;
mod scroll;
mod seek;
mod selection;
mod shape;
mod shown;
mod source;
mod spoken;
mod times;
mod ui;

#[cfg(test)]
mod edge_tests;

pub use advice::Advice;
pub use copy::{Copied, CopyRequest};
pub use data_view::{DataView, Look};
#[cfg(test)]
pub use input::{COPY, COPY_HEX, COPY_LINES};
pub use inspected::INSPECTED_BYTES;
pub use inspected_checks::Checks;
#[cfg(test)]
pub use selection::Selection;
pub use spoken::one_line;
