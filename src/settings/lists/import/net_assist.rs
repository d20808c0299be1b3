//! `NetAssist.cfg`: an ini file in GBK with a section `[SHORTCUT]` of lines `name=payload`.
//!
//! Payloads are hex, but nothing in the file says so: what is no hex is taken as text, and that is said.

use super::ini::{Content, Line};
use super::{Imported, Reason, Remark, Source, gbk};
use crate::codec::{Encoding, parse_hex};
use crate::payload::Format;
use crate::settings::lists::{Item, List};

const SECTION: &[u8] = b"SHORTCUT";

/// Whether the lines are those of such a file.
pub fn is(lines: &[Line<'_>]) -> bool {
    lines
        .iter()
        .any(|line| matches!(line.content, Content::Section(name) if name.eq_ignore_ascii_case(SECTION)))
}

/// Makes a list of the lines.
pub fn import(lines: &[Line<'_>]) -> Imported {
    let mut list = List::default();
    let mut remarks = Vec::new();
    // Before the first section, in that of shortcuts, or in another.
    let mut section = None;
    let mut others = Vec::new();
    for line in lines {
        match line.content {
            Content::Section(name) => {
                section = Some(name.eq_ignore_ascii_case(SECTION));
                if section == Some(false) {
                    others.push(format!("[{}]", String::from_utf8_lossy(name)));
                }
            }
            Content::Entry(key, _) if section.is_none() => {
                others.push(String::from_utf8_lossy(key).into_owned());
            }
            // The section was named.
            Content::Entry(..) if section == Some(false) => {}
            Content::Entry(name, payload) => match (gbk(name), gbk(payload)) {
                (Some(name), Some(payload)) => take(&mut list, &mut remarks, name, &payload),
                _ => remarks.push(Remark::at_line(line.number, Reason::NotInEncoding(Encoding::Gbk))),
            },
            Content::Other(_) => remarks.push(Remark::at_line(line.number, Reason::NotUnderstood)),
        }
    }
    if !others.is_empty() {
        remarks.push(Remark::new("NetAssist", Reason::ProgramSettings(others.join(", "))));
    }
    Imported { source: Source::NetAssist, list, remarks }
}

fn take(list: &mut List, remarks: &mut Vec<Remark>, name: String, payload: &str) {
    let mut item = Item::new(name);
    let place = if item.name.is_empty() { payload } else { &item.name };
    if payload.trim().is_empty() {
        remarks.push(Remark::new(place, Reason::NoPayload));
        return;
    }
    if parse_hex(payload).is_ok() {
        item.format = Format::Hex;
        item.payload = payload.trim().to_owned();
    } else {
        remarks.push(Remark::new(place, Reason::TakenAsText));
        item.payload = payload.to_owned();
        item.encoding = (!payload.is_ascii()).then_some(Encoding::Gbk);
    }
    list.items.push(item);
}
