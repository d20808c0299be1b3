//! Saving, exporting and opening in the window.

use crate::fixture::{
    Window, folders, long_text, snapshot, ten_records, three_records, write_records, write_ten,
};
use eframe::egui::{DroppedFile, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wirelab::capture::{Destination, Snapshot, unfinished};
use wirelab::codec::Encoding;
use wirelab::export::{Content, Export, Format, Selection};
use wirelab::lang::Language;
use wirelab::model::PeerNames;

fn exported(snapshot: &Snapshot, format: Format) -> Vec<u8> {
    let mut out = Vec::new();
    let export = Export {
        snapshot: snapshot.clone(),
        selection: Selection::All,
        format,
        encodings: Encoding::Utf8.into(),
        names: PeerNames::default(),
        language: Language::English,
        frames: None,
        progress: &mut |_, _| std::ops::ControlFlow::Continue(()),
    };
    export.to_writer(&mut out).unwrap();
    out
}

#[test]
fn a_saved_recording_opens_and_shows_the_same_records() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = three_records(&mut window);
    let path = folder.path().join("kept.pcapng");
    window.save_and_wait("Recording", &path);
    let shown = window.rows();
    window.open(&path);
    window.wait("the records", |window| window.shows_row("第三"));
    assert_eq!(window.rows(), shown);
    window.wait("the count", |window| window.has("5 records"));
    assert!(window.has("Read only"));
    assert!(!window.has("Start") && !window.has("Payload"));
    window.click("More");
    assert!(window.is_enabled("Save recording"));
    window.click("More");
    // Searching works as in a session.
    window.press(Modifiers::COMMAND, Key::F);
    window.fill("Find", "第");
    window.wait("the match", |window| window.has("1 match"));
    // Opening the same file again shows its tab.
    let tabs = window.app().statuses().count();
    window.open(&path);
    assert_eq!(window.app().statuses().count(), tabs);
    // The saved session closes without a question.
    let session = window.app().tab_at(0).unwrap();
    window.press(Modifiers::COMMAND, Key::Num1);
    assert_eq!(window.app().active_tab().unwrap().id, session);
    window.press(Modifiers::COMMAND, Key::W);
    assert_eq!(window.app().statuses().count(), tabs - 1);
    assert!(!window.has("Close without saving"));
}

#[test]
fn each_format_has_the_right_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = three_records(&mut window);
    let at = |name: &str| folder.path().join(name);
    window.save_and_wait("Recording", &at("all.pcapng"));
    let all = snapshot(&at("all.pcapng"));
    window.save_and_wait("JSON lines", &at("all.jsonl"));
    assert_eq!(fs::read(at("all.jsonl")).unwrap(), exported(&all, Format::JsonLines));
    // A missing ending is added.
    window.save("CSV", &at("all"));
    window.wait_for_message();
    assert_eq!(fs::read(at("all.csv")).unwrap(), exported(&all, Format::Csv));
    window.tool("Save recording");
    window.choose("Format", "Text file");
    window.click("As hex");
    window.save_as(&at("all.txt"));
    window.wait_for_message();
    assert_eq!(fs::read(at("all.txt")).unwrap(), exported(&all, Format::Text(Content::Hex)));
    window.save_and_wait("Raw bytes", &at("raw"));
    let files: BTreeMap<_, _> = fs::read_dir(at("raw"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    let sent = [&b"first\n\0\xFF="[..], "第三\n".as_bytes()].concat();
    assert_eq!(files, BTreeMap::from([("raw.c1.in.bin".to_owned(), sent)]));
}

#[test]
fn filtered_records_are_exported_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, file) = ten_records(folder.path());
    window.press(Modifiers::COMMAND, Key::F);
    window.click("Filter");
    window.choose("Filter direction", "Only sent");
    window.wait("the sent ones", |window| window.rows().len() == 5);
    let part = folder.path().join("sent.pcapng");
    window.tool("Save recording");
    window.click("Only records that match the filter");
    window.save_as(&part);
    window.wait_for_message();
    let (all, sent) = (snapshot(&file), snapshot(&part));
    assert_eq!((all.records(), sent.records()), (10, 5));
    let lines = |snapshot| {
        let lines = String::from_utf8(exported(snapshot, Format::JsonLines)).unwrap();
        lines.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let expected: Vec<_> = lines(&all).into_iter().skip(1).step_by(2).collect();
    assert_eq!(lines(&sent), expected);
    window.tool("Save recording");
    window.choose("Format", "Raw bytes");
    window.click("Only records that match the filter");
    let raw = folder.path().join("sent");
    window.save_as(&raw);
    window.wait("the message", |window| window.has("Dismiss message"));
    let sent: String = [1, 3, 5, 7, 9].map(|number| format!("record {number}\n")).concat();
    assert_eq!(fs::read_to_string(raw.join("sent.c1.out.bin")).unwrap(), sent);
    assert!(!raw.join("sent.c1.in.bin").exists());
}

#[test]
fn a_partly_saved_session_is_unsaved() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = three_records(&mut window);
    window.press(Modifiers::COMMAND, Key::F);
    window.click("Filter");
    window.choose("Filter direction", "Only sent");
    // Received records are hidden.
    window.wait("the rest", |window| window.rows().len() == 1);
    window.tool("Save recording");
    window.click("Only records that match the filter");
    window.save_as(&folder.path().join("part.pcapng"));
    window.wait("the message", |window| window.has("Dismiss message"));
    assert_eq!(snapshot(&folder.path().join("part.pcapng")).records(), 1);
    window.press(Modifiers::COMMAND, Key::W);
    assert!(window.has("Close without saving"));
}

#[test]
fn replacing_a_file_asks_and_a_failure_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = three_records(&mut window);
    let path = folder.path().join("there.csv");
    fs::write(&path, "mine").unwrap();
    window.save("CSV", &path);
    window.wait("the question", |window| window.has("Replace"));
    window.click("Keep what is there");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    window.click("Save");
    window.wait("the question", |window| window.has("Replace"));
    window.click("Replace");
    window.wait("the message", |window| window.has("Dismiss message"));
    assert!(fs::read_to_string(&path).unwrap().contains("first"));
    let nowhere = folder.path().join("missing folder").join("a.pcapng");
    window.save("Recording", &nowhere);
    window.wait("the failure", |window| window.has("Dismiss failed save"));
    assert!(window.shows(&nowhere.display().to_string()));
}

#[test]
fn missing_damaged_and_foreign_files_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut window = Window::at(folder.path(), Vec::new());
    window.open(&at("missing.pcapng"));
    window.wait("the failure", |window| window.has("Try again"));
    assert!(window.shows("Could not read") && !window.has("Start"));
    assert!(!window.has("Read only"), "nothing was read");
    write_ten(Destination::file(at("missing.pcapng")).unwrap());
    window.click("Try again");
    window.wait("the records", |window| window.shows_row("record 9"));

    fs::write(at("notes.txt"), "these are no packets, but notes").unwrap();
    window.open(&at("notes.txt"));
    window.wait("the failure", |window| window.shows("neither a recording nor a capture"));

    write_ten(Destination::file(at("cut.pcapng")).unwrap());
    let bytes = fs::read(at("cut.pcapng")).unwrap();
    fs::write(at("cut.pcapng"), &bytes[..bytes.len() - 5]).unwrap();
    window.open(&at("cut.pcapng"));
    window.wait("what is whole", |window| window.shows_row("record 8"));
    assert!(window.shows("The end is truncated: ") && !window.shows_row("record 9"));

    fs::write(at("other.pcap"), foreign_capture()).unwrap();
    window.open(&at("other.pcap"));
    window.wait("the datagram", |window| window.shows_row("查询"));
    assert!(window.shows("1 packet is not shown: 1 × neither TCP nor UDP"), "what is left out is told");
    let recordings = || unfinished(&at("recordings")).len() + folders(&at("recordings"));
    assert_eq!(recordings(), 1);
    window.click("Close other.pcap");
    window.wait("what was made of it to go", |_| recordings() == 0);
    assert!(at("other.pcap").exists());
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
fn dropped_files_open_and_are_restored() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_ten(Destination::file(at("one.pcapng")).unwrap());
    write_ten(Destination::file(at("two.pcapng")).unwrap());
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
fn dialogs_have_the_keyboard() {
    let mut window = Window::new();
    let _peer = three_records(&mut window);
    window.press(Modifiers::COMMAND, Key::S);
    assert!(window.value("Save as").ends_with(".pcapng"));
    window.press(Modifiers::COMMAND, Key::N);
    assert_eq!(window.app().statuses().count(), 1, "shortcuts wait for the dialog");
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Save as"));
    window.tool("Save recording");
    window.click("Cancel saving");
    assert!(!window.has("Save as") && !window.shows("Saving"));
    window.menu("New session", "Open recording");
    assert!(!window.is_enabled("Open"));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("File to open"));
    window.menu("New session", "Open recording");
    window.click("Cancel opening");
    assert!(!window.has("File to open") && window.app().statuses().count() == 1);
}

#[test]
fn a_cancelled_export_keeps_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_records(Destination::file(at("long.pcapng")).unwrap(), long_text().chunks(60_000));
    fs::write(at("there.csv"), "mine").unwrap();
    let names = || -> BTreeSet<_> {
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    let mut window = Window::at(folder.path(), Vec::new());
    window.open(&at("long.pcapng"));
    window.wait("the records", |window| window.shows_row("voltage") && !window.shows("reading: "));
    let before = names();
    window.save("CSV", &at("there.csv"));
    window.wait("the question", |window| window.has("Replace"));
    window.harness.get_by_label("Replace").click();
    window.wait("the job", |window| window.has("Cancel writing long.pcapng"));
    window.click("Cancel writing long.pcapng");
    window.wait("the message", |window| window.shows("Cancelled; nothing was saved as"));
    assert!(!window.shows("Saving long.pcapng"), "it has ended");
    assert_eq!(fs::read_to_string(at("there.csv")).unwrap(), "mine");
    assert_eq!(names(), before, "nothing half done is left");
}

#[test]
fn raw_bytes_ask_before_replacing_files() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, _) = ten_records(folder.path());
    let raw = folder.path().join("raw");
    window.save_and_wait("Raw bytes", &raw);
    fs::write(raw.join("raw.c1.in.bin"), "mine").unwrap();
    fs::write(raw.join("notes.txt"), "mine as well").unwrap();
    window.save("Raw bytes", &raw);
    window.wait("the question", |window| window.has("Replace"));
    assert!(window.shows("already has files with these names"));
    window.click("Keep what is there");
    assert_eq!(fs::read_to_string(raw.join("raw.c1.in.bin")).unwrap(), "mine");
    window.click("Save");
    window.wait("the question", |window| window.has("Replace"));
    window.click("Replace");
    window.wait_for_message();
    assert!(fs::read_to_string(raw.join("raw.c1.in.bin")).unwrap().starts_with("record 0\n"));
    assert_eq!(fs::read_to_string(raw.join("notes.txt")).unwrap(), "mine as well");
}

#[test]
fn a_path_in_quotes_is_opened_by_enter() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_ten(Destination::file(at("a b.pcapng")).unwrap());
    let mut window = Window::at(folder.path(), Vec::new());
    window.press(Modifiers::COMMAND, Key::O);
    window.fill("File to open", &format!(" \"{}\" ", at("a b.pcapng").display()));
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("the records", |window| window.shows_row("record 9"));
    assert!(window.has("Tab a b.pcapng"));
    window.tool("Save recording");
    window.fill("Save as", "relative.pcapng");
    assert!(!window.is_enabled("Save"), "nobody knows where that is");
    window.fill("Save as", &format!("\"{}\"", at("c d.pcapng").display()));
    window.field("Save as").focus();
    window.press(Modifiers::NONE, Key::Enter);
    window.wait_for_message();
    assert_eq!(snapshot(&at("c d.pcapng")).records(), 10);
}

#[test]
fn a_capture_without_tcp_and_udp_is_reported_as_empty() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.pcap");
    fs::write(&file, &foreign_capture()[..24]).unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.open(&file);
    window.wait("the reason", |window| window.shows("This file contains no TCP or UDP data"));
    assert!(!window.has("Try again") && window.rows().is_empty());
    window.click("Close empty.pcap");
    window.wait("what was made of it to go", |_| folders(&folder.path().join("recordings")) == 0);
}

#[test]
fn opening_can_be_cancelled_and_retried() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.pcap");
    // Enough packets for very many frames.
    let capture = foreign_capture();
    let (head, packets) = capture.split_at(24);
    fs::write(&file, [head, &packets.repeat(150_000)].concat()).unwrap();
    let recordings = || folders(&folder.path().join("recordings"));
    let mut window = Window::at(folder.path(), Vec::new());
    window.open(&file);
    window.wait("the progress", |window| window.has("Cancel opening file"));
    window.click("Cancel opening file");
    window.wait("the end of it", |window| window.has("Try again"));
    assert!(window.shows("Opening was cancelled.") && window.rows().is_empty());
    assert_eq!(recordings(), 0, "nothing half done is left");
    // Replaced by a shorter one.
    fs::write(&file, &capture).unwrap();
    window.click("Try again");
    window.wait("the datagram", |window| window.shows_row("查询"));
    assert!(!window.shows("Opening was cancelled."));
    // Closing the tab during opening leaves nothing behind.
    fs::write(&file, [head, &packets.repeat(150_000)].concat()).unwrap();
    window.click("Close long.pcap");
    window.open(&file);
    window.wait("the progress", |window| window.has("Cancel opening file"));
    window.click("Close long.pcap");
    assert_eq!(window.app().statuses().count(), 0);
    window.wait("what was made of it to go", |_| recordings() == 0);
}
