//! The answer that an item waits for when its list is run. Its table has the keys of `wait` in the file of a sequence.

use crate::lang::{Language, explain_pattern};
use crate::model::units::{duration_text, parse_duration};
use crate::pattern::{Pattern, PatternError};
use crate::sequence::{DEFAULT_PATIENCE, Otherwise, Source, Wait};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use toml::{Table, Value};

/// An answer that an item waits for. Its pattern can be waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Table", into = "Table")]
pub struct ItemWait {
    pattern: Pattern,
    /// Who gives it.
    pub from: Source,
    /// How long it may take.
    pub within: Duration,
    /// How often the item is sent again when there is no answer.
    pub retries: u32,
    /// What is done when there is still none.
    pub otherwise: Otherwise,
    /// Keys that this program does not know.
    unknown: Table,
}

/// How a pattern is made of the text of its key.
type Form = (&'static str, fn(String) -> Pattern);

const FORMS: [Form; 3] = [("text", Pattern::Text), ("hex", Pattern::Hex), ("regex", Pattern::Regex)];
const STOP: &str = "stop";
const GO_ON: &str = "go-on";

impl ItemWait {
    /// Waits for a pattern from who was sent to, for the usual time, and stops without it.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn new(pattern: Pattern) -> Result<Self, PatternError> {
        Wait::new(pattern.clone())?;
        Ok(Self {
            pattern,
            from: Source::Target,
            within: DEFAULT_PATIENCE,
            retries: 0,
            otherwise: Otherwise::Stop,
            unknown: Table::new(),
        })
    }

    /// The same with another pattern.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn with_pattern(self, pattern: Pattern) -> Result<Self, PatternError> {
        let Self { pattern, .. } = Self::new(pattern)?;
        Ok(Self { pattern, ..self })
    }

    /// What the answer contains.
    #[must_use]
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// What the step of a sequence waits for.
    ///
    /// # Errors
    /// The pattern cannot be waited for.
    pub fn compiled(&self) -> Result<Wait, PatternError> {
        Ok(Wait {
            from: self.from,
            within: self.within,
            retries: self.retries,
            otherwise: self.otherwise,
            ..Wait::new(self.pattern.clone())?
        })
    }
}

impl From<ItemWait> for Table {
    fn from(wait: ItemWait) -> Self {
        let mut table = wait.unknown;
        let (key, text) = match wait.pattern {
            Pattern::Text(text) => ("text", text),
            Pattern::Hex(text) => ("hex", text),
            Pattern::Regex(text) => ("regex", text),
        };
        table.insert(key.into(), text.into());
        if wait.from != Source::Target {
            table.insert("from".into(), wait.from.to_string().into());
        }
        if wait.within != DEFAULT_PATIENCE {
            table.insert("within".into(), duration_text(wait.within).into());
        }
        if wait.retries > 0 {
            table.insert("retries".into(), i64::from(wait.retries).into());
        }
        if wait.otherwise == Otherwise::GoOn {
            table.insert("otherwise".into(), GO_ON.into());
        }
        table
    }
}

impl TryFrom<Table> for ItemWait {
    type Error = String;

    fn try_from(mut table: Table) -> Result<Self, String> {
        let mut patterns = FORMS.iter().filter_map(|(key, form)| Some((*key, form, table.remove(*key)?)));
        let one = "wait has exactly one of text, hex and regex";
        let (key, form, value) = patterns.next().ok_or(one)?;
        let is_one = patterns.next().is_none();
        if !is_one {
            return Err(one.into());
        }
        let text = text_of(key, value)?;
        let wrong = |error| explain_pattern(Language::English.words(), &text, &error);
        let mut wait = Self::new(form(text.clone())).map_err(wrong)?;
        if let Some(from) = table.remove("from") {
            let wrong = |_| "from is target, anyone, or an address".to_owned();
            wait.from = text_of("from", from)?.parse().map_err(wrong)?;
        }
        if let Some(within) = table.remove("within") {
            let text = match within {
                Value::Integer(seconds) => seconds.to_string(),
                Value::Float(seconds) => seconds.to_string(),
                other => text_of("within", other)?,
            };
            wait.within = parse_duration(&text).map_err(|error| format!("within: {error}"))?;
        }
        if let Some(retries) = table.remove("retries") {
            let number = retries.as_integer().and_then(|number| u32::try_from(number).ok());
            wait.retries = number.ok_or("retries is a whole number from 0")?;
        }
        if let Some(otherwise) = table.remove("otherwise") {
            wait.otherwise = match text_of("otherwise", otherwise)?.trim() {
                STOP => Otherwise::Stop,
                GO_ON => Otherwise::GoOn,
                _ => return Err(format!("otherwise is {STOP} or {GO_ON}")),
            };
        }
        wait.unknown = table;
        Ok(wait)
    }
}

fn text_of(key: &str, value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(format!("{key} is not text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ItemWait, String> {
        ItemWait::try_from(text.parse::<Table>().unwrap())
    }

    #[test]
    fn every_key_is_read_and_written_and_what_is_unknown_is_kept() {
        let text = "hex = \"01 ??\"\nfrom = \"10.0.0.7:502\"\nwithin = \"50ms\"\nretries = 2\notherwise = \"go-on\"\nnew = 1";
        let wait = read(text).unwrap();
        assert_eq!(wait.pattern(), &Pattern::Hex("01 ??".into()));
        assert_eq!(
            (wait.within, wait.retries, wait.otherwise),
            (Duration::from_millis(50), 2, Otherwise::GoOn)
        );
        assert_eq!(wait.from.to_string(), "10.0.0.7:502");
        assert_eq!(Table::from(wait.clone()), text.parse().unwrap());
        let compiled = wait.compiled().unwrap();
        assert_eq!((compiled.retries, compiled.within, compiled.from), (2, wait.within, wait.from));
        assert_eq!(compiled.otherwise, Otherwise::GoOn);
        let usual = read("regex = \"^OK$\"").unwrap();
        assert_eq!(usual.within, DEFAULT_PATIENCE);
        assert_eq!(Table::from(usual.clone()).len(), 1, "without what is as usual");
        let other = usual.with_pattern(Pattern::Text("a".into())).unwrap();
        assert_eq!(other.pattern(), &Pattern::Text("a".into()));
    }

    #[test]
    fn a_wrong_value_is_named() {
        for (text, part) in [
            ("within = 5", "exactly one"),
            ("text = \"a\"\nhex = \"01\"", "exactly one"),
            ("text = 5", "text is not text"),
            ("text = \"\"", "nothing to wait for"),
            ("hex = \"0G\"", "'G'"),
            ("regex = \"(\"", "regular expression"),
            ("text = \"a\"\nfrom = \"nobody here\"", "from is"),
            ("text = \"a\"\nwithin = \"soon\"", "within"),
            ("text = \"a\"\nretries = -1", "retries is"),
            ("text = \"a\"\notherwise = \"cry\"", "otherwise is"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
