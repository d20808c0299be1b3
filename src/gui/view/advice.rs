//! Advice about data that is no text in the chosen encoding: another encoding, TLS, or compressed.
//!
//! Examines the records on the screen, when they change.

use crate::capture::Position;
use crate::codec::{Encoding, Hint, other_encoding, signature};
use crate::gui::view::flow::Class;
use crate::gui::view::layout::RecordLayout;
use crate::gui::view::shown::ShownRecords;
use crate::model::{ConnectionId, Direction, RecordKind};
use crate::streams::Encodings;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;

/// The most halves of connections that are examined per screen.
const HALVES: usize = 4;

/// A hint about the data of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The connection.
    pub connection: ConnectionId,
    /// Its peer.
    pub peer: SocketAddr,
    /// What the data seems to be.
    pub hint: Hint,
}

/// Bound on what is remembered of advice given.
const REMEMBERED: usize = 1000;

/// Finds advice, and remembers what was dismissed or followed.
#[derive(Default)]
pub struct Adviser {
    current: Option<Advice>,
    /// The last examination: the first and last record on the screen, and the encodings.
    examined: Option<(Position, Position, Encodings)>,
    /// The advice that is not shown again, oldest first.
    dismissed: VecDeque<(ConnectionId, Hint)>,
    /// The connections for which the user wants no other encoding, oldest first.
    contented: VecDeque<ConnectionId>,
}

impl Adviser {
    /// Drops the advice about a connection that has another encoding now. It is never advised to go back: where
    /// its data is in two encodings, the advice would alternate.
    fn begin(&mut self, encodings: &Encodings) {
        let Some((.., known)) = &self.examined else { return };
        if known == encodings {
            return;
        }
        if let Some(Advice { connection, hint: Hint::Encoding(_), .. }) = self.current {
            let before = known.of(connection);
            if before != encodings.of(connection) {
                self.current = None;
                self.remember(connection, Hint::Encoding(before));
            }
        }
        self.examined = None;
    }

    fn remember(&mut self, connection: ConnectionId, hint: Hint) {
        if self.dismissed.len() >= REMEMBERED {
            self.dismissed.pop_front();
        }
        self.dismissed.push_back((connection, hint));
    }

    fn give(&mut self, advice: Advice) {
        let is_contented =
            matches!(advice.hint, Hint::Encoding(_)) && self.contented.contains(&advice.connection);
        if self.current.is_none()
            && !is_contented
            && !self.dismissed.contains(&(advice.connection, advice.hint))
        {
            self.current = Some(advice);
        }
    }

    /// The advice. It stays until it is dismissed or followed, so that the layout is stable while data arrives, or
    /// until its connection is neither open nor in sight.
    pub fn current(&self) -> Option<Advice> {
        self.current
    }

    /// Hides the advice for good. The connection is not advised to use yet another encoding either.
    pub fn dismiss(&mut self) {
        let Some(Advice { connection, hint, .. }) = self.current.take() else { return };
        if matches!(hint, Hint::Encoding(_)) {
            if self.contented.len() >= REMEMBERED {
                self.contented.pop_front();
            }
            self.contented.push_back(connection);
        } else {
            self.remember(connection, hint);
        }
    }

    /// Examines the records on the screen.
    pub fn examine(
        &mut self,
        records: &mut ShownRecords,
        shown: &[Rc<RecordLayout>],
        encodings: &Encodings,
        is_open: &dyn Fn(ConnectionId) -> bool,
    ) {
        self.begin(encodings);
        let is_shown = |id| shown.iter().any(|layout| layout.head.connection == id);
        self.current =
            self.current.filter(|advice| is_open(advice.connection) || is_shown(advice.connection));
        let (Some(first), Some(last)) = (shown.first(), shown.last()) else { return };
        let key = (Position(first.span.0), Position(last.span.0), encodings.clone());
        if self.current.is_some() || self.examined.as_ref() == Some(&key) {
            return;
        }
        self.examined = Some(key);
        let data = || shown.iter().filter(|layout| layout.head.kind == RecordKind::Data);
        for layout in data() {
            if let Some(hint) = signature(&layout.payload) {
                let (connection, peer) = (layout.head.connection, layout.head.peer);
                self.give(Advice { connection, peer, hint });
            }
        }
        let mut halves: Vec<(ConnectionId, Direction)> = Vec::new();
        for layout in data() {
            let half = (layout.head.connection, layout.head.direction);
            if !halves.contains(&half) && halves.len() < HALVES {
                halves.push(half);
            }
        }
        for half in halves {
            let encoding = encodings.of(half.0);
            let of_half = || data().filter(|layout| (layout.head.connection, layout.head.direction) == half);
            let has_invalid =
                of_half().any(|layout| layout.cells.iter().any(|cell| cell.class == Class::Invalid));
            let Some(first) = of_half().next() else { continue };
            let is_plain = of_half().all(|layout| layout.payload.is_ascii());
            if !has_invalid && (is_plain || encoding == Encoding::Utf8) {
                continue;
            }
            let pending = records.pending_before(Position(first.span.0), encodings);
            let sample: Vec<u8> =
                of_half().flat_map(|layout| layout.payload.iter().copied()).take(4096).collect();
            if let Some(other) = other_encoding(encoding, &pending, &sample) {
                let (connection, peer) = (first.head.connection, first.head.peer);
                self.give(Advice { connection, peer, hint: Hint::Encoding(other) });
            }
        }
    }
}
