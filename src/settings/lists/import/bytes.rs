//! Bytes that another program sends, as a payload that people can read and edit.

use crate::codec::{Encoding, LineEnding, write_hex};
use crate::payload::Format;
use crate::settings::lists::Item;
use std::fmt::Write;

/// Variables of other programs, and what they become in a template.
pub type Macros = [(&'static str, Option<&'static str>)];

/// Makes the payload of an item mean these bytes, with the macros in them as variables of a template. Returns the macros
/// that have no counterpart, which stay as they are written.
pub fn set_payload(item: &mut Item, bytes: &[u8], macros: &Macros) -> Vec<String> {
    let is_in = |name: &str| memchr::memmem::find(bytes, name.as_bytes()).is_some();
    let unknown = macros.iter().filter(|(name, known)| known.is_none() && is_in(name));
    let unknown = unknown.map(|(name, _)| (*name).to_owned()).collect();
    if macros.iter().any(|(name, known)| known.is_some() && is_in(name)) {
        item.format = Format::Escaped;
        item.is_template = true;
        item.payload = template(bytes, macros);
        return unknown;
    }
    let (line, ending) = match bytes {
        [line @ .., b'\r', b'\n'] => (line, LineEnding::CrLf),
        [line @ .., b'\n'] => (line, LineEnding::Lf),
        [line @ .., b'\r'] => (line, LineEnding::Cr),
        line => (line, LineEnding::None),
    };
    match std::str::from_utf8(line) {
        Ok(text) if is_plain(text) && !text.is_empty() => {
            item.format = Format::Text;
            item.line_ending = ending;
            item.payload = text.to_owned();
            // The bytes are to stay the same in a tab of any encoding.
            item.encoding = Some(Encoding::Utf8);
        }
        _ => {
            item.format = Format::Hex;
            item.payload = String::new();
            write_hex(bytes, &mut item.payload, " ");
        }
    }
    unknown
}

/// Whether a text has nothing that a field of one line would change or hide.
fn is_plain(text: &str) -> bool {
    let is_seen =
        |character: char| !character.is_control() && !('\u{2028}'..='\u{202E}').contains(&character);
    text.chars().all(is_seen) && text.trim() == text && !text.contains('\u{FEFF}')
}

/// The bytes as text with escapes, where macros are variables.
fn template(bytes: &[u8], macros: &Macros) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let found = macros.iter().find_map(|(name, variable)| {
            variable.filter(|_| rest.starts_with(name.as_bytes())).map(|variable| (name.len(), variable))
        });
        if let Some((length, variable)) = found {
            text.push_str(variable);
            rest = &rest[length..];
            continue;
        }
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            // `${` would begin a variable.
            b'$' => text.push_str("\\x24"),
            b' '..=b'~' => text.push(char::from(byte)),
            // Writing to a string cannot fail.
            _ => {
                let _ = write!(text, "\\x{byte:02X}");
            }
        }
        rest = after;
    }
    text
}
