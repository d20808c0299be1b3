//! The panel of lists by key and by dragging: folding, menus, undoing, and where a dropped item goes.

use crate::fixture::Window;
use eframe::egui::{Event, Key, Modifiers, Pos2, Role, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::Path;

const LIST: &str = "name = \"Pump\"\n\
    [[items]]\nname = \"a\"\ngroup = \"G\"\n\
    [[items]]\nname = \"b\"\n\
    [[items]]\nname = \"c\"\ngroup = \"G\"\n\
    [[items]]\nname = \"d\"\npayload = \"D\"\n";

/// A window with a list, a server tab, and the panel of lists.
fn window(folder: &Path, list: &str) -> Window {
    std::fs::create_dir_all(folder.join("lists")).unwrap();
    std::fs::write(folder.join("lists").join("pump.toml"), list).unwrap();
    let mut window = Window::at(folder, Vec::new());
    window.start_server();
    window.press(Modifiers::COMMAND, Key::K);
    window.focus("Commands");
    window
}

fn rows(window: &Window) -> String {
    let options = window.harness.query_all_by_role(Role::ListBoxOption);
    options.filter_map(|node| node.accesskit_node().label()).collect::<Vec<_>>().join(" ")
}

fn place(window: &Window, name: &str) -> Pos2 {
    let row = window.harness.get_by_role_and_label(Role::ListBoxOption, name).rect();
    row.left_center() + vec2(30.0, 0.0)
}

#[test]
fn groups_are_folded_and_menus_are_opened_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path(), LIST);
    assert_eq!(rows(&window), "Group G a c b d");
    let press = |window: &mut Window, keys: &[Key]| {
        keys.iter().for_each(|key| window.press(Modifiers::NONE, *key));
    };
    press(&mut window, &[Key::Home, Key::ArrowLeft]);
    assert_eq!(rows(&window), "Group G b d");
    press(&mut window, &[Key::ArrowRight]);
    assert_eq!(rows(&window), "Group G a c b d");
    press(&mut window, &[Key::Enter]);
    assert_eq!(rows(&window), "Group G b d", "a heading has no other use for Enter");
    press(&mut window, &[Key::ArrowRight, Key::ArrowRight, Key::ArrowRight, Key::ArrowLeft]);
    // The menu of the group, by key; Escape closes it and the keys are those of the rows again.
    window.press(Modifiers::SHIFT, Key::F10);
    assert!(window.has("Run rows") && !window.has("Edit command"));
    press(&mut window, &[Key::Escape, Key::ArrowDown]);
    assert!(!window.has("Run rows"));
    window.press(Modifiers::SHIFT, Key::F10);
    assert!(window.has("Edit command"));
    // The first entry that can be chosen has the focus; Tab goes on.
    press(&mut window, &[Key::Tab, Key::Tab, Key::Tab, Key::Enter]);
    assert_eq!(rows(&window), "Group G a a c b d", "Send, To the payload field, Edit, Duplicate");
    press(&mut window, &[Key::Menu]);
    window.click("Delete command");
    assert_eq!(rows(&window), "Group G a c b d");
}

#[test]
fn the_menu_of_a_list_has_what_its_row_has() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("lists")).unwrap();
    std::fs::write(folder.path().join("lists").join("x.toml"), "name = \"Other\"\n[[items]]\nname = \"x\"\n")
        .unwrap();
    let mut window = window(folder.path(), LIST);
    assert_eq!(rows(&window), "List Pump Group G a c b d List Other x");
    window.press(Modifiers::NONE, Key::Home);
    window.press(Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(rows(&window), "List Pump List Other x");
    window.harness.get_by_role_and_label(Role::ListBoxOption, "List Other").click_secondary();
    window.harness.run_steps(3);
    for entry in ["Run rows", "Fold rows", "Edit this list", "Export this list", "Copy this list"] {
        assert!(window.has(entry), "{entry}");
    }
    window.click("Fold rows");
    assert_eq!(rows(&window), "List Pump List Other");
    window.press(Modifiers::NONE, Key::Menu);
    window.click("Delete this list");
    assert_eq!(rows(&window), "Group G a c b d", "with one list there is no row for it");
    window.focus("Commands");
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(window.has("List Other"));
}

#[test]
fn deletions_are_undone_by_key_and_from_the_menu_and_a_held_key_deletes_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path(), LIST);
    window.press(Modifiers::NONE, Key::End);
    for repeat in [false, true, true] {
        let (key, physical_key, pressed, modifiers) = (Key::Delete, None, true, Modifiers::NONE);
        window.harness.event(Event::Key { key, physical_key, pressed, repeat, modifiers });
        window.harness.run_steps(2);
    }
    assert_eq!(rows(&window), "Group G a c b");
    let (key, physical_key, repeat, modifiers) = (Key::Delete, None, false, Modifiers::NONE);
    window.harness.event(Event::Key { key, physical_key, pressed: false, repeat, modifiers });
    window.press(Modifiers::NONE, Key::Delete);
    assert_eq!(rows(&window), "Group G a c");
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(rows(&window), "Group G a c b");
    // Also when the message has gone.
    window.menu("List actions", "Undo newest deletion");
    assert_eq!(rows(&window), "Group G a c b d");
    window.click("List actions");
    assert!(!window.has("Undo newest deletion"), "there is nothing to undo");
}

#[test]
fn a_dropped_item_goes_where_the_line_is_whatever_the_order_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path(), LIST);
    let below = vec2(0.0, 8.0);
    // Behind a, in front of c, though b follows a in the file.
    let (from, to) = (place(&window, "d"), place(&window, "a") + below);
    window.drag(from, to);
    assert_eq!(rows(&window), "Group G a d c b");
    // To the end of the group that its neighbour is in.
    let (from, to) = (place(&window, "b"), place(&window, "c") + below);
    window.drag(from, to);
    assert_eq!(rows(&window), "Group G a d c b");
    let (from, to) = (place(&window, "a"), place(&window, "b") + below);
    window.drag(from, to);
    assert_eq!(rows(&window), "Group G d c b a");
    // Behind the item before it, which is where it is.
    let (from, to) = (place(&window, "a"), place(&window, "b") + below);
    window.drag(from, to);
    assert_eq!(rows(&window), "Group G d c b a");
}

#[test]
fn the_last_item_of_another_group_takes_an_item_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let list = "[[items]]\nname = \"a\"\ngroup = \"G\"\n[[items]]\nname = \"x\"\ngroup = \"H\"\n";
    let mut window = window(folder.path(), list);
    let (from, to) = (place(&window, "x"), place(&window, "a") + vec2(0.0, 8.0));
    window.drag(from, to);
    assert_eq!(rows(&window), "Group G a x");
}

#[test]
fn rows_scroll_while_an_item_is_dragged_to_an_edge() {
    let folder = tempfile::tempdir().unwrap();
    let list: String = (0..200).map(|number| format!("[[items]]\nname = \"item {number}\"\n")).collect();
    let mut window = window(folder.path(), &list);
    let area = window.harness.get_by_label("Commands").rect();
    window.press(Modifiers::NONE, Key::Home);
    let from = place(&window, "item 0");
    window.harness.hover_at(from);
    window.harness.drag_at(from);
    window.harness.run_steps(2);
    let edge = area.left_bottom() + vec2(40.0, -6.0);
    window.harness.hover_at(edge);
    window.harness.run_steps(40);
    assert!(!window.has("item 1") && !window.has("item 199"), "{}", rows(&window));
    window.harness.drop_at(edge);
    window.harness.run_steps(3);
    window.press(Modifiers::NONE, Key::Home);
    assert!(rows(&window).starts_with("item 1 item 2"), "{}", rows(&window));
}
