//! What a peer is known by over several connections, and the names that people give to peers.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use super::{ConnectionId, Record, Transport};

/// What a peer is known by. A client's TCP port is another one for each connection; the port of a server or of a UDP
/// socket belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerKey {
    /// A host, by its address alone.
    Host(IpAddr),
    /// A socket that stays the same, by address and port.
    Socket(SocketAddr),
}

impl PeerKey {
    /// The key of a peer that connected to this machine, or that datagrams are exchanged with.
    #[must_use]
    pub fn accepted(transport: Transport, peer: SocketAddr) -> Self {
        match transport {
            Transport::Tcp => Self::Host(peer.ip().to_canonical()),
            Transport::Udp => Self::socket(peer),
        }
    }

    /// Whether a peer with this address has this key: its host, at any port, or its socket.
    #[must_use]
    pub fn covers(self, peer: SocketAddr) -> bool {
        match self {
            Self::Host(host) => peer.ip().to_canonical() == host.to_canonical(),
            Self::Socket(socket) => Self::socket(peer) == Self::socket(socket),
        }
    }

    /// The key of a socket that keeps its port.
    #[must_use]
    pub fn socket(peer: SocketAddr) -> Self {
        Self::Socket(SocketAddr::new(peer.ip().to_canonical(), peer.port()))
    }
}

impl fmt::Display for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(address) => address.fmt(f),
            Self::Socket(address) => address.fmt(f),
        }
    }
}

impl FromStr for PeerKey {
    type Err = std::net::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(address) => Ok(Self::Host(address)),
            Err(_) => text.parse().map(Self::Socket),
        }
    }
}

/// The longest name, in characters.
pub const MAX_NAME_CHARACTERS: usize = 40;

/// The names that people have given to peers. Cheap to clone and to compare.
#[derive(Clone, Debug, Default)]
pub struct PeerNames(Arc<BTreeMap<PeerKey, String>>);

impl PartialEq for PeerNames {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl PeerNames {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of the peer with this address: that of its socket, or else that of its host.
    #[must_use]
    pub fn name_of(&self, peer: SocketAddr) -> Option<&str> {
        if self.is_empty() {
            return None;
        }
        let of_socket = self.0.get(&PeerKey::socket(peer));
        let name = of_socket.or_else(|| self.0.get(&PeerKey::Host(peer.ip().to_canonical())));
        name.map(String::as_str)
    }

    /// The name of a peer, or its address if it has none.
    #[must_use]
    pub fn shown(&self, peer: SocketAddr) -> String {
        self.name_of(peer).map_or_else(|| peer.to_string(), ToOwned::to_owned)
    }

    /// The name of a peer and its address in parentheses, or its address alone if it has no name.
    #[must_use]
    pub fn with_address(&self, peer: SocketAddr) -> String {
        self.name_of(peer).map_or_else(|| peer.to_string(), |name| format!("{name} ({peer})"))
    }

    /// The key under which a peer is named: that of its socket if it has a name as a socket, so that a new name
    /// replaces the one that is shown.
    #[must_use]
    pub fn key_of(&self, transport: Transport, peer: SocketAddr) -> PeerKey {
        let socket = PeerKey::socket(peer);
        if self.0.contains_key(&socket) { socket } else { PeerKey::accepted(transport, peer) }
    }

    /// The name of a record's peer; `None` for records of the session as a whole.
    #[must_use]
    pub fn of(&self, record: &Record<'_>) -> Option<&str> {
        if record.connection == ConnectionId::SESSION { None } else { self.name_of(record.peer) }
    }

    /// Gives a name; an empty one takes it away. Control characters and spaces around it are removed, and it is cut to
    /// [`MAX_NAME_CHARACTERS`].
    pub fn set(&mut self, key: PeerKey, name: &str) {
        let name: String =
            name.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARACTERS).collect();
        let names = Arc::make_mut(&mut self.0);
        if name.trim().is_empty() {
            names.remove(&key);
        } else {
            names.insert(key, name.trim().into());
        }
    }

    /// These names, and those of `others` for peers that have none here.
    #[must_use]
    pub fn or(&self, others: &Self) -> Self {
        if others.is_empty() {
            return self.clone();
        }
        let mut all = BTreeMap::clone(&others.0);
        all.extend(self.0.iter().map(|(key, name)| (*key, name.clone())));
        Self(Arc::new(all))
    }

    /// All of them, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (PeerKey, &str)> {
        self.0.iter().map(|(key, name)| (*key, name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_is_that_of_the_socket_or_else_of_the_host() {
        let mut names = PeerNames::default();
        let (first, second) = (address("10.0.0.5:502"), address("[::ffff:10.0.0.5]:503"));
        assert_eq!(names.name_of(first), None);
        names.set(PeerKey::accepted(Transport::Tcp, second), "  PLC\n-1 ");
        names.set(PeerKey::accepted(Transport::Udp, first), "Modbus");
        assert_eq!(names.name_of(first), Some("Modbus"));
        assert_eq!(names.name_of(second), Some("PLC-1"));
        assert_eq!(names.name_of(address("10.0.0.6:502")), None);
        assert_eq!(names.with_address(first), "Modbus (10.0.0.5:502)");
        assert_eq!(names.with_address(address("10.0.0.6:502")), "10.0.0.6:502");
        // A new name replaces the one that is shown.
        assert_eq!(names.key_of(Transport::Tcp, first), PeerKey::socket(first));
        assert_eq!(names.key_of(Transport::Tcp, second), PeerKey::accepted(Transport::Tcp, second));
        let copy = names.clone();
        names.set(PeerKey::socket(first), " ");
        assert_eq!(names.name_of(first), Some("PLC-1"));
        assert_eq!(copy.name_of(first), Some("Modbus"), "what was handed out stays");
        assert_ne!(copy, names);
        names.set(PeerKey::socket(first), &"长".repeat(50));
        assert_eq!(names.name_of(first).unwrap().chars().count(), MAX_NAME_CHARACTERS);
    }

    #[test]
    fn keys_are_read_as_they_are_written() {
        for text in ["10.0.0.5", "10.0.0.5:502", "fe80::1", "[fe80::1]:502"] {
            assert_eq!(text.parse::<PeerKey>().unwrap().to_string(), text);
        }
        for text in ["", "plc", "10.0.0.5:", "10.0.0.5:70000"] {
            assert!(text.parse::<PeerKey>().is_err(), "{text}");
        }
    }
}
