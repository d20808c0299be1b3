//! Typed input, parsed once and built for each send.

use super::checksum::Spec;
use super::context::{Built, Context, PartKind};
use super::error::{Error, ErrorKind, TemplateError};
use super::escapes::push_escaped;
use super::evaluated::{evaluated, written};
use super::pieces::{Piece, Text, push_text};
use super::template::{Kind, Order, Question, Scopes, Token, read};
use super::{Format, Options, encoded};
use crate::codec::{Encoding, LineEnding, parse_hex, parse_plain_hex};
use std::ops::Range;
use std::sync::Arc;

/// The most values that are asked for: nobody answers more, and each is compared with all before it.
const MOST_QUESTIONS: usize = 256;

/// What is to be sent. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload(Content);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Raw(Arc<[u8]>),
    Parsed(Arc<Parsed>),
}

#[derive(Debug, PartialEq, Eq)]
struct Parsed {
    /// Errors have their place in it.
    input: String,
    pieces: Vec<Piece>,
    /// How lengths and checksums among the pieces are evaluated.
    order: Order,
    questions: Vec<Question>,
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
    /// The first [`Error`] in the order of the input, of all that are wrong for every target; those of groups, lengths
    /// and checksums of a template last.
    pub fn parse(input: &str, options: &Options) -> Result<Self, Error> {
        Self::parse_with(input, options, None)
    }

    /// Reads what is sent in answer to something in which so many parts were captured: in a template `${1}` stands for
    /// the first of them, and `${0}` for all that matched.
    ///
    /// # Errors
    /// Those of [`parse`](Self::parse), and a capture that there is not.
    pub fn parse_answer(input: &str, options: &Options, captures: usize) -> Result<Self, Error> {
        Self::parse_with(input, options, Some(captures))
    }

    fn parse_with(input: &str, options: &Options, captures: Option<usize>) -> Result<Self, Error> {
        let mut parser = Parser { input, options, captures, pieces: Vec::new(), scopes: Scopes::default() };
        if options.is_template && input.contains("${") {
            parser.template()?;
        } else if options.format == Format::Hex {
            parser.pieces.push(Piece::Bytes { bytes: parse_hex(input)?, source: 0..input.len() });
        } else {
            parser.literal(0..input.len())?;
        }
        let Parser { pieces, scopes, .. } = parser;
        let order = scopes.finish(pieces.len(), input)?;
        let mut questions: Vec<Question> = Vec::new();
        for piece in &pieces {
            if let Piece::Variable(variable) = piece
                && let Kind::Ask(question) = &variable.kind
                && !questions.contains(question)
            {
                if questions.len() == MOST_QUESTIONS {
                    let error = ErrorKind::Template(Box::new(TemplateError::TooMany));
                    return Err(Error::at(error, variable.source.clone(), input));
                }
                questions.push(question.clone());
            }
        }
        let is_text = options.format != Format::Hex;
        Ok(Self(Content::Parsed(Arc::new(Parsed {
            input: input.to_owned(),
            pieces,
            order,
            questions,
            line_ending: if is_text { options.line_ending } else { LineEnding::None },
            checksum: options.checksum.clone(),
            is_text,
        }))))
    }

    /// Bytes that are sent as they are.
    #[must_use]
    pub fn raw(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(Content::Raw(bytes.into()))
    }

    /// Whether each send with the same answers has the same bytes, for targets of one encoding.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        let Content::Parsed(parsed) = &self.0 else { return true };
        let is_fixed = |piece: &Piece| match piece {
            Piece::Variable(variable) => variable.is_fixed(),
            Piece::Text(_) | Piece::Bytes { .. } => true,
        };
        parsed.pieces.iter().all(is_fixed)
    }

    /// Whether it has parts of what it answers.
    #[must_use]
    pub fn has_captures(&self) -> bool {
        let Content::Parsed(parsed) = &self.0 else { return false };
        let is_capture = |piece: &Piece| matches!(piece, Piece::Variable(variable) if matches!(variable.kind, Kind::Capture(_)));
        parsed.pieces.iter().any(is_capture)
    }

    /// What is asked for when it is sent, in the order of the input. Questions of the same name have one answer.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        match &self.0 {
            Content::Raw(_) => &[],
            Content::Parsed(parsed) => &parsed.questions,
        }
    }

    /// The bytes for one send to one target.
    ///
    /// # Errors
    /// The first [`Error`] in the order of the input of what is wrong for this target only. There are never bytes for a
    /// part of the input.
    pub fn build(&self, context: &Context<'_>) -> Result<Built, Error> {
        match &self.0 {
            Content::Raw(bytes) => {
                let mut built = Built::default();
                built.push(bytes, PartKind::Typed);
                Ok(built)
            }
            Content::Parsed(parsed) => parsed.build(context),
        }
    }

    /// The place in the input of the byte at `offset`, in a payload without variables.
    pub(super) fn source_of(&self, offset: usize, encoding: Encoding) -> Range<usize> {
        let Content::Parsed(parsed) = &self.0 else { return 0..0 };
        let mut rest = offset;
        for piece in &parsed.pieces {
            let (length, source) = match piece {
                Piece::Bytes { bytes, source } => (bytes.len(), source),
                Piece::Text(text) => {
                    let mut bytes = Vec::new();
                    let _ = text.encode(encoding, &parsed.input, &mut bytes);
                    (bytes.len(), &text.source)
                }
                Piece::Variable(_) => continue,
            };
            if rest < length {
                return source.clone();
            }
            rest -= length;
        }
        0..0
    }
}

/// Splits input into pieces.
struct Parser<'a> {
    input: &'a str,
    options: &'a Options,
    /// How many captures there are, in an answer.
    captures: Option<usize>,
    pieces: Vec<Piece>,
    scopes: Scopes,
}

impl Parser<'_> {
    fn template(&mut self) -> Result<(), Error> {
        let is_hex = self.options.format == Format::Hex;
        let mut start = 0;
        while let Some(place) = self.input[start..].find("${") {
            let at = start + place;
            self.literal(start..at)?;
            let (token, source) = read(self.input, at, is_hex, self.captures)?;
            let next = self.pieces.len();
            start = source.end;
            match token {
                Token::Variable(variable) => {
                    self.scopes.add(next, &variable, self.input)?;
                    self.pieces.push(Piece::Variable(variable));
                }
                Token::GroupStart(name) => self.scopes.open(name, next, source, self.input)?,
                Token::GroupEnd => self.scopes.close(next, &source, self.input)?,
                Token::Dollar => self.pieces.push(Piece::Text(Text { characters: "$".into(), source })),
            }
        }
        self.literal(start..self.input.len())
    }

    /// A part of the input without variables.
    fn literal(&mut self, part: Range<usize>) -> Result<(), Error> {
        let (input, ending) = (self.input, self.options.line_ending);
        match self.options.format {
            Format::Text => push_text(input, part, ending, &mut self.pieces),
            Format::Escaped => push_escaped(input, part, ending, &mut self.pieces)?,
            Format::Hex => {
                let bytes = parse_plain_hex(&input[part.clone()]).map_err(|error| {
                    let range = part.start + error.range.start..part.start + error.range.end;
                    Error::at(ErrorKind::Hex(error.kind), range, input)
                })?;
                if !bytes.is_empty() {
                    self.pieces.push(Piece::Bytes { bytes, source: part });
                }
            }
        }
        Ok(())
    }
}

impl Parsed {
    fn build(&self, context: &Context<'_>) -> Result<Built, Error> {
        let encoding = context.encoding;
        let mut built = Built::default();
        let values = evaluated(&self.pieces, &self.order, &self.input, self.is_text, context)?;
        for (index, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Bytes { bytes, .. } => built.push(bytes, PartKind::Typed),
                Piece::Text(text) if values.is_empty() => {
                    let start = built.bytes.len();
                    text.encode(encoding, &self.input, &mut built.bytes)?;
                    built.note(start, PartKind::Typed);
                }
                Piece::Text(_) => built.push(&values[index], PartKind::Typed),
                Piece::Variable(variable) => built.push(&values[index], variable.part_kind()),
            }
        }
        // A payload without bytes stays one.
        if let Some(spec) = self.checksum.as_ref().filter(|_| !built.bytes.is_empty()) {
            let wrong = |error| Error::at(ErrorKind::Checksum(error), 0..0, &self.input);
            let place = spec.place(built.bytes.len()).map_err(wrong)?;
            let checksum = written(spec, &built.bytes, self.is_text, encoding).map_err(wrong)?;
            built.insert(place, &checksum, PartKind::Checksum);
        }
        built.push(&encoded(self.line_ending.as_str(), encoding), PartKind::LineEnding);
        Ok(built)
    }
}
