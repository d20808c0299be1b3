//! Lists of other programs turned into lists: SSCOM 5, Packet Sender, NetAssist and COMTool.
//!
//! Pure: bytes in, a list out. What cannot be taken is said with its reason, see [`Remark`]; nothing is dropped
//! silently. Start with [`import`].

mod bytes;
mod comtool;
mod explain;
mod ini;
mod net_assist;
mod packet_sender;
mod qsettings;
mod sscom;
#[cfg(test)]
mod tests;

use super::key::KeyChord;
use super::list::{List, ListError};
use crate::codec::Encoding;
use std::borrow::Cow;

/// The program that a list is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// SSCOM 5, its `sscom51.ini`.
    Sscom,
    /// Packet Sender, exported packets or its `packets.ini`.
    PacketSender,
    /// NetAssist, its `NetAssist.cfg`.
    NetAssist,
    /// COMTool, its `config.json`.
    ComTool,
    /// This program.
    Wirelab,
}

impl Source {
    /// The name of the program.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sscom => "SSCOM",
            Self::PacketSender => "Packet Sender",
            Self::NetAssist => "NetAssist",
            Self::ComTool => "COMTool",
            Self::Wirelab => "Wirelab",
        }
    }
}

/// What was made of a file.
#[derive(Debug)]
pub struct Imported {
    /// The program that it is from.
    pub source: Source,
    /// The list.
    pub list: List,
    /// What was not taken, or was taken in another way than it may have been meant.
    pub remarks: Vec<Remark>,
}

/// Something to be said of a part of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What it is about.
    pub place: Place,
    /// What there is to say.
    pub reason: Reason,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line, from 1.
    Line(usize),
    /// An item or a setting, by its name.
    Named(String),
}

/// What there is to say of a part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is in neither of the forms that the file has.
    NotUnderstood,
    /// The bytes are no text in the encoding of the file.
    NotInEncoding(Encoding),
    /// The payload is to be hex and is not. It is taken as it is, and cannot be sent until it is corrected.
    NotHex,
    /// The payload may be meant as hex, but is none: it is taken as text.
    TakenAsText,
    /// It has no payload.
    NoPayload,
    /// The file says nothing of an item that it names.
    Missing,
    /// It is sent over something that a session does not speak.
    Protocol(String),
    /// It is sent from an address or port of its own.
    LocalAddress(String),
    /// An address that is typed in a tab.
    Address(String),
    /// A setting of the item, by its key and its value.
    Setting(String, String),
    /// Settings of the program that are no part of a list, by their keys.
    ProgramSettings(String),
    /// A variable that has no counterpart. It is sent as it is written.
    Macro(String),
    /// Its place among those that are sent in turn is another than in the list.
    Order(u32),
    /// A line ending is added to text only.
    EndingOfHex,
    /// Another item has its key.
    KeyUsed(KeyChord),
    /// The window has its key.
    KeyOfProgram(KeyChord),
    /// The list was shown in other tabs; now it is in all.
    Attached,
}

impl Remark {
    /// What there is to say of an item or a setting.
    #[must_use]
    pub fn new(place: impl Into<String>, reason: Reason) -> Self {
        Self { place: Place::Named(place.into()), reason }
    }

    fn at_line(line: usize, reason: Reason) -> Self {
        Self { place: Place::Line(line), reason }
    }

    /// Whether something of the file is not in the list.
    #[must_use]
    pub fn is_left_out(&self) -> bool {
        !matches!(self.reason, Reason::TakenAsText | Reason::Attached)
    }
}

/// Why a file gives no list.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is in the form of none of the programs.
    #[error("it is no list of SSCOM, Packet Sender, NetAssist, COMTool or Wirelab")]
    Unknown,
    /// It begins as JSON and is none.
    #[error("line {line}: {reason}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// What is wrong, in the parser's words.
        reason: String,
    },
    /// It is a list of this program with a mistake.
    #[error(transparent)]
    List(#[from] ListError),
}

/// The most bytes that a file may have: lists of a hundred thousand items have less.
pub const MAX_BYTES: u64 = 64 << 20;

/// Makes a list of the contents of a file. The program that wrote it is recognised by them. `name` is that of the list,
/// where the file has none.
///
/// # Errors
/// See [`ImportError`].
pub fn import(bytes: &[u8], name: &str) -> Result<Imported, ImportError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut imported = recognised(bytes)?;
    if imported.list.name.trim().is_empty() {
        imported.list.name = name.to_owned();
    }
    Ok(imported)
}

fn recognised(bytes: &[u8]) -> Result<Imported, ImportError> {
    let start = bytes.trim_ascii_start().first();
    if matches!(start, Some(b'{' | b'[')) {
        match serde_json::from_slice(bytes) {
            Ok(value) => {
                return packet_sender::of_json(&value)
                    .or_else(|| comtool::of_json(&value))
                    .ok_or(ImportError::Unknown);
            }
            Err(error) if start == Some(&b'{') => {
                return Err(ImportError::Json { line: error.line(), reason: error.to_string() });
            }
            // The section of an ini file, or a table of a list.
            Err(_) => {}
        }
    }
    let lines = ini::lines(bytes);
    if sscom::is(&lines) {
        return Ok(sscom::import(&lines));
    }
    if net_assist::is(&lines) {
        return Ok(net_assist::import(&lines));
    }
    if packet_sender::is_ini(&lines) {
        return Ok(packet_sender::of_ini(&lines));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ImportError::Unknown)?;
    let is_list = text.lines().any(|line| matches!(line.trim(), "[[items]]" | "version = 1"));
    if !is_list {
        return Err(ImportError::Unknown);
    }
    let mut list = List::from_text(text)?;
    for item in &mut list.items {
        // The items of the file may be in another list already.
        item.id = super::ItemId::fresh();
    }
    let mut remarks = Vec::new();
    if matches!(list.attached, super::Attachment::Tab(_)) {
        // A tab of another user.
        list.attached = super::Attachment::All;
        remarks.push(Remark::new(list.name.clone(), Reason::Attached));
    }
    Ok(Imported { source: Source::Wirelab, list, remarks })
}

/// Text in GBK, as programs for Chinese Windows write it; `None`: the bytes are none.
fn gbk(bytes: &[u8]) -> Option<String> {
    encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(bytes).map(Cow::into_owned)
}
