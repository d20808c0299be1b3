//! Where in the recording the view is, and how that stays when rows, filter or data become others.

use super::layout::Row;
use super::scroll::{Anchor, Rows as _};
use super::selection::Place;
use super::{DataView, SourceRows};
use crate::search::Scan;
use eframe::egui;
use std::sync::Arc;

/// A place to be shown.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub place: Place,
    /// With something of what is around it, if it is not in sight yet.
    pub with_context: bool,
}

/// The byte at the upper edge. It stays the same while only the look changes, so that going through
/// all views and encodings ends where it began.
#[derive(Clone, Copy)]
pub(super) struct Top {
    anchor: Anchor,
    byte: usize,
    pub is_hex: bool,
}

impl DataView {
    /// Puts the anchor where the byte is that was at the upper edge before the rows became others.
    pub(super) fn keep_top(&mut self, ctx: &egui::Context) {
        let Some(top) = self.top.filter(|top| top.anchor == self.anchor && !self.follows) else { return };
        let glyphs = &mut self.glyphs;
        let cells_of = &mut |character| glyphs.cells(ctx, character);
        let Some(layout) = self.source.layout(self.anchor.record, cells_of) else { return };
        self.anchor.row = layout.row_of_byte(top.byte, top.is_hex);
        self.anchor.above = 0.0;
        self.top = Some(Top { anchor: self.anchor, ..top });
    }

    /// Notes what is at the upper edge, unless it is there because [`keep_top`](Self::keep_top) put it there.
    pub(super) fn note_top(&mut self, ctx: &egui::Context) {
        if self.top.is_some_and(|top| top.anchor == self.anchor) {
            return;
        }
        let glyphs = &mut self.glyphs;
        let layout = self.source.layout(self.anchor.record, &mut |character| glyphs.cells(ctx, character));
        self.top = layout.and_then(|layout| {
            let is_hex = match layout.row(self.anchor.row) {
                Row::Head(_) => return None,
                Row::Text(_) => false,
                Row::Hex(..) => true,
            };
            Some(Top { anchor: self.anchor, byte: layout.first_byte(self.anchor.row), is_hex })
        });
    }

    /// Scrolls no farther than needed to show what is wanted.
    pub(super) fn bring_into_sight(&mut self, ctx: &egui::Context, height: f32, row_height: f32) {
        let Some(wanted) = self.wanted.take() else { return };
        let is_hex = self.top.is_some_and(|top| top.is_hex);
        let mut rows = SourceRows { source: &mut self.source, glyphs: &mut self.glyphs, ctx };
        let Some(row) = rows.row_of(wanted.place, is_hex) else { return };
        let place = Anchor { record: wanted.place.record, row, above: 0.0 };
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

    /// Shows what another filter lets through, near where the view was.
    pub(super) fn set_filter(&mut self, filter: Option<&Arc<Scan>>) {
        let is_same = match (&self.source.filter, filter) {
            (Some(known), Some(filter)) => Arc::ptr_eq(known, filter),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            self.source.filter = filter.cloned();
            self.home = (!self.follows).then(|| self.home.unwrap_or(self.anchor.record));
        }
    }

    /// Goes back to where the view was when the filter became another, once that has come so far.
    fn return_home(&mut self) {
        let Some(home) = self.home else { return };
        if self.source.is_looked_at(home) {
            self.home = None;
        }
        if let Some(record) = self.source.nearest(home) {
            self.anchor = Anchor { record, ..Anchor::default() };
        }
    }

    /// Brings the anchor to where it can be: at the end while following, never beyond it.
    pub(super) fn settle(&mut self, ctx: &egui::Context, height: f32, row_height: f32) {
        self.return_home();
        let start = self.source.start();
        let mut rows = SourceRows { source: &mut self.source, glyphs: &mut self.glyphs, ctx };
        let Some(end) = Anchor::at_end(height, row_height, &mut rows) else {
            self.anchor = Anchor { record: start, ..Anchor::default() };
            return;
        };
        if self.anchor.record < start {
            let first = rows.source.next(start).unwrap_or(start);
            self.anchor = Anchor { record: first, ..Anchor::default() };
        }
        if !rows.source.shows(self.anchor.record) {
            let record = rows.source.next(self.anchor.record).or_else(|| rows.last()).unwrap_or(start);
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
