//! Opening a recording that nobody writes any more: one file, read only.
//!
//! A block cut at the end, as a crash leaves it, is left out and counted, as are the zeros that a file
//! system leaves there after a power cut; damage before that is an error that names the byte.

use super::pcapng::{self, MIN_BLOCK_BYTES, PACKET_END_BYTES};
use super::segment::{INDEX_BYTES, IndexEntry, Position, Segment, Snapshot};
use crate::model::{Damage, Failure, FailureKind, Operation};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;

/// A recording opened from a file.
#[derive(Debug)]
pub struct Opened {
    /// What is in it, up to the last whole block.
    pub snapshot: Snapshot,
    /// Bytes of a cut block at the end.
    pub ignored_bytes: u64,
}

/// Opens a little-endian pcapng file, such as [`super::CaptureWriter`] makes.
pub fn open(path: &Path) -> Result<Opened, Failure> {
    let failed = |error: &std::io::Error| Failure::from_io(Operation::Read, path.display(), error);
    let file = File::open(path).map_err(|error| failed(&error))?;
    let length = file.metadata().map_err(|error| failed(&error))?.len();
    let damaged =
        |what, offset| Failure::new(Operation::Read, path.display(), FailureKind::Damaged { what, offset });

    let mut reader = BufReader::with_capacity(1 << 20, &file);
    let mut header = [0; 12];
    if length < header.len() as u64 {
        return Err(damaged(Damage::TooShort, length));
    }
    let mut index = Vec::new();
    let mut end = 0;
    let mut records = 0;
    while end + u64::from(MIN_BLOCK_BYTES) <= length {
        reader.read_exact(&mut header).map_err(|error| failed(&error))?;
        if end == 0 && !pcapng::is_section_header(&header) {
            return Err(damaged(Damage::NotPcapng, 0));
        }
        if header == [0; 12] {
            break;
        }
        let Some(block) = pcapng::block_length(&header) else {
            return Err(damaged(Damage::BlockLength, end));
        };
        let block = u64::from(block);
        if end + block > length {
            break;
        }
        let mut rest = block as i64 - header.len() as i64;
        let mut is_record = false;
        if pcapng::is_packet(&header) && rest >= PACKET_END_BYTES as i64 {
            let mut trailer = [0; PACKET_END_BYTES];
            let before = rest - trailer.len() as i64;
            reader.seek_relative(before).map_err(|error| failed(&error))?;
            reader.read_exact(&mut trailer).map_err(|error| failed(&error))?;
            is_record = pcapng::ends_as_record(&trailer);
            rest = 0;
        }
        if is_record {
            if index.last().is_none_or(|last: &IndexEntry| end >= last.position + INDEX_BYTES) {
                index.push(IndexEntry { position: end, record: records });
            }
            records += 1;
        }
        reader.seek_relative(rest).map_err(|error| failed(&error))?;
        end += block;
    }
    drop(reader);
    let segment = Segment::new(path, file, 0, 0, 0);
    segment.add_index(index);
    let snapshot = Snapshot { segments: Arc::new(vec![Arc::new(segment)]), end: Position(end), records };
    Ok(Opened { snapshot, ignored_bytes: length - end })
}
