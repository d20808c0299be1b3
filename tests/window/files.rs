//! Saving, exporting, opening and recovering in the window.

use crate::fixture::{Window, connect};
use eframe::egui::{DroppedFile, Key, Modifiers, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable as _;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wirelab::capture::{
    CaptureWriter, Cursor, Destination, Limits, RecordingFolder, Snapshot, open, unfinished,
};
use wirelab::codec::Encoding;
use wirelab::export::{Content, Export, Format, Selection};
use wirelab::lang::Language;
use wirelab::model::{ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};

const NOW: u64 = 1_700_000_000_000_000_000;

fn record(number: u64, payload: &[u8]) -> Record<'_> {
    Record {
        time: Timestamp(NOW + number * 1_000_000),
        kind: RecordKind::Data,
        direction: if number.is_multiple_of(2) { Direction::Inbound } else { Direction::Outbound },
        transport: Transport::Tcp,
        connection: ConnectionId(1),
        local: "127.0.0.1:7788".parse().unwrap(),
        peer: "127.0.0.1:50000".parse().unwrap(),
        payload,
        is_cut: false,
        text: "",
    }
}

/// Writes ten numbered records.
fn write(destination: Destination) {
    let mut writer = CaptureWriter::new(destination, Limits::default());
    for number in 0..10 {
        writer.append(&record(number, format!("record {number}\n").as_bytes()));
    }
    writer.publish();
}

/// A recording that was left behind below the recordings of a window in `folder`.
fn leave_behind(folder: &Path) {
    let parent = folder.join("recordings");
    let left = RecordingFolder::create(&parent, "TCP server :7788", Timestamp(NOW)).unwrap();
    write(left.destination());
}

fn add(window: &mut Window, peer: &mut TcpStream, payload: &[u8]) {
    let total = window.status().traffic.bytes_in + payload.len() as u64;
    peer.write_all(payload).unwrap();
    window.wait("the payload", |window| window.status().traffic.bytes_in == total);
}

/// A server that has received three records, one of them no text.
fn server(window: &mut Window) -> TcpStream {
    let address = window.start_server();
    let mut peer = connect(address);
    for payload in [&b"first\n"[..], &[0, 255, b'='], "第三\n".as_bytes()] {
        add(window, &mut peer, payload);
    }
    window.wait("the record", |window| window.shows_row("第三"));
    peer
}

fn press(window: &mut Window, key: Key) {
    window.harness.key_press_modifiers(Modifiers::COMMAND, key);
    window.harness.run_steps(3);
}

#[track_caller]
fn save(window: &mut Window, format: &str, path: &Path) {
    window.click("Save recording");
    if format != "Recording" {
        window.choose("Format", format);
    }
    window.fill("Save as", &path.display().to_string());
    window.click("Save");
}

#[track_caller]
fn save_and_wait(window: &mut Window, format: &str, path: &Path) {
    save(window, format, path);
    window.wait("the message", |window| window.has("Dismiss message"));
    assert!(window.shows(&path.display().to_string()));
    window.click("Dismiss message");
}

#[track_caller]
fn open_in(window: &mut Window, path: &Path) {
    press(window, Key::O);
    window.fill("File to open", &path.display().to_string());
    window.click("Open");
}

fn snapshot(path: &Path) -> Snapshot {
    let mut opened = open(path).unwrap();
    opened.indexing.wait();
    opened.reader.snapshot()
}

fn exported(snapshot: &Snapshot, format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    let export = Export {
        snapshot: snapshot.clone(),
        selection: Selection::All,
        format,
        encoding: Encoding::Utf8,
        language: Language::English,
        progress: &mut |_, _| std::ops::ControlFlow::Continue(()),
    };
    export.to_writer(&mut out).unwrap();
    out
}

#[test]
fn what_is_saved_opens_and_shows_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = server(&mut window);
    let path = folder.path().join("kept.pcapng");
    save_and_wait(&mut window, "Recording", &path);
    let shown = window.rows();
    open_in(&mut window, &path);
    window.wait("the records", |window| window.shows_row("第三"));
    assert_eq!(window.rows(), shown);
    window.wait("the count", |window| window.has("5 records"));
    assert!(window.has("Read only"));
    assert!(!window.has("Start") && !window.has("Payload") && window.is_enabled("Save recording"));
    // Searching works as in the tab of a session.
    press(&mut window, Key::F);
    window.fill("Find", "第");
    window.wait("the match", |window| window.has("1 match"));
    // The same file again is the same tab.
    let tabs = window.app().statuses().count();
    open_in(&mut window, &path);
    assert_eq!(window.app().statuses().count(), tabs);
    // Saved, the session is closed without a question.
    let session = window.app().tab_at(0).unwrap();
    press(&mut window, Key::Num1);
    assert_eq!(window.app().active_tab().unwrap().id, session);
    press(&mut window, Key::W);
    assert_eq!(window.app().statuses().count(), tabs - 1);
    assert!(!window.has("Close without saving"));
}

#[test]
fn every_format_has_the_right_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = server(&mut window);
    let at = |name: &str| folder.path().join(name);
    save_and_wait(&mut window, "Recording", &at("all.pcapng"));
    let all = snapshot(&at("all.pcapng"));
    save_and_wait(&mut window, "JSON lines", &at("all.jsonl"));
    assert_eq!(fs::read(at("all.jsonl")).unwrap(), exported(&all, Format::JsonLines));
    // An ending that is missing is added.
    save(&mut window, "CSV", &at("all"));
    window.wait("the message", |window| window.has("Dismiss message"));
    window.click("Dismiss message");
    assert_eq!(fs::read(at("all.csv")).unwrap(), exported(&all, Format::Csv));
    window.click("Save recording");
    window.choose("Format", "Text file");
    window.click("As hex");
    window.fill("Save as", &at("all.txt").display().to_string());
    window.click("Save");
    window.wait("the message", |window| window.has("Dismiss message"));
    window.click("Dismiss message");
    assert_eq!(fs::read(at("all.txt")).unwrap(), exported(&all, Format::Text(Content::Hex)));
    save_and_wait(&mut window, "Raw bytes", &at("raw"));
    let files: BTreeMap<_, _> = fs::read_dir(at("raw"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    let sent = [&b"first\n\0\xFF="[..], "第三\n".as_bytes()].concat();
    assert_eq!(files, BTreeMap::from([("raw.c1.in.bin".to_owned(), sent)]));
}

#[test]
fn what_the_filter_shows_is_exported_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    write(Destination::File(file.clone()));
    let mut window = Window::at(folder.path(), Vec::new());
    open_in(&mut window, &file);
    window.wait("the records", |window| window.shows_row("record 9"));
    press(&mut window, Key::F);
    window.click("Filter");
    window.choose("Filter direction", "Only sent");
    window.wait("the sent ones", |window| window.rows().len() == 5);
    let part = folder.path().join("sent.pcapng");
    window.click("Save recording");
    window.click("Only what the filter shows");
    window.fill("Save as", &part.display().to_string());
    window.click("Save");
    window.wait("the message", |window| window.has("Dismiss message"));
    window.click("Dismiss message");
    let (all, sent) = (snapshot(&file), snapshot(&part));
    assert_eq!((all.records(), sent.records()), (10, 5));
    let lines = |snapshot| {
        let lines = String::from_utf8(exported(snapshot, Format::JsonLines)).unwrap();
        lines.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let expected: Vec<_> = lines(&all).into_iter().skip(1).step_by(2).collect();
    assert_eq!(lines(&sent), expected);
    window.click("Save recording");
    window.choose("Format", "Raw bytes");
    window.click("Only what the filter shows");
    let raw = folder.path().join("sent");
    window.fill("Save as", &raw.display().to_string());
    window.click("Save");
    window.wait("the message", |window| window.has("Dismiss message"));
    let sent: String = [1, 3, 5, 7, 9].map(|number| format!("record {number}\n")).concat();
    assert_eq!(fs::read_to_string(raw.join("sent.c1.out.bin")).unwrap(), sent);
    assert!(!raw.join("sent.c1.in.bin").exists());
}

#[test]
fn a_session_of_which_a_part_was_saved_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = server(&mut window);
    press(&mut window, Key::F);
    window.click("Filter");
    window.choose("Filter direction", "Only sent");
    // What was received is hidden.
    window.wait("the rest", |window| window.rows().len() == 1);
    window.click("Save recording");
    window.click("Only what the filter shows");
    window.fill("Save as", &folder.path().join("part.pcapng").display().to_string());
    window.click("Save");
    window.wait("the message", |window| window.has("Dismiss message"));
    assert_eq!(snapshot(&folder.path().join("part.pcapng")).records(), 1);
    press(&mut window, Key::W);
    assert!(window.has("Close without saving"));
}

#[test]
fn nothing_is_replaced_without_asking_and_a_failure_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = server(&mut window);
    let path = folder.path().join("there.csv");
    fs::write(&path, "mine").unwrap();
    save(&mut window, "CSV", &path);
    window.wait("the question", |window| window.has("Replace"));
    window.click("Keep what is there");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    window.click("Save");
    window.wait("the question", |window| window.has("Replace"));
    window.click("Replace");
    window.wait("the message", |window| window.has("Dismiss message"));
    assert!(fs::read_to_string(&path).unwrap().contains("first"));
    let nowhere = folder.path().join("missing folder").join("a.pcapng");
    save(&mut window, "Recording", &nowhere);
    window.wait("the failure", |window| window.has("Dismiss failed save"));
    assert!(window.shows(&nowhere.display().to_string()));
}

#[test]
fn a_missing_a_damaged_and_a_foreign_file_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut window = Window::at(folder.path(), Vec::new());
    open_in(&mut window, &at("missing.pcapng"));
    window.wait("the failure", |window| window.has("Try again"));
    assert!(window.shows("Could not read") && !window.has("Start"));
    write(Destination::File(at("missing.pcapng")));
    window.click("Try again");
    window.wait("the records", |window| window.shows_row("record 9"));

    fs::write(at("notes.txt"), "these are no packets, but notes").unwrap();
    open_in(&mut window, &at("notes.txt"));
    window.wait("the failure", |window| window.shows("neither a recording nor a capture"));

    write(Destination::File(at("cut.pcapng")));
    let bytes = fs::read(at("cut.pcapng")).unwrap();
    fs::write(at("cut.pcapng"), &bytes[..bytes.len() - 5]).unwrap();
    open_in(&mut window, &at("cut.pcapng"));
    window.wait("what is whole", |window| window.shows_row("record 8"));
    assert!(window.shows("The end is cut: ") && !window.shows_row("record 9"));

    fs::write(at("other.pcap"), foreign_capture()).unwrap();
    open_in(&mut window, &at("other.pcap"));
    window.wait("the datagram", |window| window.shows_row("查询"));
    assert!(window.shows("1 packet is not shown: 1 × neither TCP nor UDP"), "what is left out is told");
    let recordings = || unfinished(&at("recordings")).len() + folders(&at("recordings"));
    assert_eq!(recordings(), 1);
    window.click("Close other.pcap");
    window.wait("what was made of it to go", |_| recordings() == 0);
    assert!(at("other.pcap").exists());
}

fn folders(parent: &Path) -> usize {
    fs::read_dir(parent).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
}

/// A big-endian capture of raw IP packets: a datagram, and a ping.
fn foreign_capture() -> Vec<u8> {
    let builder = || etherparse::PacketBuilder::ipv4([10, 0, 0, 7], [10, 0, 0, 1], 64);
    let (mut datagram, mut ping) = (Vec::new(), Vec::new());
    builder().udp(50_000, 53).write(&mut datagram, "查询".as_bytes()).unwrap();
    builder().icmpv4_echo_request(1, 1).write(&mut ping, b"ping").unwrap();
    let mut bytes =
        [&[0xA1, 0xB2, 0xC3, 0xD4, 0, 2, 0, 4][..], &[0; 8], &[0, 1, 0, 0, 0, 0, 0, 101]].concat();
    for packet in [&datagram, &ping] {
        for value in [1_700_000_000, 0, packet.len() as u32, packet.len() as u32] {
            bytes.extend(value.to_be_bytes());
        }
        bytes.extend(packet);
    }
    bytes
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it like this".into())
    }
}

#[test]
fn what_is_dropped_opens_and_comes_back_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(Destination::File(at("one.pcapng")));
    write(Destination::File(at("two.pcapng")));
    let mut window = Window::at(folder.path(), Vec::new());
    for name in ["one.pcapng", "two.pcapng"] {
        window.harness.input_mut().dropped_files.push(Arc::new(Dropped(at(name))));
    }
    window.harness.run_steps(2);
    window.wait("the second", |window| window.shows_row("record 9"));
    assert!(window.has("Tab one.pcapng") && window.has("Tab two.pcapng"));
    drop(window);
    fs::remove_file(at("two.pcapng")).unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.wait("the one that is gone", |window| window.shows("Could not read"));
    window.click("Tab one.pcapng");
    window.wait("the other one", |window| window.shows_row("record 9"));
}

#[test]
fn what_was_left_behind_is_offered_until_it_is_saved_or_deleted() {
    let folder = tempfile::tempdir().unwrap();
    leave_behind(folder.path());
    let mut window = Window::at(folder.path(), Vec::new());
    window.wait("the offer", |window| window.has("Open unfinished TCP server :7788"));
    assert!(window.shows("127.0.0.1:7788"));
    window.click("Later");
    assert!(!window.has("Open unfinished TCP server :7788"));
    drop(window);

    let mut window = Window::at(folder.path(), Vec::new());
    window.wait("the offer", |window| window.has("Open unfinished TCP server :7788"));
    window.click("Open unfinished TCP server :7788");
    window.wait("the records", |window| window.shows_row("record 9"));
    assert!(window.has("Recovered") && !window.has("Later"));
    assert!(unfinished(&folder.path().join("recordings")).is_empty(), "it is in use");
    window.click("Close TCP server :7788");
    window.wait("the offer again", |window| window.has("Open unfinished TCP server :7788"));
    window.click("Save unfinished TCP server :7788");
    window.wait("the records", |window| window.shows_row("record 9"));
    let path = folder.path().join("saved.pcapng");
    window.fill("Save as", &path.display().to_string());
    window.wait("all to be known", |window| window.is_enabled("Save"));
    window.click("Save");
    window.wait("the message", |window| window.has("Dismiss message"));
    assert_eq!(snapshot(&path).records(), 10);
    window.click("Close TCP server :7788");
    window.wait("it to go", |_| folders(&folder.path().join("recordings")) == 0);

    drop(window);
    leave_behind(folder.path());
    let mut window = Window::at(folder.path(), Vec::new());
    window.wait("the offer", |window| window.has("Delete unfinished TCP server :7788"));
    window.click("Delete unfinished TCP server :7788");
    window.click("Keep unfinished TCP server :7788");
    assert_eq!(folders(&folder.path().join("recordings")), 1);
    window.click("Delete unfinished TCP server :7788");
    window.click("Delete unfinished TCP server :7788 now");
    window.wait("it to go", |_| folders(&folder.path().join("recordings")) == 0);
}

#[test]
fn closing_what_is_not_saved_asks() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _first = server(&mut window);
    press(&mut window, Key::W);
    window.click("Do not close");
    assert_eq!(window.app().statuses().count(), 1);
    press(&mut window, Key::W);
    window.click("Save first");
    let path = folder.path().join("kept.pcapng");
    window.fill("Save as", &path.display().to_string());
    window.click("Save");
    window.wait("the tab to close", |window| window.app().statuses().count() == 0);
    let saved = snapshot(&path);
    let mut cursor = Cursor::new(saved.clone());
    let last = cursor.previous(saved.end()).unwrap().unwrap();
    assert_eq!(cursor.read(last).unwrap().unwrap().record.payload, "第三\n".as_bytes());

    let peer = server(&mut window);
    press(&mut window, Key::W);
    window.click("Do not ask again");
    window.click("Close without saving");
    assert_eq!(window.app().statuses().count(), 0);
    drop(peer);
    let _peer = server(&mut window);
    press(&mut window, Key::W);
    assert_eq!(window.app().statuses().count(), 0, "it is not asked again");
    window.wait("the recordings to go", |_| folders(&folder.path().join("recordings")) == 0);
}

/// Presses the window's own button to close, and tells what the window asks of the system.
fn close_window(window: &mut Window) -> Vec<ViewportCommand> {
    let input = window.harness.input_mut();
    input.viewports.get_mut(&ViewportId::ROOT).unwrap().events.push(ViewportEvent::Close);
    window.harness.step();
    let commands = commands(window);
    window.harness.input_mut().viewports.get_mut(&ViewportId::ROOT).unwrap().events.clear();
    window.harness.run_steps(2);
    commands
}

fn commands(window: &Window) -> Vec<ViewportCommand> {
    window.harness.output().viewport_output[&ViewportId::ROOT].commands.clone()
}

#[test]
fn quitting_asks_once_for_all_tabs() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    assert!(close_window(&mut window).is_empty(), "there is nothing to save");
    let _first = server(&mut window);
    let _second = server(&mut window);
    assert_eq!(close_window(&mut window), [ViewportCommand::CancelClose]);
    window.click("Do not close");
    assert!(!window.has("Save first"));
    assert_eq!(close_window(&mut window), [ViewportCommand::CancelClose]);
    // The first one as a table, which is all the user wants of it; the second one is asked for again.
    window.click("Save first");
    window.choose("Format", "CSV");
    window.fill("Save as", &folder.path().join("first.csv").display().to_string());
    window.click("Save");
    let mut asked = Vec::new();
    window.wait("the window to close", |window| {
        asked.extend(commands(window));
        asked.contains(&ViewportCommand::Close)
    });
    assert!(folder.path().join("first.csv").exists());
    assert_eq!(close_window(&mut window), [ViewportCommand::CancelClose]);
    assert_eq!(window.app().statuses().count(), 2, "both come back at the next start");
    window.harness.get_by_label("Close without saving").click();
    let mut asked = Vec::new();
    window.wait("the window to close", |window| {
        asked.extend(commands(window));
        asked.contains(&ViewportCommand::Close)
    });
    assert!(close_window(&mut window).is_empty(), "it is let go now");
}

#[test]
fn a_signal_asks_nobody_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = server(&mut window);
    window.harness.state_mut().as_mut().unwrap().end_now();
    assert!(close_window(&mut window).is_empty());
    drop(window);
    let mut window = Window::at(folder.path(), Vec::new());
    window.wait("the offer", |window| window.shows("left behind"));
}

#[test]
fn the_dialogs_have_the_keys() {
    let mut window = Window::new();
    let _peer = server(&mut window);
    press(&mut window, Key::S);
    assert!(window.value("Save as").ends_with(".pcapng"));
    press(&mut window, Key::N);
    assert_eq!(window.app().statuses().count(), 1, "shortcuts wait for the dialog");
    window.harness.key_press(Key::Escape);
    window.harness.run_steps(3);
    assert!(!window.has("Save as"));
    window.click("Open recording");
    assert!(!window.is_enabled("Open"));
    window.harness.key_press(Key::Escape);
    window.harness.run_steps(3);
    assert!(!window.has("File to open"));
}

#[test]
fn marks_on_a_file_are_saved_with_it_and_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    write(Destination::File(file.clone()));
    let mut window = Window::at(folder.path(), Vec::new());
    open_in(&mut window, &file);
    window.wait("the records", |window| window.shows_row("record 9"));
    let row = window.rows().into_iter().find(|row| row.contains("record 3")).unwrap();
    let head = window.harness.get_by_label(&row).rect().center_top() + eframe::egui::vec2(0.0, 6.0);
    window.harness.hover_at(head);
    window.harness.drag_at(head);
    window.harness.drop_at(head);
    window.harness.run_steps(3);
    press(&mut window, Key::B);
    window.wait("the mark", |window| window.shows_row("★"));
    press(&mut window, Key::W);
    window.click("Save first");
    // A file cannot become itself with marks; the failure says what to do.
    window.fill("Save as", &file.display().to_string());
    window.click("Save");
    window.wait("the question", |window| window.has("Replace"));
    window.click("Replace");
    window.wait("the failure", |window| window.has("Dismiss failed save"));
    assert!(window.shows("a file of the recording itself") && window.has("Tab run.pcapng"));
    let marked = folder.path().join("marked.pcapng");
    save_and_wait(&mut window, "Recording", &marked);
    press(&mut window, Key::W);
    assert!(!window.has("Tab run.pcapng"), "it is saved now");
    assert_eq!(snapshot(&marked).marks().len(), 1);
    assert_eq!(snapshot(&marked).records(), 10);
}
