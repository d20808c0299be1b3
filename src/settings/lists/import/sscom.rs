//! SSCOM 5's `sscom51.ini`: lines `N<number>=<value>` in GBK.
//!
//! Items 1 to 100 are `N<i>=<H|A>,<payload>` with H for hex, and `N<100+i>=<order>,<name>,<interval ms>`. A comma in a
//! text is the byte 2. An item whose order is not 0 is sent in its turn when all are sent.

use super::ini::{Content, Line};
use super::{Imported, Reason, Remark, Source, gbk};
use crate::codec::{Encoding, LineEnding, parse_hex};
use crate::payload::Format;
use crate::settings::TabKind;
use crate::settings::lists::{Attachment, Checksum, Item, List};
use std::collections::BTreeMap;
use std::time::Duration;

/// The number of items that the program has.
const ITEMS: u32 = 100;

/// The settings that say something about items.
const APPEND_CRLF: u32 = 1057;
const CHECKSUM: u32 = 1060;
const HOST: u32 = 1068;
const REMOTE_PORT: u32 = 1069;
const LOCAL_PORT: u32 = 1070;
const MODE: u32 = 1080;

/// What the program calls an item that nobody has named.
const UNNAMED: &str = "无注释";

/// Whether the lines are those of such a file.
pub fn is(lines: &[Line<'_>]) -> bool {
    lines.iter().any(|line| entry(line).is_some())
}

/// The number and the value of a line.
fn entry<'a>(line: &Line<'a>) -> Option<(u32, &'a [u8])> {
    let Content::Entry(key, value) = line.content else { return None };
    let digits = std::str::from_utf8(key.strip_prefix(b"N")?).ok()?;
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number).map(|number| (number, value))
}

/// The values of a file by their numbers.
struct Values {
    texts: BTreeMap<u32, String>,
    remarks: Vec<Remark>,
}

fn values(lines: &[Line<'_>]) -> Values {
    let mut values = Values { texts: BTreeMap::new(), remarks: Vec::new() };
    for line in lines {
        let wrong = match entry(line).map(|(number, value)| (number, gbk(value))) {
            Some((number, Some(text))) if !values.texts.contains_key(&number) => {
                values.texts.insert(number, text);
                continue;
            }
            Some((_, None)) => Reason::NotInEncoding(Encoding::Gbk),
            Some((_, Some(_))) | None => Reason::NotUnderstood,
        };
        values.remarks.push(Remark::at_line(line.number, wrong));
    }
    values
}

/// Makes a list of the lines.
pub fn import(lines: &[Line<'_>]) -> Imported {
    let Values { mut texts, mut remarks } = values(lines);
    let mut list = List::default();
    let mut last_order = 0;
    for slot in 1..=ITEMS {
        let (payload, about) = (texts.remove(&slot), texts.remove(&(ITEMS + slot)));
        let (order, name, interval) = described(about.as_deref().unwrap_or_default());
        let place = if name.is_empty() { format!("N{slot}") } else { name.clone() };
        let payload = payload.unwrap_or_default();
        let (form, payload) = payload.split_once(',').unwrap_or((&payload, ""));
        if payload.is_empty() {
            // An unused slot; its name may have been a heading.
            if !name.is_empty() {
                remarks.push(Remark::new(place, Reason::NoPayload));
            }
            continue;
        }
        let mut item = Item::new(name);
        item.payload = payload.replace('\u{2}', ",");
        match form.trim() {
            "H" => item.format = Format::Hex,
            "A" => item.format = Format::Text,
            _ => {
                remarks.push(Remark::new(place, Reason::NotUnderstood));
                continue;
            }
        }
        if item.format == Format::Hex && parse_hex(&item.payload).is_err() {
            remarks.push(Remark::new(&place, Reason::NotHex));
        }
        if item.format == Format::Text && !item.payload.is_ascii() {
            item.encoding = Some(Encoding::Gbk);
        }
        match interval {
            Ok(interval) => item.delay = interval,
            Err(text) => remarks.push(Remark::new(&place, Reason::Setting("ms".into(), text))),
        }
        match order {
            Ok(order) => {
                item.takes_part = order > 0;
                if order > 0 && order < last_order {
                    remarks.push(Remark::new(&place, Reason::Order(order)));
                }
                last_order = last_order.max(order);
            }
            Err(text) => remarks.push(Remark::new(&place, Reason::Setting("order".into(), text))),
        }
        list.items.push(item);
    }
    apply_settings(&mut list, texts, &mut remarks);
    Imported { source: Source::Sscom, list, remarks }
}

type Read<T> = Result<T, String>;

/// Order, name and interval of an item. A number that is none is an error with its text.
fn described(text: &str) -> (Read<u32>, String, Read<Option<Duration>>) {
    let mut parts = text.splitn(3, ',').map(|part| part.replace('\u{2}', ","));
    let order = parts.next().unwrap_or_default();
    let name = parts.next().unwrap_or_default();
    let interval = parts.next().unwrap_or_default();
    let order = match order.trim() {
        "" => Ok(0),
        digits => digits.parse().map_err(|_| order.clone()),
    };
    let interval = match interval.trim() {
        "" => Ok(None),
        digits => match digits.parse::<u32>() {
            Ok(0) => Ok(None),
            Ok(milliseconds) => Ok(Some(Duration::from_millis(milliseconds.into()))),
            Err(_) => Err(interval.clone()),
        },
    };
    let name = if name.contains(UNNAMED) { String::new() } else { name.trim().to_owned() };
    (order, name, interval)
}

/// Applies the settings that concern all items, and names the others.
fn apply_settings(list: &mut List, mut texts: BTreeMap<u32, String>, remarks: &mut Vec<Remark>) {
    let mut take = |number: u32| {
        let text = texts.remove(&number)?;
        let value = text.trim().trim_start_matches(',').trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let setting = |number: u32, value: &str| {
        Remark::new(format!("N{number}"), Reason::Setting(format!("N{number}"), value.to_owned()))
    };
    match take(APPEND_CRLF).as_deref() {
        Some("Y") => {
            for item in &mut list.items {
                if item.format == Format::Hex {
                    remarks.push(Remark::new(item.title(), Reason::EndingOfHex));
                } else {
                    item.line_ending = LineEnding::CrLf;
                }
            }
        }
        None | Some("N") => {}
        Some(other) => remarks.push(setting(APPEND_CRLF, other)),
    }
    let checksum = take(CHECKSUM);
    let name = match checksum.as_deref() {
        None | Some("0") => None,
        Some("1") => Some("CRC-16/MODBUS"),
        Some("2") => Some("SUM-8"),
        Some("3") => Some("XOR-8"),
        Some(other) => {
            remarks.push(setting(CHECKSUM, other));
            None
        }
    };
    let checksum = name.and_then(|name| Checksum::parse(name).ok());
    for item in &mut list.items {
        item.checksum.clone_from(&checksum);
    }
    match take(MODE).as_deref() {
        Some("1") => list.attached = Attachment::Kind(TabKind::TcpClient),
        Some("2") => list.attached = Attachment::Kind(TabKind::TcpServer),
        Some("3") => list.attached = Attachment::Kind(TabKind::Udp),
        None => {}
        Some(other) => remarks.push(setting(MODE, other)),
    }
    let remote: Vec<_> = [take(HOST), take(REMOTE_PORT)].into_iter().flatten().collect();
    if !remote.is_empty() {
        let place = format!("N{HOST}, N{REMOTE_PORT}");
        remarks.push(Remark::new(place, Reason::Address(remote.join(":"))));
    }
    if let Some(port) = take(LOCAL_PORT) {
        remarks.push(Remark::new(format!("N{LOCAL_PORT}"), Reason::Address(port)));
    }
    let others: Vec<_> = texts.keys().map(|number| format!("N{number}")).collect();
    if !others.is_empty() {
        remarks.push(Remark::new("SSCOM", Reason::ProgramSettings(others.join(", "))));
    }
}
