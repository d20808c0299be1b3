//! When settings are written, and failures to write them.

use super::*;
use crate::gui::tests::wait;

fn changed(folder: &str) -> Settings {
    Settings { save_folder: folder.into(), ..Settings::default() }
}

#[test]
fn the_newest_settings_are_written_after_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let file = SettingsFile::at(folder.path().join("settings.toml"));
    let mut saver = Saver::new(Some(file.clone()), Settings::default());
    let start = Instant::now();
    assert_eq!(saver.work(start), None, "nothing has changed");
    saver.change(changed("one"), start);
    assert_eq!(saver.work(start), Some(DELAY));
    let later = start + DELAY / 2;
    saver.change(changed("two"), later);
    assert!(saver.work(start + DELAY).is_some() && saver.writing.is_none(), "it has just changed again");
    let due = later + DELAY;
    assert!(saver.work(due).is_some() && saver.writing.is_some());
    wait("the file", || saver.work(due).is_none() && saver.writing.is_none());
    assert_eq!(file.load().unwrap().save_folder, "two");
    // What is not written yet when the window closes is written then.
    saver.change(changed("three"), due);
    saver.finish();
    assert_eq!(file.load().unwrap().save_folder, "three");
    assert_eq!(saver.take_failure(), None);
}

#[test]
fn a_failed_write_is_reported_once_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("folder");
    std::fs::write(&in_the_way, "a file").unwrap();
    let path = in_the_way.join("settings.toml");
    let file = SettingsFile::at(path.clone());
    let mut saver = Saver::new(Some(file.clone()), Settings::default());
    let start = Instant::now();
    saver.change(changed("kept"), start);
    let due = start + DELAY;
    let mut failure = None;
    wait("the failure", || {
        saver.work(due);
        failure = saver.take_failure();
        failure.is_some()
    });
    assert_eq!(failure.unwrap().0, path.display().to_string());
    assert_eq!(saver.take_failure(), None, "once");
    std::fs::remove_file(&in_the_way).unwrap();
    assert!(saver.work(due).is_some_and(|delay| delay > DELAY), "not at once");
    wait("the file", || saver.work(due + RETRY).is_none() && saver.writing.is_none());
    assert_eq!(file.load().unwrap().save_folder, "kept");
}
