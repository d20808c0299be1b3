//! State apart from drawing in the window. A file draws if one of its functions takes a `Ui` or a `Painter`, or
//! one of its closures a `ui`. All other files of `gui` are state, and may not need an item of one that draws.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};

use crate::circles::Uses;
use crate::source::{SourceFile, Sources, is_for_tests};

/// The files of `gui` that draw.
pub fn drawing_files(sources: &Sources) -> BTreeSet<&str> {
    let files = sources.files.iter().filter(|file| file.path.starts_with("gui/") && !file.is_test);
    files.filter(|file| draws(file)).map(|file| &file.path[..]).collect()
}

/// State that needs drawing, in words.
pub fn state_that_draws(sources: &Sources, uses: &Uses) -> Vec<String> {
    let drawing = drawing_files(sources);
    let is_state = |path: &str| path.starts_with("gui/") && !drawing.contains(path);
    let wrong = uses.iter().filter(|((user, definer), _)| is_state(user) && drawing.contains(&definer[..]));
    wrong.map(|((_, definer), place)| format!("state needs drawing in {definer}: {place}")).collect()
}

fn draws(file: &SourceFile) -> bool {
    let mut signatures = Signatures { is_inside: false, draws: false };
    signatures.visit_file(&file.syntax);
    signatures.draws
}

struct Signatures {
    is_inside: bool,
    draws: bool,
}

impl<'a> Visit<'a> for Signatures {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_signature(&mut self, signature: &'a syn::Signature) {
        self.is_inside = true;
        visit::visit_signature(self, signature);
        self.is_inside = false;
    }

    fn visit_expr_closure(&mut self, closure: &'a syn::ExprClosure) {
        self.draws |= closure.inputs.iter().any(|input| match input {
            syn::Pat::Ident(name) => name.ident == "ui",
            _ => false,
        });
        visit::visit_expr_closure(self, closure);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let name = path.segments.last().map(|segment| segment.ident.to_string());
        self.draws |= self.is_inside && matches!(name.as_deref(), Some("Ui" | "Painter"));
        visit::visit_path(self, path);
    }
}
