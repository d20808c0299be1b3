//! Packet Sender: packets that were exported as JSON, and its `packets.ini`, which Qt writes. Both have the same fields.

use super::bytes::{Macros, set_payload};
use super::ini::{Content, Line};
use super::{Imported, Reason, Remark, Source, qsettings};
use crate::codec::parse_hex;
use crate::settings::TabKind;
use crate::settings::lists::{Attachment, Item, ItemTarget, List};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// Its variables, which stand as text in the bytes, and what they become in a template.
pub(super) const MACROS: &Macros = &[
    ("{{COUNTER}}", Some("${counter}")),
    ("{{TIME}}", Some("${time:%I:%M:%S %P}")),
    ("{{DATE}}", Some("${time:%Y-%m-%d}")),
    ("{{UNIXTIME}}", Some("${time:unix}")),
    ("{{RANDOM}}", Some("${random:0..2147483647}")),
    ("{{UNIQUE}}", None),
];

/// The fields of a packet by their names in lower case.
type Fields = BTreeMap<String, String>;

/// Makes a list of exported packets; `None`: it is something else.
pub fn of_json(value: &Value) -> Option<Imported> {
    let Value::Array(packets) = value else { return None };
    let is_packet =
        |packet: &Value| packet.as_object().is_some_and(|packet| packet.contains_key("hexstring"));
    if !packets.is_empty() && !packets.iter().any(is_packet) {
        return None;
    }
    let mut reader = Reader::default();
    for (index, packet) in packets.iter().enumerate() {
        let place = format!("[{index}]");
        let Value::Object(packet) = packet else {
            reader.remarks.push(Remark::new(place, Reason::NotUnderstood));
            continue;
        };
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let fields: Fields = packet.iter().map(|(key, value)| (key.to_lowercase(), text(value))).collect();
        reader.take(place, fields);
    }
    Some(reader.finish())
}

/// Whether the lines are those of its `packets.ini`.
pub fn is_ini(lines: &[Line<'_>]) -> bool {
    lines.iter().any(|line| match line.content {
        Content::Entry(key, _) => key.eq_ignore_ascii_case(b"hexstring"),
        Content::Section(_) | Content::Other(_) => false,
    })
}

/// Makes a list of its `packets.ini`.
pub fn of_ini(lines: &[Line<'_>]) -> Imported {
    let mut reader = Reader::default();
    let mut groups: Vec<(String, Fields)> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut is_general = true;
    let mut others = Vec::new();
    for line in lines {
        match line.content {
            Content::Section(name) => {
                is_general = matches!(name, b"General" | b"%General");
                if !is_general {
                    groups.push((qsettings::key(name), Fields::new()));
                }
            }
            Content::Entry(key, value) => {
                let key = qsettings::key(key);
                let Some(values) = qsettings::values(value) else {
                    reader.remarks.push(Remark::at_line(line.number, Reason::NotUnderstood));
                    continue;
                };
                match groups.last_mut().filter(|_| !is_general) {
                    Some((_, fields)) => drop(fields.insert(key.to_lowercase(), values.join(", "))),
                    None if key.to_lowercase().contains("names") => names = values,
                    None => others.push(key),
                }
            }
            Content::Other(_) => reader.remarks.push(Remark::at_line(line.number, Reason::NotUnderstood)),
        }
    }
    // Qt sorts the groups; the list of names has the order of the program.
    names.retain(|name| !name.is_empty());
    for name in &names {
        if !groups.iter().any(|(group, _)| group == name) {
            reader.remarks.push(Remark::new(name, Reason::Missing));
        }
    }
    groups.sort_by_key(|(group, _)| names.iter().position(|name| name == group).unwrap_or(usize::MAX));
    for (group, mut fields) in groups {
        if !fields.contains_key("hexstring") {
            others.push(format!("[{group}]"));
            continue;
        }
        fields.entry("name".into()).or_insert_with(|| group.clone());
        reader.take(group, fields);
    }
    if !others.is_empty() {
        reader.remarks.push(Remark::new("Packet Sender", Reason::ProgramSettings(others.join(", "))));
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    list: List,
    /// What each item is sent over.
    kinds: Vec<TabKind>,
    remarks: Vec<Remark>,
}

impl Reader {
    /// Takes one packet. `place` is what it is called if it has no name.
    fn take(&mut self, place: String, mut fields: Fields) {
        let mut field =
            |name: &str| fields.remove(name).map(|text| text.trim().to_owned()).unwrap_or_default();
        let mut item = Item::new(field("name"));
        let place = if item.name.is_empty() { place } else { item.name.clone() };
        let mut say = |reason| self.remarks.push(Remark::new(&place, reason));
        let protocol = field("tcporudp");
        let kind = match protocol.to_uppercase().as_str() {
            "TCP" | "" => TabKind::TcpClient,
            "UDP" => TabKind::Udp,
            _ => return say(Reason::Protocol(protocol)),
        };
        let hex = field("hexstring");
        match parse_hex(&hex) {
            Ok(bytes) if bytes.is_empty() => return say(Reason::NoPayload),
            Ok(bytes) => {
                for unknown in set_payload(&mut item, &bytes, MACROS) {
                    say(Reason::Macro(unknown));
                }
            }
            Err(_) => return say(Reason::NotUnderstood),
        }
        let (host, port) = (field("toip"), field("port"));
        match port.as_str() {
            _ if host.is_empty() => {}
            "" | "0" => item.target = ItemTarget::Peer(host),
            _ if host.contains(':') => item.target = ItemTarget::Peer(format!("[{host}]:{port}")),
            _ => item.target = ItemTarget::Peer(format!("{host}:{port}")),
        }
        let repeat = field("repeat");
        let seconds =
            repeat.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        match seconds {
            Some(interval) => item.interval = Some(interval).filter(|interval| !interval.is_zero()),
            None if repeat.is_empty() => {}
            None => say(Reason::Setting("repeat".into(), repeat)),
        }
        let (own_ip, own_port) = (field("fromip"), field("fromport"));
        // The program writes a word where it chose no address.
        let is_address = own_ip.parse::<IpAddr>().is_ok_and(|ip| !ip.is_unspecified());
        if is_address || !matches!(own_port.as_str(), "" | "0") {
            say(Reason::LocalAddress(format!("{own_ip}:{own_port}")));
        }
        for key in ["sendresponse", "requestpath"] {
            let value = field(key);
            if !matches!(value.as_str(), "" | "0" | "0.0" | "false") {
                say(Reason::Setting(key.into(), value));
            }
        }
        // The same bytes again, in base64, and when it was sent.
        for key in ["asciistring", "timestamp"] {
            field(key);
        }
        for (key, value) in fields {
            if !value.is_empty() {
                say(Reason::Setting(key, value));
            }
        }
        self.kinds.push(kind);
        self.list.items.push(item);
    }

    fn finish(mut self) -> Imported {
        if let [first, rest @ ..] = &self.kinds[..]
            && rest.iter().all(|kind| kind == first)
        {
            self.list.attached = Attachment::Kind(*first);
        }
        Imported { source: Source::PacketSender, list: self.list, remarks: self.remarks }
    }
}
