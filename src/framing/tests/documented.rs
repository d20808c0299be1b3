//! Every row of the tables in `docs/framing.md`.

use super::{assert_whole, found};
use crate::codec::{Encoding, LineEnding, parse_hex};
use crate::framing::{FoundKind, Framing};
use crate::lang::{Language, skip_reason};
use crate::payload::{Format, Options, encode};

const PAGE: &str = include_str!("../../../docs/framing.md");

/// Bytes as the page writes them.
fn bytes(text: &str) -> Vec<u8> {
    let Some(text) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return parse_hex(text).unwrap();
    };
    let options = Options { format: Format::Escaped, line_ending: LineEnding::None, ..Options::default() };
    encode(&text.replace("\\\"", "\""), &options, Encoding::Utf8).unwrap()
}

/// The same way back.
fn shown(bytes: &[u8], is_text: bool) -> String {
    if !is_text {
        return bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
    }
    let character = |byte: &u8| match byte {
        b'\r' => "\\r".into(),
        b'\n' => "\\n".into(),
        0 => "\\0".into(),
        b'"' | b'\\' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\x{byte:02X}"),
    };
    format!("\"{}\"", bytes.iter().map(character).collect::<String>())
}

fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

#[test]
fn each_example_gives_what_the_page_says() {
    let mut presets = Vec::new();
    let mut count = 0;
    for line in PAGE.lines().filter(|line| line.starts_with("| `")) {
        count += 1;
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let ["", text, stream, expected, content, ""] = cells[..] else { panic!("{line}") };
        let text = code(text).unwrap();
        let framing = match text.parse::<Framing>() {
            Ok(framing) => framing,
            Err(error) => {
                assert_eq!(format!("error at `{}`", &text[error.range]), expected, "{line}");
                continue;
            }
        };
        presets.extend(framing.preset());
        let stream = code(stream).unwrap();
        let is_text = stream.starts_with('"');
        let stream = bytes(stream);
        let parts = found(&framing, &stream);
        assert_whole(&parts, stream.len() as u64);
        let of = |part: &crate::framing::Found| &stream[part.start as usize..part.end as usize];
        let told = parts.iter().map(|part| {
            let bytes = of(part);
            let code = shown(bytes, is_text);
            match part.kind {
                FoundKind::Frame => format!("`{code}`"),
                FoundKind::Skipped(reason) => {
                    format!("`{code}` skipped: {}", skip_reason(Language::English.words(), reason))
                }
                FoundKind::Incomplete { expected: Some(expected) } => {
                    format!("`{code}` {} of {expected}", bytes.len())
                }
                FoundKind::Incomplete { expected: None } => format!("`{code}` unfinished"),
                FoundKind::TooLong => panic!("{line}"),
            }
        });
        assert_eq!(told.collect::<Vec<_>>().join(", "), expected, "{line}");
        let last = parts.iter().rfind(|part| part.kind == FoundKind::Frame);
        let said = last.map(|frame| format!("`{}`", shown(&framing.content(of(frame)), is_text)));
        // An empty content is an empty cell.
        let said = said.filter(|said| said.len() > 2).unwrap_or_default();
        assert_eq!(said, content, "{line}");
    }
    assert!(count > 60);
    let missing: Vec<_> = Framing::PRESETS.iter().filter(|preset| !presets.contains(preset)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
