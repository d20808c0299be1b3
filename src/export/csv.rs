//! A record as one row of CSV (RFC 4180).
//!
//! It begins with a byte order mark, because spreadsheets read a file without one in the system's code page. `hex`
//! has spaces between the bytes, because a spreadsheet would take many cells for numbers.

use super::json::direction_name;
use crate::codec::write_hex;
use crate::model::{ConnectionId, Record};
use memchr::{memchr, memchr3};
use std::fmt::Write as _;

const HEADER: &str = "\u{FEFF}time,kind,direction,connection,local,peer,bytes,hex,text,name\r\n";
const FRAME_HEADER: &str =
    "\u{FEFF}time,kind,direction,connection,local,peer,bytes,hex,text,name,number,complete,check,skipped\r\n";
/// What a row of frames has in the last columns if it is none.
pub(super) const NO_FRAME: &str = ",,,,";

/// The first row of records, or of frames.
pub(super) fn header(is_framed: bool) -> &'static str {
    if is_framed { FRAME_HEADER } else { HEADER }
}

/// Appends the row; `text` is what the record's bytes say, or its words; `name` is that of the peer; `rest` are the last
/// columns, each behind a comma.
pub(super) fn push_row(
    record: &Record<'_>,
    kind: &str,
    name: Option<&str>,
    time: &str,
    text: &str,
    rest: &str,
    out: &mut String,
) {
    let Record { connection, local, peer, .. } = record;
    let direction = direction_name(record.direction);
    // Writing to a string cannot fail.
    let _ = write!(out, "{time},{kind},{direction},{},", connection.0);
    // The session's own address is unspecified before it is bound.
    if local.port() != 0 || !local.ip().is_unspecified() {
        let _ = write!(out, "{local}");
    }
    out.push(',');
    if *connection != ConnectionId::SESSION {
        let _ = write!(out, "{peer}");
    }
    let _ = write!(out, ",{},", record.payload.len());
    write_hex(record.payload, out, " ");
    out.push(',');
    push_text(text, out);
    out.push(',');
    push_text(name.unwrap_or_default(), out);
    out.push_str(rest);
    out.push_str("\r\n");
}

/// Appends a cell with arbitrary text.
fn push_text(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let needs_quotes = memchr3(b',', b'"', b'\n', bytes).or_else(|| memchr(b'\r', bytes)).is_some();
    if needs_quotes {
        out.push('"');
    }
    if text.starts_with(is_guarded) {
        out.push('\'');
    }
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('"') {
        out.push_str(before);
        out.push_str("\"\"");
        rest = after;
    }
    out.push_str(rest);
    if needs_quotes {
        out.push('"');
    }
}

/// Whether a cell that begins like this gets an apostrophe before it: characters that begin a formula in a
/// spreadsheet or are skipped before one, and the apostrophe itself, so that the first one of a cell is never data.
fn is_guarded(first: char) -> bool {
    matches!(first, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n' | '\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_not_run() {
        for (text, expected) in [
            ("", ""),
            ("plain 世界", "plain 世界"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("\"", "\"\"\"\""),
            ("one\r\ntwo", "\"one\r\ntwo\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@A1", "'@A1"),
            ("＝1", "'＝1"),
            ("\t=1", "'\t=1"),
            ("'quoted'", "''quoted'"),
            ("1=1", "1=1"),
        ] {
            let mut cell = String::new();
            push_text(text, &mut cell);
            assert_eq!(cell, expected);
        }
    }
}
