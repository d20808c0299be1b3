//! The connections of an opened recording: their ends and what they carried, gathered while it is indexed.

use crate::model::{
    ConnectionId, ConnectionInfo, Connections, Direction, Record, RecordKind, TrafficCounter, Transport,
};
use std::collections::HashMap;
use std::sync::Arc;

/// Bound on the connections that are listed; further ones are only noticed.
pub(super) const MAX_CONNECTIONS: usize = 100_000;

/// The connections of a recording. Cheap to clone; the counters of a clone go on counting.
#[derive(Clone, Debug, Default)]
pub struct ConnectionTable {
    /// The connections, or UDP peers.
    pub connections: Connections,
    /// There are more than are listed.
    pub is_cut: bool,
    /// All of them are UDP peers.
    pub is_udp: bool,
}

/// Gathers the table from the records in any order.
#[derive(Default)]
pub(super) struct Gathering {
    pub table: ConnectionTable,
    /// The table has changed beyond its counters since this was last set back.
    pub has_news: bool,
    counters: HashMap<ConnectionId, Arc<TrafficCounter>>,
    /// Neighbouring records are mostly of the same connection.
    latest: Option<(ConnectionId, Arc<TrafficCounter>)>,
}

impl Gathering {
    pub fn add(&mut self, record: &Record<'_>) {
        let id = record.connection;
        if id == ConnectionId::SESSION {
            return;
        }
        if self.latest.as_ref().is_none_or(|(latest, _)| *latest != id) {
            let Some(counter) = self.counter(record) else { return };
            self.latest = Some((id, counter));
        }
        if let Some((_, counter)) = &self.latest
            && record.kind == RecordKind::Data
        {
            let bytes = record.payload.len() as u64;
            match record.direction {
                Direction::Inbound => counter.add_in(1, bytes),
                Direction::Outbound => counter.add_out(1, bytes),
            }
        }
    }

    /// The counter of the record's connection, which is listed if it is new; `None`: there is no room.
    fn counter(&mut self, record: &Record<'_>) -> Option<Arc<TrafficCounter>> {
        let id = record.connection;
        if let Some(counter) = self.counters.get(&id) {
            return Some(counter.clone());
        }
        if self.counters.len() >= MAX_CONNECTIONS {
            self.has_news |= !self.table.is_cut;
            self.table.is_cut = true;
            return None;
        }
        let counter = Arc::<TrafficCounter>::default();
        let is_udp = record.transport == Transport::Udp;
        self.table.is_udp = is_udp && (self.table.is_udp || self.counters.is_empty());
        self.counters.insert(id, counter.clone());
        self.table.connections.insert(ConnectionInfo {
            id,
            peer: record.peer,
            local: record.local,
            since: record.time,
            is_half_closed: false,
            traffic: counter.clone(),
        });
        self.has_news = true;
        Some(counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(table: &ConnectionTable) -> Vec<(u32, u64, u64)> {
        let connections = table.connections.iter();
        let counts = connections.map(|info| {
            let traffic = info.traffic.totals();
            (info.id.0, traffic.bytes_in, traffic.bytes_out)
        });
        counts.collect()
    }

    #[test]
    fn each_connection_is_listed_once_with_its_bytes_both_ways() {
        let mut gathering = Gathering::default();
        let data = Record::received(b"abc");
        let sent = Record { direction: Direction::Outbound, payload: b"z", ..data };
        let note = Record { kind: RecordKind::Note, payload: b"", text: "note", ..data };
        for record in [
            Record { connection: ConnectionId(7), ..data },
            Record { connection: ConnectionId(2), ..note },
            Record { connection: ConnectionId(2), ..sent },
            Record { connection: ConnectionId(7), ..sent },
            Record { connection: ConnectionId::SESSION, ..note },
            Record { connection: ConnectionId(2), ..data },
        ] {
            gathering.add(&record);
        }
        assert_eq!(listed(&gathering.table), [(2, 3, 1), (7, 3, 1)]);
        assert!(!gathering.table.is_udp && !gathering.table.is_cut);
    }

    #[test]
    fn the_number_of_connections_is_bounded_and_more_are_noticed() {
        let mut gathering = Gathering::default();
        for id in 1..=MAX_CONNECTIONS as u32 + 10 {
            gathering.add(&Record { connection: ConnectionId(id), ..Record::received(b"x") });
            let is_beyond = id as usize > MAX_CONNECTIONS;
            assert_eq!(gathering.table.is_cut, is_beyond);
        }
        assert_eq!(gathering.table.connections.len(), MAX_CONNECTIONS);
        let first = gathering.table.connections.first().unwrap().traffic.clone();
        gathering.add(&Record::received(b"of the first one"));
        assert_eq!(first.totals().bytes_in, 17);
    }
}
