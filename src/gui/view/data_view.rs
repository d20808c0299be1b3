//! The state of the view: position, selection, pause, filter. Drawing is in `ui`, input in `input` and `keys`.

use crate::capture::{Bookmarks, Position, Snapshot};
use crate::gui::action::{CopyFormat, Step};
use crate::gui::view::advice::{Advice, Adviser};
use crate::gui::view::copy::CopyRequest;
use crate::gui::view::glyphs::Glyphs;
use crate::gui::view::inspected::Inspected;
use crate::gui::view::scroll::Anchor;
use crate::gui::view::selection::{Caret, Selection};
use crate::gui::view::shown::ShownRecords;
use crate::gui::view::{seek, times};
use crate::lang::{Words, explain, fill};
use crate::model::{ConnectionId, Connections, PeerNames};
use crate::search::{self, Part, Scan};
use crate::settings::{BytesPerRow, TimeMode, ViewMode};
use crate::streams::Encodings;
use chrono::Local;
use std::net::SocketAddr;
use std::sync::Arc;

/// The margin left of the rows, in points.
pub(super) const LEFT_MARGIN: f32 = 16.0;

/// The margin right of the rows, in points.
pub(super) const RIGHT_MARGIN: f32 = 6.0;

/// How the data is shown.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Auto, text, hex or both.
    pub mode: ViewMode,
    /// The encodings.
    pub encodings: &'a Encodings,
    /// The names of peers.
    pub names: &'a PeerNames,
    /// The open connections; `None`: those of a file, of which none is open.
    pub open: Option<&'a Connections>,
    /// The times before records.
    pub time: TimeMode,
    /// The search whose matches are highlighted.
    pub found: Option<&'a Scan>,
    /// The filter.
    pub filter: Option<&'a Arc<Scan>>,
    /// Rows name the peer of their connection.
    pub has_peers: bool,
    /// Bytes in a row of hex.
    pub bytes_per_row: BytesPerRow,
    /// Control characters are shown by their control pictures.
    pub control_pictures: bool,
    /// The words of the language in use.
    pub words: &'a Words,
}

/// The state of one view.
pub struct DataView {
    pub(super) glyphs: Glyphs,
    pub(super) records: ShownRecords,
    /// The row at the top edge.
    pub(super) anchor: Anchor,
    /// New records scroll into view.
    pub(super) follows: bool,
    /// The number of records when the newest one was last in view.
    pub(super) seen: u64,
    /// The number of records up to the last Clear.
    pub(super) cleared: u64,
    /// The snapshot that is shown while the display is paused.
    pub(super) paused: Option<Snapshot>,
    pub(super) selection: Option<Selection>,
    /// The byte at the top edge, which stays there when the layout changes.
    pub(super) top: Option<Top>,
    /// The record at the top edge when the filter changed.
    pub(super) home: Option<Position>,
    /// The caret to scroll to in the next frame.
    pub(super) wanted: Option<Wanted>,
    /// The first byte of the part that was opened or closed, to show all of it in the next frame.
    pub(super) turned: Option<Caret>,
    /// While the scroll bar is dragged: the pointer below the top of the handle, in points.
    pub(super) grab: Option<f32>,
    /// The rows of the last frame from top to bottom: top edge in points, record, row in the record.
    pub(super) visible: Vec<(f32, Position, u32)>,
    /// The selected bytes, for the inspector.
    pub(super) inspected: Inspected,
    pub(super) adviser: Adviser,
}

impl Default for DataView {
    fn default() -> Self {
        Self {
            glyphs: Glyphs::default(),
            records: ShownRecords::default(),
            anchor: Anchor::default(),
            follows: true,
            seen: 0,
            cleared: 0,
            paused: None,
            selection: None,
            top: None,
            home: None,
            wanted: None,
            turned: None,
            grab: None,
            visible: Vec::new(),
            inspected: Inspected::default(),
            adviser: Adviser::default(),
        }
    }
}

/// A caret to scroll to.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// The caret.
    pub caret: Caret,
    /// If it is not in view: with some of the rows before it.
    pub with_context: bool,
}

/// The byte at the top edge. It is kept while only the layout changes, so that going through all views and
/// encodings ends where it began.
#[derive(Clone, Copy)]
pub(super) struct Top {
    /// The anchor for which it was noted.
    pub anchor: Anchor,
    /// The first byte in the row.
    pub byte: usize,
    /// The row is one of hex.
    pub is_hex: bool,
}

impl DataView {
    /// Freezes the display at a snapshot, or unfreezes it. Receiving and recording continue.
    pub fn set_paused(&mut self, paused: Option<Snapshot>) {
        self.paused = paused;
    }

    /// Takes a newer snapshot without drawing, which releases expired segments.
    pub fn keep_up(&mut self, newest: &Snapshot) {
        if let Some(paused) = &self.paused
            && newest.start() > paused.start()
        {
            self.paused = Some(paused.without_expired(newest));
        }
        self.records.update(self.paused.as_ref().unwrap_or(newest));
    }

    /// Whether the display is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Hides everything up to the end of `snapshot`. The recording keeps it.
    pub fn clear(&mut self, snapshot: &Snapshot) {
        self.records.source.floor = snapshot.end();
        self.selection = None;
        self.follows = true;
        self.seen = snapshot.records();
        self.cleared = snapshot.records();
        if self.paused.is_some() {
            self.paused = Some(snapshot.clone());
        }
    }

    /// Shows the records again that Clear has hidden.
    pub fn show_cleared(&mut self) {
        self.records.source.floor = Position::default();
        self.cleared = 0;
    }

    /// The number of records in `snapshot` that Clear has hidden.
    #[must_use]
    pub fn hidden(&self, snapshot: &Snapshot) -> u64 {
        self.cleared.saturating_sub(snapshot.records_expired())
    }

    /// Goes to the newest record and follows new ones.
    pub fn jump_to_newest(&mut self) {
        self.follows = true;
        self.paused = None;
    }

    /// The number of records since the newest one was last in view.
    #[must_use]
    pub fn unseen(&self, snapshot: &Snapshot) -> u64 {
        if self.follows() || self.records.source.filter.is_some() {
            0
        } else {
            snapshot.records().saturating_sub(self.seen)
        }
    }

    /// Whether new records scroll into view.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.follows && self.paused.is_none()
    }

    /// The selection as a place of the search: where the last part of the selected match begins.
    #[must_use]
    pub fn selected_place(&self) -> Option<search::Location> {
        let (first, last) = self.selection?.ordered();
        let byte = if first.record == last.record { first.byte } else { 0 };
        Some(search::Location { record: last.record, byte })
    }

    /// The place from which the search goes on: the selection, or before the first record in view.
    #[must_use]
    pub fn search_place(&self) -> Option<search::Location> {
        let before = |record: Position| Position(record.0.saturating_sub(1));
        let first = || self.visible.first().map(|&(_, record, _)| before(record));
        self.selected_place().or_else(|| first().map(|record| search::Location { record, byte: u32::MAX }))
    }

    /// The connection of the selected record, and its peer.
    pub fn selected_connection(&mut self) -> Option<(ConnectionId, SocketAddr)> {
        let record = self.selection?.to.record;
        self.records.connection_of(record).filter(|(connection, _)| *connection != ConnectionId::SESSION)
    }

    /// Selects a match and scrolls to it.
    pub fn select_match(&mut self, parts: &[Part]) {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return };
        let from = Caret { record: first.record, byte: first.start };
        let to = Caret { record: last.record, byte: last.start + last.length };
        self.selection = Some(Selection { from, to });
        self.wanted = Some(Wanted { caret: from, with_context: true });
        self.unpause_for(to.record);
    }

    /// The position at which the shown records begin.
    #[must_use]
    pub fn floor(&self) -> Position {
        self.records.source.floor
    }

    /// Ends the pause if a record is newer than the paused snapshot.
    fn unpause_for(&mut self, record: Position) {
        if self.paused.as_ref().is_some_and(|paused| record >= paused.end()) {
            self.paused = None;
        }
    }

    /// The record that a bookmark is set on: at the end of the selection, or the first in view.
    pub fn record_to_bookmark(&mut self) -> Option<Position> {
        let Some(selection) = self.selection else {
            return self.visible.first().map(|&(_, record, _)| record);
        };
        let record = selection.to.record;
        // With everything selected the end is behind the last record.
        if record < self.records.snapshot().end() { Some(record) } else { self.records.previous(record) }
    }

    /// The neighbouring bookmark on a record that is shown; wraps around.
    #[must_use]
    pub fn next_bookmark(&self, bookmarks: &Bookmarks, step: Step) -> Option<Position> {
        let forward = step == Step::Next;
        let before = |record: Position| Position(record.0.saturating_sub(1));
        let first = self.visible.first().map(|&(_, record, _)| if forward { before(record) } else { record });
        let mut at = self.selection.map(|selection| selection.to.record).or(first)?;
        let mut has_wrapped = false;
        loop {
            let next = if forward { bookmarks.next_after(at) } else { bookmarks.previous_before(at) };
            match next {
                Some((record, _)) if record >= self.records.start() && self.records.shows(record) => {
                    return Some(record);
                }
                Some((record, _)) => at = record,
                None if has_wrapped => return None,
                None => {
                    has_wrapped = true;
                    at = Position(if forward { 0 } else { u64::MAX });
                }
            }
        }
    }

    /// Selects a record and scrolls to it.
    pub fn go_to(&mut self, record: Position) {
        self.selection = Some(Selection::record(record));
        self.wanted = Some(Wanted { caret: Caret { record, byte: 0 }, with_context: true });
        self.unpause_for(record);
    }

    /// The time of a record as text.
    pub fn time_label(&mut self, record: Position) -> Option<String> {
        self.records.time_of(record).map(|time| times::clock(time, Local::now().date_naive()))
    }

    /// Selects the first record at or after the time in `text`.
    ///
    /// # Errors
    /// In the language of the window: `text` is no time, there is no record, or reading has failed.
    pub fn go_to_time(&mut self, text: &str, words: &Words) -> Result<(), String> {
        let when = seek::parse(text);
        let when = when.ok_or_else(|| fill(&words.time_not_understood, &[("text", &text.trim())]))?;
        let in_sight = self.visible.first().map(|&(_, record, _)| record);
        match self.records.seek(when, in_sight) {
            Ok(Some(record)) => {
                self.go_to(record);
                Ok(())
            }
            Ok(None) => Err(words.no_data_yet.clone()),
            Err(failure) => Err(explain(words, &failure)),
        }
    }

    /// The advice about the data in view.
    #[must_use]
    pub fn advice(&self) -> Option<Advice> {
        self.adviser.current()
    }

    /// Hides the advice for good.
    pub fn dismiss_advice(&mut self) {
        self.adviser.dismiss();
    }

    /// The bytes that are selected, for copying; `None` without a selection.
    #[must_use]
    pub fn copy_request(
        &self,
        format: CopyFormat,
        encodings: Encodings,
        names: &PeerNames,
        words: &'static Words,
    ) -> Option<CopyRequest> {
        let selection = self.selection.filter(|selection| !selection.is_empty())?;
        let (snapshot, filter) = (self.records.snapshot().clone(), self.records.source.filter.clone());
        let names = names.clone();
        Some(CopyRequest { snapshot, filter, selection, format, encodings, names, words })
    }

    /// Shows the dump of a part below it, or hides it. The part begins at a caret.
    pub(super) fn set_open(&mut self, part: Caret, is_open: bool) {
        self.records.set_open(part.record, part.byte as usize, is_open);
        self.turned = Some(part);
    }

    /// Selects everything.
    pub(super) fn select_all(&mut self) {
        self.selection = Some(Selection::all(self.records.start(), self.records.snapshot().end()));
    }

    /// The selected bytes, for the inspector; read when the selection changes.
    pub fn inspected(&mut self, encodings: &Encodings) -> &Inspected {
        let selection = self.selection.filter(|selection| !selection.is_empty());
        self.inspected.update(&mut self.records, selection, encodings);
        &self.inspected
    }
}
