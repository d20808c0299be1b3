//! The addresses at which a socket on all interfaces can be reached.

use crate::net::LocalAddress;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Maximum number of addresses in the line; machines with many containers have hundreds.
const NAMED_ADDRESSES: usize = 6;

/// A line with the addresses at which other machines reach `local`, and how to prevent that. `None`: `local` is a
/// single address.
pub(super) fn reach(local: SocketAddr, addresses: &[LocalAddress]) -> Option<String> {
    if !local.ip().is_unspecified() {
        return None;
    }
    let is_reached = |ip: IpAddr| match ip {
        _ if ip.is_unspecified() || ip.is_loopback() => false,
        // "::" receives IPv4 as well.
        IpAddr::V4(_) => true,
        IpAddr::V6(_) => local.is_ipv6(),
    };
    let mut reached: Vec<_> =
        addresses.iter().map(|address| address.ip).filter(|ip| is_reached(*ip)).collect();
    reached.dedup();
    let named: Vec<_> = reached
        .iter()
        .take(NAMED_ADDRESSES)
        .map(|ip| SocketAddr::new(*ip, local.port()).to_string())
        .collect();
    let place = match (named.is_empty(), reached.len().saturating_sub(NAMED_ADDRESSES)) {
        (true, _) => "once this machine is in a network".into(),
        (false, 0) => format!("at {}", named.join(", ")),
        (false, more) => format!("at {} and {more} more", named.join(", ")),
    };
    let loopback: IpAddr =
        if local.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    let own = SocketAddr::new(loopback, local.port());
    Some(format!("All interfaces: other machines reach it {place}. For this machine only, use {own}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(ips: &[&str]) -> Vec<LocalAddress> {
        ips.iter().map(|ip| LocalAddress { ip: ip.parse().unwrap(), interface: "eth0".into() }).collect()
    }

    #[test]
    fn all_interfaces_are_named_with_their_addresses_and_the_way_to_restrict_it() {
        let all = addresses(&["0.0.0.0", "::", "127.0.0.1", "::1", "192.0.2.2", "10.0.0.7", "fd00::2"]);
        let said = |local: &str, all: &[LocalAddress]| reach(local.parse().unwrap(), all);
        assert_eq!(
            said("0.0.0.0:7788", &all).unwrap(),
            "All interfaces: other machines reach it at 192.0.2.2:7788, 10.0.0.7:7788. For this machine only, use \
             127.0.0.1:7788."
        );
        assert_eq!(
            said("[::]:9", &all).unwrap(),
            "All interfaces: other machines reach it at 192.0.2.2:9, 10.0.0.7:9, [fd00::2]:9. For this machine only, \
             use [::1]:9."
        );
        assert_eq!(
            said("0.0.0.0:9", &addresses(&["127.0.0.1"])).unwrap(),
            "All interfaces: other machines reach it once this machine is in a network. For this machine only, use \
             127.0.0.1:9."
        );
        let many: Vec<_> = (1..=8).map(|n| format!("10.0.0.{n}")).collect();
        let many = addresses(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(said("0.0.0.0:9", &many).unwrap().contains("10.0.0.6:9 and 2 more. For"));
        assert_eq!(said("127.0.0.1:7788", &all), None);
    }
}
