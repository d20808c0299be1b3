//! Files that are dropped onto the window: on the composer they are sent, elsewhere they are opened.

use crate::fixture::*;
use eframe::egui::{self, Pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wirelab::capture::Destination;
use wirelab::model::OutgoingState;

/// A file as winit hands it over.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it like this".into())
    }
}

/// Drags a file to a place, without dropping it.
fn drag(window: &mut Window, place: Pos2) {
    window.harness.hover_at(place);
    window.harness.input_mut().hovered_files.push(egui::HoveredFile::default());
    window.harness.run_steps(1);
}

fn drop_on(window: &mut Window, place: Pos2, paths: &[PathBuf]) {
    window.harness.hover_at(place);
    window.harness.input_mut().hovered_files.clear();
    for path in paths {
        window.harness.input_mut().dropped_files.push(Arc::new(Dropped(path.clone())));
    }
    window.harness.run_steps(3);
}

fn payload(window: &Window) -> Pos2 {
    window.field("Payload").rect().center()
}

fn data(window: &Window) -> Pos2 {
    payload(window) - vec2(0.0, 300.0)
}

fn hint(window: &Window) -> Option<String> {
    window.harness.query_by_label("Drop hint").and_then(|node| node.accesskit_node().value())
}

#[test]
fn a_file_that_is_dropped_on_the_payload_field_is_one_click_from_being_sent() {
    let folder = tempfile::tempdir().unwrap();
    // With blanks at its ends, which a typed path has not.
    let path = folder.path().join(" firmware .bin ");
    fs::write(&path, b"image").unwrap();
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    let place = payload(&window);
    drop_on(&mut window, place, std::slice::from_ref(&path));
    assert_eq!(window.value("File to send"), path.display().to_string());
    window.click("Send this file");
    assert_eq!(read_exactly(&mut peer, 5), b"image");
    let is_done = |window: &Window| {
        window.status().outgoing.iter().any(|outgoing| outgoing.state == OutgoingState::Done)
    };
    window.wait("its end", is_done);
    assert_eq!(window.app().statuses().count(), 1, "nothing was opened");
}

#[test]
fn a_file_that_is_dropped_elsewhere_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    write_ten(Destination::file(file.clone()).unwrap());
    let mut window = Window::new();
    let _peer = window.server_with_peer();
    let place = data(&window);
    drop_on(&mut window, place, &[file]);
    window.wait("the recording", |window| window.shows_row("record 9"));
    assert!(!window.has("File to send"));
}

#[test]
fn the_hint_follows_the_pointer() {
    let mut window = Window::new();
    let _peer = window.server_with_peer();
    assert_eq!(hint(&window), None);
    let (on_data, on_field) = (data(&window), payload(&window));
    drag(&mut window, on_data);
    assert!(hint(&window).unwrap().contains("open"), "{:?}", hint(&window));
    drag(&mut window, on_field);
    assert!(hint(&window).unwrap().contains("send"), "{:?}", hint(&window));
    drag(&mut window, on_data);
    assert!(hint(&window).unwrap().contains("open"), "{:?}", hint(&window));
    window.harness.input_mut().hovered_files.clear();
    window.harness.run_steps(2);
    assert_eq!(hint(&window), None);
}

#[test]
fn only_a_session_that_runs_sends_a_dropped_file_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("firmware.bin");
    fs::write(&path, b"image").unwrap();
    let mut window = Window::new();
    window.client_of(1);
    let place = payload(&window);
    drag(&mut window, place);
    assert!(hint(&window).unwrap().contains("Not connected"), "{:?}", hint(&window));
    drop_on(&mut window, place, &[path]);
    assert!(!window.has("File to send") && window.shows("Not connected"));
    assert_eq!(window.app().statuses().count(), 1, "nothing was opened");
}

#[test]
fn of_several_files_the_first_is_taken_and_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["one.bin", "two.bin"].map(|name| folder.path().join(name));
    let mut window = Window::new();
    let _peer = window.server_with_peer();
    let place = payload(&window);
    drop_on(&mut window, place, &paths);
    assert!(window.value("File to send").ends_with("one.bin"));
    assert!(window.shows("One file is sent at a time: one.bin"));
    // Another one replaces it while the dialog is open, wherever it is dropped.
    window.fill("Chunk", "7");
    drop_on(&mut window, pos(5.0), &paths[1..]);
    assert!(window.value("File to send").ends_with("two.bin"));
    assert_eq!(window.value("Chunk"), "7");
}

fn pos(edge: f32) -> Pos2 {
    egui::pos2(edge, edge)
}

// Not on Windows: a file name is always text there, but for lone surrogates.
#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_can_be_sent() {
    use std::os::unix::ffi::OsStringExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(std::ffi::OsString::from_vec(b"\xB9\xCC\xBC\xFE.bin".to_vec()));
    fs::write(&path, b"image").unwrap();
    let mut window = Window::new();
    let mut peer = window.server_with_peer();
    let place = payload(&window);
    drop_on(&mut window, place, &[path]);
    window.click("Send this file");
    assert_eq!(read_exactly(&mut peer, 5), b"image");
}
