//! Typed input, parsed once and built for each send.

use super::context::{Built, Context, PartKind};
use super::error::{Error, ErrorKind};
use super::escapes::push_escaped;
use super::pieces::{Piece, push_text};
use super::{Format, Options};
use crate::codec::{Encoding, LineEnding, parse_hex};
use crate::payload::checksum::{Form, Spec};
use std::sync::Arc;

/// What is to be sent. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload(Arc<Content>);

#[derive(Debug, PartialEq, Eq)]
enum Content {
    Raw(Arc<[u8]>),
    Parsed(Parsed),
}

#[derive(Debug, PartialEq, Eq)]
struct Parsed {
    /// Errors have their place in it.
    input: String,
    pieces: Vec<Piece>,
    /// What is appended; `None` in hex.
    line_ending: LineEnding,
    checksum: Option<Spec>,
    /// Digits are written in the encoding of the target, and not in ASCII.
    is_text: bool,
}

impl Payload {
    /// Reads what was typed.
    ///
    /// # Errors
    /// The first [`Error`] in the order of the input, of all that are wrong for every target.
    pub fn parse(input: &str, options: &Options) -> Result<Self, Error> {
        let whole = 0..input.len();
        let mut pieces = Vec::new();
        match options.format {
            Format::Text => push_text(input, whole, options.line_ending, &mut pieces),
            Format::Escaped => push_escaped(input, whole, options.line_ending, &mut pieces)?,
            Format::Hex => pieces.push(Piece::Bytes { bytes: parse_hex(input)?, source: whole }),
        }
        let is_text = options.format != Format::Hex;
        Ok(Self(Arc::new(Content::Parsed(Parsed {
            input: input.to_owned(),
            pieces,
            line_ending: if is_text { options.line_ending } else { LineEnding::None },
            checksum: options.checksum.clone(),
            is_text,
        }))))
    }

    /// Bytes that are sent as they are.
    #[must_use]
    pub fn raw(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(Arc::new(Content::Raw(bytes.into())))
    }

    /// Whether each send with the same answers has the same bytes, for targets of one encoding.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        true
    }

    /// The bytes for one send to one target.
    ///
    /// # Errors
    /// The first [`Error`] in the order of the input of what is wrong for this target only. There are never bytes for a
    /// part of the input.
    pub fn build(&self, context: &Context<'_>) -> Result<Built, Error> {
        match &*self.0 {
            Content::Raw(bytes) => {
                let mut built = Built::default();
                built.push(bytes, PartKind::Typed);
                Ok(built)
            }
            Content::Parsed(parsed) => parsed.build(context),
        }
    }

    /// The place in the input of the byte at `offset`, where all of `encoding` is typed text or escapes.
    pub(super) fn source_of(&self, offset: usize, encoding: Encoding) -> std::ops::Range<usize> {
        let Content::Parsed(parsed) = &*self.0 else { return 0..0 };
        let mut rest = offset;
        for piece in &parsed.pieces {
            let (length, source) = match piece {
                Piece::Bytes { bytes, source } => (bytes.len(), source),
                Piece::Text(text) => {
                    let mut bytes = Vec::new();
                    let _ = text.encode(encoding, &parsed.input, &mut bytes);
                    (bytes.len(), &text.source)
                }
            };
            if rest < length {
                return source.clone();
            }
            rest -= length;
        }
        0..0
    }
}

impl Parsed {
    fn build(&self, context: &Context<'_>) -> Result<Built, Error> {
        let encoding = context.encoding;
        let mut built = Built::default();
        for piece in &self.pieces {
            match piece {
                Piece::Bytes { bytes, .. } => built.push(bytes, PartKind::Typed),
                Piece::Text(text) => {
                    let start = built.bytes.len();
                    text.encode(encoding, &self.input, &mut built.bytes)?;
                    built.note(start, PartKind::Typed);
                }
            }
        }
        // A payload without bytes stays one.
        if let Some(spec) = self.checksum.as_ref().filter(|_| !built.bytes.is_empty()) {
            let wrong = |error| Error::at(ErrorKind::Checksum(error), 0..0, &self.input);
            let place = spec.place(built.bytes.len()).map_err(wrong)?;
            let mut checksum = spec.of(&built.bytes).map_err(wrong)?;
            if self.is_text && spec.form == Form::HexDigits {
                checksum = encoded(&String::from_utf8_lossy(&checksum), encoding);
            }
            built.insert(place, &checksum, PartKind::Checksum);
        }
        built.push(&encoded(self.line_ending.as_str(), encoding), PartKind::LineEnding);
        Ok(built)
    }
}

/// The bytes of characters that every encoding has.
fn encoded(ascii: &str, encoding: Encoding) -> Vec<u8> {
    let mut bytes = Vec::new();
    let result = encoding.encode(ascii, &mut bytes);
    debug_assert!(result.is_ok(), "{ascii:?} in {encoding}");
    bytes
}
