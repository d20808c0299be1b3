//! The state of the list of connections: what is selected, the cursor of the keys, and the open menu.

use crate::gui::peers::returns::{Return, Returns};
use crate::model::{ConnectionId, Connections, Transport};
use std::collections::BTreeSet;

/// How a click or key changes the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Select {
    /// Only this connection; none if it was the only one.
    Only,
    /// Add this connection or remove it.
    Toggle,
    /// From the anchor to this connection.
    Range,
    /// From the anchor to this connection, in addition to what is selected.
    AddRange,
}

/// The list of connections of a tab. Everything is by connection, never by row: rows move when
/// connections come and go.
#[derive(Debug, Default)]
pub struct Peers {
    /// The selected connections.
    pub selected: BTreeSet<ConnectionId>,
    /// Closed connections that were selected: if their peers come back, they are selected again.
    selected_before: BTreeSet<ConnectionId>,
    returns: Returns,
    /// Where a range begins.
    pub(super) anchor: Option<ConnectionId>,
    /// Where the keys are.
    pub(super) cursor: Option<ConnectionId>,
    /// The connection whose menu is open, and where the menu is, in points.
    pub(super) menu: Option<(ConnectionId, [f32; 2])>,
}

impl Peers {
    /// Takes the connections that are open now. A peer that comes back takes the place of its closed connection.
    pub fn update(&mut self, transport: Transport, open: &Connections) {
        let is_open = |id: &ConnectionId| open.get(*id).is_some();
        let followed = self.selected.iter().copied();
        let returned = self.returns.update(transport, followed, open);
        self.selected_before.extend(self.selected.extract_if(.., |id| !is_open(id)));
        for Return { closed, opened } in returned {
            if self.selected_before.remove(&closed) {
                self.selected.insert(opened);
            }
        }
        self.menu = self.menu.filter(|(id, _)| is_open(id));
    }

    /// Changes the selection and moves the cursor to `id`.
    pub(super) fn select(&mut self, connections: &Connections, id: ConnectionId, select: Select) {
        self.cursor = Some(id);
        self.selected_before.clear();
        match select {
            Select::Range | Select::AddRange => {
                let from = *self.anchor.get_or_insert(id);
                let range = from.min(id)..=from.max(id);
                if select == Select::Range {
                    self.selected.clear();
                }
                let ids = connections.iter().map(|known| known.id);
                self.selected.extend(ids.filter(|id| range.contains(id)));
            }
            Select::Toggle => {
                self.anchor = Some(id);
                if !self.selected.remove(&id) {
                    self.selected.insert(id);
                }
            }
            Select::Only => {
                self.anchor = Some(id);
                let was_only = self.selected.len() == 1 && self.selected.contains(&id);
                self.selected.clear();
                if !was_only {
                    self.selected.insert(id);
                }
            }
        }
    }

    /// Selects all connections.
    pub(super) fn select_all(&mut self, connections: &Connections) {
        self.selected_before.clear();
        self.selected = connections.iter().map(|connection| connection.id).collect();
    }

    /// The row of the cursor; if its connection is closed, the row that took its place.
    pub(super) fn cursor_row(&self, connections: &Connections) -> usize {
        let Some(cursor) = self.cursor else { return 0 };
        connections.position(cursor).unwrap_or_else(|place| place.min(connections.len().saturating_sub(1)))
    }
}
