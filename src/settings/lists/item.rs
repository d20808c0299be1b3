//! One item of a list: a payload with a name, and how, where and when it is sent.

use crate::codec::{Encoding, LineEnding};
use crate::lang::{Language, cut, explain_checksum};
use crate::model::units::{duration_text, parse_duration};
use crate::payload::{self, checksum};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU64;
use std::path::Path;
use std::time::Duration;
use toml::Table;

use super::key::KeyChord;
use super::wait::ItemWait;

/// The identity of an item within all lists; it stays while everything else of the item changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(pub String);

impl ItemId {
    /// An id that no other item has.
    #[must_use]
    pub fn fresh() -> Self {
        // Each state of a hasher is random.
        Self(format!("{:016x}", RandomState::new().hash_one(std::process::id())))
    }

    /// The id of an item of which the file has none: the same for every program that reads the file.
    pub(super) fn derived(item: &Item, place: usize) -> Self {
        Self::of_parts(&[item.name.as_bytes(), item.payload.as_bytes(), &place.to_le_bytes()])
    }

    /// The id of an item that was copied together with its file: the same whenever that file is read.
    #[must_use]
    pub fn in_copied_file(&self, file: &Path) -> Self {
        Self::of_parts(&[self.0.as_bytes(), file.as_os_str().as_encoded_bytes()])
    }

    fn of_parts(parts: &[&[u8]]) -> Self {
        // FNV-1a, which no release changes.
        let mut hash = 0xCBF2_9CE4_8422_2325_u64;
        for byte in parts.join(&0) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        Self(format!("{hash:016x}"))
    }
}

/// A checksum as it was typed, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    text: String,
    spec: checksum::Spec,
}

impl Checksum {
    /// Reads the text of a checksum.
    ///
    /// # Errors
    /// Those of [`checksum::Spec`].
    pub fn parse(text: &str) -> Result<Self, checksum::SpecError> {
        let text = text.trim();
        Ok(Self { text: text.to_owned(), spec: text.parse()? })
    }

    /// As it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it means.
    #[must_use]
    pub fn spec(&self) -> &checksum::Spec {
        &self.spec
    }
}

impl Serialize for Checksum {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Checksum {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text)
            .map_err(|error| D::Error::custom(explain_checksum(Language::English.words(), &text, &error)))
    }
}

/// To whom an item is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum ItemTarget {
    /// To the recipients that are chosen for what is typed.
    #[default]
    Chosen,
    /// To all connections or peers.
    All,
    /// To the selected connections or peers.
    Selected,
    /// To the UDP peer that sent last.
    LastPeer,
    /// To a peer: its name or its address.
    Peer(String),
}

impl From<ItemTarget> for String {
    fn from(target: ItemTarget) -> Self {
        match target {
            ItemTarget::Chosen => "chosen".into(),
            ItemTarget::All => "all".into(),
            ItemTarget::Selected => "selected".into(),
            ItemTarget::LastPeer => "last-peer".into(),
            ItemTarget::Peer(peer) => peer,
        }
    }
}

impl From<String> for ItemTarget {
    fn from(text: String) -> Self {
        match text.trim() {
            "" | "chosen" => Self::Chosen,
            "all" => Self::All,
            "selected" => Self::Selected,
            "last-peer" => Self::LastPeer,
            peer => Self::Peer(peer.to_owned()),
        }
    }
}

/// The color of an item; one of those that connections have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Color {
    Blue,
    Purple,
    Teal,
    Orange,
    Pink,
    Olive,
    Slate,
    Brown,
}

impl Color {
    /// All colors.
    pub const ALL: [Self; 8] = [
        Self::Blue,
        Self::Purple,
        Self::Teal,
        Self::Orange,
        Self::Pink,
        Self::Olive,
        Self::Slate,
        Self::Brown,
    ];
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    /// Its identity.
    pub id: ItemId,
    /// Its name in the list.
    pub name: String,
    /// What there is to know about it.
    pub note: String,
    /// The group in which it is shown; empty for none.
    pub group: String,
    /// How the payload is read.
    pub format: payload::Format,
    /// The encoding of text; `None` for that of each recipient.
    pub encoding: Option<Encoding>,
    /// What is sent, as it is typed.
    pub payload: String,
    /// Whether `${…}` in the payload are variables.
    #[serde(rename = "template")]
    pub is_template: bool,
    /// What ends each line of text.
    pub line_ending: LineEnding,
    /// The checksum that is appended.
    pub checksum: Option<Checksum>,
    /// To whom it is sent.
    pub target: ItemTarget,
    /// The pause before it when the list is run.
    #[serde(with = "duration")]
    pub delay: Option<Duration>,
    /// It is repeated, and this is the time from one start to the next.
    #[serde(with = "duration")]
    pub interval: Option<Duration>,
    /// The interval is a pause after each send.
    pub after_end: bool,
    /// How often it is sent with an interval; `None`: until it is stopped. When its list is run, how often it is sent there;
    /// `None`: once.
    pub repeat: Option<NonZeroU64>,
    /// The answer that it waits for when the list is run.
    pub wait: Option<ItemWait>,
    /// The key that sends it.
    pub key: Option<KeyChord>,
    /// The color of its row.
    pub color: Option<Color>,
    /// Whether it is sent when the list is run.
    pub takes_part: bool,
    /// Keys of its table that this program does not know.
    #[serde(skip)]
    pub unknown: Table,
}

impl Default for Item {
    fn default() -> Self {
        Self {
            id: ItemId::default(),
            name: String::new(),
            note: String::new(),
            group: String::new(),
            format: payload::Format::Text,
            encoding: None,
            payload: String::new(),
            is_template: false,
            line_ending: LineEnding::None,
            checksum: None,
            target: ItemTarget::Chosen,
            delay: None,
            interval: None,
            after_end: false,
            repeat: None,
            wait: None,
            key: None,
            color: None,
            takes_part: true,
            unknown: Table::new(),
        }
    }
}

impl Item {
    /// An item with an id of its own.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { id: ItemId::fresh(), name: name.into(), ..Self::default() }
    }

    /// A copy with an id of its own, and without the key, which only one item can have.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self { id: ItemId::fresh(), key: None, ..self.clone() }
    }

    /// How its payload is read.
    #[must_use]
    pub fn options(&self) -> payload::Options {
        payload::Options {
            format: self.format,
            line_ending: self.line_ending,
            is_template: self.is_template,
            checksum: self.checksum.as_ref().map(|checksum| checksum.spec.clone()),
        }
    }

    /// What the item is called where it has no name: the beginning of its payload.
    #[must_use]
    pub fn title(&self) -> String {
        const CHARACTERS: usize = 40;
        let name = self.name.trim();
        if !name.is_empty() {
            return name.to_owned();
        }
        let line = self.payload.trim().lines().next().unwrap_or_default();
        cut(line, CHARACTERS)
    }

    /// Its table, without what is as it usually is.
    pub(super) fn to_table(&self) -> Table {
        let table =
            |item: &Self| Table::try_from(item).expect("an item has only texts, numbers and switches");
        let usual = table(&Self::default());
        let mut out = table(self);
        out.retain(|key, value| usual.get(key) != Some(value));
        out.extend(self.unknown.clone());
        out
    }

    /// Takes what this program does not know from the table that the item was read from.
    pub(super) fn keep_unknown(&mut self, table: Table) {
        self.unknown = table.into_iter().filter(|(key, _)| !KEYS.contains(&key.as_str())).collect();
    }
}

/// The keys of an item's table.
pub(super) const KEYS: [&str; 19] = [
    "id",
    "name",
    "note",
    "group",
    "format",
    "encoding",
    "payload",
    "template",
    "line_ending",
    "checksum",
    "target",
    "delay",
    "interval",
    "after_end",
    "repeat",
    "wait",
    "key",
    "color",
    "takes_part",
];

/// A duration as text with a unit, or a number of seconds.
mod duration {
    use super::{Duration, Visitor, duration_text, fmt, parse_duration};
    use serde::{Deserializer, Serializer};

    #[allow(clippy::ref_option, reason = "the signature that serde calls")]
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, out: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => out.serialize_str(&duration_text(*duration)),
            None => out.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Duration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"10ms\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Duration, E> {
                parse_duration(text).map_err(E::custom)
            }

            fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Duration, E> {
                self.visit_str(&seconds.to_string())
            }

            fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<Duration, E> {
                self.visit_str(&seconds.to_string())
            }
        }

        from.deserialize_any(Text).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_makes_bytes_is_in_the_options() {
        let item = Item {
            format: payload::Format::Escaped,
            is_template: true,
            line_ending: LineEnding::CrLf,
            checksum: Some(Checksum::parse("CRC-16/MODBUS,big").unwrap()),
            ..Item::new("all")
        };
        let options = item.options();
        assert_eq!((options.format, options.line_ending), (payload::Format::Escaped, LineEnding::CrLf));
        assert!(options.is_template);
        assert_eq!(options.checksum, Some("CRC-16/MODBUS,big".parse().unwrap()));
        assert_eq!(Item::default().options(), payload::Options::default());
    }

    #[test]
    fn an_item_without_a_name_is_called_by_its_payload() {
        let of = |payload: &str| Item { payload: payload.into(), ..Item::default() }.title();
        assert_eq!(Item::new(" a ").title(), "a");
        assert_eq!(of("\n01 03\n02"), "01 03");
        assert_eq!(of(&"温".repeat(50)), format!("{}…", "温".repeat(40)));
    }

    #[test]
    fn each_item_has_an_id_of_its_own() {
        let ids: std::collections::BTreeSet<_> = (0..1000).map(|_| ItemId::fresh()).collect();
        assert_eq!(ids.len(), 1000);
        let item = Item { key: Some(KeyChord::of_digit(1)), ..Item::new("a") };
        let copy = item.copy();
        assert_ne!(copy.id, item.id);
        assert_eq!((copy.key, &*copy.name), (None, "a"), "a key has one item");
    }
}
