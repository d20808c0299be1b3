//! Editing items and lists: what is not saved, what was deleted meanwhile, the preview, the checksum and the answer.

use crate::fixture::{Window, connect, read_exactly};
use eframe::egui::{Event, Key, Modifiers, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::num::NonZeroU64;
use std::path::Path;
use wirelab::pattern::Pattern;
use wirelab::settings::lists::{List, ListFolder, Rounds};

const LIST: &str = "name = \"Pump\"\n[[items]]\nname = \"Identify\"\npayload = \"ID?\"\n";

fn stored(folder: &Path) -> Vec<List> {
    let loaded = ListFolder::at(folder.join("lists")).load().unwrap();
    loaded.lists.into_iter().map(|stored| stored.list).collect()
}

/// A window with a list, a server tab, and the panel of lists.
fn window(folder: &Path, list: &str) -> Window {
    std::fs::create_dir_all(folder.join("lists")).unwrap();
    std::fs::write(folder.join("lists").join("pump.toml"), list).unwrap();
    let mut window = Window::at(folder, Vec::new());
    window.start_server();
    window.press(Modifiers::COMMAND, Key::K);
    window
}

fn edit(window: &mut Window, name: &str) {
    window.click(name);
    window.focus("Commands");
    window.press(Modifiers::NONE, Key::Space);
}

#[test]
fn what_was_typed_in_the_editor_is_not_lost_by_escape_or_a_click_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path(), LIST);
    edit(&mut window, "Identify");
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.has("Keep command"), "nothing was changed");
    edit(&mut window, "Identify");
    window.fill("Command note", "every morning");
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.value("Command note"), "every morning");
    assert!(window.shows("What was changed is not saved."));
    window.click("Go on editing");
    assert!(!window.has("Discard changes"));
    window.click_at(pos2(5.0, 5.0));
    assert_eq!(window.value("Command note"), "every morning");
    window.click("Discard changes");
    assert!(!window.has("Keep command"));
    edit(&mut window, "Identify");
    assert_eq!(window.value("Command note"), "");
    window.fill("Command note", "at noon");
    window.press(Modifiers::NONE, Key::Escape);
    window.click("Keep command");
    window.wait("the file", |_| stored(folder.path())[0].items[0].note == "at noon");
}

#[test]
fn what_is_saved_after_its_list_was_deleted_goes_into_a_list_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lists").join("pump.toml");
    let mut window = window(folder.path(), LIST);
    edit(&mut window, "Identify");
    window.fill("Command note", "kept");
    // Another window deletes the list.
    std::fs::remove_file(&file).unwrap();
    window.harness.event(Event::WindowFocused(true));
    window.wait("the deletion", |window| !window.has("Send Identify"));
    window.click("Keep command");
    assert!(window.has("Send Identify"));
    window.wait("the file", |_| stored(folder.path()).iter().any(|list| list.items[0].note == "kept"));
    // The same for the name of a list.
    window.menu("List actions", "Edit list");
    window.fill("List name", "Renamed");
    let [path] = &std::fs::read_dir(folder.path().join("lists"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect::<Vec<_>>()[..]
    else {
        panic!()
    };
    std::fs::remove_file(path).unwrap();
    window.harness.event(Event::WindowFocused(true));
    window.wait("the deletion", |window| !window.has("Send Identify"));
    window.click("Keep list");
    window.wait("the file", |_| stored(folder.path()).iter().any(|list| list.name == "Renamed"));
}

/// What the previews show: that of the composer, and that of the editor.
fn previews(window: &Window) -> Vec<String> {
    let all = window.harness.query_all_by_label("Preview");
    all.map(|node| node.accesskit_node().value().unwrap_or_default()).collect()
}

#[test]
fn the_editor_shows_the_bytes_and_chooses_a_checksum_as_the_composer_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path(), LIST);
    edit(&mut window, "Identify");
    assert_eq!(previews(&window), ["49 44 3F"]);
    window.click("Command as hex");
    window.fill("Command payload", "01 03 00 0A 00 01");
    window.click("Choose checksum");
    window.fill("Search checksums", "modbus");
    window.click("Use CRC-16/MODBUS");
    assert_eq!(window.value("Command checksum"), "CRC-16/MODBUS");
    assert_eq!(previews(&window), ["01 03 00 0A 00 01 A4 08"]);
    window.click("Choose checksum");
    window.click("Highest byte first");
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(previews(&window), ["01 03 00 0A 00 01 08 A4"]);
    assert!(window.has("Keep command"), "only the list of checksums was closed");
    // What the encoding of the command lacks.
    window.click("Command as text");
    window.fill("Command payload", "éñ");
    window.choose("Command encoding", "GBK");
    assert!(window.shows("GBK") && window.shows("does not exist in"));
    window.choose("Command encoding", "UTF-8");
    assert!(previews(&window)[0].starts_with("C3 A9 C3 B1"));
    window.click("Cancel editing");
    // It was used: it is offered first in the composer.
    window.tool_of_composer("Checksum");
    assert!(window.has("Use CRC-16/MODBUS,big"));
}

#[test]
fn a_command_of_the_payload_field_has_its_checksum_also_where_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[[tabs]]\nkind = \"tcp-server\"\npayload = \"a\"\nchecksum = \"CRC-99/FUTURE\"\n";
    std::fs::write(folder.path().join("settings.toml"), settings).unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(3);
    window.press(Modifiers::COMMAND, Key::K);
    window.menu("Add command", "Command from payload field");
    assert_eq!(window.value("Command checksum"), "CRC-99/FUTURE");
    assert!(window.shows("'CRC-99/FUTURE' is not a known checksum") && !window.is_enabled("Keep command"));
}

#[test]
fn what_a_run_waits_for_and_how_often_a_list_runs_is_kept_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path(), LIST);
    edit(&mut window, "Identify");
    // Below what is in sight: it comes into view with the focus.
    window.focus("Command answer");
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.fill("Answer contains", "0G");
    assert!(window.shows("'G'") && !window.is_enabled("Keep command"));
    window.fill("Answer contains", "01 ??");
    window.fill("Answer within", "soon");
    assert!(window.shows("'soon' is not a duration") && !window.is_enabled("Keep command"));
    window.fill("Answer within", "50ms");
    window.fill("Answer retries", "-1");
    assert!(window.shows("'-1' is not a number of times"));
    window.fill("Answer retries", "2");
    window.fill("Command times", "3");
    window.focus("Go on without an answer");
    window.press(Modifiers::NONE, Key::Space);
    window.fill("Command interval", "20ms");
    window.focus("Command pause after each send");
    window.press(Modifiers::NONE, Key::Space);
    assert!(window.is_enabled("Keep command"));
    window.click("Keep command");
    window.wait("the file", |_| stored(folder.path())[0].items[0].wait.is_some());
    let item = stored(folder.path())[0].items[0].clone();
    let wait = item.wait.unwrap();
    assert_eq!(wait.pattern(), &Pattern::Hex("01 ??".into()));
    assert_eq!((wait.within.as_millis(), wait.retries), (50, 2));
    assert_eq!(wait.otherwise, wirelab::sequence::Otherwise::GoOn);
    assert_eq!(
        (item.after_end, item.repeat, item.interval.unwrap().as_millis()),
        (true, NonZeroU64::new(3), 20)
    );
    window.menu("List actions", "Edit list");
    window.fill("List times", "0");
    assert!(!window.is_enabled("Keep list"));
    window.fill("List times", "");
    assert!(window.is_enabled("Keep list"));
    // The dialog is lower without the error.
    window.harness.run_steps(2);
    window.click("Keep list");
    window.wait("the file", |_| stored(folder.path())[0].times == Rounds::Forever);
}

#[test]
fn an_item_for_a_host_is_sent_by_the_client_of_that_host() {
    let folder = tempfile::tempdir().unwrap();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let item = |name: &str, target: &str| {
        format!("[[items]]\nname = \"{name}\"\npayload = \"{name}\"\ntarget = \"{target}\"\n")
    };
    let list =
        item("a", &format!("LOCALHOST:{port}")) + &item("b", "localhost") + &item("c", "example.org:1");
    let mut window = window(folder.path(), &list);
    window.client_of(port);
    window.fill("Remote host", "localhost");
    window.click("Connect");
    let (mut peer, _) = server.accept().unwrap();
    window.wait("the connection", |window| window.status().connections.len() == 1);
    window.press(Modifiers::COMMAND, Key::K);
    assert!(window.has("Send a"), "{:?}", window.app().active_tab().unwrap().form.side);
    for name in ["a", "b"] {
        window.click(&format!("Send {name}"));
        assert_eq!(read_exactly(&mut peer, 1), name.as_bytes());
    }
    window.click("Send c");
    assert_eq!(window.status().traffic.bytes_out, 2);
}

#[test]
fn a_command_in_the_payload_field_leaves_the_draft_and_what_does_not_fit_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let list = "[[items]]\nname = \"poll\"\npayload = \"温度\"\nencoding = \"GBK\"\ntarget = \"PLC-1\"\n\
                interval = \"250ms\"\nrepeat = 4\nafter_end = true\n";
    let mut window = window(folder.path(), list);
    let _peer = connect(window.status().local.unwrap());
    window.wait("the peer", |window| window.status().connections.len() == 1);
    window.fill("Payload", "draft");
    window.click("poll");
    window.focus("Commands");
    window.press(Modifiers::SHIFT, Key::F10);
    window.click("To payload field");
    assert_eq!(window.value("Payload"), "温度");
    assert!(window.shows("Not taken into the payload field: Target: PLC-1, Encoding: GBK"));
    let form = window.app().active_tab().unwrap().form.clone();
    assert_eq!((&*form.repeat_interval, &*form.repeat_times, form.repeat_after_end), ("250ms", "4", true));
    window.focus("Payload");
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(window.value("Payload"), "draft");
}
