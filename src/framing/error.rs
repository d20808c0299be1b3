//! Why a text is no framing.

use crate::model::units::DurationError;
use std::fmt;
use std::ops::Range;

/// Why a text is no framing, and where. `lang::explain_framing` puts it into sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FramingError {
    /// The text.
    pub input: String,
    /// Where, in bytes of the text; on character boundaries.
    pub range: Range<usize>,
    /// What is wrong.
    pub kind: FramingErrorKind,
}

/// What is wrong with the text of a framing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FramingErrorKind {
    /// There is nothing.
    Empty,
    /// Neither a preset nor a kind has this name.
    Unknown {
        /// Names like it, at most six.
        similar: Vec<&'static str>,
    },
    /// A preset has no fields.
    NoFields,
    /// The kind has no such field.
    UnknownField {
        /// Those that it has, as they are written.
        known: &'static str,
    },
    /// The field is given twice, or contradicts one before it.
    Again,
    /// A field that is needed is not there.
    Missing {
        /// Which, as it is written.
        field: &'static str,
    },
    /// The field has no meaning without another one, or with what the other one says.
    Needs {
        /// The other one, as it is written.
        other: &'static str,
    },
    /// The field is no whole number of this range.
    Number {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// The field is not from one to so many bytes in hex.
    Bytes {
        /// The most.
        most: usize,
    },
    /// There are more alternatives.
    Alternatives {
        /// The most.
        most: usize,
    },
    /// No form of a length field.
    Width,
    /// Not one to four pairs of bytes in hex.
    Pairs,
    /// No duration.
    Duration(DurationError),
    /// The byte is the first of a mark.
    IsMark,
}

impl fmt::Display for FramingError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.input.get(self.range.clone()).unwrap_or_default();
        write!(out, "\"{}\" is no framing: ", self.input)?;
        match &self.kind {
            FramingErrorKind::Empty => {
                out.write_str("name a preset, such as lines, or a kind, such as fixed=8")
            }
            FramingErrorKind::Unknown { similar } if similar.is_empty() => {
                write!(
                    out,
                    "\"{found}\" is neither a preset nor one of delimiter, fixed, length, marks and gap"
                )
            }
            FramingErrorKind::Unknown { similar } => {
                write!(out, "\"{found}\" is not known; choose from {}", similar.join(", "))
            }
            FramingErrorKind::NoFields => write!(out, "a preset has no fields; remove \"{found}\""),
            FramingErrorKind::UnknownField { known } => write!(out, "\"{found}\" is none of {known}"),
            FramingErrorKind::Again => write!(out, "\"{found}\" repeats or contradicts a field; remove one"),
            FramingErrorKind::Missing { field } => write!(out, "\"{found}\" needs {field}"),
            FramingErrorKind::Needs { other } => write!(out, "\"{found}\" needs {other}"),
            FramingErrorKind::Number { least, most } => {
                write!(out, "\"{found}\" has no whole number from {least} to {most}")
            }
            FramingErrorKind::Bytes { most } => {
                write!(out, "\"{found}\" has no 1 to {most} bytes in hex")
            }
            FramingErrorKind::Alternatives { most } => {
                write!(out, "\"{found}\" has more than {most} alternatives")
            }
            FramingErrorKind::Width => {
                write!(
                    out,
                    "\"{found}\" is none of 1, 2, 3, 4, 8, leb128, mqtt, dec1 to dec10 and hex1 to hex10"
                )
            }
            FramingErrorKind::Pairs => write!(out, "\"{found}\" has no 1 to 4 pairs of bytes in hex"),
            FramingErrorKind::Duration(error) => write!(out, "\"{found}\": {error}"),
            FramingErrorKind::IsMark => {
                write!(out, "\"{found}\" is the first byte of a mark; choose another one")
            }
        }
    }
}

impl std::error::Error for FramingError {}
