//! Creating sockets with the options that Wirelab needs on each system.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// Large enough for a burst while the thread is busy with other sockets; the kernel may give less.
const UDP_BUFFER_BYTES: usize = 4 << 20;

/// A listening, non-blocking TCP socket with exclusive use of its port.
///
/// # Errors
/// The system cannot create the socket, bind it or listen; nothing stays bound.
pub(super) fn listen(address: SocketAddr, backlog: u32) -> io::Result<mio::net::TcpListener> {
    listen_as(address, backlog, true)
}

/// The same for an address where this program listened a moment ago. Windows refuses exclusive use of a port while
/// accepted connections of it exist, so the port is then bound without exclusive use.
///
/// # Errors
/// Those of [`listen`].
pub(super) fn listen_again(address: SocketAddr, backlog: u32) -> io::Result<mio::net::TcpListener> {
    let alone = listen(address, backlog);
    if cfg!(windows) {
        alone.or_else(|error| listen_as(address, backlog, false).map_err(|_| error))
    } else {
        alone
    }
}

fn listen_as(address: SocketAddr, backlog: u32, is_alone: bool) -> io::Result<mio::net::TcpListener> {
    let socket = new(address, Type::STREAM, Protocol::TCP)?;
    allow_rebind(&socket)?;
    if is_alone {
        keep_others_out(&socket);
    }
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(mio::net::TcpListener::from_std(socket.into()))
}

/// A TCP socket that is being connected to `remote`, bound to `local` if given.
///
/// # Errors
/// The system cannot create or bind the socket, or connecting fails at once; a refusal usually comes later.
pub(super) fn connect(remote: SocketAddr, local: Option<SocketAddr>) -> io::Result<mio::net::TcpStream> {
    let Some(local) = local else { return mio::net::TcpStream::connect(remote) };
    let socket = new(remote, Type::STREAM, Protocol::TCP)?;
    allow_rebind(&socket)?;
    let any: SocketAddr = match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, local.port()).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, local.port()).into(),
    };
    // The unspecified address fits both families; a given one must be of the remote's family, or bind fails.
    socket.bind(&if local.ip().is_unspecified() { any } else { local }.into())?;
    match socket.connect(&remote.into()) {
        Ok(()) => {}
        Err(error) if is_in_progress(&error) => {}
        // The address was bound, so it exists: an earlier connection between the same two ports is in TIME_WAIT.
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        Err(error) => return Err(error),
    }
    Ok(mio::net::TcpStream::from_std(socket.into()))
}

/// A bound, non-blocking UDP socket.
///
/// # Errors
/// The system cannot create or bind the socket; nothing stays bound.
pub(super) fn bind_udp(address: SocketAddr, broadcast: bool) -> io::Result<std::net::UdpSocket> {
    let socket = new(address, Type::DGRAM, Protocol::UDP)?;
    keep_others_out(&socket);
    socket.set_broadcast(broadcast)?;
    // A smaller buffer than asked for is no failure: what it loses is counted.
    let _ = socket.set_recv_buffer_size(UDP_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(UDP_BUFFER_BYTES);
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn new(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        // "::" accepts IPv4 as well; the default differs between Linux and Windows.
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Allows a port to be bound again while old connections of it are in TIME_WAIT.
#[cfg(target_os = "linux")]
fn allow_rebind(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}

/// Windows allows that without an option; its SO_REUSEADDR would let another program take the port over.
#[cfg(not(target_os = "linux"))]
fn allow_rebind(_: &Socket) -> io::Result<()> {
    Ok(())
}

/// Sets SO_EXCLUSIVEADDRUSE. Without it, Windows allows a second program to bind the same port on another address
/// (the unspecified one included), or to take the port over with SO_REUSEADDR. Linux allows neither.
fn keep_others_out(socket: &Socket) {
    #[cfg(windows)]
    // Some versions of wine do not support the option; binding works without it.
    let _ = crate::sys::socket::keep_others_out(socket);
    #[cfg(not(windows))]
    let _ = socket;
}

/// Whether a connection is still being established. The standard library has no stable kind for
/// EINPROGRESS; Windows reports WSAEWOULDBLOCK.
pub(super) fn is_in_progress(error: &io::Error) -> bool {
    #[cfg(target_os = "linux")]
    if error.raw_os_error() == Some(nix::libc::EINPROGRESS) {
        return true;
    }
    error.kind() == io::ErrorKind::WouldBlock
}

/// An IPv4-mapped IPv6 address as the IPv4 address it stands for.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(v4) => (v4, v6.port()).into(),
            None => address,
        },
        SocketAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::SockRef;

    const ANY_PORTS: [&str; 2] = ["127.0.0.1:0", "[::1]:0"];

    #[test]
    fn tcp_ports_can_be_bound_again_at_once_and_udp_ports_are_not_shared() {
        for address in ANY_PORTS {
            let address: SocketAddr = address.parse().unwrap();
            let listener = listen(address, 5).unwrap();
            assert_eq!(
                SockRef::from(&listener).reuse_address().unwrap(),
                cfg!(target_os = "linux"),
                "{address}"
            );
            let remote = listener.local_addr().unwrap();
            let client = connect(remote, Some(address)).unwrap();
            assert_eq!(
                SockRef::from(&client).reuse_address().unwrap(),
                cfg!(target_os = "linux"),
                "{address}"
            );
            let client = connect(remote, None).unwrap();
            assert!(!SockRef::from(&client).reuse_address().unwrap(), "{address}");
            // Two sockets that share a port would receive each other's datagrams.
            let udp = bind_udp(address, true).unwrap();
            assert!(!SockRef::from(&udp).reuse_address().unwrap(), "{address}");
        }
    }

    #[test]
    fn a_port_in_use_cannot_be_bound_again() {
        for address in ANY_PORTS {
            let listener = listen(address.parse().unwrap(), 5).unwrap();
            let taken = listener.local_addr().unwrap();
            assert_eq!(listen(taken, 5).unwrap_err().kind(), io::ErrorKind::AddrInUse);
            let udp = bind_udp(address.parse().unwrap(), false).unwrap();
            let taken = udp.local_addr().unwrap();
            assert_eq!(bind_udp(taken, false).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        }
    }
}

#[cfg(all(test, windows))]
mod windows_tests {
    use super::*;

    #[test]
    fn a_port_cannot_be_shared_or_taken_over() {
        let local: SocketAddr = ([127, 0, 0, 1], 0).into();
        let any = |port: u16| SocketAddr::from(([0, 0, 0, 0], port));
        // Another program has the port on one address; Wirelab binds the unspecified address.
        let tcp = std::net::TcpListener::bind(local).unwrap();
        let error = listen(any(tcp.local_addr().unwrap().port()), 1).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        let udp = std::net::UdpSocket::bind(local).unwrap();
        let error = bind_udp(any(udp.local_addr().unwrap().port()), false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        // Another program cannot take ours over.
        let tcp = listen(local, 1).unwrap();
        let udp = bind_udp(local, false).unwrap();
        for (ours, kind, protocol) in [
            (tcp.local_addr().unwrap(), Type::STREAM, Protocol::TCP),
            (udp.local_addr().unwrap(), Type::DGRAM, Protocol::UDP),
        ] {
            let thief = new(ours, kind, protocol).unwrap();
            thief.set_reuse_address(true).unwrap();
            assert!(thief.bind(&ours.into()).is_err(), "{protocol:?}");
        }
    }
}
