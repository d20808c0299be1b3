//! Explains errors in typed payloads.

use super::template::explain_template;
use super::{Words, explain_checksum_range, fill};
use crate::codec::{HexErrorKind, control_name, is_control};
use crate::payload::{Error, ErrorKind, EscapeError};
use std::fmt::Display;

/// One or two sentences: what is wrong and where, then what to do about it.
#[must_use]
pub fn explain_payload(words: &Words, error: &Error) -> String {
    let Error { line, column, .. } = error;
    let at = |template: &str, found: &dyn Display| {
        fill(template, &[("found", found), ("line", line), ("column", column)])
    };
    let kind = match &error.kind {
        ErrorKind::NotInEncoding { encoding, character } => {
            let code = format!("U+{:04X}", u32::from(*character));
            let character: &dyn Display =
                if is_control(*character) { &control_name(*character) } else { character };
            let values: [(&str, &dyn Display); 5] = [
                ("character", character),
                ("code", &code),
                ("encoding", encoding),
                ("line", line),
                ("column", column),
            ];
            return fill(&words.payload_not_in_encoding, &values);
        }
        ErrorKind::NotText { encoding, offset, byte } => {
            let byte = format!("{byte:02X}");
            let number = offset + 1;
            let values: [(&str, &dyn Display); 3] =
                [("byte", &byte), ("number", &number), ("encoding", encoding)];
            return fill(&words.payload_not_text, &values);
        }
        ErrorKind::Hex(kind) => *kind,
        ErrorKind::Escape(EscapeError::Unknown(character)) => {
            let mark: &dyn Display =
                if is_control(*character) { &control_name(*character) } else { character };
            return at(&words.payload_escape_unknown, mark);
        }
        ErrorKind::Escape(EscapeError::Alone) => return at(&words.payload_escape_alone, &""),
        ErrorKind::Escape(EscapeError::Byte) => return at(&words.payload_escape_byte, &""),
        ErrorKind::Escape(EscapeError::Character) => return at(&words.payload_escape_character, &""),
        ErrorKind::Checksum(error) => return explain_checksum_range(words, *error),
        ErrorKind::Template(error) => return explain_template(words, error, *line, *column),
    };
    match kind {
        HexErrorKind::NotHex(character) => match half_width(character) {
            Some(digit) => fill(
                &words.payload_full_width_hex,
                &[("found", &character), ("line", line), ("column", column), ("digit", &digit)],
            ),
            None if is_control(character) => at(&words.payload_not_hex, &control_name(character)),
            None => at(&words.payload_not_hex, &character),
        },
        HexErrorKind::LoneDigit(digit) => at(&words.payload_lone_digit, &digit),
        HexErrorKind::EmptyPrefix => at(&words.payload_empty_prefix, &""),
        HexErrorKind::NotDumpRow => at(&words.payload_not_dump_row, &""),
        HexErrorKind::ColumnDiffers => at(&words.payload_dump_column, &""),
        HexErrorKind::UnknownWordOrder => at(&words.payload_dump_words, &""),
        HexErrorKind::OffsetJump { expected, found } => fill(
            &words.payload_dump_offset,
            &[
                ("found", &format!("{found:X}")),
                ("expected", &format!("{expected:X}")),
                ("line", line),
                ("column", column),
            ],
        ),
        HexErrorKind::LeftOutRows => at(&words.payload_dump_left_out, &""),
    }
}

/// The hex digit that a full-width character looks like.
fn half_width(character: char) -> Option<char> {
    let number = u32::from(character).checked_sub(0xFEE0)?;
    char::from_u32(number).filter(char::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Encoding;
    use crate::lang::Language;
    use crate::payload::{Format, Options, encode};

    fn explained(input: &str, format: Format, encoding: Encoding, language: Language) -> String {
        let options = Options { format, ..Options::default() };
        explain_payload(language.words(), &encode(input, &options, encoding).unwrap_err())
    }

    #[test]
    fn an_error_tells_what_is_wrong_where_and_what_to_do() {
        for (input, expected) in [
            (
                "01 0g",
                "'g' (line 1, column 5) is not a hex digit. Use 0–9 and A–F, two digits for each byte.",
            ),
            ("Ａ", "'Ａ' (line 1, column 1) is not a hex digit. Type the half-width A instead."),
            (
                "01\n\u{200F}",
                "'RLM' (line 2, column 1) is not a hex digit. Use 0–9 and A–F, two digits for each byte.",
            ),
            (
                "1",
                "'1' (line 1, column 1) is half a byte. A byte takes two digits: write 01, or add what is missing.",
            ),
            ("0x1", "The prefix (line 1, column 1) is not followed by two hex digits. Write 0x01, not 0x1."),
            (
                "00000000: 6162 6364  abcd\n00000008: 6162 6364  abcd",
                "The offset is 8 where 4 is expected (line 2, column 1). Paste one dump with all its lines, or \
                 remove the offsets.",
            ),
        ] {
            assert_eq!(explained(input, Format::Hex, Encoding::Utf8, Language::English), expected);
            // Every placeholder is filled in in the other language too.
            assert!(!explained(input, Format::Hex, Encoding::Utf8, Language::Chinese).contains('{'));
        }
    }

    #[test]
    fn a_character_that_the_encoding_lacks_is_named_with_its_code_point() {
        assert_eq!(
            explained("a\n😀", Format::Text, Encoding::Gbk, Language::English),
            "'😀' (U+1F600, line 2, column 1) does not exist in GBK. Remove it, or choose an encoding that has it, \
             such as UTF-8."
        );
        let hidden = explained("\u{202E}", Format::Text, Encoding::Ascii, Language::Chinese);
        assert!(hidden.starts_with("ASCII 中没有“RLO”（U+202E，第 1 行第 1 列）"), "{hidden}");
    }

    #[test]
    fn a_wrong_escape_is_shown_with_those_that_exist() {
        for (input, found) in [
            ("ab\\", "(line 1, column 3)"),
            ("\\q", "\\q (line 1, column 1)"),
            ("\\x1", "\\x (line 1, column 1)"),
            ("a\n\\u{D800}", "\\u (line 2, column 1)"),
        ] {
            let said = explained(input, Format::Escaped, Encoding::Utf8, Language::English);
            assert!(said.contains(found) && said.contains("\\\\"), "{said}");
            let said = explained(input, Format::Escaped, Encoding::Utf8, Language::Chinese);
            assert!(!said.replace("{4F60}", "").contains('{'), "{said}");
        }
    }
}
