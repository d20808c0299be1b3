//! Reading a TOML document by its keys, with the place of everything that is wrong. Knows no key.

use super::error::{Expected, FileError, FileErrorKind};
use crate::model::units::parse_duration;
use std::num::NonZeroU64;
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table of a document, of which keys are taken.
pub struct Reader<'t> {
    text: &'t str,
    table: DeTable<'t>,
    /// Where the table is.
    range: Range<usize>,
}

/// The value of a key.
pub struct Entry<'t> {
    text: &'t str,
    key: &'static str,
    value: DeValue<'t>,
    range: Range<usize>,
}

/// An error at a place of the document.
fn error(text: &str, range: &Range<usize>, kind: FileErrorKind) -> FileError {
    let before = text.get(..range.start.min(text.len())).unwrap_or_default();
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.chars().rev().take_while(|character| *character != '\n').count();
    FileError { kind, line, column }
}

impl<'t> Reader<'t> {
    /// Reads a document.
    ///
    /// # Errors
    /// It is no TOML.
    pub fn new(text: &'t str) -> Result<Self, FileError> {
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { text, range: 0..0, table: table.into_inner() }),
            Err(wrong) => {
                let reason = wrong.message().trim().replace('\n', ", ");
                let range = wrong.span().unwrap_or_default();
                Err(error(text, &range, FileErrorKind::NotToml(reason)))
            }
        }
    }

    /// Takes a key, if the table has it.
    #[must_use]
    pub fn take(&mut self, key: &'static str) -> Option<Entry<'t>> {
        let value = self.table.remove(key)?;
        let range = value.span();
        Some(Entry { text: self.text, key, value: value.into_inner(), range })
    }

    /// All keys were taken.
    ///
    /// # Errors
    /// Not all of them: the first other one. `known` are those that there are.
    pub fn finish(self, known: &'static [&'static str]) -> Result<(), FileError> {
        let first = self.table.iter().min_by_key(|(key, _)| key.span().start);
        match first {
            None => Ok(()),
            Some((key, _)) => {
                let found = key.get_ref().to_string();
                Err(error(self.text, &key.span(), FileErrorKind::UnknownKey { found, known }))
            }
        }
    }

    /// Whether the table has the key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// An error of the table as a whole.
    #[must_use]
    pub fn error(&self, kind: FileErrorKind) -> FileError {
        error(self.text, &self.range, kind)
    }
}

impl<'t> Entry<'t> {
    /// An error of the value.
    #[must_use]
    pub fn error(&self, kind: FileErrorKind) -> FileError {
        error(self.text, &self.range, kind)
    }

    /// It is something else than it should be.
    #[must_use]
    pub fn not(&self, expected: Expected) -> FileError {
        self.error(FileErrorKind::NotA { key: self.key, expected })
    }

    /// Its text.
    ///
    /// # Errors
    /// It is something else.
    pub fn text(&self) -> Result<&str, FileError> {
        match &self.value {
            DeValue::String(text) => Ok(text),
            _ => Err(self.not(Expected::Text)),
        }
    }

    /// Its switch.
    ///
    /// # Errors
    /// It is something else.
    pub fn switch(&self) -> Result<bool, FileError> {
        match self.value {
            DeValue::Boolean(is_on) => Ok(is_on),
            _ => Err(self.not(Expected::Switch)),
        }
    }

    /// Its whole number of at least 0, or the text instead of one.
    ///
    /// # Errors
    /// It is something else.
    pub fn number(&self, expected: Expected) -> Result<u64, FileError> {
        match &self.value {
            DeValue::Integer(number) => {
                u64::from_str_radix(number.as_str(), number.radix()).map_err(|_| self.not(expected))
            }
            _ => Err(self.not(expected)),
        }
    }

    /// Its whole number of at least 1.
    ///
    /// # Errors
    /// It is something else.
    pub fn count(&self) -> Result<NonZeroU64, FileError> {
        NonZeroU64::new(self.number(Expected::Count)?).ok_or_else(|| self.not(Expected::Count))
    }

    /// Whether it is text, and not something else.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self.value, DeValue::String(_))
    }

    /// Whether it is a table.
    #[must_use]
    pub fn is_table(&self) -> bool {
        matches!(self.value, DeValue::Table(_))
    }

    /// Whether it is a switch.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        matches!(self.value, DeValue::Boolean(_))
    }

    /// Whether it is this text.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        matches!(&self.value, DeValue::String(text) if text.trim() == word)
    }

    /// Its duration: text with a unit, or a number of seconds.
    ///
    /// # Errors
    /// It is something else.
    pub fn duration(&self) -> Result<Duration, FileError> {
        let parsed = match &self.value {
            DeValue::String(text) => parse_duration(text),
            DeValue::Integer(number) if number.radix() == 10 => parse_duration(number.as_str()),
            DeValue::Float(number) => parse_duration(number.as_str()),
            _ => return Err(self.not(Expected::Duration)),
        };
        parsed.map_err(|_| self.not(Expected::Duration))
    }

    /// Its table.
    ///
    /// # Errors
    /// It is something else.
    pub fn table(self) -> Result<Reader<'t>, FileError> {
        match self.value {
            DeValue::Table(table) => Ok(Reader { text: self.text, table, range: self.range }),
            _ => Err(self.not(Expected::Table)),
        }
    }

    /// Its tables.
    ///
    /// # Errors
    /// It is something else.
    pub fn tables(self) -> Result<Vec<Reader<'t>>, FileError> {
        let not = self.not(Expected::Tables);
        let DeValue::Array(values) = self.value else { return Err(not) };
        let mut tables = Vec::new();
        for value in values {
            let range = Spanned::span(&value);
            match value.into_inner() {
                DeValue::Table(table) => tables.push(Reader { text: self.text, table, range }),
                _ => return Err(error(self.text, &range, not.kind)),
            }
        }
        Ok(tables)
    }
}
