//! Tests that do not run on Windows, each with its reason.
//!
//! A test is left out there by `#[cfg]`, on itself or on a module or a file around it, or ignored by
//! `#[cfg_attr(windows, ignore = "reason")]`. What is left out by `#[cfg]` has its reason in a comment that
//! stands directly before the attribute and begins with [`REASON`].

use std::collections::BTreeMap;
use std::path::Path;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::source::{path_attribute, read_folder};

const REASON: &str = "// Not on Windows: ";

/// Tests by the reason why they do not run on Windows.
#[derive(Debug, Default)]
pub struct LeftOut {
    pub by_reason: BTreeMap<String, Vec<String>>,
    /// Attributes without a reason, in words.
    pub without_reason: Vec<String>,
}

/// The tests below these folders, which are relative to the package.
pub fn left_out(package: &Path, folders: &[&str]) -> LeftOut {
    let mut texts = Vec::new();
    for folder in folders {
        read_folder(&package.join(folder), &format!("{folder}/"), &mut texts);
    }
    left_out_of(&texts)
}

pub fn left_out_of<T: AsRef<str>>(texts: &[(T, T)]) -> LeftOut {
    let files: Vec<_> = texts
        .iter()
        .map(|(path, text)| (path.as_ref(), text.as_ref(), syn::parse_file(text.as_ref()).unwrap()))
        .collect();
    let mut found = LeftOut::default();
    // A module's reason holds for its files, so the file that declares it comes first.
    let mut modules: Vec<(String, String)> = Vec::new();
    let mut order: Vec<_> = files.iter().collect();
    let is_child =
        |path: &str| !["/main.rs", "/lib.rs", "/mod.rs"].iter().any(|parent| path.ends_with(parent));
    order.sort_by_key(|(path, ..)| (path.matches('/').count(), is_child(path), *path));
    for (path, text, syntax) in order {
        let inherited = modules.iter().find(|(below, _)| path.starts_with(below.as_str()));
        let mut tests = Tests {
            path,
            lines: text.lines().collect(),
            reasons: inherited.map(|(_, reason)| reason.clone()).into_iter().collect(),
            modules: Vec::new(),
            found: &mut found,
        };
        tests.within(&syntax.attrs, |tests| visit::visit_file(tests, syntax));
        modules.extend(tests.modules);
    }
    found
}

struct Tests<'a> {
    path: &'a str,
    lines: Vec<&'a str>,
    /// Of what is around the current item, the outermost first.
    reasons: Vec<String>,
    /// Files, or folders with a slash, that modules behind an attribute are in; with its reason.
    modules: Vec<(String, String)>,
    found: &'a mut LeftOut,
}

impl Tests<'_> {
    /// Visits what these attributes belong to.
    fn within(&mut self, attributes: &[syn::Attribute], visit: impl FnOnce(&mut Self)) {
        let excluding = attributes.iter().find(|attribute| excludes_windows(attribute));
        if let Some(attribute) = excluding {
            let reason = self.reason_before(attribute.span());
            self.reasons.push(reason.unwrap_or_default());
        }
        visit(self);
        if excluding.is_some() {
            self.reasons.pop();
        }
    }

    /// The comment that ends in the line before.
    fn reason_before(&self, span: Span) -> Option<String> {
        let before = &self.lines[..span.start().line - 1];
        let begins =
            before.iter().rposition(|line| !line.trim_start().starts_with("// ")).map_or(0, |at| at + 1);
        let comment = &before[begins..];
        let begins = comment.iter().position(|line| line.trim_start().starts_with(REASON))?;
        let words = comment[begins..].iter().map(|line| line.trim_start().trim_start_matches("// "));
        Some(words.collect::<Vec<_>>().join(" ").replacen(&REASON[3..], "", 1))
    }

    fn test(&mut self, name: &str, attributes: &[syn::Attribute]) {
        let name = format!("{}: {name}", self.path);
        let ignored = attributes.iter().find_map(ignored_on_windows);
        match self.reasons.first().cloned().or(ignored) {
            Some(reason) if reason.is_empty() => {
                self.found.without_reason.push(format!("{name} has no reason why it is not run on Windows"));
            }
            Some(reason) => self.found.by_reason.entry(reason).or_default().push(name),
            None => {}
        }
    }
}

impl<'a> Visit<'a> for Tests<'_> {
    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        self.within(&module.attrs, |tests| {
            if module.content.is_none()
                && let Some(reason) = tests.reasons.first()
            {
                let folder = match tests.path.rsplit_once('/') {
                    Some((folder, "mod.rs" | "main.rs" | "lib.rs")) => folder.to_owned(),
                    _ => tests.path.trim_end_matches(".rs").to_owned(),
                };
                let files = match path_attribute(&module.attrs) {
                    Some(path) => vec![format!("{}/{path}", tests.path.rsplit_once('/').unwrap().0)],
                    None => {
                        vec![format!("{folder}/{}.rs", module.ident), format!("{folder}/{}/", module.ident)]
                    }
                };
                tests.modules.extend(files.into_iter().map(|file| (file, reason.clone())));
            }
            visit::visit_item_mod(tests, module);
        });
    }

    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        let is_test = function.attrs.iter().any(|attribute| attribute.path().is_ident("test"));
        if is_test {
            let name = function.sig.ident.to_string();
            self.within(&function.attrs, |tests| tests.test(&name, &function.attrs));
        }
    }

    fn visit_item_macro(&mut self, called: &'a syn::ItemMacro) {
        if called.mac.path.segments.last().is_some_and(|name| name.ident == "proptest") {
            self.within(&called.attrs, |tests| {
                for name in functions_in(called.mac.tokens.clone()) {
                    tests.test(&name, &[]);
                }
            });
        }
    }
}

fn functions_in(tokens: TokenStream) -> Vec<String> {
    let names = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    });
    let names: Vec<_> = names.collect();
    names.windows(2).filter(|pair| pair[0] == "fn").map(|pair| pair[1].clone()).collect()
}

/// A `#[cfg]` that is false on Windows.
fn excludes_windows(attribute: &syn::Attribute) -> bool {
    match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            !list.parse_args::<syn::Meta>().is_ok_and(|condition| holds_on_windows(&condition))
        }
        _ => false,
    }
}

/// Whether a condition holds in a test with all features on Windows.
fn holds_on_windows(condition: &syn::Meta) -> bool {
    match condition {
        syn::Meta::Path(path) => !path.is_ident("unix"),
        syn::Meta::NameValue(pair) => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(value), .. }) => {
                !(pair.path.is_ident("target_os") || pair.path.is_ident("target_family"))
                    || value.value() == "windows"
            }
            _ => true,
        },
        syn::Meta::List(list) => {
            let conditions = list
                .parse_args_with(syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated)
                .unwrap();
            let mut holds = conditions.iter().map(holds_on_windows);
            if list.path.is_ident("any") {
                holds.any(|holds| holds)
            } else if list.path.is_ident("not") {
                !holds.all(|holds| holds)
            } else {
                holds.all(|holds| holds)
            }
        }
    }
}

/// The reason in `#[cfg_attr(windows, ignore = "reason")]`; empty if there is none.
fn ignored_on_windows(attribute: &syn::Attribute) -> Option<String> {
    let syn::Meta::List(list) = &attribute.meta else { return None };
    if !list.path.is_ident("cfg_attr") {
        return None;
    }
    let parts = list
        .parse_args_with(syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated)
        .unwrap();
    let ignore = parts.iter().skip(1).find(|part| part.path().is_ident("ignore"))?;
    if !holds_on_windows(parts.first()?) {
        return None;
    }
    match ignore {
        syn::Meta::NameValue(pair) => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(reason), .. }) => Some(reason.value()),
            _ => Some(String::new()),
        },
        _ => Some(String::new()),
    }
}
