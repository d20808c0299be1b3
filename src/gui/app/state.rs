//! The window's state.
//!
//! `logic` takes in what the sessions tell, also while the window is hidden; `ui` only draws and
//! collects actions; `apply` carries them out, and is the one place that acts.

use crate::gui::action::Action;
use crate::gui::action::TabId;
use crate::gui::app::saver::Saver;
use crate::gui::app::{shortcuts, top_bar};
use crate::gui::files::state::Files;
use crate::gui::kit::waker::Waker;
use crate::gui::kit::{theme, widgets};
use crate::gui::tab::panel;
use crate::gui::tab::state::Tab;
use crate::lang::{Language, Words, fill};
use crate::model::{SessionConfig, Status};
use crate::settings::{LoadError, Settings, SettingsFile, TabKind, TabSettings, ThemeChoice, WindowSettings};
use crate::task::Task;
use eframe::egui::{self, Context, Frame, Margin, Panel, ThemePreference, Ui};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Below this the window is scrolled as a whole, in points.
const LEAST_SIZE: egui::Vec2 = egui::vec2(640.0, 420.0);
/// What a message needs more.
const BANNER_HEIGHT: f32 = 45.0;
/// What a question needs more, and what is wrong with its answer as much again.
const QUESTION_HEIGHT: f32 = 27.0;
/// What the search needs more, in the two rows that it may take, and what the filter does.
const FIND_HEIGHT: f32 = 68.0;

/// What the program finds around it; tests give their own.
pub struct Environment {
    /// Where the settings are kept; `None` keeps none.
    pub settings: Option<SettingsFile>,
    /// The folder for recordings.
    pub recordings: PathBuf,
    /// The system's language.
    pub language: Language,
}

/// What the user chose for the whole window.
pub struct Preferences {
    /// The language in use.
    pub language: Language,
    /// Whether it was chosen here, rather than taken from the system.
    pub is_language_chosen: bool,
    /// The colours.
    pub theme: ThemeChoice,
    /// Closing a recording that was not saved asks nothing.
    pub(super) closes_unsaved: bool,
    /// Where something was saved or opened last.
    pub(super) save_folder: PathBuf,
    /// The window's size and zoom, as they were last.
    window: WindowSettings,
}

impl Preferences {
    /// The folder as the settings keep it; a name that is no text they cannot.
    fn kept_folder(&self) -> &str {
        self.save_folder.to_str().unwrap_or_default()
    }

    /// The words of the language.
    #[must_use]
    pub fn words(&self) -> &'static Words {
        self.language.words()
    }
}

/// The window.
pub struct App {
    pub(super) environment: Environment,
    pub(super) preferences: Preferences,
    pub(super) tabs: Vec<Tab>,
    pub(super) active: usize,
    next_tab: u64,
    saver: Saver,
    /// Files: dialogs, what is being written, what was left behind.
    pub(super) files: Files,
    /// Something to tell that belongs to no tab.
    notice: Option<String>,
    waker: Arc<Waker>,
    pub(super) notify: Arc<dyn Fn() + Send + Sync>,
    /// Ends the sessions of closed tabs.
    closing: Vec<Task<()>>,
}

impl App {
    /// The window with its tabs of the last time, and with `sessions` started.
    pub fn new(ctx: &Context, environment: Environment, sessions: Vec<SessionConfig>) -> Self {
        theme::install(ctx);
        // Ctrl+Q next to Ctrl+W would end everything by a slip.
        ctx.options_mut(|options| options.quit_shortcuts.clear());
        let (settings, problem) = match environment.settings.as_ref().map(SettingsFile::load) {
            None => (Settings::default(), None),
            Some(Ok(settings)) => (settings, None),
            Some(Err(error)) => (Settings::default(), Some(error)),
        };
        // A file that could not be read now may be read next time, and is not to be written over.
        let is_unreadable = matches!(problem, Some(LoadError::Unreadable(_)));
        let file = environment.settings.clone().filter(|_| !is_unreadable);
        let chosen = settings.language.as_deref().map(Language::from_locale);
        let preferences = Preferences {
            language: chosen.unwrap_or(environment.language),
            is_language_chosen: chosen.is_some(),
            theme: settings.theme,
            closes_unsaved: settings.closes_unsaved,
            save_folder: settings.save_folder.clone().into(),
            window: settings.window.sane(),
        };
        let waker = Arc::new(Waker::default());
        let notify = waker.notify(ctx);
        let files = Files::new(environment.recordings.clone(), &notify);
        let mut app = Self {
            environment,
            preferences,
            tabs: Vec::new(),
            active: 0,
            next_tab: 0,
            saver: Saver::new(file, settings.clone()),
            files,
            notice: None,
            waker,
            notify,
            closing: Vec::new(),
        };
        app.notice = problem.map(|error| app.explain_settings(&error));
        for tab in settings.tabs {
            app.add_tab(tab);
        }
        app.active = settings.active_tab.min(app.tabs.len().saturating_sub(1));
        for config in sessions {
            app.open(config);
        }
        ctx.set_zoom_factor(app.preferences.window.zoom);
        app.apply_theme(ctx);
        app
    }

    /// The tab at a place of the row; beyond the end, none.
    #[must_use]
    pub fn tab_at(&self, place: usize) -> Option<TabId> {
        self.tabs.get(place).map(|tab| tab.id)
    }

    /// The last tab.
    #[must_use]
    pub fn last_tab(&self) -> Option<TabId> {
        self.tabs.last().map(|tab| tab.id)
    }

    /// The tab that is shown.
    #[must_use]
    pub fn active_tab(&self) -> Option<&Tab> {
        self.tabs.get(self.active)
    }

    /// What the sessions told last, tab by tab.
    pub fn statuses(&self) -> impl Iterator<Item = &Status> {
        self.tabs.iter().map(|tab| &tab.status)
    }

    /// Takes in what the sessions tell. Runs before each frame, and while the window is hidden.
    pub fn logic(&mut self, ctx: &Context) {
        self.waker.taken();
        let now = Instant::now();
        for tab in &mut self.tabs {
            if let Some(delay) = tab.update(now, &self.notify) {
                ctx.request_repaint_after(delay);
            }
        }
        self.update_files(ctx);
        self.remember_window(ctx);
        self.save_when_due(ctx, now);
    }

    /// Draws, and carries out what the user did.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.waker.drawn();
        let mut actions = Vec::new();
        let ctx = ui.ctx().clone();
        if !self.has_dialog() {
            shortcuts::take_shortcuts(&ctx, self, &mut actions);
        }
        // A window too small for everything, a zoomed one perhaps, shows a part of it.
        let more = self.active_tab().map_or(0.0, |tab| {
            let banners = usize::from(tab.failure().is_some()) + usize::from(tab.send_error.is_some());
            let lines = tab.question.as_ref().map_or(0, |question| 1 + usize::from(question.error.is_some()));
            let finder = usize::from(tab.finder.is_open) * (1 + usize::from(tab.finder.filters));
            banners as f32 * BANNER_HEIGHT + lines as f32 * QUESTION_HEIGHT + finder as f32 * FIND_HEIGHT
        });
        let has_inspector = self.active_tab().is_some_and(|tab| tab.form.inspector);
        let beside = if has_inspector { panel::INSPECTOR_WIDTH } else { 0.0 };
        let least = LEAST_SIZE + egui::vec2(beside, more);
        let size = ui.available_size().max(least);
        egui::ScrollArea::both().id_salt("window").auto_shrink(false).show(ui, |ui| {
            let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
            let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect));
            self.contents_ui(&mut ui, &mut actions);
        });
        self.dialogs_ui(ui);
        for action in actions {
            self.apply(&ctx, action);
        }
    }

    fn contents_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let bar = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 5));
        Panel::top("top bar").frame(bar).show(ui, |ui| {
            top_bar::top_bar_ui(ui, &self.tabs, self.active, &self.preferences, actions);
        });
        self.notice_ui(ui);
        self.files.tasks_ui(ui, self.preferences.words());
        self.recovery_ui(ui);
        let words = self.preferences.words();
        match self.tabs.get_mut(self.active) {
            Some(tab) => {
                let list_width = &mut self.preferences.window.list_width;
                panel::tab_ui(ui, tab, list_width, words, actions);
                if let Some(notice) = tab.view.take_notice() {
                    self.notice = Some(notice);
                }
            }
            None => {
                egui::CentralPanel::default().show(ui, |ui| top_bar::welcome_ui(ui, words, actions));
            }
        }
    }

    fn notice_ui(&mut self, ui: &mut Ui) {
        let Some(notice) = self.notice.clone() else { return };
        let words = self.preferences.words();
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 4));
        Panel::top("notice").frame(frame).show(ui, |ui| {
            if widgets::banner(ui, &notice, &words.dismiss, "Dismiss notice", |_| {}) {
                self.notice = None;
            }
        });
    }

    pub(super) fn apply_theme(&self, ctx: &Context) {
        ctx.set_theme(match self.preferences.theme {
            ThemeChoice::System => ThemePreference::System,
            ThemeChoice::Light => ThemePreference::Light,
            ThemeChoice::Dark => ThemePreference::Dark,
        });
    }

    /// Opens a tab for a session named on the command line, and starts it.
    fn open(&mut self, config: SessionConfig) {
        let settings = match config {
            SessionConfig::TcpServer(config) => TabSettings {
                local_address: config.local.ip().to_string(),
                local_port: config.local.port().to_string(),
                ..self.new_settings(TabKind::TcpServer)
            },
            SessionConfig::TcpClient(config) => TabSettings {
                remote_host: config.remote.host.to_string(),
                remote_port: config.remote.port.to_string(),
                ..self.new_settings(TabKind::TcpClient)
            },
            SessionConfig::Udp(config) => TabSettings {
                local_address: config.local.ip().to_string(),
                local_port: config.local.port().to_string(),
                ..self.new_settings(TabKind::Udp)
            },
        };
        // The same session as last time takes its tab, with its encoding and payload.
        let is_same = |tab: &Tab| {
            let form = &tab.form;
            tab.handle().is_none()
                && tab.file().is_none()
                && (form.kind, &form.local_address, &form.local_port)
                    == (settings.kind, &settings.local_address, &settings.local_port)
                && (settings.kind != TabKind::TcpClient
                    || (&form.remote_host, &form.remote_port)
                        == (&settings.remote_host, &settings.remote_port))
        };
        let id = match self.tabs.iter().find(|tab| is_same(tab)) {
            Some(tab) => tab.id,
            None => self.add_tab(settings),
        };
        self.active = self.index(id).unwrap_or(0);
        self.start(id);
    }

    /// The defaults of a new tab, in the encoding of the one that is shown: who works with one device
    /// in GBK is likely to do so with the next.
    pub(super) fn new_settings(&self, kind: TabKind) -> TabSettings {
        let encoding = self.active_tab().map(|tab| tab.form.encoding).unwrap_or_default();
        let mut settings = TabSettings { encoding, ..TabSettings::new(kind) };
        if kind != TabKind::TcpClient {
            // Two tabs of this window should not ask for the same port.
            let is_taken = |port: u16| {
                self.tabs
                    .iter()
                    .any(|tab| tab.form.kind == kind && tab.form.local_port.trim() == port.to_string())
            };
            let first: u16 = settings.local_port.parse().unwrap_or(7788);
            let free = (first..=u16::MAX).find(|&port| !is_taken(port)).unwrap_or(first);
            settings.local_port = free.to_string();
        }
        settings
    }

    pub(super) fn add_tab(&mut self, settings: TabSettings) -> TabId {
        self.next_tab += 1;
        let id = TabId(self.next_tab);
        let file = settings.file.as_deref().map(|path| self.open_file(path.as_ref()));
        let mut tab = Tab::new(id, settings);
        if let Some(file) = file {
            tab.set_file(file);
        }
        self.tabs.push(tab);
        id
    }

    pub(super) fn close_tab(&mut self, id: TabId) {
        let Some(index) = self.index(id) else { return };
        self.closing.retain(|task| !task.is_finished());
        let tab = self.tabs.remove(index);
        if let Some(unfinished) = tab.unsaved_recovery() {
            self.files.recovery.give_back(unfinished);
        }
        self.closing.extend(tab.close(false, &self.notify));
        if self.active > index || self.active == self.tabs.len() {
            self.active = self.active.saturating_sub(1);
        }
    }

    pub(super) fn index(&self, id: TabId) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.id == id)
    }

    pub(super) fn tab(&mut self, id: TabId) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|tab| tab.id == id)
    }

    fn settings(&self) -> Settings {
        Settings {
            language: self.preferences.is_language_chosen.then(|| self.preferences.language.tag().into()),
            theme: self.preferences.theme,
            closes_unsaved: self.preferences.closes_unsaved,
            save_folder: self.preferences.kept_folder().into(),
            window: self.preferences.window,
            active_tab: self.remembered_active(),
            tabs: self.remembered().map(|tab| tab.form.clone()).collect(),
        }
    }

    /// The tabs that come back at the next start.
    fn remembered(&self) -> impl Iterator<Item = &Tab> {
        self.tabs.iter().filter(|tab| tab.is_remembered())
    }

    /// The place among them of the tab that is shown.
    fn remembered_active(&self) -> usize {
        self.tabs.iter().take(self.active).filter(|tab| tab.is_remembered()).count()
    }

    fn remember_window(&mut self, ctx: &Context) {
        let zoom = ctx.zoom_factor();
        let (rect, is_normal) = ctx.input(|input| {
            let viewport = input.viewport();
            let is_large = viewport.maximized.unwrap_or(false) || viewport.fullscreen.unwrap_or(false);
            (viewport.inner_rect, !is_large && !viewport.minimized.unwrap_or(false))
        });
        let window = &mut self.preferences.window;
        window.zoom = zoom;
        if let Some(rect) = rect.filter(|rect| is_normal && rect.width() > 1.0) {
            // The viewport is told in points of the zoomed window; what is kept is without zoom.
            window.width = (rect.width() * zoom).round();
            window.height = (rect.height() * zoom).round();
        }
    }

    /// Whether what is to come back differs from what the saver has, without copying anything.
    fn has_changed(&self) -> bool {
        let known = self.saver.newest();
        let language = self.preferences.is_language_chosen.then(|| self.preferences.language.tag());
        known.language.as_deref() != language
            || known.theme != self.preferences.theme
            || known.closes_unsaved != self.preferences.closes_unsaved
            || known.save_folder != self.preferences.kept_folder()
            || known.window != self.preferences.window
            || known.active_tab != self.remembered_active()
            || !known.tabs.iter().eq(self.remembered().map(|tab| &tab.form))
    }

    /// Hands changed settings to the saver, which writes them some time later.
    fn save_when_due(&mut self, ctx: &Context, now: Instant) {
        if self.has_changed() {
            self.saver.change(self.settings(), now);
        }
        if let Some(delay) = self.saver.work(now) {
            ctx.request_repaint_after(delay);
        }
        if let Some((path, reason)) = self.saver.take_failure() {
            let values: [(&str, &dyn std::fmt::Display); 2] = [("path", &path), ("reason", &reason)];
            self.notice = Some(fill(&self.preferences.words().settings_not_saved, &values));
        }
    }

    fn explain_settings(&self, error: &LoadError) -> String {
        let words = self.preferences.words();
        match error {
            LoadError::Damaged { reason, kept_as } => {
                fill(&words.settings_damaged, &[("path", &kept_as.display()), ("reason", reason)])
            }
            LoadError::Unreadable(error) => fill(&words.settings_unreadable, &[("reason", error)]),
        }
    }

    /// Saves the settings and ends all sessions; returns when they have ended.
    pub fn close(&mut self) {
        if self.has_changed() {
            self.saver.change(self.settings(), Instant::now());
        }
        self.saver.finish();
        self.files.end();
        let keeps_unsaved = self.files.keeps_unsaved;
        let notify = &self.notify;
        self.closing.extend(self.tabs.drain(..).filter_map(|tab| tab.close(keeps_unsaved, notify)));
        for mut task in self.closing.drain(..) {
            task.join();
        }
    }
}
