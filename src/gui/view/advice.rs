//! Advice about data that is no text in the chosen encoding: another encoding, TLS, or compressed.
//!
//! Examines the records on the screen, when they change.

use crate::capture::Position;
use crate::codec::{Encoding, Hint, other_encoding, signature};
use crate::gui::view::flow::Class;
use crate::gui::view::layout::RecordLayout;
use crate::gui::view::shown::ShownRecords;
use crate::model::{ConnectionId, Direction, RecordKind};
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

/// Finds advice, and remembers what was dismissed.
#[derive(Default)]
pub struct Adviser {
    current: Option<Advice>,
    /// The last examination: the first and last record on the screen, and the encoding.
    examined: Option<(Position, Position, Encoding)>,
    /// The advice that is not shown again.
    dismissed: Vec<(ConnectionId, Hint)>,
}

impl Adviser {
    /// Drops the advice about another encoding than this one.
    fn begin(&mut self, encoding: Encoding) {
        if self.examined.is_some_and(|(.., known)| known != encoding) {
            self.current = None;
            self.examined = None;
        }
    }

    fn give(&mut self, advice: Advice) {
        if !self.dismissed.contains(&(advice.connection, advice.hint)) {
            self.current = Some(advice);
        }
    }

    /// The advice. It stays until it is dismissed or the encoding changes, so that the layout is stable while
    /// data arrives.
    pub fn current(&self) -> Option<Advice> {
        self.current
    }

    /// Hides the advice for good.
    pub fn dismiss(&mut self) {
        if let Some(advice) = self.current.take() {
            self.dismissed.push((advice.connection, advice.hint));
        }
    }

    /// Examines the records on the screen.
    pub fn examine(&mut self, records: &mut ShownRecords, shown: &[Rc<RecordLayout>], encoding: Encoding) {
        self.begin(encoding);
        let (Some(first), Some(last)) = (shown.first(), shown.last()) else { return };
        let key = (Position(first.span.0), Position(last.span.0), encoding);
        if self.current.is_some() || self.examined == Some(key) {
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
            let of_half = || data().filter(|layout| (layout.head.connection, layout.head.direction) == half);
            let has_invalid =
                of_half().any(|layout| layout.cells.iter().any(|cell| cell.class == Class::Invalid));
            let Some(first) = of_half().next() else { continue };
            let is_plain = of_half().all(|layout| layout.payload.is_ascii());
            if !has_invalid && (is_plain || encoding == Encoding::Utf8) {
                continue;
            }
            let pending = records.pending_before(Position(first.span.0), encoding);
            let sample: Vec<u8> =
                of_half().flat_map(|layout| layout.payload.iter().copied()).take(4096).collect();
            if let Some(other) = other_encoding(encoding, &pending, &sample) {
                let (connection, peer) = (first.head.connection, first.head.peer);
                self.give(Advice { connection, peer, hint: Hint::Encoding(other) });
            }
        }
    }
}
