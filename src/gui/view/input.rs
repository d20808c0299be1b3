//! The pointer and the keys on the data: scrolling, selecting, copying.

use super::layout::Row;
use super::selection::{CopyFormat, Place, Selection};
use super::{DataView, LEFT_MARGIN, Look, SourceRows, paint};
use crate::settings::ViewMode;
use eframe::egui::{Event, Key, KeyboardShortcut, Modifiers, PointerButton, Pos2, Rect, Response, Ui, Vec2};

/// Copies the selection as the view shows it; egui makes an event of its own of these keys.
pub const COPY: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::C);
/// Copies the selection as hex, whatever the view shows.
pub const COPY_HEX: KeyboardShortcut =
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::C);

impl DataView {
    pub(super) fn handle_input(
        &mut self,
        ui: &Ui,
        response: &Response,
        area: Rect,
        cell: Vec2,
        look: Look<'_>,
    ) {
        self.handle_pointer(ui, response, area, cell);
        if response.has_focus() {
            self.handle_keys(ui, response, area, cell);
        }
        self.handle_copy(ui, look);
    }

    fn handle_pointer(&mut self, ui: &Ui, response: &Response, area: Rect, cell: Vec2) {
        if response.contains_pointer() {
            let wheel = ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta.y));
            if wheel != 0.0 {
                self.scroll(ui, -wheel, cell.y);
            }
        }
        if response.clicked() || response.drag_started_by(PointerButton::Primary) {
            response.request_focus();
        }
        let Some(pointer) = response.interact_pointer_pos() else { return };
        if response.double_clicked() {
            self.select_record_at(Some(pointer));
            return;
        }
        let Some(place) = self.place_at(ui, pointer, area, cell) else { return };
        let is_extended = ui.input(|input| input.modifiers.shift);
        if response.drag_started_by(PointerButton::Primary) || response.clicked() {
            let origin = ui.input(|input| input.pointer.press_origin()).unwrap_or(pointer);
            let start = self.place_at(ui, origin, area, cell).unwrap_or(place);
            // What is being selected stays where it is.
            self.follows = self.follows && response.clicked();
            self.selection = match self.selection {
                Some(selection) if is_extended => Some(Selection { to: place, ..selection }),
                _ if response.clicked() => Some(Selection { from: place, to: place }),
                _ => Some(Selection { from: start, to: place }),
            };
        } else if response.dragged_by(PointerButton::Primary)
            && let Some(selection) = &mut self.selection
        {
            selection.to = place;
            // Beyond an edge the data comes to meet the pointer, the faster the farther.
            let beyond = (pointer.y - area.bottom()).max(0.0) + (pointer.y - area.top()).min(0.0);
            if beyond != 0.0 {
                self.scroll(ui, beyond / 2.0, cell.y);
                ui.ctx().request_repaint();
            }
        }
    }

    /// Copies what is selected here, unless the keys belong to a text field.
    fn handle_copy(&mut self, ui: &Ui, look: Look<'_>) {
        if ui.ctx().text_edit_focused() {
            return;
        }
        // Ctrl+C comes as an event of its own, but not with Shift.
        let (copies, as_hex) = ui.input_mut(|input| {
            let copies = input.events.iter().any(|event| matches!(event, Event::Copy));
            (copies, input.consume_shortcut(&COPY_HEX))
        });
        if copies || as_hex {
            let format =
                if as_hex || look.mode == ViewMode::Hex { CopyFormat::Hex } else { CopyFormat::Text };
            self.copy(ui.ctx(), format, look);
        }
    }

    pub(super) fn scroll(&mut self, ui: &Ui, points: f32, row_height: f32) {
        let ctx = ui.ctx().clone();
        let mut rows = SourceRows { source: &mut self.source, glyphs: &mut self.glyphs, ctx: &ctx };
        self.anchor = self.anchor.moved(points, row_height, &mut rows);
        // Scrolling down to the end follows again; `settle` sees that.
        self.follows = false;
        self.home = None;
    }

    /// The border between bytes nearest to a point, as painted last.
    fn place_at(&mut self, ui: &Ui, point: Pos2, area: Rect, cell: Vec2) -> Option<Place> {
        let point = Pos2::new(point.x, point.y.clamp(area.top(), area.bottom() - 1.0));
        let index = self.visible.partition_point(|(top, ..)| *top <= point.y).saturating_sub(1);
        let &(top, record, row) = self.visible.get(index)?;
        let glyphs = &mut self.glyphs;
        let layout = self.source.layout(record, &mut |character| glyphs.cells(ui.ctx(), character))?;
        let column = (point.x - area.left() - LEFT_MARGIN) / cell.x;
        let is_below = point.y > top + cell.y;
        let byte = match layout.row(row) {
            _ if is_below => layout.payload.len(),
            Row::Head(_) => 0,
            Row::Text(cells) => {
                // The end of a line is where the next one begins.
                let end = match layout.row(row + 1) {
                    Row::Text(next) if row + 1 < layout.rows() => next.first().map(|cell| cell.byte as usize),
                    _ => None,
                };
                paint::byte_at_cell(cells, column, end.unwrap_or(layout.payload.len()))
            }
            Row::Hex(offset, bytes) => {
                offset + paint::byte_at_column(column, bytes.len(), layout.hex_row_bytes)
            }
        };
        Some(Place { record, byte: byte as u32 })
    }
}
