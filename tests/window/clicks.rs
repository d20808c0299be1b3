//! Clicks whose movement, press and release come in one frame, as slow machines and scripts deliver them.

use crate::fixture::{Window, connect, three_records};
use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2, Role, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use wirelab::settings::SidePanel;

fn click_at(pos: Pos2, button: PointerButton) -> [Event; 3] {
    let change = |pressed| Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE };
    [Event::PointerMoved(pos), change(true), change(false)]
}

/// Clicks within one frame. What opens is drawn in the next one.
#[track_caller]
fn click_with(window: &mut Window, name: &str, button: PointerButton) {
    let pos = window.harness.get_by_label(name).rect().center();
    window.harness.input_mut().events.extend(click_at(pos, button));
    window.harness.step();
    window.harness.step();
}

#[track_caller]
fn click(window: &mut Window, name: &str) {
    click_with(window, name, PointerButton::Primary);
}

/// Chooses an entry of a drop-down list in the first frame that draws it.
#[track_caller]
fn choose(window: &mut Window, list: &str, entry: &str) {
    click(window, list);
    click(window, entry);
    window.harness.run_steps(2);
    assert!(!window.has(entry), "{entry} was chosen, and {list} is closed");
}

#[track_caller]
fn chosen(window: &Window, list: &str) -> String {
    let list = window.harness.get_by_role_and_label(Role::ComboBox, list);
    list.accesskit_node().value().unwrap_or_default()
}

#[test]
fn lists_in_dialogs_open_whatever_was_clicked_before() {
    let mut window = Window::new();
    let _peer = three_records(&mut window);
    for _ in 0..2 {
        window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
        for (entry, text) in [("CSV", "Table (.csv)"), ("JSON lines", "JSON lines (.jsonl)")] {
            choose(&mut window, "Format", entry);
            assert_eq!(chosen(&window, "Format"), text);
            // A press on the dialog puts it over the lists that it has opened before.
            click(&mut window, "Save as");
        }
        click(&mut window, "Cancel saving");
        window.harness.run_steps(2);
        assert!(!window.has("Save as"));
    }
    for theme in ["Light theme", "Dark theme"] {
        click(&mut window, "Settings");
        window.harness.step();
        choose(&mut window, "Theme", theme);
        choose(&mut window, "Font size", "15");
        choose(&mut window, "Bytes per row", "16 bytes");
        choose(&mut window, "Theme", theme);
        click(&mut window, "Close settings");
    }
    assert_eq!(window.harness.ctx.theme(), eframe::egui::Theme::Dark);
}

#[test]
fn a_list_that_is_clicked_twice_in_successive_frames_is_closed_and_opens_again() {
    let mut window = Window::new();
    let _peer = three_records(&mut window);
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    let pos = window.harness.get_by_label("Format").rect().center();
    for _ in 0..2 {
        for _ in 0..2 {
            window.harness.input_mut().events.extend(click_at(pos, PointerButton::Primary));
            window.harness.step();
        }
        window.harness.run_steps(2);
        assert!(!window.has("CSV"));
        choose(&mut window, "Format", "CSV");
        click(&mut window, "Save as");
    }
}

#[test]
fn lists_and_menus_of_the_window_open_and_take_a_click() {
    let mut window = Window::new();
    click(&mut window, "New session");
    click(&mut window, "UDP");
    window.harness.run_steps(2);
    for _ in 0..2 {
        choose(&mut window, "Encoding", "GBK");
        choose(&mut window, "Encoding", "Big5");
        choose(&mut window, "Time", "Since start");
        choose(&mut window, "Line ending", "LF");
        choose(&mut window, "To", "To all");
        for is_on in [true, false] {
            click(&mut window, "More");
            click(&mut window, "Inspector");
            window.harness.run_steps(2);
            assert_eq!(window.app().active_tab().unwrap().form.side == SidePanel::Inspector, is_on);
        }
        click(&mut window, "Options");
        click(&mut window, "Echo");
        window.press(Modifiers::NONE, Key::Escape);
        // A menu within a menu.
        click(&mut window, "More");
        click(&mut window, "Bookmarks");
        window.harness.run_steps(2);
        click(&mut window, "Go to time");
        window.harness.run_steps(2);
        assert!(window.has("Time to go to"));
        click(&mut window, "Close question");
    }
    assert!(!window.app().active_tab().unwrap().form.echo, "on and off again");
    assert_eq!(window.app().active_tab().unwrap().form.encoding.name(), "Big5");
}

#[test]
fn context_menus_open_and_take_a_click() {
    let mut window = Window::new();
    let peer = connect(window.start_server());
    window.wait("the peer", |window| window.status().connections.len() == 1);
    let name = peer.local_addr().unwrap().to_string();
    for _ in 0..2 {
        click_with(&mut window, &name, PointerButton::Secondary);
        click(&mut window, "Copy address");
        window.harness.step();
        assert!(!window.has("Copy address"));
        // Away from the row, and from the menu.
        window.click_at(pos2(600.0, 300.0));
    }
    click_with(&mut window, &name, PointerButton::Secondary);
    click(&mut window, "Disconnect this one");
    window.wait("its end", |window| window.status().connections.is_empty());
}
