//! To whom a step is sent, and from whom its answer comes.

use crate::model::{ConnectionId, Endpoint, Host, PeerKey, Target, Transport};
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// To whom a step is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StepTarget {
    /// To whom the run was started for.
    #[default]
    Chosen,
    /// To these.
    To(Target),
    /// To the peer at an address. On TCP, every connection with it.
    Peer(PeerKey),
}

/// The words for targets that are no addresses.
const CHOSEN: &str = "chosen";
const ALL: &str = "all";
const LAST_PEER: &str = "last-peer";
/// The words for who answers.
const TARGET: &str = "target";
const ANYONE: &str = "anyone";

/// It is neither a word that is known nor an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownPeer;

impl FromStr for StepTarget {
    type Err = UnknownPeer;

    fn from_str(text: &str) -> Result<Self, UnknownPeer> {
        match text.trim() {
            "" | CHOSEN => Ok(Self::Chosen),
            ALL => Ok(Self::To(Target::All)),
            LAST_PEER => Ok(Self::To(Target::LastPeer)),
            address => match (address.parse(), address.parse::<Endpoint>()) {
                (Ok(key), _) => Ok(Self::Peer(key)),
                (Err(_), Ok(Endpoint { host: Host::Ip(ip), port })) => {
                    Ok(Self::Peer(PeerKey::Socket(SocketAddr::new(ip, port))))
                }
                (Err(_), Ok(endpoint)) => Ok(Self::To(Target::Host(endpoint))),
                (Err(_), Err(_)) => Err(UnknownPeer),
            },
        }
    }
}

/// From whom an answer comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// From any recipient of the step; of a step that sends nothing, from anyone.
    #[default]
    Target,
    /// From anyone who is connected, or sends datagrams.
    Anyone,
    /// From the peer at an address.
    Peer(PeerKey),
}

impl FromStr for Source {
    type Err = UnknownPeer;

    fn from_str(text: &str) -> Result<Self, UnknownPeer> {
        match text.trim() {
            "" | TARGET => Ok(Self::Target),
            ANYONE => Ok(Self::Anyone),
            address => address.parse().map(Self::Peer).map_err(|_| UnknownPeer),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target => f.write_str(TARGET),
            Self::Anyone => f.write_str(ANYONE),
            Self::Peer(peer) => peer.fmt(f),
        }
    }
}

/// A peer that something was received from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct From {
    /// Its connection.
    pub id: ConnectionId,
    /// The protocol.
    pub transport: Transport,
    /// Its address.
    pub peer: SocketAddr,
}
