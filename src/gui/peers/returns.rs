//! Peers that come back: which new connection takes the place of a closed one.
//!
//! A new TCP connection of a peer has another port, so that a peer is known by its [`PeerKey`]. Only a connection
//! that was opened after the closed one was gone takes its place: another client of the same address stays another
//! one.

use crate::model::{ConnectionId, Connections, PeerKey, Transport};
use std::collections::VecDeque;

/// Bound on the closed connections whose peers are waited for; beyond it the oldest are given up.
const MAX_AWAITED: usize = 1000;

/// Matches new connections with closed ones of the same peers.
#[derive(Debug, Default)]
pub struct Returns {
    /// The connections at the last update.
    last: Connections,
    /// Closed connections whose peers have not come back, oldest first.
    awaited: VecDeque<(PeerKey, ConnectionId)>,
}

/// A peer that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Return {
    /// Its closed connection.
    pub closed: ConnectionId,
    /// Its new one.
    pub opened: ConnectionId,
}

impl Returns {
    /// Compares `open` with the connections at the last update. `followed` are those whose peers are waited for when
    /// they close. Of several new connections of a peer, the newest one takes the place.
    pub fn update(
        &mut self,
        transport: Transport,
        followed: impl IntoIterator<Item = ConnectionId>,
        open: &Connections,
    ) -> Vec<Return> {
        for id in followed {
            if open.get(id).is_none()
                && let Some(closed) = self.last.get(id)
            {
                self.awaited.push_back((PeerKey::accepted(transport, closed.peer), id));
            }
        }
        let excess = self.awaited.len().saturating_sub(MAX_AWAITED);
        self.awaited.drain(..excess);
        let newest = self.last.iter_back().next().map_or(ConnectionId::SESSION, |info| info.id);
        let mut returned = Vec::new();
        for opened in open.iter_back().take_while(|info| info.id > newest) {
            if self.awaited.is_empty() {
                break;
            }
            let key = PeerKey::accepted(transport, opened.peer);
            // The newest first: of several closed connections of one address, as behind a router, each is replaced
            // by one.
            if let Some(index) = self.awaited.iter().rposition(|(awaited, _)| *awaited == key)
                && let Some((_, closed)) = self.awaited.remove(index)
            {
                returned.push(Return { closed, opened: opened.id });
            }
        }
        self.last = open.clone();
        returned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionInfo, Timestamp};
    use std::net::SocketAddr;

    fn open(list: &[(u32, &str)]) -> Connections {
        let mut connections = Connections::default();
        for (id, peer) in list {
            connections.push(ConnectionInfo {
                id: ConnectionId(*id),
                peer: peer.parse::<SocketAddr>().unwrap(),
                local: ([127, 0, 0, 1], 7788).into(),
                since: Timestamp(0),
                is_half_closed: false,
                traffic: std::sync::Arc::default(),
            });
        }
        connections
    }

    /// The pairs (closed, opened) after each of several lists of open connections. Connections 1 and 2 are followed.
    fn returns(transport: Transport, lists: &[&[(u32, &str)]]) -> Vec<(u32, u32)> {
        let mut returns = Returns::default();
        let mut pairs = Vec::new();
        for list in lists {
            let found = returns.update(transport, [ConnectionId(1), ConnectionId(2)], &open(list));
            pairs.extend(found.iter().map(|pair| (pair.closed.0, pair.opened.0)));
        }
        pairs
    }

    #[test]
    fn a_peer_that_comes_back_is_known_by_its_address() {
        let tcp = |lists: &[&[(u32, &str)]]| returns(Transport::Tcp, lists);
        let (first, other) = ((1, "10.0.0.5:4000"), "10.0.0.6:4000");
        // From another port, later or within one update; also as a mapped address.
        assert_eq!(tcp(&[&[first], &[], &[(3, "10.0.0.5:4001")]]), [(1, 3)]);
        assert_eq!(tcp(&[&[first], &[(3, "10.0.0.5:4001")]]), [(1, 3)]);
        assert_eq!(tcp(&[&[first], &[(3, "[::ffff:10.0.0.5]:4001")]]), [(1, 3)]);
        // Another address never.
        assert_eq!(tcp(&[&[first], &[(3, other)]]), []);
        // Another client of the address, which was there before the first one closed, is not that one.
        let second = (3, "10.0.0.5:4001");
        assert_eq!(tcp(&[&[first], &[first, second], &[second]]), []);
        assert_eq!(tcp(&[&[first], &[first, second], &[second], &[second, (4, "10.0.0.5:4002")]]), [(1, 4)]);
        // The newest of several, and each only once.
        let both = [(3, "10.0.0.5:1"), (4, "10.0.0.5:2")];
        assert_eq!(tcp(&[&[first], &both, &[both[1], (5, "10.0.0.5:3")]]), [(1, 4)]);
        assert_eq!(tcp(&[&[first, (2, "10.0.0.5:4001")], &[], &both]), [(2, 4), (1, 3)]);
    }

    #[test]
    fn a_udp_peer_comes_back_from_its_own_port() {
        let lists: [&[(u32, &str)]; 3] = [&[(1, "10.0.0.5:4000")], &[], &[(3, "10.0.0.5:4001")]];
        assert_eq!(returns(Transport::Udp, &lists), []);
        let lists: [&[(u32, &str)]; 3] = [&[(1, "10.0.0.5:4000")], &[], &[(3, "10.0.0.5:4000")]];
        assert_eq!(returns(Transport::Udp, &lists), [(1, 3)]);
    }

    #[test]
    fn the_number_of_awaited_peers_is_bounded() {
        let mut returns = Returns::default();
        let many: Vec<_> = (1..=2000).map(|id| (id, "10.0.0.5:1")).collect();
        returns.update(Transport::Tcp, [], &open(&many));
        let _ = returns.update(Transport::Tcp, (1..=2000).map(ConnectionId), &open(&[]));
        assert_eq!(returns.awaited.len(), MAX_AWAITED);
        assert_eq!(returns.awaited.front().unwrap().1, ConnectionId(1001));
    }
}
