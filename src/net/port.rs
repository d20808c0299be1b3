//! Who holds a port, and which one is free instead.

use super::socket;
use crate::model::{Failure, FailureKind, PortOwner, Transport};
use crossbeam_channel::Receiver;
use std::net::{IpAddr, SocketAddr};
use std::thread;

/// How many ports above the taken one are tried.
const PORTS_TO_TRY: u16 = 64;

/// Adds the owner of the port and the next free one to a failure that says the port is taken. That is
/// done on a thread of its own, since it takes milliseconds, and seconds where there are very many
/// processes: the receiver gets the failure each time more is known, and is cut off when there is no
/// more to know. `wake` is called then.
pub fn explain_port_in_use(
    failure: Failure,
    local: SocketAddr,
    transport: Transport,
    wake: impl FnOnce() + Send + 'static,
) -> Receiver<Failure> {
    let (sender, receiver) = crossbeam_channel::bounded(2);
    let search = move || {
        let mut failure = failure;
        if let FailureKind::AddressInUse { next_free_port, .. } = &mut failure.kind {
            *next_free_port = next_free(local, transport);
        }
        // There is room for both, and it may be that nobody waits any more.
        let _ = sender.send(failure.clone());
        if let FailureKind::AddressInUse { owner, .. } = &mut failure.kind {
            *owner = find_owner(local, transport);
        }
        let _ = sender.send(failure);
        drop(sender);
        wake();
    };
    // Without a thread nothing more is known, which the receiver tells.
    let _ = thread::Builder::new().name("port owner".into()).spawn(search);
    receiver
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
