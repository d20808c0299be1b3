//! The settings: a TOML file in the user's configuration folder.
//!
//! A file that cannot be parsed is renamed and reported, and the defaults are used. Fields are stored as they were
//! typed, so that incomplete forms are restored as well.

mod composer;
mod file;
pub mod lists;
mod peers;
mod tab;
mod tolerant;
mod window;
mod wire;

pub use composer::ComposerSettings;
pub use file::{LoadError, SettingsFile};
pub use tab::{HistoryEntry, SaveFormat, SidePanel, TabKind, TabSettings, TimeMode, ViewMode};
pub use window::{BytesPerRow, RecordingSettings, ThemeChoice, WindowSettings};
pub use wire::{CutMode, LogRotation};

use crate::model::PeerNames;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use toml::Table;

/// Everything that is restored at the next start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The language's tag; `None` follows the system, and is `"system"` in the file.
    #[serde(with = "language")]
    pub language: Option<String>,
    /// Light, dark, or the system's.
    pub theme: ThemeChoice,
    /// Close unsaved recordings without asking.
    pub closes_unsaved: bool,
    /// The folder of the last dialog for saving or opening; empty if there was none.
    pub save_folder: String,
    /// The files of the sequences that were run last, the newest first.
    pub sequences: Vec<String>,
    /// Size and zoom of the window.
    #[serde(deserialize_with = "window")]
    pub window: WindowSettings,
    /// Where recordings go, and how large they get.
    pub recordings: RecordingSettings,
    /// What the composers of all tabs share.
    #[serde(deserialize_with = "composer")]
    pub composer: ComposerSettings,
    /// Index of the tab that is shown.
    pub active_tab: usize,
    /// The names that the user gave to peers.
    #[serde(with = "peers")]
    pub peers: PeerNames,
    /// The open tabs, in order. Missing entries have the defaults of the tab's kind.
    #[serde(with = "tolerant")]
    pub tabs: Vec<TabSettings>,
}

impl Settings {
    /// Reads the text of a settings file. An entry that this program does not know, or cannot read, costs nothing but
    /// itself.
    ///
    /// # Errors
    /// The text is no TOML.
    pub fn from_text(text: &str) -> Result<Self, toml::de::Error> {
        Ok(tolerant::read(text.parse()?, &Self::default())?.0)
    }
}

/// The language as text: its tag, or `"system"`.
mod language {
    use serde::{Deserialize, Deserializer, Serializer};

    const OF_SYSTEM: &str = "system";

    pub fn serialize<S: Serializer>(language: &Option<String>, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(language.as_deref().unwrap_or(OF_SYSTEM))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
        Ok(Some(String::deserialize(from)?).filter(|tag| tag != OF_SYSTEM))
    }
}

/// Reads what composers share, each entry for itself.
fn composer<'de, D: Deserializer<'de>>(from: D) -> Result<ComposerSettings, D::Error> {
    let read = tolerant::read(Table::deserialize(from)?, &ComposerSettings::default());
    read.map(|(composer, _)| composer).map_err(D::Error::custom)
}

/// Reads the sizes of the window, each for itself.
fn window<'de, D: Deserializer<'de>>(from: D) -> Result<WindowSettings, D::Error> {
    let read = tolerant::read(Table::deserialize(from)?, &WindowSettings::default());
    read.map(|(window, _)| window).map_err(D::Error::custom)
}
