//! The window's state and its frame.
//!
//! `logic` takes the news of the sessions, also while the window is hidden; `ui` draws and collects actions;
//! `apply` carries them out.

use crate::gui::action::{Action, AppAction, TabId};
use crate::gui::app::clipboard::Clipboard;
use crate::gui::app::preferences::Preferences;
use crate::gui::app::saver::Saver;
use crate::gui::app::tabs::Tabs;
use crate::gui::app::{shortcuts, top_bar};
use crate::gui::files::recovery_ui::recovery_ui;
use crate::gui::files::state::Files;
use crate::gui::files::writing_list_ui::writing_list_ui;
use crate::gui::kit::waker::Waker;
use crate::gui::kit::{theme, widgets};
use crate::gui::tab::panel;
use crate::gui::tab::state::Tab;
use crate::lang::{Language, fill};
use crate::model::{SessionConfig, Status};
use crate::settings::{LoadError, Settings, SettingsFile, TabKind, TabSettings};
use eframe::egui::{self, Context, Event, Frame, Margin, Panel, Ui};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// The least size of the contents, in points; a smaller window scrolls.
const LEAST_SIZE: egui::Vec2 = egui::vec2(640.0, 420.0);
/// The extra height for a message.
const BANNER_HEIGHT: f32 = 45.0;
/// The extra height for a question, and again for its error.
const QUESTION_HEIGHT: f32 = 27.0;
/// The extra height for the search, which may take two rows, and again for the filter.
const FIND_HEIGHT: f32 = 68.0;

/// The surroundings of the program; tests provide their own.
pub struct Environment {
    /// The settings file; `None` keeps no settings.
    pub settings: Option<SettingsFile>,
    /// The folder for recordings.
    pub recordings: PathBuf,
    /// The system's language.
    pub language: Language,
}

/// The window.
pub struct App {
    pub(super) environment: Environment,
    pub(super) preferences: Preferences,
    pub(super) tabs: Tabs,
    saver: Saver,
    pub(super) files: Files,
    pub(super) clipboard: Clipboard,
    /// A message that belongs to no tab, in the language of the window.
    pub(super) notice: Option<String>,
    pub(super) news: News,
}

/// How other threads tell the window that there is something new.
pub(super) struct News {
    waker: Arc<Waker>,
    /// Requests a frame; for sessions, scans and jobs.
    pub notify: Arc<dyn Fn() + Send + Sync>,
}

impl App {
    /// The window with the tabs of the last run, and with `sessions` started.
    pub fn new(ctx: &Context, environment: Environment, sessions: Vec<SessionConfig>) -> Self {
        theme::install(ctx);
        // Ctrl+Q beside Ctrl+W would end the program by mistake.
        ctx.options_mut(|options| options.quit_shortcuts.clear());
        let (settings, problem) = match environment.settings.as_ref().map(SettingsFile::load) {
            None => (Settings::default(), None),
            Some(Ok(settings)) => (settings, None),
            Some(Err(error)) => (Settings::default(), Some(error)),
        };
        // A file that could not be read now may be readable later: it is not overwritten.
        let is_unreadable = matches!(problem, Some(LoadError::Unreadable(_)));
        let file = environment.settings.clone().filter(|_| !is_unreadable);
        let preferences = Preferences::new(&settings, environment.language);
        let waker = Arc::new(Waker::default());
        let notify = waker.notify(ctx);
        let files = Files::new(environment.recordings.clone(), &notify);
        let mut app = Self {
            environment,
            preferences,
            tabs: Tabs::default(),
            saver: Saver::new(file, settings.clone()),
            files,
            clipboard: Clipboard::default(),
            notice: None,
            news: News { waker, notify },
        };
        app.notice = problem.map(|error| app.explain_settings(&error));
        for tab in settings.tabs {
            app.add_tab(tab);
        }
        app.tabs.select_index(settings.active_tab);
        for config in sessions {
            app.open(config);
        }
        ctx.set_zoom_factor(app.preferences.window.zoom);
        app.apply_theme(ctx);
        app
    }

    /// The statuses of the sessions, tab by tab.
    pub fn statuses(&self) -> impl Iterator<Item = &Status> {
        self.tabs.iter().map(|tab| &tab.records.status)
    }

    /// Whether a dialog is open, which then has the keyboard.
    #[must_use]
    pub fn has_dialog(&self) -> bool {
        self.files.dialogs.is_any_open()
    }

    /// Takes the news of sessions, scans and jobs. Runs before each frame, and while the window is hidden.
    pub fn logic(&mut self, ctx: &Context) {
        self.news.waker.taken();
        let now = Instant::now();
        for tab in self.tabs.iter_mut() {
            if let Some(delay) = tab.update(now, &self.news.notify) {
                ctx.request_repaint_after(delay);
            }
        }
        self.update_files(ctx);
        self.update_clipboard(ctx);
        self.remember_window(ctx);
        self.save_when_due(ctx, now);
    }

    /// Draws, and carries out the actions of the frame.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.news.waker.drawn();
        let mut actions = Vec::new();
        let ctx = ui.ctx().clone();
        if !self.has_dialog() {
            shortcuts::take_shortcuts(&ctx, &self.tabs, &mut actions);
        }
        let size = ui.available_size().max(self.least_size());
        egui::ScrollArea::both().id_salt("window").auto_shrink(false).show(ui, |ui| {
            let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
            let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect));
            self.contents_ui(&mut ui, &mut actions);
        });
        self.dialogs_ui(ui, &mut actions);
        for action in actions {
            self.apply(&ctx, action);
        }
    }

    /// The size below which the contents scroll: messages and panels that are open need more.
    fn least_size(&self) -> egui::Vec2 {
        let Some(tab) = self.tabs.active() else { return LEAST_SIZE };
        let count = |is_shown: bool| f32::from(u8::from(is_shown));
        let question = tab.notes.question.as_ref();
        let banners = count(tab.records.failure().is_some()) + count(tab.composer.error.is_some());
        let lines = question.map_or(0.0, |question| 1.0 + count(question.error.is_some()));
        let finder = count(tab.finder.is_open) * (1.0 + count(tab.finder.filters));
        let height = banners * BANNER_HEIGHT + lines * QUESTION_HEIGHT + finder * FIND_HEIGHT;
        LEAST_SIZE + egui::vec2(count(tab.form.inspector) * panel::INSPECTOR_WIDTH, height)
    }

    fn contents_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let words = self.preferences.words();
        let bar = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 5));
        Panel::top("top bar").frame(bar).show(ui, |ui| {
            let (tabs, active) = self.tabs.row();
            top_bar::top_bar_ui(ui, tabs, active, &self.preferences, actions);
        });
        self.notice_ui(ui, actions);
        self.copying_ui(ui, actions);
        writing_list_ui(ui, words, &mut self.files.writing, actions);
        recovery_ui(ui, words, &mut self.files.recovery, actions);
        match self.tabs.active_mut() {
            Some(tab) => {
                let list_width = &mut self.preferences.window.list_width;
                panel::tab_ui(ui, words, tab, list_width, actions);
            }
            None => {
                egui::CentralPanel::default().show(ui, |ui| top_bar::welcome_ui(ui, words, actions));
            }
        }
    }

    fn notice_ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let Some(notice) = &self.notice else { return };
        let words = self.preferences.words();
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 4));
        Panel::top("notice").frame(frame).show(ui, |ui| {
            if widgets::banner(ui, notice, &words.dismiss, "Dismiss notice", |_| {}) {
                actions.push(Action::App(AppAction::DismissNotice));
            }
        });
    }

    fn copying_ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let Some(progress) = self.clipboard.progress() else { return };
        let words = self.preferences.words();
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 4));
        Panel::top("copying").frame(frame).show(ui, |ui| {
            let cancel = (words.cancel.as_str(), "Cancel copying");
            if widgets::progress_ui(ui, &words.copy_running, progress, cancel) {
                actions.push(Action::App(AppAction::CancelCopy));
            }
        });
    }

    fn update_clipboard(&mut self, ctx: &Context) {
        /// How often the progress is shown.
        const PROGRESS_INTERVAL: std::time::Duration = std::time::Duration::from_millis(100);
        let takes_over = |event: &Event| matches!(event, Event::Copy | Event::Cut);
        if ctx.text_edit_focused() && ctx.input(|input| input.events.iter().any(takes_over)) {
            // A text field fills the clipboard now; the data must not replace it later.
            self.clipboard.cancel();
        }
        let copied = self.clipboard.take();
        self.take_copied(ctx, copied);
        if self.clipboard.progress().is_some() {
            ctx.request_repaint_after(PROGRESS_INTERVAL);
        }
    }

    /// Starts a session that was named on the command line, in a tab.
    fn open(&mut self, config: SessionConfig) {
        let settings = match config {
            SessionConfig::TcpServer(config) => TabSettings {
                local_address: config.local.ip().to_string(),
                local_port: config.local.port().to_string(),
                ..self.new_form(TabKind::TcpServer)
            },
            SessionConfig::TcpClient(config) => TabSettings {
                remote_host: config.remote.host.to_string(),
                remote_port: config.remote.port.to_string(),
                ..self.new_form(TabKind::TcpClient)
            },
            SessionConfig::Udp(config) => TabSettings {
                local_address: config.local.ip().to_string(),
                local_port: config.local.port().to_string(),
                ..self.new_form(TabKind::Udp)
            },
        };
        // A tab of the last run with the same addresses is reused, with its encoding and payload.
        let is_same = |tab: &&Tab| {
            let form = &tab.form;
            tab.records.session().is_none()
                && tab.records.file().is_none()
                && (form.kind, &form.local_address, &form.local_port)
                    == (settings.kind, &settings.local_address, &settings.local_port)
                && (settings.kind != TabKind::TcpClient
                    || (&form.remote_host, &form.remote_port)
                        == (&settings.remote_host, &settings.remote_port))
        };
        let known = self.tabs.iter().find(is_same).map(|tab| tab.id);
        let id = match known {
            Some(id) => id,
            None => self.add_tab(settings),
        };
        self.tabs.select(id);
        self.start(id);
    }

    /// The form of a new tab: the defaults, in the encoding of the tab that is shown.
    pub(super) fn new_form(&self, kind: TabKind) -> TabSettings {
        let encoding = self.tabs.active().map(|tab| tab.form.encoding).unwrap_or_default();
        let mut form = TabSettings { encoding, ..TabSettings::new(kind) };
        if kind != TabKind::TcpClient {
            // The first port that no other tab uses.
            let is_taken = |port: u16| {
                let port = port.to_string();
                self.tabs.iter().any(|tab| tab.form.kind == kind && tab.form.local_port.trim() == port)
            };
            let first: u16 = form.local_port.parse().unwrap_or(7788);
            let free = (first..=u16::MAX).find(|&port| !is_taken(port)).unwrap_or(first);
            form.local_port = free.to_string();
        }
        form
    }

    /// Adds a tab without showing it, and opens its file if it has one.
    pub(super) fn add_tab(&mut self, form: TabSettings) -> TabId {
        let file = form.file.as_deref().map(|path| self.open_file(path.as_ref()));
        let tab = self.tabs.add(form);
        if let Some(file) = file {
            tab.records.set_file(file);
        }
        tab.id
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
            // The viewport is in zoomed points; the settings are in points without zoom.
            window.width = (rect.width() * zoom).round();
            window.height = (rect.height() * zoom).round();
        }
    }

    /// Hands changed settings to the saver, which writes them after a delay.
    fn save_when_due(&mut self, ctx: &Context, now: Instant) {
        self.save_changes(now);
        if let Some(delay) = self.saver.work(now) {
            ctx.request_repaint_after(delay);
        }
        if let Some((path, reason)) = self.saver.take_failure() {
            let values: [(&str, &dyn std::fmt::Display); 2] = [("path", &path), ("reason", &reason)];
            self.notice = Some(fill(&self.preferences.words().settings_not_saved, &values));
        }
    }

    fn save_changes(&mut self, now: Instant) {
        if self.preferences.has_changed(&self.tabs, self.saver.newest()) {
            self.saver.change(self.preferences.settings(&self.tabs), now);
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

    /// Saves the settings and ends all sessions. Blocks until they have ended.
    pub fn close(&mut self) {
        self.save_changes(Instant::now());
        self.saver.finish();
        self.files.writing.end();
        self.tabs.end_all(self.files.leaving.keeps_unsaved);
    }
}
