//! Draws the hex dump of the inspector.

use crate::codec::write_hex;
use crate::gui::kit::theme::{Palette, data_font};
use crate::gui::view::data_view::DataView;
use crate::gui::view::glyphs;
use crate::gui::view::layout::hex_row_bytes;
use crate::gui::view::paint::{Canvas, Decoration};
use crate::lang::Words;
use crate::model::PeerNames;
use eframe::egui::{Role, ScrollArea, Sense, Shape, Ui, WidgetInfo, pos2, vec2};

impl DataView {
    /// Draws the selected bytes as a hex dump, with their characters beside.
    pub fn inspected_hex_ui(&mut self, ui: &mut Ui, words: &Words, height: f32) {
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
                    columns,
                    &mut |character| self.glyphs.cells(&ctx, character),
                    &range,
                );
                let mut mesh = glyphs::text_mesh();
                for row in range.clone() {
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
                        &Decoration::default(),
                        self.inspected.offset + offset,
                    );
                    response.widget_info(|| {
                        let mut spoken = String::new();
                        write_hex(&layout.payload[first..end], &mut spoken, " ");
                        WidgetInfo::labeled(Role::Label, true, spoken)
                    });
                }
                glyphs::finish(&ctx, &mut mesh);
                ui.painter().add(Shape::mesh(mesh));
            });
    }
}
