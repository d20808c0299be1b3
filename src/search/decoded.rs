//! Decoded text with a mapping back to its bytes, without a copy where the bytes are the text.

use crate::codec::{Encoding, MappedText};

/// Decoded text.
pub(super) enum Decoded<'a> {
    /// The bytes themselves: valid UTF-8, or ASCII in an encoding that extends it.
    Plain(&'a str),
    /// Anything else.
    Mapped(&'a MappedText),
}

impl<'a> Decoded<'a> {
    /// Decodes `bytes`, which begin at a character, if necessary into `mapped`. Also returns where the complete
    /// characters end in the text. An incomplete one at the end is U+FFFD behind that, or left out if `more_follows`.
    pub fn new(
        mapped: &'a mut MappedText,
        encoding: Encoding,
        bytes: &'a [u8],
        more_follows: bool,
    ) -> (Self, usize) {
        if let Some(text) = plain(encoding, bytes).filter(|text| more_follows || text.len() == bytes.len()) {
            return (Self::Plain(text), text.len());
        }
        let pending = mapped.decode(encoding, bytes);
        let end = mapped.text().len();
        if !more_follows {
            mapped.finish(pending);
        }
        (Self::Mapped(mapped), end)
    }

    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Mapped(mapped) => mapped.text(),
        }
    }

    /// Offset in the bytes of the character with the byte `offset` of the text.
    pub fn byte_start(&self, offset: usize) -> usize {
        match self {
            Self::Plain(_) => offset,
            Self::Mapped(mapped) => mapped.byte_start(offset),
        }
    }

    /// Offset in the bytes of the end of the characters before the byte `offset` of the text.
    pub fn byte_end(&self, offset: usize) -> usize {
        match self {
            Self::Plain(_) => offset,
            Self::Mapped(mapped) => mapped.byte_end(offset),
        }
    }

    /// Offset in the text of the first character whose bytes begin at or after `byte`; the end if there is none.
    pub fn text_from(&self, byte: usize) -> usize {
        let text_at = |byte| match self {
            Self::Plain(text) => text.is_char_boundary(byte).then_some(byte),
            Self::Mapped(mapped) => mapped.text_at(byte),
        };
        // No character has more than four bytes.
        (byte..byte + 4).find_map(text_at).unwrap_or(self.text().len())
    }
}

/// The bytes as text, up to an incomplete character at their end.
fn plain(encoding: Encoding, bytes: &[u8]) -> Option<&str> {
    match encoding {
        Encoding::Utf8 => match std::str::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) if error.error_len().is_none() => {
                std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
            }
            Err(_) => None,
        },
        Encoding::Utf16Le | Encoding::Utf16Be => None,
        _ => std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn plain_text_is_what_decoding_gives(
            encoding in prop::sample::select(Encoding::ALL.to_vec()),
            text in "[ -~世é\u{1F600}]{0,12}",
            cut in any::<prop::sample::Index>(),
            more_follows in any::<bool>(),
        ) {
            let bytes = &text.as_bytes()[..cut.index(text.len() + 1)];
            let mut expected = MappedText::default();
            let pending = expected.decode(encoding, bytes);
            let whole = expected.text().len();
            if !more_follows {
                expected.finish(pending);
            }
            let mut mapped = MappedText::default();
            let (decoded, end) = Decoded::new(&mut mapped, encoding, bytes, more_follows);
            prop_assert_eq!((decoded.text(), end), (expected.text(), whole));
            for offset in (0..=expected.text().len()).filter(|offset| expected.text().is_char_boundary(*offset)) {
                prop_assert_eq!(decoded.byte_start(offset), expected.byte_start(offset));
                prop_assert_eq!(decoded.byte_end(offset), expected.byte_end(offset));
            }
            for byte in 0..bytes.len() {
                let known = (byte..bytes.len()).find_map(|byte| expected.text_at(byte));
                prop_assert_eq!(decoded.text_from(byte), known.unwrap_or(expected.text().len()));
            }
        }
    }
}
