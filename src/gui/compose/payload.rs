//! From the text in the payload field to the bytes that are sent, or an error with its place in the text.

use crate::codec::{Encoding, HexErrorKind, LineEnding};
use crate::lang::{Words, explain_payload, fill};
use crate::payload::{Context, Error, ErrorKind, Format, Options, Payload};
use crate::settings::TabSettings;
use std::ops::Range;
use std::rc::Rc;

/// An error in the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadError {
    /// The explanation, in the language of the window.
    pub text: String,
    /// The wrong part, in bytes of the field's text.
    pub range: Range<usize>,
    /// Only the second digit of the last byte is missing: not an error while it is typed.
    pub is_unfinished: bool,
}

/// Reads the payload of a form.
///
/// # Errors
/// What is wrong with the text for every recipient.
pub fn parse(form: &TabSettings, words: &Words) -> Result<Payload, PayloadError> {
    let options =
        Options { format: form.payload_format, line_ending: form.line_ending, ..Options::default() };
    Payload::parse(&form.payload, &options).map_err(|error| explained(form, error, words))
}

/// Encodes the payload of a form.
///
/// # Errors
/// The text has a character that the encoding lacks, or is not valid hex.
pub fn encode(form: &TabSettings, encoding: Encoding, words: &Words) -> Result<Vec<u8>, PayloadError> {
    let payload = parse(form, words)?;
    let built = payload.build(&Context::of(encoding)).map_err(|error| explained(form, error, words))?;
    Ok(built.bytes)
}

fn explained(form: &TabSettings, error: Error, words: &Words) -> PayloadError {
    PayloadError {
        text: fill(&words.payload_refused, &[("reason", &explain_payload(words, &error))]),
        is_unfinished: matches!(error.kind, ErrorKind::Hex(HexErrorKind::LoneDigit(_)))
            && error.range.end == form.payload.trim_end().len(),
        range: error.range,
    }
}

/// A payload in the encodings of its recipients, or why it cannot be sent.
pub type Encoded = Result<Vec<(Encoding, Vec<u8>)>, PayloadError>;

/// The bytes for the first recipient, whose number is shown.
#[must_use]
pub fn first_bytes(encoded: &Encoded) -> Option<&[u8]> {
    encoded.as_ref().ok()?.first().map(|(_, bytes)| &bytes[..])
}

/// The payload in its encodings as it was last asked for, so that a long one is not encoded in each frame.
#[derive(Default)]
pub struct EncodedPayload {
    key: Option<(Format, LineEnding, *const Words)>,
    encodings: Vec<Encoding>,
    text: String,
    result: Option<Rc<Encoded>>,
}

impl EncodedPayload {
    /// The result for what is in the form now, for recipients with these encodings: that of the first one first.
    pub fn get(&mut self, form: &TabSettings, encodings: &[Encoding], words: &Words) -> Rc<Encoded> {
        // The error's text depends on the language; each language has one table at a fixed address.
        let key = (form.payload_format, form.line_ending, std::ptr::from_ref(words));
        match &self.result {
            Some(result)
                if self.key == Some(key) && self.encodings == encodings && self.text == form.payload =>
            {
                result.clone()
            }
            _ => {
                let each = encodings.iter().map(|&encoding| Ok((encoding, encode(form, encoding, words)?)));
                let result: Rc<Encoded> = Rc::new(each.collect());
                self.key = Some(key);
                self.encodings = encodings.to_vec();
                self.text.clone_from(&form.payload);
                self.result = Some(result.clone());
                result
            }
        }
    }
}
