//! Making sockets with the options Wirelab uses on either system.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// Large enough for a burst while the thread is busy with other sockets; the kernel may give less.
const UDP_BUFFER_BYTES: usize = 4 << 20;

/// A listening, non-blocking TCP socket.
pub(super) fn listen(address: SocketAddr, backlog: u32) -> io::Result<mio::net::TcpListener> {
    let socket = new(address, Type::STREAM, Protocol::TCP)?;
    allow_rebind(&socket)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(mio::net::TcpListener::from_std(socket.into()))
}

/// A TCP socket on its way to `remote`, bound to `local` if given.
pub(super) fn connect(remote: SocketAddr, local: Option<SocketAddr>) -> io::Result<mio::net::TcpStream> {
    let Some(local) = local else { return mio::net::TcpStream::connect(remote) };
    let socket = new(remote, Type::STREAM, Protocol::TCP)?;
    allow_rebind(&socket)?;
    let any: SocketAddr = match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, local.port()).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, local.port()).into(),
    };
    // "Any address" fits both families; a given one must be of the remote's, and bind says so.
    socket.bind(&if local.ip().is_unspecified() { any } else { local }.into())?;
    match socket.connect(&remote.into()) {
        Ok(()) => {}
        Err(error) if is_in_progress(&error) => {}
        // The address has been bound, so it is there; the last connection between the same two ports
        // is what lingers in TIME_WAIT.
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        Err(error) => return Err(error),
    }
    Ok(mio::net::TcpStream::from_std(socket.into()))
}

/// A bound, non-blocking UDP socket.
pub(super) fn bind_udp(address: SocketAddr, broadcast: bool) -> io::Result<std::net::UdpSocket> {
    let socket = new(address, Type::DGRAM, Protocol::UDP)?;
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
        // "::" takes IPv4 as well, on both systems alike.
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Lets a port be bound again while old connections of it linger in TIME_WAIT.
#[cfg(unix)]
fn allow_rebind(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}

/// Windows allows that anyway, and its option of that name would let another program steal the port.
#[cfg(not(unix))]
fn allow_rebind(_: &Socket) -> io::Result<()> {
    Ok(())
}

fn is_in_progress(error: &io::Error) -> bool {
    // EINPROGRESS of Linux is told by its number only.
    error.kind() == io::ErrorKind::WouldBlock || (cfg!(unix) && error.raw_os_error() == Some(115))
}

/// IPv4 addresses that came over an IPv6 socket, as the IPv4 addresses they are.
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

    /// Read back from the sockets that sessions use, as they are made.
    #[test]
    fn ports_can_be_bound_again_at_once_and_none_can_be_stolen() {
        for address in ANY_PORTS {
            let address: SocketAddr = address.parse().unwrap();
            let listener = listen(address, 5).unwrap();
            assert_eq!(SockRef::from(&listener).reuse_address().unwrap(), cfg!(unix), "{address}");
            let remote = listener.local_addr().unwrap();
            let client = connect(remote, Some(address)).unwrap();
            assert_eq!(SockRef::from(&client).reuse_address().unwrap(), cfg!(unix), "{address}");
            let client = connect(remote, None).unwrap();
            assert!(!SockRef::from(&client).reuse_address().unwrap(), "{address}");
            // Two sockets that share a port would take each other's datagrams, on either system.
            let udp = bind_udp(address, true).unwrap();
            assert!(!SockRef::from(&udp).reuse_address().unwrap(), "{address}");
        }
    }

    /// What the option is there for, and what it must not bring with it.
    #[test]
    fn a_port_in_use_is_in_use_for_everybody() {
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
