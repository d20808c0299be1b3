//! The parameters of layouts.

use crate::codec::Encoding;
use crate::gui::view::columns::Columns;
use crate::settings::{BytesPerRow, ViewMode};

/// The parameters of a layout besides the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Auto, text, hex or both.
    pub mode: ViewMode,
    /// The encoding of the record.
    pub encoding: Encoding,
    /// The columns of a row.
    pub columns: Columns,
    /// Bytes in a row of hex.
    pub bytes_per_row: BytesPerRow,
    /// Whether control pictures are shown.
    pub control_pictures: bool,
    /// Changes when the widths of characters may have changed.
    pub font_generation: u32,
}
