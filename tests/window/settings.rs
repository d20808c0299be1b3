//! Language, theme, and what is restored at the next start.

use crate::fixture::Window;
use eframe::egui::{Theme, vec2};
use wirelab::model::{SessionConfig, SessionState, TcpServerConfig};

#[test]
fn the_language_changes_while_running_and_names_stay() {
    let mut window = Window::new();
    let address = window.start_server();
    assert!(window.shows(&format!("Listening on {address}")));
    window.set("Language", "简体中文");
    // Accessible names are the same in every language, for scripts.
    for name in ["Stop", "Encoding", "Text", "Hex", "Both", "Payload", "Send", "More", "Settings"] {
        assert!(window.has(name), "{name}");
    }
    window.click("Stop");
    window.wait("stopped", |window| window.has("Start"));
    window.fill("Local port", "http");
    window.click("Start");
    assert!(window.shows("端口“http”不是数字"));
    window.set("Language", "English");
    assert!(window.shows("Port 'http' is not a number."));
}

#[test]
fn the_theme_changes_while_running() {
    let mut window = Window::new();
    window.start_server();
    window.set("Theme", "Light theme");
    assert_eq!(window.harness.ctx.theme(), Theme::Light);
    window.set("Theme", "Dark theme");
    assert_eq!(window.harness.ctx.theme(), Theme::Dark);
}

#[test]
fn tabs_and_choices_are_restored() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.start_server();
    window.choose("Encoding", "Big5");
    window.click("Hex");
    window.fill("Payload", "待發");
    window.set("Language", "简体中文");
    window.set("Theme", "Light theme");
    window.click("New session");
    window.click("UDP");
    window.fill("Local port", "9000");
    drop(window);

    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(2);
    assert_eq!(window.app().statuses().count(), 2);
    assert_eq!(window.value("Local port"), "9000");
    assert_eq!(window.harness.ctx.theme(), Theme::Light);
    assert!(window.has("Tab TCP 服务器 127.0.0.1:0"));
    window.click("Tab TCP 服务器 127.0.0.1:0");
    assert_eq!(window.value("Payload"), "待發");
    assert_eq!(window.app().active_tab().unwrap().form.encoding.name(), "Big5");
    assert_eq!(window.status().state, SessionState::Idle, "nothing starts by itself");
}

#[test]
fn a_damaged_file_is_reported_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("settings.toml"), "tabs = [").unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(2);
    assert!(window.shows("The settings could not be read"));
    assert_eq!(std::fs::read(folder.path().join("settings.damaged-1.toml")).unwrap(), b"tabs = [");
    window.click("Dismiss notice");
    assert!(!window.shows("The settings could not be read"));
}

#[test]
fn sessions_of_the_command_line_are_started() {
    let folder = tempfile::tempdir().unwrap();
    let config = SessionConfig::TcpServer(TcpServerConfig::new("127.0.0.1:0".parse().unwrap()));
    let mut window = Window::at(folder.path(), vec![config]);
    window.wait("listening", |window| window.status().state == SessionState::Listening);
    assert!(window.has("Stop"));
}

#[test]
fn a_small_window_shows_every_control() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::with(folder.path(), Vec::new(), vec2(640.0, 420.0));
    window.start_server();
    use egui_kittest::kittest::Queryable as _;
    let screen = window.harness.ctx.content_rect();
    for name in [
        "Local address",
        "Local port",
        "Stop",
        "Encoding",
        "Text",
        "Send",
        "Payload",
        "Pause display",
        "More",
        "Settings",
        "Search actions…",
    ] {
        let rect = window.harness.get_by_label(name).rect();
        assert!(screen.contains_rect(rect.shrink(1.0)), "{name} at {rect} is not on {screen}");
    }
}

#[test]
fn language_and_theme_can_follow_the_system_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.start_server();
    window.set("Language", "简体中文");
    window.set("Theme", "Light theme");
    drop(window);
    let read = || std::fs::read_to_string(folder.path().join("settings.toml")).unwrap();
    assert!(read().contains("language = \"zh-CN\"") && read().contains("theme = \"light\""));
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(2);
    // The system's language is English in tests.
    assert!(window.shows("未启动"));
    window.set("Language", "System language");
    window.set("Theme", "System theme");
    assert!(window.shows("Not started"));
    drop(window);
    assert!(read().contains("language = \"system\"") && read().contains("theme = \"system\""), "{}", read());
}

#[test]
fn the_width_of_the_list_is_restored() {
    use eframe::egui::{Role, pos2};
    use egui_kittest::kittest::{NodeT as _, Queryable as _};
    let folder = tempfile::tempdir().unwrap();
    let width = |window: &Window| {
        let list = window.harness.get_by(|node| node.role() == Role::ListBox);
        assert_eq!(list.accesskit_node().label().as_deref(), Some("Connections"));
        list.rect().width()
    };
    let mut window = Window::at(folder.path(), Vec::new());
    window.click("New session");
    window.click("TCP server");
    let before = width(&window);
    let edge = pos2(200.0, 300.0);
    window.drag(edge, edge + vec2(100.0, 0.0));
    let wide = width(&window);
    assert!(wide > before + 80.0, "{before} became {wide}");
    // The same after each start and in every tab.
    for _ in 0..2 {
        drop(window);
        window = Window::at(folder.path(), Vec::new());
        window.harness.run_steps(3);
        assert_eq!(width(&window), wide);
    }
    window.click("New session");
    window.click("UDP");
    assert_eq!(width(&window), wide);
}

#[test]
fn the_zoom_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(2);
    assert_eq!(window.harness.ctx.zoom_factor(), 1.0);
    window.harness.ctx.set_zoom_factor(1.5);
    window.harness.run_steps(3);
    drop(window);
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(2);
    assert_eq!(window.harness.ctx.zoom_factor(), 1.5);
}

#[test]
fn a_failure_to_save_the_settings_goes_when_they_could_be_saved() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    window.harness.run_steps(2);
    let place = folder.path().join("settings.toml");
    std::fs::create_dir(&place).unwrap();
    window.click("New session");
    window.click("UDP");
    window.wait("the failure", |window| window.shows("The settings could not be saved"));
    std::fs::remove_dir(&place).unwrap();
    window.click("New session");
    window.click("UDP");
    window.wait("its end", |window| !window.shows("The settings could not be saved"));
    assert!(place.is_file());
}

#[test]
fn a_window_that_was_maximized_is_so_at_the_next_start() {
    use eframe::egui::ViewportId;
    let folder = tempfile::tempdir().unwrap();
    for maximized in [true, false] {
        let mut window = Window::at(folder.path(), Vec::new());
        let input = window.harness.input_mut();
        input.viewports.get_mut(&ViewportId::ROOT).unwrap().maximized = Some(maximized);
        window.harness.run_steps(2);
        drop(window);
        let kept = wirelab::settings::SettingsFile::at(folder.path().join("settings.toml")).load().unwrap();
        assert_eq!(kept.window.maximized, maximized);
    }
}

#[test]
fn recordings_go_to_the_chosen_folder_and_their_settings_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let chosen = folder.path().join("elsewhere");
    let mut window = Window::at(folder.path(), Vec::new());
    let _first = window.server_with(["first"]);
    window.click_at(label_starting(&window, "recorded "));
    window.fill("Recordings folder", &chosen.display().to_string());
    window.wait("the size", |window| window.shows("Recordings take "));
    window.click("Close settings");
    assert_eq!(crate::fixture::folders(&folder.path().join("recordings")), 1, "what runs stays where it is");
    let _second = window.server_with(["second"]);
    assert_eq!(crate::fixture::folders(&chosen), 1);
    // A recording that is left there is found at the next start.
    window.harness.state_mut().as_mut().unwrap().end_now();
    drop(window);
    let mut window = Window::at(folder.path(), Vec::new());
    window.wait("the offer", |window| window.shows("2 unsaved recordings were left behind"));
}

#[test]
fn every_setting_comes_into_view_with_the_focus_in_the_smallest_window() {
    use eframe::egui::{Key, Modifiers};
    use egui_kittest::kittest::Queryable as _;
    let names = [
        "Language",
        "Theme",
        "Zoom",
        "Always on top",
        "Ask before closing unsaved recordings",
        "Font size",
        "Timestamps",
        "Bytes per row",
        "Control pictures",
        "Recordings folder",
        "Limit per session",
        "Limit for all recordings",
        "Close settings",
    ];
    for language in ["English", "简体中文"] {
        let folder = tempfile::tempdir().unwrap();
        let mut window = Window::with(folder.path(), Vec::new(), vec2(640.0, 420.0));
        window.set("Language", language);
        window.click("Settings");
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..2 * names.len() {
            window.press(Modifiers::NONE, Key::Tab);
            for name in names {
                let control = window.harness.get_by_label(name);
                if control.is_focused() {
                    let (place, screen) = (control.rect(), window.harness.ctx.content_rect().shrink(10.0));
                    assert!(screen.contains_rect(place), "{language}: {name} at {place}");
                    seen.insert(name);
                }
            }
        }
        assert_eq!(seen, names.into(), "{language}");
    }
}

#[test]
fn the_recorded_size_leads_to_the_settings_of_recordings() {
    use egui_kittest::kittest::Queryable as _;
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::with(folder.path(), Vec::new(), vec2(900.0, 420.0));
    let _peer = window.server_with(["first"]);
    for _ in 0..2 {
        window.click_at(label_starting(&window, "recorded "));
        window.harness.run_steps(2);
        let field = window.harness.get_by_label("Recordings folder").rect();
        assert!(field.bottom() < 400.0 && field.top() > 60.0, "in view: {field}");
        window.click("Close settings");
        window.click("Settings");
        assert!(
            window.harness.get_by_label("Language").rect().top() > 60.0,
            "the first settings are in view"
        );
        window.click("Close settings");
    }
}

#[test]
fn new_tabs_and_files_begin_with_the_chosen_timestamps() {
    use wirelab::settings::TimeMode;
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::at(folder.path(), Vec::new());
    let time = |window: &Window| window.app().active_tab().unwrap().form.time;
    window.start_server();
    window.set("Timestamps", "Since start");
    assert_eq!(time(&window), TimeMode::Clock, "a tab keeps its own");
    drop(window);
    let mut window = Window::at(folder.path(), Vec::new());
    for kind in ["TCP server", "TCP client", "UDP"] {
        window.click("New session");
        window.click(kind);
        assert_eq!(time(&window), TimeMode::SinceStart, "{kind}");
    }
    let file = folder.path().join("run.pcapng");
    crate::fixture::write_ten(wirelab::capture::Destination::file(file.clone()).unwrap());
    window.open(&file);
    assert_eq!(time(&window), TimeMode::SinceStart);
    window.wait("the records", |window| window.shows_row("record 9"));
    window.choose("Time", "Time of day");
    assert_eq!(time(&window), TimeMode::Clock);
}

/// The middle of a text.
fn label_starting(window: &Window, start: &str) -> eframe::egui::Pos2 {
    use egui_kittest::kittest::{NodeT as _, Queryable as _};
    let labels = window.harness.query_all_by_label_contains(start);
    let is_it = |text: Option<String>| text.is_some_and(|text| text.starts_with(start));
    let mut found = labels.filter(|node| is_it(node.accesskit_node().value()));
    found.next().unwrap_or_else(|| panic!("no text starts with {start}")).rect().center()
}
