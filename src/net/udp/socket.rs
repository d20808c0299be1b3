//! What a UDP socket does for its owner, on either system or in a test.

use crate::model::KernelDrops;
use std::io;
use std::net::{IpAddr, SocketAddr};

/// What the system reports about a received datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::net) struct Received {
    pub bytes: usize,
    pub peer: SocketAddr,
    /// The local address that it was sent to, where the system reports it.
    pub local: Option<IpAddr>,
    /// It was longer than the buffer.
    pub is_cut: bool,
    /// All drops so far, where the system reports them.
    pub drops: Option<u32>,
}

/// A non-blocking UDP socket.
pub(in crate::net) trait DatagramSocket {
    /// Receives one datagram into `buffer`.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; an ICMP error for an earlier datagram; any other failure of the socket. The
    /// socket can be used further.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received>;
    /// Sends one datagram, and returns how many of its bytes the kernel took.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; an ICMP error for an earlier datagram; the datagram is too long or has no
    /// route. Nothing was sent, and the socket can be used further.
    fn send(&mut self, bytes: &[u8], to: SocketAddr) -> io::Result<usize>;
    /// The drops so far, if the system can be asked for them.
    fn drops(&self) -> KernelDrops;
    /// The next recipient that a datagram sent earlier did not reach, and why, as the network told (ICMP). `None`: there
    /// is no other, or the system tells no recipients, but only fails a later call.
    fn undelivered(&mut self) -> Option<(SocketAddr, io::Error)> {
        None
    }
}
