//! The parsed sources: files, their modules, and every path their code names.
//!
//! A path is resolved to the file that defines what it names, through modules, imports and re-exports. Method
//! calls are not resolved, since that takes types; a call needs a value, whose type some file names anyway.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// One file below `src`.
pub struct SourceFile {
    /// Relative to `src`, with slashes.
    pub path: String,
    pub text: String,
    pub syntax: syn::File,
    /// Declared behind `#[cfg(test)]`, or below a module that is.
    pub is_test: bool,
    /// All paths its code names, in order.
    pub references: Vec<Reference>,
    /// Lines of code and comments, without items behind `#[cfg(test)]`.
    pub lines: usize,
}

/// A path in the code.
#[derive(Debug)]
pub struct Reference {
    /// The module in which it is written.
    module: Vec<String>,
    /// As written; `crate`, `self` and `super` are segments.
    pub segments: Vec<String>,
    pub line: usize,
    pub in_test: bool,
    /// Part of a `pub use`, which names an item for others without using it.
    pub is_reexport: bool,
}

#[derive(Default)]
struct Module {
    file: String,
    items: Vec<String>,
    /// What each imported name stands for.
    imports: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Resolved {
    Module(Vec<String>),
    /// An item, and the file that defines it.
    Item(String),
}

/// All files, and the module tree that they make.
pub struct Sources {
    pub files: Vec<SourceFile>,
    modules: BTreeMap<Vec<String>, Module>,
}

impl Sources {
    /// The `.rs` files below a folder.
    pub fn read(root: &Path) -> Self {
        let mut texts = Vec::new();
        read_folder(root, "", &mut texts);
        Self::parse(&texts)
    }

    /// Files given as path and text.
    pub fn parse<T: AsRef<str>>(texts: &[(T, T)]) -> Self {
        let mut sources = Self { files: Vec::new(), modules: BTreeMap::new() };
        let mut tests = Vec::new();
        for (path, text) in texts {
            let (path, text) = (path.as_ref().to_owned(), text.as_ref().to_owned());
            let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let mut reader = Reader {
                path: &path,
                modules: &mut sources.modules,
                module: module_of(&path),
                in_test: false,
                references: Vec::new(),
                test_lines: 0,
                test_modules: Vec::new(),
            };
            reader.enter_module();
            reader.visit_file(&syntax);
            let (references, test_lines) = (reader.references, reader.test_lines);
            tests.extend(reader.test_modules);
            let lines = text.lines().count() - test_lines;
            sources.files.push(SourceFile { path, text, syntax, is_test: false, references, lines });
        }
        for file in &mut sources.files {
            let module = module_of(&file.path);
            let with_path = &file.path;
            file.is_test = tests.iter().any(|test| match test {
                TestModule::Named(name) => module.starts_with(name),
                TestModule::AtPath(path) => path == with_path,
            });
        }
        sources
    }

    /// What a path leads to; `None` for what is local, from a prelude or from another crate.
    pub fn resolve(&self, reference: &Reference) -> Option<Resolved> {
        self.resolve_from(&reference.module, &reference.segments, 0)
    }

    /// The path with `crate` as its first segment, if it is written with `crate`, `self` or `super`.
    pub fn absolute(reference: &Reference) -> Option<Vec<String>> {
        absolute(&reference.module, &reference.segments).map(|(module, rest)| [&module[..], rest].concat())
    }

    fn resolve_from(&self, from: &[String], segments: &[String], depth: usize) -> Option<Resolved> {
        const DEPTH: usize = 16; // a chain of imports is shorter; a circle of them ends here
        if depth > DEPTH {
            return None;
        }
        let (mut module, rest) = match absolute(from, segments) {
            Some(found) => found,
            None if self.names(from, segments.first()?) => (from.to_vec(), segments),
            None => return None,
        };
        for (at, name) in rest.iter().enumerate() {
            let child = [&module[..], std::slice::from_ref(name)].concat();
            if self.modules.contains_key(&child) {
                module = child;
                continue;
            }
            let here = self.modules.get(&module)?;
            let is_item = here.items.contains(name);
            if let Some(import) = here.imports.get(name).filter(|_| !is_item) {
                let path = [&import[..], &rest[at + 1..]].concat();
                return self.resolve_from(&module, &path, depth + 1);
            }
            if !is_item {
                for glob in &here.globs {
                    let path = [&glob[..], &rest[at..]].concat();
                    if let Some(found) = self.resolve_from(&module, &path, depth + 1) {
                        return Some(found);
                    }
                }
            }
            return Some(Resolved::Item(here.file.clone()));
        }
        Some(Resolved::Module(module))
    }

    fn names(&self, module: &[String], name: &String) -> bool {
        let child = [module, std::slice::from_ref(name)].concat();
        self.modules.contains_key(&child)
            || self
                .modules
                .get(module)
                .is_some_and(|module| module.items.contains(name) || module.imports.contains_key(name))
    }
}

/// The module a path begins in, and what is left of it.
fn absolute<'a>(from: &[String], segments: &'a [String]) -> Option<(Vec<String>, &'a [String])> {
    match segments.first()?.as_str() {
        "crate" => Some((Vec::new(), &segments[1..])),
        "self" => Some((from.to_vec(), &segments[1..])),
        "super" => {
            let supers = segments.iter().take_while(|segment| *segment == "super").count();
            let kept = from.len().checked_sub(supers)?;
            Some((from[..kept].to_vec(), &segments[supers..]))
        }
        _ => None,
    }
}

/// `net/driver/mod.rs` is `["net", "driver"]`, and `lib.rs` is the crate.
pub fn module_of(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(Into::into).collect() }
}

pub fn read_folder(folder: &Path, prefix: &str, texts: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        let path = format!("{prefix}{}", entry.file_name().unwrap().to_str().unwrap());
        if entry.is_dir() {
            read_folder(&entry, &format!("{path}/"), texts);
        } else if path.ends_with(".rs") {
            texts.push((path, fs::read_to_string(&entry).unwrap()));
        }
    }
}

enum TestModule {
    Named(Vec<String>),
    AtPath(String),
}

/// Collects what one file declares and names.
struct Reader<'a> {
    path: &'a str,
    modules: &'a mut BTreeMap<Vec<String>, Module>,
    module: Vec<String>,
    in_test: bool,
    references: Vec<Reference>,
    test_lines: usize,
    test_modules: Vec<TestModule>,
}

impl Reader<'_> {
    fn enter_module(&mut self) {
        self.modules.entry(self.module.clone()).or_default().file = self.path.to_owned();
    }

    fn here(&mut self) -> &mut Module {
        self.modules.entry(self.module.clone()).or_default()
    }

    fn refer(&mut self, segments: Vec<String>, line: usize, is_reexport: bool) {
        let (module, in_test) = (self.module.clone(), self.in_test);
        self.references.push(Reference { module, segments, line, in_test, is_reexport });
    }

    /// The paths among the tokens of a macro, which the parser leaves as they are.
    fn refer_in_tokens(&mut self, tokens: TokenStream) {
        let mut segments: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut line = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 && !segments.is_empty() {
                        self.refer(std::mem::take(&mut segments), line, false);
                    }
                    if segments.is_empty() {
                        line = name.span().start().line;
                    }
                    segments.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !segments.is_empty() => colons += 1,
                other => {
                    if !segments.is_empty() {
                        self.refer(std::mem::take(&mut segments), line, false);
                    }
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.refer_in_tokens(group.stream());
                    }
                }
            }
        }
        if !segments.is_empty() {
            self.refer(segments, line, false);
        }
    }

    fn import(&mut self, tree: &syn::UseTree, before: &[String], is_reexport: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let line = tree.span().start().line;
        match tree {
            syn::UseTree::Path(path) => self.import(&path.tree, &with(&path.ident), is_reexport),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.import(tree, before, is_reexport));
            }
            syn::UseTree::Glob(_) => {
                self.here().globs.push(before.to_vec());
                self.refer([before, &["*".to_owned()]].concat(), line, is_reexport);
            }
            syn::UseTree::Name(name) => {
                let path = if name.ident == "self" { before.to_vec() } else { with(&name.ident) };
                self.import_name(path.last().cloned(), path, line, is_reexport);
            }
            syn::UseTree::Rename(rename) => {
                let path = if rename.ident == "self" { before.to_vec() } else { with(&rename.ident) };
                self.import_name(Some(rename.rename.to_string()), path, line, is_reexport);
            }
        }
    }

    fn import_name(&mut self, name: Option<String>, path: Vec<String>, line: usize, is_reexport: bool) {
        // `use a::{self as _}` and `use Trait as _` bring in no name. A name that is its own path is a crate.
        if let Some(name) = name.filter(|name| name != "_" && path[..] != [name.clone()]) {
            self.here().imports.insert(name, path.clone());
        }
        self.refer(path, line, is_reexport);
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_item(&mut self, item: &'a syn::Item) {
        if let Some(name) = name_of(item) {
            self.here().items.push(name);
        }
        let begins_test = !self.in_test && is_for_tests(attributes_of(item));
        if begins_test {
            let span = item.span();
            self.test_lines += span.end().line - span.start().line + 1;
            self.in_test = true;
        }
        visit::visit_item(self, item);
        if begins_test {
            self.in_test = false;
        }
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        self.module.push(item.ident.to_string());
        if item.content.is_some() {
            self.enter_module();
        } else if self.in_test {
            let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            self.test_modules.push(match path_attribute(&item.attrs) {
                Some(path) => TestModule::AtPath(format!("{folder}/{path}")),
                None => TestModule::Named(self.module.clone()),
            });
        }
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        let is_reexport = !matches!(item.vis, syn::Visibility::Inherited);
        if item.leading_colon.is_none() {
            self.import(&item.tree, &[], is_reexport);
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if path.leading_colon.is_none() {
            self.refer(segments, path.span().start().line, false);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'a syn::Macro) {
        self.refer_in_tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }
}

pub fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let words: Vec<_> = list.tokens.clone().into_iter().map(|token| token.to_string()).collect();
            words == ["test"]
                || words.first().is_some_and(|word| word == "all")
                    && list.tokens.clone().into_iter().any(|token| match token {
                        TokenTree::Group(group) => {
                            group.stream().into_iter().any(|token| token.to_string() == "test")
                        }
                        _ => false,
                    })
        }
        _ => false,
    })
}

pub fn path_attribute(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    })
}

fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    use syn::Item;
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &syn::Item) -> Option<String> {
    use syn::Item;
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        _ => return None,
    })
}
