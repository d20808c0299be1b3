//! The effects on the disk and the messages when a save is cancelled or fails.

use super::*;
use crate::export::Content;
use crate::gui::action::{Action, AppAction};
use crate::gui::files::writing_list_ui::writing_list_ui;
use crate::gui::kit::toasts::Toasts;
use crate::gui::kit::toasts_ui::toasts_ui;
use crate::gui::tests::{self, DEADLINE, Notify, Recording, held_filter, wait};
use crate::lang::Language;
use crate::model::{Operation, PeerNames};
use crate::search::Scan;
use crate::streams::Encodings;
use crossbeam_channel::bounded;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// The title of the tab.
const TITLE: &str = "TCP server :7788";

/// The panel of running saves and the toasts, as in the window.
struct Screen {
    harness: Harness<'static, State>,
    notify: Notify,
}

struct State {
    list: WritingList,
    toasts: Toasts,
    done: usize,
    has_fonts: bool,
}

impl Screen {
    fn new() -> Self {
        let notify: Notify = Arc::new(|| {});
        let harness = Harness::builder().build_ui_state(
            |ui, state: &mut State| {
                if !std::mem::replace(&mut state.has_fonts, true) {
                    crate::gui::kit::theme::install(ui.ctx());
                }
                let words = Language::English.words();
                let ended = state.list.update(words);
                state.done += ended.done.len();
                for toast in ended.toasts {
                    state.toasts.show(toast);
                }
                let mut actions = Vec::new();
                writing_list_ui(ui, words, &mut state.list, &mut actions);
                let (ctx, area) = (ui.ctx().clone(), ui.ctx().content_rect());
                toasts_ui(&ctx, words, &mut state.toasts, area, &mut actions);
                for action in actions {
                    let Action::App(AppAction::CancelWriting(index)) = action else { panic!("{action:?}") };
                    state.list.cancel(index);
                }
            },
            State { list: WritingList::default(), toasts: Toasts::default(), done: 0, has_fonts: false },
        );
        Self { harness, notify }
    }

    fn list(&mut self) -> &mut WritingList {
        &mut self.harness.state_mut().list
    }

    fn shows(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some()
    }

    #[track_caller]
    fn wait(&mut self, name: &str) {
        let deadline = Instant::now() + DEADLINE;
        while self.harness.query_by_label(name).is_none() {
            assert!(Instant::now() < deadline, "timed out waiting for {name}");
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

    /// Begins to save, as from the dialog.
    fn write(&mut self, plan: Plan) {
        let (saved, notify) = (Saved::default(), self.notify.clone());
        self.list().write(plan, (TITLE.into(), None), saved, (TabId(1), After::Stay), &notify);
        self.harness.run_steps(3);
    }

    /// The same, blocked until the sender is dropped.
    fn write_held(&mut self, plan: Plan) -> crossbeam_channel::Sender<()> {
        let (open, closed) = bounded::<()>(0);
        let path = plan.path.clone();
        let job = Task::start("save recording", Operation::Save, &self.notify, move |control| {
            let _ = closed.recv();
            plan.write(control)
        });
        let (tab, saved, after) = (TabId(1), Saved::default(), After::Stay);
        let done = Done { tab, saved, is_whole: true, is_all: true, after };
        self.list().running.push(Writing { title: TITLE.into(), part: None, path, job, done });
        self.harness.run_steps(3);
        open
    }
}

fn plan(recording: &Recording, format: SaveFormat, filter: Option<Scan>, path: &Path) -> Plan {
    Plan {
        snapshot: recording.reader().snapshot(),
        format,
        content: Content::Both,
        from: crate::capture::Position(0),
        filter: filter.map(Arc::new),
        encodings: Encodings::default(),
        names: PeerNames::default(),
        only: None,
        language: Language::English,
        path: path.into(),
    }
}

/// Everything below a folder; folders have no bytes.
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
fn a_cancelled_save_leaves_the_disk_unchanged() {
    // More than is written between two looks at the cancel flag.
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
            let mut screen = Screen::new();
            let open = screen.write_held(plan(&recording, format, None, &path));
            assert!(screen.shows(&format!("Saving {TITLE}")) && screen.list().is_writing());
            screen.click(&format!("Cancel writing {TITLE}"));
            drop(open);
            screen.wait("Dismiss message");
            assert!(screen.shows("Cancelled; nothing was saved as kept"), "{format:?}");
            assert!(!screen.shows("Saving") && !screen.list().is_writing());
            assert_eq!(screen.harness.state().done, 0, "{format:?} does not count as saved");
            assert!(contents(folder.path()) == before, "{format:?} is there: {is_there}");
        }
    }
}

#[test]
fn an_export_waits_for_its_filter_and_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("found.jsonl");
    let mut recording = Recording::of(["first"]);
    for is_cancelled in [true, false] {
        let (scan, open) = held_filter(&recording);
        recording.add(b"later");
        let mut screen = Screen::new();
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
            assert!(screen.shows("Exported 3 records"), "records that came later are included");
            assert_eq!(fs::read_to_string(&path).unwrap().matches("later").count(), 2);
        }
        assert_eq!(screen.harness.state().done, usize::from(!is_cancelled));
    }
}

fn die() {
    panic!("intended by the test");
}

#[test]
fn an_export_fails_if_its_filter_has_panicked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("found.csv");
    fs::write(&path, "mine").unwrap();
    let before = contents(folder.path());
    let mut recording = Recording::of(["first"]);
    let scan = tests::filter(&recording, Arc::new(die));
    wait("the end of the filter", || !scan.is_running());
    // The filter will never see this record.
    recording.add(b"later");
    let mut screen = Screen::new();
    screen.write(plan(&recording, SaveFormat::Csv, Some(scan), &path));
    screen.wait("Dismiss failed save");
    assert!(screen.shows("internal error (the filter has ended)"));
    assert!(!screen.list().is_writing());
    assert_eq!(screen.harness.state().done, 0);
    assert!(contents(folder.path()) == before);
    screen.click("Dismiss failed save");
    assert!(!screen.shows("internal error"));
}

#[test]
fn a_failure_stays_until_the_same_tab_is_saved_and_does_not_pile_up() {
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording::of(["first"]);
    let missing = folder.path().join("missing folder").join("a.csv");
    let mut screen = Screen::new();
    for _ in 0..3 {
        screen.write(plan(&recording, SaveFormat::Csv, None, &missing));
        screen.wait("Dismiss failed save");
        while screen.list().is_writing() {
            screen.harness.step();
        }
    }
    assert_eq!(screen.harness.query_all_by_label("Dismiss failed save").count(), 1);
    screen.write(plan(&recording, SaveFormat::Csv, None, &folder.path().join("a.csv")));
    screen.wait("Dismiss message");
    assert!(screen.shows("Exported 1 record with 5 B to a.csv"));
    assert!(!screen.shows("missing folder"), "it is right again");
    // What was done goes by itself; a step takes a quarter of a second.
    screen.harness.run_steps(30);
    assert!(!screen.shows("Exported"));
}
