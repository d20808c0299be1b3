//! From the start of a frame to the IP packet in it, through whatever lies between: Ethernet, VLAN tags (IEEE
//! 802.1Q, 802.1ad), 802.1ah, LLC and SNAP (802.2), MACsec without encryption (802.1AE), PPPoE (RFC 2516), PPP
//! (RFC 1661), MPLS (RFC 3032) and GRE (RFC 2784, 2890; with PPP RFC 2637).

use super::SkipReason;
use super::format::Frame;

/// Headers in a frame before its IP packet: more are no real packet.
const MAX_LAYERS: usize = 32;
/// Values of an Ethernet type field below this are lengths of an LLC packet.
const FIRST_ETHER_TYPE: u16 = 0x0600;

/// What comes next in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer<'a> {
    /// An IPv4 or IPv6 packet.
    Ip(&'a [u8]),
    /// An Ethernet frame, from the destination's address on.
    Ethernet(&'a [u8]),
    /// What this EtherType, or length, announces.
    EtherType(u16, &'a [u8]),
    /// A PPP packet, with or without address and control field.
    Ppp(&'a [u8]),
    Mpls(&'a [u8]),
    Llc(&'a [u8]),
}

/// Finds the IP packet in a frame.
///
/// # Errors
/// What the frame carries instead, or [`SkipReason::Cut`].
pub(super) fn ip_packet<'a>(frame: &Frame<'a>) -> Result<&'a [u8], SkipReason> {
    let bytes = frame.bytes;
    let first = match frame.link_type {
        // NULL and LOOP: four bytes that tell the family, which the packet tells as well.
        0 | 108 => Layer::Ip(tail(bytes, 4)?),
        // ETHERNET
        1 => Layer::Ethernet(bytes),
        // PPP, PPP_HDLC
        9 | 50 => Layer::Ppp(bytes),
        // PPP_ETHER
        51 => Layer::EtherType(0x8864, bytes),
        // RAW, by its number and by those of some systems, IPV4, IPV6
        101 | 12 | 14 | 228 | 229 => Layer::Ip(bytes),
        // LINUX_SLL and LINUX_SLL2
        113 => linux_cooked(u16_at(bytes, 14)?, tail(bytes, 16)?)?,
        276 => linux_cooked(u16_at(bytes, 0)?, tail(bytes, 20)?)?,
        // MPLS
        219 => Layer::Mpls(bytes),
        _ => return Err(SkipReason::LinkType),
    };
    descend(first, SkipReason::NotIp)
}

/// Finds the IP packet in what GRE carries: `bytes` begin with its header.
///
/// # Errors
/// What it carries instead, or [`SkipReason::Cut`].
pub(super) fn ip_packet_in_gre(bytes: &[u8]) -> Result<&[u8], SkipReason> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGED: u16 = 0x0080;
    const VERSION: u16 = 0x0007;
    let flags = u16_at(bytes, 0)?;
    let protocol = u16_at(bytes, 2)?;
    let fields = |known: &[u16]| 4 + 4 * known.iter().filter(|&&flag| flags & flag != 0).count();
    match (flags & VERSION, protocol) {
        // RFC 1701's source routes were dropped by RFC 2784.
        (0, _) if flags & ROUTING != 0 => Err(SkipReason::Gre),
        (0, _) => {
            let header = fields(&[CHECKSUM, KEY, SEQUENCE]);
            descend(Layer::EtherType(protocol, tail(bytes, header)?), SkipReason::Gre)
        }
        // PPTP
        (1, 0x880B) => {
            let header = fields(&[KEY, SEQUENCE, ACKNOWLEDGED]);
            descend(Layer::Ppp(tail(bytes, header)?), SkipReason::Gre)
        }
        _ => Err(SkipReason::Gre),
    }
}

/// Goes through layers to the IP packet. `unknown` is the reason where nothing more precise can be said.
fn descend<'a>(mut layer: Layer<'a>, unknown: SkipReason) -> Result<&'a [u8], SkipReason> {
    let mut unknown = unknown;
    for _ in 0..MAX_LAYERS {
        layer = match layer {
            Layer::Ip([]) => return Err(SkipReason::Cut),
            Layer::Ip(packet) => return Ok(packet),
            Layer::Ethernet(frame) => Layer::EtherType(u16_at(frame, 12)?, tail(frame, 14)?),
            Layer::EtherType(kind, bytes) => {
                if kind == 0x88E7 {
                    unknown = SkipReason::Pbb;
                }
                ether_type(kind, bytes).ok_or(unknown)??
            }
            Layer::Ppp(packet) => ppp(packet)?,
            Layer::Mpls(labels) => mpls(labels)?,
            Layer::Llc(packet) => llc(packet)?,
        };
    }
    Err(SkipReason::Damaged)
}

/// `None`: nothing in it leads to IP.
fn ether_type(kind: u16, bytes: &[u8]) -> Option<Result<Layer<'_>, SkipReason>> {
    Some(match kind {
        0x0800 | 0x86DD => Ok(Layer::Ip(bytes)),
        0x0806 => Err(SkipReason::Arp),
        // VLAN tags: priority and number, and what comes next.
        0x8100 | 0x88A8 | 0x9100 | 0x9200 => inner_ether_type(bytes, 2),
        // An 802.1ah tag: flags and service, and the customer's frame.
        0x88E7 => tail(bytes, 4).map(Layer::Ethernet),
        // PPPoE discovery, and PPPoE: version, code, session and length.
        0x8863 => Err(SkipReason::Ppp),
        0x8864 => tail(bytes, 6).map(Layer::Ppp),
        0x8847 | 0x8848 => Ok(Layer::Mpls(bytes)),
        // Ethernet in GRE.
        0x6558 => Ok(Layer::Ethernet(bytes)),
        0x88E5 => return macsec(bytes),
        length if length < FIRST_ETHER_TYPE => Ok(Layer::Llc(bytes)),
        _ => return None,
    })
}

/// An EtherType at `at`, and what comes behind it.
fn inner_ether_type(bytes: &[u8], at: usize) -> Result<Layer<'_>, SkipReason> {
    Ok(Layer::EtherType(u16_at(bytes, at)?, tail(bytes, at + 2)?))
}

/// `None`: it is encrypted.
fn macsec(bytes: &[u8]) -> Option<Result<Layer<'_>, SkipReason>> {
    const HAS_CHANNEL: u8 = 0x20;
    const IS_CHANGED: u8 = 0x0C;
    let Some(flags) = bytes.first() else { return Some(Err(SkipReason::Cut)) };
    let header = if flags & HAS_CHANNEL != 0 { 14 } else { 6 };
    (flags & IS_CHANGED == 0).then(|| inner_ether_type(bytes, header))
}

fn ppp(packet: &[u8]) -> Result<Layer<'_>, SkipReason> {
    // Address and control field of HDLC.
    let packet = packet.strip_prefix(&[0xFF, 0x03]).unwrap_or(packet);
    let first = *packet.first().ok_or(SkipReason::Cut)?;
    // A compressed protocol field has one byte, which is odd.
    let (protocol, rest) = match first & 1 {
        1 => (u16::from(first), tail(packet, 1)?),
        _ => (u16_at(packet, 0)?, tail(packet, 2)?),
    };
    match protocol {
        0x0021 | 0x0057 => Ok(Layer::Ip(rest)),
        0x0281 | 0x0283 => Ok(Layer::Mpls(rest)),
        _ => Err(SkipReason::Ppp),
    }
}

/// What the labels stand before is told by nothing but its first digit.
fn mpls(mut labels: &[u8]) -> Result<Layer<'_>, SkipReason> {
    const IS_LAST: u8 = 1;
    loop {
        let (label, rest) = labels.split_first_chunk::<4>().ok_or(SkipReason::Cut)?;
        labels = rest;
        if label[2] & IS_LAST != 0 {
            break;
        }
    }
    match labels.first().ok_or(SkipReason::Cut)? >> 4 {
        4 | 6 => Ok(Layer::Ip(labels)),
        _ => Err(SkipReason::Mpls),
    }
}

fn llc(packet: &[u8]) -> Result<Layer<'_>, SkipReason> {
    match packet {
        // SNAP with the organisations of Ethernet and of bridged Ethernet types.
        [0xAA, 0xAA, 0x03, 0, 0, 0 | 0xF8, ..] => inner_ether_type(packet, 6),
        // IP by its own access point.
        [0x06, 0x06, 0x03, ip @ ..] => Ok(Layer::Ip(ip)),
        [] | [_] | [_, _] => Err(SkipReason::Cut),
        _ => Err(SkipReason::Llc),
    }
}

fn linux_cooked(protocol: u16, bytes: &[u8]) -> Result<Layer<'_>, SkipReason> {
    match protocol {
        // Novell's frames without LLC, and LLC.
        1 => Err(SkipReason::Llc),
        4 => Ok(Layer::Llc(bytes)),
        _ if protocol < FIRST_ETHER_TYPE => Err(SkipReason::NotIp),
        _ => Ok(Layer::EtherType(protocol, bytes)),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, SkipReason> {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk()).ok_or(SkipReason::Cut)?;
    Ok(u16::from_be_bytes(*bytes))
}

fn tail(bytes: &[u8], from: usize) -> Result<&[u8], SkipReason> {
    bytes.get(from..).ok_or(SkipReason::Cut)
}
