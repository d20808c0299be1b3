//! The text of records in order, each stream decoded by itself.

use super::{Encodings, Join, Streams};
use crate::capture::Entry;
use crate::codec::StreamDecoder;
use crate::model::{ConnectionId, HalfId, Record, Transport};
use std::ops::Range;

/// Decodes the records of many streams.
#[derive(Debug)]
pub struct StreamTexts {
    encodings: Encodings,
    streams: Streams<Text>,
    /// How many streams were begun.
    begun: u64,
}

#[derive(Debug, Default)]
struct Text {
    /// `None` before the first byte.
    decoder: Option<StreamDecoder>,
    /// Streams are numbered in the order in which they appear.
    number: u64,
}

impl StreamTexts {
    /// Decodes each connection with its encoding.
    #[must_use]
    pub fn new(encodings: Encodings) -> Self {
        Self { encodings, streams: Streams::default(), begun: 0 }
    }

    /// Appends the characters that the bytes `range` of a record's payload complete. A datagram is decoded alone.
    /// Where the record does not continue what was given of its stream, an unfinished character before it is dropped,
    /// and `pending` returns the bytes before it that begin its first character.
    ///
    /// Returns the bytes before the range that began a character, at most three.
    ///
    /// # Errors
    /// Those of `pending`; nothing is appended then.
    pub fn decode<E>(
        &mut self,
        entry: &Entry<'_>,
        range: Range<usize>,
        pending: impl FnOnce() -> Result<Vec<u8>, E>,
        out: &mut String,
    ) -> Result<Vec<u8>, E> {
        let (before, bytes) = (&entry.record.payload[..range.start], &entry.record.payload[range]);
        if entry.record.transport == Transport::Udp {
            let mut decoder = self.after(entry.record.connection, before);
            let begun = decoder.pending().to_vec();
            decoder.decode(bytes, out);
            decoder.finish(out);
            return Ok(begun);
        }
        let (text, join) = self.streams.advance(entry);
        if join == Join::First {
            text.number = self.begun;
            self.begun += 1;
        }
        if join != Join::Continues {
            text.decoder = None;
        }
        let decoder = match &mut text.decoder {
            Some(decoder) => decoder,
            decoder => {
                let encoding = self.encodings.of(entry.record.connection);
                let mut begun = StreamDecoder::new(encoding);
                begun.decode(&pending()?, &mut String::new());
                decoder.insert(begun)
            }
        };
        if !before.is_empty() {
            decoder.decode(before, &mut String::new());
        }
        let begun = decoder.pending().to_vec();
        decoder.decode(bytes, out);
        Ok(begun)
    }

    /// Appends the characters completed by a record that continues its stream, as it happens. A datagram is decoded
    /// alone. Returns the bytes before it that began a character.
    pub fn decode_next(&mut self, record: &Record<'_>, out: &mut String) -> Vec<u8> {
        if record.transport == Transport::Udp {
            let mut decoder = self.after(record.connection, &[]);
            decoder.decode(record.payload, out);
            decoder.finish(out);
            return Vec::new();
        }
        let text = self.streams.append(record.half(), record.payload.len());
        let encoding = self.encodings.of(record.connection);
        let decoder = text.decoder.get_or_insert_with(|| StreamDecoder::new(encoding));
        let begun = decoder.pending().to_vec();
        decoder.decode(record.payload, out);
        begun
    }

    /// The bytes at the end of a stream that begin a character and complete none.
    #[must_use]
    pub fn pending(&self, half: HalfId) -> &[u8] {
        self.streams.get(half).and_then(|text| text.decoder.as_ref()).map_or(&[], StreamDecoder::pending)
    }

    /// Ends a stream, and appends U+FFFD if it ended inside a character.
    pub fn finish(&mut self, half: HalfId, out: &mut String) {
        if let Some(decoder) = self.streams.end(half).and_then(|text| text.decoder) {
            decoder.finish(out);
        }
    }

    /// Ends a stream without showing an unfinished character.
    pub fn forget(&mut self, half: HalfId) {
        self.streams.end(half);
    }

    /// Ends all streams in the order in which they began, and appends U+FFFD for each that ended inside a character.
    pub fn finish_all(self, out: &mut String) {
        let mut texts: Vec<Text> = self.streams.into_states().collect();
        texts.sort_unstable_by_key(|text| text.number);
        for decoder in texts.into_iter().filter_map(|text| text.decoder) {
            decoder.finish(out);
        }
    }

    /// A decoder that has seen `bytes`.
    fn after(&self, connection: ConnectionId, bytes: &[u8]) -> StreamDecoder {
        let mut decoder = StreamDecoder::new(self.encodings.of(connection));
        decoder.decode(bytes, &mut String::new());
        decoder
    }
}
