//! The real window as a program: it opens on a display, and reports missing drivers and displays.

use crate::skip::skip;
use crate::support::{Ended, Program};
use std::path::Path;
use std::process::Command;

/// Whether there is a display; `make test` sets one up. Skips the test otherwise.
fn has_display(test: &str) -> bool {
    let has = std::env::var_os("DISPLAY").is_some_and(|display| !display.is_empty());
    if !has {
        skip(test, "DISPLAY is not set; `make test` sets up a display");
    }
    has
}

/// The window with its own settings, which closes after its first frame.
fn window(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.arg("gui").env("WIRELAB_FIRST_FRAME_EXIT", "1").env("LIBGL_ALWAYS_SOFTWARE", "1");
    command.env("HOME", home).env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
    for folder in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        command.env(folder, home.join(folder));
    }
    command
}

fn end(command: Command) -> Ended {
    let mut program = Program::start(command);
    program.stdin = None;
    program.end()
}

#[test]
fn the_window_opens_and_draws_with_software_rendering() {
    if !has_display("the_window_opens_and_draws_with_software_rendering") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let ended = end(window(home.path())).expect(0);
    ended.says("first frame");
    assert!(!ended.stderr.iter().any(|line| line.contains("panicked")), "{:#?}", ended.stderr);
}

#[test]
fn without_a_renderer_one_line_names_what_is_missing() {
    if !has_display("without_a_renderer_one_line_names_what_is_missing") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let nothing = home.path().join("nothing");
    std::fs::create_dir(&nothing).unwrap();
    // Neither GLX nor EGL finds a driver there.
    let mut command = window(home.path());
    command.env("LIBGL_DRIVERS_PATH", &nothing).env("__EGL_VENDOR_LIBRARY_DIRS", &nothing);
    let ended = end(command);
    assert!(!ended.stderr.iter().any(|line| line.contains("panicked")), "{:#?}", ended.stderr);
    let ended = ended.expect(3);
    // The libraries print lines of their own.
    let lines = ended.stderr.iter().filter(|line| line.contains("no renderer works here: "));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 1, "{:#?}", ended.stderr);
    for part in ["or a library is missing", "libgl1-mesa-dri", "Without a window there are: wirelab listen"] {
        assert!(lines[0].contains(part), "{part} in {}", lines[0]);
    }
}

#[test]
fn a_missing_display_is_named() {
    let home = tempfile::tempdir().unwrap();
    let mut command = window(home.path());
    // A number that no display has.
    command.env("DISPLAY", ":54321");
    let ended = end(command);
    assert!(!ended.stderr.iter().any(|line| line.contains("panicked")), "{:#?}", ended.stderr);
    ended.expect(3).says("the display :54321 cannot be opened");
}
