//! Who holds a port, and which one is free instead.

use super::socket;
use crate::model::{Failure, FailureKind, PortOwner, Transport};
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::Duration;

/// How many ports above the taken one are tried.
const PORTS_TO_TRY: u16 = 64;

/// Looking through the system's processes takes milliseconds, and seconds where there are very many
/// of them. A failure without its owner now is worth more than one with it too late.
const OWNER_PATIENCE: Duration = Duration::from_millis(500);

/// Adds the owner of the port and the next free one to a failure that says the port is taken.
/// Usually takes some milliseconds, and never much more than half a second.
#[must_use]
pub fn explain_port_in_use(mut failure: Failure, local: SocketAddr, transport: Transport) -> Failure {
    if let FailureKind::AddressInUse { owner, next_free_port } = &mut failure.kind {
        *owner = find_owner_soon(local, transport);
        *next_free_port = next_free(local, transport);
    }
    failure
}

fn find_owner_soon(local: SocketAddr, transport: Transport) -> Option<PortOwner> {
    let (sender, owner) = crossbeam_channel::bounded(1);
    let search = thread::Builder::new().name("port owner".into()).spawn(move || {
        // There is room for one, and it may be that nobody waits for it any more.
        let _ = sender.send(find_owner(local, transport));
    });
    search.ok()?;
    owner.recv_timeout(OWNER_PATIENCE).ok().flatten()
}

fn find_owner(local: SocketAddr, transport: Transport) -> Option<PortOwner> {
    let all = listeners::get_all().ok()?;
    let wanted = match transport {
        Transport::Tcp => listeners::Protocol::TCP,
        Transport::Udp => listeners::Protocol::UDP,
    };
    let is_holder = |listener: &&listeners::Listener| {
        listener.protocol == wanted
            && listener.socket.port() == local.port()
            && overlap(listener.socket.ip(), local.ip())
            && (transport == Transport::Udp || listener.state == listeners::SocketState::Listen)
    };
    // Several may hold the port on different addresses; the one with this very address is in the way.
    let holder = all.iter().filter(is_holder).max_by_key(|listener| listener.socket.ip() == local.ip())?;
    Some(PortOwner { name: holder.process.name.clone(), pid: holder.process.pid })
}

/// Whether a port bound on one address cannot be bound on the other. "::" takes IPv4 as well.
fn overlap(a: IpAddr, b: IpAddr) -> bool {
    let covers = |any: IpAddr, ip: IpAddr| any.is_unspecified() && (any.is_ipv6() || ip.is_ipv4());
    a == b || covers(a, b) || covers(b, a)
}

fn next_free(local: SocketAddr, transport: Transport) -> Option<u16> {
    let first = local.port().checked_add(1)?;
    (first..=first.saturating_add(PORTS_TO_TRY)).find(|&port| {
        let address = SocketAddr::new(local.ip(), port);
        match transport {
            Transport::Tcp => socket::listen(address, 1).is_ok(),
            Transport::Udp => socket::bind_udp(address, false).is_ok(),
        }
    })
}
