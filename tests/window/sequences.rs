//! Sequences in the window: lists and groups that are run, files, the running step, and how runs end.

use crate::fixture::{Window, connect, read_exactly};
use eframe::egui::{Key, Modifiers};
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use wirelab::model::OutgoingState;

const PUMP: &str = r#"
name = "Pump"
[[items]]
name = "Identify"
group = "Start-up"
payload = "ID?"
[[items]]
name = "Read"
group = "Polling"
format = "hex"
payload = "01 03 00 0A 00 01"
checksum = "CRC-16/MODBUS"
delay = "1ms"
[[items]]
name = "Skipped"
group = "Polling"
payload = "never"
takes_part = false
[[items]]
name = "Bye"
group = "Polling"
payload = "BYE"
"#;

const FRAME: [u8; 8] = [0x01, 0x03, 0x00, 0x0A, 0x00, 0x01, 0xA4, 0x08];

/// A window with a list, a server tab and a client of it, and the panel of lists.
fn window(folder: &Path, list: &str) -> (Window, TcpStream) {
    let lists = folder.join("lists");
    std::fs::create_dir_all(&lists).unwrap();
    std::fs::write(lists.join("pump.toml"), list).unwrap();
    let mut window = Window::at(folder, Vec::new());
    let peer = connect(window.start_server());
    window.wait("the peer", |window| window.status().connections.len() == 1);
    window.press(Modifiers::COMMAND, Key::K);
    (window, peer)
}

#[test]
fn a_group_and_a_list_are_run_in_order_with_who_takes_part() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, mut peer) = window(folder.path(), PUMP);
    window.click("Run Polling");
    assert_eq!(read_exactly(&mut peer, 8), FRAME);
    assert_eq!(read_exactly(&mut peer, 3), b"BYE");
    window.wait("the toast", |window| window.shows("Polling passed"));
    window.menu("List actions", "Run list");
    assert_eq!(read_exactly(&mut peer, 3), b"ID?");
    assert_eq!(read_exactly(&mut peer, 8), FRAME);
    assert_eq!(read_exactly(&mut peer, 3), b"BYE");
    window.wait("the toast", |window| window.shows("Pump passed"));
    // The one before has left the strip.
    window.wait("one run", |window| window.status().outgoing.len() == 1);
    assert!(window.shows_row("Sequence Pump passed: 3 steps"));
}

#[test]
fn a_file_is_run_its_step_is_shown_and_its_failure_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, mut peer) = window(folder.path(), PUMP);
    let file = folder.path().join("self test.toml");
    let path = file.display().to_string();
    std::fs::write(&file, "[[steps]]\npayload = \"a\"\n\nfromat = \"hex\"\n").unwrap();
    window.menu("List actions", "Run sequence");
    window.fill("List file", &path);
    window.click("Run sequence file");
    window.wait("the error", |window| window.shows("Line 4, column 1: 'fromat' is not a key here"));
    // In GBK, as an editor may have saved it.
    std::fs::write(&file, b"[[steps]]\npayload = \"\xC4\xE3\"\n").unwrap();
    window.click("Run sequence file");
    window.wait("the error", |window| window.shows("the file is not UTF-8"));
    let good = "name = \"Self test\"\n[[steps]]\nname = \"ask\"\npayload = \"ID?\"\nwait = { text = \"PUMP\", within = \"1h\" }\n\
                [[steps]]\nname = \"again\"\npayload = \"ID?\"\nwait = { text = \"OK\", within = \"50ms\" }\n";
    std::fs::write(&file, good).unwrap();
    window.click("Run sequence file");
    window.wait("the step", |window| window.shows("step 1 of 2"));
    assert_eq!(read_exactly(&mut peer, 3), b"ID?");
    peer.write_all(b"PUMP").unwrap();
    assert_eq!(read_exactly(&mut peer, 3), b"ID?");
    let is_failed = |window: &Window| {
        window.status().outgoing.iter().any(|run| matches!(run.state, OutgoingState::Failed(_)))
    };
    window.wait("the failure", is_failed);
    window.wait("the toast", |window| {
        window.shows("The sequence Self test failed: step 2 (again) had no matching answer within 50ms")
    });
    // It is offered again, and remembered for the next start.
    window.menu("List actions", &format!("Run {path}"));
    window.wait("the run", |window| window.status().outgoing.iter().any(|run| !run.state.has_ended()));
    assert_eq!(read_exactly(&mut peer, 3), b"ID?");
    window.click("Stop sending");
    window.wait("the stop", |window| {
        window.status().outgoing.iter().any(|run| run.state == OutgoingState::Stopped)
    });
    drop(window);
    let settings = std::fs::read_to_string(folder.path().join("settings.toml")).unwrap();
    assert!(settings.contains("self test.toml"), "{settings}");
}

#[test]
fn what_cannot_be_run_is_told_and_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = "name = \"Pump\"\n[[items]]\nname = \"ok\"\ngroup = \"A\"\npayload = \"x\"\n\
                 [[items]]\nname = \"bad\"\ngroup = \"A\"\nformat = \"hex\"\npayload = \"0G\"\n\
                 [[items]]\nname = \"off\"\ngroup = \"B\"\npayload = \"y\"\ntakes_part = false\n\
                 [[items]]\nname = \"asks\"\ngroup = \"C\"\npayload = \"${ask:N:u8:1..9}\"\ntemplate = true\n";
    let (mut window, _peer) = window(folder.path(), wrong);
    for (group, words) in
        [("A", "A was not run. bad: 'G'"), ("B", "no commands that take part"), ("C", "asks for a value")]
    {
        window.click(&format!("Run {group}"));
        assert!(window.shows(words), "{group}");
    }
    assert_eq!(window.status().outgoing.len(), 0);
    assert_eq!(window.status().traffic.bytes_out, 0);
    // Nothing is run in a tab that is not open.
    window.client_of(9);
    window.press(Modifiers::COMMAND, Key::K);
    assert!(!window.is_enabled("Run A"));
}
