//! What the data in sight seems to be, where it makes no sense as text in the chosen encoding.
//!
//! Only what is on the screen is looked at, and only when that is something new.

use super::DataView;
use super::layout::{Class, RecordLayout};
use crate::capture::Position;
use crate::codec::{Encoding, Hint, other_encoding, signature};
use crate::model::{ConnectionId, Direction, RecordKind};
use std::net::SocketAddr;
use std::rc::Rc;

/// So many streams are looked at for one screen.
const STREAMS: usize = 4;

/// A hint, and about whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Whose data it is.
    pub connection: ConnectionId,
    /// With whom.
    pub peer: SocketAddr,
    /// What it seems to be.
    pub hint: Hint,
}

/// The advice given, and what it was found for.
#[derive(Default)]
pub struct Adviser {
    current: Option<Advice>,
    /// What was looked at last: the first and last record in sight, and the encoding.
    looked_at: Option<(Position, Position, Encoding)>,
    /// What the user does not want to hear again.
    dismissed: Vec<(ConnectionId, Hint)>,
}

impl Adviser {
    /// Takes another encoding in: advice about the old one is over.
    fn begin(&mut self, encoding: Encoding) {
        if self.looked_at.is_some_and(|(.., known)| known != encoding) {
            self.current = None;
            self.looked_at = None;
        }
    }

    fn give(&mut self, advice: Advice) {
        if !self.dismissed.contains(&(advice.connection, advice.hint)) {
            self.current = Some(advice);
        }
    }
}

impl DataView {
    /// What there is to say about the data. It stays until it is dismissed or the encoding changes,
    /// so that nothing jumps while data flows.
    #[must_use]
    pub fn advice(&self) -> Option<Advice> {
        self.adviser.current
    }

    /// Puts the advice away, for good.
    pub fn dismiss_advice(&mut self) {
        if let Some(advice) = self.adviser.current.take() {
            self.adviser.dismissed.push((advice.connection, advice.hint));
        }
    }

    /// Looks at the records in sight, which have been laid out.
    pub(super) fn advise(&mut self, shown: &[Rc<RecordLayout>], encoding: Encoding) {
        self.adviser.begin(encoding);
        let (Some(first), Some(last)) = (shown.first(), shown.last()) else { return };
        let key = (Position(first.span.0), Position(last.span.0), encoding);
        if self.adviser.current.is_some() || self.adviser.looked_at == Some(key) {
            return;
        }
        self.adviser.looked_at = Some(key);
        let data = || shown.iter().filter(|layout| layout.head.kind == RecordKind::Data);
        for layout in data() {
            if let Some(hint) = signature(&layout.payload) {
                let (connection, peer) = (layout.head.connection, layout.head.peer);
                self.adviser.give(Advice { connection, peer, hint });
            }
        }
        let mut streams: Vec<(ConnectionId, Direction)> = Vec::new();
        for layout in data() {
            let stream = (layout.head.connection, layout.head.direction);
            if !streams.contains(&stream) && streams.len() < STREAMS {
                streams.push(stream);
            }
        }
        for stream in streams {
            let of_stream =
                || data().filter(|layout| (layout.head.connection, layout.head.direction) == stream);
            let has_invalid =
                of_stream().any(|layout| layout.cells.iter().any(|cell| cell.class == Class::Invalid));
            let Some(first) = of_stream().next() else { continue };
            let is_plain = of_stream().all(|layout| layout.payload.is_ascii());
            if !has_invalid && (is_plain || encoding == Encoding::Utf8) {
                continue;
            }
            let pending = self.source.pending_before(Position(first.span.0), encoding);
            let sample: Vec<u8> =
                of_stream().flat_map(|layout| layout.payload.iter().copied()).take(4096).collect();
            if let Some(other) = other_encoding(encoding, &pending, &sample) {
                let (connection, peer) = (first.head.connection, first.head.peer);
                self.adviser.give(Advice { connection, peer, hint: Hint::Encoding(other) });
            }
        }
    }
}
