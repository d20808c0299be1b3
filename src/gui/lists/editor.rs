//! The item that is edited: what is typed in each field, and what is wrong with it.

use crate::gui::action::lists::ListId;
use crate::gui::compose::payload::EncodedPayload;
use crate::gui::compose::picker::Picker;
use crate::gui::lists::sent::count;
use crate::gui::lists::wait_fields::WaitFields;
use crate::lang::{Words, explain_checksum, explain_payload, fill};
use crate::model::SHORTEST_INTERVAL;
use crate::model::units::{duration_text, parse_duration};
use crate::payload::{Error, Payload};
use crate::settings::TabSettings;
use crate::settings::lists::{Checksum, Item, ItemId, ItemTarget};
use std::num::NonZeroU64;
use std::time::Duration;

/// The editor of an item.
pub struct Editor {
    /// The item as far as it is not typed in the fields below.
    pub item: Item,
    /// The list in which it will be.
    pub list: Option<ListId>,
    /// The item behind which a new one goes.
    pub after: Option<ItemId>,
    /// Whether it is in no list yet.
    pub is_new: bool,
    /// The text of its checksum.
    pub checksum: String,
    /// To which kind of recipients it is sent.
    pub target: TargetKind,
    /// The peer, where it is sent to one.
    pub peer: String,
    /// The pause before it.
    pub delay: String,
    /// The interval of its repeat.
    pub interval: String,
    /// How often it is repeated.
    pub repeat: String,
    /// The answer that it waits for.
    pub wait: WaitFields,
    /// The first field takes the keyboard focus in the next frame.
    pub wants_focus: bool,
    /// It was to be left with changes: the user is asked.
    pub asks: bool,
    /// The dialog in which a checksum is chosen, while it is open.
    pub picker: Option<Picker>,
    /// The payload in bytes.
    pub encoded: EncodedPayload,
    /// What was typed when it was opened.
    before: Typed,
}

/// All that is typed and chosen.
type Typed = (Item, Option<ListId>, TargetKind, [String; 5], WaitFields);

/// To whom an item is sent, without the name of a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetKind {
    /// See [`ItemTarget::Chosen`].
    #[default]
    Chosen,
    /// See [`ItemTarget::All`].
    All,
    /// See [`ItemTarget::Selected`].
    Selected,
    /// See [`ItemTarget::LastPeer`].
    LastPeer,
    /// See [`ItemTarget::Peer`].
    Peer,
}

/// A field of the editor whose text may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The payload. An item can be kept with a wrong one, and is not sent.
    Payload,
    /// The checksum.
    Checksum,
    /// The peer.
    Peer,
    /// The pause before it.
    Delay,
    /// The interval.
    Interval,
    /// How often it is repeated.
    Repeat,
}

impl Field {
    /// The fields of which every one must be right before the item is kept.
    pub const NEEDED: [Self; 5] = [Self::Checksum, Self::Peer, Self::Delay, Self::Interval, Self::Repeat];
}

impl Editor {
    /// The editor of an item.
    #[must_use]
    pub fn new(item: Item, list: Option<ListId>, after: Option<ItemId>, is_new: bool) -> Self {
        let (target, peer) = match &item.target {
            ItemTarget::Chosen => (TargetKind::Chosen, String::new()),
            ItemTarget::All => (TargetKind::All, String::new()),
            ItemTarget::Selected => (TargetKind::Selected, String::new()),
            ItemTarget::LastPeer => (TargetKind::LastPeer, String::new()),
            ItemTarget::Peer(peer) => (TargetKind::Peer, peer.clone()),
        };
        let duration = |duration: Option<Duration>| duration.map(duration_text).unwrap_or_default();
        let mut editor = Self {
            list,
            after,
            is_new,
            checksum: item.checksum.as_ref().map(|checksum| checksum.text().to_owned()).unwrap_or_default(),
            target,
            peer,
            delay: duration(item.delay),
            interval: duration(item.interval),
            repeat: item.repeat.map(|times| times.to_string()).unwrap_or_default(),
            wait: WaitFields::new(item.wait.as_ref()),
            wants_focus: true,
            asks: false,
            picker: None,
            encoded: EncodedPayload::default(),
            before: Default::default(),
            item,
        };
        editor.before = editor.typed();
        editor
    }

    /// The same with the text of a checksum, which may be wrong.
    #[must_use]
    pub fn with_checksum(mut self, checksum: &str) -> Self {
        self.checksum = checksum.to_owned();
        self.before = self.typed();
        self
    }

    /// Whether anything is typed or chosen since it was opened.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.typed() != self.before
    }

    fn typed(&self) -> Typed {
        let texts = [&self.checksum, &self.peer, &self.delay, &self.interval, &self.repeat];
        (self.item.clone(), self.list, self.target, texts.map(String::clone), self.wait.clone())
    }

    /// The item as the form of a composer, for the preview. `of_tab`: the form of the tab that would send it.
    #[must_use]
    pub fn form(&self, of_tab: &TabSettings) -> TabSettings {
        TabSettings {
            payload_format: self.item.format,
            line_ending: self.item.line_ending,
            payload: self.item.payload.clone(),
            is_template: self.item.is_template,
            checksum: self.checksum.clone(),
            sent_count: count(of_tab, &self.item.id),
            answers: of_tab.answers.clone(),
            ..TabSettings::default()
        }
    }

    /// What is wrong with a field.
    #[must_use]
    pub fn error(&self, field: Field, words: &Words) -> Option<String> {
        match field {
            Field::Payload => self.payload_error().map(|error| explain_payload(words, &error)),
            Field::Checksum if self.checksum.trim().is_empty() => None,
            Field::Checksum => {
                let error = Checksum::parse(&self.checksum).err()?;
                Some(explain_checksum(words, self.checksum.trim(), &error))
            }
            Field::Peer => {
                let is_missing = self.target == TargetKind::Peer && self.peer.trim().is_empty();
                is_missing.then(|| words.lists_peer_missing.clone())
            }
            Field::Delay => duration_error(&self.delay, words),
            Field::Interval => match duration(&self.interval) {
                Ok(Some(interval)) if interval < SHORTEST_INTERVAL => {
                    let least = duration_text(SHORTEST_INTERVAL);
                    Some(fill(&words.repeat_interval_least, &[("least", &least)]))
                }
                _ => duration_error(&self.interval, words),
            },
            Field::Repeat => {
                let text = self.repeat.trim();
                let is_wrong = !text.is_empty() && text.parse::<NonZeroU64>().is_err();
                is_wrong.then(|| fill(&words.lists_repeat_wrong, &[("text", &text)]))
            }
        }
    }

    /// Why the payload gives no bytes, whoever the recipient is.
    #[must_use]
    pub fn payload_error(&self) -> Option<Error> {
        let item = Item { checksum: Checksum::parse(&self.checksum).ok(), ..self.item.clone() };
        Payload::parse(&item.payload, &item.options()).err()
    }

    /// The item; `None` if a field that is needed is wrong.
    #[must_use]
    pub fn finished(&self, words: &Words) -> Option<Item> {
        if Field::NEEDED.into_iter().any(|field| self.error(field, words).is_some()) {
            return None;
        }
        let target = match self.target {
            TargetKind::Chosen => ItemTarget::Chosen,
            TargetKind::All => ItemTarget::All,
            TargetKind::Selected => ItemTarget::Selected,
            TargetKind::LastPeer => ItemTarget::LastPeer,
            TargetKind::Peer => ItemTarget::Peer(self.peer.trim().to_owned()),
        };
        Some(Item {
            name: self.item.name.trim().to_owned(),
            group: self.item.group.trim().to_owned(),
            checksum: Checksum::parse(&self.checksum).ok(),
            target,
            delay: duration(&self.delay).ok()?,
            interval: duration(&self.interval).ok()?,
            repeat: self.repeat.trim().parse().ok(),
            wait: self.wait.finished().ok()?,
            ..self.item.clone()
        })
    }
}

fn duration(text: &str) -> Result<Option<Duration>, crate::model::units::DurationError> {
    if text.trim().is_empty() { Ok(None) } else { parse_duration(text).map(Some) }
}

fn duration_error(text: &str, words: &Words) -> Option<String> {
    duration(text).err().map(|_| fill(&words.lists_duration_wrong, &[("text", &text.trim())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::lists::wait_fields::WaitKind;
    use crate::lang::Language;
    use crate::pattern::Pattern;
    use crate::payload::Format;
    use crate::settings::lists::ItemWait;

    #[test]
    fn an_item_comes_out_of_the_editor_as_it_went_in() {
        let words = Language::English.words();
        let item = Item {
            checksum: Some(Checksum::parse("CRC-16/MODBUS").unwrap()),
            target: ItemTarget::Peer("PLC-1".into()),
            delay: Some(Duration::from_millis(1500)),
            interval: Some(Duration::from_micros(100)),
            repeat: NonZeroU64::new(7),
            after_end: true,
            wait: Some(ItemWait::new(Pattern::Text("OK".into())).unwrap()),
            ..Item::new("a")
        };
        let editor = Editor::new(item.clone(), None, None, false);
        assert_eq!(editor.finished(words), Some(item));
        let usual = Item::new("b");
        assert_eq!(Editor::new(usual.clone(), None, None, true).finished(words), Some(usual));
        for target in [ItemTarget::All, ItemTarget::Selected, ItemTarget::LastPeer] {
            let item = Item { target, ..Item::new("c") };
            assert_eq!(Editor::new(item.clone(), None, None, true).finished(words), Some(item));
        }
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        for language in Language::ALL {
            let words = language.words();
            let editor = || Editor::new(Item::new("a"), None, None, true);
            let with = |change: fn(&mut Editor)| {
                let mut editor = editor();
                change(&mut editor);
                editor
            };
            for (field, editor) in [
                (Field::Checksum, with(|editor| editor.checksum = "crc99".into())),
                (Field::Peer, with(|editor| editor.target = TargetKind::Peer)),
                (Field::Delay, with(|editor| editor.delay = "soon".into())),
                (Field::Interval, with(|editor| editor.interval = "0".into())),
                (Field::Interval, with(|editor| editor.interval = "5 days".into())),
                (Field::Repeat, with(|editor| editor.repeat = "0".into())),
            ] {
                let said = editor.error(field, words).unwrap();
                assert!(!said.contains('{'), "{said}");
                assert_eq!(editor.finished(words), None, "{field:?}");
                let others = Field::NEEDED.into_iter().filter(|other| *other != field);
                assert!(others.into_iter().all(|other| editor.error(other, words).is_none()), "{field:?}");
            }
            let mut wrong = editor();
            (wrong.item.format, wrong.item.payload) = (Format::Hex, "0G".into());
            assert!(wrong.error(Field::Payload, words).unwrap().contains('G'));
            assert!(wrong.finished(words).is_some(), "it can be corrected later");
        }
    }

    #[test]
    fn every_field_that_is_changed_counts_as_a_change() {
        let changes: [fn(&mut Editor); 9] = [
            |editor| editor.item.name = "b".into(),
            |editor| editor.item.payload = "b".into(),
            |editor| editor.list = Some(ListId(7)),
            |editor| editor.target = TargetKind::All,
            |editor| editor.checksum = "SUM-8".into(),
            |editor| editor.peer = "b".into(),
            |editor| editor.delay = "1s".into(),
            |editor| editor.interval = "1s".into(),
            |editor| editor.wait.kind = WaitKind::Text,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut editor = Editor::new(Item::new("a"), None, None, true).with_checksum("CRC-99");
            assert!(!editor.has_changes());
            change(&mut editor);
            assert!(editor.has_changes(), "{number}");
        }
    }
}
