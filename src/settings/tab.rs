//! The settings of one tab: its form as it was typed, its choices and its history.

use super::tolerant::Element;
use super::wire::{CutMode, LogRotation};
use crate::codec::{Encoding, LineEnding};
use crate::payload;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::{Table, Value};

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

/// What is shown beside the data of a tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SidePanel {
    /// Nothing.
    #[default]
    None,
    /// The inspector.
    Inspector,
    /// The lists of commands.
    Commands,
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

/// The key that said whether the inspector is shown, before there was anything else beside the data.
const INSPECTOR: &str = "inspector";

/// One tab: its form as it was typed, and how it shows and sends data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TabSettings {
    /// Kind of its session.
    pub kind: TabKind,
    /// Its identity for lists that are shown in this tab alone; empty while there are none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
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
    /// Send received data to all other connections or peers. Not with `echo`, which counts where both are set.
    pub forward: bool,
    /// TCP connections send at once, without Nagle's algorithm.
    pub no_delay: bool,
    /// Encoding of received and sent text.
    pub encoding: Encoding,
    /// How the data is shown.
    pub view: ViewMode,
    /// Which time is shown with each record.
    pub time: TimeMode,
    /// What is shown beside the data.
    pub side: SidePanel,
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
    /// Whether `${…}` in the payload stands for a value.
    #[serde(rename = "template")]
    pub is_template: bool,
    /// The text of the checksum that is added to payloads; empty: none.
    pub checksum: String,
    /// How often templates were sent, for their counters.
    pub sent_count: u64,
    /// How often the templates of items were sent, for their counters, by the ids of the items.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub item_counts: BTreeMap<String, u64>,
    /// The last answers to the questions of templates, by their names.
    pub answers: BTreeMap<String, String>,
    /// The interval of repeats, as it was typed.
    pub repeat_interval: String,
    /// How often repeats are sent, as it was typed; empty: until they are stopped.
    pub repeat_times: String,
    /// The interval of repeats is a pause after each send.
    pub repeat_after_end: bool,
    /// Payloads are cut and glued as the next entries say; otherwise each is written whole.
    pub pieces: bool,
    /// Where they are cut.
    pub cut: CutMode,
    /// The places, as they were typed or clicked.
    pub cut_places: String,
    /// The seed of random places, as it was typed.
    pub cut_seed: String,
    /// The pause after each write, as it was typed; empty: the usual one.
    pub cut_gap: String,
    /// How many payloads are written at once, as it was typed; empty: one.
    pub glue: String,
    /// The file that received bytes were last written to; empty: none yet.
    pub receive_file: String,
    /// The file of the last text log; empty: none yet.
    pub log_file: String,
    /// When a text log begins a new file.
    pub log_rotation: LogRotation,
    /// At which size, as it was typed.
    pub log_size: String,
    /// Payloads sent before, newest last.
    #[serde(with = "super::tolerant")]
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
    /// Whether `${…}` in it stood for a value.
    #[serde(rename = "template")]
    pub is_template: bool,
    /// As in [`TabSettings`].
    #[serde(skip)]
    pub unknown: Table,
}

impl HistoryEntry {
    /// A new entry.
    #[must_use]
    pub fn new(format: payload::Format, payload: String) -> Self {
        Self { format, payload, is_template: false, unknown: Table::new() }
    }

    /// The payload of a form.
    #[must_use]
    pub fn of(form: &TabSettings) -> Self {
        let payload = form.payload.clone();
        Self { is_template: form.is_template, ..Self::new(form.payload_format, payload) }
    }

    /// Puts the payload into a form.
    pub fn show(self, form: &mut TabSettings) {
        form.payload_format = self.format;
        form.is_template = self.is_template;
        form.payload = self.payload;
    }

    /// Whether both are the same payload.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.format, self.is_template, &self.payload) == (other.format, other.is_template, &other.payload)
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
        let has_inspector = given.get(INSPECTOR).and_then(Value::as_bool).unwrap_or_default();
        let side = if has_inspector { SidePanel::Inspector } else { SidePanel::None };
        Self { side, ..Self::new(kind.unwrap_or_default()) }
    }

    fn unknown(&self) -> &Table {
        &self.unknown
    }

    fn set_unknown(&mut self, mut unknown: Table) {
        unknown.remove(INSPECTOR);
        self.unknown = unknown;
    }
}

impl Default for TabSettings {
    fn default() -> Self {
        Self {
            kind: TabKind::TcpServer,
            id: String::new(),
            file: None,
            local_address: "0.0.0.0".into(),
            local_port: "7788".into(),
            remote_host: "127.0.0.1".into(),
            remote_port: "7788".into(),
            reconnect: false,
            keep_half_open: false,
            broadcast: false,
            echo: false,
            forward: false,
            no_delay: true,
            encoding: Encoding::Utf8,
            view: ViewMode::Auto,
            time: TimeMode::Clock,
            side: SidePanel::None,
            rate_plot: false,
            save_format: SaveFormat::Recording,
            payload_format: payload::Format::Text,
            line_ending: LineEnding::None,
            payload: String::new(),
            is_template: false,
            checksum: String::new(),
            sent_count: 0,
            item_counts: BTreeMap::new(),
            answers: BTreeMap::new(),
            repeat_interval: "1 s".into(),
            repeat_times: String::new(),
            repeat_after_end: false,
            pieces: false,
            cut: CutMode::None,
            cut_places: String::new(),
            cut_seed: "1".into(),
            cut_gap: String::new(),
            glue: String::new(),
            receive_file: String::new(),
            log_file: String::new(),
            log_rotation: LogRotation::Never,
            log_size: "10 MB".into(),
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
