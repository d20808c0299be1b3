//! The selected bytes, for the inspector: reading them, and painting them in hex.

use super::layout::{RecordLayout, hex_row_bytes};
use super::paint::{Canvas, Marked};
use super::selection::{Selection, selected_bytes};
use super::{DataView, glyphs};
use crate::capture::{Entry, Position};
use crate::codec::{Encoding, StreamDecoder};
use crate::gui::kit::theme::{Palette, data_font};
use crate::lang::Words;
use crate::model::{ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};
use crate::settings::ViewMode;
use eframe::egui::{Role, ScrollArea, Shape, Ui, WidgetInfo, pos2, vec2};
use std::net::{Ipv4Addr, SocketAddr};

/// More than this is not shown at once.
pub const INSPECTED_BYTES: usize = 64 * 1024;

/// What is selected, as bytes.
#[derive(Debug, Default)]
pub struct Inspected {
    /// The bytes; of a longer selection the first [`INSPECTED_BYTES`].
    pub bytes: Vec<u8>,
    /// The beginning of their first character.
    pub pending: Vec<u8>,
    /// Where the first byte is in its record.
    pub offset: usize,
    /// There are more.
    pub is_cut: bool,
    /// What it was read for.
    key: Option<(Selection, Encoding, Position)>,
}

impl DataView {
    /// The selected bytes, read when the selection changes.
    pub fn inspected(&mut self, encoding: Encoding) -> &Inspected {
        let selection = self.selection.filter(|selection| !selection.is_empty());
        // A selection to the end of everything grows with the recording, but only until it is cut.
        let end = self.source.snapshot().end();
        let is_known = match (self.inspected.key, selection) {
            (None, None) => true,
            (Some((known, in_encoding, until)), Some(selection)) => {
                known == selection
                    && in_encoding == encoding
                    && (until == end || self.inspected.is_cut || selection.ordered().1.record < until)
            }
            _ => false,
        };
        if !is_known {
            self.inspected = match selection {
                None => Inspected::default(),
                Some(selection) => {
                    let mut inspected =
                        selected_bytes(&mut self.source, &selection, encoding, INSPECTED_BYTES)
                            .unwrap_or_default();
                    inspected.key = Some((selection, encoding, end));
                    inspected
                }
            };
        }
        &self.inspected
    }

    /// The selected bytes in hex, with the characters of the encoding over their bytes.
    pub fn inspected_hex_ui(&mut self, ui: &mut Ui, encoding: Encoding, words: &Words, height: f32) {
        let ctx = ui.ctx().clone();
        let cell = self.glyphs.begin_frame(&ctx, &data_font());
        let columns = (ui.available_width() / cell.x).floor().clamp(8.0, 200.0) as u16;
        let rows = self.inspected.bytes.len().div_ceil(hex_row_bytes(columns));
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical()
            .auto_shrink([false, true])
            .max_height(height)
            .id_salt("inspected hex")
            .show_rows(ui, cell.y, rows, |ui, range| {
                let layout = self.inspected.layout(
                    encoding,
                    columns,
                    &mut |character| self.glyphs.cells(&ctx, character),
                    &range,
                );
                let mut mesh = glyphs::text_mesh();
                for row in range.clone() {
                    let (rect, response) = ui.allocate_exact_size(
                        vec2(ui.available_width(), cell.y),
                        eframe::egui::Sense::hover(),
                    );
                    let mut canvas = Canvas {
                        ctx: &ctx,
                        glyphs: &mut self.glyphs,
                        palette: Palette::of(ui.visuals()),
                        words,
                        cell,
                        mesh: &mut mesh,
                    };
                    let first = layout.first_byte(1 + (row - range.start) as u32);
                    let pixels = ctx.pixels_per_point();
                    let origin =
                        pos2((rect.left() * pixels).round() / pixels, (rect.top() * pixels).round() / pixels);
                    let offset = range.start * layout.hex_row_bytes + first;
                    let end = (first + layout.hex_row_bytes).min(layout.payload.len());
                    canvas.hex(
                        origin,
                        &layout,
                        first,
                        &layout.payload[first..end],
                        &Marked::default(),
                        self.inspected.offset + offset,
                    );
                    response.widget_info(|| {
                        let mut spoken = String::new();
                        crate::codec::write_hex(&layout.payload[first..end], &mut spoken, " ");
                        WidgetInfo::labeled(Role::Label, true, spoken)
                    });
                }
                glyphs::finish(&ctx, &mut mesh);
                ui.painter().add(Shape::mesh(mesh));
            });
    }
}

impl Inspected {
    /// The rows of hex in a range, laid out like a record's.
    fn layout(
        &self,
        encoding: Encoding,
        columns: u16,
        cells_of: &mut dyn FnMut(char) -> u8,
        rows: &std::ops::Range<usize>,
    ) -> RecordLayout {
        let row_bytes = hex_row_bytes(columns);
        let start = (rows.start * row_bytes).min(self.bytes.len());
        let end = (rows.end * row_bytes).min(self.bytes.len());
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let record = Record {
            time: Timestamp::default(),
            kind: RecordKind::Data,
            direction: Direction::Inbound,
            transport: Transport::Tcp,
            connection: ConnectionId::SESSION,
            local: any,
            peer: any,
            payload: &self.bytes[start..end],
            is_cut: false,
            text: "",
        };
        let here = Position::default();
        let entry = Entry { position: here, end: here, previous: None, stream_offset: 0, record };
        let mut pending = self.pending.clone();
        if start > 0 {
            let mut decoder = StreamDecoder::new(encoding);
            decoder.decode(&self.pending, &mut String::new());
            decoder.decode(&self.bytes[..start], &mut String::new());
            pending = decoder.pending().to_vec();
        }
        RecordLayout::new(&entry, &pending, ViewMode::Hex, encoding, columns, cells_of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the column of characters shows, and over which byte each begins.
    fn column(bytes: &[u8], pending: &[u8], encoding: Encoding) -> Vec<(char, u32)> {
        let inspected =
            Inspected { bytes: bytes.to_vec(), pending: pending.to_vec(), ..Inspected::default() };
        let width = &mut |character: char| if character.is_ascii() { 1 } else { 2 };
        let layout = inspected.layout(encoding, 100, width, &(0..1));
        layout.cells.iter().map(|cell| (cell.character, cell.byte)).collect()
    }

    #[test]
    fn a_character_stands_over_its_bytes() {
        for (encoding, bytes, expected) in [
            (Encoding::Gbk, &b"A\xCE\xC2B"[..], [('A', 0), ('温', 1), ('B', 3)]),
            (Encoding::Utf8, "A温B".as_bytes(), [('A', 0), ('温', 1), ('B', 4)]),
            (Encoding::Utf16Le, &b"A\0\x29\x6EB\0"[..], [('A', 0), ('温', 2), ('B', 4)]),
        ] {
            assert_eq!(column(bytes, &[], encoding), expected, "{encoding:?}");
        }
        // A selection may begin in the middle of a character.
        assert_eq!(column(b"\xC2B", b"\xCE", Encoding::Gbk), [('温', 0), ('B', 1)]);
    }
}
