//! The time of a send: formatted, or as a number of seconds or milliseconds.

use super::Value;
use super::number::Number;
use crate::model::Timestamp;
use crate::payload::context::Context;
use crate::payload::error::TemplateError;
use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, FixedOffset};
use std::fmt::Write as _;

/// The format if none is given.
const USUAL: &str = "%Y-%m-%d %H:%M:%S";

/// How the time is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::payload) enum Time {
    /// Local time in a format of `strftime`.
    Formatted(String),
    /// Seconds since 1970, UTC.
    Seconds(Number),
    /// Milliseconds since 1970, UTC.
    Milliseconds(Number),
}

impl Time {
    /// Reads what follows `time:`; `None`: nothing does.
    pub fn parse(text: Option<&str>, is_hex: bool) -> Result<Self, TemplateError> {
        let text = match text {
            None if is_hex => return Err(TemplateError::NeedsType),
            None => USUAL,
            Some(text) => text,
        };
        let (unit, form) = text.split_once(':').map_or((text, None), |(unit, form)| (unit, Some(form)));
        let number = |form: Option<&str>| match form {
            None if is_hex => Err(TemplateError::NeedsType),
            None => Ok(Number::DECIMAL),
            Some(form) => Number::parse(form).and_then(|form| {
                if is_hex && !form.is_bytes() { Err(TemplateError::NeedsType) } else { Ok(form) }
            }),
        };
        match unit {
            "unix" => Ok(Self::Seconds(number(form)?)),
            "ms" => Ok(Self::Milliseconds(number(form)?)),
            _ if text.contains('%') && is_hex => Err(TemplateError::NeedsType),
            _ if text.contains('%') => {
                let is_wrong = StrftimeItems::new(text).any(|item| matches!(item, Item::Error));
                if is_wrong {
                    Err(TemplateError::TimeFormat(text.into()))
                } else {
                    Ok(Self::Formatted(text.into()))
                }
            }
            _ => Ok(Self::Seconds(number(Some(text))?)),
        }
    }

    /// The time of a send.
    pub fn value(&self, context: &Context<'_>) -> Result<Value, TemplateError> {
        let Timestamp(nanoseconds) = context.now;
        match self {
            Self::Seconds(form) => form.write((nanoseconds / 1_000_000_000).into()),
            Self::Milliseconds(form) => form.write((nanoseconds / 1_000_000).into()),
            Self::Formatted(format) => {
                let (seconds, rest) = context.now.split();
                let offset = FixedOffset::east_opt(context.utc_offset_seconds);
                let time = DateTime::from_timestamp(seconds, rest).unwrap_or_default();
                let mut text = String::new();
                let written = match offset {
                    Some(offset) => write!(text, "{}", time.with_timezone(&offset).format(format)),
                    None => write!(text, "{}", time.format(format)),
                };
                written.map_err(|_| TemplateError::TimeFormat(format.clone()))?;
                Ok(Value::Text(text))
            }
        }
    }
}
