//! Accessible descriptions and messages: wrong fields, half-closed peers, numbers of the inspector, unsaved settings.

use crate::fixture::{Window, connect, read_exactly};
use eframe::egui::accesskit::Invalid;
use eframe::egui::{Key, Modifiers, Role, Shape};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::io::Write;
use std::net::Shutdown;

/// The accessible error of a field.
fn wrong(window: &Window, field: &str) -> Option<String> {
    let node = window.field(field).accesskit_node();
    assert_eq!(node.data().invalid().is_some(), node.description().is_some(), "{field}");
    assert!(matches!(node.data().invalid(), None | Some(Invalid::True)));
    node.description()
}

#[test]
fn a_wrong_field_has_an_accessible_error() {
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP server");
    window.fill("Local port", "65536");
    window.click("Start");
    assert_eq!(
        wrong(&window, "Local port").as_deref(),
        Some("Port 65536 is too large. The largest is 65535.")
    );
    assert_eq!(wrong(&window, "Local address"), None);
    window.fill("Local port", "7788");
    assert_eq!(wrong(&window, "Local port"), None);
}

/// The underlined parts of a field with this text.
fn underlined(window: &Window, text: &str) -> Vec<String> {
    let texts = window.harness.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        Shape::Text(shape) if shape.galley.job.text == text => Some(&shape.galley.job),
        _ => None,
    });
    let marked = texts.flat_map(|job| {
        let marked = job.sections.iter().filter(|section| section.format.underline.width > 0.0);
        marked.map(|section| job.text[section.byte_range.start.0..section.byte_range.end.0].to_owned())
    });
    marked.collect()
}

#[test]
fn an_error_in_the_payload_is_underlined_and_described() {
    let mut window = Window::new();
    let _peer = connect(window.start_server());
    window.click("Payload as hex");
    window.fill("Payload", "01 0G 03");
    let said = wrong(&window, "Payload").expect("it is wrong");
    assert!(said.starts_with("'G' (line 1, column 5) is not a hex digit."), "{said}");
    assert_eq!(underlined(&window, "01 0G 03"), ["G"]);
    assert!(!window.is_enabled("Send"));
    window.fill("Payload", "01 02 03");
    assert_eq!((wrong(&window, "Payload"), underlined(&window, "01 02 03")), (None, Vec::new()));
    window.fill("Payload", "");
    window.click("Payload as text");
    window.choose("Encoding", "GBK");
    window.fill("Payload", "温度 한");
    assert_eq!(underlined(&window, "温度 한"), ["한"]);
    assert!(wrong(&window, "Payload").is_some_and(|said| said.contains("does not exist in GBK")));
}

#[test]
fn a_half_closed_peer_is_shown_and_can_be_answered() {
    let mut window = Window::new();
    window.click("New session");
    window.click("TCP server");
    window.fill("Local address", "127.0.0.1");
    window.fill("Local port", "0");
    window.click("Options");
    window.click("Keep half-closed connections");
    window.press(Modifiers::NONE, Key::Escape);
    window.click("Start");
    window.wait("listening", |window| window.status().local.is_some());
    let mut peer = connect(window.status().local.unwrap());
    peer.write_all(b"all I have").unwrap();
    window.wait("the data", |window| window.shows_row("all I have"));
    let said = |window: &Window| {
        let mut rows = window.harness.query_all_by_role(Role::ListBoxOption);
        rows.next().and_then(|row| row.accesskit_node().description()).unwrap_or_default()
    };
    assert!(said(&window).contains("Received 10 bytes in 1 record"), "{}", said(&window));
    assert!(!said(&window).contains("half-closed"));
    peer.shutdown(Shutdown::Write).unwrap();
    window.wait("the end of its side", |window| said(window).ends_with("\nhalf-closed"));
    window.fill("Payload", "answer");
    window.click("Send");
    assert_eq!(read_exactly(&mut peer, 6), b"answer");
}

#[test]
fn the_inspector_reads_floats_and_times() {
    let mut window = Window::new();
    let mut peer = connect(window.start_server());
    window.tool("Inspector");
    for (payload, said) in [
        (&b"\x00\x00\x80\x3F"[..], &["float32 little endian 1", "uint16 big endian 0"][..]),
        (b"\x40\x09\x21\xFB\x54\x44\x2D\x18", &["float64 big endian 3.141592653589793"]),
        (b"\x65\x53\xF1\x00", &["unix32 big endian 2023-11-14T22:13:20Z", "int32 big endian 1700000000"]),
        (b"\x00\x68\xE5\xCF\x8B\x01\x00\x00", &["unix64 ms little endian 2023-11-14T22:13:20Z"]),
    ] {
        window.receive(&mut peer, payload);
        window.select_newest();
        for value in said {
            assert!(window.has(value), "{value} of {payload:02X?}");
        }
    }
}

#[test]
fn settings_that_cannot_be_saved_are_reported_with_their_path() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(2);
    // The path of the settings file is a folder.
    let place = folder.path().join("settings.toml");
    std::fs::create_dir(&place).unwrap();
    window.set("Language", "简体中文");
    window.set("Language", "English");
    window.click("New session");
    window.click("UDP");
    let told = format!("The settings could not be saved to {}: ", place.display());
    window.wait("the failure", |window| window.shows(&told));
    assert!(window.shows("Check that location; saving is tried again."));
    window.click("Dismiss notice");
    assert!(!window.shows(&told));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().filter(is_part).count(), 0);
}

/// A temporary file.
fn is_part(entry: &std::io::Result<std::fs::DirEntry>) -> bool {
    entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part")
}
