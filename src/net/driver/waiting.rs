//! The connections with bytes that wait to be sent. Their sum and the fullest one are known without a walk over all of
//! them: both are asked for in every turn, and there may be very many slow peers.

use crate::model::ConnectionId;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct Waiting {
    bytes: BTreeMap<ConnectionId, usize>,
    by_bytes: BTreeSet<(usize, ConnectionId)>,
    total: usize,
}

impl Waiting {
    /// Sets how many bytes wait on a connection; with 0 it does not wait.
    pub fn set(&mut self, id: ConnectionId, bytes: usize) {
        let before = match bytes {
            0 => self.bytes.remove(&id),
            _ => self.bytes.insert(id, bytes),
        };
        if before == Some(bytes) {
            return;
        }
        if let Some(before) = before {
            self.by_bytes.remove(&(before, id));
            self.total -= before;
        }
        if bytes > 0 {
            self.by_bytes.insert((bytes, id));
            self.total += bytes;
        }
    }

    /// The connections that wait.
    pub fn ids(&self) -> impl Iterator<Item = ConnectionId> {
        self.bytes.keys().copied()
    }

    /// The bytes that wait, over all connections.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The bytes that wait on the fullest connection.
    pub fn most(&self) -> usize {
        self.by_bytes.last().map_or(0, |(bytes, _)| *bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_and_the_fullest_connection_follow_each_change() {
        let mut waiting = Waiting::default();
        for (id, bytes, total, most) in [
            (1, 0, 0, 0),
            (1, 5, 5, 5),
            (2, 7, 12, 7),
            (3, 7, 19, 7),
            (2, 1, 13, 7),
            (3, 0, 6, 5),
            (1, 5, 6, 5),
            (1, 0, 1, 1),
            (2, 0, 0, 0),
        ] {
            waiting.set(ConnectionId(id), bytes);
            assert_eq!((waiting.total(), waiting.most()), (total, most), "{id} has {bytes}");
        }
        assert_eq!(waiting.ids().count(), 0);
    }
}
