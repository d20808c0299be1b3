//! From the text in the payload field to the bytes that are sent, or an error with its place in the text.

use crate::codec::{Encoding, HexErrorKind, LineEnding, parse_hex};
use crate::lang::{Words, fill};
use crate::settings::{PayloadFormat, TabSettings};
use std::ops::Range;
use std::rc::Rc;

/// An error in the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadError {
    /// The explanation, in the language of the window.
    pub text: String,
    /// The wrong part, in bytes of the field's text.
    pub range: Range<usize>,
}

/// Encodes the payload of a form.
///
/// # Errors
/// The text has a character that the encoding lacks, or is not valid hex.
pub fn encode(form: &TabSettings, words: &Words) -> Result<Vec<u8>, PayloadError> {
    match form.payload_format {
        PayloadFormat::Text => {
            let mut bytes = Vec::new();
            // The text as typed is encoded first, so that an error's range refers to the field.
            form.encoding.encode(&form.payload, &mut bytes).map_err(|error| PayloadError {
                text: fill(
                    &words.character_not_in_encoding,
                    &[
                        ("character", &error.character),
                        ("code", &format!("U+{:04X}", u32::from(error.character))),
                        ("encoding", &error.encoding),
                        ("line", &error.line),
                        ("column", &error.column),
                    ],
                ),
                range: error.offset_bytes..error.offset_bytes + error.character.len_utf8(),
            })?;
            if form.line_ending != LineEnding::None {
                bytes.clear();
                // Cannot fail: line endings are ASCII, which every encoding has.
                let _ = form.encoding.encode(&form.line_ending.apply(&form.payload), &mut bytes);
            }
            Ok(bytes)
        }
        PayloadFormat::Hex => parse_hex(&form.payload).map_err(|error| {
            let found = form.payload.get(error.range.clone()).unwrap_or_default();
            let shown: String = found.chars().take(24).collect();
            let template = match error.kind {
                HexErrorKind::NotHex(_) => &words.hex_wrong_character,
                HexErrorKind::LoneDigit(_) | HexErrorKind::EmptyPrefix => &words.hex_lone_digit,
                _ => &words.hex_bad_dump,
            };
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("found", &shown), ("line", &error.line), ("column", &error.column)];
            PayloadError { text: fill(template, &values), range: error.range }
        }),
    }
}

/// The last result of [`encode`], so that a long payload is not encoded in each frame.
#[derive(Default)]
pub struct EncodedPayload {
    key: Option<(PayloadFormat, Encoding, LineEnding, *const Words)>,
    text: String,
    result: Option<Rc<Result<Vec<u8>, PayloadError>>>,
}

impl EncodedPayload {
    /// The result for what is in the form now.
    pub fn get(&mut self, form: &TabSettings, words: &Words) -> Rc<Result<Vec<u8>, PayloadError>> {
        // The error's text depends on the language; each language has one table at a fixed address.
        let key = (form.payload_format, form.encoding, form.line_ending, std::ptr::from_ref(words));
        match &self.result {
            Some(result) if self.key == Some(key) && self.text == form.payload => result.clone(),
            _ => {
                let result = Rc::new(encode(form, words));
                self.key = Some(key);
                self.text.clone_from(&form.payload);
                self.result = Some(result.clone());
                result
            }
        }
    }
}
