//! Messages over the data: what was done goes by itself, what is wrong stays until it is right again.

use crate::fixture::{DEADLINE, ten_records};
use eframe::egui::accesskit::Live;
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::time::Instant;

/// The steps that a toast lasts: six seconds of a quarter of a second each, and some to draw.
const STEPS: usize = 30;

#[test]
fn what_was_saved_is_a_toast_that_goes_by_itself_but_not_under_the_pointer_or_the_focus() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, _) = ten_records(folder.path());
    window.save("CSV", &folder.path().join("a.csv"));
    window.wait("the toast", |window| window.shows("Exported 10 records"));
    let toast = window.harness.get_by_role(Role::Status);
    assert_eq!(toast.accesskit_node().live(), Live::Polite, "a screen reader says it");
    let (toast, data) = (toast.rect(), window.harness.get_by_role(Role::Table).rect());
    assert!(data.contains_rect(toast) && toast.center().x > data.center().x, "{toast} over {data}");
    assert!(toast.center().y > data.center().y, "{toast} over {data}");
    // Under the pointer it stays.
    window.harness.hover_at(toast.center());
    window.harness.run_steps(STEPS);
    assert!(window.shows("Exported 10 records"));
    window.harness.hover_at(data.left_top());
    window.harness.run_steps(STEPS);
    assert!(!window.shows("Exported 10 records"));
    // With the keyboard focus, too, which the keys reach.
    window.save("CSV", &folder.path().join("b.csv"));
    window.wait("the toast", |window| window.shows("Exported 10 records"));
    window.harness.hover_at(window.harness.get_by_role(Role::Status).rect().center());
    let deadline = Instant::now() + DEADLINE;
    while !window.harness.get_by_label("Dismiss message").is_focused() {
        assert!(Instant::now() < deadline, "the keys do not reach it");
        window.press(Modifiers::NONE, Key::Tab);
    }
    window.harness.hover_at(data.left_top());
    window.harness.run_steps(STEPS);
    assert!(window.shows("Exported 10 records"));
    window.press(Modifiers::NONE, Key::Enter);
    assert!(!window.shows("Exported 10 records"), "put away by key");
}

#[test]
fn a_failed_save_stays_until_the_next_one_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let (mut window, _) = ten_records(folder.path());
    window.save("CSV", &folder.path().join("missing folder").join("a.csv"));
    window.wait("the failure", |window| window.has("Dismiss failed save"));
    window.harness.run_steps(STEPS);
    assert!(window.has("Dismiss failed save"), "what is wrong stays");
    window.save("CSV", &folder.path().join("a.csv"));
    window.wait("the toast", |window| window.shows("Exported 10 records"));
    assert!(!window.has("Dismiss failed save"), "it is right again");
}
