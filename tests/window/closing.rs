//! Closing unsaved tabs, quitting, and unfinished recordings.

use crate::fixture::{NOW, Window, folders, snapshot, ten_records, three_records, wait_for, write_ten};
use eframe::egui::{Key, Modifiers, ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::io::Write;
use std::path::Path;
use wirelab::capture::{Cursor, RecordingFolder, unfinished};
use wirelab::model::{RecordKind, Timestamp};
use wirelab::settings::{Settings, SettingsFile};

/// Creates an unfinished recording for a window in `folder`.
fn leave_behind(folder: &Path) {
    let parent = folder.join("recordings");
    let left = RecordingFolder::create(&parent, "TCP server :7788", Timestamp(NOW)).unwrap();
    write_ten(left.destination());
}

/// The payloads of the data records of a file.
fn payloads(path: &Path) -> Vec<Vec<u8>> {
    let mut cursor = Cursor::new(snapshot(path));
    let mut at = cursor.snapshot().start();
    let mut found = Vec::new();
    while let Some(record) = cursor.next(at).unwrap() {
        let entry = cursor.read(record).unwrap().unwrap();
        at = entry.end;
        if entry.record.kind == RecordKind::Data {
            found.push(entry.record.payload.to_vec());
        }
    }
    found
}

/// Bookmarks a record of [`ten_records`].
fn bookmark(window: &mut Window, number: usize) {
    window.click_head(&format!("record {number}"));
    window.press(Modifiers::COMMAND, Key::B);
    window.wait("the mark", |window| window.shows_row("★"));
}

/// Opens the list of unfinished recordings once they are offered.
#[track_caller]
fn review(window: &mut Window) {
    window.wait("the offer", |window| window.has("Review unfinished recordings"));
    window.click("Review unfinished recordings");
}

#[test]
fn unfinished_recordings_are_offered_until_they_are_saved_or_deleted() {
    let folder = tempfile::tempdir().unwrap();
    leave_behind(folder.path());
    let mut window = Window::at(folder.path(), Vec::new());
    review(&mut window);
    assert!(window.shows("127.0.0.1:7788") && window.shows("10 records"));
    window.click("Close list");
    window.click("Later");
    assert!(!window.has("Review unfinished recordings"));
    drop(window);

    let mut window = Window::at(folder.path(), Vec::new());
    review(&mut window);
    window.click("Open unfinished TCP server :7788");
    window.wait("the records", |window| window.shows_row("record 9"));
    assert!(window.has("Recovered") && !window.has("Later") && !window.has("Close list"));
    assert!(unfinished(&folder.path().join("recordings")).is_empty(), "it is in use");
    window.click("Close TCP server :7788");
    review(&mut window);
    window.click("Save unfinished TCP server :7788");
    window.wait("the records", |window| window.shows_row("record 9"));
    let path = folder.path().join("saved.pcapng");
    window.fill("Save as", &path.display().to_string());
    window.wait("all to be known", |window| window.is_enabled("Save"));
    window.click("Save");
    window.wait("the message", |window| window.has("Dismiss message"));
    assert_eq!(snapshot(&path).records(), 10);
    window.click("Close TCP server :7788");
    window.wait("it to go", |_| folders(&folder.path().join("recordings")) == 0);

    drop(window);
    leave_behind(folder.path());
    let mut window = Window::at(folder.path(), Vec::new());
    review(&mut window);
    window.click("Delete unfinished TCP server :7788");
    assert!(window.shows("Delete “TCP server :7788” (127.0.0.1:7788 · "), "it says which one");
    window.click("Keep unfinished TCP server :7788");
    assert_eq!(folders(&folder.path().join("recordings")), 1);
    window.click("Delete unfinished TCP server :7788");
    window.click("Delete unfinished TCP server :7788 now");
    window.wait("it to go", |_| folders(&folder.path().join("recordings")) == 0);
}

#[test]
fn all_unfinished_recordings_are_listed_and_can_be_deleted_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path().join("recordings");
    for number in 1..=5 {
        let title = format!("TCP server :{number}");
        let left = RecordingFolder::create(&parent, &title, Timestamp(NOW + number)).unwrap();
        write_ten(left.destination());
    }
    let bytes: u64 = unfinished(&parent).iter().map(|left| left.bytes).sum();
    let mut window = Window::with(folder.path(), Vec::new(), eframe::egui::vec2(640.0, 420.0));
    window.wait("the offer", |window| window.shows("5 unsaved recordings were left behind"));
    review(&mut window);
    for number in 1..=5 {
        assert!(window.has(&format!("Open unfinished TCP server :{number}")));
    }
    let screen = window.harness.ctx.content_rect();
    window.click("Delete all unfinished");
    let question = format!("Delete all 5 recordings ({:.2} kB) permanently?", bytes as f64 / 1000.0);
    assert!(window.has(&question), "{question}");
    assert!(screen.contains_rect(window.harness.get_by_label("Delete all unfinished now").rect()));
    window.click("Keep all unfinished");
    assert_eq!(folders(&parent), 5);
    window.click("Delete all unfinished");
    window.click("Delete all unfinished now");
    window.wait("them to go", |_| folders(&parent) == 0);
    assert!(!window.has("Close list") && !window.has("Later"));
}

#[test]
fn an_unfinished_recording_of_a_client_is_listed_with_the_name_of_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path().join("recordings");
    for title in ["TCP client 10.0.0.5:502", "TCP 客户端 10.0.0.6:502", "TCP server 10.0.0.5:502"] {
        write_ten(RecordingFolder::create(&parent, title, Timestamp(NOW)).unwrap().destination());
    }
    let mut settings = Settings::default();
    settings.peers.set("10.0.0.5".parse().unwrap(), "PLC-1");
    settings.peers.set("10.0.0.6:502".parse().unwrap(), "PLC-2");
    SettingsFile::at(folder.path().join("settings.toml")).save(&settings).unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.wait("the offer", |window| window.has("Later"));
    review(&mut window);
    for title in
        ["TCP client PLC-1 (10.0.0.5:502)", "TCP 客户端 PLC-2 (10.0.0.6:502)", "TCP server 10.0.0.5:502"]
    {
        assert!(window.has(&format!("Open unfinished {title}")), "{title}");
    }
}

/// Ends a window as a signal does, which keeps its unsaved recordings.
fn end(mut window: Window) {
    window.harness.state_mut().as_mut().unwrap().end_now();
}

#[test]
fn opened_captures_failed_starts_and_saved_sessions_are_not_offered() {
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path().join("recordings");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.click("New session");
    window.click("TCP server");
    window.fill("Local address", "127.0.0.1");
    window.fill("Local port", &taken.local_addr().unwrap().port().to_string());
    window.click("Start");
    window.wait("the failure", |window| window.has("Dismiss"));
    let _peer = three_records(&mut window);
    window.save_and_wait("Recording", &folder.path().join("kept.pcapng"));
    assert_eq!(folders(&parent), 2);
    // As they are on the disk now, without the process that has them locked.
    let copy = folder.path().join("copy");
    copy_folder(&parent, &copy);
    assert!(unfinished(&copy).is_empty(), "nothing is lost with them");
    assert_eq!(folders(&copy), 0);
}

/// Copies a folder with its folders and files, but no hidden ones, which are locks.
fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (name, path) = (entry.file_name(), entry.path());
        if path.is_dir() {
            copy_folder(&path, &to.join(&name));
        } else if !name.to_string_lossy().starts_with('.') {
            std::fs::copy(&path, to.join(&name)).unwrap();
        }
    }
}

#[test]
fn an_unfinished_recording_comes_back_in_its_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let peer = window.server_with([[0xCE, 0xC2, 0xB6, 0xC8]]);
    window.choose("Encoding", "GBK");
    window.wait("the text", |window| window.shows_row("温度"));
    end(window);
    drop(peer);
    let mut window = Window::at(folder.path(), Vec::new());
    review(&mut window);
    let title = window.harness.query_all_by_label_contains("Open unfinished TCP server 127.0.0.1:");
    let title = title.filter_map(|node| node.accesskit_node().label()).next().unwrap();
    assert!(!title.ends_with(":0"), "{title} has the port that the system chose");
    window.click(&title);
    window.wait("the text", |window| window.shows_row("温度"));
}

#[test]
fn closing_an_unsaved_tab_asks() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _first = three_records(&mut window);
    window.press(Modifiers::COMMAND, Key::W);
    window.click("Do not close");
    assert_eq!(window.app().statuses().count(), 1);
    window.press(Modifiers::COMMAND, Key::W);
    window.click("Save first");
    let path = folder.path().join("kept.pcapng");
    window.save_as(&path);
    window.wait("the tab to close", |window| window.app().statuses().count() == 0);
    assert_eq!(payloads(&path).last().unwrap(), "第三\n".as_bytes());

    let peer = three_records(&mut window);
    window.press(Modifiers::COMMAND, Key::W);
    window.click("Do not ask again");
    window.click("Close without saving");
    assert_eq!(window.app().statuses().count(), 0);
    drop(peer);
    let _peer = three_records(&mut window);
    window.press(Modifiers::COMMAND, Key::W);
    assert_eq!(window.app().statuses().count(), 0, "it is not asked again");
    window.wait("the recordings to go", |_| folders(&folder.path().join("recordings")) == 0);
}

/// Clicks the close button of the window, and returns the commands to the system.
fn close_window(window: &mut Window) -> Vec<ViewportCommand> {
    let input = window.harness.input_mut();
    input.viewports.get_mut(&ViewportId::ROOT).unwrap().events.push(ViewportEvent::Close);
    window.harness.step();
    let commands = commands(window);
    window.harness.input_mut().viewports.get_mut(&ViewportId::ROOT).unwrap().events.clear();
    window.harness.run_steps(2);
    commands
}

fn commands(window: &Window) -> Vec<ViewportCommand> {
    window.harness.output().viewport_output[&ViewportId::ROOT].commands.clone()
}

#[test]
fn quitting_asks_once_for_all_tabs() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    assert!(close_window(&mut window).is_empty(), "there is nothing to save");
    let _first = three_records(&mut window);
    let _second = three_records(&mut window);
    assert_eq!(close_window(&mut window), [ViewportCommand::CancelClose]);
    assert!(window.shows("The recordings of TCP server ") && window.shows(" were not saved"));
    window.click("Do not close");
    assert!(!window.has("Save first"));
    assert_eq!(close_window(&mut window), [ViewportCommand::CancelClose]);
    // An export of all data of the first tab is enough; the window asks again for the second.
    window.click("Save first");
    window.choose("Format", "CSV");
    window.fill("Save as", &folder.path().join("first.csv").display().to_string());
    // Without a frame before the wait, which has to see the command of each frame.
    window.harness.get_by_label("Save").click();
    let mut asked = Vec::new();
    window.wait("the window to close", |window| {
        asked.extend(commands(window));
        asked.contains(&ViewportCommand::Close)
    });
    assert!(folder.path().join("first.csv").exists());
    assert_eq!(close_window(&mut window), [ViewportCommand::CancelClose]);
    assert_eq!(window.app().statuses().count(), 2, "both come back at the next start");
    window.harness.get_by_label("Close without saving").click();
    let mut asked = Vec::new();
    window.wait("the window to close", |window| {
        asked.extend(commands(window));
        asked.contains(&ViewportCommand::Close)
    });
    assert!(close_window(&mut window).is_empty(), "it is let go now");
}

#[test]
fn a_signal_closes_without_a_question_and_keeps_the_recording() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let _peer = three_records(&mut window);
    window.harness.state_mut().as_mut().unwrap().end_now();
    assert!(close_window(&mut window).is_empty());
    drop(window);
    let mut window = Window::at(folder.path(), Vec::new());
    window.wait("the offer", |window| window.shows("left behind"));
}

#[test]
fn unsaved_bookmarks_on_a_file_are_asked_for_and_saved() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, file) = ten_records(folder.path());
    bookmark(&mut window, 3);
    window.press(Modifiers::COMMAND, Key::W);
    window.click("Save first");
    // A file cannot be saved over itself; the failure says what to do.
    window.save_as(&file);
    window.wait("the question", |window| window.has("Replace"));
    window.click("Replace");
    window.wait("the failure", |window| window.has("Dismiss failed save"));
    assert!(window.shows("belongs to the recording itself") && window.has("Tab run.pcapng"));
    let marked = folder.path().join("marked.pcapng");
    window.save_and_wait("Recording", &marked);
    window.press(Modifiers::COMMAND, Key::W);
    assert!(!window.has("Tab run.pcapng"), "it is saved now");
    assert_eq!(snapshot(&marked).bookmarks().len(), 1);
    assert_eq!(snapshot(&marked).records(), 10);
}

#[test]
fn records_that_arrive_during_a_save_are_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let mut peer = three_records(&mut window);
    let path = folder.path().join("kept.pcapng");
    window.press(Modifiers::COMMAND, Key::W);
    window.click("Save first");
    window.fill("Save as", &path.display().to_string());
    // A frame that egui lays out twice would take the result of a quick save at once.
    window.harness.ctx.options_mut(|options| options.max_passes = 1.try_into().unwrap());
    window.harness.get_by_label("Save").click();
    window.harness.step();
    // The saved part is fixed in the frame in which the dialog closes; more arrives before the next frame.
    while window.app().has_dialog() {
        window.harness.step();
    }
    peer.write_all(b"late\n").unwrap();
    wait_for("the late data", || {
        let status = window.app().active_tab().unwrap().records.session().unwrap().status();
        status.recording.data_recorded == 4
    });
    window.wait("the question", |window| window.has("Close without saving"));
    assert_eq!(window.app().statuses().count(), 1, "it is still there");
    assert!(window.shows_row("late"));
    assert!(payloads(&path).iter().all(|payload| payload != b"late\n"), "that is not in the file");
    // The second time nothing arrives, and the tab closes.
    window.click("Save first");
    window.save_as(&path);
    window.wait("the question", |window| window.has("Replace"));
    window.click("Replace");
    window.wait("the tab to close", |window| window.app().statuses().count() == 0);
    assert_eq!(payloads(&path).last().unwrap(), b"late\n");
}

#[test]
fn the_question_lists_the_unsaved_tabs() {
    const BOOKMARKS: &str = "The bookmarks and notes on run.pcapng were not saved and would be lost.";
    let folder = tempfile::tempdir().unwrap();
    let (mut window, _) = ten_records(folder.path());
    window.press(Modifiers::COMMAND, Key::W);
    assert_eq!(window.app().statuses().count(), 0, "without bookmarks nothing is asked");
    window.open(&folder.path().join("run.pcapng"));
    window.wait("the records", |window| window.shows_row("record 9"));
    bookmark(&mut window, 3);
    window.press(Modifiers::COMMAND, Key::W);
    assert!(window.shows(BOOKMARKS) && window.shows("The file itself stays."));
    assert!(!window.shows("would be deleted"), "a file is not deleted");
    window.click("Do not close");
    // A session and a file have separate sentences.
    let _peer = three_records(&mut window);
    let session = format!("TCP server {}", window.status().local.unwrap());
    assert_eq!(close_window(&mut window), [ViewportCommand::CancelClose]);
    assert!(window.shows(BOOKMARKS));
    let recording = format!("The recording of {session} was not saved and would be deleted.");
    assert!(window.shows(&recording));
    window.click("Do not close");
    window.press(Modifiers::COMMAND, Key::W);
    assert!(!window.shows(BOOKMARKS) && window.shows(&recording), "of the tab alone");
}

/// A named pipe as the target of a save, which blocks until the pipe is read.
#[cfg(unix)]
struct Pipe(std::path::PathBuf);

#[cfg(unix)]
impl Pipe {
    fn new(folder: &Path) -> Self {
        let path = folder.join("pipe.csv");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        Self(path)
    }

    /// Reads it to its end on a thread.
    fn read(&self) -> std::thread::JoinHandle<String> {
        let path = self.0.clone();
        std::thread::Builder::new().spawn(move || std::fs::read_to_string(path).unwrap()).unwrap()
    }
}

#[cfg(unix)]
impl Drop for Pipe {
    fn drop(&mut self) {
        // Unblocks the writer if the test has failed before reading.
        let _ = std::fs::OpenOptions::new().read(true).write(true).open(&self.0);
    }
}

/// A window that saves ten records to a pipe nobody reads yet.
#[cfg(unix)]
fn writing(folder: &Path) -> (Window, Pipe) {
    let (mut window, _) = ten_records(folder);
    let pipe = Pipe::new(folder);
    window.save("CSV", &pipe.0);
    window.wait("the question", |window| window.has("Replace"));
    window.click("Replace");
    assert!(window.shows("Saving run.pcapng"));
    (window, pipe)
}

// Not on Windows: writing is held up by a FIFO.
#[cfg(unix)]
#[test]
fn a_window_closed_during_a_save_closes_when_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, pipe) = writing(folder.path());
    for _ in 0..2 {
        assert_eq!(close_window(&mut window), [ViewportCommand::CancelClose]);
        assert!(!window.has("Close without saving"), "there is nothing to ask");
        assert!(window.shows("Saving run.pcapng"), "it shows what is waited for");
    }
    let reader = pipe.read();
    let mut asked = Vec::new();
    window.wait("the window to close", |window| {
        asked.extend(commands(window));
        asked.contains(&ViewportCommand::Close)
    });
    assert!(reader.join().unwrap().contains("record 9"));
    assert!(close_window(&mut window).is_empty());
}

// Not on Windows: writing is held up by a FIFO.
#[cfg(unix)]
#[test]
fn a_window_whose_last_save_is_cancelled_stays_open() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, pipe) = writing(folder.path());
    assert_eq!(close_window(&mut window), [ViewportCommand::CancelClose]);
    window.click("Cancel writing run.pcapng");
    let reader = pipe.read();
    let mut asked = Vec::new();
    window.wait("the message", |window| {
        asked.extend(commands(window));
        window.shows("Cancelled; nothing was saved as")
    });
    window.harness.run_steps(3);
    asked.extend(commands(&window));
    assert!(!asked.contains(&ViewportCommand::Close), "who cancels wants to stay");
    assert!(!reader.join().unwrap().contains("record 9"), "it was ended early");
}
