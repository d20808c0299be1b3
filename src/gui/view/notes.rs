//! What is said of a record at the right end of its row: the time since the other side's last word, that a datagram was
//! cut, its bookmark. The content comes first: notes take the room that it leaves.

use crate::capture::Position;
use crate::gui::kit::theme::Palette;
use crate::gui::view::layout::RecordLayout;
use crate::gui::view::shown::ShownRecords;
use crate::gui::view::spoken::one_line;
use crate::lang::Words;
use crate::model::{RecordKind, Timestamp};
use crate::settings::TimeMode;
use eframe::egui::Color32;

/// The gap between two notes, in cells.
const GAP: usize = 2;

/// A note at the right end of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The text, on one line.
    pub text: String,
    /// Its color.
    pub color: Color32,
    /// Its end may be left out.
    pub can_be_elided: bool,
}

/// The notes of a part of a record, the least important first; that one is also rightmost, so that times stand below
/// each other.
pub fn notes(
    records: &mut ShownRecords,
    layout: &RecordLayout,
    part_index: usize,
    bookmark: Option<&str>,
    time: TimeMode,
    words: &Words,
    palette: &Palette,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let head = &layout.head;
    if head.kind == RecordKind::Data && time != TimeMode::SinceOther && part_index == 0 {
        let other = records.answered(Position(layout.span.0));
        let text = other.and_then(|other| reply_time(other, head.time));
        notes.extend(text.map(|text| Note { text, color: palette.dim, can_be_elided: false }));
    }
    if head.is_cut && part_index == 0 {
        let text = words.note_cut.clone();
        notes.push(Note { text, color: palette.warning, can_be_elided: false });
    }
    if let Some(text) = bookmark {
        let text = format!("★ {}", one_line(text));
        let text = text.trim_end().to_owned();
        notes.push(Note { text, color: palette.accent, can_be_elided: true });
    }
    notes
}

/// The time between two records as `+8 ms`; `None` if it is negative or more than an hour.
fn reply_time(from: Timestamp, to: Timestamp) -> Option<String> {
    let micros = to.0.checked_sub(from.0)? / 1000;
    Some(match micros {
        0..1_000 => format!("+{micros} µs"),
        1_000..10_000_000 => format!("+{} ms", micros / 1000),
        10_000_000..60_000_000 => format!("+{} s", micros / 1_000_000),
        60_000_000..3_600_000_000 => format!("+{} min", micros / 60_000_000),
        _ => return None,
    })
}

/// The notes that fit into `room` cells: the least important ones are left out, and the last one is elided if it may be.
pub fn fitting(notes: Vec<Note>, room: usize, mut cells_of: impl FnMut(&str) -> usize) -> Vec<Note> {
    /// The least cells of an elided note.
    const LEAST: usize = 4;
    let mut notes = notes;
    loop {
        let cells: usize = notes.iter().map(|note| cells_of(&note.text) + GAP).sum();
        if cells <= room + GAP {
            return notes;
        }
        if notes.len() > 1 {
            notes.remove(0);
            continue;
        }
        notes.retain(|note| note.can_be_elided && room >= LEAST);
        for note in &mut notes {
            note.text = elided(&note.text, room, &mut cells_of);
        }
        return notes;
    }
}

/// The text if it fits into `room` cells; else as much of its beginning as fits with `…`.
pub fn elided(text: &str, room: usize, mut cells_of: impl FnMut(&str) -> usize) -> String {
    if cells_of(text) <= room {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |(_, character): &(usize, char)| {
        used += cells_of(character.encode_utf8(&mut [0; 4]));
        used <= room
    };
    let end = text.char_indices().take_while(fits).last();
    let end = end.map_or(0, |(index, character)| index + character.len_utf8());
    format!("{}…", &text[..end])
}

/// An address of ASCII characters if it fits into `room` cells; else `…` and as much of its end as fits.
#[must_use]
pub fn elided_at_left(address: &str, room: usize) -> String {
    let hidden = (address.len() + 1).saturating_sub(room);
    match address.get(hidden..) {
        Some(end) if address.len() > room => format!("…{end}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(text: &str) -> Note {
        Note { text: text.into(), color: Color32::WHITE, can_be_elided: text.starts_with('★') }
    }

    #[test]
    fn reply_times_are_short() {
        for (micros, text) in [
            (0, "+0 µs"),
            (999, "+999 µs"),
            (8_400, "+8 ms"),
            (9_999_999, "+9999 ms"),
            (12_000_000, "+12 s"),
            (125_000_000, "+2 min"),
        ] {
            assert_eq!(reply_time(Timestamp(5), Timestamp(5 + micros * 1000)).as_deref(), Some(text));
        }
        assert_eq!(reply_time(Timestamp(5000), Timestamp(0)), None);
        assert_eq!(reply_time(Timestamp(0), Timestamp(3_600_000_000_000)), None);
    }

    #[test]
    fn notes_take_the_room_that_is_left() {
        let shown = |room| -> Vec<String> {
            let notes = vec![note("+8 ms"), note("cut"), note("★ pump on")];
            let notes = fitting(notes, room, |text| text.chars().count());
            notes.into_iter().map(|note| note.text).collect()
        };
        assert_eq!(shown(21), ["+8 ms", "cut", "★ pump on"]);
        assert_eq!(shown(20), ["cut", "★ pump on"]);
        assert_eq!(shown(10), ["★ pump on"]);
        assert_eq!(shown(6), ["★ pum…"]);
        assert!(shown(3).is_empty());
        let time = fitting(vec![note("+370 ms")], 6, |text| text.chars().count());
        assert!(time.is_empty(), "a part of a time would be another time: {time:?}");
    }

    #[test]
    fn addresses_are_elided_at_their_left() {
        assert_eq!(elided_at_left("127.0.0.1:80", 12), "127.0.0.1:80");
        assert_eq!(elided_at_left("127.0.0.1:50000", 10), "…0.1:50000");
    }
}
