//! The window's state, and taking the news of sessions, scans and jobs, also while the window is hidden.
//!
//! Drawing is in `ui`, which collects actions; `apply` carries them out.

use crate::gui::action::{NoticeTopic, TabId};
use crate::gui::app::clipboard::Clipboard;
use crate::gui::app::notices::Notices;
use crate::gui::app::palette::Palette;
use crate::gui::app::preferences::Preferences;
use crate::gui::app::saver::Saver;
use crate::gui::app::tabs::Tabs;
use crate::gui::files::desktop::Desktop;
use crate::gui::files::state::Files;
use crate::gui::kit::theme;
use crate::gui::kit::toasts::Toasts;
use crate::gui::kit::waker::Waker;
use crate::gui::lists::state::Lists;
use crate::gui::tab::state::Tab;
use crate::lang::{Language, fill};
use crate::model::{SessionConfig, Status};
use crate::settings::lists::ListFolder;
use crate::settings::{LoadError, Settings, SettingsFile, TabKind, TabSettings};
use crate::sys::cpu_time;
use eframe::egui::{Context, Event};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// The surroundings of the program; tests provide their own.
pub struct Environment {
    /// The settings file; `None` keeps no settings.
    pub settings: Option<SettingsFile>,
    /// The folder for recordings.
    pub recordings: PathBuf,
    /// The system's language.
    pub language: Language,
    /// The desktop, for its file dialogs and its file manager; `None`: paths are typed.
    pub desktop: Option<Arc<dyn Desktop>>,
}

/// The window.
pub struct App {
    pub(super) environment: Environment,
    pub(super) preferences: Preferences,
    pub(super) tabs: Tabs,
    pub(super) stores: Stores,
    pub(super) files: Files,
    pub(super) clipboard: Clipboard,
    pub(super) overlays: Overlays,
    pub(super) news: News,
}

/// What is kept in files besides recordings.
pub(super) struct Stores {
    saver: Saver,
    /// The lists of commands.
    pub lists: Lists,
}

/// What is shown over the tabs besides the dialogs of files.
#[derive(Default)]
pub(super) struct Overlays {
    /// What is wrong and belongs to no tab.
    pub notices: Notices,
    /// What was done; each message goes by itself.
    pub toasts: Toasts,
    /// The search for actions, while it is open.
    pub palette: Option<Palette>,
    /// The settings, while they are shown.
    pub settings: Option<SettingsPage>,
}

/// The settings page.
#[derive(Clone, Copy, Debug)]
pub struct SettingsPage {
    /// What is brought into view in the next frame.
    pub reveals: Option<SettingsPart>,
}

/// A part of the settings page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsPart {
    /// The first one.
    First,
    /// The settings of recordings.
    Recordings,
}

impl SettingsPage {
    /// The page, with this part in view.
    pub fn at(part: SettingsPart) -> Self {
        Self { reveals: Some(part) }
    }
}

/// How other threads tell the window that there is something new.
pub(super) struct News {
    /// Limits the requests of frames.
    pub waker: Arc<Waker>,
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
        // A file that could not be used now may be usable later: it is not overwritten.
        let is_kept = problem.as_ref().is_some_and(LoadError::keeps_file);
        let file = environment.settings.clone().filter(|_| !is_kept);
        let preferences = Preferences::new(&settings, environment.language);
        let waker = Arc::new(Waker::new(cpu_time::unreported()));
        let notify = waker.notify(ctx);
        let files = Files::new(environment.recordings.clone(), &preferences.recordings, &notify);
        let beside = |file: &SettingsFile| Some(ListFolder::at(file.path().parent()?.join("lists")));
        let lists = environment.settings.as_ref().and_then(beside);
        let mut app = Self {
            environment,
            preferences,
            tabs: Tabs::default(),
            stores: Stores { saver: Saver::new(file, settings.clone()), lists: Lists::new(lists) },
            files,
            clipboard: Clipboard::default(),
            overlays: Overlays::default(),
            news: News { waker, notify },
        };
        if let Some(error) = problem {
            app.overlays.notices.show(NoticeTopic::SettingsRead, app.explain_settings(&error));
        }
        for tab in settings.tabs {
            app.add_tab(tab);
        }
        app.tabs.select_index(settings.active_tab);
        for config in sessions {
            app.open(config);
        }
        app.apply_window(ctx);
        app.apply_theme(ctx);
        app
    }

    /// The tab that is shown.
    #[must_use]
    pub fn active_tab(&self) -> Option<&Tab> {
        self.tabs.active()
    }

    /// The tab at an index of the tab bar.
    #[must_use]
    pub fn tab_at(&self, index: usize) -> Option<TabId> {
        self.tabs.row().0.get(index).map(|tab| tab.id)
    }

    /// The statuses of the sessions, tab by tab.
    pub fn statuses(&self) -> impl Iterator<Item = &Status> {
        self.tabs.iter().map(|tab| &tab.records.status)
    }

    /// Whether a dialog is open, which then has the keyboard.
    #[must_use]
    pub fn has_dialog(&self) -> bool {
        self.files.has_dialog()
            || self.stores.lists.has_dialog()
            || self.overlays.palette.is_some()
            || self.overlays.settings.is_some()
            || self.tabs.active().is_some_and(|tab| tab.composer.has_dialog())
    }

    /// Takes the news of sessions, scans and jobs. Runs before each frame, and while the window is hidden.
    pub fn logic(&mut self, ctx: &Context) {
        self.news.waker.taken();
        let now = Instant::now();
        let has_dialog = self.has_dialog();
        let is_typing = has_dialog || ctx.text_edit_focused();
        for tab in self.tabs.iter_mut() {
            tab.set_names(&self.preferences.names);
            tab.composer.follow(&self.preferences.composer);
            // Behind a dialog no field has the focus.
            tab.connect.has_focus &= !has_dialog;
            if let Some(delay) = tab.update(now, is_typing, &self.news.notify) {
                ctx.request_repaint_after(delay);
            }
        }
        self.update_files(ctx);
        self.update_following();
        self.update_storage(now);
        self.update_clipboard(ctx);
        self.update_lists(ctx, now);
        self.update_runs();
        self.remember_window(ctx);
        self.save_when_due(ctx, now);
    }

    /// Measures the recordings, and tells the tabs when the limit of all of them is near.
    fn update_storage(&mut self, now: Instant) {
        let settings = &self.preferences.recordings;
        let is_recording = self.tabs.iter().any(|tab| tab.records.status.state.is_active());
        let storage = &mut self.files.storage;
        storage.unfinished = self.files.recovery.total();
        storage.update(settings, is_recording, now, &self.news.notify);
        if let Some(near) = storage.near(settings) {
            for tab in self.tabs.iter_mut() {
                tab.records.near.get_or_insert(near);
            }
        }
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
        let time = self.preferences.window.time;
        let mut form = TabSettings { encoding, time, ..TabSettings::new(kind) };
        if self.preferences.composer.shares_history
            && let Some(longest) = self.tabs.iter().map(|tab| &tab.form.history).max_by_key(|all| all.len())
        {
            form.history.clone_from(longest);
        }
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
        let (rect, is_normal, maximized) = ctx.input(|input| {
            let viewport = input.viewport();
            let is_large = viewport.maximized.unwrap_or(false) || viewport.fullscreen.unwrap_or(false);
            let is_normal = !is_large && !viewport.minimized.unwrap_or(false);
            (viewport.inner_rect, is_normal, viewport.maximized)
        });
        let window = &mut self.preferences.window;
        window.zoom = zoom;
        window.maximized = maximized.unwrap_or(window.maximized);
        if let Some(rect) = rect.filter(|rect| is_normal && rect.width() > 1.0) {
            // The viewport is in zoomed points; the settings are in points without zoom.
            window.width = (rect.width() * zoom).round();
            window.height = (rect.height() * zoom).round();
        }
    }

    /// Hands changed settings to the saver, which writes them after a delay.
    fn save_when_due(&mut self, ctx: &Context, now: Instant) {
        self.save_changes(now);
        if let Some(delay) = self.stores.saver.work(now) {
            ctx.request_repaint_after(delay);
        }
        if let Some((path, reason)) = self.stores.saver.take_failure() {
            let values: [(&str, &dyn std::fmt::Display); 2] = [("path", &path), ("reason", &reason)];
            let text = fill(&self.preferences.words().settings_not_saved, &values);
            self.overlays.notices.show(NoticeTopic::SettingsSaved, text);
        }
        if self.stores.saver.take_success() {
            self.overlays.notices.clear(NoticeTopic::SettingsSaved);
        }
    }

    fn save_changes(&mut self, now: Instant) {
        if self.preferences.has_changed(&self.tabs, self.stores.saver.newest()) {
            self.stores.saver.change(self.preferences.settings(&self.tabs), now);
        }
    }

    fn explain_settings(&self, error: &LoadError) -> String {
        let words = self.preferences.words();
        match error {
            LoadError::Damaged { reason, kept_as } => {
                fill(&words.settings_damaged, &[("path", &kept_as.display()), ("reason", reason)])
            }
            LoadError::Newer { .. } => {
                let path =
                    self.environment.settings.as_ref().map(SettingsFile::path).unwrap_or(Path::new(""));
                fill(&words.settings_newer, &[("path", &path.display())])
            }
            LoadError::Unreadable(error) => fill(&words.settings_unreadable, &[("reason", error)]),
        }
    }

    /// Saves the settings and ends all sessions. Blocks until they have ended.
    pub fn close(&mut self) {
        self.end_runs(None);
        self.save_changes(Instant::now());
        self.stores.saver.finish();
        self.stores.lists.store.finish();
        self.files.writing.end();
        self.tabs.end_all(self.files.leaving.keeps_unsaved, &self.news.notify);
    }
}
