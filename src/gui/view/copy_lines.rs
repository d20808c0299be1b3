//! Copying records with their heads: one line per record, with time, direction, peer, size and content.

use crate::capture::Entry;
use crate::codec::{Encoding, Piece, RecordText, StreamDecoder, control_name, is_control, write_hex};
use crate::gui::kit::figures::grouped;
use crate::gui::view::times::clock;
use crate::lang::{Words, connected};
use crate::model::{ConnectionId, Direction, PeerNames, Record, RecordKind, Transport};
use crate::settings::ViewMode;
use chrono::NaiveDate;
use std::fmt::Write as _;
use std::ops::Range;

/// How a record is written on a line.
#[derive(Clone, Copy)]
pub struct LineForm<'a> {
    /// Whether content is text, hex or both.
    pub mode: ViewMode,
    /// The encoding of text.
    pub encoding: Encoding,
    /// The names of peers.
    pub names: &'a PeerNames,
    /// The words of the language in use.
    pub words: &'a Words,
    /// Times of other days have a date.
    pub today: NaiveDate,
}

impl LineForm<'_> {
    /// Appends the line of a record: `10:00:00.131 → 10.0.0.7:502 12 B 00 01 …`. Of data it has the bytes in `range`.
    /// `before` are the bytes pending before the record.
    pub fn push(&self, entry: &Entry<'_>, before: &[u8], range: Range<usize>, out: &mut String) {
        let record = &entry.record;
        // Writing to a string cannot fail.
        let _ = write!(out, "{} {}", clock(record.time, self.today), sign(record));
        if record.connection != ConnectionId::SESSION {
            let _ = write!(out, " {}", self.names.shown(record.peer));
        }
        match (record.kind, record.direction) {
            (RecordKind::Data, _) => {
                let _ = write!(out, " {} B", grouped(record.payload.len() as u64));
                self.push_content(record, before, range, out);
            }
            (RecordKind::Opened, direction) => {
                let peer = record.peer.to_string();
                push_words(&connected(self.words, direction, record.local, &peer), out);
            }
            _ => push_words(record.text, out),
        }
        out.push('\n');
    }

    fn push_content(&self, record: &Record<'_>, before: &[u8], range: Range<usize>, out: &mut String) {
        let (has_text, has_hex) = match self.mode {
            ViewMode::Auto => {
                let is_text = is_text(record, before, self.encoding);
                (is_text, !is_text)
            }
            ViewMode::Text => (true, false),
            ViewMode::Hex => (false, true),
            ViewMode::Both => (true, true),
        };
        let bytes = &record.payload[range.clone()];
        if bytes.is_empty() {
            return;
        }
        if has_text {
            let mut decoder = StreamDecoder::new(self.encoding);
            decoder.decode(before, &mut String::new());
            decoder.decode(&record.payload[..range.start], &mut String::new());
            out.push(' ');
            let text = RecordText::decode(self.encoding, decoder.pending(), bytes);
            for piece in text.pieces(bytes) {
                match piece {
                    Piece::Text(text) => out.push_str(text),
                    Piece::Control(control) => push_mark(control, out),
                    Piece::Invalid(bytes) | Piece::Pending(bytes) => {
                        for byte in bytes {
                            let _ = write!(out, "<{byte:02X}>");
                        }
                    }
                }
            }
        }
        if has_hex {
            out.push_str(if has_text { "  " } else { " " });
            write_hex(bytes, out, " ");
        }
    }
}

/// Whether the bytes of a record are text, with those pending before it.
pub fn is_text(record: &Record<'_>, before: &[u8], encoding: Encoding) -> bool {
    let may_be_cut = record.transport == Transport::Tcp || record.is_cut;
    RecordText::decode(encoding, before, record.payload).is_text(encoding, may_be_cut)
}

fn sign(record: &Record<'_>) -> char {
    match (record.kind, record.direction) {
        (RecordKind::Data, Direction::Inbound) => '←',
        (RecordKind::Data, Direction::Outbound) => '→',
        (RecordKind::Opened, _) => '●',
        (RecordKind::Closed, _) => '○',
        (RecordKind::Error, _) => '×',
        (RecordKind::Note, _) => '·',
    }
}

fn push_words(text: &str, out: &mut String) {
    out.push(' ');
    for character in text.chars() {
        if is_control(character) { push_mark(character, out) } else { out.push(character) }
    }
}

/// Appends the name of a control character: a control picture, or an abbreviation in angle brackets.
fn push_mark(control: char, out: &mut String) {
    let name = control_name(control);
    let _ = match control {
        '\0'..='\x1F' | '\x7F' => write!(out, "{name}"),
        _ => write!(out, "<{name}>"),
    };
}
