//! The addresses of this machine, to choose from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address that can be bound, and the interface that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalAddress {
    /// The address.
    pub ip: IpAddr,
    /// The interface's name; empty for the "any" addresses.
    pub interface: String,
}

/// "Any" of both families, loopback, then each interface's own. Where the system does not tell,
/// only the first ones.
#[must_use]
pub fn local_addresses() -> Vec<LocalAddress> {
    let any = |ip: IpAddr| LocalAddress { ip, interface: String::new() };
    let mut all = vec![any(Ipv4Addr::UNSPECIFIED.into()), any(Ipv6Addr::UNSPECIFIED.into())];
    let mut found: Vec<_> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .map(|interface| LocalAddress { ip: interface.ip(), interface: interface.name })
        .collect();
    // Loopback first, then IPv4 before IPv6, each by name. A link-local address is of no use
    // without its zone, which the list cannot carry.
    found.retain(|address| !matches!(address.ip, IpAddr::V6(ip) if ip.is_unicast_link_local()));
    found.sort_by_key(|address| {
        (!address.ip.is_loopback(), address.ip.is_ipv6(), address.interface.clone(), address.ip)
    });
    found.dedup();
    all.extend(found);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_and_loopback_can_be_chosen() {
        let all = local_addresses();
        assert_eq!(all[0].ip, IpAddr::from([0, 0, 0, 0]));
        assert!(all[1].ip.is_unspecified() && all[1].ip.is_ipv6());
        assert!(all[2].ip.is_loopback(), "{all:?}");
    }

    /// An IPv6 address may still be waiting for the answer whether somebody else has it.
    #[test]
    fn each_address_of_an_interface_can_be_bound() {
        for address in local_addresses().into_iter().filter(|address| address.ip.is_ipv4()) {
            std::net::TcpListener::bind((address.ip, 0))
                .unwrap_or_else(|error| panic!("{address:?}: {error}"));
        }
    }
}
