//! The rules for one file: its layer, egui, unsafe code, its first line, its size, and how it names the crate.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use crate::source::{Resolved, SourceFile, Sources, module_of};

/// The layers from the bottom. Modules of one layer may import each other, but for [`STRANGERS`].
const LAYERS: [&[&str]; 6] = [
    &["codec", "document", "finder", "framing", "lang", "model", "pattern", "payload", "rules", "sequence"],
    &["sys", "task"],
    &["capture", "net"],
    &["engine", "export", "frames", "import", "search", "settings", "streams"],
    &["cli", "gui"],
    &["lib", "main"],
];
const STRANGERS: [&str; 2] = ["capture", "net"];
/// Lines of code and comments in one file, without its tests.
pub const MAX_LINES: usize = 500;

/// All violations of the rules for single files, in words.
pub fn violations(sources: &Sources) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in &sources.files {
        wrong.extend(check(sources, file).into_iter().map(|what| format!("{}: {what}", file.path)));
    }
    wrong
}

/// The modules in the table of layers.
pub fn modules() -> impl Iterator<Item = &'static str> {
    LAYERS.into_iter().flatten().copied()
}

fn check(sources: &Sources, file: &SourceFile) -> Vec<String> {
    let mut wrong = Vec::new();
    if !file.text.starts_with("//! ") {
        wrong.push("no `//!` first line".into());
    }
    if !file.is_test && file.lines > MAX_LINES {
        wrong.push(format!("{} lines of code", file.lines));
    }
    let own = file.path.split(['/', '.']).next().unwrap_or_default();
    let names = names_in(file.syntax.to_token_stream());
    if own != "gui" && names.iter().any(|name| is_egui(name)) {
        wrong.push("egui outside `gui`".into());
    }
    if own != "sys" && names.iter().any(|name| name == "unsafe" || name == "unsafe_code") {
        wrong.push("unsafe code outside `sys`".into());
    }
    let Some(layer) = layer_of(own) else {
        wrong.push(format!("`{own}` is in no layer"));
        return wrong;
    };
    let mut found = Vec::new();
    for reference in &file.references {
        let line = reference.line;
        if own != "main" && reference.segments.len() > 1 && reference.segments[0] == "wirelab" {
            wrong.push(format!("line {line} names its own crate `wirelab` instead of `crate`"));
        }
        if !reference.in_test && !file.is_test && reference.segments.last().is_some_and(|last| last == "*") {
            wrong.push(format!("line {line} imports everything of a module"));
        }
        let Some(other) = top_module(sources, reference) else { continue };
        let Some(above) = layer_of(&other) else { continue };
        let is_stranger = own != other && STRANGERS.contains(&own) && STRANGERS.contains(&other.as_str());
        if (above > layer || is_stranger) && !found.contains(&other) {
            let relation = if is_stranger { "a stranger to" } else { "above" };
            wrong.push(format!("line {line} imports `{other}`, which is {relation} `{own}`"));
            found.push(other);
        }
    }
    wrong
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The module of the crate that a path leads to or through.
fn top_module(sources: &Sources, reference: &crate::source::Reference) -> Option<String> {
    if let Some(path) = Sources::absolute(reference) {
        return path.into_iter().next();
    }
    match sources.resolve(reference)? {
        Resolved::Module(path) => path.into_iter().next(),
        Resolved::Item(file) => module_of(&file).into_iter().next(),
    }
}

fn is_egui(name: &str) -> bool {
    matches!(name, "eframe" | "egui") || name.starts_with("egui_")
}

/// All names and keywords; what stands in text and comments is none of them.
fn names_in(tokens: TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(name) => names.push(name.to_string()),
            TokenTree::Group(group) => names.extend(names_in(group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    names
}
