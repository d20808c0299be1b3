//! Few clicks to the first byte, head lines, the count of new records, and questions before data is lost.

use crate::fixture::{DEADLINE, Window, connect, write_records};
use eframe::egui::{Event, Key, Modifiers, Role, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::fs::OpenOptions;
use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};
use wirelab::capture::Destination;
use wirelab::model::SessionState;

const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

fn in_data(window: &mut Window, key: Key) {
    window.focus_data();
    window.press(Modifiers::NONE, key);
}

/// A window in which a new server proposes a free port: tabs use those before it.
fn window_with_a_free_port(folder: &Path) -> (Window, u16) {
    let is_free = |port: &u16| TcpListener::bind(("0.0.0.0", *port)).is_ok();
    let port = (7788..7888).find(is_free).expect("a hundred ports are taken");
    let tab = |port: u16| format!("[[tabs]]\nkind = \"tcp-server\"\nlocal_port = \"{port}\"\n");
    let tabs: String = (7788..port).map(tab).collect();
    std::fs::write(folder.join("settings.toml"), tabs).unwrap();
    (Window::at(folder, Vec::new()), port)
}

#[test]
fn three_clicks_lead_to_the_first_byte() {
    let folder = tempfile::tempdir().unwrap();
    let deadline = Instant::now() + DEADLINE;
    let (mut window, port) = loop {
        let (mut window, port) = window_with_a_free_port(folder.path());
        window.harness.run_steps(2);
        for name in ["New session", "TCP server", "Start"] {
            window.click(name);
        }
        let is_decided = |state| matches!(state, SessionState::Listening | SessionState::Closed(_));
        window.wait("listening", |window| is_decided(window.status().state));
        if window.status().state == SessionState::Listening {
            break (window, port);
        }
        // Another program took the port meanwhile.
        assert!(Instant::now() < deadline, "{:?}", window.status());
    };
    assert_eq!(window.status().local.unwrap().port(), port);
    let mut peer = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), DEADLINE).unwrap();
    peer.write_all(b"!").unwrap();
    window.wait("the byte", |window| window.shows_row(" 1 B: !"));
}

#[test]
fn a_head_line_has_time_direction_peer_and_size() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peer = connect(address);
    let before = chrono::Local::now().time();
    window.receive(&mut peer, &[b'x'; 1234]);
    window.wait("the record", |window| window.shows_row("xxx"));
    window.fill("Payload", "answer");
    window.click("Send");
    window.wait("the answer", |window| window.shows_row("answer"));
    let after = chrono::Local::now().time();
    let peer = peer.local_addr().unwrap();
    for (content, head) in [
        ("xxx", format!(" received from {peer} 1,234 B: xxx")),
        ("answer", format!(" sent to {peer} 6 B: answer")),
    ] {
        let row = window.rows().into_iter().find(|row| row.contains(content)).unwrap();
        let (time, rest) = row.split_at(12);
        assert!(rest.starts_with(&head), "{row}");
        let time =
            chrono::NaiveTime::parse_from_str(time, "%H:%M:%S%.3f").unwrap_or_else(|_| panic!("{row}"));
        // Times are in milliseconds; around midnight the day changes.
        let millisecond = chrono::Duration::milliseconds(1);
        assert!(before > after || before - millisecond <= time && time <= after, "{before} {row} {after}");
    }
}

#[test]
fn jump_to_newest_counts_new_records() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peer = connect(address);
    for number in 0..60 {
        window.receive(&mut peer, format!("line {number:02}\n").as_bytes());
    }
    in_data(&mut window, Key::Home);
    let new = |window: &Window| {
        window.harness.get_by_label("Jump to newest").accesskit_node().description().unwrap()
    };
    assert_eq!(new(&window), "Jump to newest", "nothing is new yet");
    for number in 60..63 {
        window.receive(&mut peer, format!("line {number:02}\n").as_bytes());
    }
    assert_eq!(new(&window), "3 new");
    window.receive(&mut peer, b"line 63\n");
    assert_eq!(new(&window), "4 new");
    window.click("Jump to newest");
    window.wait("the newest", |window| window.shows_row("line 63"));
    in_data(&mut window, Key::Home);
    assert_eq!(new(&window), "Jump to newest", "they were seen");
}

#[test]
fn the_status_line_counts_both_directions_with_rates() {
    let mut window = Window::new();
    let address = window.start("UDP");
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    for total in 1..=3 {
        peer.send_to(&[b'x'; 500], address).unwrap();
        window.wait("the datagram", |window| window.status().traffic.records_in == total);
    }
    let rate = |window: &Window, begin: &str| {
        let labels =
            window.harness.query_all_by_role(Role::Label).filter_map(|node| node.accesskit_node().value());
        labels.filter_map(|label| Some(label.strip_prefix(begin)?.strip_suffix("/s")?.to_owned())).next()
    };
    // A rate is shown for a second and then falls to zero. On a busy machine that may be over before the next frame:
    // then another datagram is sent.
    let received = |records: u32| format!("RX {:.2} kB · {records} records · ", f64::from(records) * 0.5);
    let mut records = 3;
    let mut last_sent = Instant::now();
    window.wait("a rate", |window| {
        let rate = rate(window, &received(records));
        if rate.as_deref() == Some("0 B") && last_sent.elapsed() > Duration::from_secs(2) && records < 19 {
            peer.send_to(&[b'x'; 500], address).unwrap();
            records += 1;
            last_sent = Instant::now();
        }
        rate.is_some_and(|rate| rate != "0 B")
    });
    window.choose("To", "To last peer");
    window.fill("Payload", "answer");
    window.click("Send");
    window.wait("the answer", |window| rate(window, "TX 6 B · 1 record · ").is_some());
    window.wait("no rate", |window| rate(window, &received(records)).as_deref() == Some("0 B"));
    // Drops of the system are counted, or reported as unknown.
    assert!(window.has("dropped 0") || window.has("dropped: unknown"));
    let recorded = (f64::from(records) * 500.0 + 6.0) / 1000.0;
    assert!(window.has(&format!("recorded {recorded:.2} kB")));
}

/// A server whose peer has connected and left without data, and a note on that.
fn server_with_a_note(window: &mut Window) {
    let address = window.start_server();
    drop(connect(address));
    window.wait("the end", |window| window.rows().iter().any(|row| row.contains("closed by the peer")));
    window.focus_data();
    window.press(Modifiers::COMMAND, Key::A);
    window.press(CTRL_SHIFT, Key::B);
    window.harness.event(Event::Text("it gave up".into()));
    window.press(Modifiers::NONE, Key::Enter);
    window.wait("the note", |window| window.shows_row("it gave up"));
}

#[test]
fn closing_a_session_with_only_notes_asks() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    server_with_a_note(&mut window);
    assert_eq!(window.status().recording.data_recorded, 0);
    window.press(Modifiers::COMMAND, Key::W);
    assert!(window.has("Close without saving"), "it is asked");
    window.click("Do not close");
    // Once saved, it does not ask.
    window.tool("Save recording");
    window.save_as(&folder.path().join("noted.pcapng"));
    window.wait_for_message();
    window.press(Modifiers::COMMAND, Key::W);
    assert!(!window.has("Close without saving") && window.app().statuses().count() == 0);
}

#[test]
fn the_choice_not_to_be_asked_again_needs_a_save() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let address = window.start_server();
    let mut peer = connect(address);
    window.receive(&mut peer, b"precious\n");
    window.tool("Save recording");
    window.click("Do not ask again");
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Save as"));
    window.press(Modifiers::COMMAND, Key::W);
    assert!(window.has("Close without saving"), "nothing was decided");
    window.click("Do not close");
    window.tool("Save recording");
    window.click("Do not ask again");
    window.save_as(&folder.path().join("kept.pcapng"));
    window.wait_for_message();
    window.receive(&mut peer, b"less so\n");
    window.press(Modifiers::COMMAND, Key::W);
    assert!(!window.has("Close without saving") && window.app().statuses().count() == 0);
}

/// The numbers of the lines in view.
fn lines(window: &Window) -> Vec<usize> {
    let number = |row: &String| row.split("line ").nth(1)?.get(..3)?.parse().ok();
    window.rows().iter().filter_map(number).collect()
}

#[test]
fn a_filtered_view_scrolls_over_its_records_only() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut peer = connect(address);
    for number in 0..200 {
        // Every other line is longer.
        let end = if number % 2 == 1 { " and longer\n" } else { "\n" };
        window.receive(&mut peer, format!("line {number:03}{end}").as_bytes());
    }
    window.press(Modifiers::COMMAND, Key::F);
    window.click("Filter");
    window.fill("Least bytes", "10");
    window.wait("half of them", |window| window.has("100 records"));
    in_data(&mut window, Key::End);
    assert_eq!(lines(&window).last(), Some(&199));
    in_data(&mut window, Key::Home);
    assert_eq!(lines(&window).first(), Some(&1), "{:?}", window.rows());
    // Page by page to the end and back, each line is shown.
    for (key, last) in [(Key::PageDown, 199), (Key::PageUp, 1)] {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let shown = lines(&window);
            assert!(shown.iter().all(|number| number % 2 == 1) && !shown.is_empty(), "{shown:?}");
            seen.extend(shown);
            in_data(&mut window, key);
            if lines(&window).contains(&last) {
                break;
            }
        }
        seen.extend(lines(&window));
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), (1..200).step_by(2).collect::<Vec<_>>(), "{key:?}");
    }
    // The wheel, too.
    in_data(&mut window, Key::Home);
    let middle = window.harness.get_by_role(Role::Table).rect().center();
    window.harness.hover_at(middle);
    window.harness.event(Event::MouseWheel {
        unit: eframe::egui::MouseWheelUnit::Point,
        delta: vec2(0.0, -400.0),
        phase: eframe::egui::TouchPhase::Move,
        source: eframe::egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    window.wait("lower ones", |window| lines(window).first().is_some_and(|&first| first > 1));
    assert!(lines(&window).iter().all(|number| number % 2 == 1));
}

/// A file with records of 4 KB, open in a tab and indexed.
fn open_file(folder: &Path) -> (Window, std::path::PathBuf) {
    let file = folder.join("run.pcapng");
    let text = |number: u64| format!("line {number:03} ").repeat(440) + "\n";
    write_records(Destination::file(file.clone()).unwrap(), (0..150).map(text));
    let mut window = Window::at(folder, Vec::new());
    window.harness.run_steps(2);
    window.harness.state_mut().as_mut().unwrap().open_files(std::slice::from_ref(&file));
    window.wait("all of it", |window| window.has("150 records") && window.shows_row("line 149"));
    (window, file)
}

#[test]
fn a_file_truncated_while_shown_reports_it_below_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, file) = open_file(folder.path());
    let whole = std::fs::metadata(&file).unwrap().len();
    OpenOptions::new().write(true).open(&file).unwrap().set_len(whole / 2).unwrap();
    in_data(&mut window, Key::Home);
    assert_eq!(lines(&window).first(), Some(&0));
    // Nothing is cached.
    window.choose("Encoding", "GBK");
    in_data(&mut window, Key::End);
    window.wait("the reason", |window| window.shows("Could not read"));
    assert!(window.shows("If there is another copy of the file, use that."), "and what to do");
    let last = lines(&window).last().copied();
    assert!(last.is_some_and(|last| (60..80).contains(&last)), "up to where it ends: {:?}", lines(&window));
    in_data(&mut window, Key::Home);
    assert!(lines(&window).first() == Some(&0) && !window.shows("Could not read"));
    // It can be closed, and opened again with the rest.
    window.click("Close run.pcapng");
    window.harness.state_mut().as_mut().unwrap().open_files(&[file]);
    window.wait("what is left", |window| window.shows("The end is truncated") && !lines(window).is_empty());
}

#[test]
fn a_file_deleted_while_shown_can_be_read_and_saved() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, file) = open_file(folder.path());
    std::fs::remove_file(&file).unwrap();
    in_data(&mut window, Key::Home);
    window.choose("Encoding", "GBK");
    assert_eq!(lines(&window).first(), Some(&0));
    in_data(&mut window, Key::End);
    assert!(lines(&window).last() == Some(&149) && !window.shows("Could not read"));
    // The shown part can be copied, and everything saved.
    window.press(Modifiers::COMMAND, Key::A);
    assert!(window.copy().is_some_and(|text| text.contains("line 000")));
    let saved = folder.path().join("saved.pcapng");
    window.tool("Save recording");
    window.save_as(&saved);
    window.wait_for_message();
    assert!(std::fs::metadata(&saved).unwrap().len() > 150 * 4000);
}
