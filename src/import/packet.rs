//! From a frame to what TCP or UDP carries in it. Each packet stands alone here, but for the fragments of one.
//!
//! Headers are etherparse's; frames cut by the capture's snap length are read as far as they go.

use super::SkipReason;
use super::format::Frame;
use super::fragments::Fragments;
use super::link;
use etherparse::{IpNumber, LaxIpSlice, LenSource, TcpOptionElement, TcpSlice, UdpSlice};
use std::net::{IpAddr, SocketAddr};

/// IP packets in each other's GRE: more are no real packet.
const MAX_TUNNELS: usize = 8;

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
    /// The next byte that its sender expects of the other side.
    pub acknowledged: Option<u32>,
    /// The window as it is in the header, not scaled.
    pub window: u16,
    /// The window scale option, which only a SYN has: a power of two.
    pub window_scale: Option<u8>,
    /// SYN or FIN without RST.
    pub is_syn: bool,
    pub is_fin: bool,
    pub is_reset: bool,
    /// That of a RST is a text that is not part of the stream (RFC 9293, 3.5.3).
    pub payload: Payload<'a>,
    /// Bytes of the payload behind those that were captured.
    pub cut_bytes: usize,
}

/// Bytes of the frame, or of a packet put together from fragments.
pub(super) type Payload<'a> = std::borrow::Cow<'a, [u8]>;

/// Takes frames apart, and keeps the fragments of packets that are not whole yet.
#[derive(Default)]
pub(super) struct Dissector {
    fragments: Fragments,
}

/// An IP packet, with the number of bytes on the wire behind those that were captured.
#[derive(Clone, Copy)]
struct IpBytes<'a> {
    bytes: &'a [u8],
    cut_bytes: usize,
}

/// The ports, with what the packet carries.
struct Carried<'a> {
    source_port: u16,
    destination_port: u16,
    content: Content<'a>,
}

impl Dissector {
    /// What the frame carries. `None`: a fragment whose others are still to come.
    ///
    /// # Errors
    /// Why the frame becomes no record.
    pub fn dissect<'a>(&mut self, frame: &Frame<'a>) -> Result<Option<Packet<'a>>, SkipReason> {
        let bytes = link::ip_packet(frame)?;
        self.dissect_ip(IpBytes { bytes, cut_bytes: frame.cut_bytes }, MAX_TUNNELS)
    }

    /// Fragments that never became whole packets.
    pub fn unfinished(&self) -> u64 {
        self.fragments.unfinished()
    }

    fn dissect_ip<'a>(
        &mut self,
        packet: IpBytes<'a>,
        tunnels: usize,
    ) -> Result<Option<Packet<'a>>, SkipReason> {
        let (ip, stopped) = LaxIpSlice::from_slice(packet.bytes).map_err(|error| match error {
            etherparse::err::ip::LaxHeaderSliceError::Len(_) => SkipReason::Cut,
            etherparse::err::ip::LaxHeaderSliceError::Content(_) => SkipReason::Damaged,
        })?;
        if let Some((error, _)) = stopped {
            return Err(match error {
                etherparse::err::ipv6_exts::HeaderSliceError::Len(_) => SkipReason::Cut,
                etherparse::err::ipv6_exts::HeaderSliceError::Content(_) => SkipReason::Damaged,
            });
        }
        let payload = ip.payload();
        let cut_bytes = match (payload.incomplete, payload.len_source) {
            // A length that is larger than the frame was on the wire is wrong, and nothing is missing.
            (true, _) => claimed_bytes(&ip).saturating_sub(payload.payload.len()).min(packet.cut_bytes),
            // Without a length, as the segmentation of network cards leaves it, the frame's counts.
            (false, LenSource::Slice) => packet.cut_bytes,
            (false, _) => 0,
        };
        if payload.fragmented {
            if cut_bytes > 0 {
                return Err(SkipReason::Cut);
            }
            let Some(whole) = self.fragments.add(&ip)? else { return Ok(None) };
            let whole = IpBytes { bytes: &whole, cut_bytes: 0 };
            return Ok(self.carried(&ip, whole, tunnels)?.map(Packet::into_owned));
        }
        self.carried(&ip, IpBytes { bytes: payload.payload, cut_bytes }, tunnels)
    }

    /// What an IP packet carries, whose payload is `payload`.
    fn carried<'a>(
        &mut self,
        ip: &LaxIpSlice<'_>,
        payload: IpBytes<'a>,
        tunnels: usize,
    ) -> Result<Option<Packet<'a>>, SkipReason> {
        let carried = match ip.payload_ip_number() {
            IpNumber::TCP => tcp(payload)?,
            IpNumber::UDP => udp(payload)?,
            IpNumber::GRE if tunnels > 0 => {
                let inner = IpBytes { bytes: link::ip_packet_in_gre(payload.bytes)?, ..payload };
                return self.dissect_ip(inner, tunnels - 1);
            }
            _ => return Err(SkipReason::OtherProtocol),
        };
        Ok(Some(carried.with_addresses(ip.source_addr(), ip.destination_addr())))
    }
}

/// The length of the payload by the IP header.
fn claimed_bytes(ip: &LaxIpSlice<'_>) -> usize {
    match ip {
        LaxIpSlice::Ipv4(ip) => {
            let extensions = ip.extensions().auth.as_ref().map_or(0, |header| header.slice().len());
            usize::from(ip.header().total_len()).saturating_sub(ip.header().slice().len() + extensions)
        }
        LaxIpSlice::Ipv6(ip) => {
            usize::from(ip.header().payload_length()).saturating_sub(ip.extensions().slice().len())
        }
    }
}

fn tcp(payload: IpBytes<'_>) -> Result<Carried<'_>, SkipReason> {
    let tcp = TcpSlice::from_slice(payload.bytes).map_err(|_| too_short(payload))?;
    // Beside RST, other flags mean nothing: it is looked at first (RFC 9293, 3.10.7).
    let is_reset = tcp.rst();
    let is_syn = tcp.syn() && !is_reset;
    let window_scale = || {
        tcp.options_iterator().find_map(|option| match option {
            Ok(TcpOptionElement::WindowScale(shift)) => Some(shift),
            _ => None,
        })
    };
    let segment = Segment {
        sequence: tcp.sequence_number(),
        acknowledged: tcp.ack().then(|| tcp.acknowledgment_number()),
        window: tcp.window_size(),
        window_scale: if is_syn { window_scale() } else { None },
        is_syn,
        is_fin: tcp.fin() && !is_reset,
        is_reset,
        payload: tcp.payload().into(),
        cut_bytes: payload.cut_bytes,
    };
    Ok(Carried {
        source_port: tcp.source_port(),
        destination_port: tcp.destination_port(),
        content: Content::Tcp(segment),
    })
}

fn udp(payload: IpBytes<'_>) -> Result<Carried<'_>, SkipReason> {
    let udp = UdpSlice::from_slice_lax(payload.bytes).map_err(|_| too_short(payload))?;
    let is_cut = payload.cut_bytes > 0 || usize::from(udp.length()) > payload.bytes.len();
    let content = Content::Udp { payload: udp.payload().into(), is_cut };
    Ok(Carried { source_port: udp.source_port(), destination_port: udp.destination_port(), content })
}

/// Why a header could not be read.
fn too_short(payload: IpBytes<'_>) -> SkipReason {
    if payload.cut_bytes > 0 { SkipReason::Cut } else { SkipReason::Damaged }
}

impl<'a> Carried<'a> {
    fn with_addresses(self, source: IpAddr, destination: IpAddr) -> Packet<'a> {
        Packet {
            source: (source, self.source_port).into(),
            destination: (destination, self.destination_port).into(),
            content: self.content,
        }
    }
}

impl Segment<'_> {
    /// Bytes that it carries, captured or not.
    pub fn carried_bytes(&self) -> usize {
        self.payload.len() + self.cut_bytes
    }
}

impl Packet<'_> {
    /// The same with bytes of its own.
    pub fn into_owned(self) -> Packet<'static> {
        let owned = |payload: Payload<'_>| Payload::Owned(payload.into_owned());
        let content = match self.content {
            Content::Tcp(segment) => Content::Tcp(Segment { payload: owned(segment.payload), ..segment }),
            Content::Udp { payload, is_cut } => Content::Udp { payload: owned(payload), is_cut },
        };
        Packet { content, ..self }
    }
}
