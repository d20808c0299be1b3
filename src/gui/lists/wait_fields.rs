//! The fields of the editor for the answer that an item waits for.

use crate::lang::{Words, explain_pattern, fill};
use crate::model::units::{duration_text, parse_duration};
use crate::pattern::Pattern;
use crate::sequence::{DEFAULT_PATIENCE, Otherwise};
use crate::settings::lists::ItemWait;

/// What an answer is looked for with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitKind {
    /// No answer is waited for.
    #[default]
    None,
    /// See [`Pattern::Text`].
    Text,
    /// See [`Pattern::Hex`].
    Hex,
    /// See [`Pattern::Regex`].
    Regex,
}

/// A field whose text may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitField {
    /// What the answer contains.
    Pattern,
    /// How long it may take.
    Within,
    /// How often the item is sent again.
    Retries,
}

/// What is typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WaitFields {
    /// What the answer is looked for with.
    pub kind: WaitKind,
    /// What it contains.
    pub text: String,
    /// How long it may take; empty: as long as usual.
    pub within: String,
    /// How often the item is sent again; empty: never.
    pub retries: String,
    /// The run goes on without an answer.
    pub goes_on: bool,
    /// As the item had it: what no field is for stays.
    known: Option<ItemWait>,
}

impl WaitFields {
    /// The fields of what an item waits for.
    #[must_use]
    pub fn new(wait: Option<&ItemWait>) -> Self {
        let Some(wait) = wait else { return Self::default() };
        let (kind, text) = match wait.pattern() {
            Pattern::Text(text) => (WaitKind::Text, text),
            Pattern::Hex(text) => (WaitKind::Hex, text),
            Pattern::Regex(text) => (WaitKind::Regex, text),
        };
        Self {
            kind,
            text: text.clone(),
            within: if wait.within == DEFAULT_PATIENCE { String::new() } else { duration_text(wait.within) },
            retries: if wait.retries == 0 { String::new() } else { wait.retries.to_string() },
            goes_on: wait.otherwise == Otherwise::GoOn,
            known: Some(wait.clone()),
        }
    }

    /// What is wrong with a field.
    #[must_use]
    pub fn error(&self, field: WaitField, words: &Words) -> Option<String> {
        let pattern = self.pattern()?;
        match field {
            WaitField::Pattern => {
                ItemWait::new(pattern).err().map(|error| explain_pattern(words, &self.text, &error))
            }
            WaitField::Within => {
                let text = self.within.trim();
                let is_wrong = !text.is_empty() && parse_duration(text).is_err();
                is_wrong.then(|| fill(&words.lists_duration_wrong, &[("text", &text)]))
            }
            WaitField::Retries => {
                let text = self.retries.trim();
                let is_wrong = !text.is_empty() && text.parse::<u32>().is_err();
                is_wrong.then(|| fill(&words.lists_retries_wrong, &[("text", &text)]))
            }
        }
    }

    /// What is waited for; an error if a field is wrong.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn finished(&self) -> Result<Option<ItemWait>, WaitField> {
        let Some(pattern) = self.pattern() else { return Ok(None) };
        let wait = match self.known.clone() {
            Some(known) => known.with_pattern(pattern),
            None => ItemWait::new(pattern),
        };
        let mut wait = wait.map_err(|_| WaitField::Pattern)?;
        wait.within = match self.within.trim() {
            "" => DEFAULT_PATIENCE,
            text => parse_duration(text).map_err(|_| WaitField::Within)?,
        };
        wait.retries = match self.retries.trim() {
            "" => 0,
            text => text.parse().map_err(|_| WaitField::Retries)?,
        };
        wait.otherwise = if self.goes_on { Otherwise::GoOn } else { Otherwise::Stop };
        Ok(Some(wait))
    }

    fn pattern(&self) -> Option<Pattern> {
        Some(match self.kind {
            WaitKind::None => return None,
            WaitKind::Text => Pattern::Text(self.text.clone()),
            WaitKind::Hex => Pattern::Hex(self.text.clone()),
            WaitKind::Regex => Pattern::Regex(self.text.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use std::time::Duration;

    #[test]
    fn an_answer_goes_in_and_out_with_what_no_field_is_for() {
        let pattern = Pattern::Hex("01 ??".into());
        let mut wait = ItemWait::new(pattern).unwrap();
        (wait.within, wait.retries) = (Duration::from_millis(50), 3);
        wait.otherwise = Otherwise::GoOn;
        wait.from = "10.0.0.7".parse().unwrap();
        let fields = WaitFields::new(Some(&wait));
        assert_eq!((fields.kind, &*fields.within, &*fields.retries), (WaitKind::Hex, "50ms", "3"));
        assert_eq!(fields.finished(), Ok(Some(wait)));
        for pattern in [Pattern::Text("OK".into()), Pattern::Regex("^OK".into())] {
            let wait = ItemWait::new(pattern).unwrap();
            assert_eq!(WaitFields::new(Some(&wait)).finished(), Ok(Some(wait)));
        }
        assert_eq!(WaitFields { kind: WaitKind::None, ..fields }.finished(), Ok(None));
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let all = [WaitField::Pattern, WaitField::Within, WaitField::Retries];
        for language in Language::ALL {
            let words = language.words();
            let good = WaitFields { kind: WaitKind::Text, text: "OK".into(), ..WaitFields::default() };
            for (wrong, fields) in [
                (WaitField::Pattern, WaitFields { text: String::new(), ..good.clone() }),
                (WaitField::Within, WaitFields { within: "soon".into(), ..good.clone() }),
                (WaitField::Retries, WaitFields { retries: "-1".into(), ..good.clone() }),
            ] {
                assert_eq!(fields.finished(), Err(wrong));
                for field in all {
                    assert_eq!(fields.error(field, words).is_some(), field == wrong, "{field:?}");
                }
                assert!(!fields.error(wrong, words).unwrap().contains('{'));
                let none = WaitFields { kind: WaitKind::None, ..fields };
                assert!(none.finished() == Ok(None) && none.error(wrong, words).is_none());
            }
        }
    }
}
