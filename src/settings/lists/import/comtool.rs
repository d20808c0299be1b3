//! COMTool's `config.json`: somewhere in it an array `customSendItems` of texts.

use super::{Imported, Reason, Remark, Source};
use crate::settings::lists::{Item, List};
use serde_json::Value;

const KEY: &str = "customSendItems";

/// The deepest level at which the array is looked for.
const MAX_DEPTH: usize = 8;

/// Makes a list of a file; `None`: it has no such array.
pub fn of_json(value: &Value) -> Option<Imported> {
    let mut list = List::default();
    let mut remarks = Vec::new();
    let mut others = Vec::new();
    let mut is_found = false;
    search(value, "", 0, &mut |path, value| match value {
        Some(items) => {
            is_found = true;
            take(path, items, &mut list, &mut remarks);
        }
        None => others.push(path.to_owned()),
    });
    if !others.is_empty() {
        remarks.push(Remark::new("COMTool", Reason::ProgramSettings(others.join(", "))));
    }
    is_found.then_some(Imported { source: Source::ComTool, list, remarks })
}

/// Calls `found` with each array of items, and with the path of everything else that contains none.
fn search<'a>(value: &'a Value, path: &str, depth: usize, found: &mut impl FnMut(&str, Option<&'a Value>)) {
    let Value::Object(map) = value else { return };
    for (key, value) in map {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if key == KEY {
            found(&path, Some(value));
        } else if depth < MAX_DEPTH && has_items(value, depth + 1) {
            search(value, &path, depth + 1, found);
        } else {
            found(&path, None);
        }
    }
}

fn has_items(value: &Value, depth: usize) -> bool {
    let Value::Object(map) = value else { return false };
    map.iter().any(|(key, value)| key == KEY || depth < MAX_DEPTH && has_items(value, depth + 1))
}

fn take(path: &str, items: &Value, list: &mut List, remarks: &mut Vec<Remark>) {
    let Value::Array(items) = items else {
        remarks.push(Remark::new(path, Reason::NotUnderstood));
        return;
    };
    for (index, item) in items.iter().enumerate() {
        let place = format!("{path}[{index}]");
        match item {
            Value::String(text) if text.is_empty() => remarks.push(Remark::new(place, Reason::NoPayload)),
            Value::String(text) => list.items.push(Item { payload: text.clone(), ..Item::new("") }),
            _ => remarks.push(Remark::new(place, Reason::NotUnderstood)),
        }
    }
}
