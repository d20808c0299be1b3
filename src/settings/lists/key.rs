//! The key of an item: modifiers and one key, as text.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A key with its modifiers, such as `Ctrl+Alt+1` or `F9`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct KeyChord {
    /// Ctrl is held.
    pub ctrl: bool,
    /// Alt is held.
    pub alt: bool,
    /// Shift is held.
    pub shift: bool,
    /// The key: a digit, a capital letter, or `F1` to `F24`.
    key: String,
}

/// Why a text is no key of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The key is none that an item can have.
    #[error("the key is not a digit, a letter, or one of F1 to F24")]
    UnknownKey,
    /// What stands before a `+` is no modifier, or stands there twice.
    #[error("write modifiers as Ctrl+, Alt+ and Shift+, each once")]
    Modifier,
    /// A digit or a letter would be typed in a field.
    #[error("a digit or a letter needs Ctrl or Alt")]
    NeedsModifier,
}

impl KeyChord {
    /// The key `Ctrl+Alt` and a digit.
    #[must_use]
    pub fn of_digit(digit: u8) -> Self {
        Self { ctrl: true, alt: true, shift: false, key: (digit % 10).to_string() }
    }

    /// The key without its modifiers: a digit, a capital letter, or `F1` to `F24`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether Ctrl and Alt are held, with which some keyboards type characters (AltGr).
    #[must_use]
    pub fn may_type(&self) -> bool {
        self.ctrl && self.alt && self.key.len() == 1
    }
}

impl FromStr for KeyChord {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (modifiers, key) = text.rsplit_once('+').unwrap_or(("", text));
        let key = key.trim().to_ascii_uppercase();
        let is_function = key
            .strip_prefix('F')
            .is_some_and(|number| (1..=24).any(|possible: u8| number == possible.to_string()));
        let is_typed = key.len() == 1 && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_function && !is_typed {
            return Err(KeyError::UnknownKey);
        }
        let mut chord = Self { ctrl: false, alt: false, shift: false, key };
        for modifier in modifiers.split('+').filter(|_| !modifiers.is_empty()) {
            let held = match modifier.trim().to_ascii_lowercase().as_str() {
                "ctrl" => &mut chord.ctrl,
                "alt" => &mut chord.alt,
                "shift" => &mut chord.shift,
                _ => return Err(KeyError::Modifier),
            };
            if std::mem::replace(held, true) {
                return Err(KeyError::Modifier);
            }
        }
        if is_typed && !chord.ctrl && !chord.alt {
            return Err(KeyError::NeedsModifier);
        }
        Ok(chord)
    }
}

impl fmt::Display for KeyChord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (is_held, name) in [(self.ctrl, "Ctrl+"), (self.alt, "Alt+"), (self.shift, "Shift+")] {
            if is_held {
                f.write_str(name)?;
            }
        }
        f.write_str(&self.key)
    }
}

impl From<KeyChord> for String {
    fn from(chord: KeyChord) -> Self {
        chord.to_string()
    }
}

impl TryFrom<String> for KeyChord {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_any_spelling_and_written_in_one() {
        for (text, written) in [
            ("Ctrl+Alt+1", "Ctrl+Alt+1"),
            (" alt + ctrl + a", "Ctrl+Alt+A"),
            ("f9", "F9"),
            ("shift+F24", "Shift+F24"),
            ("Shift+Ctrl+0", "Ctrl+Shift+0"),
        ] {
            let chord: KeyChord = text.parse().unwrap();
            assert_eq!(chord.to_string(), written);
            assert_eq!(written.parse(), Ok(chord));
        }
        for (text, error) in [
            ("", KeyError::UnknownKey),
            ("F25", KeyError::UnknownKey),
            ("F01", KeyError::UnknownKey),
            ("Ctrl+Enter", KeyError::UnknownKey),
            ("Ctrl++", KeyError::UnknownKey),
            ("Win+1", KeyError::Modifier),
            ("Ctrl+Ctrl+1", KeyError::Modifier),
            ("+1", KeyError::NeedsModifier),
            ("1", KeyError::NeedsModifier),
            ("Shift+a", KeyError::NeedsModifier),
        ] {
            assert_eq!(text.parse::<KeyChord>(), Err(error), "{text:?}");
        }
    }
}
