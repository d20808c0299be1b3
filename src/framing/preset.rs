//! The framings of known protocols.

use super::Framing;
use super::kind::{Delimiters, Kind, LengthField, Mark, Width};

/// The framing of a known protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Lines that end with LF or CRLF.
    Lines,
    /// Lines that end with CRLF; a lone LF is content.
    Crlf,
    /// Text that ends with a zero byte.
    Nul,
    /// Text that ends with a semicolon.
    Semicolon,
    /// A JSON value in each line.
    JsonLines,
    /// A length of two bytes, the highest first, and so many bytes.
    U16Big,
    /// A length of two bytes, the lowest first, and so many bytes.
    U16Little,
    /// A length of four bytes, the highest first, and so many bytes.
    U32Big,
    /// A length of four bytes, the lowest first, and so many bytes.
    U32Little,
}

pub(super) const PRESETS: &[Preset] = &[
    Preset::Lines,
    Preset::Crlf,
    Preset::Nul,
    Preset::Semicolon,
    Preset::JsonLines,
    Preset::U16Big,
    Preset::U16Little,
    Preset::U32Big,
    Preset::U32Little,
];

impl Preset {
    /// Its name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Crlf => "crlf",
            Self::Nul => "nul",
            Self::Semicolon => "semicolon",
            Self::JsonLines => "json-lines",
            Self::U16Big => "u16be",
            Self::U16Little => "u16le",
            Self::U32Big => "u32be",
            Self::U32Little => "u32le",
        }
    }

    /// Other names by which it is known.
    pub(super) fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Lines => &["line", "lf"],
            Self::Nul => &["null", "zero"],
            Self::JsonLines => &["jsonl", "ndjson"],
            _ => &[],
        }
    }

    /// The framing itself.
    #[must_use]
    pub fn framing(self) -> Framing {
        Framing { kind: self.kind(), preset: Some(self) }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Lines | Self::JsonLines => {
                Kind::Delimiter(Delimiters { others: [Mark::new(b"\r\n"), None], ..delimiter(b'\n') })
            }
            Self::Crlf => Kind::Delimiter(Delimiters { first: CRLF, ..delimiter(b'\n') }),
            Self::Nul => Kind::Delimiter(delimiter(0)),
            Self::Semicolon => Kind::Delimiter(delimiter(b';')),
            Self::U16Big => length(2, false),
            Self::U16Little => length(2, true),
            Self::U32Big => length(4, false),
            Self::U32Little => length(4, true),
        }
    }
}

const CRLF: Mark = Mark::two(b'\r', b'\n');

fn delimiter(byte: u8) -> Delimiters {
    Delimiters { first: Mark::of(byte), others: [None; Delimiters::MOST - 1], is_kept: false }
}

fn length(count: u8, is_little: bool) -> Kind {
    Kind::Length(LengthField { at: 0, width: Width::Bytes { count, is_little }, adjust: 0 })
}
