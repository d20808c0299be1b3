//! UDP on systems that report only the bytes and the sender of a datagram.

use super::socket::{DatagramSocket, Received};
use crate::model::KernelDrops;
use std::io;
use std::net::{SocketAddr, UdpSocket};

#[derive(Debug)]
pub(in crate::net) struct SystemSocket {
    pub socket: mio::net::UdpSocket,
}

impl SystemSocket {
    /// Takes a bound, non-blocking socket.
    ///
    /// # Errors
    /// None on this system; the signature is that of the Linux variant.
    pub fn new(socket: UdpSocket) -> io::Result<Self> {
        Ok(Self { socket: mio::net::UdpSocket::from_std(socket) })
    }
}

impl DatagramSocket for SystemSocket {
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        // The buffer is longer than any datagram: none is cut.
        let (bytes, peer) = self.socket.recv_from(buffer)?;
        Ok(Received { bytes, peer, local: None, is_cut: false, drops: None })
    }

    fn send(&mut self, bytes: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.socket.send_to(bytes, to)
    }

    fn drops(&self) -> KernelDrops {
        KernelDrops::Unknown
    }
}
