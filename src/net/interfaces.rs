//! The local addresses of this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address that can be bound, and the interface that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalAddress {
    /// The address.
    pub ip: IpAddr,
    /// The interface's name; empty for the unspecified addresses.
    pub interface: String,
}

/// The unspecified addresses of both families, loopback, then the addresses of each interface. If the system
/// cannot list its interfaces, only the unspecified addresses.
#[must_use]
pub fn local_addresses() -> Vec<LocalAddress> {
    let any = |ip: IpAddr| LocalAddress { ip, interface: String::new() };
    let mut all = vec![any(Ipv4Addr::UNSPECIFIED.into()), any(Ipv6Addr::UNSPECIFIED.into())];
    let mut found: Vec<_> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .map(|interface| LocalAddress { ip: interface.ip(), interface: interface.name })
        .collect();
    // Loopback first, then IPv4 before IPv6, each by interface name. Link-local addresses need a zone,
    // which `IpAddr` does not have.
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
    fn unspecified_and_loopback_addresses_come_first() {
        let all = local_addresses();
        assert_eq!(all[0].ip, IpAddr::from([0, 0, 0, 0]));
        assert!(all[1].ip.is_unspecified() && all[1].ip.is_ipv6());
        assert!(all[2].ip.is_loopback(), "{all:?}");
    }

    /// An IPv6 address cannot be bound while duplicate address detection is running.
    #[test]
    fn each_ipv4_address_of_an_interface_can_be_bound() {
        for address in local_addresses().into_iter().filter(|address| address.ip.is_ipv4()) {
            std::net::TcpListener::bind((address.ip, 0))
                .unwrap_or_else(|error| panic!("{address:?}: {error}"));
        }
    }
}
