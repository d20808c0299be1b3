//! The window without a display. Frames run on input and when a requested repaint is due, as in eframe. What is on
//! the screen is read from the accessibility tree of the last frame.

use super::{DEADLINE, failed};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use eframe::egui::accesskit::{self, ActionRequest, Node, NodeId, TreeId};
use eframe::egui::{self, Event, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, Role};
use std::io;
use std::time::{Duration, Instant};
use wirelab::gui::{App, Environment};
use wirelab::lang::Language;
use wirelab::model::{SessionConfig, SessionState, Status, TcpServerConfig};

/// The size of a new window, in points.
const SIZE: egui::Vec2 = egui::vec2(1080.0, 720.0);

pub struct Headless {
    pub ctx: egui::Context,
    pub app: App,
    /// The times at which requested repaints are due.
    asked: Receiver<Instant>,
    due: Option<Instant>,
    events: Vec<Event>,
    nodes: Vec<(NodeId, Node)>,
    started: Instant,
    /// Frames run so far.
    pub frames: u64,
    folder: tempfile::TempDir,
}

impl Headless {
    /// A window with these sessions; its recordings are below `parent`.
    pub fn open(parent: &std::path::Path, sessions: Vec<SessionConfig>) -> io::Result<Self> {
        let ctx = egui::Context::default();
        let (ask, asked) = crossbeam_channel::bounded(1024);
        ctx.set_request_repaint_callback(move |info| {
            let _ = ask.try_send(Instant::now() + info.delay);
        });
        ctx.enable_accesskit();
        let folder = tempfile::tempdir_in(parent)?;
        let recordings = folder.path().join("recordings");
        let environment =
            Environment { settings: None, recordings, language: Language::English, desktop: None };
        let app = App::new(&ctx, environment, sessions);
        let started = Instant::now();
        Ok(Self {
            ctx,
            app,
            asked,
            due: None,
            events: Vec::new(),
            nodes: Vec::new(),
            started,
            frames: 0,
            folder,
        })
    }

    /// A window with `count` listening TCP servers on free ports.
    pub fn with_servers(parent: &std::path::Path, count: usize) -> io::Result<Self> {
        let mut sessions = Vec::new();
        for _ in 0..count {
            let local = ([127, 0, 0, 1], super::free_port()?).into();
            sessions.push(SessionConfig::TcpServer(TcpServerConfig::new(local)));
        }
        let mut window = Self::open(parent, sessions)?;
        window.until("listening", |window| {
            window.app.statuses().all(|status| status.state == SessionState::Listening)
        })?;
        Ok(window)
    }

    /// The latest status of a session.
    pub fn status(&self, tab: usize) -> Status {
        self.app.statuses().nth(tab).cloned().unwrap_or_default()
    }

    pub fn port(&self, tab: usize) -> u16 {
        self.status(tab).local.map_or(0, |address| address.port())
    }

    /// Runs one frame up to the meshes for a graphics card, and returns its duration.
    pub fn frame(&mut self) -> Duration {
        while self.asked.try_recv().is_ok() {}
        self.due = None;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.started.elapsed().as_secs_f64()),
            events: std::mem::take(&mut self.events),
            focused: true,
            ..RawInput::default()
        };
        let app = &mut self.app;
        let began = Instant::now();
        let mut output = self.ctx.run_ui(input, |ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
        let shapes = std::mem::take(&mut output.shapes);
        let meshes = self.ctx.tessellate(shapes, output.pixels_per_point);
        let took = began.elapsed();
        drop(meshes);
        self.frames += 1;
        if let Some(update) = output.platform_output.accesskit_update.take() {
            self.nodes = update.nodes;
        }
        output.drop_without_applying_deltas();
        took
    }

    /// Waits for input or a repaint that is due and runs the frame; `false` if there is none before `until`.
    pub fn next_frame(&mut self, until: Instant) -> bool {
        loop {
            while let Ok(at) = self.asked.try_recv() {
                self.due = Some(self.due.map_or(at, |due| due.min(at)));
            }
            let now = Instant::now();
            if !self.events.is_empty() || self.due.is_some_and(|due| due <= now) {
                self.frame();
                return true;
            }
            if now >= until {
                return false;
            }
            let wake = self.due.map_or(until, |due| due.min(until));
            match self.asked.recv_deadline(wake) {
                Ok(at) => self.due = Some(self.due.map_or(at, |due| due.min(at))),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// Runs frames as they are due until `done` holds, and returns how long that took.
    pub fn until(&mut self, what: &str, mut done: impl FnMut(&Self) -> bool) -> io::Result<Duration> {
        let began = Instant::now();
        loop {
            // The first frame takes in what the caller has just done.
            if self.frames == 0 || !self.events.is_empty() {
                self.frame();
            }
            if done(self) {
                return Ok(began.elapsed());
            }
            if !self.next_frame(began + DEADLINE) {
                return Err(failed(format!("timed out waiting for {what}")));
            }
        }
    }

    /// Runs frames until none is due within 250 ms.
    pub fn settle(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        while Instant::now() < deadline && self.next_frame(Instant::now() + Duration::from_millis(250)) {}
    }

    /// Clicks the widget with this accessible name.
    pub fn click(&mut self, name: &str) -> io::Result<()> {
        let target = self.nodes.iter().find(|(_, node)| node.label() == Some(name));
        let target = target.ok_or_else(|| failed(format!("nothing is called {name}")))?.0;
        self.act(target, accesskit::Action::Click);
        Ok(())
    }

    /// Clicks and then settles.
    pub fn choose(&mut self, name: &str) -> io::Result<()> {
        self.click(name)?;
        self.settle();
        Ok(())
    }

    /// Focuses the first widget with a role, and settles.
    pub fn focus(&mut self, role: Role) -> io::Result<()> {
        self.focus_on(|node| node.role() == role)
    }

    /// Focuses without settling, which never ends under load.
    pub fn focus_now(&mut self, role: Role) -> io::Result<()> {
        let target = self.nodes.iter().find(|(_, node)| node.role() == role);
        let target = target.ok_or_else(|| failed(role))?.0;
        self.act(target, accesskit::Action::Focus);
        self.frame();
        Ok(())
    }

    /// Replaces the text of a field.
    pub fn fill(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.focus_on(|node| node.label() == Some(name) && node.role() == Role::TextInput)?;
        self.press(Key::A, Modifiers::COMMAND);
        self.events.push(Event::Paste(text.into()));
        self.frame();
        Ok(())
    }

    fn focus_on(&mut self, is_wanted: impl Fn(&Node) -> bool) -> io::Result<()> {
        let target = self.nodes.iter().find(|(_, node)| is_wanted(node));
        let target = target.ok_or_else(|| failed("no such widget to focus"))?.0;
        self.act(target, accesskit::Action::Focus);
        self.settle();
        Ok(())
    }

    fn act(&mut self, target_node: NodeId, action: accesskit::Action) {
        let request = ActionRequest { action, target_tree: TreeId::ROOT, target_node, data: None };
        self.events.push(Event::AccessKitActionRequest(request));
    }

    pub fn press(&mut self, key: Key, modifiers: Modifiers) {
        for pressed in [true, false] {
            let event = Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
            self.events.push(event);
        }
    }

    /// Clicks with the pointer in the middle of the widget with this name, and removes the pointer.
    pub fn press_middle(&mut self, name: &str) -> io::Result<()> {
        let found = self.nodes.iter().find(|(_, node)| node.label() == Some(name));
        let bounds = found.and_then(|(_, node)| node.bounds()).ok_or_else(|| failed(name))?;
        let pos = Pos2::new((bounds.x0 + bounds.x1) as f32 / 2.0, (bounds.y0 + bounds.y1) as f32 / 2.0);
        self.events.push(Event::PointerMoved(pos));
        self.frame();
        for pressed in [true, false] {
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            self.events.push(Event::PointerButton { pos, button, pressed, modifiers });
            self.frame();
        }
        self.events.push(Event::PointerGone);
        self.settle();
        Ok(())
    }

    /// The names of all widgets with a role.
    pub fn labels(&self, role: Role) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter(move |(_, node)| node.role() == role).filter_map(|(_, node)| node.label())
    }

    /// The value of the widget with this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.nodes.iter().find(|(_, node)| node.label() == Some(name)).and_then(|(_, node)| node.value())
    }

    /// All visible texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter_map(|(_, node)| node.value().or(node.label()))
    }

    pub fn has(&self, name: &str) -> bool {
        self.nodes.iter().any(|(_, node)| node.label() == Some(name))
    }

    /// Closes the sessions and deletes their recordings.
    pub fn close(mut self) {
        self.app.close();
        drop(self.folder);
    }
}
