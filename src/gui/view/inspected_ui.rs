//! Draws the hex dump of the inspector.

use crate::codec::write_hex;
use crate::gui::kit::theme::{Palette, data_font};
use crate::gui::view::columns::dump_row_bytes;
use crate::gui::view::data_view::DataView;
use crate::gui::view::glyphs;
use crate::gui::view::paint::{Canvas, Decoration};
use crate::lang::Words;
use crate::model::PeerNames;
use eframe::egui::{Role, ScrollArea, Sense, Shape, Ui, WidgetInfo, pos2, vec2};

/// The most bytes in a row.
const MOST_BYTES: usize = 16;

impl DataView {
    /// Draws the selected bytes as a hex dump, with their characters beside.
    pub fn inspected_hex_ui(&mut self, ui: &mut Ui, words: &Words, height: f32) {
        let ctx = ui.ctx().clone();
        let cell = self.glyphs.begin_frame(&ctx, &data_font(ui.style()));
        let columns = (ui.available_width() / cell.x).floor().clamp(8.0, 200.0) as usize;
        let row_bytes = dump_row_bytes(columns, MOST_BYTES);
        let length = self.inspected.bytes.len();
        ui.spacing_mut().item_spacing.y = 0.0;
        ScrollArea::vertical()
            .auto_shrink([false, true])
            .max_height(height)
            .id_salt("inspected hex")
            .show_rows(ui, cell.y, length.div_ceil(row_bytes), |ui, rows| {
                let start = (rows.start * row_bytes).min(length);
                let range = start..(rows.end * row_bytes).min(length);
                let bytes = &self.inspected.bytes[range.clone()];
                let width = &mut |character| self.glyphs.cells(&ctx, character);
                let cells = self.inspected.cells(range, width);
                let mut mesh = glyphs::text_mesh();
                for (number, part) in bytes.chunks(row_bytes).enumerate() {
                    let (rect, response) =
                        ui.allocate_exact_size(vec2(ui.available_width(), cell.y), Sense::hover());
                    let mut canvas = Canvas {
                        ctx: &ctx,
                        glyphs: &mut self.glyphs,
                        palette: Palette::of(ui.visuals()),
                        words,
                        names: &PeerNames::default(),
                        cell,
                        mesh: &mut mesh,
                    };
                    let pixels = ctx.pixels_per_point();
                    let origin =
                        pos2((rect.left() * pixels).round() / pixels, (rect.top() * pixels).round() / pixels);
                    let offset = number * row_bytes;
                    let shown = self.inspected.offset + start + offset;
                    canvas.dump(origin, row_bytes, &cells, offset, part, &Decoration::default(), shown);
                    response.widget_info(|| {
                        let mut spoken = String::new();
                        write_hex(part, &mut spoken, " ");
                        WidgetInfo::labeled(Role::Label, true, spoken)
                    });
                }
                glyphs::finish(&ctx, &mut mesh);
                ui.painter().add(Shape::mesh(mesh));
            });
    }
}
