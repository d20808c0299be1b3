//! Values that are asked for when the payload is sent.

use super::Value;
use super::number::{Number, range, whole};
use crate::codec::parse_hex;
use crate::payload::answer::{AnswerError, QuestionKind};
use crate::payload::context::Answers;
use crate::payload::error::TemplateError;

/// The most characters or bytes of an answer.
const MOST: i128 = 65_536;

/// A value that is asked for when the payload is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked for, in the words of who wrote the payload.
    pub name: String,
    /// What the answer may be.
    pub kind: QuestionKind,
    /// How a number is written.
    form: Number,
}

impl Question {
    /// Reads what follows `ask:`.
    pub(super) fn parse(text: &str, is_hex: bool) -> Result<Self, TemplateError> {
        let mut parts = text.splitn(3, ':');
        let name = parts.next().unwrap_or_default().trim().to_owned();
        if name.is_empty() {
            return Err(TemplateError::AskName);
        }
        let wanted = match parts.next() {
            None if is_hex => return Err(TemplateError::NeedsType),
            None => "text",
            Some(wanted) => wanted,
        };
        let within = |first: i128, last: i128, text: Option<&str>| match text {
            None => Ok((first, last)),
            Some(text) => range(text)
                .filter(|(least, most)| *least >= first && *most <= last)
                .ok_or_else(|| TemplateError::Range(text.to_owned())),
        };
        let limits = parts.next();
        let mut form = Number::DECIMAL;
        let kind = match wanted {
            "text" | "hex" => {
                let (least, most) = within(0, MOST, limits)?;
                let (least, most) = (least as usize, most as usize);
                if wanted == "text" {
                    QuestionKind::Text { least, most }
                } else {
                    QuestionKind::Hex { least, most }
                }
            }
            wanted => {
                form = Number::parse(wanted)?;
                if is_hex && !form.is_bytes() {
                    return Err(TemplateError::NeedsType);
                }
                let (first, last) = form.limits();
                let (least, most) = within(first, last, limits)?;
                QuestionKind::Number { least, most }
            }
        };
        Ok(Self { name, kind, form })
    }

    /// Whether an answer is one.
    ///
    /// # Errors
    /// Why it is none.
    pub fn check(&self, answer: &str) -> Result<(), AnswerError> {
        self.read(answer).map(|_| ())
    }

    fn read(&self, answer: &str) -> Result<Value, AnswerError> {
        let outside = AnswerError::Outside(self.kind);
        match self.kind {
            QuestionKind::Number { least, most } => {
                let number = whole(answer.trim()).ok_or(AnswerError::NotNumber)?;
                let number = Some(number).filter(|number| (least..=most).contains(number)).ok_or(outside)?;
                self.form.write(number).map_err(|_| outside)
            }
            QuestionKind::Text { least, most } => {
                let is_right = (least..=most).contains(&answer.chars().count());
                if is_right { Ok(Value::Text(answer.to_owned())) } else { Err(outside) }
            }
            QuestionKind::Hex { least, most } => {
                let bytes = parse_hex(answer).map_err(|_| AnswerError::NotHex)?;
                if (least..=most).contains(&bytes.len()) { Ok(Value::Bytes(bytes)) } else { Err(outside) }
            }
        }
    }

    /// The answer as it is sent.
    pub(super) fn value(&self, answers: &Answers) -> Result<Value, TemplateError> {
        let name = || self.name.clone();
        let answer = answers.get(&self.name).ok_or_else(|| TemplateError::NoAnswer(name()))?;
        self.read(answer).map_err(|error| TemplateError::Answer { name: name(), error })
    }
}
