//! The keys of items: which are free, and when they were pressed.

use crate::gui::action::commands::UiCommand;
use crate::settings::lists::KeyChord;
use eframe::egui::{Event, Key, KeyboardShortcut, Modifiers};

/// The keys that are offered for items, in the order of the list: Ctrl+Alt with a digit, function keys, then Ctrl+Alt
/// with a letter.
pub fn offered() -> impl Iterator<Item = KeyChord> {
    let digits = (1..=10).map(KeyChord::of_digit);
    let others = ["F1", "F4", "F9", "F10", "F11", "F12"].into_iter().map(str::to_owned);
    let shifted = (4..=12).map(|number| format!("Shift+F{number}")).filter(|key| key != "Shift+F10");
    let letters = ('A'..='Z').map(|letter| format!("Ctrl+Alt+{letter}"));
    let named = others.chain(shifted).chain(letters).filter_map(|key| key.parse().ok());
    digits.chain(named).filter(|chord: &KeyChord| !is_taken(chord))
}

/// Whether the window uses the key itself.
#[must_use]
pub fn is_taken(chord: &KeyChord) -> bool {
    let Some(shortcut) = shortcut(chord) else { return true };
    let is_digit = chord.key().bytes().all(|byte| byte.is_ascii_digit());
    // With Ctrl, digits show tabs.
    let shows_tab = is_digit && chord.ctrl && !chord.alt && !chord.shift;
    // What fields and menus have.
    let is_usual = chord.ctrl && !chord.alt && matches!(chord.key(), "A" | "C" | "V" | "X" | "Y" | "Z" | "0");
    let opens_menu = chord.to_string() == "Shift+F10" || chord.to_string() == "Alt+F4";
    let mut commands = UiCommand::ALL.into_iter().filter_map(UiCommand::shortcut);
    shows_tab || is_usual || opens_menu || commands.any(|command| command == shortcut)
}

/// The key as egui has it; `None` for one that egui does not know.
#[must_use]
pub fn shortcut(chord: &KeyChord) -> Option<KeyboardShortcut> {
    let modifiers = Modifiers { alt: chord.alt, shift: chord.shift, ..Modifiers::NONE };
    let modifiers = if chord.ctrl { modifiers | Modifiers::COMMAND } else { modifiers };
    Some(KeyboardShortcut::new(modifiers, Key::from_name(chord.key())?))
}

/// Whether an event is the press of a key. A key that is held counts once.
#[must_use]
pub fn is_press(event: &Event, chord: &KeyChord) -> bool {
    let Event::Key { key, physical_key, pressed: true, repeat: false, modifiers } = event else {
        return false;
    };
    let Some(wanted) = shortcut(chord).map(|shortcut| shortcut.logical_key) else { return false };
    // With AltGr the character of a digit's key is another one.
    let is_digit = chord.key().bytes().all(|byte| byte.is_ascii_digit());
    let is_key = *key == wanted || is_digit && *physical_key == Some(wanted);
    is_key && (modifiers.command, modifiers.alt, modifiers.shift) == (chord.ctrl, chord.alt, chord.shift)
}

/// Whether an event is a key with Ctrl and Alt, with which AltGr types characters on some keyboards.
#[must_use]
pub fn may_type(event: &Event) -> bool {
    matches!(event, Event::Key { modifiers, .. } if modifiers.command && modifiers.alt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_of_the_window_is_offered() {
        let offered: Vec<_> = offered().collect();
        assert_eq!(offered[0].to_string(), "Ctrl+Alt+1");
        assert_eq!(offered[9].to_string(), "Ctrl+Alt+0");
        assert!(offered.len() > 40, "{}", offered.len());
        for taken in ["F5", "Ctrl+K", "Ctrl+1", "Ctrl+C", "Shift+F10"] {
            let chord = taken.parse().unwrap();
            assert!(is_taken(&chord), "{taken}");
            assert!(!offered.contains(&chord), "{taken}");
        }
        for free in ["Ctrl+Alt+1", "F12", "Ctrl+Alt+L", "Alt+1"] {
            assert!(!is_taken(&free.parse().unwrap()), "{free}");
        }
    }

    #[test]
    fn a_press_is_one_with_exactly_these_modifiers() {
        let press =
            |key, modifiers, repeat| Event::Key { key, physical_key: None, pressed: true, repeat, modifiers };
        let chord: KeyChord = "Ctrl+Alt+1".parse().unwrap();
        let both = Modifiers::COMMAND | Modifiers::ALT;
        assert!(is_press(&press(Key::Num1, both, false), &chord));
        assert!(!is_press(&press(Key::Num1, both, true), &chord), "held");
        assert!(!is_press(&press(Key::Num1, Modifiers::COMMAND, false), &chord));
        assert!(!is_press(&press(Key::Num1, both | Modifiers::SHIFT, false), &chord));
        assert!(!is_press(&press(Key::Num2, both, false), &chord));
        let by_place = Event::Key {
            key: Key::Exclamationmark,
            physical_key: Some(Key::Num1),
            pressed: true,
            repeat: false,
            modifiers: both,
        };
        assert!(is_press(&by_place, &chord));
        assert!(may_type(&by_place) && !may_type(&press(Key::Num1, Modifiers::ALT, false)));
    }
}
