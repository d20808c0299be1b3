//! Searching a few bytes that stand alone, such as a frame.

use super::filter::CompiledFilter;
use super::pattern::Pattern;
use super::query::{Matcher, Method};
use crate::codec::{Encoding, MappedText};
use crate::model::{ConnectionId, Record};

impl Matcher {
    /// Whether there is a match in bytes of a connection that are decoded by themselves.
    #[must_use]
    pub fn is_in(&self, connection: ConnectionId, bytes: &[u8]) -> bool {
        let encoding = self.encodings.of(connection);
        let methods = self.methods.iter().filter(|(of, _)| *of == encoding);
        methods.into_iter().any(|(_, method)| match method {
            Method::Bytes { pattern, aligned } => is_found(pattern, *aligned, bytes),
            Method::Decoded { regex, encoding, .. } => {
                let mut mapped = MappedText::default();
                let pending = mapped.decode(*encoding, bytes);
                mapped.finish(pending);
                regex.find_iter(mapped.text()).any(|found| !found.is_empty())
            }
        })
    }
}

fn is_found(pattern: &Pattern, aligned: Option<Encoding>, bytes: &[u8]) -> bool {
    let Some(encoding) = aligned else { return pattern.find(bytes, 0).is_some() };
    let mut mapped = MappedText::default();
    let mut from = 0;
    while let Some(at) = pattern.find(bytes, from) {
        if from == 0 {
            mapped.decode(encoding, bytes);
        }
        if mapped.text_at(at).is_some() {
            return true;
        }
        from = at + 1;
    }
    false
}

impl CompiledFilter {
    /// Whether it depends on content.
    #[must_use]
    pub fn needs_content(&self) -> bool {
        self.content.is_some()
    }

    /// Whether a record passes by itself, its content included.
    #[must_use]
    pub fn passes_alone(&self, record: &Record<'_>) -> bool {
        self.passes(record) && self.has_content(record)
    }

    /// Whether something of `length` bytes passes, of which the payload of `record` are the first ones; the content passes
    /// where not all of it is known.
    #[must_use]
    pub fn passes_part(&self, record: &Record<'_>, length: u64) -> bool {
        self.passes_sized(record, length)
            && (record.payload.len() as u64 != length || self.has_content(record))
    }

    fn has_content(&self, record: &Record<'_>) -> bool {
        self.content.as_ref().is_none_or(|content| content.is_in(record.connection, record.payload))
    }
}

#[cfg(test)]
mod tests {
    use crate::codec::Encoding;
    use crate::model::{ConnectionId, Record};
    use crate::search::{Filter, Query};

    #[test]
    fn a_frame_has_a_match_only_where_a_character_begins() {
        let query = |text: &str, encoding| Query::Text { text: text.into(), case_sensitive: true, encoding };
        let is_in = |query: Query, bytes: &[u8]| query.compile().unwrap().is_in(ConnectionId(1), bytes);
        assert!(is_in(query("ok", Encoding::Utf8), b"status ok\n"));
        assert!(!is_in(query("OK", Encoding::Utf8), b"status ok\n"));
        // 0xD6 0xD0 is a character; its second byte and the next one are another.
        assert!(is_in(query("中", Encoding::Gbk), b"a\xD6\xD0"));
        assert!(!is_in(query("中", Encoding::Gbk), b"\xD6\xD6\xD0\xD0"));
        let regex =
            Query::Regex { pattern: "^T=\\d+$".into(), case_sensitive: true, encoding: Encoding::Utf8 };
        assert!(is_in(regex.clone(), b"T=23\r\n"));
        assert!(!is_in(regex, b"T=2x\r\n"));
        assert!(is_in(Query::Hex { pattern: "01 ?? 03".into() }, &[0, 1, 9, 3]));
    }

    #[test]
    fn a_part_of_which_not_all_is_known_passes() {
        let content = Query::Hex { pattern: "FF".into() };
        let filter =
            Filter { min_bytes: Some(3), content: Some(content), ..Filter::default() }.compile().unwrap();
        assert!(filter.needs_content());
        let record = Record::received(b"\x01\xFF");
        assert!(!filter.passes_alone(&record), "too short");
        assert!(!filter.passes_part(&record, 2));
        assert!(filter.passes_part(&Record::received(b"\x01\xFF\x02"), 3));
        assert!(!filter.passes_part(&Record::received(b"\x01\x02\x03"), 3));
        assert!(filter.passes_part(&Record::received(b"\x01"), 3));
    }
}
