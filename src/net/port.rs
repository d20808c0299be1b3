//! Who holds a port, and which one is free instead.

use super::socket;
use crate::model::{Holder, Transport};
use crossbeam_channel::Receiver;
use std::net::{IpAddr, SocketAddr};
use std::thread;

/// How many ports above the taken one are tried.
const PORTS_TO_TRY: u16 = 64;

/// Looks for the program that holds a port, on a thread of its own: that takes milliseconds, and
/// seconds where there are very many processes. The receiver gets one answer, and none where there can
/// be no thread; `wake` is called after it.
pub fn find_port_owner(
    local: SocketAddr,
    transport: Transport,
    wake: impl FnOnce() + Send + 'static,
) -> Receiver<Option<Holder>> {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    let search = move || {
        // There is room for one, and it may be that nobody waits for it any more.
        let _ = sender.send(find_owner(local, transport));
        wake();
    };
    let _ = thread::Builder::new().name("port owner".into()).spawn(search);
    receiver
}

fn find_owner(local: SocketAddr, transport: Transport) -> Option<Holder> {
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
    Some(Holder { name: holder.process.name.clone(), pid: holder.process.pid })
}

/// Whether a port bound on one address cannot be bound on the other. "::" takes IPv4 as well.
fn overlap(a: IpAddr, b: IpAddr) -> bool {
    let covers = |any: IpAddr, ip: IpAddr| any.is_unspecified() && (any.is_ipv6() || ip.is_ipv4());
    a == b || covers(a, b) || covers(b, a)
}

/// The next port above one that is taken that can be bound now.
#[must_use]
pub fn next_free_port(local: SocketAddr, transport: Transport) -> Option<u16> {
    let first = local.port().checked_add(1)?;
    (first..=first.saturating_add(PORTS_TO_TRY)).find(|&port| {
        let address = SocketAddr::new(local.ip(), port);
        match transport {
            Transport::Tcp => socket::listen(address, 1).is_ok(),
            Transport::Udp => socket::bind_udp(address, false).is_ok(),
        }
    })
}
