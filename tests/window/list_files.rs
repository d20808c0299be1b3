//! Lists that are exported, imported and pasted: what is replaced, and what is changed on the way.

use crate::fixture::Window;
use eframe::egui::{Event, Key, Modifiers};
use std::path::Path;
use wirelab::settings::lists::{Attachment, List, ListFolder};

const PUMP: &str = "name = \"Pump\"\n[[items]]\nname = \"read\"\npayload = \"R\"\nkey = \"Ctrl+Alt+1\"\n";

fn window(folder: &Path) -> Window {
    std::fs::create_dir_all(folder.join("lists")).unwrap();
    std::fs::write(folder.join("lists").join("pump.toml"), PUMP).unwrap();
    let mut window = Window::at(folder, Vec::new());
    window.start_server();
    window.press(Modifiers::COMMAND, Key::K);
    window
}

#[test]
fn an_export_replaces_a_file_only_when_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "precious").unwrap();
    window.menu("List actions", "Export list");
    // The ending is added.
    window.fill("List file", &folder.path().join("mine").display().to_string());
    window.click("Write list file");
    window.wait("the question", |window| window.shows("“mine.toml” already exists. Replace it?"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    window.fill("List file", &folder.path().join("other.toml").display().to_string());
    assert!(!window.has("Replace list file"), "another file");
    window.fill("List file", &file.display().to_string());
    window.click("Write list file");
    window.wait("the question", |window| window.has("Replace list file"));
    window.click("Replace list file");
    window.wait("the toast", |window| window.shows("Exported the list to mine.toml"));
    assert_eq!(List::from_text(&std::fs::read_to_string(&file).unwrap()).unwrap().items.len(), 1);
    // Among the lists themselves it would be a second list with the same items.
    window.menu("List actions", "Export list");
    window.fill("List file", &folder.path().join("lists").join("copy.toml").display().to_string());
    window.click("Write list file");
    window.wait("the error", |window| window.shows("This is the folder of the lists themselves"));
    assert!(!folder.path().join("lists").join("copy.toml").exists());
}

#[test]
fn what_an_import_changes_is_said_before_it_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let file = folder.path().join("theirs.toml");
    let item = |name: &str, key: &str| {
        format!("[[items]]\nname = \"{name}\"\npayload = \"{name}\"\nkey = \"{key}\"\n")
    };
    let text = "name = \"Theirs\"\nattached = \"udp\"\n".to_owned()
        + &item("taken", "Ctrl+Alt+1")
        + &item("ours", "F5")
        + &item("free", "Ctrl+Alt+2")
        + &item("twice", "Ctrl+Alt+2");
    std::fs::write(&file, text).unwrap();
    window.menu("Add command", "Import list");
    window.fill("List file", &file.display().to_string());
    window.click("Read list file");
    window.wait("the preview", |window| window.shows("4 commands from Wirelab"));
    for remark in [
        "taken: the key Ctrl+Alt+1 has another command already",
        "ours: the key F5 is one of Wirelab",
        "twice: the key Ctrl+Alt+2 has another command already",
        "Theirs: was shown in other tabs only",
    ] {
        assert!(window.shows(remark), "{remark}");
    }
    window.click("Take list");
    window.wait("the file", |_| ListFolder::at(folder.path().join("lists")).load().unwrap().lists.len() == 2);
    let lists = ListFolder::at(folder.path().join("lists")).load().unwrap().lists;
    let taken = &lists.iter().find(|stored| stored.list.name == "Theirs").unwrap().list;
    assert_eq!(taken.attached, Attachment::All);
    let keys: Vec<_> = taken.items.iter().map(|item| item.key.as_ref().map(ToString::to_string)).collect();
    assert_eq!(keys, [None, None, Some("Ctrl+Alt+2".into()), None]);
}

#[test]
fn pasted_commands_keep_the_keys_that_are_free_and_the_others_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    window.focus("Commands");
    let theirs = "[[items]]\nname = \"a\"\npayload = \"a\"\nkey = \"Ctrl+Alt+2\"\n\
                  [[items]]\nname = \"b\"\npayload = \"b\"\nkey = \"Ctrl+Alt+1\"\n";
    window.harness.event(Event::Paste(theirs.into()));
    window.harness.run_steps(3);
    assert!(window.shows("b: the key Ctrl+Alt+1 has another command already"));
    // Its own command, once more: the key is that of the first one, as everybody expects.
    window.harness.event(Event::Paste(PUMP.into()));
    window.harness.run_steps(3);
    assert!(!window.shows("read: the key"));
    window.harness.event(Event::Paste("x".repeat(5 << 20)));
    window.harness.run_steps(3);
    assert!(window.shows("The text on the clipboard is too long"));
    let keys = || {
        let lists = ListFolder::at(folder.path().join("lists")).load().unwrap().lists;
        let items = lists.into_iter().flat_map(|stored| stored.list.items);
        items.map(|item| item.key.map(|key| key.to_string()).unwrap_or_default()).collect::<Vec<_>>()
    };
    window.wait("the file", |_| keys() == ["Ctrl+Alt+1", "Ctrl+Alt+2", "", ""]);
}
