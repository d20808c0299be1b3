//! Files that are sent from the window.

use crate::fixture::{Window, read_exactly};
use eframe::egui::{Key, Modifiers};
use std::fs;
use std::time::{Duration, Instant};
use wirelab::model::OutgoingState;

fn states(window: &Window) -> Vec<OutgoingState> {
    window.status().outgoing.iter().map(|outgoing| outgoing.state.clone()).collect()
}

#[test]
fn a_file_is_sent_as_the_dialog_says_and_shown_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("firmware.txt");
    fs::write(&path, "41 42\n43\n").unwrap();
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    window.tool_of_composer("Send file");
    window.fill("File to send", &path.display().to_string());
    window.click("As hex text");
    window.fill("Chunk", "1");
    window.fill("Gap", "30 ms");
    let began = Instant::now();
    window.click("Send this file");
    assert!(!window.has("File to send"), "the dialog is closed");
    window.wait("the strip", |window| window.shows("firmware.txt"));
    assert_eq!(read_exactly(&mut peer, 3), b"ABC");
    assert!(began.elapsed() >= Duration::from_millis(60), "{:?}", began.elapsed());
    window.wait("its end", |window| states(window) == [OutgoingState::Done]);
    assert_eq!(window.status().traffic.records_out, 3, "a write for each chunk");
}

#[test]
fn a_file_can_be_stopped_and_one_that_is_missing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.bin");
    fs::write(&path, vec![7; 1_000_000]).unwrap();
    let mut window = Window::new();
    let _peer = window.server_with_peer();
    window.tool_of_composer("Send file");
    window.fill("File to send", &path.display().to_string());
    window.fill("Rate", "1 kB/s");
    window.click("Send this file");
    window.wait("that it runs", |window| states(window) == [OutgoingState::Running]);
    window.click("Stop sending");
    window.wait("its end", |window| states(window) == [OutgoingState::Stopped]);
    window.tool_of_composer("Send file");
    window.fill("File to send", &folder.path().join("missing").display().to_string());
    window.click("Send this file");
    let failed =
        |window: &Window| states(window).iter().any(|state| matches!(state, OutgoingState::Failed(_)));
    window.wait("the failure", failed);
}

#[test]
fn what_cannot_be_done_is_not_sent_and_escape_closes_the_dialog() {
    let mut window = Window::new();
    let _peer = window.server_with_peer();
    window.tool_of_composer("Send file");
    assert!(!window.is_enabled("Send this file"), "there is no path");
    window.fill("File to send", "some file");
    assert!(window.is_enabled("Send this file"));
    for field in ["Chunk", "Gap", "Rate"] {
        window.fill(field, "nonsense");
        assert!(!window.is_enabled("Send this file"), "{field}");
        window.fill(field, "");
    }
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("File to send"));
    assert!(window.status().outgoing.is_empty());
}
