//! The names of peers in a recording: the Name Resolution Block of pcapng, which other programs read as well. It is the
//! last block of a saved file.

use super::pcapng::{begin, end, option, options, pad};
use super::segment::Segment;
use crate::model::{PeerKey, PeerNames};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const NAME_RESOLUTION: u32 = 4;
/// An address and its names, each with a zero behind it.
const RECORD_IPV4: u16 = 1;
const RECORD_IPV6: u16 = 2;
const RECORD_END: u16 = 0;
/// For local use: the address, a blank and the name of a socket, for which the format has no record.
const NRB_SOCKET: u16 = 0x8057;
/// Bound on the length of a block that is read, in bytes.
const MAX_BLOCK_BYTES: u64 = 4 << 20;

/// Appends the block, unless there are no names.
pub(super) fn write_names(out: &mut Vec<u8>, names: &PeerNames) {
    if names.is_empty() {
        return;
    }
    let block = begin(out, NAME_RESOLUTION);
    for (key, name) in names.iter() {
        let PeerKey::Host(address) = key else { continue };
        let mut record = |kind, address: &[u8]| {
            let length = address.len() + name.len() + 1;
            out.extend(u16::to_le_bytes(kind));
            out.extend((length as u16).to_le_bytes());
            out.extend([address, name.as_bytes(), &[0]].concat());
            pad(out, length);
        };
        match address {
            IpAddr::V4(address) => record(RECORD_IPV4, &address.octets()),
            IpAddr::V6(address) => record(RECORD_IPV6, &address.octets()),
        }
    }
    out.extend([RECORD_END.to_le_bytes(), 0u16.to_le_bytes()].concat());
    for (key, name) in names.iter() {
        if let PeerKey::Socket(address) = key {
            option(out, NRB_SOCKET, format!("{address} {name}").as_bytes());
        }
    }
    end(out, block, true);
}

/// The names in the last block of a segment that ends at `end`; none if it is another block, or cannot be read.
pub(super) fn names_at_end(segment: &Segment, end: u64) -> PeerNames {
    read_last(segment, end).unwrap_or_default()
}

fn read_last(segment: &Segment, end: u64) -> Option<PeerNames> {
    let mut length = [0; 4];
    segment.read(&mut length, end.checked_sub(4)?).ok()?;
    let length = u64::from(u32::from_le_bytes(length));
    if !(16..=MAX_BLOCK_BYTES).contains(&length) {
        return None;
    }
    let mut block = vec![0; length as usize];
    segment.read(&mut block, end.checked_sub(length)?).ok()?;
    read_names(&block)
}

/// `None`: it is another block.
fn read_names(block: &[u8]) -> Option<PeerNames> {
    let (kind, rest) = block.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*kind) != NAME_RESOLUTION {
        return None;
    }
    let mut rest = rest.get(4..rest.len().checked_sub(4)?)?;
    let mut names = PeerNames::default();
    loop {
        let (head, behind) = rest.split_first_chunk::<4>()?;
        let (kind, length) =
            (u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]).into());
        if kind == RECORD_END {
            rest = behind;
            break;
        }
        let value: &[u8] = behind.get(..length)?;
        rest = behind.get(length.next_multiple_of(4)..)?;
        let (address, text) = match kind {
            RECORD_IPV4 => {
                let (address, text) = value.split_first_chunk::<4>()?;
                (IpAddr::from(Ipv4Addr::from(*address)), text)
            }
            RECORD_IPV6 => {
                let (address, text) = value.split_first_chunk::<16>()?;
                (IpAddr::from(Ipv6Addr::from(*address)), text)
            }
            _ => continue,
        };
        let first = text.split(|byte| *byte == 0).next().unwrap_or_default();
        names.set(PeerKey::Host(address), &String::from_utf8_lossy(first));
    }
    for (code, value) in options(rest).map_while(|option| option) {
        let text = String::from_utf8_lossy(value);
        if code == NRB_SOCKET
            && let Some((address, name)) = text.split_once(' ')
            && let Ok(key) = address.parse()
        {
            names.set(key, name);
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{CaptureWriter, Destination, Limits, open, save};
    use crate::model::Record;
    use proptest::prelude::*;
    use std::ops::ControlFlow;

    fn names(pairs: &[(&str, &str)]) -> PeerNames {
        let mut names = PeerNames::default();
        pairs.iter().for_each(|(key, name)| names.set(key.parse().unwrap(), name));
        names
    }

    #[test]
    fn names_are_saved_with_the_recording_and_read_from_it() {
        let folder = tempfile::tempdir().unwrap();
        let recorded = folder.path().join("recorded.pcapng");
        let mut writer = CaptureWriter::new(Destination::file(recorded).unwrap(), Limits::default());
        writer.append(&Record::received(b"bytes"));
        writer.publish();
        let names = names(&[("10.0.0.5", "PLC-1"), ("fe80::1", "泵"), ("10.0.0.5:502", "Modbus of PLC-1")]);
        let mut path = folder.path().join("0.pcapng");
        let mut snapshot = writer.reader().snapshot().with_names(names.clone());
        for copy in 1..3 {
            save(&snapshot, &path, &mut |_, _| ControlFlow::Continue(())).unwrap().unwrap();
            let mut opened = open(&path).unwrap();
            assert_eq!(*opened.reader.snapshot().names(), names);
            let progress = opened.indexing.wait();
            assert_eq!((progress.failure, opened.reader.snapshot().records()), (None, 1));
            // They stay when it is saved again.
            snapshot = opened.reader.snapshot();
            path = folder.path().join(format!("{copy}.pcapng"));
        }
    }

    proptest! {
        /// A damaged block may have other names, or none.
        #[test]
        fn any_block_is_read_without_a_panic(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            cut in 0usize..40,
        ) {
            let mut block = Vec::new();
            let all = names(&[("10.0.0.5", "PLC-1"), ("fe80::1", "x"), ("10.0.0.5:502", "Modbus")]);
            write_names(&mut block, &all);
            prop_assert_eq!(read_names(&block), Some(all));
            for (place, byte) in changes {
                let place = place.index(block.len());
                block[place] = byte;
            }
            block.truncate(block.len() - cut.min(block.len()));
            let _ = read_names(&block);
        }
    }
}
