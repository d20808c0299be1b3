//! The keys on the data: scrolling and selecting.

use crate::gui::view::data_view::{DataView, Wanted};
use crate::gui::view::layout_rows::LayoutRows;
use crate::gui::view::scroll::{Anchor, Rows as _};
use crate::gui::view::selection::{Caret, Selection};
use eframe::egui::{Context, EventFilter, Key, Modifiers, Rect, Response, Ui, Vec2};

/// A movement of the end of the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Rows down, or up if negative.
    Rows(i64),
    /// Characters forward, or back if negative.
    Characters(i64),
    /// To the first record.
    Start,
    /// To the end of the last record.
    End,
}

/// The effects of the keys of one frame.
#[derive(Default)]
struct KeyEffects {
    /// Scroll down by so many points, or up if negative.
    points: f32,
    goes_home: bool,
    goes_to_end: bool,
    /// Movements of the end of the selection.
    steps: Vec<Step>,
    /// Select the part that many after the selected one, or before if negative.
    parts: i64,
    /// Open the selected part, or close it.
    opens: Option<bool>,
    selects_all: bool,
    selects_nothing: bool,
}

impl DataView {
    /// Consumes the keys of this frame, while the data has the keyboard focus.
    pub(super) fn handle_keys(&mut self, ui: &Ui, response: &Response, area: Rect, cell: Vec2) {
        let filter = EventFilter {
            vertical_arrows: true,
            horizontal_arrows: true,
            escape: self.selection.is_some(),
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let page = (area.height() - cell.y).max(cell.y);
        let keys = keys(ui, cell.y, page, self.selection.is_some());
        if keys.points != 0.0 {
            self.scroll(ui, keys.points, cell.y);
        }
        if keys.goes_home
            && let Some(first) = self.records.next(self.records.start())
        {
            self.follows = false;
            self.anchor = Anchor { record: first, ..Anchor::default() };
        }
        if keys.goes_to_end {
            self.follows = true;
        }
        for step in keys.steps {
            self.extend_selection(ui.ctx(), step);
        }
        if keys.parts != 0 {
            self.select_neighbour(ui.ctx(), keys.parts);
        }
        if let Some(is_open) = keys.opens {
            self.open_selected(ui.ctx(), is_open);
        }
        if keys.selects_all {
            self.select_all();
        }
        if keys.selects_nothing {
            self.selection = None;
        }
    }

    /// The caret before the first row in view, where a selection by keys begins.
    fn first_in_view(&mut self, ctx: &Context) -> Option<Caret> {
        let &(_, record, row) = self.visible.first()?;
        let mut rows = LayoutRows { records: &mut self.records, glyphs: &mut self.glyphs, ctx };
        rows.caret_of(&Anchor { record, row, above: 0.0 })
    }

    fn extend_selection(&mut self, ctx: &Context, step: Step) {
        let selection = match self.selection {
            Some(selection) => selection,
            None => {
                let Some(caret) = self.first_in_view(ctx) else { return };
                Selection { from: caret, to: caret }
            }
        };
        let is_hex = self.top.is_some_and(|top| top.is_hex);
        let mut rows = LayoutRows { records: &mut self.records, glyphs: &mut self.glyphs, ctx };
        let to = match step {
            Step::Rows(count) => rows.moved_by_rows(selection.to, count, is_hex),
            Step::Characters(count) => rows.moved_by_characters(selection.to, count),
            Step::Start => rows.records.next(rows.records.start()).map(|record| Caret { record, byte: 0 }),
            Step::End => rows.last().map(|record| Caret { record, byte: u32::MAX }),
        };
        if let Some(to) = to {
            self.selection = Some(Selection { to, ..selection });
            self.wanted = Some(Wanted { caret: to, with_context: false });
        }
    }

    /// Selects the part `count` after the selected one, or before it if negative.
    fn select_neighbour(&mut self, ctx: &Context, count: i64) {
        let mut rows = LayoutRows { records: &mut self.records, glyphs: &mut self.glyphs, ctx };
        let mut at = match (self.selection, self.visible.first()) {
            (Some(selection), _) => selection.end_byte(),
            (None, Some(&(_, record, row))) => {
                // Without a selection the first part in view is selected.
                let Some(caret) = rows.caret_of(&Anchor { record, row, above: 0.0 }) else { return };
                self.select_part(ctx, caret);
                return;
            }
            (None, None) => return,
        };
        for _ in 0..count.unsigned_abs() {
            let Some(next) = rows.neighbour(at, count > 0) else { break };
            at = next;
        }
        self.select_part(ctx, at);
    }

    /// Selects the part that has a byte, and scrolls to it.
    fn select_part(&mut self, ctx: &Context, caret: Caret) {
        let mut rows = LayoutRows { records: &mut self.records, glyphs: &mut self.glyphs, ctx };
        let Some((bytes, end)) = rows.part_of(caret) else { return };
        let selection = Selection::part(caret.record, &bytes, end);
        self.selection = Some(selection);
        self.wanted = Some(Wanted { caret: selection.from, with_context: false });
    }

    /// Shows the dump of the selected part below it, or hides it.
    fn open_selected(&mut self, ctx: &Context, is_open: bool) {
        let Some(selection) = self.selection else { return };
        let at = selection.end_byte();
        let mut rows = LayoutRows { records: &mut self.records, glyphs: &mut self.glyphs, ctx };
        let Some((bytes, _)) = rows.part_of(at) else { return };
        self.set_open(Caret { byte: bytes.start as u32, ..at }, is_open);
    }
}

fn keys(ui: &Ui, row: f32, page: f32, has_selection: bool) -> KeyEffects {
    ui.input_mut(|input| {
        let mut keys = KeyEffects::default();
        let with_shift = Modifiers::SHIFT;
        // Shift first: egui matches a pattern without modifiers to keys with Shift, too.
        let rows_of_page = (page / row).floor().max(1.0) as i64;
        let moves = [
            (Key::ArrowDown, Step::Rows(1)),
            (Key::ArrowUp, Step::Rows(-1)),
            (Key::PageDown, Step::Rows(rows_of_page)),
            (Key::PageUp, Step::Rows(-rows_of_page)),
            (Key::ArrowRight, Step::Characters(1)),
            (Key::ArrowLeft, Step::Characters(-1)),
            (Key::Home, Step::Start),
            (Key::End, Step::End),
        ];
        for (key, step) in moves {
            let count = input.count_and_consume_key(with_shift, key)
                + input.count_and_consume_key(with_shift.plus(Modifiers::COMMAND), key);
            keys.steps.extend(std::iter::repeat_n(step, count));
        }
        keys.parts = input.count_and_consume_key(Modifiers::COMMAND, Key::ArrowDown) as i64
            - input.count_and_consume_key(Modifiers::COMMAND, Key::ArrowUp) as i64;
        let mut pressed = |key| input.count_and_consume_key(Modifiers::NONE, key) as f32;
        keys.points = (pressed(Key::ArrowDown) - pressed(Key::ArrowUp)) * row
            + (pressed(Key::PageDown) - pressed(Key::PageUp)) * page;
        keys.goes_home = pressed(Key::Home) > 0.0 || input.consume_key(Modifiers::COMMAND, Key::Home);
        keys.goes_to_end =
            input.consume_key(Modifiers::NONE, Key::End) || input.consume_key(Modifiers::COMMAND, Key::End);
        if input.consume_key(Modifiers::NONE, Key::ArrowRight) {
            keys.opens = Some(true);
        }
        if input.consume_key(Modifiers::NONE, Key::ArrowLeft) {
            keys.opens = Some(false);
        }
        keys.selects_all = input.consume_key(Modifiers::COMMAND, Key::A);
        keys.selects_nothing = has_selection && input.consume_key(Modifiers::NONE, Key::Escape);
        keys
    })
}
