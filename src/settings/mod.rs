//! The settings: a TOML file in the user's configuration folder.
//!
//! A file that cannot be parsed is renamed and reported, and the defaults are used. Fields are stored as they were
//! typed, so that incomplete forms are restored as well.

mod file;
mod peers;
mod tolerant;

use self::tolerant::Element;
pub use file::{LoadError, SettingsFile};

use crate::codec::{Encoding, LineEnding};
use crate::model::PeerNames;
use crate::payload;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::ops::RangeInclusive;
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
    /// Size and zoom of the window.
    #[serde(deserialize_with = "window")]
    pub window: WindowSettings,
    /// Where recordings go, and how large they get.
    pub recordings: RecordingSettings,
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

/// Reads the sizes of the window, each for itself.
fn window<'de, D: Deserializer<'de>>(from: D) -> Result<WindowSettings, D::Error> {
    let read = tolerant::read(Table::deserialize(from)?, &WindowSettings::default());
    read.map(|(window, _)| window).map_err(D::Error::custom)
}

/// The colours of the window.
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

/// The number of bytes in a row of hex.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BytesPerRow {
    /// As many as the width allows.
    #[default]
    #[serde(rename = "auto")]
    Automatic,
    /// 8.
    #[serde(rename = "8")]
    Eight,
    /// 16.
    #[serde(rename = "16")]
    Sixteen,
    /// 24.
    #[serde(rename = "24")]
    TwentyFour,
    /// 32.
    #[serde(rename = "32")]
    ThirtyTwo,
}

impl BytesPerRow {
    /// The number that was chosen.
    #[must_use]
    pub fn chosen(self) -> Option<usize> {
        match self {
            Self::Automatic => None,
            Self::Eight => Some(8),
            Self::Sixteen => Some(16),
            Self::TwentyFour => Some(24),
            Self::ThirtyTwo => Some(32),
        }
    }
}

/// Sizes in the window, in points, its zoom, and how data is shown in all tabs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowSettings {
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// The window fills the screen; its size is that from before.
    pub maximized: bool,
    /// Zoom factor on top of the system's scale.
    pub zoom: f32,
    /// The size of the font of the data.
    pub font_size: f32,
    /// The window stays above all others.
    pub always_on_top: bool,
    /// The width of the list of connections.
    pub list_width: f32,
    /// The width of the panel at the right of the data.
    pub side_width: f32,
    /// The list of connections is shown; `None`: if the window has room for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shows_list: Option<bool>,
    /// Bytes in a row of hex.
    pub bytes_per_row: BytesPerRow,
    /// Show control characters by their control pictures; otherwise they are not shown.
    pub control_pictures: bool,
}

impl Default for WindowSettings {
    fn default() -> Self {
        Self {
            width: 1080.0,
            height: 720.0,
            maximized: false,
            zoom: 1.0,
            font_size: 13.0,
            always_on_top: false,
            list_width: 200.0,
            side_width: 300.0,
            shows_list: None,
            bytes_per_row: BytesPerRow::Automatic,
            control_pictures: true,
        }
    }
}

impl WindowSettings {
    /// The range of the width of the list of connections.
    pub const LIST_WIDTHS: RangeInclusive<f32> = 140.0..=480.0;
    /// Possible widths of the panel at the right of the data.
    pub const SIDE_WIDTHS: RangeInclusive<f32> = 240.0..=640.0;

    /// A copy with all values clamped to their ranges, since the file may have been edited by hand.
    #[must_use]
    pub fn sane(self) -> Self {
        let within = |value: f32, low: f32, high: f32, default: f32| {
            if value.is_finite() { value.clamp(low, high) } else { default }
        };
        let width = |value: f32, range: RangeInclusive<f32>, default: f32| {
            within(value, *range.start(), *range.end(), default)
        };
        let default = Self::default();
        Self {
            width: within(self.width, 480.0, 16_384.0, default.width),
            height: within(self.height, 360.0, 16_384.0, default.height),
            zoom: within(self.zoom, 0.5, 4.0, default.zoom),
            font_size: within(self.font_size, 8.0, 40.0, default.font_size),
            list_width: width(self.list_width, Self::LIST_WIDTHS, default.list_width),
            side_width: width(self.side_width, Self::SIDE_WIDTHS, default.side_width),
            ..self
        }
    }
}

/// Where the recordings of the window's sessions go, and how large they get.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordingSettings {
    /// The folder; empty for the usual one.
    pub folder: String,
    /// The most that one session keeps, in gigabytes (10^9 bytes); beyond it, the oldest records are dropped.
    pub session_gigabytes: f64,
    /// The most that all recordings together keep, in gigabytes.
    pub total_gigabytes: f64,
}

impl Default for RecordingSettings {
    fn default() -> Self {
        Self { folder: String::new(), session_gigabytes: 16.0, total_gigabytes: 64.0 }
    }
}

impl RecordingSettings {
    /// Possible limits, in gigabytes.
    pub const GIGABYTES: RangeInclusive<f64> = 0.1..=100_000.0;

    /// The most that one session keeps, in bytes.
    #[must_use]
    pub fn session_bytes(&self) -> u64 {
        Self::bytes(self.session_gigabytes, Self::default().session_gigabytes)
    }

    /// The most that all recordings together keep, in bytes.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        Self::bytes(self.total_gigabytes, Self::default().total_gigabytes)
    }

    /// The file may have been edited by hand.
    fn bytes(gigabytes: f64, default: f64) -> u64 {
        let gigabytes = if gigabytes.is_finite() { gigabytes } else { default };
        (gigabytes.clamp(*Self::GIGABYTES.start(), *Self::GIGABYTES.end()) * 1e9) as u64
    }
}

/// What kind of session a tab is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TabKind {
    /// A TCP client.
    TcpClient,
    /// A TCP server.
    #[default]
    TcpServer,
    /// A UDP socket.
    Udp,
}

/// How the data of a tab is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ViewMode {
    /// Each record as text if it is text in the encoding, as hex if not.
    #[default]
    Auto,
    /// Decoded characters.
    Text,
    /// Rows of bytes.
    Hex,
    /// Text, then hex, for each record.
    Both,
}

/// The format of a saved or exported file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaveFormat {
    /// The recording itself.
    #[default]
    Recording,
    /// Readable text.
    Text,
    /// One JSON object per line.
    JsonLines,
    /// A table.
    Csv,
    /// The payload of each half of a connection, as files in a folder.
    Raw,
}

impl SaveFormat {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Recording, Self::Text, Self::JsonLines, Self::Csv, Self::Raw];

    /// The ending of the file name; empty for a folder.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Recording => "pcapng",
            Self::Text => "txt",
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Raw => "",
        }
    }

    /// The format that the ending of a file name says, in any case; `None` if it says none.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        match &*extension.to_ascii_lowercase() {
            "pcapng" | "pcap" | "cap" => Some(Self::Recording),
            "txt" | "text" | "log" => Some(Self::Text),
            "jsonl" | "json" | "ndjson" => Some(Self::JsonLines),
            "csv" => Some(Self::Csv),
            "bin" | "raw" => Some(Self::Raw),
            _ => None,
        }
    }
}

/// Which time is shown with a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeMode {
    /// The time of day, with the date unless it is today.
    #[default]
    Clock,
    /// Since the record before it.
    SincePrevious,
    /// Since the last data of the connection's other half: the response time.
    SinceOther,
    /// Since the first record.
    SinceStart,
}

/// One tab: its form as it was typed, and how it shows and sends data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TabSettings {
    /// Kind of its session.
    pub kind: TabKind,
    /// The file that it shows; `None` for the tab of a session.
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
    /// Reconnect automatically.
    pub reconnect: bool,
    /// Keep half-closed connections open.
    pub keep_half_open: bool,
    /// Allow sending to broadcast addresses.
    pub broadcast: bool,
    /// Send received data back to where it came from.
    pub echo: bool,
    /// Encoding of received and sent text.
    pub encoding: Encoding,
    /// How the data is shown.
    pub view: ViewMode,
    /// Which time is shown with each record.
    pub time: TimeMode,
    /// Whether the inspector is shown.
    pub inspector: bool,
    /// Whether the rates are plotted.
    pub rate_plot: bool,
    /// The format in which the records were last saved.
    pub save_format: SaveFormat,
    /// Format of the payload field.
    pub payload_format: payload::Format,
    /// Appended to text that is sent.
    pub line_ending: LineEnding,
    /// Content of the payload field.
    pub payload: String,
    /// Payloads sent before, newest last.
    #[serde(with = "tolerant")]
    pub history: Vec<HistoryEntry>,
    /// Entries with a key or a value that this program does not know, kept for the newer one that wrote them.
    #[serde(skip)]
    pub unknown: Table,
}

/// A payload that was sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryEntry {
    /// Its format.
    pub format: payload::Format,
    /// As it was typed.
    pub payload: String,
    /// As in [`TabSettings`].
    #[serde(skip)]
    pub unknown: Table,
}

impl HistoryEntry {
    /// A new entry.
    #[must_use]
    pub fn new(format: payload::Format, payload: String) -> Self {
        Self { format, payload, unknown: Table::new() }
    }

    /// Whether both are the same payload.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.format, &self.payload) == (other.format, &other.payload)
    }
}

impl Element for HistoryEntry {
    fn default_for(_: &Table) -> Self {
        Self::default()
    }

    fn unknown(&self) -> &Table {
        &self.unknown
    }

    fn set_unknown(&mut self, unknown: Table) {
        self.unknown = unknown;
    }
}

impl Element for TabSettings {
    fn default_for(given: &Table) -> Self {
        let kind = given.get("kind").and_then(|kind| TabKind::deserialize(kind.clone()).ok());
        Self::new(kind.unwrap_or_default())
    }

    fn unknown(&self) -> &Table {
        &self.unknown
    }

    fn set_unknown(&mut self, unknown: Table) {
        self.unknown = unknown;
    }
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
            view: ViewMode::Auto,
            time: TimeMode::Clock,
            inspector: false,
            rate_plot: false,
            save_format: SaveFormat::Recording,
            payload_format: payload::Format::Text,
            line_ending: LineEnding::None,
            payload: String::new(),
            history: Vec::new(),
            unknown: Table::new(),
        }
    }
}

impl TabSettings {
    /// A tab that shows a file.
    #[must_use]
    pub fn of_file(file: Option<String>) -> Self {
        Self { file, local_port: String::new(), ..Self::default() }
    }

    /// The defaults for a new tab of this kind. The system chooses the local address of a client.
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
