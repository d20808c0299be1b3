//! Rows of records: what stands beside the head, what continues below, and the way from rows to bytes and back.

use super::*;
use crate::capture::{Entry, Position};
use crate::gui::view::columns::Columns;
use crate::gui::view::source::Shown;
use crate::model::Record;
use crate::settings::BytesPerRow;
use proptest::prelude::*;

fn shape(mode: ViewMode, end: u16) -> Shape {
    Shape {
        mode,
        encoding: Encoding::Utf8,
        columns: Columns { time: 12, peer: 10, end },
        bytes_per_row: BytesPerRow::Automatic,
        control_pictures: true,
        font_generation: 0,
    }
}

fn layout_of(record: Record<'_>, shape: &Shape, is_open: bool) -> RecordLayout {
    let (position, end) = (Position(100), Position(200));
    let entry = Entry { position, end, previous: None, stream_offset: 0, answered: None, record };
    let open: &[usize] = if is_open { &[0] } else { &[] };
    let cells_of = &mut |character| 1 + u8::from(character >= '\u{1100}');
    RecordLayout::new(&Shown { entry, borders: &[] }, &[], shape, open, cells_of)
}

fn layout(payload: &[u8], shape: &Shape) -> RecordLayout {
    layout_of(Record::received(payload), shape, false)
}

/// The rows as text, each after its column; `head` for a head without content.
fn rows(layout: &RecordLayout) -> Vec<String> {
    let of_row = |row| {
        let content = layout.row(row);
        let column = layout.column_of(row);
        match content {
            Row::Head => "head".to_owned(),
            Row::Text(cells) => {
                format!("{column}: {}", cells.iter().map(|cell| cell.character).collect::<String>())
            }
            Row::Digits(bytes) => format!("{column}: {} digits", bytes.len()),
            Row::Dump(offset, bytes) => format!("{column}: {} from {offset}", bytes.len()),
        }
    };
    (0..layout.rows()).map(of_row).collect()
}

const CONTENT: u16 = 36;

#[test]
fn content_that_fits_takes_one_row() {
    let wide = |mode| shape(mode, 120);
    assert_eq!(wide(ViewMode::Auto).columns.content(), CONTENT);
    assert_eq!(rows(&layout(b"hello\r\n", &wide(ViewMode::Text))), ["36: hello␍␊"]);
    assert_eq!(rows(&layout(b"hello\r\n", &wide(ViewMode::Auto))), ["36: hello␍␊"]);
    assert_eq!(rows(&layout(&[0, 1, 2], &wide(ViewMode::Auto))), ["36: 3 digits"]);
    assert_eq!(rows(&layout(b"hello", &wide(ViewMode::Hex))), ["36: 5 digits"]);
    assert_eq!(rows(&layout(b"hello", &wide(ViewMode::Both))), ["36: hello", "36: 5 digits"]);
    for mode in [ViewMode::Auto, ViewMode::Text, ViewMode::Hex, ViewMode::Both] {
        assert_eq!(rows(&layout(b"", &wide(mode))), ["head"], "{mode:?}");
    }
}

#[test]
fn longer_content_continues_below_it() {
    let wide = shape(ViewMode::Text, CONTENT + 60);
    let long = layout(&[b'x'; 130], &wide);
    assert_eq!(rows(&long).iter().map(String::len).collect::<Vec<_>>(), [64, 64, 14]);
    assert_eq!(rows(&layout(b"one\ntwo\n", &wide)), ["36: one␊", "36: two␊"]);
    // A dump is beside the head if it has 16 bytes a row there.
    let hex = |end| rows(&layout(&[0; 40], &shape(ViewMode::Hex, end)));
    assert_eq!(hex(CONTENT + 80), ["36: 16 from 0", "36: 16 from 16", "36: 8 from 32"]);
    assert_eq!(hex(CONTENT + 60), ["head", "15: 16 from 0", "15: 16 from 16", "15: 8 from 32"]);
}

#[test]
fn in_a_narrow_view_lines_that_do_not_fit_are_below_the_head() {
    let narrow = shape(ViewMode::Text, CONTENT + 30);
    assert_eq!(rows(&layout(b"short\nlines\n", &narrow)), ["36: short␊", "36: lines␊"]);
    let long = layout(&[b'x'; 31], &narrow);
    assert_eq!(rows(&long), ["head".to_owned(), format!("2: {}", "x".repeat(31))]);
    let long = layout(&[b'x'; 200], &narrow);
    assert_eq!(rows(&long).iter().map(String::len).collect::<Vec<_>>(), [4, 67, 67, 67, 11]);
    let none = shape(ViewMode::Text, CONTENT + 4);
    assert_eq!(rows(&layout(b"ok", &none)), ["head", "2: ok"]);
}

#[test]
fn notes_and_errors_are_in_the_content() {
    let note = |text| Record { kind: RecordKind::Note, text, ..Record::received(b"") };
    let wide = shape(ViewMode::Auto, CONTENT + 50);
    assert_eq!(rows(&layout_of(note("closed locally"), &wide, false)), ["36: closed locally"]);
    let long = "a note of many words that is broken between them and not within any of them";
    let shown = rows(&layout_of(note(long), &wide, false));
    assert_eq!(shown.len(), 2);
    assert!(shown.iter().all(|row| row.starts_with("36: ") && row.trim_end().len() <= 54), "{shown:?}");
    assert_eq!(rows(&layout_of(note("two\nlines"), &wide, false)), ["36: two␊lines"]);
}

#[test]
fn a_long_note_without_a_peer_begins_where_the_peer_would_be() {
    let note = |text, end| {
        let record = Record {
            kind: RecordKind::Error,
            connection: ConnectionId::SESSION,
            text,
            ..Record::received(b"")
        };
        rows(&layout_of(record, &shape(ViewMode::Auto, end), false))
    };
    let text = "Could not listen on 127.0.0.1:7788: the port is in use by python3 (process 1512).";
    assert_eq!(note(text, CONTENT + 90), [format!("36: {text}")], "it fits below the others");
    let narrow = note(text, CONTENT + 50);
    assert!(narrow.len() == 2 && narrow.iter().all(|row| row.starts_with("15: ")), "{narrow:?}");
    let narrowest = note(text, CONTENT + 4);
    assert!(narrowest.len() > 2 && narrowest.iter().all(|row| row.starts_with("15: ")), "{narrowest:?}");
    // Others keep to the content.
    let of_peer = Record { kind: RecordKind::Error, text, ..Record::received(b"") };
    assert!(rows(&layout_of(of_peer, &shape(ViewMode::Auto, CONTENT + 50), false))[0].starts_with("36: "));
}

#[test]
fn lines_of_ideographs_end_between_them_and_not_within_a_word_or_before_a_stop() {
    let text = "无法监听 127.0.0.1:7788：端口已被 python3（进程 1512）占用。请停止该程序，或使用其他端口。";
    let unbroken = ["127.0.0.1:7788：", "python3", "（进程 1512）", "用。", "序，", "口。"];
    for end in 36..90 {
        let record = Record {
            kind: RecordKind::Error,
            connection: ConnectionId::SESSION,
            text,
            ..Record::received(b"")
        };
        let rows = rows(&layout_of(record, &shape(ViewMode::Auto, end), false));
        let lines: Vec<_> = rows.iter().map(|row| row.split_once(": ").unwrap().1).collect();
        assert_eq!(lines.concat(), text);
        for part in unbroken {
            assert!(lines.iter().any(|line| line.contains(part)), "{part} in {lines:#?}");
        }
        // No line ends long before its end.
        let width = |line: &&str| line.chars().map(|c| 1 + usize::from(c >= '\u{1100}')).sum::<usize>();
        let cells = usize::from(end - 15);
        let least = cells.saturating_sub("听 127.0.0.1:7788：".chars().count() + 3);
        assert!(lines[..lines.len() - 1].iter().all(|line| width(line) >= least), "{end}: {lines:#?}");
    }
}

#[test]
fn as_many_bytes_as_chosen_are_in_a_row() {
    for (chosen, expected) in [
        (BytesPerRow::Automatic, vec!["36: 20 digits"]),
        (BytesPerRow::TwentyFour, vec!["36: 20 digits"]),
        (BytesPerRow::Sixteen, vec!["36: 16 from 0", "36: 4 from 16"]),
        (BytesPerRow::Eight, vec!["36: 8 from 0", "36: 8 from 8", "36: 4 from 16"]),
    ] {
        let shape = Shape { bytes_per_row: chosen, ..shape(ViewMode::Hex, 200) };
        assert_eq!(rows(&layout(&[7; 20], &shape)), expected, "{chosen:?}");
    }
}

#[test]
fn an_opened_record_has_its_dump_below() {
    let open = |payload: &[u8], mode| {
        let layout = layout_of(Record::received(payload), &shape(mode, 120), true);
        (rows(&layout), layout.part(0).is_open)
    };
    let dump = "15: 5 from 0".to_owned();
    for (mode, first) in [
        (ViewMode::Auto, vec!["36: hello"]),
        (ViewMode::Text, vec!["36: hello"]),
        (ViewMode::Hex, vec!["36: 5 digits"]),
        (ViewMode::Both, vec!["36: hello", "36: 5 digits"]),
    ] {
        let mut expected: Vec<String> = first.into_iter().map(Into::into).collect();
        expected.push(dump.clone());
        assert_eq!(open(b"hello", mode), (expected, true), "{mode:?}");
    }
    assert_eq!(open(b"", ViewMode::Auto), (vec!["head".into()], false));
    // Its dump is shown already.
    let long = layout_of(Record::received(&[0; 100]), &shape(ViewMode::Hex, 120), true);
    assert!(!long.part(0).can_open && !long.part(0).is_open);
    assert_eq!(long, layout(&[0; 100], &shape(ViewMode::Hex, 120)));
}

#[test]
fn control_characters_can_be_hidden_and_still_end_lines() {
    let hidden = Shape { control_pictures: false, ..shape(ViewMode::Text, 120) };
    let shown = layout(b"a\tb\x1B[m\r\n\r\nend\r\n", &hidden);
    assert_eq!(shown.rows(), 3);
    let places = |row| -> Vec<(char, u16)> {
        let Row::Text(cells) = shown.row(row) else { panic!("row {row} is no text") };
        cells.iter().filter(|cell| cell.width > 0).map(|cell| (cell.character, cell.column)).collect()
    };
    assert_eq!(places(0), [('a', 0), ('b', 8), ('[', 9), ('m', 10)]);
    assert_eq!(places(1), []);
    assert_eq!(places(2), [('e', 0), ('n', 1), ('d', 2)]);
    assert_eq!((shown.first_byte(1), shown.first_byte(2)), (8, 10));
    // They do not make a line too long.
    let full = [&[b'x'; 84][..], b"\r\n"].concat();
    assert_eq!(layout(&full, &hidden).rows(), 1);
}

#[test]
fn rows_and_bytes_lead_to_each_other_in_every_view() {
    let text =
        "温度 23.5\r\n\n电流 1.25 A, 电压 220 V, and a tail that is long enough to be broken\n".repeat(3);
    let mut binary = text.clone().into_bytes();
    binary.insert(7, 0xFF);
    for payload in [text.as_bytes(), &binary, b"\x00", b"x", b""] {
        for mode in [ViewMode::Auto, ViewMode::Text, ViewMode::Hex, ViewMode::Both] {
            for end in [30, 60, 90, 140, 200] {
                for is_open in [false, true] {
                    let layout = layout_of(Record::received(payload), &shape(mode, end), is_open);
                    let what = format!("{mode:?} in {end} cells, open: {is_open}");
                    // Every byte is in a row of its kind, and the rows cover all bytes.
                    for byte in 0..payload.len() {
                        for is_hex in [false, true] {
                            let row = layout.row_of_byte(byte, is_hex);
                            assert!(row < layout.rows(), "{what}");
                            assert!(layout.first_byte(row) <= byte, "{what}: {byte}");
                            assert!(layout.bytes_of_rows(row..row + 1).contains(&byte), "{what}: {byte}");
                        }
                    }
                    assert_eq!(layout.bytes_of_rows(0..layout.rows()), 0..payload.len(), "{what}");
                    // No row is wider than the view.
                    for row in 0..layout.rows() {
                        let content = layout.row(row);
                        let cells = match content {
                            Row::Head => 0,
                            Row::Text(cells) => {
                                // A blank may hang over the end of a line.
                                let last = cells.iter().rev().find(|cell| cell.character != ' ');
                                last.map_or(0, |cell| cell.column + u16::from(cell.width))
                            }
                            Row::Digits(bytes) => bytes.len() as u16 * 3 - 1,
                            Row::Dump(..) => 0,
                        };
                        assert!(layout.column_of(row) + cells <= end, "{what}: row {row}");
                    }
                }
            }
        }
    }
}

/// A record that is divided at these offsets.
fn divided(payload: &[u8], borders: &[usize], shape: &Shape, open: &[usize]) -> RecordLayout {
    let record = Record { transport: Transport::Udp, ..Record::received(payload) };
    let entry = Entry {
        position: Position(100),
        end: Position(200),
        previous: None,
        stream_offset: 0,
        answered: None,
        record,
    };
    let cells_of = &mut |character| 1 + u8::from(character >= '\u{1100}');
    RecordLayout::new(&Shown { entry, borders }, &[], shape, open, cells_of)
}

#[test]
fn each_part_of_a_divided_record_has_rows_of_its_own() {
    let wide = shape(ViewMode::Auto, 120);
    let layout = divided(b"one\r\n\x00\x01\xFFtwo\n", &[5, 8], &wide, &[]);
    assert_eq!(rows(&layout), ["36: one␍␊", "36: 3 digits", "36: two␊"]);
    assert_eq!((0..3).map(|row| layout.part(row).bytes.clone()).collect::<Vec<_>>(), [0..5, 5..8, 8..12]);
    assert_eq!((0..3).map(|row| layout.first_byte(row)).collect::<Vec<_>>(), [0, 5, 8]);
    assert_eq!([0, 4, 5, 7, 8, 11, 12].map(|byte| layout.row_of_byte(byte, false)), [0, 0, 1, 1, 2, 2, 2]);
    // One is opened alone, and its dump counts from its beginning.
    let layout = divided(b"one\r\n\x00\x01\xFFtwo\n", &[5, 8], &wide, &[5]);
    assert_eq!(rows(&layout), ["36: one␍␊", "36: 3 digits", "15: 3 from 5", "36: two␊"]);
    assert_eq!([0, 1, 2, 3].map(|row| layout.part_index(row)), [0, 1, 1, 2]);
    // No character goes from one to the next.
    let layout = divided("温度".as_bytes(), &[2], &shape(ViewMode::Text, 120), &[]);
    assert_eq!(rows(&layout), ["36: E6B8", "36: A9度"]);
}

proptest! {
    /// Wherever a record is divided, every byte of it is shown exactly once in each form.
    #[test]
    fn every_byte_of_a_divided_record_is_shown_once(
        payload in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), b'a'..=b'z'], 1..300),
        borders in prop::collection::btree_set(1usize..300, 0..20),
        end in 30u16..200,
        mode in prop::sample::select(vec![ViewMode::Auto, ViewMode::Text, ViewMode::Hex, ViewMode::Both]),
        open in any::<bool>(),
    ) {
        let borders: Vec<usize> = borders.into_iter().filter(|&border| border < payload.len()).collect();
        let open = if open { [&[0][..], &borders].concat() } else { Vec::new() };
        let layout = divided(&payload, &borders, &shape(mode, end), &open);
        let mut in_hex = Vec::new();
        let mut in_text = std::collections::BTreeSet::new();
        let mut cells = 0;
        for row in 0..layout.rows() {
            match layout.row(row) {
                Row::Head => {}
                Row::Text(line) => {
                    in_text.extend(line.iter().map(|cell| layout.part_of_byte(cell.byte as usize).first_row));
                    prop_assert!(line.iter().all(|cell| layout.part(row).bytes.contains(&(cell.byte as usize))));
                    cells += line.len();
                }
                Row::Digits(bytes) => {
                    let start = layout.part(row).bytes.start;
                    prop_assert_eq!(bytes, &payload[start..start + bytes.len()]);
                    in_hex.extend(start..start + bytes.len());
                }
                Row::Dump(start, bytes) => {
                    prop_assert_eq!(bytes, &payload[start..start + bytes.len()]);
                    in_hex.extend(start..start + bytes.len());
                }
            }
        }
        let parts: Vec<_> = std::iter::once(0).chain(borders.iter().copied()).map(|byte| layout.part_of_byte(byte)).collect();
        for part in &parts {
            let bytes = part.bytes.clone();
            let has_text = in_text.contains(&part.first_row);
            let hex: Vec<usize> = in_hex.iter().copied().filter(|byte| bytes.contains(byte)).collect();
            // An opened part with digits beside its head has them in its dump again.
            let times = match mode {
                ViewMode::Text | ViewMode::Auto if has_text => usize::from(part.is_open),
                _ => 1 + usize::from(part.is_open),
            };
            prop_assert_eq!(hex.len(), times * bytes.len());
            prop_assert_eq!(has_text, part.has_text());
        }
        if mode == ViewMode::Text {
            prop_assert_eq!(cells, layout.cells.len(), "all cells are in rows");
        }
        prop_assert_eq!(layout.bytes_of_rows(0..layout.rows()), 0..payload.len());
    }
}
