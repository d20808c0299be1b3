//! What becomes of the disk, and what is said, when something that is being written is cancelled or fails.

use super::*;
use crate::codec::Encoding;
use crate::export::Content;
use crate::gui::tests::{DEADLINE, Notify, Recording, filter, held_filter, wait};
use crate::lang::Language;
use crate::search::Scan;
use crossbeam_channel::bounded;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// What stands on the tab.
const TITLE: &str = "TCP server :7788";

/// The rows of what is written, as in the window.
struct Screen {
    harness: Harness<'static, State>,
    notify: Notify,
}

struct State {
    files: Files,
    done: usize,
    has_fonts: bool,
}

impl Screen {
    fn new(folder: &Path) -> Self {
        let notify: Notify = Arc::new(|| {});
        let files = Files::new(folder.join("recordings"), &notify);
        let harness = Harness::builder().build_ui_state(
            |ui, state: &mut State| {
                if !std::mem::replace(&mut state.has_fonts, true) {
                    crate::gui::kit::theme::install(ui.ctx());
                }
                let words = Language::English.words();
                state.done += state.files.update(words).len();
                state.files.tasks_ui(ui, words);
            },
            State { files, done: 0, has_fonts: false },
        );
        Self { harness, notify }
    }

    fn files(&mut self) -> &mut Files {
        &mut self.harness.state_mut().files
    }

    fn shows(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some()
    }

    #[track_caller]
    fn wait(&mut self, name: &str) {
        let deadline = Instant::now() + DEADLINE;
        while self.harness.query_by_label(name).is_none() {
            assert!(Instant::now() < deadline, "waited in vain for {name}");
            self.harness.step();
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }

    #[track_caller]
    fn click(&mut self, name: &str) {
        self.wait(name);
        self.harness.get_by_label(name).click();
        self.harness.run_steps(2);
    }

    /// Begins to write, as from the dialog.
    fn write(&mut self, plan: Plan) {
        let (saved, notify) = (Saved::default(), self.notify.clone());
        self.files().write(plan, TITLE.into(), saved, (TabId(1), After::Stay), &notify);
        self.harness.run_steps(3);
    }

    /// The same, held until the sender is dropped.
    fn write_held(&mut self, plan: Plan) -> crossbeam_channel::Sender<()> {
        let (open, closed) = bounded::<()>(0);
        let path = plan.path.clone();
        let task = Task::start("save recording", Operation::Save, &self.notify, move |control| {
            let _ = closed.recv();
            plan.write(control)
        });
        let (tab, saved, after) = (TabId(1), Saved::default(), After::Stay);
        let done = Done { tab, saved, is_whole: true, is_all: true, after };
        self.files().writing.push(Writing { what: TITLE.into(), path, task, done });
        self.harness.run_steps(3);
        open
    }
}

fn plan(recording: &Recording, format: SaveFormat, found: Option<Scan>, path: &Path) -> Plan {
    Plan {
        snapshot: recording.reader().snapshot(),
        format,
        content: Content::Both,
        found: found.map(Arc::new),
        encoding: Encoding::Utf8,
        language: Language::English,
        path: path.into(),
    }
}

/// Everything below a folder; what is no file has no bytes.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        }
        all.insert(path.clone(), fs::read(&path).ok());
    }
    all
}

#[test]
fn what_is_cancelled_changes_nothing_on_the_disk() {
    // More than is written between two looks at the button.
    let recording = Recording::of((0..50u8).map(|number| vec![b'A' + number; 60_000]));
    let formats =
        [SaveFormat::Recording, SaveFormat::Text, SaveFormat::JsonLines, SaveFormat::Csv, SaveFormat::Raw];
    for format in formats {
        for is_there in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("kept");
            if is_there && format == SaveFormat::Raw {
                fs::create_dir(&path).unwrap();
                fs::write(path.join("kept.c1.in.bin"), "mine").unwrap();
            } else if is_there {
                fs::write(&path, "mine").unwrap();
            }
            let before = contents(folder.path());
            let mut screen = Screen::new(folder.path());
            let open = screen.write_held(plan(&recording, format, None, &path));
            assert!(screen.shows(&format!("Saving {TITLE}")) && screen.files().is_writing());
            screen.click(&format!("Cancel writing {TITLE}"));
            drop(open);
            screen.wait("Dismiss message");
            assert!(
                screen.shows(&format!("Cancelled; nothing was saved as {}", path.display())),
                "{format:?}"
            );
            assert!(!screen.shows("Saving") && !screen.files().is_writing());
            assert_eq!(screen.harness.state().done, 0, "{format:?} is not taken for saved");
            assert!(contents(folder.path()) == before, "{format:?} is there: {is_there}");
        }
    }
}

#[test]
fn an_export_waits_for_its_filter_and_can_be_cancelled_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("found.jsonl");
    let mut recording = Recording::of(["first"]);
    for is_cancelled in [true, false] {
        let (scan, open) = held_filter(&recording);
        recording.add(b"later");
        let mut screen = Screen::new(folder.path());
        screen.write(plan(&recording, SaveFormat::JsonLines, Some(scan), &path));
        assert!(screen.shows(&format!("Saving {TITLE}")));
        if is_cancelled {
            screen.click(&format!("Cancel writing {TITLE}"));
            screen.wait("Dismiss message");
            assert!(screen.shows("Cancelled; nothing was saved as "));
            assert!(contents(folder.path()).is_empty());
            drop(open);
        } else {
            drop(open);
            screen.wait("Dismiss message");
            assert!(screen.shows("Exported 3 records"), "what came later is among them");
            assert_eq!(fs::read_to_string(&path).unwrap().matches("later").count(), 2);
        }
        assert_eq!(screen.harness.state().done, usize::from(!is_cancelled));
    }
}

fn die() {
    panic!("a mistake, as the test wants it");
}

#[test]
fn an_export_whose_filter_has_died_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("found.csv");
    fs::write(&path, "mine").unwrap();
    let before = contents(folder.path());
    let mut recording = Recording::of(["first"]);
    let scan = filter(&recording, Arc::new(die));
    wait("the end of the filter", || !scan.is_running());
    // What it has not seen it never will.
    recording.add(b"later");
    let mut screen = Screen::new(folder.path());
    screen.write(plan(&recording, SaveFormat::Csv, Some(scan), &path));
    screen.wait("Dismiss failed save");
    assert!(screen.shows("the program made a mistake (the filter has ended)"));
    assert!(!screen.files().is_writing());
    assert_eq!(screen.harness.state().done, 0);
    assert!(contents(folder.path()) == before);
    screen.click("Dismiss failed save");
    assert!(!screen.shows("mistake"));
}
