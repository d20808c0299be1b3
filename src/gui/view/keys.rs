//! The keys on the data: scrolling, and selecting without a pointer.

use super::place::Wanted;
use super::scroll::{Anchor, Rows as _};
use super::selection::{Place, Selection};
use super::{DataView, SourceRows};
use eframe::egui::{Context, EventFilter, Key, Modifiers, Rect, Response, Ui, Vec2};

/// How far a key moves the end of the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// So many rows down, or up if negative.
    Rows(i64),
    /// So many characters on, or back if negative.
    Characters(i64),
    /// To the beginning of everything.
    Start,
    /// To its end.
    End,
}

/// What the keys ask for in one frame.
#[derive(Default)]
struct Asked {
    points: f32,
    goes_home: bool,
    goes_to_end: bool,
    steps: Vec<Step>,
    /// Records to go on with the selection, or back.
    records: i64,
    selects_all: bool,
    selects_nothing: bool,
}

impl DataView {
    pub(super) fn handle_keys(&mut self, ui: &Ui, response: &Response, area: Rect, cell: Vec2) {
        let filter = EventFilter {
            vertical_arrows: true,
            horizontal_arrows: true,
            escape: self.selection.is_some(),
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let page = (area.height() - cell.y).max(cell.y);
        let asked = asked(ui, cell.y, page, self.selection.is_some());
        if asked.points != 0.0 {
            self.scroll(ui, asked.points, cell.y);
        }
        if asked.goes_home
            && let Some(first) = self.source.next(self.source.start())
        {
            self.follows = false;
            self.anchor = Anchor { record: first, ..Anchor::default() };
        }
        if asked.goes_to_end {
            self.follows = true;
        }
        for step in asked.steps {
            self.extend_selection(ui.ctx(), step);
        }
        if asked.records != 0 {
            self.select_neighbour(ui.ctx(), asked.records);
        }
        if asked.selects_all {
            self.select_all();
        }
        if asked.selects_nothing {
            self.selection = None;
        }
    }

    /// The first place in sight, from where a selection begins that no pointer has begun.
    fn first_in_sight(&mut self, ctx: &Context) -> Option<Place> {
        let &(_, record, row) = self.visible.first()?;
        let mut rows = SourceRows { source: &mut self.source, glyphs: &mut self.glyphs, ctx };
        rows.place_of(&Anchor { record, row, above: 0.0 })
    }

    fn extend_selection(&mut self, ctx: &Context, step: Step) {
        let selection = match self.selection {
            Some(selection) => selection,
            None => {
                let Some(place) = self.first_in_sight(ctx) else { return };
                Selection { from: place, to: place }
            }
        };
        let is_hex = self.top.is_some_and(|top| top.is_hex);
        let mut rows = SourceRows { source: &mut self.source, glyphs: &mut self.glyphs, ctx };
        let to = match step {
            Step::Rows(count) => rows.moved_by_rows(selection.to, count, is_hex),
            Step::Characters(count) => rows.moved_by_characters(selection.to, count),
            Step::Start => rows.source.next(rows.source.start()).map(|record| Place { record, byte: 0 }),
            Step::End => rows.last().map(|record| Place { record, byte: u32::MAX }),
        };
        if let Some(to) = to {
            self.selection = Some(Selection { to, ..selection });
            self.wanted = Some(Wanted { place: to, with_context: false });
        }
    }

    /// Selects the record `count` after the selected one, or before it if negative.
    fn select_neighbour(&mut self, ctx: &Context, count: i64) {
        let mut rows = SourceRows { source: &mut self.source, glyphs: &mut self.glyphs, ctx };
        let mut record = match (self.selection, self.visible.first()) {
            (Some(selection), _) => selection.to.record,
            (None, Some(&(_, record, _))) => {
                // The first key selects what is in sight.
                self.selection = Some(Selection::record(record));
                self.wanted = Some(Wanted { place: Place { record, byte: 0 }, with_context: false });
                return;
            }
            (None, None) => return,
        };
        for _ in 0..count.unsigned_abs() {
            let next = if count > 0 { rows.after(record) } else { rows.before(record) };
            let Some(next) = next else { break };
            record = next;
        }
        self.selection = Some(Selection::record(record));
        self.wanted = Some(Wanted { place: Place { record, byte: 0 }, with_context: false });
    }
}

impl SourceRows<'_> {
    /// The place of the first byte that a row shows.
    fn place_of(&mut self, anchor: &Anchor) -> Option<Place> {
        let byte = self.layout(anchor.record)?.first_byte(anchor.row) as u32;
        Some(Place { record: anchor.record, byte })
    }

    fn moved_by_rows(&mut self, from: Place, count: i64, is_hex: bool) -> Option<Place> {
        let row = self.row_of(from, is_hex)?;
        let mut at = Anchor { record: from.record, row, above: 0.0 };
        let step = if count > 0 { 1.0 } else { -1.0 };
        let mut place = from;
        for _ in 0..count.unsigned_abs() {
            // A head line begins with the same byte as the row below it.
            loop {
                let next = at.moved(step, 1.0, self);
                if next == at {
                    let byte = if count > 0 { u32::MAX } else { 0 };
                    return Some(Place { record: at.record, byte });
                }
                at = next;
                let reached = self.place_of(&at)?;
                if reached != place {
                    place = reached;
                    break;
                }
            }
        }
        Some(place)
    }

    fn moved_by_characters(&mut self, mut place: Place, count: i64) -> Option<Place> {
        for _ in 0..count.unsigned_abs() {
            let layout = self.layout(place.record)?;
            let length = layout.payload.len() as u32;
            let found = if count > 0 {
                let later = layout.cells.partition_point(|cell| cell.byte <= place.byte);
                let within = layout.cells.get(later).map_or(length, |cell| cell.byte);
                (place.byte < length).then_some(within)
            } else {
                let before = layout.cells.partition_point(|cell| cell.byte < place.byte);
                before.checked_sub(1).map(|index| layout.cells[index].byte)
            };
            place = match found {
                Some(byte) => Place { byte, ..place },
                None if count > 0 => Place { record: self.after(place.record)?, byte: 0 },
                None => {
                    let record = self.before(place.record)?;
                    Place { record, byte: self.layout(record)?.payload.len() as u32 }
                }
            };
        }
        Some(place)
    }
}

fn asked(ui: &Ui, row: f32, page: f32, has_selection: bool) -> Asked {
    ui.input_mut(|input| {
        let mut asked = Asked::default();
        let with_shift = Modifiers::SHIFT;
        // Shift first: a pattern without modifiers fits with it as well.
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
            asked.steps.extend(std::iter::repeat_n(step, count));
        }
        asked.records = input.count_and_consume_key(Modifiers::COMMAND, Key::ArrowDown) as i64
            - input.count_and_consume_key(Modifiers::COMMAND, Key::ArrowUp) as i64;
        let mut pressed = |key| input.count_and_consume_key(Modifiers::NONE, key) as f32;
        asked.points = (pressed(Key::ArrowDown) - pressed(Key::ArrowUp)) * row
            + (pressed(Key::PageDown) - pressed(Key::PageUp)) * page;
        asked.goes_home = pressed(Key::Home) > 0.0 || input.consume_key(Modifiers::COMMAND, Key::Home);
        asked.goes_to_end =
            input.consume_key(Modifiers::NONE, Key::End) || input.consume_key(Modifiers::COMMAND, Key::End);
        asked.selects_all = input.consume_key(Modifiers::COMMAND, Key::A);
        asked.selects_nothing = has_selection && input.consume_key(Modifiers::NONE, Key::Escape);
        asked
    })
}
