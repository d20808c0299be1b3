//! Merging two edits of one list that began with the same text, item by item and key by key.
//!
//! Nothing that either side wrote is lost: where both changed the same key of an item, theirs stays and ours becomes a
//! copy behind it; an item that one side deleted and the other changed stays.

use super::item::{Item, ItemId};
use super::list::List;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The merged list, and the copies that were made of items that both sides changed.
#[derive(Debug)]
pub struct Merged {
    pub list: List,
    pub copies: Vec<ItemId>,
}

/// What becomes of two edits, `ours` and `theirs`, that began with `base`: nothing that either side wrote is lost.
#[must_use]
pub fn merged(base: &List, ours: &List, theirs: &List) -> List {
    merge(base, ours, theirs).list
}

/// Merges what became of `base`: `ours`, and `theirs`, which is in the file.
pub fn merge(base: &List, ours: &List, theirs: &List) -> Merged {
    let mut copies = Vec::new();
    let [base_items, our_items, their_items] = [base, ours, theirs].map(by_id);
    let mut items: BTreeMap<ItemId, Vec<Item>> = BTreeMap::new();
    for id in our_items.keys().chain(their_items.keys()).copied() {
        if items.contains_key(id) {
            continue;
        }
        let kept = match (base_items.get(id), our_items.get(id), their_items.get(id)) {
            (Some(base), Some(ours), Some(theirs)) => both(base, ours, theirs),
            (None, Some(ours), Some(theirs)) if ours != theirs => vec![(*theirs).clone(), ours.copy()],
            // Deleted by one side and not changed by the other.
            (Some(base), Some(kept), None) | (Some(base), None, Some(kept)) if base == kept => Vec::new(),
            (_, Some(kept), _) | (_, None, Some(kept)) => vec![(*kept).clone()],
            (_, None, None) => Vec::new(),
        };
        copies.extend(kept.iter().skip(1).map(|copy| copy.id.clone()));
        items.insert(id.clone(), kept);
    }
    let list = List {
        items: order(base, ours, theirs).into_iter().filter_map(|id| items.remove(id)).flatten().collect(),
        ..head(base, ours, theirs)
    };
    Merged { list, copies }
}

fn by_id(list: &List) -> BTreeMap<&ItemId, &Item> {
    list.items.iter().map(|item| (&item.id, item)).collect()
}

/// An item that all three have: merged, or theirs and a copy of ours.
fn both(base: &Item, ours: &Item, theirs: &Item) -> Vec<Item> {
    let [base_table, our_table, their_table] = [base, ours, theirs].map(Item::to_table);
    match tables(&base_table, &our_table, &their_table).and_then(item_of) {
        Some(merged) => vec![merged],
        None => vec![theirs.clone(), ours.copy()],
    }
}

fn item_of(table: Table) -> Option<Item> {
    let mut item: Item = table.clone().try_into().ok()?;
    item.keep_unknown(table);
    Some(item)
}

/// Merges key by key; `None`: both changed the same one, and not in the same way.
fn tables(base: &Table, ours: &Table, theirs: &Table) -> Option<Table> {
    let mut merged = Table::new();
    let mut keys: Vec<_> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let value: Option<&Value> = match (base.get(key), ours.get(key), theirs.get(key)) {
            (base, ours, theirs) if base == ours => theirs,
            (base, ours, theirs) if base == theirs || ours == theirs => ours,
            _ => return None,
        };
        if let Some(value) = value {
            merged.insert(key.clone(), value.clone());
        }
    }
    Some(merged)
}

/// What the list has beside its items. Where both sides changed the same, that of the file stays.
fn head(base: &List, ours: &List, theirs: &List) -> List {
    let chosen = |is_unchanged: bool| if is_unchanged { theirs } else { ours };
    let unknown = tables(&base.unknown, &ours.unknown, &theirs.unknown);
    List {
        name: chosen(ours.name == base.name || theirs.name != base.name).name.clone(),
        attached: chosen(ours.attached == base.attached || theirs.attached != base.attached).attached.clone(),
        times: chosen(ours.times == base.times || theirs.times != base.times).times,
        items: Vec::new(),
        unknown: unknown.unwrap_or_else(|| theirs.unknown.clone()),
    }
}

/// The ids of all items, each once: in our order if we changed it, else in theirs; what only the other side has stands
/// behind the item that it follows there.
fn order<'a>(base: &'a List, ours: &'a List, theirs: &'a List) -> Vec<&'a ItemId> {
    let ids = |list: &'a List| list.items.iter().map(|item| &item.id).collect::<Vec<_>>();
    let [base, ours, theirs] = [base, ours, theirs].map(ids);
    let common = |list: &[&'a ItemId], other: &[&'a ItemId]| -> Vec<&'a ItemId> {
        list.iter().copied().filter(|id| other.contains(id)).collect()
    };
    let is_moved = common(&ours, &base) != common(&base, &ours);
    let (first, second) = if is_moved { (ours, theirs) } else { (theirs, ours) };
    let mut all = first;
    let mut before: Option<&ItemId> = None;
    for id in second {
        if !all.contains(&id) {
            let place = before.and_then(|before| all.iter().position(|other| *other == before));
            all.insert(place.map_or(0, |place| place + 1), id);
        }
        before = Some(id);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item(id: &str, payload: &str) -> Item {
        Item { id: ItemId(id.into()), payload: payload.into(), ..Item::default() }
    }

    fn list<const N: usize>(items: [(&str, &str); N]) -> List {
        List { items: items.map(|(id, payload)| item(id, payload)).into(), ..List::default() }
    }

    fn shown(list: &List) -> Vec<(&str, &str)> {
        list.items.iter().map(|item| (item.id.0.as_str(), item.payload.as_str())).collect()
    }

    #[test]
    fn edits_of_both_sides_are_kept() {
        let base = list([("a", "1"), ("b", "2"), ("c", "3")]);
        // We change a, delete c and add d behind b; they change b and add e at the front.
        let ours = list([("a", "one"), ("b", "2"), ("d", "4")]);
        let theirs = list([("e", "5"), ("a", "1"), ("b", "two"), ("c", "3")]);
        let merged = merge(&base, &ours, &theirs);
        assert_eq!(shown(&merged.list), [("e", "5"), ("a", "one"), ("b", "two"), ("d", "4")]);
        assert!(merged.copies.is_empty());
    }

    #[test]
    fn different_keys_of_one_item_are_merged() {
        let base = list([("a", "1")]);
        let mut ours = base.clone();
        ours.items[0].name = "ours".into();
        ours.items[0].unknown.insert("new".into(), 1.into());
        let mut theirs = base.clone();
        theirs.items[0].note = "theirs".into();
        let merged = merge(&base, &ours, &theirs).list;
        let item = &merged.items[0];
        assert_eq!((merged.items.len(), &*item.name, &*item.note), (1, "ours", "theirs"));
        assert_eq!(item.unknown.get("new"), Some(&1.into()));
    }

    #[test]
    fn where_both_changed_the_same_both_stay() {
        let base = list([("a", "1"), ("b", "2")]);
        let merged = merge(&base, &list([("a", "ours"), ("b", "2")]), &list([("a", "theirs"), ("b", "2")]));
        let payloads: Vec<_> = merged.list.items.iter().map(|item| &*item.payload).collect();
        assert_eq!(payloads, ["theirs", "ours", "2"]);
        assert_eq!(merged.copies, [merged.list.items[1].id.clone()]);
        assert_ne!(merged.list.items[0].id, merged.list.items[1].id);
    }

    #[test]
    fn what_one_side_deleted_and_the_other_changed_stays() {
        let base = list([("a", "1"), ("b", "2")]);
        let merged = merge(&base, &list([("b", "2")]), &list([("a", "changed"), ("b", "2")]));
        assert_eq!(shown(&merged.list), [("a", "changed"), ("b", "2")]);
        let merged = merge(&base, &list([("a", "changed"), ("b", "2")]), &list([("b", "2")]));
        assert_eq!(shown(&merged.list), [("a", "changed"), ("b", "2")]);
    }

    #[test]
    fn an_order_is_kept_with_what_the_other_side_added() {
        let base = list([("a", ""), ("b", ""), ("c", "")]);
        let ours = list([("c", ""), ("a", ""), ("b", "")]);
        let theirs = list([("a", ""), ("d", ""), ("b", ""), ("c", "")]);
        let ids = |list: &List| list.items.iter().map(|item| item.id.0.clone()).collect::<String>();
        assert_eq!(ids(&merge(&base, &ours, &theirs).list), "cadb");
        assert_eq!(ids(&merge(&base, &theirs, &ours).list), "cadb");
    }

    #[test]
    fn names_and_attachments_are_merged() {
        let base = List { name: "a".into(), ..List::default() };
        let ours = List { name: "ours".into(), ..base.clone() };
        let theirs = List { attached: super::super::Attachment::Tab("7".into()), ..base.clone() };
        let merged = merge(&base, &ours, &theirs).list;
        assert_eq!((&*merged.name, &merged.attached), ("ours", &theirs.attached));
        let endless = List { times: super::super::Rounds::Forever, ..base.clone() };
        assert_eq!(merge(&base, &ours, &endless).list.times, endless.times);
        assert_eq!(merge(&base, &endless, &ours).list.times, endless.times);
        let other = List { name: "theirs".into(), ..base.clone() };
        assert_eq!(merge(&base, &ours, &other).list.name, "theirs");
    }

    fn edited() -> impl Strategy<Value = List> {
        let items = prop::collection::vec(("[a-f]", "[xyz]"), 0..6);
        items.prop_map(|items| {
            let unique: BTreeMap<_, _> = items.into_iter().collect();
            List { items: unique.iter().map(|(id, payload)| item(id, payload)).collect(), ..List::default() }
        })
    }

    proptest! {
        #[test]
        fn nothing_that_a_side_added_or_changed_is_lost(base in edited(), ours in edited(), theirs in edited()) {
            let merged = merge(&base, &ours, &theirs).list;
            for (side, other) in [(&ours, &theirs), (&theirs, &ours)] {
                for item in &side.items {
                    let is_there = merged.items.iter().any(|kept| kept.payload == item.payload);
                    let is_deleted = base.item(&item.id) == Some(item) && other.item(&item.id).is_none();
                    let is_changed = base.item(&item.id) == Some(item) && other.item(&item.id) != Some(item);
                    prop_assert!(is_there || is_deleted || is_changed, "{item:?}");
                }
            }
            let mut ids: Vec<_> = merged.items.iter().map(|item| &item.id).collect();
            ids.sort();
            let count = ids.len();
            ids.dedup();
            prop_assert_eq!(ids.len(), count, "ids are unique");
        }

        #[test]
        fn a_side_that_changed_nothing_takes_the_other(base in edited(), other in edited()) {
            prop_assert_eq!(&merge(&base, &base, &other).list.items.len(), &other.items.len());
            prop_assert_eq!(merge(&base, &base, &other).list, other.clone());
            let mut ours = merge(&base, &other, &base).list;
            let mut expected = other;
            ours.items.sort_by(|a, b| a.id.cmp(&b.id));
            expected.items.sort_by(|a, b| a.id.cmp(&b.id));
            prop_assert_eq!(ours, expected);
        }
    }
}
