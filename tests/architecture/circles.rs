//! Circles among imports: between the folders of `src` at every level, and between the files of `gui`.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Resolved, Sources};

/// A file that needs an item of another: (user, definer) and where the user names it.
pub type Uses = BTreeMap<(String, String), String>;

/// Which file needs which. A module that is only named on the way to an item is not needed for itself, a
/// re-export leads to the file that defines the item, and tests may need anything.
pub fn uses(sources: &Sources) -> Uses {
    let mut uses = Uses::new();
    for file in sources.files.iter().filter(|file| !file.is_test && file.path != "main.rs") {
        for reference in file.references.iter().filter(|found| !found.in_test && !found.is_reexport) {
            if let Some(Resolved::Item(definer)) = sources.resolve(reference)
                && definer != file.path
            {
                let place = format!("{}:{} {}", file.path, reference.line, reference.segments.join("::"));
                uses.entry((file.path.clone(), definer)).or_insert(place);
            }
        }
    }
    uses
}

/// Circles between folders, in words. At each level a folder and what stands beside it is one, so that a
/// folder that a file beside it needs, and that needs this file, is found as well.
pub fn between_folders(uses: &Uses) -> Vec<String> {
    let mut levels: BTreeMap<String, Uses> = BTreeMap::new();
    for ((user, definer), place) in uses {
        let (user, definer) = (parts(user), parts(definer));
        let shared = user.iter().zip(&definer).take_while(|(a, b)| a == b).count();
        if let (Some(from), Some(to)) = (user.get(shared), definer.get(shared))
            && from != "mod"
            && to != "mod"
        {
            let level = levels.entry(user[..shared].join("/")).or_default();
            level.entry((from.clone(), to.clone())).or_insert_with(|| place.clone());
        }
    }
    let mut found = Vec::new();
    for (level, uses) in &levels {
        for circle in circles(uses) {
            let within = if level.is_empty() { "src".to_owned() } else { format!("src/{level}") };
            found.push(format!("circle between folders of {within}: {circle}"));
        }
    }
    found
}

/// Circles between the files below a folder, in words.
pub fn between_files(uses: &Uses, folder: &str) -> Vec<String> {
    let within = |path: &String| path.starts_with(folder);
    let uses = uses.iter().filter(|((user, definer), _)| within(user) && within(definer));
    let uses = uses.map(|(pair, place)| (pair.clone(), place.clone())).collect();
    circles(&uses).into_iter().map(|circle| format!("circle between files: {circle}")).collect()
}

fn parts(path: &str) -> Vec<String> {
    path.trim_end_matches(".rs").split('/').map(Into::into).collect()
}

/// Each set of nodes that lead to one another, shown by its shortest circle.
fn circles(uses: &Uses) -> Vec<String> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in uses.keys() {
        next.entry(from).or_default().push(to);
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for &start in next.keys() {
        if seen.contains(start) {
            continue;
        }
        let Some(circle) = shortest_circle(&next, start) else { continue };
        let members: BTreeSet<_> = reachable(&next, start)
            .into_iter()
            .filter(|node| reachable(&next, node).contains(start))
            .collect();
        let places = circle.windows(2).map(|pair| &uses[&(pair[0].to_owned(), pair[1].to_owned())][..]);
        let places: Vec<_> = places.collect();
        let all: Vec<_> = members.iter().copied().collect();
        found.push(format!(
            "{} ({}){}",
            circle.join(" → "),
            places.join("; "),
            if all.len() > circle.len() - 1 {
                format!(", one of the circles of {}", all.join(", "))
            } else {
                String::new()
            }
        ));
        seen.extend(members);
    }
    found
}

fn reachable<'a>(next: &BTreeMap<&'a str, Vec<&'a str>>, start: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&'a str> = next.get(start).cloned().unwrap_or_default();
    while let Some(node) = open.pop() {
        if found.insert(node) {
            open.extend(next.get(node).into_iter().flatten());
        }
    }
    found
}

/// The way back to where it starts, with `start` at both ends.
fn shortest_circle<'a>(next: &BTreeMap<&'a str, Vec<&'a str>>, start: &'a str) -> Option<Vec<&'a str>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = std::collections::VecDeque::from([start]);
    while let Some(node) = open.pop_front() {
        for &to in next.get(node).into_iter().flatten() {
            if to == start {
                let mut way = vec![start];
                let mut at = node;
                while at != start {
                    way.push(at);
                    at = before[at];
                }
                way.push(start);
                way.reverse();
                return Some(way);
            }
            if !before.contains_key(to) {
                before.insert(to, node);
                open.push_back(to);
            }
        }
    }
    None
}
