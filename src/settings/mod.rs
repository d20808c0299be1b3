//! What is kept between two runs: a TOML file in the user's configuration folder.
//!
//! Written atomically (a new file renamed over the old one). A file that cannot be read is kept
//! aside under another name and told, and the defaults are used: nothing is lost, nothing blocks the
//! start. Values are kept as they were typed, so that half-filled forms come back as well.

mod file;

pub use file::{LoadError, SettingsFile};

use crate::codec::{Encoding, LineEnding};
use crate::payload;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::ops::RangeInclusive;

/// Everything that comes back at the next start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The language's tag; `None` follows the system, and is `"system"` in the file.
    #[serde(with = "language")]
    pub language: Option<String>,
    /// Light, dark, or the system's.
    pub theme: ThemeChoice,
    /// Closing a recording that was not saved asks nothing.
    pub closes_unsaved: bool,
    /// Where something was saved or opened last; empty: nowhere yet.
    pub save_folder: String,
    /// The window.
    pub window: WindowSettings,
    /// Which tab is shown.
    pub active_tab: usize,
    /// The open tabs, in order. What one of them leaves out is as in a new tab of its kind.
    #[serde(deserialize_with = "tabs")]
    pub tabs: Vec<TabSettings>,
}

/// The language as a value that can be read and typed.
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

/// Lays what each tab says over the defaults of its kind: those of a server are wrong for a client.
fn tabs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<TabSettings>, D::Error> {
    let with_defaults = |given: toml::Table| {
        let kind = given.get("kind").cloned().map(TabKind::deserialize).transpose()?.unwrap_or_default();
        let mut tab = toml::Table::try_from(TabSettings::new(kind)).map_err(toml::de::Error::custom)?;
        tab.extend(given);
        TabSettings::deserialize(tab)
    };
    let given = Vec::<toml::Table>::deserialize(from)?;
    given.into_iter().map(|tab| with_defaults(tab).map_err(D::Error::custom)).collect()
}

/// Which colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// Those of the system.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// The window's place in points, and its zoom.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowSettings {
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// The user's own zoom on top of the system's scale; 1 is none.
    pub zoom: f32,
    /// The width of the list of connections.
    pub list_width: f32,
}

impl Default for WindowSettings {
    fn default() -> Self {
        Self { width: 1080.0, height: 720.0, zoom: 1.0, list_width: 214.0 }
    }
}

impl WindowSettings {
    /// How narrow and how wide the list of connections can be.
    pub const LIST_WIDTHS: RangeInclusive<f32> = 140.0..=480.0;

    /// The same with impossible values replaced, as a file edited by hand may have them.
    #[must_use]
    pub fn sane(self) -> Self {
        let within = |value: f32, low: f32, high: f32, default: f32| {
            if value.is_finite() { value.clamp(low, high) } else { default }
        };
        let default = Self::default();
        Self {
            width: within(self.width, 480.0, 16_384.0, default.width),
            height: within(self.height, 360.0, 16_384.0, default.height),
            zoom: within(self.zoom, 0.5, 4.0, default.zoom),
            list_width: within(
                self.list_width,
                *Self::LIST_WIDTHS.start(),
                *Self::LIST_WIDTHS.end(),
                default.list_width,
            ),
        }
    }
}

/// What kind of session a tab is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TabKind {
    /// Connects.
    TcpClient,
    /// Waits for connections.
    #[default]
    TcpServer,
    /// Datagrams.
    Udp,
}

/// How the data of a tab is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ViewMode {
    /// Decoded characters.
    #[default]
    Text,
    /// Rows of sixteen bytes.
    Hex,
    /// Text, then hex, for each record.
    Both,
}

/// Which time stands before a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeMode {
    /// The time of day, with the date unless it is today.
    #[default]
    Clock,
    /// Since the record before it.
    SincePrevious,
    /// Since the last data of its connection in the other direction: the reply time.
    SinceOther,
    /// Since the first record.
    SinceStart,
}

/// One tab: its form as it was typed, and how it shows and sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TabSettings {
    /// What it is for.
    pub kind: TabKind,
    /// The file that it shows, read only; without one it is for a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The local address field.
    pub local_address: String,
    /// The local port field.
    pub local_port: String,
    /// The remote host field.
    pub remote_host: String,
    /// The remote port field.
    pub remote_port: String,
    /// Connect again by itself.
    pub reconnect: bool,
    /// Keep connections whose peer has finished sending.
    pub keep_half_open: bool,
    /// Allow broadcast.
    pub broadcast: bool,
    /// Send received data back to where it came from.
    pub echo: bool,
    /// Characters of the data and of what is sent.
    pub encoding: Encoding,
    /// How the data is shown.
    pub view: ViewMode,
    /// Which times are shown beside it.
    pub time: TimeMode,
    /// Whether the inspector is shown.
    pub inspector: bool,
    /// Whether the rates are plotted.
    pub rate_plot: bool,
    /// How the payload is typed.
    pub payload_format: payload::Format,
    /// What is added to text that is sent.
    pub line_ending: LineEnding,
    /// What stands in the payload field.
    pub payload: String,
    /// What was sent before, newest last.
    pub history: Vec<HistoryEntry>,
}

/// Something that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// How it was typed.
    pub format: payload::Format,
    /// As it was typed.
    pub payload: String,
}

impl Default for TabSettings {
    fn default() -> Self {
        Self {
            kind: TabKind::TcpServer,
            file: None,
            local_address: "0.0.0.0".into(),
            local_port: "7788".into(),
            remote_host: "127.0.0.1".into(),
            remote_port: "7788".into(),
            reconnect: false,
            keep_half_open: false,
            broadcast: false,
            echo: false,
            encoding: Encoding::Utf8,
            view: ViewMode::Text,
            time: TimeMode::Clock,
            inspector: false,
            rate_plot: false,
            payload_format: payload::Format::Text,
            line_ending: LineEnding::None,
            payload: String::new(),
            history: Vec::new(),
        }
    }
}

impl TabSettings {
    /// A tab that shows a file.
    #[must_use]
    pub fn of_file(file: Option<String>) -> Self {
        Self { file, local_port: String::new(), ..Self::default() }
    }

    /// The defaults for a new tab of this kind. A client leaves its local side to the system.
    #[must_use]
    pub fn new(kind: TabKind) -> Self {
        let mut settings = Self { kind, ..Self::default() };
        if kind == TabKind::TcpClient {
            settings.local_address = String::new();
            settings.local_port = String::new();
        }
        if kind == TabKind::Udp {
            settings.remote_host = String::new();
            settings.remote_port = String::new();
        }
        settings
    }
}
