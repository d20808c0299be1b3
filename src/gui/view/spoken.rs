//! The records as text for screen readers, and notes on one line.

use crate::codec::{control_name, is_control, write_hex};
use crate::gui::kit::figures::grouped;
use crate::gui::view::layout::RecordLayout;
use crate::gui::view::part::Row;
use crate::lang::{Words, connected, fill};
use crate::model::{ConnectionId, Direction, PeerNames, RecordKind};
use std::ops::Range;

/// The note of a bookmark on one line, with control pictures, cut to 500 characters: a file may have any text.
#[must_use]
pub fn one_line(text: &str) -> String {
    const NOTE_CHARACTERS: usize = 500;
    let mut out = String::new();
    for character in text.chars().take(NOTE_CHARACTERS) {
        if is_control(character) {
            out.push_str(&control_name(character).to_string());
        } else {
            out.push(character);
        }
    }
    if text.chars().nth(NOTE_CHARACTERS).is_some() {
        out.push('…');
    }
    out
}

/// The part of a record that has the first row for a screen reader: the head line, then the rows that are in view.
#[must_use]
pub fn spoken(
    words: &Words,
    names: &PeerNames,
    layout: &RecordLayout,
    time: &str,
    bookmark: Option<&str>,
    rows: Range<u32>,
) -> String {
    /// The longest content, in bytes of the text.
    const SPOKEN_CHARACTERS: usize = 600;
    let (head, part) = (&layout.head, layout.part(rows.start));
    let what = match (head.kind, head.direction) {
        (RecordKind::Data, Direction::Inbound) => &words.spoken_received,
        (RecordKind::Data, Direction::Outbound) => &words.spoken_sent,
        (RecordKind::Opened, _) => &words.spoken_connected,
        (RecordKind::Closed, _) => &words.spoken_closed,
        (RecordKind::Error, _) => &words.spoken_error,
        (RecordKind::Note, _) => &words.spoken_note,
    };
    let mut out = format!("{time} {what}");
    if head.connection != ConnectionId::SESSION {
        out.push_str(&format!(" {}", names.shown(head.peer)));
    }
    if head.kind == RecordKind::Data {
        out.push(' ');
        out.push_str(&fill(&words.bytes_count, &[("count", &grouped(part.bytes.len() as u64))]));
    }
    if head.is_cut {
        out.push_str(&format!(", {}", words.datagram_cut));
    }
    if let Some(text) = bookmark {
        out.push_str(&format!(", ★ {}", words.spoken_bookmarked));
        if !text.is_empty() {
            out.push_str(&format!(" “{}”", one_line(text)));
        }
    }
    out.push_str(": ");
    if head.kind == RecordKind::Opened {
        out.push_str(&connected(words, head.direction, head.local, &names.with_address(head.peer)));
    }
    for row in rows {
        match layout.row(row) {
            Row::Head => {}
            Row::Text(cells) => out.extend(cells.iter().map(|cell| cell.character)),
            Row::Digits(bytes) => {
                if part.has_text() {
                    out.push(' ');
                }
                write_hex(bytes, &mut out, " ");
                out.push(' ');
            }
            Row::Dump(offset, bytes) => {
                write_hex(bytes, &mut out, " ");
                out.push(' ');
                let cells = layout.cells_of_bytes(offset, offset + bytes.len());
                out.extend(cells.iter().map(|cell| cell.character));
                out.push(' ');
            }
        }
        if out.len() > SPOKEN_CHARACTERS {
            break;
        }
    }
    out
}
