//! One of the two ways of searching, by what is searched for; and the character that a stream is in
//! the middle of where the search begins.

use super::byte_search::ByteSearch;
use super::query::{Matcher, Method};
use super::streams::{Output, incomplete_after};
use super::text_search::TextSearch;
use crate::capture::{Cursor, Entry, Scanned};
use crate::codec::{Encoding, sync_start};
use crate::model::{Direction, RecordKind};

/// How far back the beginning of a character is looked for, in bytes and in records of its stream.
const LEAD_BYTES: usize = 64 * 1024;
const LEAD_RECORDS: usize = 256;

/// Searches the streams of a recording.
#[derive(Debug)]
pub(super) enum Engine {
    Bytes(ByteSearch),
    Text(TextSearch),
}

impl Engine {
    pub fn new(matcher: &Matcher) -> Self {
        match &matcher.0 {
            Method::Bytes { pattern, aligned } => Self::Bytes(ByteSearch::new(pattern.clone(), *aligned)),
            Method::Decoded { regex, encoding } => Self::Text(TextSearch::new(regex.clone(), *encoding)),
        }
    }

    pub fn begin_chunk(&mut self) {
        if let Self::Bytes(search) = self {
            search.begin_chunk();
        }
    }

    /// Looks at the next record. `passes` goes into the hits it has; `cursor` reads what comes before
    /// the first record of a stream.
    pub fn record(
        &mut self,
        chunk: &[u8],
        scanned: &Scanned<'_>,
        passes: bool,
        cursor: &mut Cursor,
        out: &mut dyn Output,
    ) {
        let record = &scanned.entry.record;
        match record.kind {
            RecordKind::Data => {
                let mut lead = |encoding| lead(cursor, &scanned.entry, encoding);
                match self {
                    Self::Bytes(search) => search.record(chunk, scanned, passes, &mut lead, out),
                    Self::Text(search) => search.record(chunk, scanned, passes, &mut lead, out),
                }
            }
            RecordKind::Opened | RecordKind::Closed => {
                for direction in [Direction::Inbound, Direction::Outbound] {
                    let key = (record.connection, direction);
                    match self {
                        Self::Bytes(search) => search.end_stream(key),
                        Self::Text(search) => search.end_stream(key, out),
                    }
                }
            }
            RecordKind::Error | RecordKind::Note => {}
        }
    }

    /// Nothing more is there at the moment.
    pub fn pause(&mut self, out: &mut dyn Output) {
        if let Self::Text(search) = self {
            search.pause(out);
        }
    }
}

/// The incomplete character before a record, whose stream was not looked at until now. A failure to
/// read it costs that character and nothing else.
fn lead(cursor: &mut Cursor, entry: &Entry<'_>, encoding: Encoding) -> Vec<u8> {
    if matches!(encoding, Encoding::Windows1252 | Encoding::Ascii) {
        return Vec::new();
    }
    let mut tail = Vec::new();
    let mut previous = entry.previous;
    let mut lead = None;
    let mut is_beginning = false;
    for _ in 0..LEAD_RECORDS {
        let Some(Ok(Some(before))) = previous.map(|at| cursor.read(at)) else { break };
        match before.record.kind {
            RecordKind::Data => {
                tail.splice(0..0, before.record.payload.iter().copied());
                // Not the beginning of the stream; only odd and even count.
                let offset = (1 << 32) + u64::from(before.stream_offset);
                lead = sync_start(encoding, &tail, offset).map(|start| tail[start..].to_vec());
            }
            RecordKind::Opened | RecordKind::Closed => {
                is_beginning = true;
                break;
            }
            RecordKind::Error | RecordKind::Note => {}
        }
        if lead.is_some() || tail.len() > LEAD_BYTES {
            break;
        }
        previous = before.previous;
    }
    let mut lead = lead.unwrap_or_else(|| incomplete_after(encoding, &[], &tail));
    // Where the beginning is gone, two bytes of UTF-16 are still known by their place.
    let is_utf16 = matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be);
    if is_utf16 && !is_beginning && (lead.len() as u32 + entry.stream_offset) % 2 == 1 {
        lead.insert(0, 0);
    }
    lead
}
