//! Repeats: their menu beside Send, and the strip that shows what is sent over time.

use crate::fixture::{DEADLINE, Window, connect, read_exactly};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::net::TcpStream;
use std::time::Instant;
use wirelab::model::{OutgoingState, Progress, RepeatProgress, Spacing};

/// What the rows of the strip say.
fn shown(window: &Window) -> Vec<String> {
    let rows = window.harness.query_all_by_label_contains(" missed");
    rows.filter_map(|node| node.accesskit_node().value()).collect()
}

fn states(window: &Window) -> Vec<OutgoingState> {
    window.status().outgoing.iter().map(|outgoing| outgoing.state.clone()).collect()
}

fn repeats(window: &Window) -> Vec<RepeatProgress> {
    let status = window.status();
    let progress = |progress: &Progress| match progress {
        Progress::Repeat(repeat) => repeat.clone(),
        other => panic!("{other:?}"),
    };
    status.outgoing.iter().map(|outgoing| progress(&outgoing.progress)).collect()
}

/// A server with a client, and a payload that is typed.
fn with_payload(window: &mut Window, payload: &str) -> TcpStream {
    let peer = window.server_with_peer();
    window.fill("Payload", payload);
    peer
}

fn set_interval(window: &mut Window, interval: &str, times: &str) {
    window.click("Repeat");
    window.fill("Repeat interval", interval);
    window.fill("Repeat times", times);
}

#[test]
fn a_payload_is_repeated_as_the_menu_says_and_its_result_stays_until_it_is_removed() {
    let mut window = Window::new();
    let mut peer = with_payload(&mut window, "abc");
    assert!(shown(&window).is_empty(), "no strip in a new tab");
    set_interval(&mut window, "5 ms", "3");
    window.click("Start repeating");
    assert_eq!(read_exactly(&mut peer, 9), b"abcabcabc");
    window.wait("the end", |window| states(window) == [OutgoingState::Done]);
    let text = shown(&window).concat();
    assert!(text.starts_with("done · every 5ms · 3 of 3 sent · "), "{text}");
    assert!(text.contains("µs (median)") || text.contains("ms (median)"), "{text}");
    assert!(!window.has("Stop sending") && !window.has("Pause sending"));
    window.click("Remove from list");
    window.wait("its removal", |window| shown(window).is_empty());
    assert_eq!(window.status().traffic.records_out, 3);
    // It is in the history.
    window.fill("Payload", "");
    window.field("Payload").focus();
    window.press(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.value("Payload"), "abc");
}

#[test]
fn by_key_it_starts_is_held_goes_on_and_stops() {
    let mut window = Window::new();
    let mut peer = with_payload(&mut window, "x");
    set_interval(&mut window, "2 h", "");
    window.press(Modifiers::NONE, Key::Escape);
    window.press(Modifiers::NONE, Key::F9);
    assert_eq!(read_exactly(&mut peer, 1), b"x");
    window.wait("the first", |window| shown(window).concat().contains("1 sent"));
    window.press(Modifiers::COMMAND, Key::F9);
    window.wait("the pause", |window| states(window) == [OutgoingState::Paused]);
    assert!(shown(&window).concat().starts_with("paused · every 2h"), "{:?}", shown(&window));
    window.press(Modifiers::COMMAND, Key::F9);
    assert_eq!(read_exactly(&mut peer, 1), b"x", "not after two hours");
    window.wait("it goes on", |window| states(window) == [OutgoingState::Running]);
    let asked = Instant::now();
    window.press(Modifiers::SHIFT, Key::F9);
    window.wait("the stop", |window| states(window) == [OutgoingState::Stopped]);
    assert!(asked.elapsed() < DEADLINE / 2);
    // The next start takes the place of what was stopped.
    window.press(Modifiers::NONE, Key::F9);
    window.wait("the next", |window| states(window) == [OutgoingState::Running]);
}

#[test]
fn several_run_at_once_each_with_its_own_buttons() {
    let mut window = Window::new();
    let mut peer = with_payload(&mut window, "a");
    set_interval(&mut window, "1 h", "");
    window.click("Start repeating");
    assert_eq!(read_exactly(&mut peer, 1), b"a");
    window.fill("Payload", "b");
    window.press(Modifiers::NONE, Key::F9);
    assert_eq!(read_exactly(&mut peer, 1), b"b");
    window.wait("both", |window| shown(window).len() == 2);
    // The buttons say which one they are for.
    let described = |window: &Window, name: &str| -> Vec<_> {
        let all = window.harness.query_all_by_label(name);
        all.filter_map(|node| node.accesskit_node().description()).collect()
    };
    assert_eq!(described(&window, "Stop sending"), ["a", "b"]);
    window.harness.get_all_by_label("Pause sending").next().unwrap().click();
    window.wait("the pause of the first", |window| {
        states(window) == [OutgoingState::Paused, OutgoingState::Running]
    });
    window.click("Resume sending");
    assert_eq!(read_exactly(&mut peer, 1), b"a");
    window.harness.get_all_by_label("Stop sending").last().unwrap().click();
    window.wait("the stop of the second", |window| {
        states(window) == [OutgoingState::Running, OutgoingState::Stopped]
    });
}

#[test]
fn what_is_wrong_with_its_settings_is_said_and_nothing_is_sent() {
    let mut window = Window::new();
    let _peer = with_payload(&mut window, "a");
    for (interval, times, error) in [
        ("soon", "", "Type a time with a unit"),
        ("10 us", "", "The shortest interval on this system"),
        ("1 s", "0", "Type a whole number above 0"),
    ] {
        set_interval(&mut window, interval, times);
        assert!(window.shows(error), "{interval} {times}");
        assert!(!window.is_enabled("Start repeating"));
        window.press(Modifiers::NONE, Key::Escape);
        window.press(Modifiers::NONE, Key::F9);
        assert!(window.shows(error), "the key says it as well");
        assert!(window.status().outgoing.is_empty());
    }
    assert_eq!(window.status().traffic.records_out, 0);
}

#[test]
fn a_pause_after_each_send_is_chosen_and_kept_with_the_tab() {
    let folder = tempfile::tempdir().unwrap();
    {
        let mut window = Window::at(folder.path(), Vec::new());
        let mut peer = with_payload(&mut window, "a");
        window.click("Repeat");
        window.click("Pause after each send");
        window.fill("Repeat interval", "250 ms");
        window.fill("Repeat times", "2");
        window.field("Repeat times").focus();
        window.press(Modifiers::NONE, Key::Enter);
        assert_eq!(read_exactly(&mut peer, 2), b"aa");
        window.wait("the end", |window| states(window) == [OutgoingState::Done]);
        assert_eq!(repeats(&window)[0].spacing, Spacing::AfterEnd);
        drop(window);
    }
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(3);
    window.click("Repeat");
    assert_eq!(
        (window.value("Repeat interval"), window.value("Repeat times")),
        ("250 ms".into(), "2".into())
    );
    let after = window.harness.get_by_label("Pause after each send");
    assert_eq!(after.accesskit_node().toggled(), Some(eframe::egui::accesskit::Toggled::True));
}

#[test]
fn a_client_that_loses_its_connection_says_that_its_repeat_has_ended() {
    let mut window = Window::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    window.client_of(listener.local_addr().unwrap().port());
    window.click("Connect");
    let mut peer = listener.accept().unwrap().0;
    window.fill("Payload", "a");
    window.wait("the connection", |window| window.is_enabled("Send"));
    set_interval(&mut window, "1 h", "");
    window.click("Start repeating");
    assert_eq!(read_exactly(&mut peer, 1), b"a");
    drop(peer);
    window.wait("the end", |window| matches!(states(window)[..], [OutgoingState::Failed(_)]));
    let text = shown(&window).concat();
    assert!(text.contains("there is no recipient"), "{text}");
}

#[test]
fn in_a_small_window_the_strip_leaves_rows_of_data_and_its_buttons_are_in_view() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::with(folder.path(), Vec::new(), vec2(640.0, 420.0));
    let mut peer = with_payload(&mut window, "0123456789 0123456789 0123456789 0123456789");
    set_interval(&mut window, "1 ms", "");
    window.press(Modifiers::NONE, Key::Escape);
    for _ in 0..6 {
        window.press(Modifiers::NONE, Key::F9);
    }
    read_exactly(&mut peer, 4300);
    window.wait("six", |window| window.status().outgoing.len() == 6);
    let screen = window.harness.ctx.content_rect();
    for name in ["Stop sending", "Pause sending"] {
        for node in window.harness.query_all_by_label(name) {
            assert!(screen.contains_rect(node.rect()), "{name} at {:?}", node.rect());
        }
    }
    assert!(!shown(&window).is_empty(), "at least one row");
    let rows = window.harness.query_all_by_role(Role::Row).count();
    assert!(rows >= 5, "{rows} rows of data");
    window.press(Modifiers::SHIFT, Key::F9);
    window.wait("all stopped", |window| states(window).iter().all(OutgoingState::has_ended));
}

/// The pace of frames is that of news: a repeat that waits draws nothing.
#[test]
fn a_repeat_that_waits_an_hour_asks_for_no_frame() {
    let mut window = Window::new();
    let mut peer = with_payload(&mut window, "a");
    set_interval(&mut window, "1 h", "");
    window.click("Start repeating");
    assert_eq!(read_exactly(&mut peer, 1), b"a");
    window.wait("the numbers", |window| shown(window).concat().contains("1 sent"));
    window.harness.get_by_role(Role::Table).focus();
    // The rates of the last second are still shown for a while.
    window.wait("rest", |window| {
        let output = window.harness.output();
        let delays = output.viewport_output.values().map(|viewport| viewport.repaint_delay);
        delays.min().unwrap() > std::time::Duration::from_secs(3600)
    });
    assert_eq!(states(&window), [OutgoingState::Running]);
}

#[test]
fn on_a_server_it_goes_to_all_and_goes_on_with_those_that_come() {
    let mut window = Window::new();
    let address = window.start_server();
    let mut first = connect(address);
    window.wait("one", |window| window.status().connections.len() == 1);
    window.fill("Payload", "tick");
    set_interval(&mut window, "5 ms", "");
    window.click("Start repeating");
    assert_eq!(read_exactly(&mut first, 8), b"ticktick");
    let mut second = connect(address);
    assert_eq!(read_exactly(&mut second, 8), b"ticktick");
    drop(first);
    assert_eq!(read_exactly(&mut second, 4), b"tick");
    drop(second);
    window.wait("it waits", |window| states(window) == [OutgoingState::Waiting]);
    assert!(shown(&window).concat().starts_with("waits for a connection"), "{:?}", shown(&window));
}
