//! The character encodings, their names, and text to bytes. Bytes to text is in `decode`.
//!
//! The tables are those of the WHATWG Encoding Standard (`encoding_rs`), except that nothing is
//! ever replaced: a character that would arrive as another one is an error instead.

use std::fmt;
use std::str::FromStr;

use encoding_rs::EncoderResult;
use serde::{Deserialize, Serialize};

use super::line_column::line_and_column;

/// A character encoding that text is sent and shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Encoding {
    /// UTF-8, without a byte order mark being added or taken away.
    #[default]
    Utf8,
    /// GBK as the WHATWG has it: code page 936 with the euro sign at 0x80. Decoding also reads
    /// the four-byte sequences of GB18030; encoding never writes them.
    Gbk,
    /// GB18030-2022, which has all of Unicode except U+E5E5 and 18 retired private-use characters.
    Gb18030,
    /// Big5 with the Hong Kong supplement for decoding.
    Big5,
    /// Shift_JIS as Windows has it (code page 932).
    ShiftJis,
    /// EUC-KR with the extension of code page 949.
    EucKr,
    /// UTF-16, the low byte first.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// Windows code page 1252; the five bytes it leaves undefined are C1 controls, so that every
    /// byte has a character.
    Windows1252,
    /// The 128 characters of ASCII; any other byte is malformed.
    Ascii,
}

/// Other names by which an encoding is known, lower-case and without `-`, `_` and spaces.
const ALIASES: &[(&str, Encoding)] = &[
    ("utf8", Encoding::Utf8),
    ("cp65001", Encoding::Utf8),
    ("gbk", Encoding::Gbk),
    ("cp936", Encoding::Gbk),
    ("936", Encoding::Gbk),
    ("ms936", Encoding::Gbk),
    ("windows936", Encoding::Gbk),
    ("gb2312", Encoding::Gbk),
    ("euccn", Encoding::Gbk),
    ("gb18030", Encoding::Gb18030),
    ("cp54936", Encoding::Gb18030),
    ("big5", Encoding::Big5),
    ("big5hkscs", Encoding::Big5),
    ("cp950", Encoding::Big5),
    ("950", Encoding::Big5),
    ("shiftjis", Encoding::ShiftJis),
    ("sjis", Encoding::ShiftJis),
    ("cp932", Encoding::ShiftJis),
    ("932", Encoding::ShiftJis),
    ("ms932", Encoding::ShiftJis),
    ("windows31j", Encoding::ShiftJis),
    ("euckr", Encoding::EucKr),
    ("cp949", Encoding::EucKr),
    ("949", Encoding::EucKr),
    ("uhc", Encoding::EucKr),
    ("ksc56011987", Encoding::EucKr),
    ("utf16le", Encoding::Utf16Le),
    ("cp1200", Encoding::Utf16Le),
    ("utf16be", Encoding::Utf16Be),
    ("cp1201", Encoding::Utf16Be),
    ("windows1252", Encoding::Windows1252),
    ("cp1252", Encoding::Windows1252),
    ("1252", Encoding::Windows1252),
    ("latin1", Encoding::Windows1252),
    ("iso88591", Encoding::Windows1252),
    ("l1", Encoding::Windows1252),
    ("ascii", Encoding::Ascii),
    ("usascii", Encoding::Ascii),
    ("ansix3.41968", Encoding::Ascii),
];

/// Characters that the Shift_JIS table encodes as the bytes of another one: ¥ as `\`, ‾ as `~`, and
/// − (U+2212) as the full-width －. Sorted.
const UNFAITHFUL_SHIFT_JIS: [char; 3] = ['\u{A5}', '\u{203E}', '\u{2212}'];

/// Characters that the GBK and GB18030 tables encode as the bytes of another one: the private-use characters whose
/// code points GB18030-2022 replaced by characters of Unicode. Sorted.
const UNFAITHFUL_GB: [char; 18] = [
    '\u{E78D}', '\u{E78E}', '\u{E78F}', '\u{E790}', '\u{E791}', '\u{E792}', '\u{E793}', '\u{E794}',
    '\u{E795}', '\u{E796}', '\u{E81E}', '\u{E826}', '\u{E82B}', '\u{E82C}', '\u{E832}', '\u{E843}',
    '\u{E854}', '\u{E864}',
];

impl Encoding {
    /// Every encoding, in the order in which a list offers them.
    pub const ALL: [Encoding; 10] = [
        Encoding::Utf8,
        Encoding::Gbk,
        Encoding::Gb18030,
        Encoding::Big5,
        Encoding::ShiftJis,
        Encoding::EucKr,
        Encoding::Utf16Le,
        Encoding::Utf16Be,
        Encoding::Windows1252,
        Encoding::Ascii,
    ];

    /// The name as it is shown, saved and read back.
    pub const fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Gbk => "GBK",
            Encoding::Gb18030 => "GB18030",
            Encoding::Big5 => "Big5",
            Encoding::ShiftJis => "Shift_JIS",
            Encoding::EucKr => "EUC-KR",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
            Encoding::Windows1252 => "Windows-1252",
            Encoding::Ascii => "ASCII",
        }
    }

    /// Appends the bytes of `text` to `out`.
    ///
    /// What is appended decodes back to exactly `text`. No byte order mark is added.
    ///
    /// # Errors
    /// The first character of `text` that this encoding lacks, or would turn into another
    /// character; `out` is then as it was.
    pub fn encode(self, text: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let lacking = match self {
            Encoding::Utf8 => {
                out.extend_from_slice(text.as_bytes());
                None
            }
            Encoding::Utf16Le => {
                out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
                None
            }
            Encoding::Utf16Be => {
                out.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
                None
            }
            _ if text.is_ascii() => {
                out.extend_from_slice(text.as_bytes());
                None
            }
            _ => match self.whatwg() {
                Some(table) => encode_by_table(table, self.unfaithful(), text, out),
                None => text.find(|character: char| !character.is_ascii()),
            },
        };
        let failed = lacking.and_then(|offset| Some((offset, text.get(offset..)?.chars().next()?)));
        match failed {
            None => Ok(()),
            Some((offset_bytes, character)) => {
                let (line, column) = line_and_column(text, offset_bytes);
                Err(EncodeError { encoding: self, character, offset_bytes, line, column })
            }
        }
    }

    /// The table behind this encoding; ASCII has none, because the WHATWG means Windows-1252 by it.
    pub(super) fn whatwg(self) -> Option<&'static encoding_rs::Encoding> {
        Some(match self {
            Encoding::Utf8 => encoding_rs::UTF_8,
            Encoding::Gbk => encoding_rs::GBK,
            Encoding::Gb18030 => encoding_rs::GB18030,
            Encoding::Big5 => encoding_rs::BIG5,
            Encoding::ShiftJis => encoding_rs::SHIFT_JIS,
            Encoding::EucKr => encoding_rs::EUC_KR,
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252,
            Encoding::Ascii => return None,
        })
    }

    /// Whether the bytes below 0x80 stand for ASCII wherever a character may begin.
    pub(super) fn extends_ascii(self) -> bool {
        !matches!(self, Encoding::Utf16Le | Encoding::Utf16Be)
    }

    fn unfaithful(self) -> &'static [char] {
        match self {
            Encoding::ShiftJis => &UNFAITHFUL_SHIFT_JIS,
            Encoding::Gbk | Encoding::Gb18030 => &UNFAITHFUL_GB,
            _ => &[],
        }
    }
}

/// Appends `text` by the table, up to the first character that is in `unfaithful` or not in the
/// table; returns that character's offset, with `out` as it was.
fn encode_by_table(
    table: &'static encoding_rs::Encoding,
    unfaithful: &[char],
    text: &str,
    out: &mut Vec<u8>,
) -> Option<usize> {
    let length_before = out.len();
    // The lists are sorted, and most characters come before the first of them.
    let faithful_end = unfaithful.first().and_then(|first| {
        text.find(|character: char| character >= *first && unfaithful.contains(&character))
    });
    let faithful = text.get(..faithful_end.unwrap_or(text.len())).unwrap_or(text);
    let mut encoder = table.new_encoder();
    let mut consumed = 0;
    let lacking = loop {
        let rest = faithful.get(consumed..).unwrap_or_default();
        let wanted = encoder.max_buffer_length_from_utf8_without_replacement(rest.len());
        out.reserve(wanted.unwrap_or(rest.len()).max(16));
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, out, true);
        consumed += read;
        match result {
            EncoderResult::InputEmpty => break faithful_end,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(character) => break Some(consumed - character.len_utf8()),
        }
    };
    if lacking.is_some() {
        out.truncate(length_before);
    }
    lacking
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    /// Reads a name or a common alias; case, `-`, `_` and spaces do not matter.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let plain: String = name
            .chars()
            .filter(|character| !matches!(character, '-' | '_' | ' '))
            .map(|character| character.to_ascii_lowercase())
            .collect();
        let known = ALIASES.iter().find(|(alias, _)| *alias == plain);
        known.map(|(_, encoding)| *encoding).ok_or_else(|| UnknownEncoding { name: name.to_owned() })
    }
}

impl From<Encoding> for &'static str {
    fn from(encoding: Encoding) -> Self {
        encoding.name()
    }
}

impl TryFrom<String> for Encoding {
    type Error = UnknownEncoding;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

/// The error for an unknown name of an encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{name}” is not a known encoding. Use one of {}",
    Encoding::ALL.map(Encoding::name).join(", ")
)]
pub struct UnknownEncoding {
    /// The name that was given.
    pub name: String,
}

/// A character that cannot be encoded faithfully.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    /// The encoding that lacks the character.
    pub encoding: Encoding,
    /// The first character that it lacks.
    pub character: char,
    /// Where the character begins in the text, in bytes of UTF-8.
    pub offset_bytes: usize,
    /// The line of the character, from 1.
    pub line: usize,
    /// The column of the character in its line, from 1, in characters.
    pub column: usize,
}

#[cfg(test)]
#[path = "encoding_tests.rs"]
mod tests;
