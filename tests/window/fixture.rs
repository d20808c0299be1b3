//! A window without a display, and the means to wait for what it shows.

use eframe::egui::{self, Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};
use wirelab::gui::{App, Environment};
use wirelab::lang::Language;
use wirelab::model::{SessionConfig, SessionState, Status};
use wirelab::settings::SettingsFile;

pub const DEADLINE: Duration = Duration::from_secs(10);

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
        let settings = Some(SettingsFile::at(folder.join("settings.toml")));
        let recordings = folder.join("recordings");
        let mut start = Some((Environment { settings, recordings, language: Language::English }, sessions));
        let harness = Harness::builder().with_size(size).with_max_steps(40).build_ui_state(
            move |ui, app: &mut Option<App>| {
                if let Some((environment, sessions)) = start.take() {
                    *app = Some(App::new(ui.ctx(), environment, sessions));
                }
                let app = app.as_mut().unwrap();
                app.logic(ui.ctx());
                app.ui(ui);
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

    /// Lets the window run until `done`.
    #[track_caller]
    pub fn wait(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            self.harness.step();
            if done(self) {
                // What was found is to be on the screen as well.
                self.harness.step();
                return;
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}: {:#?}", self.rows());
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }

    #[track_caller]
    pub fn click(&mut self, name: &str) {
        self.harness.get_by_label(name).click();
        self.harness.run_steps(3);
    }

    /// Clicks with Ctrl held.
    #[track_caller]
    pub fn ctrl_click(&mut self, name: &str) {
        self.harness.get_by_label(name).click_modifiers(Modifiers::COMMAND);
        self.harness.run_steps(3);
    }

    /// Chooses an entry of a list.
    #[track_caller]
    pub fn choose(&mut self, list: &str, entry: &str) {
        self.click(list);
        self.harness.get_by_label(entry).click();
        self.harness.run_steps(3);
    }

    #[track_caller]
    pub fn field<'a>(&'a self, name: &'a str) -> Node<'a> {
        let is_field = |node: &Node<'_>| {
            matches!(node.accesskit_node().role(), Role::TextInput | Role::MultilineTextInput)
        };
        self.harness.get_all_by_label(name).find(is_field).unwrap_or_else(|| panic!("no field {name}"))
    }

    /// Replaces what is in a field.
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

    /// What a screen reader reads of the data.
    pub fn rows(&self) -> Vec<String> {
        self.harness.query_all_by_role(Role::Row).filter_map(|node| node.accesskit_node().label()).collect()
    }

    pub fn shows_row(&self, part: &str) -> bool {
        self.rows().iter().any(|row| row.contains(part))
    }

    /// Opens a TCP server tab on a free port of 127.0.0.1 and starts it.
    #[track_caller]
    pub fn start_server(&mut self) -> SocketAddr {
        self.click("New session");
        self.click("TCP server");
        self.fill("Local address", "127.0.0.1");
        self.fill("Local port", "0");
        self.click("Start");
        self.wait("listening", |window| window.status().state == SessionState::Listening);
        self.status().local.unwrap()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if let Some(app) = self.harness.state_mut() {
            app.close();
        }
    }
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
