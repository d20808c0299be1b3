//! The program that holds a port, and the next free port.

use super::resolve::WakeAfter;
use super::socket;
use crate::model::{Holder, Transport};
use crossbeam_channel::Receiver;
use std::net::{IpAddr, SocketAddr};
use std::thread;

/// How many ports above the taken one are tried.
const PORTS_TO_TRY: u16 = 64;

/// Looks for the program that holds a port, on a thread of its own: that takes milliseconds, and
/// seconds where there are very many processes. The receiver gets one answer, or is disconnected where
/// the search or its thread fails; `wake` is called after either.
pub fn find_port_owner(
    local: SocketAddr,
    transport: Transport,
    wake: impl FnOnce() + Send + 'static,
) -> Receiver<Option<Holder>> {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    let answer = WakeAfter { sender: Some(sender), wake: Some(wake) };
    let search = move || answer.send(find_owner(local, transport));
    // A thread that cannot be started drops the answer, which disconnects the receiver.
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
    // Several programs may hold the port on different addresses: prefer the one with this very address.
    let holder = all.iter().filter(is_holder).max_by_key(|listener| listener.socket.ip() == local.ip())?;
    Some(Holder { name: holder.process.name.clone(), pid: holder.process.pid })
}

/// Whether a port bound on one address cannot be bound on the other. "::" also covers IPv4.
fn overlap(a: IpAddr, b: IpAddr) -> bool {
    let covers = |any: IpAddr, ip: IpAddr| any.is_unspecified() && (any.is_ipv6() || ip.is_ipv4());
    a == b || covers(a, b) || covers(b, a)
}

/// The next port above a taken one that could be bound at the moment of the call.
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
