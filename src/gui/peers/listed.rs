//! What the list of connections lists.

use crate::model::{Connections, Transport};
use crate::streams::Encodings;

/// What is listed.
#[derive(Clone, Copy)]
pub struct Listed<'a> {
    /// The connections.
    pub connections: &'a Connections,
    /// TCP connections, or UDP peers.
    pub transport: Transport,
    /// They are those of a session, which can be sent to and closed, and not of a file.
    pub is_live: bool,
    /// There are more than are listed.
    pub is_cut: bool,
    /// The encodings of connections.
    pub encodings: &'a Encodings,
}

impl Listed<'_> {
    /// Whether single connections can be closed.
    #[must_use]
    pub fn can_disconnect(&self) -> bool {
        self.is_live && self.transport == Transport::Tcp
    }
}
