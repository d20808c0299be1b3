//! In both languages every control has a name, the same in each language, and the keys reach it. The controls are
//! read from the accessibility tree, so that new ones are included.

use crate::fixture::{Window, connect, write_records};
use eframe::egui::accesskit::Action;
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::NodeT as _;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use wirelab::capture::{Destination, RecordingFolder};
use wirelab::model::{SessionState, Timestamp};
use wirelab::search::Scan;

/// The focusable nodes by their id.
fn focusable(window: &Window) -> BTreeMap<String, (Role, String)> {
    let mut found = BTreeMap::new();
    let mut stack = vec![window.harness.root().accesskit_node()];
    while let Some(node) = stack.pop() {
        if node.data().supports_action(Action::Focus) && !node.is_disabled() {
            // The name of a text is its content.
            let name = node.label().or_else(|| node.value().filter(|_| node.role() == Role::Label));
            found.insert(format!("{:?}", node.id()), (node.role(), name.unwrap_or_default()));
        }
        stack.extend(node.children());
    }
    found
}

fn focused(window: &Window) -> String {
    format!("{:?}", window.harness.root().accesskit_node().tree_state.focus_in_tree().id())
}

/// The names that were found, by panel.
#[derive(Default)]
struct Names(BTreeMap<String, BTreeSet<String>>);

impl Names {
    /// Checks all controls.
    #[track_caller]
    fn look_at(&mut self, window: &mut Window, what: &str) {
        self.look_at_more(window, &BTreeMap::new(), what);
    }

    /// Checks the controls that were not there before.
    #[track_caller]
    fn look_at_more(&mut self, window: &mut Window, before: &BTreeMap<String, (Role, String)>, what: &str) {
        window.harness.run_steps(2);
        let mut wanted = focusable(window);
        wanted.retain(|id, _| !before.contains_key(id));
        assert!(!wanted.is_empty(), "{what}: nothing new");
        let nameless: Vec<_> = wanted.values().filter(|(_, name)| name.trim().is_empty()).collect();
        assert!(nameless.is_empty(), "{what}: without a name: {nameless:?} of {wanted:#?}");
        let mut reached = BTreeSet::new();
        for _ in 0..wanted.len() + before.len() + 12 {
            window.harness.key_press(Key::Tab);
            window.harness.run_steps(2);
            reached.insert(focused(window));
        }
        let missed: Vec<_> = wanted.iter().filter(|(id, _)| !reached.contains(*id)).collect();
        assert!(missed.is_empty(), "{what}: not reached by Tab: {missed:#?}");
        let names = wanted.values().map(|(role, name)| format!("{role:?} {}", without_data(name)));
        self.0.insert(what.into(), names.collect());
    }
}

/// A name without its variable part, such as the title of a session.
fn without_data(name: &str) -> String {
    let name = name.replace("TCP 服务器", "TCP server").replace("TCP 客户端", "TCP client");
    let mut name: Vec<char> = name.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    name.dedup_by(|a, b| (*a, *b) == ('0', '0'));
    name.into_iter().collect()
}

#[track_caller]
fn in_both_languages(script: impl Fn(&mut Window, &mut Names, &Path)) {
    let [english, chinese] = ["English", "简体中文"].map(|language| {
        let folder = tempfile::tempdir().unwrap();
        // As wide as the tools need in the longer language, beside a side panel.
        let mut window = Window::with(folder.path(), Vec::new(), eframe::egui::vec2(1280.0, 740.0));
        window.set("Language", language);
        let mut names = Names::default();
        script(&mut window, &mut names, folder.path());
        names.0
    });
    assert!(!english.is_empty());
    for (what, names) in &english {
        // Texts are in the language of the window.
        let is_read = |name: &str| name.starts_with("Label ") || name.starts_with("GraphicsObject ");
        let fixed = |names: &BTreeSet<String>| -> BTreeSet<String> {
            names.iter().filter(|name| !is_read(name)).cloned().collect()
        };
        assert_eq!(fixed(names), fixed(&chinese[what]), "{what}");
    }
}

/// A server with two peers, one of which has sent data.
fn running_server(window: &mut Window) -> [std::net::TcpStream; 2] {
    let address = window.start_server();
    let mut peers = [connect(address), connect(address)];
    peers[0].write_all(b"hello needle\n").unwrap();
    window.wait("the record", |window| {
        window.shows_row("hello needle") && window.status().connections.len() == 2
    });
    peers
}

#[test]
fn an_empty_window_and_a_server() {
    in_both_languages(|window, names, _| {
        names.look_at(window, "empty");
        window.click("New session");
        names.look_at(window, "menu of new sessions");
        window.click("TCP server");
        names.look_at(window, "server");
        window.fill("Local port", "http");
        window.click("Start");
        names.look_at(window, "server with a wrong field");
        window.press(Modifiers::COMMAND, Key::W);
        let _peers = running_server(window);
        names.look_at(window, "running server");
        window.click("Rate plot");
        names.look_at(window, "running server with its rates");
        window.click("Stop listening");
        window.wait("no more listening", |window| window.has("Listen again"));
        names.look_at(window, "server that does not listen");
    });
}

#[test]
fn a_server_whose_port_is_taken() {
    in_both_languages(|window, names, _| {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        window.click("New session");
        window.click("TCP server");
        window.fill("Local address", "127.0.0.1");
        window.fill("Local port", &taken.local_addr().unwrap().port().to_string());
        window.click("Start");
        window.wait("the failure", |window| window.has("Dismiss"));
        names.look_at(window, "failure");
    });
}

#[test]
fn a_client() {
    in_both_languages(|window, names, _| {
        window.click("New session");
        window.click("TCP client");
        names.look_at(window, "client");
        let before = focusable(window);
        window.click("Options");
        names.look_at_more(window, &before, "options of a client");
        window.click("Bind local address");
        window.press(Modifiers::NONE, Key::Escape);
        names.look_at(window, "client with its local side");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        window.fill("Remote host", "127.0.0.1");
        window.fill("Remote port", &listener.local_addr().unwrap().port().to_string());
        window.click("Connect");
        window.wait("connected", |window| window.status().state == SessionState::Open);
        window.fill("Payload", "can be sent");
        names.look_at(window, "connected client");
    });
}

#[test]
fn a_udp_socket() {
    in_both_languages(|window, names, _| {
        window.click("New session");
        window.click("UDP");
        names.look_at(window, "UDP");
        window.fill("Local address", "127.0.0.1");
        window.fill("Local port", "0");
        window.click("Start");
        window.wait("bound", |window| window.status().state == SessionState::Listening);
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        peer.send_to(b"hello", window.status().local.unwrap()).unwrap();
        window.wait("the datagram", |window| window.shows_row("hello"));
        names.look_at(window, "bound UDP");
        let before = focusable(window);
        window.click("Options");
        names.look_at_more(window, &before, "options of UDP");
    });
}

/// Whether a search or a filter has ended with one result.
fn has_found_one(scan: Option<&Arc<Scan>>) -> bool {
    scan.map(|scan| scan.progress()).is_some_and(|found| found.is_caught_up && found.matches == 1)
}

#[test]
fn the_tools_over_the_data() {
    in_both_languages(|window, names, _| {
        let peers = running_server(window);
        window.press(Modifiers::COMMAND, Key::F);
        names.look_at(window, "find bar");
        window.fill("Find", "needle");
        window
            .wait("the match", |window| has_found_one(window.app().active_tab().unwrap().finder.searching()));
        window.click("Filter");
        window.fill("Least bytes", "2");
        // A match is gone to once the filter has found its record.
        window.wait("the filter", |window| {
            has_found_one(window.app().active_tab().unwrap().finder.filtering())
        });
        window.click("Next match");
        window.wait("the record", |window| window.shows_row("hello needle"));
        names.look_at(window, "find bar with a filter");
        window.click("Only this connection");
        names.look_at(window, "find bar with the filter of a connection");
        window.fill("Least bytes", "many");
        names.look_at(window, "find bar with an error");
        window.click("Close find");
        window.tool("Inspector");
        names.look_at(window, "inspector");
        window.tool("Inspector");
        window.focus_data();
        window.press(Modifiers::COMMAND, Key::A);
        window.press(Modifiers::COMMAND, Key::B);
        window.wait("the bookmark", |window| window.shows_row("★"));
        let before = focusable(window);
        window.tool("Bookmarks");
        names.look_at_more(window, &before, "bookmarks");
        window.press(Modifiers::NONE, Key::Escape);
        window.press(Modifiers::COMMAND, Key::G);
        window.fill("Time to go to", "noon");
        window.click("Answer");
        names.look_at(window, "question with an error");
        window.click("Close question");
        window.focus_data();
        window.press(Modifiers::NONE, Key::Home);
        window.click("Pause display");
        names.look_at(window, "paused and not at the end");
        drop(peers);
    });
}

#[test]
fn the_dialogs() {
    in_both_languages(|window, names, folder| {
        let _peers = running_server(window);
        let before = focusable(window);
        window.tool("Save recording");
        names.look_at_more(window, &before, "save dialog");
        window.choose("Format", "Text file");
        names.look_at_more(window, &before, "save dialog of a text");
        std::fs::write(folder.join("there.txt"), "mine").unwrap();
        window.fill("Save as", &folder.join("there.txt").display().to_string());
        window.click("Save");
        window.wait("the question", |window| window.has("Replace"));
        names.look_at_more(window, &before, "save dialog with a question");
        window.press(Modifiers::NONE, Key::Escape);
        window.press(Modifiers::COMMAND, Key::O);
        window.fill("File to open", "x");
        names.look_at_more(window, &before, "open dialog");
        window.press(Modifiers::NONE, Key::Escape);
        window.press(Modifiers::COMMAND, Key::W);
        names.look_at_more(window, &before, "closing dialog");
        window.press(Modifiers::NONE, Key::Escape);
        window.click("Settings");
        names.look_at_more(window, &before, "settings");
    });
}

#[test]
fn files_and_unfinished_recordings() {
    for language in ["English", "简体中文"] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let left = RecordingFolder::create(&at("recordings"), "left", Timestamp(1)).unwrap();
        write_records(left.destination(), ["hello"]);
        drop(left);
        write_records(Destination::file(at("run.pcapng")).unwrap(), ["hello"]);
        let mut window = Window::at(folder.path(), Vec::new());
        window.wait("the offer", |window| window.has("Review unfinished recordings"));
        window.set("Language", language);
        let mut names = Names::default();
        names.look_at(&mut window, "recovery");
        let before = focusable(&window);
        window.click("Review unfinished recordings");
        names.look_at_more(&mut window, &before, "recovery list");
        window.click("Delete unfinished left");
        names.look_at_more(&mut window, &before, "recovery list with a question");
        window.click("Keep unfinished left");
        window.click("Delete all unfinished");
        names.look_at_more(&mut window, &before, "recovery list with a question for all");
        window.click("Keep all unfinished");
        window.click("Close list");
        window.click("Later");
        window.harness.state_mut().as_mut().unwrap().open_files(&[at("run.pcapng")]);
        window.wait("the record", |window| window.shows_row("hello"));
        names.look_at(&mut window, "file");
        window.harness.state_mut().as_mut().unwrap().open_files(&[at("missing.pcapng")]);
        window.wait("the failure", |window| window.has("Try again"));
        names.look_at(&mut window, "missing file");
        let all: BTreeSet<_> = names.0.values().flatten().cloned().collect();
        for name in ["Button Later", "Button More", "Table Data", "Button Try again", "Button Search"] {
            assert!(all.contains(name), "{language}: {name} in {all:#?}");
        }
    }
}
