//! Every control is inside the window and its parent, and covers no other, at every scale.

use crate::fixture::{Window, connect, refusing, write_ten};
use eframe::egui::{Rect, Role, Vec2, pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::net::{TcpListener, UdpSocket};
use wirelab::model::SessionState;

/// Window sizes in points, and pixels per point. The last two are the first one zoomed to 150 and 200 %.
const SCREENS: [(Vec2, f32); 7] = [
    (vec2(1100.0, 720.0), 1.0),
    (vec2(1100.0, 720.0), 1.5),
    (vec2(1100.0, 720.0), 2.0),
    (vec2(800.0, 500.0), 1.0),
    (vec2(800.0, 500.0), 2.0),
    (vec2(733.0, 480.0), 1.5),
    (vec2(550.0, 360.0), 2.0),
];

/// Whether the contents fit: a smaller window scrolls as a whole.
fn is_whole(window: &Window, size: Vec2) -> bool {
    let _ = window;
    size.x >= 640.0 && size.y >= 420.0
}

struct Control {
    name: String,
    rect: Rect,
    /// The bounds of its nearest ancestor that has bounds.
    parent: Option<Rect>,
}

/// All controls and texts, in points. Rows are clipped to their scroll area, and so are all tabs but the shown one.
fn controls(window: &Window) -> Vec<Control> {
    let scale = window.harness.ctx.pixels_per_point();
    let active = window.app().active_tab().unwrap().form.local_port.clone();
    let mut found = Vec::new();
    let mut stack = vec![(window.harness.root().accesskit_node(), None)];
    while let Some((node, parent)) = stack.pop() {
        let name = node.label().or_else(|| node.value()).unwrap_or_default();
        let rect = node.bounding_box().map(|bounds| {
            let [x0, y0, x1, y1] =
                [bounds.x0, bounds.y0, bounds.x1, bounds.y1].map(|value| value as f32 / scale);
            Rect::from_min_max(pos2(x0, y0), pos2(x1, y1))
        });
        let is_seen = match node.role() {
            Role::Tab => node.toggled() == Some(eframe::egui::accesskit::Toggled::True),
            Role::Button => !name.starts_with("Close "),
            Role::Label => !name.is_empty(),
            Role::CheckBox | Role::ComboBox | Role::TextInput | Role::MultilineTextInput | Role::ListBox => {
                true
            }
            _ => false,
        };
        if is_seen && let Some(rect) = rect {
            found.push(Control { name: format!("{:?} {name}", node.role()), rect, parent });
        }
        let scrolls = matches!(node.role(), Role::ListBox | Role::ScrollView);
        if !scrolls {
            stack.extend(node.children().map(|child| (child, rect.or(parent))));
        }
    }
    assert!(found.len() > 12, "the controls of {active} are found: {}", found.len());
    found
}

#[track_caller]
fn check(window: &mut Window, what: &str) {
    let mut wrong = Vec::new();
    for (size, scale) in SCREENS {
        // Set the scale first: it changes the size in points.
        window.harness.set_pixels_per_point(scale);
        window.harness.run_steps(2);
        window.harness.set_size(size);
        window.harness.run_steps(6);
        let screen = window.harness.ctx.content_rect();
        assert!((screen.size() - size).length() < 2.0, "{screen} is not {size}");
        let controls = controls(window);
        for (place, Control { name, rect, parent }) in controls.iter().enumerate() {
            let at = format!("{what}, {size} at {scale}: {name} at {rect}");
            if is_whole(window, size) && !screen.expand(0.5).contains_rect(*rect) {
                wrong.push(format!("{at} is not on the window"));
            }
            if rect.width() < 4.0 || rect.height() < 4.0 {
                wrong.push(format!("{at} cannot be seen"));
            }
            if let Some(parent) = parent.filter(|parent| !parent.expand(1.0).contains_rect(*rect)) {
                wrong.push(format!("{at} is not in its parent at {parent}"));
            }
            for other in &controls[..place] {
                // Neighbours may share a border.
                let shared = rect.shrink(1.0).intersect(other.rect.shrink(1.0));
                if shared.is_positive() {
                    wrong.push(format!("{at} is over {} at {}", other.name, other.rect));
                }
            }
        }
    }
    window.harness.set_pixels_per_point(1.0);
    window.harness.run_steps(2);
    window.harness.set_size(SCREENS[0].0);
    window.harness.run_steps(3);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn in_both_languages(test: impl Fn(&mut Window, &str)) {
    for language in ["English", "简体中文"] {
        let mut window = Window::new();
        window.set("Language", language);
        test(&mut window, language);
    }
}

#[test]
fn a_server_fits() {
    in_both_languages(|window, language| {
        window.click("New session");
        window.click("TCP server");
        check(window, &format!("{language} idle"));
        window.fill("Local address", "127.0.0.1");
        window.fill("Local port", "seven");
        window.click("Start");
        check(window, &format!("{language} wrong field"));
        // Long values in the fields.
        window.fill("Local address", "fe80:1234:5678:9abc:def0:1234:5678:9abc");
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        window.fill("Local address", "127.0.0.1");
        window.fill("Local port", &taken.local_addr().unwrap().port().to_string());
        window.click("Start");
        window.wait("the failure", |window| window.has("Dismiss"));
        check(window, &format!("{language} port in use"));
        window.fill("Local port", "0");
        window.click("Start");
        window.wait("listening", |window| window.status().state == SessionState::Listening);
        let address = window.status().local.unwrap();
        let _peers = [connect(address), connect(address)];
        window.wait("peers", |window| window.status().connections.len() == 2);
        check(window, &format!("{language} running"));
        window.harness.key_press_modifiers(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::G);
        window.harness.run_steps(3);
        window.fill("Time to go to", "noon");
        window.click("Answer");
        check(window, &format!("{language} wrong time"));
        window.click("Close question");
        window.click("Payload as hex");
        window.fill("Payload", "01 0");
        check(window, &format!("{language} wrong payload"));
        window.fill("Payload", "01");
        window.choose("To", "To selected");
        window.click("Send");
        assert!(window.has("Dismiss send error"));
        check(window, &format!("{language} not sent"));
    });
}

#[test]
fn panels_beside_the_data_fit() {
    in_both_languages(|window, language| {
        window.click("New session");
        window.click("TCP server");
        window.fill("Local address", "127.0.0.1");
        window.fill("Local port", "0");
        window.click("Start");
        window.wait("listening", |window| window.status().state == SessionState::Listening);
        let _peers = [connect(window.status().local.unwrap())];
        window.wait("a peer", |window| window.status().connections.len() == 1);
        window.tool("Inspector");
        check(window, &format!("{language} inspector"));
        window.click("Search");
        window.click("Filter");
        check(window, &format!("{language} inspector and filter"));
        window.tool("Inspector");
        check(window, &format!("{language} filter"));
    });
}

#[test]
fn a_client_fits() {
    in_both_languages(|window, language| {
        window.click("New session");
        window.click("TCP client");
        check(window, &format!("{language} idle"));
        window.click("Options");
        window.click("Bind local address");
        window.harness.key_press(eframe::egui::Key::Escape);
        window.harness.run_steps(3);
        check(window, &format!("{language} local side"));
        let (_socket, port) = refusing();
        window.fill("Remote host", "localhost");
        window.fill("Remote port", &port.to_string());
        window.click("Connect");
        window.wait("the failure", |window| window.has("Dismiss"));
        check(window, &format!("{language} refused"));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        window.fill("Remote port", &listener.local_addr().unwrap().port().to_string());
        window.click("Connect");
        window.wait("connected", |window| window.status().state == SessionState::Open);
        check(window, &format!("{language} connected"));
    });
}

#[test]
fn a_udp_socket_fits() {
    in_both_languages(|window, language| {
        window.click("New session");
        window.click("UDP");
        check(window, &format!("{language} idle"));
        window.fill("Local address", "127.0.0.1");
        window.fill("Local port", "0");
        window.click("Start");
        window.wait("bound", |window| window.status().state == SessionState::Listening);
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        peer.send_to(b"hello", window.status().local.unwrap()).unwrap();
        window.wait("the peer", |window| window.status().connections.len() == 1);
        check(window, &format!("{language} running"));
    });
}

#[test]
fn an_empty_window_fits() {
    in_both_languages(|window, language| {
        for (size, _) in SCREENS {
            if !is_whole(window, size) {
                continue;
            }
            window.harness.set_size(size);
            window.harness.run_steps(4);
            let screen = window.harness.ctx.content_rect();
            use egui_kittest::kittest::Queryable as _;
            for name in ["New TCP server", "New TCP client", "New UDP socket", "New session", "Settings"] {
                let rect = window.harness.get_by_label(name).rect();
                assert!(screen.contains_rect(rect), "{language} {size}: {name} at {rect}");
            }
        }
    });
}

#[test]
fn a_file_and_unfinished_recordings_fit() {
    use wirelab::capture::{Destination, RecordingFolder};
    use wirelab::model::Timestamp;
    for language in ["English", "简体中文"] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a recording with quite a long name.pcapng");
        write_ten(Destination::file(file.clone()).unwrap());
        for number in 0..2 {
            let parent = folder.path().join("recordings");
            let title = format!("TCP server 192.168.100.{number}:7788");
            write_ten(RecordingFolder::create(&parent, &title, Timestamp(1)).unwrap().destination());
        }
        let mut window = Window::at(folder.path(), Vec::new());
        window.set("Language", language);
        window.harness.state_mut().as_mut().unwrap().open_files(&[file]);
        window.wait("both", |window| window.has("Later") && window.shows_row("record 9"));
        check(&mut window, &format!("{language} file"));
        window.click("Review unfinished recordings");
        let all = window.harness.ctx.content_rect();
        for name in ["Delete all unfinished", "Close list", "Open unfinished TCP server 192.168.100.0:7788"] {
            let rect = window.harness.get_by_label(name).rect();
            assert!(all.contains_rect(rect), "{language}: {name} at {rect}");
        }
    }
}
