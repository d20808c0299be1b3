//! The state of the list of connections: what is selected, the cursor of the keys, and the open menu.

use crate::gui::peers::returns::{Return, Returns};
use crate::model::{ConnectionId, Connections, Transport};
use crate::streams::Encodings;
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
    /// The encodings of connections that have their own; that of the rest is in the tab's form.
    pub encodings: Encodings,
    /// Closed connections that were selected: if their peers come back, they are selected again.
    selected_before: BTreeSet<ConnectionId>,
    returns: Returns,
    /// Where a range begins.
    pub(super) anchor: Option<ConnectionId>,
    /// Where the keys are.
    pub(super) cursor: Option<ConnectionId>,
    /// The menu that is open.
    pub(super) menu: Option<Menu>,
    /// The name that is being typed.
    pub(super) renaming: Option<Renaming>,
}

/// The open menu of a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Menu {
    /// The connection.
    pub connection: ConnectionId,
    /// Where the menu is, in points.
    pub at: [f32; 2],
    /// What it shows.
    pub page: MenuPage,
    /// The entry that gets the keyboard focus in the next frame.
    pub focus: Option<MenuFocus>,
}

/// A page of the menu: one popup shows one after the other, so that the keys work in all of them alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MenuPage {
    /// All that can be done.
    Main,
    /// The encodings.
    Encodings,
    /// Which bytes to save.
    Save,
}

/// An entry of the menu that gets the keyboard focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MenuFocus {
    /// The first one.
    First,
    /// Disconnect.
    Disconnect,
}

/// The name of a peer while it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Renaming {
    /// The connection whose peer gets the name.
    pub connection: ConnectionId,
    /// The name as typed.
    pub text: String,
    /// The field gets the keyboard focus in the next frame.
    pub wants_focus: bool,
}

impl Peers {
    /// Takes the connections that are open now. A peer that comes back takes the place of its closed connection.
    pub fn update(&mut self, transport: Transport, open: &Connections) {
        let is_open = |id: &ConnectionId| open.get(*id).is_some();
        let followed: BTreeSet<_> =
            self.selected.iter().copied().chain(self.encodings.connections()).collect();
        let returned = self.returns.update(transport, followed, open);
        self.selected_before.extend(self.selected.extract_if(.., |id| !is_open(id)));
        for Return { closed, opened } in returned {
            if self.selected_before.remove(&closed) {
                self.selected.insert(opened);
            }
            self.encodings.set(opened, self.encodings.own_of(closed));
        }
        self.menu = self.menu.filter(|menu| is_open(&menu.connection));
        self.renaming = self.renaming.take().filter(|renaming| is_open(&renaming.connection));
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

    /// Selects one connection alone.
    pub fn select_only(&mut self, id: ConnectionId) {
        self.selected_before.clear();
        self.selected = [id].into();
        (self.cursor, self.anchor) = (Some(id), Some(id));
    }

    /// Selects all connections.
    pub(super) fn select_all(&mut self, connections: &Connections) {
        self.selected_before.clear();
        self.selected = connections.iter().map(|connection| connection.id).collect();
    }

    /// Selects no connection.
    pub(super) fn select_none(&mut self) {
        self.selected_before.clear();
        self.selected.clear();
    }

    /// The row of the cursor; if its connection is closed, the row that took its place.
    pub(super) fn cursor_row(&self, connections: &Connections) -> usize {
        let Some(cursor) = self.cursor else { return 0 };
        connections.position(cursor).unwrap_or_else(|place| place.min(connections.len().saturating_sub(1)))
    }
}
