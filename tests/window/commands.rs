//! Lists of commands: the panel, the editor, keys, dragging, the clipboard, and files.

use crate::fixture::{Window, connect, read_exactly};
use eframe::egui::{Event, Key, Modifiers, PointerButton, Role, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::Path;
use wirelab::model::{OutgoingState, Progress};
use wirelab::settings::lists::{Item, List, ListFolder};
use wirelab::settings::{SidePanel, TabKind};

const CTRL_ALT: Modifiers = Modifiers { alt: true, ..Modifiers::COMMAND };

/// The lists in the files of a window.
fn stored(folder: &Path) -> Vec<List> {
    let loaded = ListFolder::at(folder.join("lists")).load().unwrap();
    loaded.lists.into_iter().map(|stored| stored.list).collect()
}

/// A window whose lists folder has these files.
fn window_with(folder: &Path, files: &[(&str, &str)]) -> Window {
    let lists = folder.join("lists");
    std::fs::create_dir_all(&lists).unwrap();
    for (name, text) in files {
        std::fs::write(lists.join(name), text).unwrap();
    }
    Window::at(folder, Vec::new())
}

const PUMP: &str = r#"
name = "Pump"
[[items]]
name = "Identify"
group = "Start-up"
payload = "ID?"
line_ending = "crlf"
[[items]]
name = "Read registers"
group = "Polling"
format = "hex"
payload = "01 03 00 0A 00 01"
checksum = "CRC-16/MODBUS"
key = "Ctrl+Alt+1"
color = "orange"
note = "ten of them"
[[items]]
name = "Wrong"
group = "Polling"
format = "hex"
payload = "0G"
"#;

fn options(window: &Window) -> Vec<String> {
    let options = window.harness.query_all_by_role(Role::ListBoxOption);
    let names = options.filter_map(|node| node.accesskit_node().label());
    // The list of connections has options as well.
    names.filter(|name| !name.starts_with("127.0.0.1:")).collect()
}

#[test]
fn an_item_is_sent_with_its_checksum_by_button_enter_key_and_palette() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_with(folder.path(), &[("pump.toml", PUMP)]);
    let mut peer = connect(window.start_server());
    window.wait("the peer", |window| window.status().connections.len() == 1);
    window.press(Modifiers::COMMAND, Key::K);
    assert_eq!(window.app().active_tab().unwrap().form.side, SidePanel::Commands);
    assert_eq!(options(&window)[..3], ["Group Start-up", "Identify", "Group Polling"]);
    let frame = [0x01, 0x03, 0x00, 0x0A, 0x00, 0x01, 0xA4, 0x08];
    window.click("Send Read registers");
    assert_eq!(read_exactly(&mut peer, 8), frame);
    // The click has chosen the row; Enter sends it.
    window.focus("Commands");
    window.press(Modifiers::NONE, Key::ArrowUp);
    window.press(Modifiers::NONE, Key::ArrowUp);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(read_exactly(&mut peer, 5), b"ID?\r\n");
    window.press(CTRL_ALT, Key::Num1);
    assert_eq!(read_exactly(&mut peer, 8), frame);
    // Also while the panel is closed.
    window.click("Close side panel");
    window.focus_data();
    window.press(CTRL_ALT, Key::Num1);
    assert_eq!(read_exactly(&mut peer, 8), frame);
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.harness.event(Event::Text("identify".into()));
    window.harness.run_steps(3);
    window.click("Send Identify");
    assert_eq!(read_exactly(&mut peer, 5), b"ID?\r\n");
}

#[test]
fn the_keys_of_altgr_type_in_a_field_and_neither_send_nor_change_tabs() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_with(folder.path(), &[("pump.toml", PUMP)]);
    window.start_server();
    window.client_of(7);
    let shown = window.app().active_tab().unwrap().id;
    window.focus("Payload");
    window.press(CTRL_ALT, Key::Num1);
    assert_eq!(window.app().active_tab().unwrap().id, shown, "Ctrl+1 shows the first tab");
    // Outside of a field the key is that of the item, which has nobody to go to.
    window.press(Modifiers::COMMAND, Key::K);
    let error = |window: &Window| {
        window.harness.query_all_by_label("Read registers").any(|node| {
            node.accesskit_node().description().is_some_and(|text| text.contains("Start it first"))
        })
    };
    assert!(!error(&window));
    window.press(CTRL_ALT, Key::Num1);
    assert!(error(&window));
    assert_eq!(window.app().active_tab().unwrap().id, shown);
    // Nor does a letter of AltGr run the command of its key: Ctrl+T opens a client.
    window.press(CTRL_ALT, Key::T);
    assert_eq!(window.app().statuses().count(), 2);
}

#[test]
fn what_cannot_be_sent_is_told_on_the_row_until_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_with(folder.path(), &[("pump.toml", PUMP)]);
    let mut peer = connect(window.start_server());
    window.wait("the peer", |window| window.status().connections.len() == 1);
    window.press(Modifiers::COMMAND, Key::K);
    window.click("Send Wrong");
    let description = |window: &Window| {
        let row = window.harness.get_by_role_and_label(Role::ListBoxOption, "Wrong");
        row.accesskit_node().description().unwrap_or_default()
    };
    assert!(description(&window).contains("'G'"), "{}", description(&window));
    assert!(description(&window).contains("Nothing is sent"));
    assert_eq!(window.status().traffic.bytes_out, 0);
    // Corrected, it is sent, and nothing is told any more.
    window.harness.get_by_role_and_label(Role::ListBoxOption, "Wrong").click_secondary();
    window.harness.run_steps(3);
    window.click("Edit command");
    window.fill("Command payload", "0A");
    window.click("Keep command");
    assert_eq!(description(&window), "");
    window.click("Send Wrong");
    assert_eq!(read_exactly(&mut peer, 1), [0x0A]);
}

#[test]
fn an_item_goes_to_its_own_target_in_its_own_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_with(folder.path(), &[]);
    let address = window.start_server();
    let mut peers = [connect(address), connect(address)];
    window.wait("the peers", |window| window.status().connections.len() == 2);
    let second = peers[1].local_addr().unwrap();
    let text = format!(
        "[[items]]\nname = \"one\"\npayload = \"温度\"\nencoding = \"GBK\"\ntarget = \"{second}\"\n\
         [[items]]\nname = \"all\"\npayload = \"!\"\ntarget = \"all\"\n\
         [[items]]\nname = \"gone\"\npayload = \"x\"\ntarget = \"10.9.9.9:1\"\n\
         [[items]]\nname = \"selected\"\npayload = \"x\"\ntarget = \"selected\"\n"
    );
    std::fs::write(folder.path().join("lists").join("a.toml"), text).unwrap();
    // Another window wrote the file: the panel reads it when it is opened.
    window.press(Modifiers::COMMAND, Key::K);
    window.wait("the list", |window| window.has("Send one"));
    window.click("Send one");
    window.click("Send all");
    assert_eq!(read_exactly(&mut peers[1], 5), b"\xCE\xC2\xB6\xC8!");
    assert_eq!(read_exactly(&mut peers[0], 1), b"!");
    for (name, told) in [("gone", "10.9.9.9:1 is not connected"), ("selected", "No connection is selected")] {
        window.click(&format!("Send {name}"));
        let row = window.harness.get_by_role_and_label(Role::ListBoxOption, name);
        let description = row.accesskit_node().description().unwrap_or_default();
        assert!(description.contains(told), "{description}");
    }
    assert_eq!(window.status().traffic.bytes_out, 6);
}

#[test]
fn an_item_with_an_interval_is_repeated_so_often() {
    let folder = tempfile::tempdir().unwrap();
    let list = "[[items]]\nname = \"poll\"\npayload = \"p\"\ninterval = \"1ms\"\nrepeat = 3\n";
    let mut window = window_with(folder.path(), &[("a.toml", list)]);
    let mut peer = connect(window.start_server());
    window.wait("the peer", |window| window.status().connections.len() == 1);
    window.press(Modifiers::COMMAND, Key::K);
    window.click("Send poll");
    assert_eq!(read_exactly(&mut peer, 3), b"ppp");
    window.wait("the end", |window| {
        let status = window.status();
        status.outgoing.iter().all(|outgoing| match &outgoing.progress {
            Progress::Repeat(repeat) => repeat.sent == 3 && outgoing.state == OutgoingState::Done,
            _ => false,
        })
    });
    assert_eq!(window.status().traffic.bytes_out, 3);
}

#[test]
fn every_field_of_the_editor_is_kept_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.start_server();
    window.press(Modifiers::COMMAND, Key::K);
    window.click("First command");
    window.fill("Command name", "Read 温度");
    window.fill("Command group", "Polling");
    window.fill("Command note", "every morning");
    window.fill("Command payload", "AT\\r");
    window.click("Command with escapes");
    window.click("Command is a template");
    window.fill("Command checksum", "crc99");
    assert!(!window.is_enabled("Keep command"));
    assert!(window.shows("'crc99' is not a known checksum"));
    window.fill("Command checksum", "SUM-8,hex");
    window.choose("Command line ending", "Ending CRLF");
    window.choose("Command encoding", "GBK");
    window.choose("Command target", "To one peer");
    assert!(window.shows("Type the name or the address"));
    window.fill("Command peer", "PLC-1");
    window.choose("Command key", "Ctrl+Alt+2");
    window.choose("Command color", "Teal");
    window.fill("Command interval", "5 days");
    assert!(window.shows("'5 days' is not a duration"));
    window.fill("Command interval", "250ms");
    window.fill("Command times", "0");
    assert!(window.shows("'0' is not a number of times"));
    window.fill("Command times", "7");
    window.fill("Command pause", "2s");
    // Below what is in sight: it comes into view with the focus.
    window.focus("Command takes part");
    window.press(Modifiers::NONE, Key::Space);
    window.click("Keep command");
    window.wait("the file", |_| !stored(folder.path()).is_empty());
    let [list] = &stored(folder.path())[..] else { panic!() };
    let item = Item { id: Default::default(), ..list.items[0].clone() };
    let expected = List::from_text(
        "[[items]]\nname = \"Read 温度\"\ngroup = \"Polling\"\nnote = \"every morning\"\nformat = \"escaped\"\n\
         payload = 'AT\\r'\ntemplate = true\nchecksum = \"SUM-8,hex\"\nline_ending = \"crlf\"\nencoding = \"GBK\"\n\
         target = \"PLC-1\"\nkey = \"Ctrl+Alt+2\"\ncolor = \"teal\"\ninterval = \"250ms\"\nrepeat = 7\ndelay = \"2s\"\n\
         takes_part = false\n",
    );
    assert_eq!(item, Item { id: Default::default(), ..expected.unwrap().items[0].clone() });
    assert_eq!(list.name, "Commands");
    // A key that is used is not offered to another item.
    window.click("Add command");
    window.click("New command");
    window.focus("Command key");
    window.click("Command key");
    assert!(window.has("Ctrl+Alt+1") && !window.has("Ctrl+Alt+2") && !window.has("F5"));
}

#[test]
fn a_double_click_puts_the_item_into_the_payload_field_and_back_goes_what_is_typed_or_was_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_with(folder.path(), &[("pump.toml", PUMP)]);
    let mut peer = connect(window.start_server());
    window.wait("the peer", |window| window.status().connections.len() == 1);
    window.fill("Payload", "typed");
    window.click("Send");
    read_exactly(&mut peer, 5);
    window.press(Modifiers::COMMAND, Key::K);
    let row = window.harness.get_by_role_and_label(Role::ListBoxOption, "Read registers").rect();
    let pos = row.left_center() + vec2(30.0, 0.0);
    window.harness.hover_at(pos);
    window.harness.step();
    // Both clicks in one frame: a frame is 250 ms in these tests.
    let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
    for pressed in [true, false, true, false] {
        window.harness.input_mut().events.push(Event::PointerButton { pos, button, pressed, modifiers });
    }
    window.harness.run_steps(3);
    assert_eq!(window.value("Payload"), "01 03 00 0A 00 01");
    assert!(window.harness.get_by_label("Payload").is_focused());
    window.menu("Add command", "Command from payload field");
    assert_eq!(window.value("Command payload"), "01 03 00 0A 00 01");
    window.fill("Command name", "kept");
    window.click("Keep command");
    assert!(options(&window).contains(&"kept".into()));
    window.click("History");
    window.click("Keep typed");
    assert_eq!(window.value("Command payload"), "typed");
    window.click("Cancel editing");
    window.wait("the file", |_| stored(folder.path())[0].items.len() == 4);
}

#[test]
fn items_are_filtered_deleted_undone_duplicated_and_moved() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_with(folder.path(), &[("pump.toml", PUMP)]);
    window.start_server();
    window.press(Modifiers::COMMAND, Key::K);
    window.fill("Filter commands", "ten of");
    assert_eq!(options(&window), ["Group Polling", "Read registers"]);
    window.fill("Filter commands", "nothing like it");
    assert!(window.shows("No command matches"));
    window.fill("Filter commands", "");
    window.focus("Commands");
    window.press(Modifiers::NONE, Key::Home);
    window.press(Modifiers::NONE, Key::Delete);
    assert_eq!(options(&window).len(), 5, "a group has no key that deletes it");
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::Delete);
    assert!(window.shows("Deleted Identify"));
    assert_eq!(options(&window), ["Group Polling", "Read registers", "Wrong"]);
    window.click("Undo deletion");
    assert_eq!(options(&window)[1], "Identify");
    // Alt and an arrow move the item; Copy and Paste double it.
    window.focus("Commands");
    window.press(Modifiers::NONE, Key::End);
    window.press(Modifiers::ALT, Key::ArrowUp);
    assert_eq!(options(&window)[3..], ["Wrong", "Read registers"]);
    window.harness.event(Event::Copy);
    window.harness.step();
    let text = window.clipboard().unwrap();
    assert!(text.contains("name = \"Wrong\"") && text.contains("payload = \"0G\""), "{text}");
    window.harness.event(Event::Paste(text));
    window.harness.run_steps(3);
    assert_eq!(options(&window)[3..], ["Wrong", "Wrong", "Read registers"]);
    window.harness.event(Event::Paste("plain text".into()));
    window.harness.run_steps(3);
    assert!(options(&window).contains(&"plain text".into()));
    window.harness.event(Event::Paste("[[items]]\nformat = \"base64\"".into()));
    window.harness.run_steps(3);
    assert!(window.shows("Not pasted"));
    // A group is folded by a click.
    window.click("Group Polling");
    assert!(!options(&window).contains(&"Read registers".into()));
    window.wait("the file", |_| stored(folder.path())[0].items.len() == 5);
}

#[test]
fn items_are_dragged_within_and_between_groups_and_lists() {
    let folder = tempfile::tempdir().unwrap();
    let other = "name = \"Other\"\n[[items]]\nname = \"far\"\n";
    let mut window = window_with(folder.path(), &[("pump.toml", PUMP), ("xother.toml", other)]);
    window.start_server();
    window.press(Modifiers::COMMAND, Key::K);
    assert_eq!(options(&window)[0], "List Pump");
    let row = |window: &Window, name: &str| {
        window.harness.get_by_role_and_label(Role::ListBoxOption, name).rect().left_center() + vec2(30.0, 0.0)
    };
    let (from, to) = (row(&window, "Identify"), row(&window, "Read registers"));
    window.drag(from, to + vec2(0.0, 8.0));
    let after = ["List Pump", "Group Polling", "Read registers", "Identify", "Wrong", "List Other", "far"];
    assert_eq!(options(&window), after);
    let (from, to) = (row(&window, "far"), row(&window, "Wrong"));
    window.drag(from, to - vec2(0.0, 8.0));
    assert_eq!(options(&window)[4..6], ["far", "Wrong"]);
    let (from, to) = (row(&window, "Read registers"), row(&window, "List Other"));
    window.drag(from, to);
    assert_eq!(options(&window)[5..], ["List Other", "Read registers"]);
    window.wait("the files", |_| {
        let lists = stored(folder.path());
        (lists[0].items.len(), lists[1].items.len()) == (3, 1)
    });
}

#[test]
fn a_list_is_made_attached_copied_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.start_server();
    window.press(Modifiers::COMMAND, Key::K);
    window.menu("Add command", "New list");
    window.fill("List name", "Only here");
    window.choose("List shown", "In this tab");
    window.click("Keep list");
    assert!(window.shows("This list is empty."));
    window.wait("the file", |_| stored(folder.path()).len() == 1);
    window.click("New session");
    window.click("TCP server");
    window.press(Modifiers::COMMAND, Key::K);
    assert!(window.shows("No commands yet."), "another tab");
    // From there it is made to be shown in all tabs.
    window.menu("List actions", "Edit list Only here");
    window.choose("List shown", "In TCP servers");
    window.fill("List name", "Servers");
    window.click("Keep list");
    assert!(window.shows("This list is empty."));
    window.menu("List actions", "Copy list");
    window.wait("the file", |_| stored(folder.path())[0].name == "Servers");
    let attached = wirelab::settings::lists::Attachment::Kind(TabKind::TcpServer);
    assert_eq!(stored(folder.path())[0].attached, attached);
    window.menu("List actions", "Delete list");
    assert!(window.shows("Deleted Servers"));
    window.wait("the deletion", |_| stored(folder.path()).is_empty());
    window.click("Undo deletion");
    window.wait("the file", |_| stored(folder.path()).len() == 1);
}

#[test]
fn a_list_that_is_shown_in_one_tab_is_there_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.start_server();
    window.press(Modifiers::COMMAND, Key::K);
    window.menu("Add command", "New list");
    window.fill("List name", "Mine");
    window.choose("List shown", "In this tab");
    window.click("Keep list");
    drop(window);
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(3);
    assert!(window.shows("This list is empty."), "the panel is open as well");
}

#[test]
fn a_list_of_another_program_is_previewed_and_imported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sscom51.ini");
    let sscom = b"N101=1,\xB6\xC1,100\r\nN1=H,01 03\r\nN102=0,heading,0\r\nN2=A,\r\n";
    std::fs::write(&file, sscom).unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.start_server();
    window.press(Modifiers::COMMAND, Key::K);
    window.click("First import");
    window.fill("List file", &folder.path().join("missing").display().to_string());
    window.click("Read list file");
    window.wait("the failure", |window| window.shows("there is no file with that name"));
    window.fill("List file", &file.display().to_string());
    window.click("Read list file");
    window.wait("the preview", |window| window.shows("1 command from SSCOM"));
    assert!(window.shows("heading: no payload, skipped."));
    assert!(stored(folder.path()).is_empty(), "nothing is taken yet");
    window.click("Take list");
    assert!(window.shows("Imported 1 command into sscom51"));
    assert!(options(&window).contains(&"读".into()));
    window.wait("the file", |_| stored(folder.path()).len() == 1);
    // And out again, for a colleague.
    let out = folder.path().join("for you.toml");
    window.menu("List actions", "Export list");
    window.fill("List file", &out.display().to_string());
    window.click("Write list file");
    window.wait("the toast", |window| window.shows("Exported the list to for you.toml"));
    let exported = List::from_text(&std::fs::read_to_string(&out).unwrap()).unwrap();
    assert_eq!(exported.items[0].name, "读");
    std::fs::write(&file, "nothing known").unwrap();
    window.menu("Add command", "Import list");
    window.fill("List file", &file.display().to_string());
    window.click("Read list file");
    window.wait("the refusal", |window| window.shows("could not be imported: it is not a list of"));
}

#[test]
fn a_bad_file_is_told_with_its_line_and_the_other_lists_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let bad = "[[items]]\nname = \"x\"\nformat = \"base64\"\n";
    let mut window = window_with(folder.path(), &[("bad.toml", bad), ("pump.toml", PUMP)]);
    window.start_server();
    window.press(Modifiers::COMMAND, Key::K);
    assert!(window.shows("bad.toml: line 3 (format)"));
    assert!(window.has("Identify"));
    assert_eq!(std::fs::read_to_string(folder.path().join("lists").join("bad.toml")).unwrap(), bad);
}

#[test]
fn a_thousand_items_cost_what_ten_do() {
    let folder = tempfile::tempdir().unwrap();
    let of = |count: usize| {
        let items =
            (0..count).map(|number| format!("[[items]]\nname = \"item {number}\"\npayload = \"{number}\"\n"));
        items.collect::<String>()
    };
    let drawn = |count: usize| {
        let place = folder.path().join(count.to_string());
        let mut window = window_with(&place, &[("a.toml", &of(count))]);
        window.start_server();
        window.press(Modifiers::COMMAND, Key::K);
        let first = options(&window).len();
        window.focus("Commands");
        window.press(Modifiers::NONE, Key::End);
        window.press(Modifiers::NONE, Key::End);
        (first, options(&window))
    };
    let (few, _) = drawn(10);
    let (many, end) = drawn(1000);
    assert_eq!(few, 10);
    assert!(many < 40, "{many} rows are laid out");
    assert!(end.len() < 40 && end.last().unwrap() == "item 999", "{end:?}");
}

#[test]
fn only_one_panel_is_open_and_a_file_has_no_commands() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_with(folder.path(), &[("pump.toml", PUMP)]);
    window.start_server();
    window.press(Modifiers::COMMAND, Key::I);
    assert!(window.has("Inspector tab") && !window.has("Filter commands"));
    window.click("Commands tab");
    assert!(window.has("Filter commands") && !window.shows("Select bytes or a record"));
    window.press(Modifiers::COMMAND, Key::I);
    assert!(!window.has("Filter commands") && window.shows("Select bytes or a record"));
    window.press(Modifiers::COMMAND, Key::I);
    assert!(!window.has("Inspector tab"));
    drop(window);
    let (mut window, _) = crate::fixture::ten_records(folder.path());
    window.press(Modifiers::COMMAND, Key::K);
    assert!(!window.has("Filter commands"));
    window.press(Modifiers::COMMAND, Key::I);
    assert!(window.has("Inspector tab") && !window.has("Commands tab"));
}

#[test]
fn an_item_that_asks_is_sent_with_the_answer_and_its_counter_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let list = "[[items]]\nname = \"set\"\npayload = \"${ask:speed:u8:1..9}/${counter}\"\ntemplate = true\n";
    let mut window = window_with(folder.path(), &[("a.toml", list)]);
    let mut peer = connect(window.start_server());
    window.wait("the peer", |window| window.status().connections.len() == 1);
    window.press(Modifiers::COMMAND, Key::K);
    window.click("Send set");
    window.click("Do not send");
    for count in [b'0', b'1'] {
        window.click("Send set");
        window.fill("Value of speed", "7");
        window.click("Send with these values");
        assert_eq!(read_exactly(&mut peer, 3), [7, b'/', count]);
    }
    // What is typed is sent as it is.
    window.fill("Payload", "typed");
    window.click("Send");
    assert_eq!(read_exactly(&mut peer, 5), b"typed");
}

#[test]
fn a_list_is_pasted_where_there_is_none_yet() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window_with(folder.path(), &[]);
    window.start_server();
    window.press(Modifiers::COMMAND, Key::K);
    assert!(window.has("First command"));
    window.focus("Commands");
    window.harness.event(Event::Paste(PUMP.into()));
    window.harness.run_steps(3);
    assert!(options(&window).contains(&"Read registers".into()), "{:?}", options(&window));
}
