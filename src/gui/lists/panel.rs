//! The state of the panel: which rows it has, which of them is the cursor, and what is folded or filtered out.

use crate::gui::action::lists::ListId;
use crate::gui::lists::store::{OpenList, Store, in_groups};
use crate::settings::TabSettings;
use crate::settings::lists::{Item, ItemId};
use std::collections::BTreeSet;

/// A row of the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A list. Without this row if a tab shows only one.
    List(ListId),
    /// A group of a list, with the number of its items.
    Group(ListId, String, usize),
    /// An item, by its index in its list.
    Item(ListId, usize),
}

/// What rows depend on.
#[derive(Clone, Debug, PartialEq, Default)]
struct Key {
    revision: u64,
    shown: Vec<ListId>,
    filter: String,
    folded: u64,
}

/// The state of the panel.
#[derive(Default)]
pub struct Panel {
    /// What was typed to filter.
    pub filter: String,
    /// The item that keys act on.
    pub cursor: Option<ItemId>,
    /// The row of the cursor comes into view in the next frame.
    pub reveals: bool,
    /// The list takes the keyboard focus in the next frame.
    pub wants_focus: bool,
    folded: BTreeSet<(ListId, Option<String>)>,
    /// Changes with what is folded.
    folds: u64,
    key: Key,
    rows: Vec<Row>,
}

impl Panel {
    /// Makes the rows for a tab anew, if something has changed.
    pub fn follow(&mut self, store: &Store, form: &TabSettings) {
        let shown: Vec<_> = store.shown(form).map(|open| open.id).collect();
        let key = Key { revision: store.revision(), shown, filter: self.filter.clone(), folded: self.folds };
        if key == self.key {
            return;
        }
        self.rows.clear();
        let has_lists = key.shown.len() > 1;
        let filter = self.filter.trim().to_lowercase();
        for open in store.shown(form) {
            let items: Vec<_> = in_groups(&open.list)
                .into_iter()
                .filter(|index| has_words(&open.list.items[*index], &filter))
                .collect();
            if items.is_empty() && !filter.is_empty() {
                continue;
            }
            if has_lists {
                self.rows.push(Row::List(open.id));
                if self.is_folded(open.id, None) && filter.is_empty() {
                    continue;
                }
            }
            self.add_items(open, &items, !filter.is_empty());
        }
        self.key = key;
        let is_shown = |id: &ItemId| store.list_of(id).is_some();
        self.cursor.take_if(|id| !is_shown(id));
    }

    fn add_items(&mut self, open: &OpenList, items: &[usize], is_filtered: bool) {
        let mut last: Option<&str> = None;
        for index in items {
            let group = open.list.items[*index].group.as_str();
            if last != Some(group) && !group.is_empty() {
                let count = items.iter().filter(|other| open.list.items[**other].group == group).count();
                self.rows.push(Row::Group(open.id, group.to_owned(), count));
            }
            last = Some(group);
            if is_filtered || group.is_empty() || !self.is_folded(open.id, Some(group)) {
                self.rows.push(Row::Item(open.id, *index));
            }
        }
    }

    /// The rows, from the last [`follow`](Self::follow).
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether the items of a list, or of one of its groups, are hidden.
    #[must_use]
    pub fn is_folded(&self, list: ListId, group: Option<&str>) -> bool {
        self.folded.contains(&(list, group.map(str::to_owned)))
    }

    /// Hides or shows the items of a list or group.
    pub fn toggle(&mut self, list: ListId, group: Option<&str>) {
        let key = (list, group.map(str::to_owned));
        if !self.folded.remove(&key) {
            self.folded.insert(key);
        }
        self.folds += 1;
    }

    /// The row of the cursor.
    #[must_use]
    pub fn cursor_row(&self, store: &Store) -> Option<usize> {
        let cursor = self.cursor.as_ref()?;
        self.rows.iter().position(|row| item_of(store, row).is_some_and(|item| item.id == *cursor))
    }

    /// Moves the cursor by so many items; the first one if there is no cursor.
    pub fn step(&mut self, store: &Store, by: isize) {
        let items: Vec<_> =
            self.rows.iter().filter_map(|row| item_of(store, row)).map(|item| &item.id).collect();
        let here = self.cursor.as_ref().and_then(|cursor| items.iter().position(|id| *id == cursor));
        let there = match here {
            Some(here) => here.saturating_add_signed(by).min(items.len().saturating_sub(1)),
            None => 0,
        };
        self.cursor = items.get(there).map(|id| (*id).clone()).or(self.cursor.take());
        self.reveals = true;
    }
}

/// The item of a row.
#[must_use]
pub fn item_of<'a>(store: &'a Store, row: &Row) -> Option<&'a Item> {
    match row {
        Row::Item(list, index) => store.get(*list)?.list.items.get(*index),
        Row::List(_) | Row::Group(..) => None,
    }
}

/// Whether the item has every word, in lower case.
fn has_words(item: &Item, words: &str) -> bool {
    if words.is_empty() {
        return true;
    }
    let text =
        [&item.title(), &item.note, &item.group, &item.payload].map(|text| text.to_lowercase()).join("\n");
    words.split_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::TabKind;
    use crate::settings::lists::{Attachment, List};

    fn item(name: &str, group: &str) -> Item {
        Item { group: group.into(), ..Item::new(name) }
    }

    fn shown(panel: &Panel, store: &Store) -> Vec<String> {
        let text = |row: &Row| match row {
            Row::List(list) => store.get(*list).unwrap().list.name.clone(),
            Row::Group(_, group, count) => format!("[{group} {count}]"),
            Row::Item(..) => item_of(store, row).unwrap().name.clone(),
        };
        panel.rows().iter().map(text).collect()
    }

    #[test]
    fn items_are_shown_in_their_groups_and_filtered_by_words() {
        let mut store = Store::new(None);
        let form = TabSettings::new(TabKind::Udp);
        let items =
            vec![item("read", "Poll"), item("reset", ""), item("write", "Poll"), item("hello", "Start")];
        let first = store.add(List { name: "A".into(), items, ..List::default() });
        let mut panel = Panel::default();
        panel.follow(&store, &form);
        assert_eq!(shown(&panel, &store), ["[Poll 2]", "read", "write", "reset", "[Start 1]", "hello"]);
        panel.toggle(first, Some("Poll"));
        panel.follow(&store, &form);
        assert_eq!(shown(&panel, &store), ["[Poll 2]", "reset", "[Start 1]", "hello"]);
        panel.filter = "POLL r".into();
        panel.follow(&store, &form);
        assert_eq!(shown(&panel, &store), ["[Poll 2]", "read", "write"], "what is folded is found");
        panel.filter.clear();
        let server =
            List { name: "B".into(), attached: Attachment::Kind(TabKind::TcpServer), ..List::default() };
        let all = List { name: "C".into(), items: vec![item("x", "")], ..List::default() };
        store.add(server);
        let third = store.add(all);
        panel.follow(&store, &form);
        assert_eq!(shown(&panel, &store), ["A", "[Poll 2]", "reset", "[Start 1]", "hello", "C", "x"]);
        panel.toggle(third, None);
        panel.follow(&store, &form);
        assert_eq!(shown(&panel, &store).last().unwrap(), "C");
    }

    #[test]
    fn the_cursor_moves_over_items_only() {
        let mut store = Store::new(None);
        let form = TabSettings::new(TabKind::Udp);
        let list = store
            .add(List { items: vec![item("a", "G"), item("b", "H"), item("c", "H")], ..List::default() });
        let mut panel = Panel::default();
        panel.follow(&store, &form);
        let mut at = |by| {
            panel.step(&store, by);
            store.item(panel.cursor.as_ref().unwrap()).unwrap().name.clone()
        };
        assert_eq!(
            (at(1), at(1), at(9), at(-1), at(-9)),
            ("a".into(), "b".into(), "c".into(), "b".into(), "a".into())
        );
        assert_eq!(panel.cursor_row(&store), Some(1));
        let id = panel.cursor.clone().unwrap();
        store.delete_item(&id);
        panel.follow(&store, &form);
        assert_eq!((panel.cursor.clone(), store.get(list).unwrap().list.items.len()), (None, 2));
    }
}
