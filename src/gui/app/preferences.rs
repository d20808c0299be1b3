//! What the user chose for the whole window, and what of it is kept between runs.

use crate::gui::app::tabs::Tabs;
use crate::lang::{Language, Words};
use crate::model::PeerNames;
use crate::settings::{ComposerSettings, RecordingSettings, Settings, ThemeChoice, WindowSettings};
use std::path::{Path, PathBuf};

/// How many files of sequences are remembered.
const SEQUENCES: usize = 8;

/// What the user chose for the whole window.
pub struct Preferences {
    /// The language in use.
    pub language: Language,
    /// The user chose the language; otherwise it is the system's.
    pub is_language_chosen: bool,
    /// The color theme.
    pub theme: ThemeChoice,
    /// Do not ask before unsaved data is closed.
    pub closes_unsaved: bool,
    /// The folder in which a file was last saved or opened; empty: none yet.
    pub save_folder: PathBuf,
    /// The files of the sequences that were run last, the newest first.
    pub sequences: Vec<String>,
    /// The size and zoom of the window.
    pub window: WindowSettings,
    /// The names of peers.
    pub names: PeerNames,
    /// Where recordings go, and how large they get.
    pub recordings: RecordingSettings,
    /// What the composers of all tabs share.
    pub composer: ComposerSettings,
}

impl Preferences {
    /// The preferences in a settings file; `system` is the system's language.
    pub fn new(settings: &Settings, system: Language) -> Self {
        let chosen = settings.language.as_deref().map(Language::from_locale);
        Self {
            language: chosen.unwrap_or(system),
            is_language_chosen: chosen.is_some(),
            theme: settings.theme,
            closes_unsaved: settings.closes_unsaved,
            save_folder: settings.save_folder.clone().into(),
            sequences: settings.sequences.iter().take(SEQUENCES).cloned().collect(),
            window: settings.window.sane(),
            names: settings.peers.clone(),
            recordings: settings.recordings.clone(),
            composer: settings.composer.clone(),
        }
    }

    /// The words of the language in use.
    #[must_use]
    pub fn words(&self) -> &'static Words {
        self.language.words()
    }

    /// Puts the file of a sequence first.
    pub fn remember_sequence(&mut self, path: &str) {
        self.sequences.retain(|known| known != path);
        self.sequences.insert(0, path.to_owned());
        self.sequences.truncate(SEQUENCES);
    }

    /// The folder in which the file dialogs begin.
    pub fn folder(&self) -> PathBuf {
        if !self.save_folder.as_os_str().is_empty() {
            return self.save_folder.clone();
        }
        let folders = directories::UserDirs::new();
        let documents = folders.as_ref().and_then(|folders| folders.document_dir().map(Path::to_owned));
        documents
            .or_else(|| folders.map(|folders| folders.home_dir().to_owned()))
            .unwrap_or_else(std::env::temp_dir)
    }

    /// Everything that is kept between runs.
    pub fn settings(&self, tabs: &Tabs) -> Settings {
        Settings {
            language: self.is_language_chosen.then(|| self.language.tag().into()),
            theme: self.theme,
            closes_unsaved: self.closes_unsaved,
            save_folder: self.kept_folder().into(),
            sequences: self.sequences.clone(),
            window: self.window,
            peers: self.names.clone(),
            recordings: self.recordings.clone(),
            composer: self.composer.clone(),
            active_tab: tabs.remembered_active(),
            tabs: tabs.remembered().map(|tab| tab.form.clone()).collect(),
        }
    }

    /// Whether [`settings`](Self::settings) would differ from `known`; copies nothing, for each frame.
    pub fn has_changed(&self, tabs: &Tabs, known: &Settings) -> bool {
        let language = self.is_language_chosen.then(|| self.language.tag());
        known.language.as_deref() != language
            || known.theme != self.theme
            || known.closes_unsaved != self.closes_unsaved
            || known.save_folder != self.kept_folder()
            || known.sequences != self.sequences
            || known.window != self.window
            || known.peers != self.names
            || known.recordings != self.recordings
            || known.composer != self.composer
            || known.active_tab != tabs.remembered_active()
            || !known.tabs.iter().eq(tabs.remembered().map(|tab| &tab.form))
    }

    /// The folder as the settings keep it; one whose path is no text is not kept.
    fn kept_folder(&self) -> &str {
        self.save_folder.to_str().unwrap_or_default()
    }
}
