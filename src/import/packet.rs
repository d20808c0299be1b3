//! From a frame to what TCP or UDP carries in it: link layers, IP, fragments.
//!
//! Each packet stands alone here, but for the fragments of one. Headers are etherparse's; frames cut by the
//! capture's snap length are read as far as they go.

use super::SkipReason;
use super::file::Frame;
use etherparse::defrag::IpDefragBuf;
use etherparse::{EtherType, IpFragOffset, IpNumber, LaxNetSlice, LaxSlicedPacket, TcpSlice, UdpSlice};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// How many packets may wait for fragments at a time, of 64 KiB at most.
const MAX_FRAGMENTED: usize = 256;

/// What a packet carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub content: Content<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    Tcp(Segment<'a>),
    Udp { payload: Payload<'a>, is_cut: bool },
}

/// A TCP segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub sequence: u32,
    /// Up to where the sender has received the other side.
    pub acknowledged: Option<u32>,
    pub is_syn: bool,
    pub is_fin: bool,
    pub is_reset: bool,
    pub payload: Payload<'a>,
    /// Bytes of the payload behind those that were captured.
    pub cut_bytes: usize,
}

/// Bytes of the frame, or of a packet put together from fragments.
pub(super) type Payload<'a> = std::borrow::Cow<'a, [u8]>;

/// Takes frames apart, and keeps the fragments of packets that are not whole yet.
#[derive(Default)]
pub(super) struct Dissector {
    fragmented: HashMap<FragmentKey, Fragments>,
    /// Counts packets with fragments, to know the oldest.
    newest: u64,
    /// Fragments that were given up.
    given_up: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct FragmentKey {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    protocol: IpNumber,
}

struct Fragments {
    buffer: IpDefragBuf,
    count: u64,
    number: u64,
}

/// Where a fragment belongs.
struct Fragment {
    identification: u32,
    offset: IpFragOffset,
    is_last: bool,
}

impl Dissector {
    /// What the frame carries. `None`: a fragment whose others are still to come.
    pub fn dissect<'a>(&mut self, frame: &Frame<'a>) -> Result<Option<Packet<'a>>, SkipReason> {
        let sliced = slice(frame)?;
        let Some(net) = &sliced.net else {
            return Err(match &sliced.stop_err {
                Some((etherparse::err::packet::SliceError::Len(_), _)) => SkipReason::Cut,
                Some(_) => SkipReason::Damaged,
                None => SkipReason::NotIp,
            });
        };
        let (source, destination): (IpAddr, IpAddr) = match net {
            LaxNetSlice::Ipv4(ip) => {
                (ip.header().source_addr().into(), ip.header().destination_addr().into())
            }
            LaxNetSlice::Ipv6(ip) => {
                (ip.header().source_addr().into(), ip.header().destination_addr().into())
            }
            LaxNetSlice::Arp(_) => return Err(SkipReason::NotIp),
        };
        let Some(ip) = net.ip_payload_ref() else { return Err(SkipReason::NotIp) };
        if ip.fragmented {
            let fragment = fragment(net).ok_or(SkipReason::Damaged)?;
            let protocol = ip.ip_number;
            let key = FragmentKey { source, destination, identification: fragment.identification, protocol };
            if ip.incomplete {
                return Err(SkipReason::Cut);
            }
            let Some(whole) = self.put_together(key, &fragment, ip.payload)? else { return Ok(None) };
            let content = content(protocol, &whole, 0)?.into_owned();
            return Ok(Some(with_ports(source, destination, content)));
        }
        let cut_bytes = if ip.incomplete { claimed_bytes(net).saturating_sub(ip.payload.len()) } else { 0 };
        let content = content(ip.ip_number, ip.payload, cut_bytes)?;
        Ok(Some(with_ports(source, destination, content)))
    }

    /// How many fragments never became whole packets.
    pub fn unfinished(&self) -> u64 {
        self.given_up + self.fragmented.values().map(|fragments| fragments.count).sum::<u64>()
    }

    fn put_together(
        &mut self,
        key: FragmentKey,
        fragment: &Fragment,
        payload: &[u8],
    ) -> Result<Option<Vec<u8>>, SkipReason> {
        if self.fragmented.len() >= MAX_FRAGMENTED && !self.fragmented.contains_key(&key) {
            let oldest = self.fragmented.iter().min_by_key(|(_, fragments)| fragments.number);
            if let Some(key) = oldest.map(|(key, _)| *key)
                && let Some(fragments) = self.fragmented.remove(&key)
            {
                self.given_up += fragments.count;
            }
        }
        self.newest += 1;
        let number = self.newest;
        let fragments = self.fragmented.entry(key).or_insert_with(|| Fragments {
            buffer: IpDefragBuf::new(key.protocol, Vec::new(), Vec::new()),
            count: 0,
            number,
        });
        if fragments.buffer.add(fragment.offset, !fragment.is_last, payload).is_err() {
            return Err(SkipReason::Damaged);
        }
        fragments.count += 1;
        if !fragments.buffer.is_complete() {
            return Ok(None);
        }
        Ok(self.fragmented.remove(&key).map(|fragments| fragments.buffer.take_bufs().0))
    }
}

/// Finds the IP packet by the frame's link type.
fn slice<'a>(frame: &Frame<'a>) -> Result<LaxSlicedPacket<'a>, SkipReason> {
    let bytes = frame.bytes;
    let ip = |at: usize| {
        let packet = bytes.get(at..).filter(|packet| !packet.is_empty()).ok_or(SkipReason::Cut)?;
        LaxSlicedPacket::from_ip(packet).map_err(|error| match error {
            etherparse::err::ip::LaxHeaderSliceError::Len(_) => SkipReason::Cut,
            etherparse::err::ip::LaxHeaderSliceError::Content(_) => SkipReason::Damaged,
        })
    };
    let by_ether_type = |at: usize, header: usize| {
        let ether_type = bytes.get(at..at + 2).ok_or(SkipReason::Cut)?;
        let packet = bytes.get(header..).ok_or(SkipReason::Cut)?;
        let ether_type = EtherType(u16::from_be_bytes([ether_type[0], ether_type[1]]));
        Ok(LaxSlicedPacket::from_ether_type(ether_type, packet))
    };
    match frame.link_type {
        // NULL and LOOP: four bytes that tell the family, which the packet tells as well.
        0 | 108 => ip(4),
        // ETHERNET
        1 => LaxSlicedPacket::from_ethernet(bytes).map_err(|_| SkipReason::Cut),
        // RAW, by its number and by those of some systems, IPV4, IPV6
        101 | 12 | 14 | 228 | 229 => ip(0),
        // LINUX_SLL and LINUX_SLL2
        113 => by_ether_type(14, 16),
        276 => by_ether_type(0, 20),
        _ => Err(SkipReason::LinkType),
    }
}

fn fragment(net: &LaxNetSlice<'_>) -> Option<Fragment> {
    match net {
        LaxNetSlice::Ipv4(ip) => Some(Fragment {
            identification: ip.header().identification().into(),
            offset: ip.header().fragments_offset(),
            is_last: !ip.header().more_fragments(),
        }),
        LaxNetSlice::Ipv6(ip) => ip.extensions().clone().into_iter().find_map(|extension| match extension {
            etherparse::Ipv6ExtensionSlice::Fragment(header) => Some(Fragment {
                identification: header.identification(),
                offset: header.fragment_offset(),
                is_last: !header.more_fragments(),
            }),
            _ => None,
        }),
        LaxNetSlice::Arp(_) => None,
    }
}

/// How long the IP header says that its payload is.
fn claimed_bytes(net: &LaxNetSlice<'_>) -> usize {
    match net {
        LaxNetSlice::Ipv4(ip) => {
            let extensions = ip.extensions().auth.as_ref().map_or(0, |header| header.slice().len());
            usize::from(ip.header().total_len()).saturating_sub(ip.header().slice().len() + extensions)
        }
        LaxNetSlice::Ipv6(ip) => {
            usize::from(ip.header().payload_length()).saturating_sub(ip.extensions().slice().len())
        }
        LaxNetSlice::Arp(_) => 0,
    }
}

/// The ports, with what the packet carries.
struct Carried<'a> {
    source_port: u16,
    destination_port: u16,
    content: Content<'a>,
}

fn content(protocol: IpNumber, bytes: &[u8], cut_bytes: usize) -> Result<Carried<'_>, SkipReason> {
    let too_short = if cut_bytes > 0 { SkipReason::Cut } else { SkipReason::Damaged };
    match protocol {
        IpNumber::TCP => {
            let tcp = TcpSlice::from_slice(bytes).map_err(|_| too_short)?;
            let segment = Segment {
                sequence: tcp.sequence_number(),
                acknowledged: tcp.ack().then(|| tcp.acknowledgment_number()),
                is_syn: tcp.syn(),
                is_fin: tcp.fin(),
                is_reset: tcp.rst(),
                payload: tcp.payload().into(),
                cut_bytes,
            };
            Ok(Carried {
                source_port: tcp.source_port(),
                destination_port: tcp.destination_port(),
                content: Content::Tcp(segment),
            })
        }
        IpNumber::UDP => {
            let udp = UdpSlice::from_slice_lax(bytes).map_err(|_| too_short)?;
            let is_cut = cut_bytes > 0 || usize::from(udp.length()) > bytes.len();
            let content = Content::Udp { payload: udp.payload().into(), is_cut };
            Ok(Carried { source_port: udp.source_port(), destination_port: udp.destination_port(), content })
        }
        _ => Err(SkipReason::OtherProtocol),
    }
}

impl Carried<'_> {
    fn into_owned(self) -> Carried<'static> {
        let owned = |payload: Payload<'_>| Payload::Owned(payload.into_owned());
        let content = match self.content {
            Content::Tcp(segment) => Content::Tcp(Segment { payload: owned(segment.payload), ..segment }),
            Content::Udp { payload, is_cut } => Content::Udp { payload: owned(payload), is_cut },
        };
        Carried { content, ..self }
    }
}

fn with_ports<'a>(source: IpAddr, destination: IpAddr, carried: Carried<'a>) -> Packet<'a> {
    Packet {
        source: (source, carried.source_port).into(),
        destination: (destination, carried.destination_port).into(),
        content: carried.content,
    }
}
