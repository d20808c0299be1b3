//! Whom a payload goes to, and in which encoding: recipients of one encoding are sent to together.

use crate::codec::Encoding;
use crate::model::{ConnectionId, Connections, Host, Status, Target};
use crate::streams::Encodings;
use std::net::SocketAddr;

/// Splits `target` by encoding; that of the first recipient comes first. Where nobody has an encoding of their own,
/// it stays whole.
#[must_use]
pub fn by_encoding(target: Target, status: &Status, encodings: &Encodings) -> Vec<(Encoding, Target)> {
    let rest = encodings.of_rest();
    if encodings.connections().next().is_none() {
        return vec![(rest, target)];
    }
    let open = &status.connections;
    let ids: Vec<ConnectionId> = match &target {
        Target::All => open.iter().map(|info| info.id).collect(),
        Target::Connections(ids) => ids.clone(),
        Target::LastPeer => status.last_peer.into_iter().collect(),
        Target::Address(address) => peer_at(open, *address).into_iter().collect(),
        Target::Host(remote) => match remote.host {
            Host::Ip(ip) => peer_at(open, (ip, remote.port).into()).into_iter().collect(),
            Host::Name(_) => Vec::new(),
        },
    };
    let mut groups: Vec<(Encoding, Vec<ConnectionId>)> = Vec::new();
    for id in ids {
        let encoding = encodings.of(id);
        match groups.iter_mut().find(|(known, _)| *known == encoding) {
            Some((_, group)) => group.push(id),
            None => groups.push((encoding, vec![id])),
        }
    }
    match (groups.len(), &target) {
        (0, _) => vec![(rest, target)],
        // A UDP peer that is written to by its address may not be listed any more; the last one may change.
        (1, Target::All | Target::Connections(_) | Target::Address(_) | Target::Host(_)) => {
            vec![(groups[0].0, target)]
        }
        _ => groups.into_iter().map(|(encoding, ids)| (encoding, Target::Connections(ids))).collect(),
    }
}

fn peer_at(open: &Connections, address: SocketAddr) -> Option<ConnectionId> {
    open.iter().find(|info| info.peer == address).map(|info| info.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionInfo, Endpoint, Timestamp};

    fn status(peers: u32) -> Status {
        let mut status = Status::default();
        for id in 1..=peers {
            status.connections.push(ConnectionInfo {
                id: ConnectionId(id),
                peer: ([10, 0, 0, id as u8], 5000).into(),
                local: ([10, 0, 0, 99], 7788).into(),
                since: Timestamp(0),
                is_half_closed: false,
                traffic: std::sync::Arc::default(),
            });
        }
        status.last_peer = Some(ConnectionId(2));
        status
    }

    #[test]
    fn recipients_of_one_encoding_are_sent_to_together() {
        let (status, ids) =
            (status(3), |ids: &[u32]| Target::Connections(ids.iter().map(|id| ConnectionId(*id)).collect()));
        let mut encodings = Encodings::from(Encoding::Utf8);
        let split = |target, encodings: &Encodings| by_encoding(target, &status, encodings);
        for target in [Target::All, Target::LastPeer, ids(&[2, 3])] {
            assert_eq!(split(target.clone(), &encodings), [(Encoding::Utf8, target)], "nobody has their own");
        }
        encodings.set(ConnectionId(2), Some(Encoding::Gbk));
        let (utf8, gbk) = (Encoding::Utf8, Encoding::Gbk);
        assert_eq!(split(Target::All, &encodings), [(utf8, ids(&[1, 3])), (gbk, ids(&[2]))]);
        assert_eq!(split(ids(&[2, 3]), &encodings), [(gbk, ids(&[2])), (utf8, ids(&[3]))]);
        assert_eq!(split(ids(&[1, 3]), &encodings), [(utf8, ids(&[1, 3]))]);
        assert_eq!(split(Target::LastPeer, &encodings), [(gbk, ids(&[2]))]);
        let remote = |text: &str| Target::Host(text.parse::<Endpoint>().unwrap());
        assert_eq!(split(remote("10.0.0.2:5000"), &encodings), [(gbk, remote("10.0.0.2:5000"))]);
        assert_eq!(split(remote("plc:5000"), &encodings), [(utf8, remote("plc:5000"))]);
    }
}
