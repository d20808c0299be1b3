//! IP packets put together from their fragments (RFC 791, 3.2; RFC 8200, 4.5). Memory is bounded: of more
//! unfinished packets than are kept, the oldest is given up.

use super::SkipReason;
use etherparse::defrag::IpDefragBuf;
use etherparse::{IpFragOffset, IpNumber, Ipv6ExtensionSlice, LaxIpSlice};
use std::collections::HashMap;
use std::net::IpAddr;

/// Unfinished packets that are kept, of at most 64 KiB each.
const MAX_UNFINISHED: usize = 256;

/// The fragments of packets that are not whole yet.
#[derive(Default)]
pub(super) struct Fragments {
    unfinished: HashMap<Key, Unfinished>,
    /// Packets begun so far.
    begun: u64,
    /// Fragments that were given up.
    given_up: u64,
}

/// What the fragments of one packet have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    protocol: IpNumber,
}

struct Unfinished {
    buffer: IpDefragBuf,
    fragments: u64,
    /// Its number among all that were begun.
    number: u64,
}

/// Where a fragment belongs in its packet.
struct Place {
    identification: u32,
    offset: IpFragOffset,
    is_last: bool,
}

impl Fragments {
    /// Takes a fragment in, and returns the whole payload once it is there.
    ///
    /// # Errors
    /// [`SkipReason::Damaged`]: the fragment contradicts those before it, and is left out.
    pub fn add(&mut self, ip: &LaxIpSlice<'_>) -> Result<Option<Vec<u8>>, SkipReason> {
        let place = Place::of(ip).ok_or(SkipReason::Damaged)?;
        let key = Key {
            source: ip.source_addr(),
            destination: ip.destination_addr(),
            identification: place.identification,
            protocol: ip.payload_ip_number(),
        };
        if self.unfinished.len() >= MAX_UNFINISHED && !self.unfinished.contains_key(&key) {
            self.give_up_oldest();
        }
        self.begun += 1;
        let packet = self.unfinished.entry(key).or_insert_with(|| Unfinished {
            buffer: IpDefragBuf::new(key.protocol, Vec::new(), Vec::new()),
            fragments: 0,
            number: self.begun,
        });
        packet
            .buffer
            .add(place.offset, !place.is_last, ip.payload().payload)
            .map_err(|_| SkipReason::Damaged)?;
        packet.fragments += 1;
        if !packet.buffer.is_complete() {
            return Ok(None);
        }
        Ok(self.unfinished.remove(&key).map(|packet| packet.buffer.take_bufs().0))
    }

    /// Fragments that never became whole packets.
    pub fn unfinished(&self) -> u64 {
        self.given_up + self.unfinished.values().map(|packet| packet.fragments).sum::<u64>()
    }

    fn give_up_oldest(&mut self) {
        let oldest = self.unfinished.iter().min_by_key(|(_, packet)| packet.number);
        if let Some(key) = oldest.map(|(key, _)| *key)
            && let Some(packet) = self.unfinished.remove(&key)
        {
            self.given_up += packet.fragments;
        }
    }
}

impl Place {
    fn of(ip: &LaxIpSlice<'_>) -> Option<Self> {
        match ip {
            LaxIpSlice::Ipv4(ip) => Some(Self {
                identification: ip.header().identification().into(),
                offset: ip.header().fragments_offset(),
                is_last: !ip.header().more_fragments(),
            }),
            LaxIpSlice::Ipv6(ip) => {
                ip.extensions().clone().into_iter().find_map(|extension| match extension {
                    Ipv6ExtensionSlice::Fragment(header) => Some(Self {
                        identification: header.identification(),
                        offset: header.fragment_offset(),
                        is_last: !header.more_fragments(),
                    }),
                    _ => None,
                })
            }
        }
    }
}
