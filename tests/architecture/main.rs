//! The architecture, checked by machine: what `docs/ARCHITECTURE.md` says of layers and folders.
//!
//! The sources are parsed with `syn`. Samples show that each rule finds what it forbids, and no more.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod circles;
mod drawing;
mod phrases;
mod platforms;
mod rules;
mod source;

use source::Sources;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn sources() -> Sources {
    let sources = Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(sources.files.len() > 100, "{} files found", sources.files.len());
    sources
}

#[track_caller]
fn assert_none(violations: &[String]) {
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn each_file_keeps_to_the_rules() {
    assert_none(&rules::violations(&sources()));
}

#[test]
fn the_table_of_layers_names_each_module_once_and_none_that_is_not_there() {
    let sources = sources();
    let top = |path: &str| path.split(['/', '.']).next().unwrap().to_owned();
    let found: BTreeSet<_> = sources.files.iter().map(|file| top(&file.path)).collect();
    let mut listed: Vec<_> = rules::modules().map(str::to_owned).collect();
    listed.sort();
    assert_eq!(listed, found.into_iter().collect::<Vec<_>>());
}

#[test]
fn folders_import_each_other_without_circles() {
    assert_none(&circles::between_folders(&circles::uses(&sources())));
}

#[test]
fn files_of_the_window_import_each_other_without_circles() {
    assert_none(&circles::between_files(&circles::uses(&sources()), "gui/"));
}

#[test]
fn state_of_the_window_imports_no_drawing() {
    let sources = sources();
    let drawing = drawing::drawing_files(&sources).len();
    assert!(drawing > 10, "{drawing} files draw");
    assert_none(&drawing::state_that_draws(&sources, &circles::uses(&sources)));
}

#[test]
fn phrases_are_filled_with_the_values_that_they_name() {
    let table: BTreeMap<String, String> = toml::from_str(include_str!("../../assets/lang/en.toml")).unwrap();
    let (compared, wrong) = phrases::violations(&sources(), &table);
    assert_none(&wrong);
    assert!(compared > 50, "{compared} calls found");
    let file =
        |values: &str| format!("//! A.\nfn f() {{ format!(\"{{}}\", fill(&words.p, &[{values}])); }}\n");
    let table = BTreeMap::from([("p".to_owned(), "{a} {b|one|many}".to_owned())]);
    for (values, count) in [
        ("(\"a\", &1), (\"b\", &2)", 0),
        ("(\"a\", &1)", 1),
        ("(\"a\", &1), (\"b\", &2), (\"c\", &3)", 1),
        ("(\"a\", &1), (\"B\", &2)", 1),
    ] {
        let sources = Sources::parse(&[("a.rs".to_owned(), file(values))]);
        let (compared, wrong) = phrases::violations(&sources, &table);
        assert_eq!((compared, wrong.len()), (1, count), "{values}: {wrong:?}");
    }
}

/// What is wrong with these files, by all rules.
fn violations(files: &[(&str, &str)]) -> Vec<String> {
    let sources = Sources::parse(files);
    let uses = circles::uses(&sources);
    let mut wrong = rules::violations(&sources);
    wrong.extend(circles::between_folders(&uses));
    wrong.extend(circles::between_files(&uses, "gui/"));
    wrong.extend(drawing::state_that_draws(&sources, &uses));
    wrong
}

#[test]
fn the_rules_for_one_file_find_what_they_forbid() {
    let long = format!("//! Long.\n{}", "fn f() {}\n".repeat(rules::MAX_LINES));
    let samples = [
        ("model/a.rs", "//! A.\nuse crate::net::Driver;\n", "imports `net`"),
        (
            "codec/a.rs",
            "//! A.\nuse crate::{\n    model::Record,\n    engine::{self, Observer},\n};\n",
            "imports `engine`",
        ),
        ("capture/a.rs", "//! A.\nuse crate::net::Link;\n", "a stranger to"),
        ("net/driver/mod.rs", "//! A.\nfn f() { crate::capture::open(); }\n", "a stranger to"),
        ("net/mod.rs", "//! A.\npub use super::engine::Observer;\n", "imports `engine`"),
        ("net/driver/mod.rs", "//! A.\nuse super::super::gui;\n", "imports `gui`"),
        ("engine/a.rs", "//! A.\ntype T = crate::gui::App;\n", "imports `gui`"),
        ("engine/a.rs", "//! A.\nuse crate :: /* up */ cli :: Args;\n", "imports `cli`"),
        ("engine/a.rs", "//! A.\nfn f() { println!(\"{}\", crate::cli::NAME); }\n", "imports `cli`"),
        ("settings/a.rs", "//! A.\n#[cfg(test)]\nmod tests {\n    use crate::cli;\n}\n", "imports `cli`"),
        ("cli/a.rs", "//! A.\nuse egui::Ui;\n", "egui outside"),
        ("engine/a.rs", "//! A.\nfn f(_: &eframe::Frame) {}\n", "egui outside"),
        ("net/a.rs", "//! A.\nuse egui_extras as e;\n", "egui outside"),
        ("net/a.rs", "//! A.\n#![allow(unsafe_code)]\n", "unsafe code"),
        ("net/a.rs", "//! A.\nfn f() { vec![unsafe { g() }]; }\n", "unsafe code"),
        ("gui/a.rs", "//! A.\nuse wirelab::model;\n", "its own crate"),
        ("net/a.rs", "use std::io;\n", "first line"),
        ("net/a.rs", "// A.\nuse std::io;\n", "first line"),
        ("net/a.rs", "//! A.\nuse crate::model::*;\n", "imports everything"),
        ("utils/a.rs", "//! A.\n", "in no layer"),
        ("model/a.rs", &long, "lines of code"),
    ];
    for (path, source, expected) in samples {
        let wrong = violations(&[(path, source)]);
        assert!(wrong.len() == 1 && wrong[0].contains(expected), "{path}: {source}: {wrong:?}");
    }
}

#[test]
fn the_rules_for_one_file_allow_everything_else() {
    let with_tests =
        format!("//! A.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "    fn f() {}\n".repeat(rules::MAX_LINES));
    let samples = [
        ("engine/a.rs", "//! A.\nuse crate::{capture, model::{self, cli}, net::Driver};\nuse super::gui;\n"),
        (
            "model/a.rs",
            "//! A. Not `crate::net`.\n// use crate::net;\n/* crate::gui */ const A: &str = \"crate::net\";\n",
        ),
        ("model/a.rs", "//! A.\nconst A: &str = r#\"\" crate::net \"#; const B: char = '\"'; // egui\n"),
        ("model/a.rs", "//! A.\nfn f<'a>(a: &'a str) -> char { '\\'' } // '\" crate::net\n"),
        ("gui/a.rs", "//! A.\nuse eframe::egui;\nuse crate::engine;\n"),
        ("sys/a.rs", "//! A.\n#![allow(unsafe_code)]\n"),
        ("main.rs", "//! A.\nfn main() { wirelab::cli::run(); }\n"),
        ("lib.rs", "//! Wirelab, see wirelab::model.\npub mod gui;\nuse crate::gui;\n"),
        ("net/a.rs", "//! A.\nuse super::engine;\nuse my_crate::gui;\n"),
        ("model/a.rs", &with_tests),
        ("net/a.rs", "//! A.\n#[cfg(test)]\nmod tests { use super::*; }\n"),
    ];
    for (path, source) in samples {
        assert_none(&violations(&[(path, source)]));
    }
}

#[test]
fn files_of_tests_may_be_long() {
    let long = format!("//! Tests.\n{}", "fn f() {}\n".repeat(rules::MAX_LINES));
    for (parent, declared, path) in [
        ("net/mod.rs", "//! A.\n#[cfg(test)]\nmod a_tests;\n", "net/a_tests.rs"),
        ("net/udp.rs", "//! A.\n#[cfg(test)]\nmod c;\n", "net/udp/c.rs"),
        ("net/udp.rs", "//! A.\n#[cfg(all(test, windows))]\nmod c;\n", "net/udp/c/mod.rs"),
        ("net/udp.rs", "//! A.\n#[cfg(test)]\nmod c;\n", "net/udp/c/deeper.rs"),
        ("net/udp.rs", "//! A.\n#[cfg(test)]\n#[path = \"udp_tests.rs\"]\nmod tests;\n", "net/udp_tests.rs"),
    ] {
        assert_none(&violations(&[(parent, declared), (path, &long)]));
    }
    let wrong = violations(&[("net/mod.rs", "//! A.\nmod a_tests;\n"), ("net/a_tests.rs", &long)]);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
}

#[test]
fn circles_between_folders_are_found_at_every_level() {
    let samples: [&[(&str, &str)]; 6] = [
        // Of one layer.
        &[
            ("search/mod.rs", "//! A.\nuse crate::export::Export;\npub struct Search;\n"),
            ("export/mod.rs", "//! A.\npub struct Export;\nfn f(_: crate::search::Search) {}\n"),
        ],
        // Further down, through a macro.
        &[
            ("engine/mod.rs", "//! A.\nmod outgoing;\nmod worker;\n"),
            ("engine/outgoing/mod.rs", "//! A.\nuse super::worker::Worker;\npub struct Queue;\n"),
            (
                "engine/worker/mod.rs",
                "//! A.\nuse super::outgoing;\npub struct Worker;\nfn f() { vec![outgoing::Queue]; }\n",
            ),
        ],
        // Through a re-export of the parent.
        &[
            ("engine/mod.rs", "//! A.\nmod outgoing;\nmod worker;\npub use worker::Worker;\n"),
            ("engine/outgoing/mod.rs", "//! A.\nuse super::Worker;\npub struct Queue;\n"),
            ("engine/worker/mod.rs", "//! A.\nuse super::outgoing::Queue;\npub struct Worker;\n"),
        ],
        // Through one from outside and another name.
        &[
            ("engine/mod.rs", "//! A.\npub mod outgoing;\nmod worker;\n"),
            ("engine/outgoing/mod.rs", "//! A.\nuse crate::engine::worker::Thread;\npub struct Queue;\n"),
            ("engine/worker/mod.rs", "//! A.\nmod run;\npub use run::Worker as Thread;\n"),
            ("engine/worker/run.rs", "//! A.\npub struct Worker(crate::engine::outgoing::Queue);\n"),
        ],
        // With a file beside the folder.
        &[
            ("engine/mod.rs", "//! A.\nmod handle;\nmod worker;\n"),
            ("engine/handle.rs", "//! A.\nuse super::worker::Worker;\npub struct Handle;\n"),
            ("engine/worker/mod.rs", "//! A.\npub struct Worker(super::handle::Handle);\n"),
        ],
        // Over three.
        &[
            ("search/mod.rs", "//! A.\nuse crate::export::E;\npub struct S;\n"),
            ("export/mod.rs", "//! A.\nuse crate::import::I;\npub struct E;\n"),
            ("import/mod.rs", "//! A.\nuse crate::search::S;\npub struct I;\n"),
        ],
    ];
    for files in samples {
        let wrong = violations(files);
        assert!(wrong.len() == 1 && wrong[0].starts_with("circle between folders"), "{files:?}: {wrong:?}");
    }
}

#[test]
fn circles_between_files_of_the_window_are_found() {
    let samples: [&[(&str, &str)]; 3] = [
        // Between a file and its parent.
        &[
            ("gui/mod.rs", "//! A.\nmod tab;\n"),
            ("gui/tab/mod.rs", "//! A.\nmod panel;\npub struct Tab;\nfn f() { panel::show(); }\n"),
            ("gui/tab/panel.rs", "//! A.\nuse super::Tab;\npub fn show() {}\n"),
        ],
        // The same without `use`.
        &[
            ("gui/mod.rs", "//! A.\nmod tab;\n"),
            ("gui/tab/mod.rs", "//! A.\nmod panel;\npub struct Tab(panel::Panel);\n"),
            ("gui/tab/panel.rs", "//! A.\npub struct Panel;\nfn f(_: &super::Tab) {}\n"),
        ],
        // A parent that uses what it re-exports.
        &[
            ("gui/mod.rs", "//! A.\nmod tab;\n"),
            ("gui/tab/mod.rs", "//! A.\nmod panel;\npub use panel::Panel;\npub struct Tab(Panel);\n"),
            ("gui/tab/panel.rs", "//! A.\npub struct Panel;\nfn f(_: &super::Tab) {}\n"),
        ],
    ];
    for files in samples {
        let wrong = violations(files);
        assert!(wrong.len() == 1 && wrong[0].starts_with("circle between files"), "{files:?}: {wrong:?}");
    }
}

#[test]
fn what_is_no_circle_is_not_found() {
    let samples: [&[(&str, &str)]; 4] = [
        // A parent that declares and re-exports, and children that name each other through it.
        &[
            ("gui/mod.rs", "//! A.\nmod tab;\n"),
            ("gui/tab/mod.rs", "//! A.\nmod panel;\nmod state;\npub use panel::show;\npub use state::Tab;\n"),
            ("gui/tab/panel.rs", "//! A.\nuse super::Tab;\npub fn show(_: Tab) {}\n"),
            ("gui/tab/state.rs", "//! A.\npub struct Tab;\n"),
        ],
        // A module that is only named on the way.
        &[
            ("gui/mod.rs", "//! A.\nmod a;\nmod b;\n"),
            ("gui/a.rs", "//! A.\nuse crate::gui;\nuse gui::b::B;\n"),
            ("gui/b.rs", "//! A.\npub struct B;\n"),
        ],
        // Tests may need anything.
        &[
            ("gui/mod.rs", "//! A.\nmod a;\nmod b;\n"),
            ("gui/a.rs", "//! A.\nuse super::b::B;\npub struct A;\n"),
            ("gui/b.rs", "//! A.\npub struct B;\n#[cfg(test)]\nmod tests { use crate::gui::a::A; }\n"),
        ],
        // Names that are local, of other crates, or of the prelude.
        &[
            ("search/mod.rs", "//! A.\nuse crate::export::E;\npub struct S;\n"),
            ("export/mod.rs", "//! A.\nuse other::search;\npub struct E;\nfn f() { search::S; Some(S); }\n"),
        ],
    ];
    for files in samples {
        assert_none(&violations(files));
    }
}

#[test]
fn state_that_imports_drawing_is_found() {
    let draw = [
        "//! A.\npub fn panel_ui(_: &mut egui::Ui) {}\npub struct Shown;\n",
        "//! A.\npub fn paint(_: &Painter) {}\npub struct Shown;\n",
        "//! A.\npub struct Shown;\nfn f(c: &Context) { show(c, |ui| ui.label()) }\n",
        "//! A.\npub struct Shown;\nimpl Shown { fn with(_: impl FnOnce(&mut Ui)) {} }\n",
    ];
    let state = "//! A.\nuse super::panel::Shown;\npub struct State(Shown);\n";
    for draw in draw {
        let wrong = violations(&[("gui/panel.rs", draw), ("gui/state.rs", state)]);
        assert!(wrong.len() == 1 && wrong[0].starts_with("state needs drawing"), "{draw}: {wrong:?}");
        // Drawing may import drawing and state.
        let other = "//! A.\nuse super::{panel::Shown, state::State};\nfn other_ui(_: &mut Ui, _: Shown, _: State) {}\n";
        let plain = "//! A.\npub struct State;\n";
        assert_none(&violations(&[("gui/panel.rs", draw), ("gui/other.rs", other), ("gui/state.rs", plain)]));
    }
    let with_waker = "//! A.\npub struct Shown;\nfn wake(c: &egui::Context) { c.request_repaint(); }\n";
    assert_none(&violations(&[("gui/panel.rs", with_waker), ("gui/state.rs", state)]));
}

/// `.ci/windows` shows what this prints.
#[test]
fn each_test_that_does_not_run_on_windows_has_a_reason() {
    let left_out = platforms::left_out(Path::new(env!("CARGO_MANIFEST_DIR")), &["src", "tests"]);
    assert_none(&left_out.without_reason);
    let count: usize = left_out.by_reason.values().map(Vec::len).sum();
    println!("{count} tests do not run on Windows:");
    for (reason, tests) in &left_out.by_reason {
        println!("  {reason}");
        tests.iter().for_each(|test| println!("    {test}"));
    }
}

#[test]
fn tests_that_do_not_run_on_windows_are_found_with_their_reasons() {
    let files = [
        (
            "tests/a.rs",
            "//! A.\n// Not on Windows: whole\n// file.\n#![cfg(target_os = \"linux\")]\n#[test]\nfn a() {}\n",
        ),
        ("tests/b/main.rs", "//! B.\n// Not on Windows: a module.\n#[cfg(unix)]\nmod c;\nmod d;\n"),
        ("tests/b/c.rs", "//! C.\n#[test]\nfn c() {}\nfn no_test() {}\n"),
        (
            "tests/b/d.rs",
            "//! D.\n// Not on Windows: one test.\n#[cfg(target_os = \"linux\")]\n#[test]\nfn d() {}\n\
             #[cfg_attr(windows, ignore = \"wine alone\")]\n#[test]\nfn e() {}\n\
             #[cfg(unix)]\n#[test]\nfn without() {}\n#[test]\nfn everywhere() {}\n\
             #[cfg(windows)]\n#[test]\nfn windows() {}\n\
             #[cfg(any(windows, target_os = \"linux\"))]\n#[test]\nfn both() {}\n",
        ),
        (
            "src/f.rs",
            "//! F.\n// Not on Windows: properties.\n#[cfg(all(test, not(windows)))]\n\
             mod tests { proptest! { #[test] fn f(a in 0..1) {} } }\n",
        ),
    ];
    let found = platforms::left_out_of(&files);
    let by_reason: Vec<_> =
        found.by_reason.iter().map(|(reason, tests)| (reason.as_str(), tests.join(" "))).collect();
    let expected = [
        ("a module.", "tests/b/c.rs: c"),
        ("one test.", "tests/b/d.rs: d"),
        ("properties.", "src/f.rs: f"),
        ("whole file.", "tests/a.rs: a"),
        ("wine alone", "tests/b/d.rs: e"),
    ];
    assert_eq!(by_reason, expected.map(|(reason, tests)| (reason, tests.to_owned())));
    assert_eq!(found.without_reason, ["tests/b/d.rs: without has no reason why it is not run on Windows"]);
}
