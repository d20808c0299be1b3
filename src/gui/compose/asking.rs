//! The state of the dialog that asks for the values of a payload when it is sent.

use crate::payload::{AnswerError, Payload, Question};
use crate::settings::TabSettings;

/// The dialog that asks for the values of a payload.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The fields, in the order of the payload.
    pub fields: Vec<Field>,
    /// The first field has not been drawn yet.
    pub takes_focus: bool,
}

/// A value that is asked for.
#[derive(Clone, Debug)]
pub struct Field {
    /// The questions of one name, which has one answer.
    questions: Vec<Question>,
    /// What is typed.
    pub answer: String,
}

impl Field {
    /// What is asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        self.questions.first().map_or("", |question| &question.name)
    }

    /// Why what is typed is no answer.
    #[must_use]
    pub fn error(&self) -> Option<AnswerError> {
        self.questions.iter().find_map(|question| question.check(&self.answer).err())
    }
}

impl Asking {
    /// The dialog for a payload, with the last answers; `None`: it asks for nothing.
    #[must_use]
    pub fn new(payload: &Payload, form: &TabSettings) -> Option<Self> {
        let mut fields: Vec<Field> = Vec::new();
        for question in payload.questions() {
            match fields.iter_mut().find(|field| field.name() == question.name) {
                Some(field) => field.questions.push(question.clone()),
                None => {
                    let answer = form.answers.get(&question.name).cloned().unwrap_or_default();
                    fields.push(Field { questions: vec![question.clone()], answer });
                }
            }
        }
        (!fields.is_empty()).then_some(Self { fields, takes_focus: true })
    }

    /// Whether everything is answered.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.fields.iter().all(|field| field.error().is_none())
    }

    /// Remembers the answers.
    pub fn remember(&self, form: &mut TabSettings) {
        for field in &self.fields {
            form.answers.insert(field.name().to_owned(), field.answer.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::{Format, Options};
    use crate::settings::TabKind;

    #[test]
    fn a_name_is_asked_for_once_and_its_last_answer_is_remembered() {
        let mut form = TabSettings::new(TabKind::TcpClient);
        let options = Options { format: Format::Hex, is_template: true, ..Options::default() };
        let parse = |input: &str| Payload::parse(input, &options).unwrap();
        assert!(Asking::new(&parse("01"), &form).is_none());
        let payload = parse("${ask:a:u8:1..9} ${ask:b:hex} ${ask:a:u16be:5..20}");
        let mut asking = Asking::new(&payload, &form).unwrap();
        let names: Vec<_> = asking.fields.iter().map(Field::name).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(!asking.is_complete());
        for (answer, is_right) in [("3", false), ("10", false), ("x", false), ("7", true)] {
            asking.fields[0].answer = answer.into();
            assert_eq!(asking.fields[0].error().is_none(), is_right, "{answer}: both must take it");
        }
        assert!(asking.is_complete(), "no bytes are hex as well");
        asking.remember(&mut form);
        assert_eq!(Asking::new(&payload, &form).unwrap().fields[0].answer, "7");
    }
}
