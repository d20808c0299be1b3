//! A window without a display, waiting for what it shows, and what most tests need: servers with data, recordings,
//! selecting and copying.

use eframe::egui::{self, Event, Key, Modifiers, OutputCommand, Pos2, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wirelab::capture::{CaptureWriter, Destination, Limits, Snapshot, open};
use wirelab::gui::{App, Desktop, Environment};
use wirelab::lang::Language;
use wirelab::model::{
    AnswerNote, ConnectionId, Direction, Record, RecordKind, SessionConfig, SessionState, Status, Timestamp,
    Transport,
};
use wirelab::settings::SettingsFile;

/// Longer than any step of a test takes, also on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(30);

pub struct Window {
    pub harness: Harness<'static, Option<App>>,
    _folder: Option<tempfile::TempDir>,
}

impl Window {
    /// An empty window in English.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut window = Self::at(folder.path(), Vec::new());
        window._folder = Some(folder);
        window
    }

    /// A window with the settings in a folder.
    pub fn at(folder: &Path, sessions: Vec<SessionConfig>) -> Self {
        Self::with(folder, sessions, egui::vec2(1100.0, 740.0))
    }

    pub fn with(folder: &Path, sessions: Vec<SessionConfig>, size: egui::Vec2) -> Self {
        Self::on(folder, sessions, size, None)
    }

    /// A window on a desktop, if there is one.
    pub fn on(
        folder: &Path,
        sessions: Vec<SessionConfig>,
        size: egui::Vec2,
        desktop: Option<Arc<dyn Desktop>>,
    ) -> Self {
        let settings = Some(SettingsFile::at(folder.join("settings.toml")));
        let recordings = folder.join("recordings");
        let environment = Environment { settings, recordings, language: Language::English, desktop };
        let mut start = Some((environment, sessions));
        let harness = Harness::builder().with_size(size).with_max_steps(40).build_ui_state(
            move |ui, app: &mut Option<App>| {
                if let Some((environment, sessions)) = start.take() {
                    *app = Some(App::new(ui.ctx(), environment, sessions));
                }
                let app = app.as_mut().unwrap();
                app.logic(ui.ctx());
                // The harness leaves a margin, which a real window does not have.
                let whole = ui.ctx().content_rect();
                let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(whole));
                ui.set_clip_rect(whole);
                app.ui(&mut ui);
            },
            None,
        );
        Self { harness, _folder: None }
    }

    pub fn app(&self) -> &App {
        self.harness.state().as_ref().unwrap()
    }

    /// The status of the tab that was opened last.
    pub fn status(&self) -> Status {
        self.app().statuses().last().unwrap().clone()
    }

    /// Runs frames until `done`.
    #[track_caller]
    pub fn wait(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            self.harness.step();
            if done(self) {
                // One more frame draws what `done` has seen.
                self.harness.step();
                return;
            }
            assert!(Instant::now() < deadline, "timed out waiting for {what}: {:#?}", self.rows());
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }

    #[track_caller]
    pub fn click(&mut self, name: &str) {
        self.harness.get_by_label(name).click();
        self.harness.run_steps(3);
    }

    /// Moves the keyboard focus.
    #[track_caller]
    pub fn focus(&mut self, name: &str) {
        self.harness.get_by_label(name).focus();
        self.harness.run_steps(2);
    }

    /// Clicks with Ctrl held.
    #[track_caller]
    pub fn ctrl_click(&mut self, name: &str) {
        self.harness.get_by_label(name).click_modifiers(Modifiers::COMMAND);
        self.harness.run_steps(3);
    }

    /// Chooses an entry of a drop-down list.
    #[track_caller]
    pub fn choose(&mut self, list: &str, entry: &str) {
        self.click(list);
        self.harness.get_by_label(entry).click();
        self.harness.run_steps(3);
    }

    /// Clicks on an entry of a menu.
    #[track_caller]
    pub fn menu(&mut self, menu: &str, entry: &str) {
        self.click(menu);
        self.click(entry);
    }

    /// Clicks on a tool above the data: in the bar if it is there, otherwise in the menu at its end.
    #[track_caller]
    pub fn tool(&mut self, name: &str) {
        if !self.has(name) {
            self.click("More");
        }
        self.click(name);
    }

    /// Clicks on a control of the composer: in its bar if it is there, otherwise in the menu at its end.
    #[track_caller]
    pub fn tool_of_composer(&mut self, name: &str) {
        if !self.has(name) {
            self.click("More of the composer");
        }
        self.click(name);
    }

    /// Chooses an entry of a drop-down list of the settings page.
    #[track_caller]
    pub fn set(&mut self, list: &str, entry: &str) {
        self.click("Settings");
        self.choose(list, entry);
        self.click("Close settings");
    }

    #[track_caller]
    pub fn field<'a>(&'a self, name: &'a str) -> Node<'a> {
        let is_field = |node: &Node<'_>| {
            matches!(node.accesskit_node().role(), Role::TextInput | Role::MultilineTextInput)
        };
        self.harness.get_all_by_label(name).find(is_field).unwrap_or_else(|| panic!("no field {name}"))
    }

    /// Replaces the text of a field.
    #[track_caller]
    pub fn fill(&mut self, name: &str, text: &str) {
        self.field(name).focus();
        self.harness.run_steps(2);
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.harness.run_steps(1);
        self.harness.key_press(Key::Delete);
        self.harness.run_steps(1);
        if !text.is_empty() {
            self.harness.event(egui::Event::Paste(text.into()));
            self.harness.run_steps(2);
        }
    }

    #[track_caller]
    pub fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(3);
    }

    /// Clicks at a position.
    pub fn click_at(&mut self, place: Pos2) {
        self.harness.hover_at(place);
        self.harness.drag_at(place);
        self.harness.drop_at(place);
        self.harness.run_steps(3);
    }

    /// Drags from one position to another.
    pub fn drag(&mut self, from: Pos2, to: Pos2) {
        self.harness.hover_at(from);
        self.harness.drag_at(from);
        self.harness.run_steps(2);
        self.harness.hover_at(to);
        self.harness.run_steps(2);
        self.harness.drop_at(to);
        self.harness.run_steps(3);
    }

    pub fn value(&self, name: &str) -> String {
        self.field(name).accesskit_node().value().unwrap_or_default()
    }

    pub fn has(&self, name: &str) -> bool {
        self.harness.query_all_by_label(name).next().is_some()
    }

    pub fn shows(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some()
    }

    pub fn is_enabled(&self, name: &str) -> bool {
        !self.harness.get_by_label(name).accesskit_node().is_disabled()
    }

    /// The accessible texts of the records in view.
    pub fn rows(&self) -> Vec<String> {
        self.harness.query_all_by_role(Role::Row).filter_map(|node| node.accesskit_node().label()).collect()
    }

    pub fn shows_row(&self, part: &str) -> bool {
        self.rows().iter().any(|row| row.contains(part))
    }

    /// Clicks on the last record in view, which focuses the data.
    #[track_caller]
    pub fn click_newest(&mut self) {
        let row = self.harness.query_all_by_role(Role::Row).last().unwrap().rect();
        self.click_at(row.center());
    }

    /// Clicks on the time of the record in view that contains `part`.
    #[track_caller]
    pub fn click_head(&mut self, part: &str) {
        let rows = self.rows();
        let name = rows.iter().find(|row| row.contains(part)).unwrap_or_else(|| panic!("{part}: {rows:?}"));
        let row = self.harness.get_by_role_and_label(Role::Row, name).rect();
        self.click_at(row.left_top() + egui::vec2(40.0, 6.0));
    }

    /// Focuses the data.
    #[track_caller]
    pub fn focus_data(&mut self) {
        self.harness.get_by_role(Role::Table).focus();
        self.harness.run_steps(2);
    }

    /// Selects the newest record by key.
    #[track_caller]
    pub fn select_newest(&mut self) {
        self.focus_data();
        // More than the records in view.
        for _ in 0..40 {
            self.harness.key_press_modifiers(Modifiers::COMMAND, Key::ArrowDown);
            self.harness.run_steps(1);
        }
        self.harness.run_steps(2);
    }

    /// The text that the last frame has put on the clipboard.
    pub fn clipboard(&self) -> Option<String> {
        self.harness.output().platform_output.commands.iter().find_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// Presses Ctrl+C, waits for a copy that takes longer, and returns what was put on the clipboard.
    #[track_caller]
    pub fn copy(&mut self) -> Option<String> {
        self.harness.event(Event::Copy);
        self.harness.step();
        self.copied()
    }

    /// Waits for a copy that was begun in the last frame, and returns what was put on the clipboard.
    #[track_caller]
    pub fn copied(&mut self) -> Option<String> {
        let deadline = Instant::now() + DEADLINE;
        while self.clipboard().is_none() {
            self.harness.step();
            if self.clipboard().is_none() && !self.has("Cancel copying") {
                return None;
            }
            assert!(Instant::now() < deadline, "timed out waiting for the copy");
            std::thread::park_timeout(Duration::from_millis(2));
        }
        self.clipboard()
    }

    /// Opens a TCP server tab on a free port of 127.0.0.1 and starts it.
    #[track_caller]
    pub fn start_server(&mut self) -> SocketAddr {
        self.start("TCP server")
    }

    /// Opens a tab of one kind on a free port of 127.0.0.1 and starts it.
    #[track_caller]
    pub fn start(&mut self, kind: &str) -> SocketAddr {
        self.click("New session");
        self.click(kind);
        self.fill("Local address", "127.0.0.1");
        self.fill("Local port", "0");
        self.click("Start");
        self.wait("listening", |window| window.status().state == SessionState::Listening);
        self.status().local.unwrap()
    }

    /// Opens a TCP client tab for a port of 127.0.0.1, without connecting.
    #[track_caller]
    pub fn client_of(&mut self, port: u16) {
        self.click("New session");
        self.click("TCP client");
        self.fill("Remote host", "127.0.0.1");
        self.fill("Remote port", &port.to_string());
    }

    /// Sends a payload to the session opened last and waits for it; a short one becomes one record.
    #[track_caller]
    pub fn receive(&mut self, peer: &mut TcpStream, payload: &[u8]) {
        let total = self.status().traffic.bytes_in + payload.len() as u64;
        peer.write_all(payload).unwrap();
        self.wait("the payload", |window| window.status().traffic.bytes_in == total);
    }

    /// A server that has received these payloads, one record each.
    #[track_caller]
    pub fn server_with<P: AsRef<[u8]>>(&mut self, payloads: impl IntoIterator<Item = P>) -> TcpStream {
        let mut peer = connect(self.start_server());
        for payload in payloads {
            self.receive(&mut peer, payload.as_ref());
        }
        peer
    }

    /// A server whose only peer is connected.
    #[track_caller]
    pub fn server_with_peer(&mut self) -> TcpStream {
        let peer = connect(self.start_server());
        self.wait("the peer", |window| window.status().connections.len() == 1);
        peer
    }

    /// Opens a file by its path.
    #[track_caller]
    pub fn open(&mut self, path: &Path) {
        self.press(Modifiers::COMMAND, Key::O);
        self.fill("File to open", &path.display().to_string());
        self.click("Open");
    }

    /// Begins to save or export the shown tab.
    #[track_caller]
    pub fn save(&mut self, format: &str, path: &Path) {
        self.tool("Save recording");
        self.choose("Format", format);
        self.save_as(path);
    }

    /// Fills the path in the save dialog and saves.
    #[track_caller]
    pub fn save_as(&mut self, path: &Path) {
        self.fill("Save as", &path.display().to_string());
        self.click("Save");
    }

    /// Waits for the message of a save and dismisses it.
    #[track_caller]
    pub fn wait_for_message(&mut self) {
        self.wait("the message", |window| window.has("Dismiss message"));
        self.click("Dismiss message");
    }

    /// Saves or exports the shown tab and waits for the message.
    #[track_caller]
    pub fn save_and_wait(&mut self, format: &str, path: &Path) {
        self.save(format, path);
        self.wait("the message", |window| window.has("Dismiss message"));
        assert!(self.shows(&path.file_name().unwrap().to_string_lossy()));
        self.wait_for_message();
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if let Some(app) = self.harness.state_mut() {
            app.close();
        }
    }
}

/// Waits until `done` without drawing frames.
#[track_caller]
pub fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "timed out waiting for {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// A regular expression that [`long_text`] does not match. No fixed bytes are in every match, so that a search has to
/// decode all of the text.
pub const SLOW_QUERY: &str = "[0-9]{9}";

/// A loopback port that refuses connections. The socket is bound and does not listen; it keeps the port from other
/// tests until it is dropped.
pub fn refusing() -> (socket2::Socket, u16) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    (socket, port)
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

pub fn read_exactly(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// The time of the first record of [`write_records`], in nanoseconds since 1970.
pub const NOW: u64 = 1_700_000_000_000_000_000;

/// Writes a recording of these payloads, one record each; every second one was sent.
pub fn write_records<P: AsRef<[u8]>>(destination: Destination, payloads: impl IntoIterator<Item = P>) {
    let mut writer = CaptureWriter::new(destination, Limits::default());
    for (number, payload) in (0u64..).zip(payloads) {
        writer.append(&Record {
            time: Timestamp(NOW + number * 1_000_000),
            kind: RecordKind::Data,
            direction: if number.is_multiple_of(2) { Direction::Inbound } else { Direction::Outbound },
            transport: Transport::Tcp,
            connection: ConnectionId(1),
            local: "127.0.0.1:7788".parse().unwrap(),
            peer: "127.0.0.1:50000".parse().unwrap(),
            payload: payload.as_ref(),
            is_cut: false,
            text: "",
            answer: AnswerNote::default(),
        });
    }
    writer.publish();
}

/// Writes ten numbered records, the first of them received.
pub fn write_ten(destination: Destination) {
    write_records(destination, (0..10).map(|number| format!("record {number}\n")));
}

/// 24 MiB of text: writing it, or searching it with [`SLOW_QUERY`], takes many frames.
pub fn long_text() -> Vec<u8> {
    const BYTES: usize = 24 << 20;
    "voltage 3.30 V, 温度 25.0 °C\n".bytes().cycle().take(BYTES).collect()
}

/// The snapshot of a recording on the disk.
pub fn snapshot(path: &Path) -> Snapshot {
    let mut opened = open(path).unwrap();
    opened.indexing.wait();
    opened.reader.snapshot()
}

/// A window in `folder` that shows a file of ten records there, and the file.
pub fn ten_records(folder: &Path) -> (Window, PathBuf) {
    let file = folder.join("run.pcapng");
    write_ten(Destination::file(file.clone()).unwrap());
    let mut window = Window::at(folder, Vec::new());
    window.open(&file);
    window.wait("the records", |window| window.shows_row("record 9"));
    (window, file)
}

/// A server that has received three records, one of them binary.
pub fn three_records(window: &mut Window) -> TcpStream {
    let peer = window.server_with([&b"first\n"[..], &[0, 255, b'='], "第三\n".as_bytes()]);
    window.wait("the record", |window| window.shows_row("第三"));
    peer
}

/// The number of folders in a folder.
pub fn folders(parent: &Path) -> usize {
    std::fs::read_dir(parent).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
}
