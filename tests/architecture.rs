//! The layers, checked by machine: walks `src/` and fails on what the architecture forbids.
//!
//! Imports only go down; each file says what it owns in its first line and stays small. Samples in
//! this file show that each rule finds what it is there for.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the bottom. What stands together in one may import each other, but for [`STRANGERS`].
const LAYERS: [&[&str]; 6] = [
    &["model", "codec", "lang"],
    &["task"],
    &["capture", "net", "sys"],
    &["engine", "export", "import", "search", "settings", "streams"],
    &["cli", "gui"],
    &["lib", "main"],
];
const STRANGERS: [&str; 2] = ["capture", "net"];
const MAX_LINES: usize = 500;

/// What is wrong with a file, in words. `path` is relative to `src/`.
fn check(path: &str, source: &str, is_test: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    if !source.starts_with("//! ") {
        wrong.push("has no `//!` first line".into());
    }
    let code = without_comments_and_text(source);
    let lines = without_tests(&code).lines().count();
    if !is_test && lines > MAX_LINES {
        wrong.push(format!("has {lines} lines of code"));
    }
    let own = path.split(['/', '.']).next().unwrap_or_default();
    let Some(layer) = layer_of(own) else {
        wrong.push(format!("`{own}` belongs to no layer"));
        return wrong;
    };
    for other in imported_modules(&module_path(path), &code) {
        match layer_of(&other) {
            Some(above) if above > layer => wrong.push(format!("imports `{other}`, which is above `{own}`")),
            Some(_) if own != other && STRANGERS.contains(&own) && STRANGERS.contains(&&*other) => {
                wrong.push(format!("imports `{other}`, which is a stranger to `{own}`"));
            }
            _ => {}
        }
    }
    let words: Vec<_> = words(&code).collect();
    if own != "gui"
        && words.iter().any(|word| *word == "eframe" || *word == "egui" || word.starts_with("egui_"))
    {
        wrong.push("knows egui, which only `gui` may".into());
    }
    if own != "sys" && words.contains(&"unsafe_code") {
        wrong.push("allows unsafe code, which only `sys` may".into());
    }
    let names_itself = words.windows(2).any(|pair| pair == ["wirelab", "::"]);
    if own != "main" && names_itself {
        wrong.push("names its own crate `wirelab` instead of `crate`".into());
    }
    wrong
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// `net/driver/mod.rs` is `["net", "driver"]`.
fn module_path(path: &str) -> Vec<&str> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').collect() }
}

/// The modules at the top that the code names, through `crate` or through enough `super`s; in
/// `use crate::{a::b, c}` that is each of them.
fn imported_modules(own: &[&str], code: &str) -> BTreeSet<String> {
    let words: Vec<_> = words(code).collect();
    let mut found = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        let begins = at == 0 || words[at - 1] != "::";
        let after = match *word {
            "crate" if begins => at + 1,
            "super" if begins => {
                let supers = words[at..].chunks(2).take_while(|pair| *pair == ["super", "::"]).count();
                // Inside a module of the same file one more leads no further up, so that this finds
                // rather too much; what is no module at the top is not counted anyway.
                if supers < own.len() {
                    continue;
                }
                at + 2 * supers - 1
            }
            _ => continue,
        };
        if words.get(after) == Some(&"::") {
            found.extend(heads(&words[after + 1..]).into_iter().filter(|name| layer_of(name).is_some()));
        }
    }
    found
}

/// The first name of a path, or of each path in braces.
fn heads(words: &[&str]) -> Vec<String> {
    if words.first() != Some(&"{") {
        return words.first().map(ToString::to_string).into_iter().collect();
    }
    let mut depth = 0;
    let mut heads = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match *word {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ if depth == 1 && matches!(words[at - 1], "{" | ",") => heads.push(word.to_string()),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

/// Names, `::`, and every other character that is no space.
fn words(code: &str) -> impl Iterator<Item = &str> {
    let mut rest = code;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let length = if is_name(first) {
            rest.find(|c| !is_name(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(length);
        rest = after;
        Some(word)
    })
}

/// The code with comments and the insides of strings left out; lines stay where they are.
fn without_comments_and_text(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let before = code.chars().next_back();
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            text_length(rest)
        } else if let Some(fence) =
            raw_text_fence(rest).filter(|_| !before.is_some_and(char::is_alphanumeric))
        {
            let start = rest.find('"').unwrap_or(0) + 1;
            rest[start..].find(&fence).map_or(rest.len(), |end| start + end + fence.len())
        } else if let Some(length) = character_length(rest) {
            length
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
        rest = &rest[skipped..];
    }
    code
}

/// The length of a string that begins here, with its quotes.
fn text_length(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    rest.len()
}

/// What ends the raw string that begins here, if one does.
fn raw_text_fence(rest: &str) -> Option<String> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then(|| format!("\"{}", "#".repeat(hashes)))
}

/// The length of a character literal that begins here; `None` for a lifetime.
fn character_length(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    if let Some(escaped) = inside.strip_prefix('\\') {
        let end = escaped.char_indices().skip(1).find(|(_, c)| *c == '\'')?.0;
        return Some(2 + end + 1);
    }
    let c = inside.chars().next()?;
    inside[c.len_utf8()..].starts_with('\'').then_some(2 + c.len_utf8())
}

/// The code without modules and functions behind `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        rest = &after[item_length(after)..];
    }
    kept + rest
}

/// How far an item reaches: to its semicolon, or to the brace that closes its first one.
fn item_length(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// The files that `#[cfg(test)] mod name;` in a file stands for.
fn test_files(path: &Path, source: &str) -> Vec<PathBuf> {
    let code = without_comments_and_text(source);
    let folder = match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") => path.parent().unwrap().to_path_buf(),
        _ => path.with_extension(""),
    };
    let declared = code.split("#[cfg(test)]").skip(1).filter_map(|after| {
        let name = after.trim_start().strip_prefix("mod ")?.split(';').next()?;
        name.chars().all(|c| c.is_alphanumeric() || c == '_').then_some(name)
    });
    let file_of = |name: &str| {
        let nested = folder.join(name).join("mod.rs");
        if nested.exists() { nested } else { folder.join(format!("{name}.rs")) }
    };
    declared.map(file_of).collect()
}

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn the_sources_keep_to_the_architecture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files: Vec<_> =
        source_files(&root).into_iter().map(|path| (fs::read_to_string(&path).unwrap(), path)).collect();
    assert!(files.len() > 20, "{} files found", files.len());
    let tests: BTreeSet<_> = files.iter().flat_map(|(source, path)| test_files(path, source)).collect();
    assert!(tests.iter().all(|path| path.exists()), "{tests:?}");
    let mut wrong = Vec::new();
    for (source, path) in &files {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        wrong.extend(
            check(&name, source, tests.contains(path)).into_iter().map(|what| format!("src/{name} {what}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_rule_finds_what_it_forbids() {
    let long = format!("//! Long.\n{}", "fn f() {}\n".repeat(MAX_LINES));
    let samples = [
        ("model/a.rs", "//! A.\nuse crate::net::Driver;\n", "imports `net`"),
        (
            "codec/a.rs",
            "//! A.\nuse crate::{\n    model::Record,\n    engine::{self, Tap},\n};\n",
            "imports `engine`",
        ),
        ("capture/a.rs", "//! A.\nuse crate::net::Link;\n", "stranger"),
        ("net/driver/mod.rs", "//! A.\nfn f() { crate::capture::open(); }\n", "stranger"),
        ("net/mod.rs", "//! A.\npub use super::engine::Tap;\n", "imports `engine`"),
        ("net/driver/mod.rs", "//! A.\nuse super::super::gui;\n", "imports `gui`"),
        ("engine/a.rs", "//! A.\ntype T = crate::gui::App;\n", "imports `gui`"),
        ("engine/a.rs", "//! A.\nuse crate :: /* up */ cli :: Args;\n", "imports `cli`"),
        ("settings/a.rs", "//! A.\n#[cfg(test)]\nmod tests {\n    use crate::cli;\n}\n", "imports `cli`"),
        ("cli/a.rs", "//! A.\nuse egui::Ui;\n", "knows egui"),
        ("engine/a.rs", "//! A.\nfn f(_: &eframe::Frame) {}\n", "knows egui"),
        ("net/a.rs", "//! A.\nuse egui_extras as e;\n", "knows egui"),
        ("net/a.rs", "//! A.\n#![allow(unsafe_code)]\n", "allows unsafe code"),
        ("gui/a.rs", "//! A.\nuse wirelab::model;\n", "its own crate"),
        ("net/a.rs", "use std::io;\n", "first line"),
        ("net/a.rs", "// A.\nuse std::io;\n", "first line"),
        ("utils/a.rs", "//! A.\n", "no layer"),
        ("model/a.rs", &long, "lines of code"),
    ];
    for (path, source, expected) in samples {
        let wrong = check(path, source, false);
        assert!(wrong.len() == 1 && wrong[0].contains(expected), "{path}: {source}: {wrong:?}");
    }
}

#[test]
fn what_is_allowed_is_not_found() {
    let with_tests =
        format!("//! A.\n#[cfg(test)]\nmod tests {{\n{}}}\n", "    fn f() {}\n".repeat(MAX_LINES));
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
    ];
    for (path, source) in samples {
        assert_eq!(check(path, source, false), Vec::<String>::new(), "{path}: {source}");
    }
    let long_test = format!("//! Tests.\n{}", "fn f() {}\n".repeat(MAX_LINES));
    assert_eq!(check("net/a_tests.rs", &long_test, true), Vec::<String>::new());
    assert_eq!(
        test_files(Path::new("src/net/mod.rs"), "#[cfg(test)]\nmod a_tests;\nmod b;\n"),
        [Path::new("src/net/a_tests.rs")]
    );
    assert_eq!(
        test_files(Path::new("src/net/udp.rs"), "#[cfg(test)] mod c;"),
        [Path::new("src/net/udp/c.rs")]
    );
}
