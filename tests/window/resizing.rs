//! Resizing and zooming the window, and back: every control is where it was before.

use crate::fixture::{Window, connect};
use eframe::egui::{Rect, Role, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

const LARGE: Vec2 = vec2(1080.0, 720.0);

fn resize(window: &mut Window, size: Vec2) {
    window.harness.set_size(size);
    window.harness.run_steps(4);
}

/// Where these controls are.
fn places(window: &Window) -> Vec<(&'static str, Rect)> {
    ["Local address", "Stop", "More", "Payload", "Send", "Rate plot", "Settings"]
        .map(|name| (name, window.harness.get_by_label(name).rect()))
        .to_vec()
}

/// The rows of data in sight.
fn rows(window: &Window) -> usize {
    let screen = window.harness.ctx.content_rect();
    let rows = window.harness.query_all_by_role(Role::Row);
    rows.filter(|row| screen.contains_rect(row.rect())).count()
}

#[test]
fn a_window_that_was_small_is_as_it_was_when_it_is_large_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::with(folder.path(), Vec::new(), LARGE);
    let _peer = window.server_with((0..40).map(|number| format!("line {number}\n")));
    window.harness.run_steps(4);
    let before = places(&window);
    window.tool("Inspector");
    for size in [vec2(700.0, 420.0), vec2(400.0, 300.0), vec2(640.0, 300.0), vec2(400.0, 720.0), LARGE] {
        resize(&mut window, size);
    }
    window.tool("Inspector");
    window.harness.run_steps(4);
    assert_eq!(places(&window), before);
    for zoom in [1.5, 2.6, 4.0, 1.0] {
        window.harness.ctx.set_zoom_factor(zoom);
        window.harness.run_steps(4);
    }
    assert_eq!(places(&window), before);
    let screen = window.harness.ctx.content_rect();
    assert!(before.iter().all(|(_, rect)| screen.contains_rect(*rect)), "{before:?}");
}

#[test]
fn the_smallest_window_shows_five_rows_with_everything_open() {
    for language in ["English", "简体中文"] {
        let folder = tempfile::tempdir().unwrap();
        let mut window = Window::with(folder.path(), Vec::new(), vec2(1100.0, 740.0));
        window.set("Language", language);
        let address = window.start_server();
        let mut peer = connect(address);
        for number in 0..40 {
            window.receive(&mut peer, format!("line {number}\n").as_bytes());
        }
        window.tool("Inspector");
        window.click("Rate plot");
        window.click("Search");
        window.click("Filter");
        resize(&mut window, vec2(640.0, 420.0));
        window.focus_data();
        assert!(rows(&window) >= 5, "{language}: {} rows", rows(&window));
        let table = window.harness.get_by_role(Role::Table);
        assert!(table.accesskit_node().bounding_box().is_some());
    }
}
