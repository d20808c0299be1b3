//! The bytes that decode to a character: the inverse of decoding, built once for each encoding.

use crate::codec::{Encoding, MappedText};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The bytes that decode to a character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// No bytes are decoded to it.
    Never,
    /// Only these.
    As(Vec<u8>),
    /// Several sequences are decoded to it, or it is not known which.
    Variously,
}

/// The bytes that decode to `character`.
pub(super) fn received(encoding: Encoding, character: char) -> Received {
    let bytes = |bytes: &[u8]| Received::As(bytes.to_vec());
    match encoding {
        // Malformed sequences decode to it.
        _ if character == char::REPLACEMENT_CHARACTER => Received::Variously,
        Encoding::Utf8 => bytes(character.encode_utf8(&mut [0; 4]).as_bytes()),
        Encoding::Utf16Le => Received::As(utf16(character, u16::to_le_bytes)),
        Encoding::Utf16Be => Received::As(utf16(character, u16::to_be_bytes)),
        _ if character.is_ascii() => bytes(&[character as u8]),
        Encoding::Ascii => Received::Never,
        Encoding::Windows1252 => INVERSES.windows_1252.received(character),
        Encoding::Gbk => INVERSES.gbk.received(character),
        Encoding::Gb18030 => INVERSES.gb18030.received(character),
        Encoding::Big5 => INVERSES.big5.received(character),
        Encoding::ShiftJis => INVERSES.shift_jis.received(character),
        Encoding::EucKr => INVERSES.euc_kr.received(character),
    }
}

fn utf16(character: char, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    character.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| bytes_of(*unit)).collect()
}

struct Inverses {
    windows_1252: LazyLock<Inverse>,
    gbk: LazyLock<Inverse>,
    gb18030: LazyLock<Inverse>,
    big5: LazyLock<Inverse>,
    shift_jis: LazyLock<Inverse>,
    euc_kr: LazyLock<Inverse>,
}

static INVERSES: Inverses = Inverses {
    windows_1252: LazyLock::new(|| Inverse::new(Encoding::Windows1252)),
    gbk: LazyLock::new(|| Inverse::new(Encoding::Gbk)),
    gb18030: LazyLock::new(|| Inverse::new(Encoding::Gb18030)),
    big5: LazyLock::new(|| Inverse::new(Encoding::Big5)),
    shift_jis: LazyLock::new(|| Inverse::new(Encoding::ShiftJis)),
    euc_kr: LazyLock::new(|| Inverse::new(Encoding::EucKr)),
};

/// The inverse of an encoding's decoder, for characters beyond ASCII.
#[derive(Debug)]
struct Inverse {
    /// Up to four bytes, padded with zeros: no sequence contains one. All zeros: several sequences.
    bytes: HashMap<char, [u8; 4]>,
    /// GBK or GB18030: characters beyond U+FFFF that are not in the table have one sequence of four bytes each.
    is_gb: bool,
}

/// Counts the tables that this thread has built.
#[cfg(test)]
pub(super) mod made {
    use std::cell::Cell;
    thread_local!(static TABLES: Cell<usize> = const { Cell::new(0) });

    pub fn tables() -> usize {
        TABLES.get()
    }

    pub fn one_more() {
        TABLES.set(TABLES.get() + 1);
    }
}

impl Inverse {
    /// Decodes every sequence there may be, which takes milliseconds.
    fn new(encoding: Encoding) -> Self {
        #[cfg(test)]
        made::one_more();
        let is_gb = matches!(encoding, Encoding::Gbk | Encoding::Gb18030);
        let all = all_sequences(is_gb);
        let mut mapped = MappedText::default();
        mapped.decode(encoding, &all);
        let mut bytes: HashMap<char, [u8; 4]> = HashMap::new();
        for (offset, character) in mapped.text().char_indices() {
            if character.is_ascii() || character == char::REPLACEMENT_CHARACTER {
                continue;
            }
            let sequence = &all[mapped.byte_start(offset)..mapped.byte_end(offset + character.len_utf8())];
            let mut padded = [0; 4];
            if let Some(room) = padded.get_mut(..sequence.len()) {
                room.copy_from_slice(sequence);
            }
            bytes
                .entry(character)
                .and_modify(|known| {
                    if *known != padded {
                        *known = [0; 4]
                    }
                })
                .or_insert(padded);
        }
        Self { bytes, is_gb }
    }

    fn received(&self, character: char) -> Received {
        match self.bytes.get(&character) {
            Some([0, ..]) => Received::Variously,
            Some(padded) => Received::As(padded.iter().copied().take_while(|byte| *byte != 0).collect()),
            None if self.is_gb && character > '\u{FFFF}' => {
                let mut sequence = Vec::new();
                match Encoding::Gb18030.encode(character.encode_utf8(&mut [0; 4]), &mut sequence) {
                    Ok(()) => Received::As(sequence),
                    Err(_) => Received::Never,
                }
            }
            None => Received::Never,
        }
    }
}

/// Every sequence of one or two bytes beyond ASCII; for GB18030 also those of four bytes below U+10000. Line breaks
/// separate them, after which every decoder is in its initial state.
fn all_sequences(is_gb: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for lead in 0x80..=0xFF_u8 {
        bytes.extend([lead, b'\n']);
        for trail in 0x30..=0xFF_u8 {
            bytes.extend([lead, trail, b'\n']);
        }
    }
    if is_gb {
        for (lead, digit) in (0x81..=0x84_u8).flat_map(|lead| (b'0'..=b'9').map(move |digit| (lead, digit))) {
            for (third, fourth) in
                (0x81..=0xFE_u8).flat_map(|third| (b'0'..=b'9').map(move |fourth| (third, fourth)))
            {
                bytes.extend([lead, digit, third, fourth, b'\n']);
            }
        }
    }
    bytes
}

/// Whether other bytes than those it is encoded as decode to a character of `text`, as for the euro sign in GBK.
/// Then only decoding finds all occurrences.
pub(super) fn has_other_bytes(encoding: Encoding, text: &str) -> bool {
    let mut sent = Vec::new();
    let mut characters =
        text.chars().filter(|character| !character.is_ascii() && *character != char::REPLACEMENT_CHARACTER);
    characters.any(|character| match received(encoding, character) {
        Received::Variously => true,
        Received::As(bytes) => {
            sent.clear();
            encoding.encode(character.encode_utf8(&mut [0; 4]), &mut sent).is_ok() && sent != bytes
        }
        Received::Never => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn characters_with_several_sequences_are_known() {
        for (encoding, character, expected) in [
            (Encoding::Gbk, "€", true),
            (Encoding::Gbk, "中", false),
            (Encoding::Gbk, "︐", true),
            (Encoding::Gbk, "\u{3000}", true),
            (Encoding::Gb18030, "é", false),
            (Encoding::ShiftJis, "∪", true),
            (Encoding::ShiftJis, "日", false),
            (Encoding::Big5, "十", true),
            (Encoding::EucKr, "한", false),
            (Encoding::Utf8, "€", false),
        ] {
            assert_eq!(has_other_bytes(encoding, character), expected, "{character} in {encoding}");
        }
    }

    #[test]
    fn the_table_of_an_encoding_is_built_once_however_often_it_is_asked() {
        let before = made::tables();
        for length in 1..=40 {
            has_other_bytes(Encoding::Big5, &"温度传感器報告".repeat(length));
        }
        // Another test may have built it before.
        assert!(made::tables() - before <= 1);
        assert!(LazyLock::get(&INVERSES.big5).is_some());
    }

    #[test]
    fn case_variants_have_sequences_of_other_lengths() {
        let long_s = Received::As("ſ".as_bytes().to_vec());
        assert_eq!(received(Encoding::Utf8, 'ſ'), long_s);
        assert_eq!(received(Encoding::Windows1252, 'ſ'), Received::Never);
        assert!(matches!(received(Encoding::Gbk, 'ſ'), Received::As(bytes) if bytes.len() == 4));
        assert_eq!(received(Encoding::Utf16Be, 'a'), Received::As(vec![0, b'a']));
        assert_eq!(received(Encoding::Gb18030, '\u{1F600}'), Received::As(vec![0x94, 0x39, 0xFC, 0x36]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn decoding_agrees_with_the_table(
            encoding in prop::sample::select(Encoding::ALL.to_vec()),
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x30..0x3A_u8, 0x81..0x85_u8, 0xA1..0xFF_u8], 0..60),
        ) {
            let mut mapped = MappedText::default();
            mapped.decode(encoding, &bytes);
            for (offset, character) in mapped.text().char_indices() {
                let sequence = &bytes[mapped.byte_start(offset)..mapped.byte_end(offset + character.len_utf8())];
                match received(encoding, character) {
                    Received::As(known) => prop_assert_eq!(known, sequence, "{} in {}", character, encoding),
                    Received::Variously => {}
                    Received::Never => prop_assert!(false, "{} in {}", character, encoding),
                }
            }
        }
    }
}
