//! Recordings of every version of the format stay readable, and later versions can be read.

use super::*;
use crate::capture::pcapng::{self, Block};

/// A folder of two segments in version 0.
const SEGMENTS: [&[u8]; 2] = [
    include_bytes!("../../../tests/data/recordings/version-0/000001.pcapng"),
    include_bytes!("../../../tests/data/recordings/version-0/000002.pcapng"),
];
/// The file that was saved from it.
const SAVED: &[u8] = include_bytes!("../../../tests/data/recordings/version-0/saved.pcapng");
/// Their content: a line for each record.
const EXPECTED: &str = include_str!("../../../tests/data/recordings/version-0/expected.txt");

/// A record, with its answer where it is one.
fn shown(record: &Record<'_>) -> String {
    format!("{record:?}").replace(", answer: None", "")
}

/// A line for each record. Positions are left out, since their values may change.
fn lines(snapshot: &Snapshot) -> String {
    let all = positions(snapshot);
    let mut cursor = Cursor::new(snapshot.clone());
    let mut text = String::new();
    for position in &all {
        let Entry { previous, stream_offset, record, .. } = cursor.read(*position).unwrap().unwrap();
        let previous = previous.map(|previous| all.binary_search(&previous).unwrap());
        let bookmark = snapshot.bookmarks().get(*position);
        text += &format!(
            "{} stream_offset={stream_offset} previous={previous:?} bookmark={bookmark:?}\n",
            shown(&record)
        );
    }
    text
}

#[test]
fn recordings_of_version_0_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for (number, bytes) in SEGMENTS.iter().enumerate() {
        fs::write(folder.path().join(format!("{:06}.pcapng", number + 1)), bytes).unwrap();
    }
    assert_eq!(lines(&whole(folder.path())), EXPECTED);
    let saved = folder.path().join("saved");
    fs::write(&saved, SAVED).unwrap();
    assert_eq!(lines(&whole(&saved)), EXPECTED);
}

/// The recording with a later version of the annotation, which has more fields.
fn with_longer_annotations(recording: &[u8]) -> Vec<u8> {
    // Those of version 1, for a record that is no answer, and more.
    let more = [&[0; 21][..], b"fields of a later version"].concat();
    let more = &more[..];
    /// The header of the option: its code, and the length of version 0.
    const OPTION: [u8; 4] = [0x57, 0x80, 20, 0];
    let mut out = Vec::new();
    let mut moved = std::collections::HashMap::new();
    let mut at = 0;
    while let Some(length) = pcapng::whole_block_length(&recording[at..]) {
        let block = &recording[at..at + length];
        moved.insert(at, out.len());
        let start = out.len();
        let Some(Block::Packet(packet)) = pcapng::read_block(block) else {
            out.extend_from_slice(block);
            at += length;
            continue;
        };
        let option = block.windows(4).rposition(|bytes| bytes == OPTION).unwrap();
        let back = packet.annotation.unwrap().back as usize;
        out.extend_from_slice(&block[..option + 2]);
        out.extend((20 + more.len() as u16).to_le_bytes());
        let mut annotation = block[option + 4..option + 24].to_vec();
        annotation[2] = 9;
        if back > 0 {
            annotation[8..16].copy_from_slice(&((start - moved[&(at - back)]) as u64).to_le_bytes());
        }
        out.extend(annotation);
        out.extend_from_slice(more);
        out.resize(out.len().next_multiple_of(4), 0);
        out.extend_from_slice(&block[option + 24..]);
        let length_now = (out.len() - start) as u32;
        out[start + 4..start + 8].copy_from_slice(&length_now.to_le_bytes());
        let end = out.len();
        out[end - 4..].copy_from_slice(&length_now.to_le_bytes());
        at += length;
    }
    assert_eq!(at, recording.len());
    out
}

#[test]
fn fields_that_a_later_version_appends_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("later.pcapng");
    fs::write(&path, with_longer_annotations(SAVED)).unwrap();
    assert_eq!(lines(&whole(&path)), EXPECTED);
}
