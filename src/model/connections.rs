//! The open connections of a session, in the order of their ids.
//!
//! Copy on write: a clone is cheap and never changes, and a change copies one chunk and the list of chunks. So a
//! session with very many peers can publish its list in every turn.

use super::{ConnectionId, Timestamp, TrafficCounter};
use std::net::SocketAddr;
use std::ops::{Index, Range};
use std::sync::Arc;

/// One open connection or known UDP peer.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    /// The id, unique in the session.
    pub id: ConnectionId,
    /// The peer's address.
    pub peer: SocketAddr,
    /// The local address.
    pub local: SocketAddr,
    /// When it was established; for UDP, when the peer was first seen.
    pub since: Timestamp,
    /// The peer has finished sending; it may still receive.
    pub is_half_closed: bool,
    /// Bytes and records of this connection alone.
    pub traffic: Arc<TrafficCounter>,
}

/// The largest number of connections in a chunk: about the square root of the largest list, where copying a chunk
/// costs as much as copying the list of chunks.
const CHUNK: usize = 128;

/// The open connections, or known UDP peers, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    /// No chunk is empty, and two neighbours together fill more than half a chunk, which bounds their number.
    chunks: Arc<Vec<Chunk>>,
    len: usize,
}

type Chunk = Arc<Vec<ConnectionInfo>>;

impl Connections {
    /// The number of connections.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The oldest one.
    #[must_use]
    pub fn first(&self) -> Option<&ConnectionInfo> {
        self.chunks.first()?.first()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &ConnectionInfo> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// All of them, newest first.
    pub fn iter_back(&self) -> impl Iterator<Item = &ConnectionInfo> {
        self.chunks.iter().rev().flat_map(|chunk| chunk.iter().rev())
    }

    /// The connections at these indices; indices beyond the end are ignored.
    pub fn range(&self, range: Range<usize>) -> impl Iterator<Item = &ConnectionInfo> {
        let (chunk, at) = self.place(range.start);
        let from = self.chunks[chunk..].iter().flat_map(|chunk| chunk.iter());
        from.skip(at).take(range.len())
    }

    /// The one with this id.
    #[must_use]
    pub fn get(&self, id: ConnectionId) -> Option<&ConnectionInfo> {
        let (chunk, at) = self.find(id)?;
        Some(&self.chunks[chunk][at])
    }

    /// The index of the connection with this id.
    ///
    /// # Errors
    /// There is none; the error is the index where it would be inserted.
    pub fn position(&self, id: ConnectionId) -> Result<usize, usize> {
        let chunk = self.chunk_of(id);
        let before = self.chunks[..chunk].iter().map(|chunk| chunk.len()).sum::<usize>();
        let Some(infos) = self.chunks.get(chunk) else { return Err(before) };
        let at = infos.binary_search_by_key(&id, |info| info.id);
        at.map(|at| before + at).map_err(|at| before + at)
    }

    /// The connection with this id, for changing it.
    pub fn get_mut(&mut self, id: ConnectionId) -> Option<&mut ConnectionInfo> {
        let (chunk, at) = self.find(id)?;
        Some(&mut Arc::make_mut(&mut Arc::make_mut(&mut self.chunks)[chunk])[at])
    }

    /// Appends a connection; its id must be larger than all others.
    pub fn push(&mut self, info: ConnectionInfo) {
        debug_assert!(self.last().is_none_or(|last| last.id < info.id), "{} is not new", info.id);
        let chunks = Arc::make_mut(&mut self.chunks);
        match chunks.last_mut() {
            Some(last) if last.len() < CHUNK => Arc::make_mut(last).push(info),
            _ => chunks.push(Arc::new(vec![info])),
        }
        self.len += 1;
    }

    /// Adds a connection, or replaces the one with its id.
    pub fn insert(&mut self, info: ConnectionInfo) {
        if self.last().is_none_or(|last| last.id < info.id) {
            return self.push(info);
        }
        let at = self.chunk_of(info.id);
        let chunks = Arc::make_mut(&mut self.chunks);
        let chunk = Arc::make_mut(&mut chunks[at]);
        match chunk.binary_search_by_key(&info.id, |known| known.id) {
            Ok(known) => chunk[known] = info,
            Err(place) => {
                chunk.insert(place, info);
                self.len += 1;
                if chunk.len() > CHUNK {
                    let right = chunk.split_off(CHUNK / 2);
                    chunks.insert(at + 1, Arc::new(right));
                }
            }
        }
    }

    /// Removes the connection with this id.
    pub fn remove(&mut self, id: ConnectionId) -> Option<ConnectionInfo> {
        let (at_chunk, at) = self.find(id)?;
        let chunks = Arc::make_mut(&mut self.chunks);
        let removed = Arc::make_mut(&mut chunks[at_chunk]).remove(at);
        self.len -= 1;
        if chunks[at_chunk].is_empty() {
            chunks.remove(at_chunk);
        }
        for left in [at_chunk, at_chunk.wrapping_sub(1)] {
            let lengths =
                (chunks.get(left).map(|c| c.len()), chunks.get(left.wrapping_add(1)).map(|c| c.len()));
            if let (Some(left_len), Some(right_len)) = lengths
                && left_len + right_len <= CHUNK / 2
            {
                let right = chunks.remove(left + 1);
                Arc::make_mut(&mut chunks[left]).extend_from_slice(&right);
            }
        }
        Some(removed)
    }

    fn last(&self) -> Option<&ConnectionInfo> {
        self.chunks.last()?.last()
    }

    fn find(&self, id: ConnectionId) -> Option<(usize, usize)> {
        let chunk = self.chunk_of(id);
        let at = self.chunks.get(chunk)?.binary_search_by_key(&id, |info| info.id).ok()?;
        Some((chunk, at))
    }

    /// The chunk that an id is in, if it is in any.
    fn chunk_of(&self, id: ConnectionId) -> usize {
        self.chunks.partition_point(|chunk| chunk.last().is_some_and(|last| last.id < id))
    }

    /// The chunk and the index in it for an index of the whole list; one past the last chunk if out of range.
    fn place(&self, mut at: usize) -> (usize, usize) {
        for (number, chunk) in self.chunks.iter().enumerate() {
            if at < chunk.len() {
                return (number, at);
            }
            at -= chunk.len();
        }
        (self.chunks.len(), 0)
    }
}

impl Index<usize> for Connections {
    type Output = ConnectionInfo;

    fn index(&self, at: usize) -> &ConnectionInfo {
        let (chunk, at) = self.place(at);
        &self.chunks[chunk][at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn info(id: u32) -> ConnectionInfo {
        ConnectionInfo {
            id: ConnectionId(id),
            peer: ([127, 0, 0, 1], 1).into(),
            local: ([127, 0, 0, 1], 2).into(),
            since: Timestamp(id.into()),
            is_half_closed: false,
            traffic: Arc::default(),
        }
    }

    fn ids(connections: &Connections) -> Vec<u32> {
        connections.iter().map(|info| info.id.0).collect()
    }

    /// The number of entries that `new` does not share with `old`, and the length of its list of chunks.
    fn copied(old: &Connections, new: &Connections) -> (usize, usize) {
        let is_shared = |chunk: &&Chunk| old.chunks.iter().any(|known| Arc::ptr_eq(known, chunk));
        (new.chunks.iter().filter(|c| !is_shared(c)).map(|c| c.len()).sum(), new.chunks.len())
    }

    #[test]
    fn a_change_copies_a_chunk_however_many_there_are() {
        let mut connections = Connections::default();
        for id in 1..=20_000 {
            let before = connections.clone();
            connections.push(info(id));
            let (infos, chunks) = copied(&before, &connections);
            assert!(infos <= CHUNK && chunks <= 20_000 / CHUNK + 1, "{infos} and {chunks} at {id}");
        }
        for id in [1, 10_000, 20_000] {
            let before = connections.clone();
            connections.get_mut(ConnectionId(id)).unwrap().is_half_closed = true;
            assert!(copied(&before, &connections).0 <= CHUNK);
            assert!(!before.get(ConnectionId(id)).unwrap().is_half_closed, "what was handed out stays");
            let before = connections.clone();
            assert_eq!(connections.remove(ConnectionId(id)).unwrap().id, ConnectionId(id));
            assert!(copied(&before, &connections).0 <= CHUNK);
            assert_eq!(before.len(), connections.len() + 1);
        }
    }

    #[test]
    fn few_that_are_left_of_many_need_few_chunks() {
        let mut connections = Connections::default();
        (1..=20_000).for_each(|id| connections.push(info(id)));
        for id in (1..=20_000).filter(|id| id % 100 != 0) {
            connections.remove(ConnectionId(id));
        }
        assert_eq!(ids(&connections), (1..=200).map(|id| id * 100).collect::<Vec<_>>());
        assert!(connections.chunks.len() <= 8, "{} chunks", connections.chunks.len());
    }

    proptest! {
        #[test]
        fn it_is_a_map_in_the_order_of_ids(steps in proptest::collection::vec((0..4u8, 0..500u32), 0..500)) {
            let mut connections = Connections::default();
            let mut model = BTreeMap::new();
            let mut newest = 0;
            for (what, number) in steps {
                // Three of four add, so that there are several chunks.
                if what == 3 {
                    connections.insert(info(number));
                    model.insert(number, number);
                    newest = newest.max(number);
                } else if what > 0 {
                    newest += 1 + number % 3;
                    connections.push(info(newest));
                    model.insert(newest, newest);
                } else {
                    let removed = connections.remove(ConnectionId(number)).map(|info| info.id.0);
                    prop_assert_eq!(removed, model.remove(&number));
                }
            }
            let expected: Vec<_> = model.keys().copied().collect();
            prop_assert_eq!(ids(&connections), expected.clone());
            let back: Vec<_> = connections.iter_back().map(|info| info.id.0).collect();
            prop_assert!(back.iter().rev().eq(&expected));
            prop_assert_eq!((connections.len(), connections.is_empty()), (model.len(), model.is_empty()));
            prop_assert_eq!(connections.first().map(|info| info.id.0), expected.first().copied());
            for (at, id) in expected.iter().enumerate() {
                prop_assert_eq!(connections[at].id.0, *id);
                prop_assert_eq!(connections.get(ConnectionId(*id)).map(|info| info.id.0), Some(*id));
            }
            for id in 0..newest + 2 {
                prop_assert_eq!(connections.position(ConnectionId(id)), expected.binary_search(&id));
            }
            let part = connections.range(3..expected.len() + 5).map(|info| info.id.0).collect::<Vec<_>>();
            prop_assert_eq!(part, expected.get(3..).unwrap_or_default());
            prop_assert!(connections.get(ConnectionId(newest + 1)).is_none());
            prop_assert!(connections.chunks.iter().all(|chunk| !chunk.is_empty() && chunk.len() <= CHUNK));
        }
    }
}
