//! UDP on Linux: receives the local address of each datagram (IP_PKTINFO, ip(7)), the number of drops (SO_RXQ_OVFL,
//! socket(7); /proc/net/udp for those after the last datagram), and what was not delivered (IP_RECVERR, ip(7)).

use super::socket::{DatagramSocket, Received};
use crate::model::KernelDrops;
use nix::sys::socket::{self, ControlMessageOwned, MsgFlags, SockaddrStorage, sockopt};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSliceMut};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};

/// At most so many recipients of undelivered datagrams are kept until they are asked for.
const MAX_UNDELIVERED: usize = 1024;

/// How often a call is made again that failed with the error of an earlier datagram.
const RETRIES: usize = 16;

/// Errors of the socket's own calls are in the queue of errors as well, which the calls have told already
/// (SO_EE_ORIGIN_LOCAL).
const LOCAL_ORIGIN: u8 = 1;

#[derive(Debug)]
pub(in crate::net) struct SystemSocket {
    pub socket: mio::net::UdpSocket,
    control: Vec<u8>,
    inode: Option<String>,
    /// Recipients that a datagram did not reach, and why.
    undelivered: VecDeque<(SocketAddr, io::Error)>,
}

impl SystemSocket {
    /// Takes a bound, non-blocking socket and sets its options; those the kernel lacks are left out.
    ///
    /// # Errors
    /// The local address cannot be read.
    pub fn new(socket: UdpSocket) -> io::Result<Self> {
        // Without these options drops are counted by the table of all sockets alone, and the recording has
        // the bound address instead of the local one.
        let _ = socket::setsockopt(&socket, sockopt::RxqOvfl, &1);
        // Without the last ones, nothing tells that nobody listens where a datagram was sent.
        if socket.local_addr()?.is_ipv6() {
            let _ = socket::setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true);
            let _ = socket::setsockopt(&socket, sockopt::Ipv6RecvErr, &true);
        }
        let _ = socket::setsockopt(&socket, sockopt::Ipv4PacketInfo, &true);
        let _ = socket::setsockopt(&socket, sockopt::Ipv4RecvErr, &true);
        let inode = inode(&socket);
        let control = nix::cmsg_space!(u32, nix::libc::in_pktinfo, nix::libc::in6_pktinfo);
        let socket = mio::net::UdpSocket::from_std(socket);
        Ok(Self { socket, control, inode, undelivered: VecDeque::new() })
    }

    /// Calls again while the call fails with the error of an earlier datagram, of which the socket keeps the last.
    fn retried<T>(&mut self, mut call: impl FnMut(&mut Self) -> io::Result<T>) -> io::Result<T> {
        let mut result = call(self);
        for _ in 0..RETRIES {
            match &result {
                Err(error) if error.kind() != ErrorKind::WouldBlock && self.take_errors() > 0 => {}
                _ => break,
            }
            result = call(self);
        }
        result
    }

    /// Empties the queue of errors. Returns how many were told by the network.
    fn take_errors(&mut self) -> usize {
        let fd = self.socket.as_fd().as_raw_fd();
        let mut control = nix::cmsg_space!(
            nix::libc::sock_extended_err,
            nix::libc::sockaddr_in6,
            nix::libc::in_pktinfo,
            nix::libc::in6_pktinfo
        );
        let mut count = 0;
        // The first bytes of the datagram come as well.
        let mut bytes = [0; 1];
        loop {
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
            let Ok(message) = socket::recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut control), flags)
            else {
                return count;
            };
            let to = message.address.as_ref().and_then(to_std);
            let Ok(controls) = message.cmsgs() else { return count };
            for error in controls {
                let error = match error {
                    ControlMessageOwned::Ipv4RecvErr(error, _)
                    | ControlMessageOwned::Ipv6RecvErr(error, _) => error,
                    _ => continue,
                };
                if error.ee_origin == LOCAL_ORIGIN {
                    continue;
                }
                count += 1;
                if let Some(to) = to
                    && self.undelivered.len() < MAX_UNDELIVERED
                {
                    // The number of an error fits.
                    let error = io::Error::from_raw_os_error(error.ee_errno as i32);
                    self.undelivered.push_back((to, error));
                }
            }
        }
    }

    fn receive_one(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        let mut parts = [IoSliceMut::new(buffer)];
        let fd = self.socket.as_fd().as_raw_fd();
        let message =
            socket::recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut self.control), MsgFlags::empty())?;
        let mut received = Received {
            bytes: message.bytes,
            peer: message.address.as_ref().and_then(to_std).ok_or(io::ErrorKind::InvalidData)?,
            local: None,
            is_cut: message.flags.contains(MsgFlags::MSG_TRUNC),
            // The kernel sends no such message before the first drop.
            drops: None,
        };
        for control in message.cmsgs()? {
            match control {
                ControlMessageOwned::RxqOvfl(drops) => received.drops = Some(drops),
                // The destination may be a broadcast address. ipi_spec_dst is the address of the interface
                // that received it. An IPv6 socket has this message for IPv4 datagrams as well.
                ControlMessageOwned::Ipv4PacketInfo(info) => {
                    received.local = Some(Ipv4Addr::from(u32::from_be(info.ipi_spec_dst.s_addr)).into());
                }
                ControlMessageOwned::Ipv6PacketInfo(info) => {
                    let address = Ipv6Addr::from(info.ipi6_addr.s6_addr);
                    if received.local.is_none() && !address.is_multicast() {
                        received.local = Some(address.into());
                    }
                }
                _ => {}
            }
        }
        Ok(received)
    }
}

impl DatagramSocket for SystemSocket {
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Received> {
        self.retried(|socket| socket.receive_one(buffer))
    }

    fn send(&mut self, bytes: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.retried(|socket| socket.socket.send_to(bytes, to))
    }

    fn undelivered(&mut self) -> Option<(SocketAddr, io::Error)> {
        if self.undelivered.is_empty() {
            self.take_errors();
        }
        self.undelivered.pop_front()
    }

    /// The kernel reports drops with the next datagram that is received; those after the last one are only in
    /// the table of all sockets.
    fn drops(&self) -> KernelDrops {
        let drops = self.inode.as_deref().and_then(drops_in_table);
        drops.map_or(KernelDrops::Unknown, KernelDrops::Counted)
    }
}

fn to_std(address: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = address.as_sockaddr_in() {
        return Some(SocketAddrV4::from(*v4).into());
    }
    address.as_sockaddr_in6().map(|v6| SocketAddrV6::from(*v6).into())
}

/// The inode number of a socket: /proc/self/fd/N links to `socket:[12345]`.
fn inode(socket: &UdpSocket) -> Option<String> {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).ok()?;
    let name = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
    Some(name.into())
}

/// The drops of a socket in /proc/net/udp (proc(5)): the tenth column is the inode, the last one the drops.
fn drops_in_table(inode: &str) -> Option<u64> {
    ["/proc/net/udp", "/proc/net/udp6"].iter().find_map(|path| {
        let table = std::fs::read_to_string(path).ok()?;
        let line = table.lines().find(|line| line.split_whitespace().nth(9) == Some(inode))?;
        line.split_whitespace().last()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_datagram_longer_than_the_buffer_is_reported_as_cut() {
        for any in ["127.0.0.1:0", "[::1]:0"] {
            let socket = UdpSocket::bind(any).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            let local = socket.local_addr().unwrap();
            let mut socket = SystemSocket::new(socket).unwrap();
            let peer = UdpSocket::bind(any).unwrap();
            let mut buffer = [0; 8];
            for (sent, is_cut) in [(&b"whole"[..], false), (b"12345678", false), (b"123456789", true)] {
                peer.send_to(sent, local).unwrap();
                let received = socket.receive(&mut buffer).unwrap();
                assert_eq!((received.bytes, received.is_cut), (sent.len().min(8), is_cut));
                assert_eq!(&buffer[..received.bytes], &sent[..received.bytes]);
                assert_eq!((received.peer, received.local), (peer.local_addr().unwrap(), Some(local.ip())));
            }
        }
    }

    #[test]
    fn the_local_address_of_a_broadcast_datagram_is_that_of_the_interface() {
        for any in ["0.0.0.0:0", "[::]:0"] {
            let socket = UdpSocket::bind(any).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            let port = socket.local_addr().unwrap().port();
            let mut socket = SystemSocket::new(socket).unwrap();
            let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
            peer.set_broadcast(true).unwrap();
            peer.send_to(b"who is there", ("127.255.255.255", port)).unwrap();
            let received = socket.receive(&mut [0; 32]).unwrap();
            assert_eq!(received.local, Some(Ipv4Addr::LOCALHOST.into()), "{any}");
        }
    }

    #[test]
    fn what_reaches_nobody_is_told_with_its_recipient_and_fails_no_other_call() {
        for (any, closed) in
            [("127.0.0.1:0", "127.0.0.1:0"), ("[::1]:0", "[::1]:0"), ("[::]:0", "127.0.0.1:0")]
        {
            // Nobody has the port any more.
            let closed = UdpSocket::bind(closed).unwrap().local_addr().unwrap();
            let socket = UdpSocket::bind(any).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            let port = socket.local_addr().unwrap().port();
            let mut socket = SystemSocket::new(socket).unwrap();
            let to = match closed {
                SocketAddr::V4(v4) if any.starts_with('[') => {
                    SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port())
                }
                closed => closed,
            };
            // The answer to the first is pending when the second is sent.
            for _ in 0..2 {
                assert_eq!(socket.send(b"1", to).unwrap(), 1, "{any}");
            }
            let peer = UdpSocket::bind((closed.ip(), 0)).unwrap();
            peer.send_to(b"data", (closed.ip(), port)).unwrap();
            assert_eq!(socket.receive(&mut [0; 8]).unwrap().bytes, 4, "{any}");
            for _ in 0..2 {
                let (address, error) = socket.undelivered().expect("the answer");
                assert_eq!((address, error.kind()), (to, ErrorKind::ConnectionRefused), "{any}");
            }
            assert!(socket.undelivered().is_none());
            // Too long for any datagram: the error of the call itself, once.
            assert!(socket.send(&[0; 70_000], to).is_err());
            assert!(socket.undelivered().is_none());
        }
    }

    #[test]
    fn drops_are_unknown_where_the_table_lacks_the_socket() {
        let mut socket = SystemSocket::new(UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
        assert_eq!(socket.drops(), KernelDrops::Counted(0));
        for inode in [None, Some("none".into())] {
            socket.inode = inode;
            assert_eq!(socket.drops(), KernelDrops::Unknown);
        }
    }
}
