//! Pictures of all states of the window, in both languages and at three sizes, to be looked at: `make gallery`.
//!
//! `WIRELAB_GALLERY`: the folder for them. Not among the tests that run by themselves: a picture proves nothing until
//! somebody looks at it. That nothing is cut or covered is tested in tests/window/layout.rs, in the same states.
#![allow(clippy::unwrap_used, reason = "a test fails where it panics")]

#[path = "../window/fixture.rs"]
#[allow(dead_code, reason = "shared with the tests of the window")]
mod fixture;
mod painter;
#[path = "../window/states.rs"]
mod states;

use eframe::egui::{Vec2, vec2};
use fixture::Window;
use states::{Look, Visit};
use std::path::PathBuf;

/// A look, a window size in points, pixels per point, and the name of its folder.
type Series = (Look, Vec2, f32, &'static str);

const SMALL: Vec2 = vec2(640.0, 420.0);
const USUAL: Vec2 = vec2(1366.0, 768.0);
const LARGE: Vec2 = vec2(1920.0, 1080.0);
const DARK: &str = "Dark theme";

const SERIES: [Series; 9] = [
    (Look::ENGLISH, SMALL, 1.0, "en-small"),
    (Look::ENGLISH, USUAL, 1.0, "en-usual"),
    (Look::ENGLISH, LARGE, 1.0, "en-large"),
    (Look::CHINESE, SMALL, 1.0, "zh-small"),
    (Look::CHINESE, USUAL, 1.0, "zh-usual"),
    (Look::CHINESE, LARGE, 1.0, "zh-large"),
    (Look { theme: DARK, ..Look::ENGLISH }, USUAL, 1.0, "en-dark"),
    (Look { theme: DARK, ..Look::CHINESE }, SMALL, 1.0, "zh-dark-small"),
    (Look::CHINESE, SMALL, 2.0, "zh-200"),
];

/// Takes a picture of each state in each series that begins with this look.
fn gallery(states: fn(Look, &mut Visit<'_>)) {
    let folder = PathBuf::from(std::env::var_os("WIRELAB_GALLERY").expect("WIRELAB_GALLERY names a folder"));
    for (look, size, scale, name) in SERIES {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        states(look, &mut |window: &mut Window, state: &str| {
            let before = window.harness.ctx.content_rect().size();
            window.harness.set_pixels_per_point(scale);
            window.harness.run_steps(2);
            window.harness.set_size(size);
            window.harness.run_steps(6);
            let image = painter::paint(&window.harness);
            image.save(folder.join(format!("{state}.png"))).unwrap();
            window.harness.set_pixels_per_point(1.0);
            window.harness.run_steps(2);
            window.harness.set_size(before);
            window.harness.run_steps(6);
        });
    }
}

#[test]
fn whole_window() {
    gallery(states::whole_window);
}

#[test]
fn server() {
    gallery(states::server);
}

#[test]
fn composing() {
    gallery(states::composing);
}

#[test]
fn data() {
    gallery(states::data);
}

#[test]
fn busy() {
    gallery(states::busy);
}

#[test]
fn client() {
    gallery(states::client);
}

#[test]
fn udp() {
    gallery(states::udp);
}

#[test]
fn files() {
    gallery(states::files);
}

#[test]
fn commands() {
    gallery(states::commands);
}
