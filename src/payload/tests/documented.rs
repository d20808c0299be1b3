//! Every row of the tables in `docs/templates.md`.

use super::*;
use crate::codec::parse_hex;
use crate::model::Timestamp;

const PAGE: &str = include_str!("../../../docs/templates.md");

/// The rows: format, payload, what is sent.
fn rows() -> impl Iterator<Item = (Format, &'static str, &'static str)> {
    PAGE.lines().filter_map(|line| {
        let cells: Vec<_> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [format, payload, sent] = cells[..] else { return None };
        let format = match format {
            "text" => Format::Text,
            "hex" => Format::Hex,
            "escaped" => Format::Escaped,
            "Format" => return None,
            other => panic!("{other} is no format: {line}"),
        };
        Some((format, payload.strip_prefix('`')?.strip_suffix('`')?, sent))
    })
}

fn built(format: Format, payload: &str) -> Result<Vec<u8>, Error> {
    let mut answers = Answers::default();
    answers.set("address", "17");
    answers.set("name", "pump");
    let options = Options { format, is_template: true, ..Options::default() };
    let context = Context {
        now: Timestamp(1_795_313_730_250_000_000),
        utc_offset_seconds: 8 * 3600,
        peer: Some(([192, 168, 1, 20], 5000).into()),
        answers: &answers,
        ..Context::of(Encoding::Utf8)
    };
    Ok(Payload::parse(payload, &options)?.build(&context)?.bytes)
}

/// Whether bytes are those of a row, in which `?` stands for any.
fn is_same(format: Format, bytes: &[u8], sent: &str) -> bool {
    match format {
        Format::Hex if sent.contains('?') => bytes.len() == sent.split(' ').count(),
        Format::Hex => parse_hex(sent).as_deref() == Ok(bytes),
        _ if sent.contains('?') => {
            let digits = std::str::from_utf8(bytes).unwrap();
            digits.len() == sent.len()
                && digits.chars().zip(sent.chars()).all(|(digit, known)| known == '?' || digit == known)
        }
        _ => {
            encode(sent, &options(Format::Escaped, LineEnding::None), Encoding::Utf8).as_deref() == Ok(bytes)
        }
    }
}

#[test]
fn each_example_gives_what_the_page_says() {
    let mut count = 0;
    for (format, payload, sent) in rows() {
        count += 1;
        let result = built(format, payload);
        if let Some(place) = sent.strip_prefix("error at `") {
            let error = result.unwrap_err();
            assert_eq!(&payload[error.range], place.strip_suffix('`').unwrap(), "{payload}");
            continue;
        }
        let sent = sent.strip_prefix('`').unwrap().strip_suffix('`').unwrap();
        let bytes = result.unwrap_or_else(|error| panic!("{payload}: {error:?}"));
        assert!(
            is_same(format, &bytes, sent),
            "{payload}: {:02X?} {:?}",
            bytes,
            String::from_utf8_lossy(&bytes)
        );
    }
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Format")).count();
    assert_eq!(count, rows, "no row is left out");
    assert!(count > 50);
}
