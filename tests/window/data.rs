//! The data by keys and scroll bar, and keeping the place when the view changes.

use crate::fixture::Window;
use eframe::egui::{Key, Modifiers, Role, pos2};
use egui_kittest::kittest::Queryable as _;

fn bar(window: &Window) -> eframe::egui::Rect {
    window.harness.get_by_role(Role::ScrollBar).rect()
}

/// One long record of numbered lines, scrolled to its middle.
fn inside_a_long_record() -> (Window, std::net::TcpStream) {
    let mut window = Window::new();
    let text: String = (0..3000).map(|number| format!("温度 {number:05}\n")).collect();
    let peer = window.server_with([text]);
    let middle = bar(&window).center();
    window.drag(middle, middle);
    (window, peer)
}

/// The number of the first line in view.
fn first_line(window: &Window) -> usize {
    let rows = window.rows();
    let digits = rows[0].split("温度 ").nth(1).unwrap_or_else(|| panic!("{rows:?}"));
    digits[..5].parse().unwrap()
}

#[test]
fn the_place_in_a_record_is_kept_in_all_views() {
    let (mut window, _peer) = inside_a_long_record();
    let line = first_line(&window);
    assert!((500..2500).contains(&line), "{line}");
    window.click("Hex");
    // A hex row has 16 bytes, a line 13.
    let shown = window.rows().join(" ");
    assert!(shown.contains(&format!("{:02X}", b'0' + (line % 10) as u8)), "{shown}");
    window.choose("Encoding", "GBK");
    window.click("Both");
    window.choose("Encoding", "UTF-8");
    window.click("Text");
    assert_eq!(first_line(&window), line, "back where it was");
    window.harness.set_size(eframe::egui::vec2(700.0, 740.0));
    window.harness.run_steps(3);
    assert_eq!(first_line(&window), line, "in a narrow window");
    window.harness.set_pixels_per_point(2.0);
    window.harness.run_steps(1);
    window.harness.set_size(eframe::egui::vec2(700.0, 740.0));
    window.harness.run_steps(3);
    assert_eq!(first_line(&window), line, "at 200 %");
}

#[test]
fn the_scroll_bar_reaches_every_record() {
    let (mut window, _peer) = inside_a_long_record();
    let bar = bar(&window);
    let middle = first_line(&window);
    window.drag(bar.center(), bar.center_bottom() - eframe::egui::vec2(0.0, 40.0));
    assert!(first_line(&window) > middle);
    assert!(window.has("Jump to newest"));
    window.drag(pos2(bar.center().x, bar.bottom() - 42.0), bar.center_bottom());
    assert!(window.shows_row("温度 02999"), "{:?}", window.rows());
    assert!(!window.has("Jump to newest"), "at the end it follows");
    window.drag(pos2(bar.center().x, bar.bottom() - 2.0), pos2(bar.center().x, bar.top() - 50.0));
    assert!(window.shows_row("Listening on"), "{:?}", window.rows());
}

#[test]
fn data_is_selected_by_key() {
    let mut window = Window::new();
    let _peer = window.server_with(["你好 one\ntwo\n", "three\n"]);
    window.select_newest();
    assert_eq!(window.copy().as_deref(), Some("three\n"));
    window.press(Modifiers::COMMAND, Key::ArrowUp);
    assert_eq!(window.copy().as_deref(), Some("你好 one\ntwo\n"));
    // Begins at the first row in view, before all data.
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.copy(), None, "nothing is selected");
    window.press(Modifiers::SHIFT, Key::End);
    assert_eq!(window.copy().as_deref(), Some("你好 one\ntwo\nthree\n"));
    window.press(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(window.copy().as_deref(), Some("你好 one\ntwo\n"), "without the last row");
    window.press(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(window.copy().as_deref(), Some("你好 one\n"));
    window.press(Modifiers::SHIFT, Key::ArrowUp);
    window.press(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(window.copy().as_deref(), Some("你"), "a whole character");
    window.press(Modifiers::SHIFT, Key::ArrowRight);
    window.press(Modifiers::SHIFT, Key::ArrowRight);
    window.press(Modifiers::SHIFT, Key::ArrowLeft);
    assert_eq!(window.copy().as_deref(), Some("你好"));
    window.press(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(window.copy().as_deref(), Some("你好 one\n"));
}

#[test]
fn a_selection_by_keys_scrolls_into_view() {
    let (mut window, _peer) = inside_a_long_record();
    window.focus_data();
    let first = first_line(&window);
    for _ in 0..3 {
        window.press(Modifiers::SHIFT, Key::PageDown);
    }
    let selected = window.copy().unwrap();
    assert!(first_line(&window) > first, "it scrolls");
    assert!(selected.starts_with(&format!("温度 {first:05}\n")), "{selected}");
    let last = selected.lines().last().unwrap();
    assert!(window.shows_row(last), "{last} in {:?}", window.rows());
}

#[test]
fn thousands_of_different_characters_are_all_drawn() {
    let mut window = Window::new();
    let hanzi: String = ('\u{4E00}'..'\u{9FA5}').collect();
    let _peer = window.server_with([hanzi]);
    window.focus_data();
    // Page by page until no frame requests another one.
    for _ in 0..40 {
        window.press(Modifiers::NONE, Key::PageUp);
        // A slow machine needs more frames than one run has.
        let is_settled = (0..50).any(|_| window.harness.try_run().is_ok());
        assert!(is_settled, "frames are requested for ever");
    }
    assert!(window.shows_row("一丁"), "{:?}", window.rows());
}
