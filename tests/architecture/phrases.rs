//! Phrases with placeholders: each is filled with the values that its text names, no fewer and no more.
//!
//! `build.rs` compares the languages with each other; this compares them with the calls of `lang::fill`. A call
//! whose phrase or values stand in a variable is not compared.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, Member, Token};

use crate::source::Sources;

/// How many calls were compared, and what is wrong with them, in words.
pub fn violations(sources: &Sources, table: &BTreeMap<String, String>) -> (usize, Vec<String>) {
    let (mut compared, mut wrong) = (0, Vec::new());
    for file in &sources.files {
        let mut calls = Vec::new();
        find_calls(file.syntax.to_token_stream(), &mut calls);
        for (phrase, given) in calls {
            compared += 1;
            let named = table.get(&phrase).map(|text| placeholders(text)).unwrap_or_default();
            if named != given {
                wrong.push(format!("{}: {phrase} has {named:?} and is filled with {given:?}", file.path));
            }
        }
    }
    (compared, wrong)
}

fn placeholders(text: &str) -> BTreeSet<String> {
    let inside = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
    inside.map(|(inside, _)| inside.split('|').next().unwrap_or(inside).to_owned()).collect()
}

/// Finds calls in macros as well, which `syn` does not parse.
fn find_calls(tokens: TokenStream, calls: &mut Vec<(String, BTreeSet<String>)>) {
    let trees: Vec<_> = tokens.into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else { continue };
        let is_named = |back: usize, text: &str| at >= back && trees[at - back].to_string() == text;
        if is_named(1, "fill") && !is_named(2, ".") {
            calls.extend(call(group.stream()));
        }
        find_calls(group.stream(), calls);
    }
}

/// The phrase, and the names of the values.
fn call(arguments: TokenStream) -> Option<(String, BTreeSet<String>)> {
    let arguments = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(arguments).ok()?;
    let (Expr::Reference(template), Expr::Reference(values)) = (arguments.get(0)?, arguments.get(1)?) else {
        return None;
    };
    let (Expr::Field(field), Expr::Array(values)) = (&*template.expr, &*values.expr) else { return None };
    let Member::Named(phrase) = &field.member else { return None };
    let names = values.elems.iter().map(|value| {
        let Expr::Tuple(pair) = value else { return None };
        let Some(Expr::Lit(ExprLit { lit: Lit::Str(name), .. })) = pair.elems.first() else { return None };
        Some(name.value())
    });
    Some((phrase.to_string(), names.collect::<Option<_>>()?))
}
