//! The pointer and the keys on the data: scrolling, selecting, copying.

use crate::capture::Position;
use crate::gui::action::{CopyFormat, TabAction};
use crate::gui::view::data_view::{DataView, LEFT_MARGIN};
use crate::gui::view::layout_rows::LayoutRows;
use crate::gui::view::part::Row;
use crate::gui::view::selection::{Caret, Selection};
use crate::gui::view::{paint, paint_hex};
use crate::settings::ViewMode;
use eframe::egui::{
    Context, Event, Key, KeyboardShortcut, Modifiers, PointerButton, Pos2, Rect, Response, Ui, Vec2,
};

/// Copies the selection as the view shows it. egui reports these keys as `Event::Copy`.
pub const COPY: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::C);
/// Copies the selected records with time, direction and peer.
pub const COPY_LINES: KeyboardShortcut =
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::C);
/// Copies the selection as hex, whatever the view shows.
pub const COPY_HEX: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::ALT), Key::C);

impl DataView {
    /// Handles the pointer, the keys and the clipboard shortcuts of this frame.
    pub(super) fn handle_input(
        &mut self,
        ui: &Ui,
        response: &Response,
        area: Rect,
        cell: Vec2,
        mode: ViewMode,
        actions: &mut Vec<TabAction>,
    ) {
        self.handle_pointer(ui, response, area, cell);
        if response.has_focus() {
            self.handle_keys(ui, response, area, cell);
        }
        self.handle_copy(ui, mode, actions);
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
            self.select_part_at(ui.ctx(), Some(pointer));
            return;
        }
        if response.clicked() && self.toggle_open_at(ui, pointer, area, cell) {
            return;
        }
        let Some(caret) = self.caret_at(ui, pointer, area, cell) else { return };
        let is_extended = ui.input(|input| input.modifiers.shift);
        if response.drag_started_by(PointerButton::Primary) || response.clicked() {
            let origin = ui.input(|input| input.pointer.press_origin()).unwrap_or(pointer);
            let start = self.caret_at(ui, origin, area, cell).unwrap_or(caret);
            // New records do not scroll while the pointer selects.
            self.follows = self.follows && response.clicked();
            self.selection = match self.selection {
                Some(selection) if is_extended => Some(Selection { to: caret, ..selection }),
                _ if response.clicked() => Some(Selection { from: caret, to: caret }),
                _ => Some(Selection { from: start, to: caret }),
            };
        } else if response.dragged_by(PointerButton::Primary)
            && let Some(selection) = &mut self.selection
        {
            selection.to = caret;
            // Beyond an edge the data scrolls, the faster the farther the pointer is.
            let beyond = (pointer.y - area.bottom()).max(0.0) + (pointer.y - area.top()).min(0.0);
            if beyond != 0.0 {
                self.scroll(ui, beyond / 2.0, cell.y);
                ui.ctx().request_repaint();
            }
        }
    }

    /// Copies the selection, unless a text field has the keyboard focus.
    fn handle_copy(&self, ui: &Ui, mode: ViewMode, actions: &mut Vec<TabAction>) {
        if ui.ctx().text_edit_focused() {
            return;
        }
        // Ctrl+C arrives as an event of its own, with Shift or Alt as a key.
        let (copies, as_lines, as_hex) = ui.input_mut(|input| {
            let copies = input.events.iter().any(|event| matches!(event, Event::Copy));
            (copies, input.consume_shortcut(&COPY_LINES), input.consume_shortcut(&COPY_HEX))
        });
        if copies || as_lines || as_hex {
            actions.push(TabAction::Copy(match mode {
                _ if as_lines => CopyFormat::Lines(mode),
                _ if as_hex => CopyFormat::Hex,
                ViewMode::Auto => CopyFormat::Auto,
                ViewMode::Hex => CopyFormat::Hex,
                ViewMode::Text | ViewMode::Both => CopyFormat::Text,
            }));
        }
    }

    /// Selects the whole part at a point.
    pub(super) fn select_part_at(&mut self, ctx: &Context, point: Option<Pos2>) {
        let Some(point) = point else { return };
        let index = self.visible.partition_point(|(top, ..)| *top <= point.y).saturating_sub(1);
        let Some(&(_, record, row)) = self.visible.get(index) else { return };
        let glyphs = &mut self.glyphs;
        let layout = self.records.layout(record, &mut |character| glyphs.cells(ctx, character));
        self.selection = layout
            .map(|layout| Selection::part(record, &layout.part(row).bytes, layout.payload.len()))
            .or(self.selection);
    }

    /// The record and its row at a point of the last frame; `None` below the last row.
    pub(super) fn row_at(&self, point: Pos2, row_height: f32) -> Option<(Position, u32)> {
        let index = self.visible.partition_point(|(top, ..)| *top <= point.y).checked_sub(1)?;
        let &(top, record, row) = self.visible.get(index)?;
        (point.y < top + row_height).then_some((record, row))
    }

    /// Opens or closes the part whose arrow is at a point. Returns whether one is there.
    fn toggle_open_at(&mut self, ui: &Ui, point: Pos2, area: Rect, cell: Vec2) -> bool {
        if point.x >= area.left() + LEFT_MARGIN {
            return false;
        }
        let Some((record, row)) = self.row_at(point, cell.y) else { return false };
        let glyphs = &mut self.glyphs;
        let layout = self.records.layout(record, &mut |character| glyphs.cells(ui.ctx(), character));
        let Some(layout) = layout else { return false };
        let part = layout.part(row);
        if part.first_row != row || !part.can_open {
            return false;
        }
        self.set_open(Caret { record, byte: part.bytes.start as u32 }, !part.is_open);
        true
    }

    /// Scrolls down by `points`, or up if negative.
    pub(super) fn scroll(&mut self, ui: &Ui, points: f32, row_height: f32) {
        let ctx = ui.ctx().clone();
        let mut rows = LayoutRows { records: &mut self.records, glyphs: &mut self.glyphs, ctx: &ctx };
        self.anchor = self.anchor.moved(points, row_height, &mut rows);
        // `settle` follows again if this reaches the end.
        self.follows = false;
        self.home = None;
    }

    /// The caret nearest to a point, in the rows of the last frame.
    fn caret_at(&mut self, ui: &Ui, point: Pos2, area: Rect, cell: Vec2) -> Option<Caret> {
        let point = Pos2::new(point.x, point.y.clamp(area.top(), area.bottom() - 1.0));
        let index = self.visible.partition_point(|(top, ..)| *top <= point.y).saturating_sub(1);
        let &(top, record, row) = self.visible.get(index)?;
        let glyphs = &mut self.glyphs;
        let layout = self.records.layout(record, &mut |character| glyphs.cells(ui.ctx(), character))?;
        let content = layout.row(row);
        let column = (point.x - area.left() - LEFT_MARGIN) / cell.x - f32::from(layout.column_of(row));
        let part = layout.part(row);
        let is_below = point.y > top + cell.y;
        let byte = match content {
            _ if is_below => part.bytes.end,
            Row::Head => part.bytes.start,
            Row::Text(cells) => {
                // The caret after a line is the one before the next line.
                let end = match layout.row(row + 1) {
                    Row::Text(next) if row + 1 < part.rows().end => {
                        next.first().map(|cell| cell.byte as usize)
                    }
                    _ => None,
                };
                paint::byte_at_cell(cells, column, end.unwrap_or(part.bytes.end))
            }
            Row::Digits(bytes) => part.bytes.start + paint_hex::byte_at_digit_column(column, bytes.len()),
            Row::Dump(offset, bytes) => {
                let row_bytes = part.dump_row_bytes();
                offset + paint_hex::byte_at_dump_column(column, bytes.len(), row_bytes)
            }
        };
        Some(Caret { record, byte: byte as u32 })
    }
}
