//! The state of the panel: which rows it has, which of them is the cursor, and what is folded or filtered out.

use crate::gui::action::lists::ListId;
use crate::gui::lists::open_list::OpenList;
use crate::gui::lists::store::Store;
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

/// A row by what it shows, wherever that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowId {
    /// A list.
    List(ListId),
    /// A group of a list.
    Group(ListId, String),
    /// An item.
    Item(ItemId),
}

/// The menu of a row, while it is open.
#[derive(Clone, Debug, PartialEq)]
pub struct RowMenu {
    /// The row.
    pub row: RowId,
    /// Its place, in points.
    pub at: [f32; 2],
    /// It has not been drawn yet.
    pub is_new: bool,
    /// It was opened by key: its first entry takes the keyboard focus.
    pub takes_focus: bool,
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
    /// The row that keys act on.
    pub cursor: Option<RowId>,
    /// The row of the cursor comes into view in the next frame.
    pub reveals: bool,
    /// The list takes the keyboard focus in the next frame.
    pub wants_focus: bool,
    /// The menu of a row.
    pub menu: Option<RowMenu>,
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
            let mut items = open.list.in_groups();
            items.retain(|index| has_words(&open.list.items[*index], &filter));
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
        let is_there = |id: &RowId| match id {
            RowId::Item(item) => store.item(item).is_some(),
            RowId::List(list) => self.rows.contains(&Row::List(*list)),
            RowId::Group(list, group) => {
                store.get(*list).is_some_and(|open| open.list.items.iter().any(|item| item.group == *group))
            }
        };
        if !self.cursor.as_ref().is_none_or(is_there) {
            self.cursor = None;
        }
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

    /// The rows, until they are [put back](Self::put_back): they are drawn while the rest of the panel changes.
    #[must_use]
    pub fn take_rows(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.rows)
    }

    /// Puts the rows back.
    pub fn put_back(&mut self, rows: Vec<Row>) {
        self.rows = rows;
    }

    /// The item of the cursor.
    #[must_use]
    pub fn item(&self) -> Option<&ItemId> {
        match self.cursor.as_ref()? {
            RowId::Item(item) => Some(item),
            RowId::List(_) | RowId::Group(..) => None,
        }
    }

    /// Whether an item is that of the cursor.
    #[must_use]
    pub fn is_at(&self, item: &ItemId) -> bool {
        self.item() == Some(item)
    }

    /// Moves the cursor to an item, which comes into view.
    pub fn go_to(&mut self, item: ItemId) {
        self.cursor = Some(RowId::Item(item));
        self.reveals = true;
    }

    /// Whether the items of a list, or of one of its groups, are hidden.
    #[must_use]
    pub fn is_folded(&self, list: ListId, group: Option<&str>) -> bool {
        self.folded.contains(&(list, group.map(str::to_owned)))
    }

    /// Hides or shows the items of a list or group, whose row becomes the cursor.
    pub fn toggle(&mut self, list: ListId, group: Option<&str>) {
        let key = (list, group.map(str::to_owned));
        if !self.folded.remove(&key) {
            self.folded.insert(key);
        }
        self.folds += 1;
        self.cursor = Some(match group {
            Some(group) => RowId::Group(list, group.to_owned()),
            None => RowId::List(list),
        });
    }

    /// Folds the list or group of the cursor; where there is nothing to fold, the cursor goes to the row above that it
    /// belongs to.
    pub fn fold(&mut self, store: &Store) {
        let Some(cursor) = self.cursor.clone() else { return };
        let is_shown =
            |panel: &Self, id: &RowId| panel.rows.iter().any(|row| id_of(store, row).as_ref() == Some(id));
        let above: Vec<RowId> = match &cursor {
            RowId::List(list) if !self.is_folded(*list, None) => return self.toggle(*list, None),
            RowId::Group(list, group) if !self.is_folded(*list, Some(group)) => {
                return self.toggle(*list, Some(group));
            }
            RowId::List(_) => return,
            RowId::Group(list, _) => vec![RowId::List(*list)],
            RowId::Item(item) => {
                let Some((list, item)) = store.list_of(item).zip(store.item(item)) else { return };
                vec![RowId::Group(list, item.group.clone()), RowId::List(list)]
            }
        };
        if let Some(above) = above.into_iter().find(|above| is_shown(self, above)) {
            self.cursor = Some(above);
            self.reveals = true;
        }
    }

    /// Shows what the list or group of the cursor hides; where nothing is hidden, the cursor goes to its first item.
    pub fn unfold(&mut self, store: &Store) {
        match self.cursor.clone() {
            Some(RowId::List(list)) if self.is_folded(list, None) => self.toggle(list, None),
            Some(RowId::Group(list, group)) if self.is_folded(list, Some(&group)) => {
                self.toggle(list, Some(&group));
            }
            Some(RowId::List(_) | RowId::Group(..)) => self.step(store, 1),
            Some(RowId::Item(_)) | None => {}
        }
    }

    /// The row of the cursor.
    #[must_use]
    pub fn cursor_row(&self, store: &Store) -> Option<usize> {
        let cursor = self.cursor.as_ref()?;
        self.rows.iter().position(|row| id_of(store, row).as_ref() == Some(cursor))
    }

    /// Moves the cursor by so many rows. Without a cursor a step goes to the first one.
    pub fn step(&mut self, store: &Store, by: isize) {
        let here = self.cursor_row(store);
        let by = if here.is_none() { by.saturating_sub(1).max(0) } else { by };
        let there = here.unwrap_or(0).saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
        if let Some(id) = self.rows.get(there).and_then(|row| id_of(store, row)) {
            self.cursor = Some(id);
        }
        self.reveals = true;
    }

    /// Moves the cursor away from an item that is to be deleted: to the next item, or else to the one before it.
    pub fn leave(&mut self, store: &Store, item: &ItemId) {
        if !self.is_at(item) {
            return;
        }
        let items: Vec<_> =
            self.rows.iter().filter_map(|row| item_of(store, row)).map(|item| &item.id).collect();
        let Some(here) = items.iter().position(|id| *id == item) else { return };
        let next = items.get(here + 1).or(here.checked_sub(1).and_then(|before| items.get(before)));
        self.cursor = next.map(|id| RowId::Item((*id).clone()));
        self.reveals = true;
    }
}

/// What a row shows.
#[must_use]
pub fn id_of(store: &Store, row: &Row) -> Option<RowId> {
    match row {
        Row::List(list) => Some(RowId::List(*list)),
        Row::Group(list, group, _) => Some(RowId::Group(*list, group.clone())),
        Row::Item(..) => item_of(store, row).map(|item| RowId::Item(item.id.clone())),
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
    fn the_cursor_moves_over_all_rows_folds_and_stays_beside_what_is_deleted() {
        let mut store = Store::new(None);
        let form = TabSettings::new(TabKind::Udp);
        let items = vec![item("a", "G"), item("b", "H"), item("c", "H")];
        let list = store.add(List { name: "L".into(), items, ..List::default() });
        store.add(List { name: "M".into(), items: vec![item("x", "")], ..List::default() });
        let mut panel = Panel::default();
        let at = |panel: &Panel, store: &Store| match panel.cursor.as_ref().unwrap() {
            RowId::List(list) => store.get(*list).unwrap().list.name.clone(),
            RowId::Group(_, group) => format!("[{group}]"),
            RowId::Item(item) => store.item(item).unwrap().name.clone(),
        };
        panel.follow(&store, &form);
        panel.step(&store, 99);
        assert_eq!(at(&panel, &store), "x", "End without a cursor");
        panel.cursor = None;
        let mut steps = |by| {
            panel.step(&store, by);
            at(&panel, &store)
        };
        assert_eq!(
            [steps(1), steps(1), steps(1), steps(2), steps(99), steps(-99)],
            ["L", "[G]", "a", "b", "x", "L"]
        );
        // Left goes to what the row belongs to, and folds it; Right goes back.
        panel.step(&store, 4);
        let mut keys = String::new();
        let mut fold = |is_left: bool| {
            if is_left {
                panel.fold(&store)
            } else {
                panel.unfold(&store)
            }
            panel.follow(&store, &form);
            keys += &format!("{} {}, ", at(&panel, &store), panel.rows().len());
        };
        [true, true, true, true, true, false, false, false, false, false].into_iter().for_each(&mut fold);
        assert_eq!(keys, "[H] 8, [H] 6, L 6, L 3, L 3, L 6, [G] 6, a 6, a 6, a 6, ");
        // What is folded by a click while the cursor is inside stays reachable.
        panel.toggle(list, Some("G"));
        panel.follow(&store, &form);
        assert_eq!((at(&panel, &store), panel.cursor_row(&store)), ("[G]".into(), Some(1)));
        let names = ["b", "c"].map(|name| {
            let items = &store.get(list).unwrap().list.items;
            items.iter().find(|item| item.name == name).unwrap().id.clone()
        });
        panel.toggle(list, Some("H"));
        panel.follow(&store, &form);
        panel.go_to(names[0].clone());
        panel.leave(&store, &names[0]);
        assert_eq!(at(&panel, &store), "c");
        panel.leave(&store, &names[0]);
        assert_eq!(at(&panel, &store), "c", "another one is deleted");
        store.delete_item(&names[1]);
        panel.follow(&store, &form);
        assert_eq!(panel.cursor, None);
    }
}
