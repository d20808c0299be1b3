//! The largest UDP payload.

use std::net::SocketAddr;

/// The longest payload of a UDP datagram to `peer`, in bytes. An IPv4 packet has 65,535 with its own header of
/// 20 (RFC 791) and UDP's of 8 (RFC 768); IPv6 does not count its header (RFC 8200).
#[must_use]
pub fn longest_datagram(peer: SocketAddr) -> usize {
    if peer.ip().to_canonical().is_ipv4() { 65_507 } else { 65_527 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_is_one_however_it_is_written() {
        for (peer, bytes) in [("10.0.0.7:9", 65_507), ("[::ffff:10.0.0.7]:9", 65_507), ("[::1]:9", 65_527)] {
            assert_eq!(longest_datagram(peer.parse().unwrap()), bytes, "{peer}");
        }
    }
}
