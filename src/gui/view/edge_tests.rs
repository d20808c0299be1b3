//! Extreme data: empty, very large, and no text. The work of a frame is counted in records laid out, not in time.

use crate::capture::{CaptureReader, CaptureWriter, Destination, Limits, MAX_PAYLOAD_BYTES, Position};
use crate::codec::Encoding;
use crate::gui::action::TabAction;
use crate::gui::view::data_view::{DataView, Look};
use crate::gui::view::spoken::spoken;
use crate::lang::Language;
use crate::model::{
    AnswerNote, ConnectionId, Direction, PeerNames, Record, RecordKind, Timestamp, Transport,
};
use crate::settings::{BytesPerRow, TimeMode, ViewMode};
use crate::streams::Encodings;
use eframe::egui::{Context, Event, Id, Key, Modifiers, RawInput, Rect, pos2, vec2};
use std::ops::ControlFlow;

/// The most records that a frame of this size may lay out.
const A_SCREEN: usize = 80;

struct Screen {
    ctx: Context,
    view: DataView,
    reader: CaptureReader,
    mode: ViewMode,
    time: TimeMode,
    encoding: Encoding,
    _folder: tempfile::TempDir,
}

impl Screen {
    fn new(transport: Transport, payloads: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
        for (number, payload) in payloads.into_iter().enumerate() {
            writer.append(&Record {
                time: Timestamp(1_700_000_000_000_000_000 + number as u64 * 1000),
                kind: RecordKind::Data,
                direction: Direction::Inbound,
                transport,
                connection: ConnectionId(1),
                local: "127.0.0.1:7788".parse().unwrap(),
                peer: "127.0.0.1:50000".parse().unwrap(),
                payload: &payload,
                is_cut: false,
                text: "",
                answer: AnswerNote::default(),
            });
        }
        writer.publish();
        let ctx = Context::default();
        crate::gui::kit::theme::install(&ctx);
        let (mode, time, encoding) = (ViewMode::Text, TimeMode::Clock, Encoding::Utf8);
        Self {
            ctx,
            view: DataView::default(),
            reader: writer.reader(),
            mode,
            time,
            encoding,
            _folder: folder,
        }
    }

    /// Draws a frame and returns what it copied. Checks that it laid out no more than a screen.
    #[track_caller]
    fn frame(&mut self, events: Vec<Event>) -> Option<String> {
        let before = self.view.records.layouts;
        let rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(900.0, 600.0));
        let input = RawInput { screen_rect: Some(rect), events, ..RawInput::default() };
        let snapshot = self.reader.snapshot();
        let (mode, encoding, time) = (self.mode, self.encoding, self.time);
        let words = Language::English.words();
        let mut actions = Vec::new();
        let output = self.ctx.run_ui(input, |ui| {
            let (encodings, names) = (&Encodings::from(encoding), &PeerNames::default());
            let look = Look {
                mode,
                encodings,
                names,
                open: None,
                time,
                found: None,
                filter: None,
                has_peers: false,
                bytes_per_row: BytesPerRow::Automatic,
                control_pictures: true,
                words,
            };
            self.view.ui(ui, Id::unique("data"), &snapshot, look, &mut actions);
        });
        output.drop_without_applying_deltas();
        let laid_out = self.view.records.layouts - before;
        assert!(laid_out <= A_SCREEN, "{laid_out} records in one frame");
        assert_eq!(self.view.records.failure, None);
        let TabAction::Copy(format) = actions.pop()? else { return None };
        let request = self.view.copy_request(format, encoding.into(), &PeerNames::default(), words)?;
        Some(request.run(&mut |_, _| ControlFlow::Continue(())).unwrap().unwrap().text)
    }

    #[track_caller]
    fn press(&mut self, key: Key) {
        self.ctx.memory_mut(|memory| memory.request_focus(Id::unique("data")));
        for pressed in [true, false] {
            let modifiers = Modifiers::NONE;
            self.frame(vec![Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }]);
        }
    }

    /// Shows the data in every mode, at both ends and while scrolling between them. Ends where it began.
    #[track_caller]
    fn goes_everywhere(&mut self) {
        for mode in [ViewMode::Auto, ViewMode::Hex, ViewMode::Both, ViewMode::Text] {
            self.mode = mode;
            for time in [TimeMode::SincePrevious, TimeMode::SinceOther, TimeMode::SinceStart, TimeMode::Clock]
            {
                self.time = time;
                self.frame(Vec::new());
            }
            for key in
                [Key::PageUp, Key::PageUp, Key::ArrowUp, Key::Home, Key::PageDown, Key::ArrowDown, Key::End]
            {
                self.press(key);
            }
            // Each frame rasterizes some of the new glyphs.
            while self.view.glyphs.is_incomplete() {
                self.frame(Vec::new());
            }
            // A frame without changes lays nothing out.
            let before = self.view.records.layouts;
            self.frame(Vec::new());
            assert_eq!(self.view.records.layouts, before, "{mode:?}");
            assert!(self.view.follows());
        }
    }

    /// Everything, as it is copied.
    #[track_caller]
    fn copied(&mut self) -> String {
        self.view.select_all();
        self.frame(vec![Event::Copy]).unwrap()
    }

    /// The records in view, as text for screen readers.
    fn spoken(&mut self) -> Vec<String> {
        let mut records: Vec<_> = self.view.visible.iter().map(|&(_, record, _)| record).collect();
        records.dedup();
        let mut texts = Vec::new();
        for record in records {
            let layout = self.view.records.layout(record, &mut |_| 1).unwrap();
            let rows = 0..layout.rows();
            texts.push(spoken(Language::English.words(), &PeerNames::default(), &layout, "", None, rows));
        }
        texts
    }
}

#[test]
fn empty_and_largest_datagrams() {
    let large = vec![b'y'; 65_507];
    let mut screen = Screen::new(Transport::Udp, [Vec::new(), Vec::new(), large.clone(), Vec::new()]);
    screen.goes_everywhere();
    let spoken = screen.spoken();
    assert!(spoken.last().unwrap().contains(" 0 B"), "{spoken:?}");
    assert_eq!(screen.copied().trim().len(), large.len());
    screen.mode = ViewMode::Hex;
    assert_eq!(screen.copied().lines().count(), large.len().div_ceil(16));
    // An empty datagram alone can be selected and bookmarked.
    let mut screen = Screen::new(Transport::Udp, [Vec::new()]);
    screen.goes_everywhere();
    let record = screen.view.visible[0].1;
    screen.view.go_to(record);
    assert_eq!(screen.frame(vec![Event::Copy]).as_deref(), Some(""));
    assert_eq!(screen.view.inspected(&Encoding::Utf8.into()).bytes, b"");
    assert_eq!(screen.view.record_to_bookmark(), Some(record));
}

#[test]
fn a_hundred_thousand_records_of_one_character() {
    let mut screen =
        Screen::new(Transport::Tcp, (0..100_000u32).map(|number| vec![b'a' + (number % 26) as u8]));
    screen.goes_everywhere();
    // As the scroll bar does, anywhere.
    let end = screen.reader.snapshot().end().0;
    for part in 1..20 {
        let record = screen.view.records.nearest(Position(end / 20 * part)).unwrap();
        screen.view.go_to(record);
        screen.frame(Vec::new());
        assert!(screen.view.visible.iter().any(|&(_, shown, _)| shown == record));
    }
    let copied = screen.copied();
    assert_eq!(copied.len(), 100_000);
    assert!(copied.starts_with("abcdef"));
}

#[test]
fn a_line_of_ten_megabytes() {
    let line: Vec<u8> = "电流0.5A；".bytes().cycle().take(10 << 20).collect();
    let pieces = line.chunks(MAX_PAYLOAD_BYTES.min(60_001)).map(<[u8]>::to_vec);
    let mut screen = Screen::new(Transport::Tcp, pieces);
    screen.goes_everywhere();
    let copied = screen.copied();
    let whole = copied.trim_end_matches('\u{FFFD}').as_bytes();
    assert!(line.starts_with(whole) && line.len() - whole.len() < 3);
    // In an encoding with hardly any resync points.
    screen.encoding = Encoding::Gbk;
    screen.goes_everywhere();
}

#[test]
fn data_that_is_no_text_is_shown_selected_and_copied() {
    let all: Vec<u8> = (0..=255).collect();
    let rtl = "שלום \u{202E}abc\u{202C} مرحبا \u{2066}x\u{2069}";
    for (payload, has) in [
        (vec![0; 60_000], "␀"),
        (vec![0xFF; 60_000], "FF"),
        (all.repeat(200), "␇"),
        (rtl.repeat(500).into_bytes(), "ש"),
        ("e\u{301}\u{302}".repeat(9000).into_bytes(), "e"),
        (b"\n".repeat(60_000), "␊"),
        (b"\t".repeat(60_000), "␉"),
    ] {
        let mut screen = Screen::new(Transport::Tcp, [payload.clone(), payload.clone()]);
        for encoding in [Encoding::Utf8, Encoding::Gbk, Encoding::Utf16Le, Encoding::Utf8] {
            screen.encoding = encoding;
            screen.goes_everywhere();
        }
        let spoken = screen.spoken().join(" ");
        assert!(spoken.contains(has), "{has} in {}", &spoken[..200.min(spoken.len())]);
        screen.press(Key::Home);
        assert_eq!(screen.copied(), String::from_utf8_lossy(&payload.repeat(2)), "{has}");
        screen.mode = ViewMode::Hex;
        let hex = screen.copied();
        assert_eq!(hex.split_whitespace().count(), 2 * payload.len(), "{has}");
    }
}
