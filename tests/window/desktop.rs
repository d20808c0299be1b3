//! The desktop's file dialogs and file manager, and the window where there are none.

use crate::fixture::{Window, snapshot, three_records, write_ten};
use eframe::egui::{Key, Modifiers, vec2};
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use wirelab::capture::Destination;
use wirelab::gui::Desktop;
use wirelab::settings::SaveFormat;

/// A desktop that answers what the test has prepared.
#[derive(Default)]
struct Prepared {
    has_dialogs: bool,
    /// The paths that are chosen, in order; then everything is cancelled.
    answers: Mutex<VecDeque<PathBuf>>,
    /// What was asked, with the file name that was proposed.
    asked: Mutex<Vec<String>>,
    /// The files that were shown in the file manager; `None`: there is no file manager.
    shown: Option<Mutex<Vec<PathBuf>>>,
}

impl Prepared {
    fn with<const N: usize>(answers: [PathBuf; N]) -> Arc<Self> {
        let (answers, shown) = (Mutex::new(answers.into()), Some(Mutex::default()));
        Arc::new(Self { has_dialogs: true, answers, asked: Mutex::default(), shown })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn answer(&self, question: String) -> Option<PathBuf> {
        self.asked.lock().unwrap().push(question);
        self.answers.lock().unwrap().pop_front()
    }
}

impl Desktop for Prepared {
    fn has_dialogs(&self) -> bool {
        self.has_dialogs
    }

    fn choose_files(&self, _folder: &Path) -> Option<Vec<PathBuf>> {
        self.answer("open".into()).map(|path| vec![path])
    }

    fn choose_target(&self, proposal: &Path, _format: SaveFormat) -> Option<PathBuf> {
        let ending = proposal.extension().unwrap_or_default().to_string_lossy();
        self.answer(format!("save .{ending}"))
    }

    fn show_in_folder(&self, path: &Path) -> io::Result<()> {
        let Some(shown) = &self.shown else { return Err(io::Error::other("no file manager")) };
        shown.lock().unwrap().push(path.into());
        Ok(())
    }
}

fn window(folder: &Path, desktop: &Arc<Prepared>) -> Window {
    Window::on(folder, Vec::new(), vec2(1100.0, 740.0), Some(desktop.clone()))
}

#[test]
fn open_and_save_ask_with_the_dialogs_of_the_desktop() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_ten(Destination::file(at("run.pcapng")).unwrap());
    // The name that is chosen decides on the format, which is proposed the next time.
    let desktop = Prepared::with([at("run.pcapng"), at("one.csv"), at("two"), at("three.pcapng")]);
    let mut window = window(folder.path(), &desktop);
    window.press(Modifiers::COMMAND, Key::O);
    window.wait("the records", |window| window.shows_row("record 9"));
    for name in ["one.csv", "two.csv", "three.pcapng"] {
        assert!(!window.has("Save as") && !window.has("File to open"));
        window.press(Modifiers::COMMAND, Key::S);
        window.wait("the file", |window| window.shows(name));
        assert!(at(name).exists(), "{name}");
    }
    assert_eq!(snapshot(&at("three.pcapng")).records(), 10);
    assert!(std::fs::read_to_string(at("two.csv")).unwrap().contains("record 9"));
    // Cancelled, nothing is left open, and it can be asked again.
    for _ in 0..2 {
        window.press(Modifiers::COMMAND, Key::S);
        window.press(Modifiers::COMMAND, Key::O);
        let asked = desktop.asked().len();
        window.wait("the answers", |_| desktop.asked().len() >= asked);
        window.harness.run_steps(3);
    }
    window.wait("the end of it", |window| !window.app().has_dialog());
    assert_eq!(desktop.asked()[..4], ["open", "save .pcapng", "save .csv", "save .csv"]);
}

#[test]
fn a_typed_path_is_always_possible_and_choices_are_offered_after_the_desktop_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let desktop = Prepared::with([at("all.csv")]);
    let mut window = window(folder.path(), &desktop);
    let _peer = three_records(&mut window);
    let ctrl_shift = Modifiers::COMMAND | Modifiers::SHIFT;
    window.press(ctrl_shift, Key::O);
    assert!(window.has("File to open") && !window.shows("No file dialog is available"));
    window.press(Modifiers::NONE, Key::Escape);
    window.press(ctrl_shift, Key::S);
    assert!(window.has("Save as") && window.has("Format"));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(desktop.asked().is_empty());
    // With hidden records the question remains which part is saved.
    window.click("Clear");
    window.press(Modifiers::COMMAND, Key::S);
    window.wait("the choices", |window| window.has("Only records since Clear"));
    assert_eq!(window.value("Save as"), at("all.csv").display().to_string());
    assert!(!at("all.csv").exists());
    window.click("Save");
    window.wait("the file", |window| window.shows("all.csv"));
    assert!(at("all.csv").exists());
}

#[test]
fn where_no_dialog_answers_the_window_says_so_and_takes_a_typed_path() {
    let folder = tempfile::tempdir().unwrap();
    let desktop = Arc::new(Prepared::default());
    let mut window = window(folder.path(), &desktop);
    let _peer = three_records(&mut window);
    window.press(Modifiers::COMMAND, Key::O);
    window.wait("the field", |window| window.has("File to open"));
    assert!(window.shows("No file dialog is available on this system"));
    assert!(window.field("File to open").is_focused());
    window.press(Modifiers::NONE, Key::Escape);
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    assert!(!window.shows("No file dialog is available"), "nobody has asked yet");
    window.click("Browse");
    window.wait("the reason", |window| window.shows("No file dialog is available on this system"));
    window.save_as(&folder.path().join("kept.pcapng"));
    window.wait("the file", |window| window.shows("Saved "));
}

#[test]
fn a_name_that_says_another_format_changes_the_format_visibly() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = three_records(&mut window);
    window.tool("Save recording");
    assert!(!window.shows("The format follows the name"));
    let path = folder.path().join("run.txt");
    window.fill("Save as", &path.display().to_string());
    assert!(window.has("The format follows the name: Text (.txt)"));
    window.click("Save");
    window.wait("the file", |window| window.shows("run.txt"));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("第三"), "it is text: {text}");
    // The next save of this tab proposes the same.
    window.tool("Save recording");
    assert!(window.value("Save as").ends_with(".txt") && window.has("As text"));
}

#[test]
fn a_saved_file_is_shown_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.pcapng");
    let desktop = Prepared::with([path.clone()]);
    let mut with_manager = window(folder.path(), &desktop);
    let _peer = three_records(&mut with_manager);
    with_manager.press(Modifiers::COMMAND, Key::S);
    with_manager.wait("the toast", |window| window.has("Open folder"));
    with_manager.click("Open folder");
    let shown = || desktop.shown.as_ref().unwrap().lock().unwrap().clone();
    with_manager.wait("the file manager", |_| shown() == [path.clone()]);
    assert!(!with_manager.has("Open folder"), "the toast has done its work");
    drop(with_manager);

    let other = tempfile::tempdir().unwrap();
    let desktop = Arc::new(Prepared::default());
    let mut without = window(other.path(), &desktop);
    let _peer = three_records(&mut without);
    without.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    without.save_as(&other.path().join("kept.pcapng"));
    without.wait("the toast", |window| window.has("Open folder"));
    without.click("Open folder");
    without.wait("the failure", |window| window.shows("The folder could not be opened."));
    without.click("Dismiss notice");
    assert!(!without.shows("The folder could not be opened."));
}
