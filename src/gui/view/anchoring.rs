//! Keeps the view at its place when the layout, the filter or the data change.

use crate::gui::view::data_view::{DataView, Top};
use crate::gui::view::layout_rows::LayoutRows;
use crate::gui::view::scroll::{Anchor, Rows as _};
use crate::gui::view::selection::Caret;
use crate::search::Scan;
use eframe::egui;
use std::sync::Arc;

impl DataView {
    /// After a change of the layout: moves the anchor to the byte that was at the top edge.
    pub(super) fn keep_top(&mut self, ctx: &egui::Context) {
        let Some(top) = self.top.filter(|top| top.anchor == self.anchor && !self.follows) else { return };
        let glyphs = &mut self.glyphs;
        let cells_of = &mut |character| glyphs.cells(ctx, character);
        let Some(layout) = self.records.layout(self.anchor.record, cells_of) else { return };
        self.anchor.row = layout.row_of_byte(top.byte, top.is_hex);
        self.anchor.above = 0.0;
        self.top = Some(Top { anchor: self.anchor, ..top });
    }

    /// Notes the byte at the top edge, unless [`keep_top`](Self::keep_top) has put it there.
    pub(super) fn note_top(&mut self, ctx: &egui::Context) {
        if self.top.is_some_and(|top| top.anchor == self.anchor) {
            return;
        }
        let glyphs = &mut self.glyphs;
        let layout = self.records.layout(self.anchor.record, &mut |character| glyphs.cells(ctx, character));
        self.top = layout.and_then(|layout| {
            // A record whose first row is at the top edge stays there.
            if self.anchor.row == 0 {
                return None;
            }
            let is_hex = layout.row(self.anchor.row).is_hex();
            Some(Top { anchor: self.anchor, byte: layout.first_byte(self.anchor.row), is_hex })
        });
    }

    /// Scrolls to the wanted caret, no farther than needed.
    pub(super) fn bring_into_view(&mut self, ctx: &egui::Context, height: f32, row_height: f32) {
        let Some(wanted) = self.wanted.take() else { return };
        let is_hex = self.top.is_some_and(|top| top.is_hex);
        let mut rows = LayoutRows { records: &mut self.records, glyphs: &mut self.glyphs, ctx };
        let Some(row) = rows.row_of(wanted.caret, is_hex) else { return };
        let place = Anchor { record: wanted.caret.record, row, above: 0.0 };
        let room = (height - row_height).max(0.0);
        let bottom = self.anchor.moved(room, row_height, &mut rows);
        let is_above = !place.is_past(&self.anchor);
        if (is_above || !bottom.is_past(&place)) && wanted.with_context {
            self.anchor = place.moved(-room / 3.0, row_height, &mut rows);
        } else if is_above {
            self.anchor = place;
        } else if !bottom.is_past(&place) {
            self.anchor = place.moved(-room, row_height, &mut rows);
        }
        self.follows = false;
    }

    /// Scrolls to the rows of a part that was opened, no farther than needed; its head stays in view.
    pub(super) fn reveal_turned(&mut self, ctx: &egui::Context, height: f32, row_height: f32) {
        let Some(Caret { record, byte }) = self.turned.take() else { return };
        let mut rows = LayoutRows { records: &mut self.records, glyphs: &mut self.glyphs, ctx };
        let Some(layout) = rows.layout(record) else { return };
        let part = layout.part_of_byte(byte as usize).rows();
        let first = Anchor { record, row: part.start, above: 0.0 };
        let last = Anchor { row: part.end - 1, ..first };
        let room = (height - row_height).max(0.0);
        if !self.anchor.moved(room, row_height, &mut rows).is_past(&last) {
            self.anchor = last.moved(-room, row_height, &mut rows);
        }
        if self.anchor.is_past(&first) {
            self.anchor = first;
        }
        // The rows below give way, not those above.
        self.follows = false;
    }

    /// Takes a filter; a new one shows its records near the place of the view.
    pub(super) fn set_filter(&mut self, filter: Option<&Arc<Scan>>) {
        let is_same = match (&self.records.source.filter, filter) {
            (Some(known), Some(filter)) => Arc::ptr_eq(known, filter),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            self.records.source.filter = filter.cloned();
            self.home = (!self.follows).then(|| self.home.unwrap_or(self.anchor.record));
        }
    }

    /// Goes to the record nearest to the one before the change of the filter, as far as the filter has examined.
    fn return_home(&mut self) {
        let Some(home) = self.home else { return };
        if self.records.is_looked_at(home) {
            self.home = None;
        }
        if let Some(record) = self.records.nearest(home) {
            self.anchor = Anchor { record, ..Anchor::default() };
        }
    }

    /// Moves the anchor to a possible place: to the end while following, never beyond it.
    pub(super) fn settle(&mut self, ctx: &egui::Context, height: f32, row_height: f32) {
        self.return_home();
        let start = self.records.start();
        let mut rows = LayoutRows { records: &mut self.records, glyphs: &mut self.glyphs, ctx };
        let Some(end) = Anchor::at_end(height, row_height, &mut rows) else {
            self.anchor = Anchor { record: start, ..Anchor::default() };
            return;
        };
        if self.anchor.record < start {
            let first = rows.records.next(start).unwrap_or(start);
            self.anchor = Anchor { record: first, ..Anchor::default() };
        }
        if !rows.records.shows(self.anchor.record) {
            let record = rows.records.next(self.anchor.record).or_else(|| rows.last()).unwrap_or(start);
            self.anchor = Anchor { record, ..Anchor::default() };
        }
        let count = rows.count(self.anchor.record);
        self.anchor.row = self.anchor.row.min(count - 1);
        if self.follows || self.anchor.is_past(&end) {
            self.anchor = end;
            self.follows = true;
        }
    }
}
