//! A list, and its text.

use super::item::{Item, ItemId};
use crate::settings::TabKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::num::NonZeroU64;
use std::ops::Range;
use toml::{Table, Value};

/// The version of the form of lists. It is raised when the meaning of a key changes; new keys do not raise it.
const VERSION: i64 = 1;

/// Where a list is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Attachment {
    /// In every tab.
    #[default]
    All,
    /// In the tabs of one kind.
    Kind(TabKind),
    /// In one tab, by the id in its settings.
    Tab(String),
}

const OF_TAB: &str = "tab:";
const KINDS: [(TabKind, &str); 3] =
    [(TabKind::TcpClient, "tcp-client"), (TabKind::TcpServer, "tcp-server"), (TabKind::Udp, "udp")];

impl Attachment {
    /// Whether the list is shown in a tab of this kind with this id.
    #[must_use]
    pub fn covers(&self, kind: TabKind, tab: &str) -> bool {
        match self {
            Self::All => true,
            Self::Kind(own) => *own == kind,
            Self::Tab(own) => own == tab,
        }
    }
}

impl From<Attachment> for String {
    fn from(attachment: Attachment) -> Self {
        match attachment {
            Attachment::All => "all".into(),
            Attachment::Kind(kind) => {
                KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| name).into()
            }
            Attachment::Tab(id) => format!("{OF_TAB}{id}"),
        }
    }
}

impl TryFrom<String> for Attachment {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if let Some((kind, _)) = KINDS.iter().find(|(_, name)| *name == text) {
            return Ok(Self::Kind(*kind));
        }
        match text.strip_prefix(OF_TAB) {
            Some(id) if !id.is_empty() => Ok(Self::Tab(id.into())),
            _ if text == "all" => Ok(Self::All),
            _ => Err(
                "expected \"all\", \"tcp-client\", \"tcp-server\", \"udp\", or \"tab:\" with the id of a tab",
            ),
        }
    }
}

/// How often a list runs when it is run as a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Value", try_from = "Value")]
pub enum Rounds {
    /// So often.
    Times(NonZeroU64),
    /// Until it is stopped.
    Forever,
}

const FOREVER: &str = "forever";

impl Rounds {
    /// Once.
    pub const ONCE: Self = Self::Times(NonZeroU64::MIN);
}

impl Default for Rounds {
    fn default() -> Self {
        Self::ONCE
    }
}

impl From<Rounds> for Value {
    fn from(rounds: Rounds) -> Self {
        match rounds {
            // More rounds than TOML has numbers for never end.
            Rounds::Times(times) => i64::try_from(times.get()).unwrap_or(i64::MAX).into(),
            Rounds::Forever => FOREVER.into(),
        }
    }
}

impl TryFrom<Value> for Rounds {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let times = value.as_integer().and_then(|times| u64::try_from(times).ok()).and_then(NonZeroU64::new);
        match times {
            Some(times) => Ok(Self::Times(times)),
            None if value.as_str() == Some(FOREVER) => Ok(Self::Forever),
            None => Err("expected a whole number from 1, or \"forever\""),
        }
    }
}

/// A list of items, in order. Items of one group are shown together, where the first of them stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct List {
    /// Its name.
    pub name: String,
    /// Where it is shown.
    pub attached: Attachment,
    /// How often it runs when it is run.
    pub times: Rounds,
    /// Its items.
    pub items: Vec<Item>,
    /// Keys of the file that this program does not know.
    #[serde(skip)]
    pub unknown: Table,
}

/// Why a list cannot be used. Its file stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The text is no list.
    #[error("line {line}{}: {reason}", .key.as_ref().map_or(String::new(), |key| format!(" ({key})")))]
    Text {
        /// The line, from 1.
        line: usize,
        /// The key in that line, if there is one.
        key: Option<String>,
        /// What is wrong, in the parser's words.
        reason: String,
    },
    /// A newer program wrote it.
    #[error("the file has version {version}, and this program knows versions up to {VERSION}")]
    Newer {
        /// Its version.
        version: i64,
    },
    /// It could not be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
}

impl List {
    /// Reads the text of a list. Items without an id, and those with the id of another, get one.
    ///
    /// # Errors
    /// [`ListError::Text`] with the line and the key, [`ListError::Newer`].
    pub fn from_text(text: &str) -> Result<Self, ListError> {
        let wrong = |error: toml::de::Error| ListError::at(text, error.span(), error.message());
        let mut table: Table = toml::from_str(text).map_err(wrong)?;
        match table.remove("version") {
            Some(Value::Integer(version)) if version > VERSION => return Err(ListError::Newer { version }),
            None | Some(Value::Integer(_)) => {}
            Some(_) => {
                let place = text.find("version").map(|start| start..start);
                return Err(ListError::at(text, place, "the version is not a whole number"));
            }
        }
        let mut list: Self = toml::from_str(text).map_err(wrong)?;
        let tables = match table.remove("items") {
            Some(Value::Array(tables)) => tables,
            _ => Vec::new(),
        };
        let mut known = BTreeSet::new();
        for (place, (item, table)) in list.items.iter_mut().zip(tables).enumerate() {
            if let Value::Table(table) = table {
                item.keep_unknown(table);
            }
            if item.id.0.is_empty() || known.contains(&item.id) {
                item.id = ItemId::derived(item, place);
            }
            known.insert(item.id.clone());
        }
        table.remove("name");
        table.remove("attached");
        table.remove("times");
        list.unknown = table;
        Ok(list)
    }

    /// The text of the list.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut table = self.head();
        let items: Vec<_> = self.items.iter().map(|item| Value::from(item.to_table())).collect();
        if !items.is_empty() {
            table.insert("items".into(), items.into());
        }
        toml::to_string_pretty(&table).expect("a list has only texts, numbers and switches")
    }

    /// All but the items.
    pub(super) fn head(&self) -> Table {
        let mut table = self.unknown.clone();
        table.insert("version".into(), VERSION.into());
        table.insert("name".into(), self.name.clone().into());
        table.insert("attached".into(), String::from(self.attached.clone()).into());
        if self.times != Rounds::ONCE {
            table.insert("times".into(), self.times.into());
        }
        table
    }

    /// The item with this id.
    #[must_use]
    pub fn item(&self, id: &ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.id == *id)
    }

    /// The names of the groups, in the order in which they are shown; the first may be empty.
    #[must_use]
    pub fn groups(&self) -> Vec<&str> {
        let mut known = BTreeSet::new();
        self.items.iter().map(|item| item.group.as_str()).filter(|group| known.insert(*group)).collect()
    }

    /// The indices of the items in the order in which they are shown and run: group by group.
    #[must_use]
    pub fn in_groups(&self) -> Vec<usize> {
        let groups = self.groups();
        let place = |index: &usize| groups.iter().position(|group| *group == self.items[*index].group);
        let mut order: Vec<_> = (0..self.items.len()).collect();
        order.sort_by_cached_key(place);
        order
    }

    /// Puts the items into the order in which they are shown, so that groups keep theirs when an item leaves.
    pub fn arrange(&mut self) {
        let order = self.in_groups();
        let mut items: Vec<_> = std::mem::take(&mut self.items).into_iter().map(Some).collect();
        self.items = order.into_iter().filter_map(|index| items[index].take()).collect();
    }

    /// The item that is shown behind another one in the same group.
    #[must_use]
    pub fn behind(&self, id: &ItemId) -> Option<&Item> {
        let order = self.in_groups();
        let place = order.iter().position(|index| self.items[*index].id == *id)?;
        let (here, next) = (&self.items[order[place]], &self.items[*order.get(place + 1)?]);
        (here.group == next.group).then_some(next)
    }
}

impl ListError {
    fn at(text: &str, place: Option<Range<usize>>, reason: &str) -> Self {
        let start = place.map_or(0, |place| place.start.min(text.len()));
        let before = text.get(..start).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        let key = text.lines().nth(line - 1).and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
        let is_key = |key: &&str| key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let key = key.filter(|key| !key.is_empty()).filter(is_key).map(str::to_owned);
        Self::Text { line, key, reason: reason.trim().replace('\n', ", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::lists::item::KEYS;

    const PAGE: &str = include_str!("../../../docs/lists.md");

    /// The examples of the page, each with the text before it.
    fn examples() -> Vec<(&'static str, &'static str)> {
        let mut found = Vec::new();
        let mut rest = PAGE;
        while let Some((before, after)) = rest.split_once("```toml\n") {
            let (example, behind) = after.split_once("```").unwrap();
            found.push((before, example));
            rest = behind;
        }
        found
    }

    #[test]
    fn every_example_of_the_page_is_a_list_and_every_key_has_one() {
        let examples = examples();
        for (_, example) in &examples {
            let list = List::from_text(example).unwrap_or_else(|error| panic!("{error}: {example}"));
            assert!(!list.items.is_empty(), "{example}");
            for item in &list.items {
                assert!(item.unknown.is_empty(), "{:?} in {example}", item.unknown);
            }
            assert_eq!(List::from_text(&list.to_text()).unwrap(), list, "{example}");
        }
        for key in KEYS {
            let about = |before: &str| {
                before.trim().rsplit("\n\n").next().is_some_and(|text| text.starts_with(&format!("`{key}`")))
            };
            let (_, example) =
                examples.iter().find(|(before, _)| about(before)).unwrap_or_else(|| panic!("{key}"));
            assert!(example.contains(&format!("{key} = ")), "{key}: {example}");
            // It says something: with another value the item is another.
            let usual = Item { id: ItemId(String::new()), ..Item::default() };
            let items = List::from_text(example).unwrap().items;
            assert!(items.iter().any(|item| item.to_table().get(key) != usual.to_table().get(key)), "{key}");
        }
    }

    #[test]
    fn how_often_a_list_runs_is_a_number_or_forever() {
        let times = |text: &str| List::from_text(&format!("times = {text}")).map(|list| list.times);
        assert_eq!(times("3").unwrap(), Rounds::Times(NonZeroU64::new(3).unwrap()));
        assert_eq!(times("\"forever\"").unwrap(), Rounds::Forever);
        for wrong in ["0", "-1", "\"often\"", "true"] {
            assert!(matches!(times(wrong), Err(ListError::Text { line: 1, .. })), "{wrong}");
        }
        let list = List { times: Rounds::Forever, ..List::default() };
        assert_eq!(List::from_text(&list.to_text()).unwrap(), list);
        assert!(!List::default().to_text().contains("times"), "what is usual is not written");
    }

    #[test]
    fn what_is_shown_behind_an_item_is_in_its_group() {
        let item =
            |id: &str, group: &str| Item { id: ItemId(id.into()), group: group.into(), ..Item::default() };
        let items = vec![item("a", "G"), item("b", ""), item("c", "G"), item("d", "")];
        let list = List { items, ..List::default() };
        let behind = |id: &str| list.behind(&ItemId(id.into())).map(|item| item.id.0.as_str());
        assert_eq!(
            [behind("a"), behind("c"), behind("b"), behind("d"), behind("x")],
            [Some("c"), None, Some("d"), None, None]
        );
    }

    #[test]
    fn the_page_names_every_value_of_an_attachment_and_a_color() {
        use crate::settings::lists::Color;
        for color in Color::ALL {
            let name = toml::Value::try_from(color).unwrap();
            assert!(PAGE.contains(&format!("`{name}`")), "{name}");
        }
        for (kind, name) in KINDS {
            assert!(PAGE.contains(&format!("`\"{name}\"`")), "{name}");
            let attachment = Attachment::try_from(name.to_owned()).unwrap();
            assert_eq!(attachment, Attachment::Kind(kind));
            assert_eq!(String::from(attachment), name);
        }
        let tab = Attachment::try_from("tab:7".to_owned()).unwrap();
        assert!(tab.covers(TabKind::Udp, "7") && !tab.covers(TabKind::Udp, "8"));
        assert!(Attachment::All.covers(TabKind::Udp, ""));
        assert!(!Attachment::Kind(TabKind::TcpClient).covers(TabKind::Udp, ""));
        assert!(Attachment::try_from("tab:".to_owned()).is_err());
    }
}
