//! The pieces of input: characters and bytes, with their places.

use super::error::{Error, ErrorKind};
use super::template::Variable;
use crate::codec::{Encoding, LineEnding};
use std::ops::Range;

/// A piece of parsed input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Characters, which are encoded for the target.
    Text(Text),
    /// Bytes, which are sent as they are.
    Bytes {
        bytes: Vec<u8>,
        /// Where they stand in the input.
        source: Range<usize>,
    },
    /// What has another value in each send, or depends on the rest.
    Variable(Variable),
}

/// Characters, either as they were typed or those for which an escape or a line break stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub characters: String,
    /// Where they stand in the input.
    pub source: Range<usize>,
}

impl Text {
    /// Appends the bytes in an encoding.
    pub fn encode(&self, encoding: Encoding, input: &str, out: &mut Vec<u8>) -> Result<(), Error> {
        encoding.encode(&self.characters, out).map_err(|error| {
            let is_as_typed = input.get(self.source.clone()) == Some(self.characters.as_str());
            let range = if is_as_typed {
                let start = self.source.start + error.offset_bytes;
                start..start + error.character.len_utf8()
            } else {
                self.source.clone()
            };
            let kind = ErrorKind::NotInEncoding { encoding, character: error.character };
            Error::at(kind, range, input)
        })
    }
}

/// The characters of a part of the input as they were typed, with the line breaks that were chosen.
pub(super) fn push_text(input: &str, part: Range<usize>, ending: LineEnding, pieces: &mut Vec<Piece>) {
    let mut push = |characters: &str, source: Range<usize>| {
        if !characters.is_empty() {
            pieces.push(Piece::Text(Text { characters: characters.to_owned(), source }));
        }
    };
    let text = &input[part.clone()];
    if ending == LineEnding::None {
        return push(text, part);
    }
    let mut start = part.start;
    for (place, _) in text.match_indices('\n') {
        let end = part.start + place;
        let line = &input[start..end];
        let line = line.strip_suffix('\r').unwrap_or(line);
        push(line, start..start + line.len());
        push(ending.as_str(), start + line.len()..end + 1);
        start = end + 1;
    }
    push(&input[start..part.end], start..part.end);
}
