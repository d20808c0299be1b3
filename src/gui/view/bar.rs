//! The scroll bar of the data. It uses byte positions, since the number of rows is not known.

use crate::capture::Position;
use crate::gui::kit::theme::Palette;
use crate::gui::view::data_view::DataView;
use crate::gui::view::layout_rows::LayoutRows;
use crate::gui::view::scroll::Anchor;
use eframe::egui::{Id, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// Its width, in points.
pub const WIDTH: f32 = 12.0;

impl DataView {
    /// Draws the scroll bar, and scrolls while it is dragged.
    pub(super) fn scroll_bar_ui(&mut self, ui: &Ui, bar: Rect, height: f32, row_height: f32, id: Id) {
        const MIN_HANDLE: f32 = 24.0;
        let palette = Palette::of(ui.visuals());
        ui.painter().rect_filled(bar, 0.0, palette.head_ground);
        let (start, end) = (self.records.start().0, self.records.snapshot().end().0);
        // For the pointer only: the keys scroll while the data has the focus.
        let response = ui.interact(bar, id.with("bar"), Sense::CLICK | Sense::DRAG);
        response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, "Scroll bar"));
        let ctx = ui.ctx().clone();
        let mut rows = LayoutRows { records: &mut self.records, glyphs: &mut self.glyphs, ctx: &ctx };
        let Some(last) = Anchor::at_end(height, row_height, &mut rows) else { return };
        let first = rows.records.next(Position(start)).map(|record| Anchor { record, ..Anchor::default() });
        if first.is_none_or(|first| first.is_past(&last)) {
            // Everything is in view.
            return;
        }
        let byte_of = |anchor: &Anchor, rows: &mut LayoutRows<'_>| {
            let layout = rows.layout(anchor.record)?;
            let part = f64::from(anchor.row) / f64::from(layout.rows());
            Some(layout.span.0 as f64 + (layout.span.1 - layout.span.0) as f64 * part)
        };
        let Some(last_byte) = byte_of(&last, &mut rows) else { return };
        let travel = last_byte - start as f64;
        if travel <= 0.0 {
            return;
        }
        let shown = (end as f64 - last_byte).max(1.0);
        let handle =
            (shown / (end - start) as f64 * f64::from(bar.height())).max(f64::from(MIN_HANDLE)) as f32;
        let track = (bar.height() - handle).max(1.0);
        let place =
            if self.follows { last_byte } else { byte_of(&self.anchor, &mut rows).unwrap_or(last_byte) };
        let mut top = bar.top() + track * ((place - start as f64) / travel).clamp(0.0, 1.0) as f32;
        if let Some(pointer) = response.interact_pointer_pos() {
            let is_on_handle = (top..top + handle).contains(&pointer.y);
            let grab = *self.grab.get_or_insert(if is_on_handle { pointer.y - top } else { handle / 2.0 });
            let ratio = f64::from(((pointer.y - grab - bar.top()) / track).clamp(0.0, 1.0));
            top = bar.top() + track * ratio as f32;
            let target = start as f64 + ratio * travel;
            if let Some(record) = rows.records.nearest(Position(target as u64)) {
                let mut anchor = Anchor { record, ..Anchor::default() };
                if let Some(layout) = rows.layout(record) {
                    let length = (layout.span.1 - layout.span.0).max(1) as f64;
                    let part = ((target - layout.span.0 as f64) / length).clamp(0.0, 1.0);
                    anchor.row = (f64::from(layout.rows()) * part) as u32;
                }
                self.anchor = anchor;
                self.follows = ratio >= 1.0;
            }
        } else {
            self.grab = None;
        }
        let rect = Rect::from_min_size(pos2(bar.left() + 2.0, top), vec2(bar.width() - 4.0, handle));
        let color = if response.hovered() || response.dragged() { palette.dim } else { palette.faint };
        ui.painter().rect_filled(rect, 4.0, color.gamma_multiply(0.7));
    }
}
