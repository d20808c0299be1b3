//! Tests of the lists: what each edit leaves, undoing, and two windows with the same files.

use super::*;
use crate::gui::action::lists::{ItemStep, ListPlace};
use crate::gui::tests::wait;
use crate::settings::TabKind;
use crate::settings::lists::{Attachment, KeyChord};
use std::sync::Arc;

fn item(name: &str, group: &str) -> Item {
    Item { group: group.into(), ..Item::new(name) }
}

fn list(items: &[(&str, &str)]) -> List {
    List { items: items.iter().map(|(name, group)| item(name, group)).collect(), ..List::default() }
}

/// The names of a list's items with their groups, in the order in which they are shown.
fn shown(store: &Store, list: ListId) -> Vec<String> {
    let list = &store.get(list).unwrap().list;
    list.in_groups()
        .into_iter()
        .map(|index| &list.items[index])
        .map(|item| format!("{}{}", item.group, item.name))
        .collect()
}

fn id(store: &Store, name: &str) -> ItemId {
    let mut items = store.all().flat_map(|open| &open.list.items);
    items.find(|item| item.name == name).unwrap().id.clone()
}

#[test]
fn items_are_moved_within_and_between_groups_and_lists() {
    let mut store = Store::new(None);
    let one = store.add(list(&[("a", ""), ("b", "G"), ("c", "G"), ("d", "")]));
    let two = store.add(list(&[("e", "")]));
    assert_eq!(shown(&store, one), ["a", "d", "Gb", "Gc"]);
    let place = |list, before: Option<ItemId>, group: &str| ListPlace { list, before, group: group.into() };
    let [a, b, c] = ["a", "b", "c"].map(|name| id(&store, name));
    store.move_item(&c, &place(one, Some(b.clone()), "G"));
    assert_eq!(shown(&store, one), ["a", "d", "Gc", "Gb"]);
    store.move_item(&a, &place(one, None, "G"));
    assert_eq!(shown(&store, one), ["d", "Gc", "Gb", "Ga"]);
    store.move_item(&b, &place(two, None, ""));
    assert_eq!(
        (shown(&store, one), shown(&store, two)),
        (vec!["d".into(), "Gc".into(), "Ga".into()], vec!["e".into(), "b".into()])
    );
    store.move_item(&b, &place(two, Some(b.clone()), ""));
    store.move_item(&b, &place(ListId(99), None, ""));
    assert_eq!(shown(&store, two), ["e", "b"], "before itself, or in a list that is gone");
    // Before itself in another group: before what is shown behind it.
    let three = store.add(list(&[("x", "G"), ("y", ""), ("z", "G")]));
    let x = id(&store, "x");
    store.move_item(&x, &place(three, Some(x.clone()), "G"));
    assert_eq!(shown(&store, three), ["Gx", "Gz", "y"]);
}

#[test]
fn items_are_stepped_over_their_neighbours_and_into_other_groups() {
    let mut store = Store::new(None);
    let one = store.add(list(&[("a", "G"), ("x", "H"), ("b", "G"), ("y", "H")]));
    let a = id(&store, "a");
    let mut step = |step| {
        store.step_item(&a, step);
        shown(&store, one).join(" ")
    };
    assert_eq!(step(ItemStep::Up), "Ga Gb Hx Hy");
    assert_eq!(step(ItemStep::Down), "Gb Ga Hx Hy");
    assert_eq!(step(ItemStep::Down), "Gb Ha Hx Hy", "at the near end of the next group");
    assert_eq!(step(ItemStep::Down), "Gb Hx Ha Hy");
    assert_eq!(step(ItemStep::Down), "Gb Hx Hy Ha");
    assert_eq!(step(ItemStep::Down), "Gb Hx Hy Ha");
    assert_eq!(step(ItemStep::Up), "Gb Hx Ha Hy");
    step(ItemStep::Up);
    assert_eq!(step(ItemStep::Up), "Gb Ga Hx Hy");
}

#[test]
fn a_deletion_is_undone_at_its_place_once() {
    let mut store = Store::new(None);
    let one = store.add(list(&[("a", ""), ("b", ""), ("c", "")]));
    let [a, b] = ["a", "b"].map(|name| id(&store, name));
    let [first, second] = [&b, &a].map(|id| store.delete_item(id).unwrap());
    assert_eq!(shown(&store, one), ["c"]);
    store.undo(second);
    store.undo(first);
    store.undo(first);
    assert_eq!(shown(&store, one), ["a", "b", "c"]);
    // A list comes back with what was deleted from it before.
    let item = store.delete_item(&a).unwrap();
    let number = store.delete_list(one).unwrap();
    assert_eq!((store.all().count(), store.newest_undo().unwrap().0), (0, number));
    store.undo(number);
    assert_eq!(store.newest_undo(), Some((item, "a".into())));
    assert_eq!(store.undo(item), Some(a));
    assert_eq!((shown(&store, one), store.newest_undo()), (["a", "b", "c"].map(String::from).into(), None));
    // An item whose list is gone for good is not lost.
    let item = store.delete_item(&b).unwrap();
    store.lists.clear();
    store.undo(item);
    assert_eq!((store.all().count(), store.item(&b).is_some()), (1, true));
}

#[test]
fn a_deletion_of_a_file_is_undone_before_and_after_it_has_ended_and_failed() {
    let outer = tempfile::tempdir().unwrap();
    let folder = ListFolder::at(outer.path().join("lists"));
    let notify: Notify = Arc::new(|| {});
    let mut store = Store::new(Some(folder.clone()));
    let one = store.add(List { name: "pump".into(), ..list(&[("a", "")]) });
    settle(&mut store);
    let names = || {
        let lists = folder.load().unwrap().lists.into_iter();
        lists
            .map(|stored| stored.file.file_name().unwrap().to_string_lossy().into_owned())
            .collect::<Vec<_>>()
    };
    // While it runs, after it, and at once.
    let number = store.delete_list(one).unwrap();
    store.work(Instant::now(), &notify);
    store.undo(number);
    settle(&mut store);
    assert_eq!((names(), shown(&store, one)), (vec!["pump.toml".into()], vec!["a".into()]));
    let number = store.delete_list(one).unwrap();
    settle(&mut store);
    assert_eq!(names(), [""; 0]);
    store.undo(number);
    settle(&mut store);
    let number = store.delete_list(one).unwrap();
    store.undo(number);
    settle(&mut store);
    assert_eq!(names(), ["pump.toml"]);
    // Another window changed the file: it is not deleted, and the list is there once.
    let mut other = Store::new(Some(folder.clone()));
    let theirs = other.all().next().unwrap().id;
    other.edit(theirs, |list| list.items.push(item("b", "")));
    settle(&mut other);
    let number = store.delete_list(one).unwrap();
    assert!(matches!(&settle(&mut store)[..], [Told::Failed(..), ..]));
    store.undo(number);
    settle(&mut store);
    assert_eq!((store.all().count(), names().len()), (1, 1));
}

#[test]
fn what_was_read_before_a_save_does_not_replace_what_was_saved() {
    let outer = tempfile::tempdir().unwrap();
    let folder = ListFolder::at(outer.path().join("lists"));
    let notify: Notify = Arc::new(|| {});
    let mut store = Store::new(Some(folder.clone()));
    let one = store.add(list(&[("a", "")]));
    settle(&mut store);
    // A read that ends late: it has what the file had before the save.
    store.reread(&notify);
    wait("the read", || store.reading.as_ref().is_some_and(|reading| reading.task.is_finished()));
    store.edit(one, |list| list.items.push(item("b", "")));
    let two = store.add(List { name: "new".into(), ..list(&[("c", "")]) });
    wait("the saves", || {
        // Only the saves, as if the read had not ended.
        for open in &mut store.lists {
            store.saves += u64::from(open.take_saved(Instant::now(), &mut Vec::new()).is_some());
            if open.due.is_some() && !open.is_writing() {
                open.write(folder.clone(), &notify);
            }
        }
        !store.lists.iter().any(OpenList::is_busy)
    });
    store.work(Instant::now(), &notify);
    assert_eq!(shown(&store, one), ["a", "b"]);
    assert!(store.get(two).is_some());
    settle(&mut store);
    assert_eq!((shown(&store, one).len(), shown(&store, two).len()), (2, 1), "it is read again");
}

#[test]
fn a_key_has_one_item() {
    let mut store = Store::new(None);
    let one = store.add(list(&[("a", "")]));
    let two = store.add(list(&[]));
    let key = Some(KeyChord::of_digit(1));
    let a = store.get(one).unwrap().list.items[0].clone();
    store.put(one, Item { key: key.clone(), ..a.clone() }, None);
    store.put(two, Item { key: key.clone(), ..item("b", "") }, None);
    assert_eq!(store.item(&a.id).unwrap().key, None);
    assert_eq!(store.item(&id(&store, "b")).unwrap().key, key);
    // An item that goes into another list is in that one only.
    store.put(two, a.clone(), None);
    assert_eq!((shown(&store, one).len(), shown(&store, two)), (0, vec!["b".into(), "a".into()]));
}

/// Works until everything is read and written. Returns what was told.
fn settle(store: &mut Store) -> Vec<Told> {
    let notify: Notify = Arc::new(|| {});
    let mut all = Vec::new();
    wait("the files", || {
        let (told, _) = store.work(Instant::now(), &notify);
        all.extend(told);
        store.reading.is_none()
            && store
                .lists
                .iter()
                .all(|open| !open.is_writing() && open.due.is_none_or(|due| due > Instant::now()))
    });
    all
}

#[test]
fn two_windows_see_each_others_edits() {
    let outer = tempfile::tempdir().unwrap();
    let folder = ListFolder::at(outer.path().join("lists"));
    let notify: Notify = Arc::new(|| {});
    let mut first = Store::new(Some(folder.clone()));
    let list_of = first.add(List { name: "shared".into(), ..list(&[("a", "")]) });
    assert!(settle(&mut first).is_empty());
    let mut second = Store::new(Some(folder.clone()));
    let other = second.all().next().unwrap().id;
    // Both edit what they have read.
    first.edit(list_of, |list| list.items.push(item("b", "")));
    second.edit(other, |list| list.items.push(item("c", "")));
    settle(&mut first);
    settle(&mut second);
    assert_eq!(shown(&second, other), ["a", "c", "b"].map(String::from));
    first.reread(&notify);
    settle(&mut first);
    assert_eq!(shown(&first, list_of), shown(&second, other));
    // The same key of the same item: both forms are kept, and that is told.
    let a = id(&first, "a");
    first.edit(list_of, |list| list.items[0].name = "first".into());
    settle(&mut first);
    second.edit(other, |list| list.items[0].name = "second".into());
    assert_eq!(settle(&mut second), [Told::Doubled("shared".into())]);
    assert!(
        second.item(&a).is_some_and(|item| item.name == "first")
            && shown(&second, other).contains(&"second".into())
    );
    // One deletes the list, and the other sees that.
    second.delete_list(other);
    settle(&mut second);
    first.reread(&notify);
    settle(&mut first);
    assert_eq!(first.all().count(), 0);
    assert!(folder.load().unwrap().lists.is_empty());
}

#[test]
fn a_list_that_others_changed_is_not_deleted() {
    let outer = tempfile::tempdir().unwrap();
    let folder = ListFolder::at(outer.path().join("lists"));
    let mut first = Store::new(Some(folder.clone()));
    first.add(List { name: "shared".into(), ..list(&[("a", "")]) });
    settle(&mut first);
    let mut second = Store::new(Some(folder.clone()));
    let [mine, theirs] = [&first, &second].map(|store| store.all().next().unwrap().id);
    first.edit(mine, |list| list.items.push(item("b", "")));
    settle(&mut first);
    second.delete_list(theirs);
    assert!(matches!(&settle(&mut second)[..], [Told::Failed(..), ..]));
    assert_eq!((second.all().count(), folder.load().unwrap().lists.len()), (1, 1));
}

#[test]
fn a_failed_save_is_told_and_tried_again_at_the_end() {
    let outer = tempfile::tempdir().unwrap();
    let place = outer.path().join("lists");
    std::fs::write(&place, "in the way").unwrap();
    let mut store = Store::new(Some(ListFolder::at(&place)));
    assert_eq!(store.bad().len(), 1);
    store.add(List { name: "kept".into(), ..List::default() });
    let told = settle(&mut store);
    assert!(matches!(&told[..], [Told::Failed(name, ..)] if name == "kept"), "{told:?}");
    std::fs::remove_file(&place).unwrap();
    store.finish();
    assert_eq!(ListFolder::at(&place).load().unwrap().lists[0].list.name, "kept");
}

#[test]
fn lists_are_shown_where_they_are_attached_and_bad_files_are_named() {
    let outer = tempfile::tempdir().unwrap();
    let folder = ListFolder::at(outer.path());
    folder
        .create(&List { name: "udp".into(), attached: Attachment::Kind(TabKind::Udp), ..List::default() })
        .unwrap();
    folder
        .create(&List { name: "tab".into(), attached: Attachment::Tab("7".into()), ..List::default() })
        .unwrap();
    std::fs::write(outer.path().join("bad.toml"), "attached = 5").unwrap();
    let store = Store::new(Some(folder));
    let names = |form: &TabSettings| {
        let names = store.shown(form).map(|open| open.list.name.clone());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&TabSettings::new(TabKind::Udp)), "udp");
    assert_eq!(names(&TabSettings { id: "7".into(), ..TabSettings::new(TabKind::TcpClient) }), "tab");
    let [(file, reason)] = store.bad() else { panic!("{:?}", store.bad()) };
    assert!(file.ends_with("bad.toml") && reason.starts_with("line 1 (attached)"), "{reason}");
}

#[test]
fn items_of_a_copied_file_are_items_of_their_own() {
    let outer = tempfile::tempdir().unwrap();
    let folder = ListFolder::at(outer.path());
    let original = folder.create(&List { name: "pump".into(), ..list(&[("a", ""), ("b", "")]) }).unwrap();
    let copy = outer.path().join("pump copy.toml");
    let text = std::fs::read_to_string(&original.file).unwrap();
    std::fs::write(&copy, text.replace("\"a\"", "\"c\"")).unwrap();
    let mut store = Store::new(Some(folder.clone()));
    let [a, c] = ["a", "c"].map(|name| id(&store, name));
    assert_ne!(a, c);
    assert_eq!(id(&Store::new(Some(folder.clone())), "c"), c, "the same at each start");
    assert_eq!((store.item(&a).unwrap().name.as_str(), store.item(&c).unwrap().name.as_str()), ("a", "c"));
    let of_copy = store.list_of(&c).unwrap();
    store.edit(of_copy, |list| list.items[0].note = "changed".into());
    assert!(settle(&mut store).is_empty());
    assert_eq!(std::fs::read_to_string(&original.file).unwrap(), text);
    let lists = folder.load().unwrap().lists;
    let saved = lists.iter().find(|stored| stored.file == copy).unwrap();
    let notes: Vec<_> =
        saved.list.items.iter().map(|item| (item.name.as_str(), item.note.as_str())).collect();
    assert_eq!(notes, [("c", "changed"), ("b", "")]);
}
