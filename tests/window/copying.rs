//! Copying: small selections at once, large ones without blocking the window.

use crate::fixture::{Window, long_text, write_records};
use eframe::egui::{Event, Key, Modifiers};
use wirelab::capture::{Destination, MAX_PAYLOAD_BYTES};

/// A window that shows a recording of 24 MiB of text, all of it selected.
fn window_with_everything_selected(folder: &std::path::Path) -> Window {
    let file = folder.join("long.pcapng");
    let text = long_text();
    write_records(Destination::file(file.clone()).unwrap(), text.chunks(MAX_PAYLOAD_BYTES));
    let mut window = Window::at(folder, Vec::new());
    window.open(&file);
    window.wait("the records", |window| window.shows_row("voltage"));
    window.focus_data();
    window.press(Modifiers::COMMAND, Key::A);
    window
}

#[test]
fn a_large_copy_does_not_block_the_window_and_ends_on_the_clipboard() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_with_everything_selected(folder.path());
    window.harness.event(Event::Copy);
    window.harness.step();
    assert_eq!(window.clipboard(), None, "the frame with the key must not read the recording");
    let copied = window.copied().expect("the copy reaches the clipboard");
    assert!(copied.starts_with("voltage 3.30 V") && copied.len() > 10 << 20, "{} bytes", copied.len());
    window.harness.step();
    assert!(!window.has("Cancel copying"));
    assert!(window.shows("The selection is long"), "a copy that was cut says so");
}

#[test]
fn a_later_copy_replaces_one_that_is_being_prepared() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_with_everything_selected(folder.path());
    window.harness.event(Event::Copy);
    window.harness.step();
    // One record alone is copied at once.
    window.press(Modifiers::COMMAND, Key::ArrowUp);
    let copied = window.copy().expect("a small copy is on the clipboard at once");
    assert!(copied.len() <= MAX_PAYLOAD_BYTES, "{} bytes", copied.len());
    for _ in 0..20 {
        window.harness.step();
        assert_eq!(window.clipboard(), None, "the large copy must not follow");
        assert!(!window.has("Cancel copying"));
    }
}
