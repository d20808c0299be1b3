//! The search for actions: what was typed, and which commands match it.

use crate::gui::action::commands::UiCommand;
use crate::lang::{Language, Words};
use crate::settings::lists::Item;

/// The search for actions, while it is open.
#[derive(Debug, Default)]
pub struct Palette {
    /// What was typed.
    pub text: String,
    /// The index of the chosen command among those that match.
    pub chosen: usize,
    /// The field takes the keyboard focus in the next frame.
    pub wants_focus: bool,
}

impl Palette {
    /// The search as it is opened: every command matches.
    #[must_use]
    pub fn open() -> Self {
        Self { wants_focus: true, ..Self::default() }
    }

    /// The commands whose names have every word that was typed, in the order of the table; those that begin with
    /// the text come first. English names are found in each language: many type without an input method.
    #[must_use]
    pub fn matches(&self, words: &Words) -> Vec<UiCommand> {
        let typed = self.text.trim().to_lowercase();
        let mut found: Vec<_> = UiCommand::ALL
            .into_iter()
            .filter(|command| *command != UiCommand::Palette)
            .filter_map(|command| {
                let labels =
                    [words, Language::English.words()].map(|words| command.label(words).to_lowercase());
                let has_all = |label: &String| typed.split_whitespace().all(|word| label.contains(word));
                labels.into_iter().find(has_all).map(|label| (command, !label.starts_with(&typed)))
            })
            .collect();
        found.sort_by_key(|(_, is_later)| *is_later);
        found.into_iter().map(|(command, _)| command).collect()
    }

    /// The items of lists of which the name, the note or the group has every word that was typed; none while nothing is
    /// typed.
    #[must_use]
    pub fn items<'a>(&self, items: impl Iterator<Item = &'a Item>) -> Vec<&'a Item> {
        /// More are found by typing more.
        const MOST: usize = 50;
        let typed = self.text.trim().to_lowercase();
        if typed.is_empty() {
            return Vec::new();
        }
        let has_words = |item: &&Item| {
            let text = format!("{}\n{}\n{}", item.title(), item.note, item.group).to_lowercase();
            typed.split_whitespace().all(|word| text.contains(word))
        };
        items.filter(has_words).take(MOST).collect()
    }

    /// Moves the choice by one among `count` commands; wraps around.
    pub fn step(&mut self, is_down: bool, count: usize) {
        if count > 0 {
            let step = if is_down { 1 } else { count - 1 };
            self.chosen = (self.chosen.min(count - 1) + step) % count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_by_words_of_their_names() {
        let words = Language::English.words();
        let mut palette = Palette::open();
        assert_eq!(palette.matches(words).len(), UiCommand::ALL.len() - 1);
        palette.text = "  SERVER new ".into();
        assert_eq!(palette.matches(words), [UiCommand::NewServer]);
        palette.text = "no such thing".into();
        assert!(palette.matches(words).is_empty());
        palette.text = "服务器".into();
        assert_eq!(palette.matches(Language::Chinese.words()), [UiCommand::NewServer]);
        palette.text = "tcp serv".into();
        assert_eq!(palette.matches(Language::Chinese.words()), [UiCommand::NewServer]);
    }

    #[test]
    fn the_choice_wraps_around() {
        let mut palette = Palette::open();
        palette.step(false, 3);
        assert_eq!(palette.chosen, 2);
        palette.step(true, 3);
        assert_eq!(palette.chosen, 0);
        palette.chosen = 9;
        palette.step(true, 2);
        assert_eq!(palette.chosen, 0);
        palette.step(true, 0);
        assert_eq!(palette.chosen, 0);
    }
}
