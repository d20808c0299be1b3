//! What the formats of capture files have in common: records with a header that states their length.

use super::buffer::Peeked;
use crate::model::Timestamp;

/// One packet as it was captured.
pub(super) struct Frame<'a> {
    pub time: Timestamp,
    /// LINKTYPE_ number of what comes first in it (www.tcpdump.org/linktypes.html).
    pub link_type: i32,
    pub bytes: &'a [u8],
    /// Bytes that were on the wire behind those that were captured.
    pub cut_bytes: usize,
}

/// How records lie in a file: packets of pcap, blocks of pcapng. `at` always begins where a record is supposed
/// to begin.
pub(super) trait Format {
    /// Bytes before the first record.
    fn file_header_bytes(&self) -> usize;

    /// Bytes at the start of a record that say how long it is.
    fn header_bytes(&self) -> usize;

    /// How long the record is by its header, the header included. `None`: no record can be so long.
    fn claimed_bytes(&self, at: Peeked<'_>) -> Option<usize>;

    /// Whether the values in the record's header are possible.
    fn is_possible(&self, at: Peeked<'_>) -> bool;

    /// Whether a record of `length` bytes agrees with what stands at its end, or behind it.
    fn is_sound(&self, at: Peeked<'_>, length: usize) -> bool;

    /// Whether a record begins here, with so much evidence that nearly no other bytes have it.
    fn begins(&self, at: Peeked<'_>) -> bool;

    /// Whether the record ends at `next` though its header claims another length.
    fn ends_at(&self, at: Peeked<'_>, next: usize) -> bool;

    /// Whether a possible record is believed though what stands behind it is damaged.
    fn outlasts_damage_behind(&self) -> bool;

    /// Whether what stands behind a record of `length` bytes is unusual, but leads to other records all the same,
    /// so that nothing is damaged.
    fn leads_on(&self, at: Peeked<'_>, length: usize) -> bool;

    /// Takes a whole record in. `Ok(None)`: it has no frame.
    ///
    /// # Errors
    /// Its parts contradict each other.
    fn read<'a>(&mut self, record: &'a [u8]) -> Result<Option<Frame<'a>>, ()>;
}
