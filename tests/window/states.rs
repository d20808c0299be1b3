//! The states of the window that people meet: empty, busy and failing, with each panel, menu and dialog.
//!
//! One list for the test that nothing is cut or covered, and for the gallery of pictures.

use crate::fixture::{NOW, Window, connect, refusing, write_ten};
use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use wirelab::capture::{Destination, RecordingFolder};
use wirelab::model::{SessionState, Timestamp};

/// Called in each state with its name.
pub type Visit<'a> = dyn FnMut(&mut Window, &str) + 'a;

/// How the window looks in all states.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The entry of the list of languages.
    pub language: &'static str,
    /// The entry of the list of themes.
    pub theme: &'static str,
}

impl Look {
    pub const ENGLISH: Self = Self { language: "English", theme: "Light theme" };
    pub const CHINESE: Self = Self { language: "简体中文", theme: "Light theme" };

    fn window(self) -> Window {
        let mut window = Window::new();
        self.apply(&mut window);
        window
    }

    fn apply(self, window: &mut Window) {
        window.set("Language", self.language);
        window.set("Theme", self.theme);
    }
}

/// A window without tabs, and what belongs to the whole window.
pub fn whole_window(look: Look, visit: &mut Visit<'_>) {
    let mut window = look.window();
    visit(&mut window, "empty");
    window.click("New session");
    visit(&mut window, "new-session");
    window.click("UDP");
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    visit(&mut window, "actions");
    window.harness.event(Event::Text("te".into()));
    window.harness.run_steps(3);
    visit(&mut window, "actions-found");
    window.press(Modifiers::NONE, Key::Escape);
    window.click("Settings");
    visit(&mut window, "settings");
    window.click("Language");
    visit(&mut window, "settings-list");
    window.press(Modifiers::NONE, Key::Escape);
    window.click("Close settings");
    for port in 9000..9009 {
        window.click("New session");
        window.click("TCP server");
        window.fill("Local port", &port.to_string());
    }
    visit(&mut window, "many-tabs");
    window.click("All tabs");
    visit(&mut window, "tab-list");
}

/// A server from its start to its errors.
pub fn server(look: Look, visit: &mut Visit<'_>) {
    let mut window = look.window();
    window.click("New session");
    window.click("TCP server");
    visit(&mut window, "server-idle");
    window.fill("Local address", "127.0.0.1");
    window.fill("Local port", "seven");
    window.click("Start");
    visit(&mut window, "server-wrong-field");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    window.fill("Local port", &taken.local_addr().unwrap().port().to_string());
    window.click("Start");
    window.wait("the failure", |window| window.has("Dismiss"));
    visit(&mut window, "server-port-in-use");
    window.fill("Local port", "0");
    window.click("Start");
    window.wait("listening", |window| window.status().state == SessionState::Listening);
    visit(&mut window, "server-listening");
    let address = window.status().local.unwrap();
    let mut meter = connect(address);
    let mut panel = connect(address);
    window.wait("peers", |window| window.status().connections.len() == 2);
    talk(&mut window, &mut meter, &mut panel);
    visit(&mut window, "server-auto");
    for view in ["Text", "Hex", "Both"] {
        show(&mut window, view);
        visit(&mut window, &format!("server-{}", view.to_lowercase()));
    }
    show(&mut window, "Auto");
    sending(&mut window, visit);
    connections(&mut window, &meter, visit);
    drop(panel);
    window.wait("one peer", |window| window.status().connections.len() == 1);
    window.click("Stop");
    window.wait("the end", |window| !window.status().state.is_active());
    visit(&mut window, "server-stopped");
    window.harness.get_by_label_contains("Close TCP").click();
    window.harness.run_steps(3);
    visit(&mut window, "server-closing");
}

/// Chooses how the data is shown; the buttons fold into a list in a narrow window.
fn show(window: &mut Window, view: &str) {
    if window.has(view) {
        window.click(view);
    } else {
        window.choose("View", view);
    }
}

/// A meter that speaks UTF-8 and cuts characters between two reads, and a panel with binary frames.
fn talk(window: &mut Window, meter: &mut TcpStream, panel: &mut TcpStream) {
    window.receive(meter, "hello 世界\r\n".as_bytes());
    window.receive(panel, &[0x01, 0x03, 0x00, 0x0A, 0x00, 0x01, 0xA4, 0x08]);
    let text = "温度 23.5 ℃，湿度 41 %\r\n".as_bytes();
    window.receive(meter, &text[..5]);
    window.receive(meter, &text[5..]);
    window.receive(panel, b"\x02STATUS\x03\xff\xfe\x10\x83\r\n");
    window.receive(panel, &(0..=255).collect::<Vec<u8>>());
    window.receive(meter, format!("{}\r\n", "voltage 3.30 V, current 0.12 A; ".repeat(12)).as_bytes());
    window.fill("Payload", "read status");
    window.choose("Line ending", "CRLF");
    window.click("Send");
    window.wait("the send", |window| window.status().traffic.bytes_out == 26);
}

fn sending(window: &mut Window, visit: &mut Visit<'_>) {
    window.click("Payload as hex");
    window.fill("Payload", "01 03 0");
    visit(window, "server-hex-unfinished");
    window.fill("Payload", "01 03 zz");
    visit(window, "server-wrong-payload");
    window.fill("Payload", "01 03 00 0A 00 01 A4 08");
    window.choose("To", "To selected");
    window.click("Send");
    assert!(window.has("Dismiss send error"));
    visit(window, "server-not-sent");
    window.choose("To", "To all");
    window.click("Send");
    window.wait("the send", |window| window.status().traffic.bytes_out > 40);
    window.click("History");
    visit(window, "server-history");
    window.press(Modifiers::NONE, Key::Escape);
    window.fill("Payload", "");
    window.click("Payload as text");
    window.fill("Payload", "{\n  \"command\": \"start\",\n  \"温度\": 25,\n  \"unit\": \"°C\"\n}");
    visit(window, "server-long-payload");
    window.fill("Payload", "hello");
}

/// What is composed: checksums, variables, and questions.
pub fn composing(look: Look, visit: &mut Visit<'_>) {
    let mut window = look.window();
    let _peer = window.server_with_peer();
    window.click("Payload as hex");
    window.fill("Payload", "01 03 00 0A 00 01");
    compose(&mut window, "Checksum");
    visit(&mut window, "composing-checksums");
    window.click("Use CRC-16/MODBUS");
    visit(&mut window, "composing-checksum");
    compose(&mut window, "Checksum");
    visit(&mut window, "composing-checksum-options");
    window.press(Modifiers::NONE, Key::Escape);
    window.click("Payload with escapes");
    window.fill("Payload", "\\x02 ${counter:%05d} ${time} ${random:8}\\r\\n");
    compose(&mut window, "Insert");
    visit(&mut window, "composing-insert");
    // It closes where the bar has no room for its button.
    window.press(Modifiers::NONE, Key::Escape);
    compose(&mut window, "Insert");
    window.click("Template");
    window.press(Modifiers::NONE, Key::Escape);
    window.click("Send");
    window.wait("the send", |window| window.status().traffic.bytes_out > 0);
    visit(&mut window, "composing-template");
    window.fill("Payload", "SET ${ask:address:u8:1..247} ${ask:名称}");
    window.click("Send");
    window.fill("Value of address", "300");
    visit(&mut window, "composing-questions");
    window.press(Modifiers::NONE, Key::Escape);
    window.fill("Payload", "${counter:u16}");
    visit(&mut window, "composing-wrong-variable");
}

/// Clicks on a control of the composer: in its bar if it is there, otherwise in the menu at the end of this.
fn compose(window: &mut Window, name: &str) {
    if !window.has(name) {
        window.click("More of the composer");
    }
    window.click(name);
}

fn connections(window: &mut Window, peer: &TcpStream, visit: &mut Visit<'_>) {
    window.click("Connection actions");
    visit(window, "server-connections-menu");
    window.press(Modifiers::NONE, Key::Escape);
    let peer = peer.local_addr().unwrap().to_string();
    window.harness.get_by_label(&peer).click_secondary();
    window.harness.run_steps(3);
    visit(window, "server-connection-menu");
    // It closes where the list has no room.
    window.harness.get_by_label(&peer).click_secondary();
    window.harness.run_steps(3);
    window.click("Rename");
    visit(window, "server-connection-name");
    window.harness.event(Event::Text("meter 电表".into()));
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    visit(window, "server-connection-named");
}

/// A server with data, and what is done with the data.
pub fn data(look: Look, visit: &mut Visit<'_>) {
    let mut window = look.window();
    let address = window.start_server();
    let (mut meter, mut panel) = (connect(address), connect(address));
    window.wait("peers", |window| window.status().connections.len() == 2);
    talk(&mut window, &mut meter, &mut panel);
    window.click_head("03 FF FE");
    visit(&mut window, "data-selected");
    window.press(Modifiers::NONE, Key::ArrowRight);
    visit(&mut window, "data-opened");
    window.press(Modifiers::NONE, Key::ArrowLeft);
    window.tool("Inspector");
    window.select_newest();
    visit(&mut window, "data-inspector");
    window.click("Rate plot");
    visit(&mut window, "data-plot");
    window.click("Search");
    window.fill("Find", "温度");
    visit(&mut window, "data-search");
    window.click("Filter");
    visit(&mut window, "data-filter");
    window.click("Close find");
    window.click("Rate plot");
    window.tool("Inspector");
    window.click("More");
    visit(&mut window, "data-more");
    window.press(Modifiers::NONE, Key::Escape);
    window.select_newest();
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::B);
    visit(&mut window, "data-note");
    window.click("Close question");
    window.press(Modifiers::COMMAND, Key::G);
    window.fill("Time to go to", "noon");
    window.click("Answer");
    visit(&mut window, "data-wrong-time");
    window.click("Close question");
    // GBK in a tab of UTF-8.
    window.receive(&mut meter, b"\xCE\xC2\xB6\xC8 25\r\n");
    window.wait("the advice", |window| window.has("Use suggested encoding"));
    visit(&mut window, "data-advice");
    window.click("Dismiss advice");
    window.tool("Pause display");
    window.receive(&mut panel, b"while paused");
    visit(&mut window, "data-paused");
    window.tool("Pause display");
    window.tool("Clear");
    visit(&mut window, "data-cleared");
    saving(&mut window, visit);
}

fn saving(window: &mut Window, visit: &mut Visit<'_>) {
    let folder = tempfile::tempdir().unwrap();
    window.tool("Save recording");
    visit(window, "saving");
    window.click("Format");
    visit(window, "saving-format");
    window.press(Modifiers::NONE, Key::Escape);
    window.choose("Format", "CSV");
    window.save_as(&folder.path().join("missing").join("a.csv"));
    window.wait("the failure", |window| window.has("Dismiss failed save"));
    visit(window, "saving-failed");
    window.save("CSV", &folder.path().join("a.csv"));
    window.wait("the toast", |window| window.has("Open folder"));
    // A toast under the pointer stays.
    let toast = window.harness.get_by_label("Open folder").rect().center();
    window.harness.hover_at(toast);
    visit(window, "saving-done");
}

/// Many connections and much data.
pub fn busy(look: Look, visit: &mut Visit<'_>) {
    let mut window = look.window();
    let address = window.start_server();
    let mut peers: Vec<_> = (0..30).map(|_| connect(address)).collect();
    window.wait("peers", |window| window.status().connections.len() == 30);
    let mut total = 0;
    for round in 0..20 {
        for (number, peer) in peers.iter_mut().enumerate() {
            let line = format!("{round:>4} sensor {number}: 21.5 °C, 正常\r\n");
            total += line.len() as u64;
            peer.write_all(line.as_bytes()).unwrap();
        }
    }
    window.wait("the data", |window| window.status().traffic.bytes_in == total);
    visit(&mut window, "busy");
    window.focus_data();
    window.press(Modifiers::NONE, Key::PageUp);
    let more = b"one more\n";
    peers[0].write_all(more).unwrap();
    window.wait("more", |window| window.status().traffic.bytes_in == total + more.len() as u64);
    visit(&mut window, "busy-above");
    let reset = socket2::SockRef::from(&peers[3]).set_linger(Some(std::time::Duration::ZERO));
    reset.unwrap();
    peers.truncate(3);
    window.wait("the ends", |window| window.status().connections.len() == 3);
    window.press(Modifiers::COMMAND, Key::End);
    visit(&mut window, "busy-closed");
}

/// A client from its options to its server's answer.
pub fn client(look: Look, visit: &mut Visit<'_>) {
    let mut window = look.window();
    window.click("New session");
    window.click("TCP client");
    visit(&mut window, "client-idle");
    window.click("Options");
    visit(&mut window, "client-options");
    window.click("Bind local address");
    window.press(Modifiers::NONE, Key::Escape);
    visit(&mut window, "client-local-side");
    let (_socket, port) = refusing();
    window.fill("Remote host", "localhost");
    window.fill("Remote port", &port.to_string());
    window.click("Connect");
    window.wait("the failure", |window| window.has("Dismiss"));
    visit(&mut window, "client-refused");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    window.fill("Remote host", "127.0.0.1");
    window.fill("Remote port", &listener.local_addr().unwrap().port().to_string());
    window.click("Connect");
    window.wait("connected", |window| window.status().state == SessionState::Open);
    let (mut server, _) = listener.accept().unwrap();
    window.receive(&mut server, "欢迎 welcome\r\n".as_bytes());
    visit(&mut window, "client-connected");
}

/// A UDP socket with two peers.
pub fn udp(look: Look, visit: &mut Visit<'_>) {
    let mut window = look.window();
    window.click("New session");
    window.click("UDP");
    visit(&mut window, "udp-idle");
    window.fill("Local address", "127.0.0.1");
    window.fill("Local port", "0");
    window.fill("Remote host", "127.0.0.1");
    window.fill("Remote port", "9");
    window.click("Start");
    window.wait("bound", |window| window.status().state.is_active() && window.status().local.is_some());
    let local: SocketAddr = window.status().local.unwrap();
    for text in ["hello", "湿度 41 %"] {
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        peer.send_to(text.as_bytes(), local).unwrap();
        window.wait("the datagram", |window| window.shows_row(text));
    }
    visit(&mut window, "udp-peers");
}

/// Files, and recordings that were left behind.
pub fn files(look: Look, visit: &mut Visit<'_>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a recording with quite a long name.pcapng");
    write_ten(Destination::file(file.clone()).unwrap());
    leave_behind(folder.path());
    std::fs::write(folder.path().join("settings.toml"), "not = [ toml").unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.wait("the offer", |window| window.has("Later") && window.has("Dismiss notice"));
    look.apply(&mut window);
    visit(&mut window, "files-left-behind");
    window.click("Dismiss notice");
    window.click("Review unfinished recordings");
    visit(&mut window, "files-review");
    window.click("Delete all unfinished");
    visit(&mut window, "files-delete-all");
    window.click("Keep all unfinished");
    window.click("Close list");
    window.press(Modifiers::COMMAND, Key::O);
    visit(&mut window, "files-open-dialog");
    window.fill("File to open", &folder.path().join("missing.pcapng").display().to_string());
    window.click("Open");
    window.harness.run_steps(3);
    visit(&mut window, "files-not-opened");
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.state_mut().as_mut().unwrap().open_files(&[file]);
    window.wait("the file", |window| window.shows_row("record 9"));
    visit(&mut window, "files-open");
}

fn leave_behind(folder: &Path) {
    for number in 1..4 {
        let title = format!("TCP server 127.0.0.{number}:7788");
        let left = RecordingFolder::create(&folder.join("recordings"), &title, Timestamp(NOW)).unwrap();
        write_ten(left.destination());
    }
}

/// The lists of commands beside the data, and their dialogs.
pub fn commands(look: Look, visit: &mut Visit<'_>) {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    look.apply(&mut window);
    let mut peer = connect(window.start_server());
    window.wait("the peer", |window| window.status().connections.len() == 1);
    window.receive(&mut peer, "温度 23.5 °C\r\n".as_bytes());
    window.press(Modifiers::COMMAND, Key::K);
    visit(&mut window, "commands-none");
    let lists = folder.path().join("lists");
    std::fs::create_dir_all(&lists).unwrap();
    std::fs::write(lists.join("a.toml"), COMMANDS).unwrap();
    std::fs::write(lists.join("b.toml"), "name = \"示例 second\"\n[[items]]\nname = \"hello\"\n").unwrap();
    std::fs::write(lists.join("bad.toml"), "attached = \"moon\"").unwrap();
    window.press(Modifiers::COMMAND, Key::K);
    window.press(Modifiers::COMMAND, Key::K);
    window.wait("the lists", |window| window.has("Identify device"));
    window.click("Send Read 10 registers");
    window.click("Send Wrong frame");
    visit(&mut window, "commands-lists");
    window.fill("Filter commands", "re");
    visit(&mut window, "commands-filtered");
    window.fill("Filter commands", "");
    window.click("Add command");
    visit(&mut window, "commands-add");
    window.press(Modifiers::NONE, Key::Escape);
    window.click("List actions");
    visit(&mut window, "commands-menu");
    window.press(Modifiers::NONE, Key::Escape);
    window.harness.get_by_label("Set clock").click_secondary();
    window.harness.run_steps(3);
    visit(&mut window, "commands-item-menu");
    // It closes where the window changes its size.
    window.press(Modifiers::NONE, Key::Escape);
    window.focus("Commands");
    window.press(Modifiers::NONE, Key::Home);
    window.press(Modifiers::SHIFT, Key::F10);
    visit(&mut window, "commands-list-menu");
    window.press(Modifiers::NONE, Key::Escape);
    window.click("Identify device");
    window.focus("Commands");
    window.press(Modifiers::NONE, Key::Space);
    visit(&mut window, "commands-editor");
    window.focus("Command answer");
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.focus("Go on without an answer");
    visit(&mut window, "commands-editor-answer");
    window.fill("Command payload", "ID\\q");
    window.fill("Command checksum", "crc99");
    window.focus("Command target");
    window.choose("Command target", "To one peer");
    visit(&mut window, "commands-editor-wrong");
    window.press(Modifiers::NONE, Key::Escape);
    visit(&mut window, "commands-editor-unsaved");
    window.click("Discard changes");
    window.menu("Add command", "New list");
    visit(&mut window, "commands-new-list");
    window.press(Modifiers::NONE, Key::Escape);
    importing(&mut window, folder.path(), visit);
    window.click("Identify device");
    window.focus("Commands");
    window.press(Modifiers::NONE, Key::Delete);
    let toast = window.harness.get_by_label("Undo deletion").rect().center();
    window.harness.hover_at(toast);
    visit(&mut window, "commands-deleted");
}

fn importing(window: &mut Window, folder: &Path, visit: &mut Visit<'_>) {
    window.menu("Add command", "Import list");
    visit(window, "commands-import");
    let file = folder.join("sscom51.ini");
    std::fs::write(&file, "not a list").unwrap();
    window.fill("List file", &file.display().to_string());
    window.click("Read list file");
    window.wait("the refusal", |window| window.has("List file") && window.shows("NetAssist"));
    visit(window, "commands-not-imported");
    let items = (1..=40).map(|slot| {
        format!(
            "N{}=1,item {slot},100\r\nN{slot}={},01 03 00 {slot:02}\r\n",
            slot + 100,
            if slot % 9 == 0 { "X" } else { "H" }
        )
    });
    std::fs::write(&file, items.collect::<String>() + "N1068=,10.0.0.7\r\nN1059=,Y\r\n").unwrap();
    window.click("Read list file");
    window.wait("the preview", |window| window.has("Take list"));
    visit(window, "commands-preview");
    window.press(Modifiers::NONE, Key::Escape);
}

const COMMANDS: &str = r#"
name = "Pump controller"
[[items]]
name = "Identify device"
group = "Start-up"
payload = "ID?"
line_ending = "crlf"
key = "F12"
color = "teal"
[[items]]
name = "Set clock"
group = "Start-up"
format = "hex"
payload = "01 06 00 10 00 00"
[[items]]
name = "Read 10 registers"
group = "Polling 轮询"
format = "hex"
payload = "01 03 00 00 00 0A"
checksum = "CRC-16/MODBUS"
key = "Ctrl+Alt+1"
color = "orange"
[[items]]
name = "Wrong frame"
group = "Polling 轮询"
format = "hex"
payload = "01 0G"
[[items]]
name = "A command with quite a long name that does not fit beside its button, 名称很长的一条指令"
group = "Polling 轮询"
payload = "x"
key = "Ctrl+Alt+2"
"#;
