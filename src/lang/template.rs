//! Explains what is wrong with the variables of templates, and with answers to their questions.

use super::{Words, explain_checksum, fill};
use crate::payload::{AnswerError, QuestionKind, TemplateError};
use std::fmt::Display;

/// One or two sentences: what is wrong and where, then what to do about it. `line` and `column` begin with 1.
#[must_use]
pub(super) fn explain_template(words: &Words, error: &TemplateError, line: usize, column: usize) -> String {
    let say = |template: &str, values: &[(&str, &dyn Display)]| {
        let place: [(&str, &dyn Display); 2] = [("line", &line), ("column", &column)];
        fill(template, &[values, &place[..]].concat())
    };
    let with_found = |template: &str, found: &str| say(template, &[("found", &found)]);
    let with_example = |template: &str, example: &str| say(template, &[("example", &example)]);
    match error {
        TemplateError::NotClosed => say(
            &words.template_not_closed,
            &[("open", &"${"), ("example", &"${counter}"), ("dollar", &"${$}")],
        ),
        TemplateError::UnknownName(found) => {
            say(&words.template_unknown, &[("found", found), ("dollar", &"${$}")])
        }
        TemplateError::NeedsType => with_example(&words.template_needs_type, "${counter:u16be}"),
        TemplateError::ByteOrder(found) => with_found(&words.template_byte_order, found),
        TemplateError::Argument(found) => with_found(&words.template_argument, found),
        TemplateError::TimeFormat(found) => with_found(&words.template_time_format, found),
        TemplateError::Range(found) => with_found(&words.template_range, found),
        TemplateError::NoCount => with_example(&words.template_no_count, "${random:4}"),
        TemplateError::AskName => with_example(&words.template_ask_name, "${ask:address:u8:1..247}"),
        TemplateError::NoChecksum => with_example(&words.template_no_checksum, "${crc:CRC-16/MODBUS}"),
        TemplateError::Checksum { text, error } => {
            let reason = explain_checksum(words, text, error);
            say(&words.template_checksum, &[("reason", &reason)])
        }
        TemplateError::ChecksumPlace => say(&words.template_checksum_place, &[]),
        TemplateError::GroupTwice(found) => with_found(&words.template_group_twice, found),
        TemplateError::NoGroupOpen => {
            say(&words.template_no_group_open, &[("open", &"${group}"), ("close", &"${/group}")])
        }
        TemplateError::GroupNotClosed => with_example(&words.template_group_not_closed, "${/group}"),
        TemplateError::NoGroup(found) => {
            let example = format!("${{group:{found}}}");
            say(&words.template_no_group, &[("found", found), ("example", &example)])
        }
        TemplateError::TooMany => say(&words.template_too_many, &[]),
        TemplateError::Cycle => say(&words.template_cycle, &[]),
        TemplateError::TooLarge { value, least, most } => {
            say(&words.template_too_large, &[("value", value), ("least", least), ("most", most)])
        }
        TemplateError::NoCapture { number, captures } => {
            say(&words.template_no_capture, &[("number", number), ("captures", captures)])
        }
        TemplateError::NoPeer => say(&words.template_no_peer, &[]),
        TemplateError::NoAnswer(name) => say(&words.template_no_answer, &[("name", name)]),
        TemplateError::Answer { name, error } => {
            let reason = explain_answer(words, *error);
            say(&words.template_answer, &[("name", name), ("reason", &reason)])
        }
    }
}

/// Why the answer to a question of a template is none: a sentence.
#[must_use]
pub fn explain_answer(words: &Words, error: AnswerError) -> String {
    let within = |template: &str, least: &dyn Display, most: &dyn Display| {
        fill(template, &[("least", least), ("most", most)])
    };
    match error {
        AnswerError::NotNumber => words.answer_not_number.clone(),
        AnswerError::NotHex => words.answer_not_hex.clone(),
        AnswerError::Outside(QuestionKind::Number { least, most }) => {
            within(&words.answer_number_range, &least, &most)
        }
        AnswerError::Outside(QuestionKind::Text { least, most }) => {
            within(&words.answer_text_range, &least, &most)
        }
        AnswerError::Outside(QuestionKind::Hex { least, most }) => {
            within(&words.answer_hex_range, &least, &most)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;

    #[test]
    fn each_error_has_its_place_and_the_way_out_in_both_languages() {
        let spec = "sum8,huge";
        let number = QuestionKind::Number { least: 1, most: 247 };
        let text = || "x1".to_owned();
        let answer = |error| TemplateError::Answer { name: text(), error };
        let errors = [
            (TemplateError::NotClosed, "${$}"),
            (TemplateError::UnknownName(text()), "x1"),
            (TemplateError::NeedsType, "${counter:u16be}"),
            (TemplateError::ByteOrder("u16".into()), "u16be"),
            (TemplateError::Argument(text()), "x1"),
            (TemplateError::TimeFormat(text()), "%H"),
            (TemplateError::Range(text()), "0..255"),
            (TemplateError::NoCount, "${random:4}"),
            (TemplateError::AskName, "${ask:"),
            (TemplateError::NoChecksum, "${crc:"),
            (
                TemplateError::Checksum {
                    text: spec.into(),
                    error: spec.parse::<crate::payload::checksum::Spec>().unwrap_err(),
                },
                "huge",
            ),
            (TemplateError::ChecksumPlace, "at="),
            (TemplateError::GroupTwice(text()), "x1"),
            (TemplateError::NoGroupOpen, "${/group}"),
            (TemplateError::GroupNotClosed, "${/group}"),
            (TemplateError::NoGroup(text()), "${group:x1}"),
            (TemplateError::TooMany, "256"),
            (TemplateError::Cycle, "u16be"),
            (TemplateError::TooLarge { value: 300, least: 0, most: 255 }, "300"),
            (TemplateError::NoPeer, ""),
            (TemplateError::NoCapture { number: "7".into(), captures: 2 }, "7"),
            (TemplateError::NoAnswer(text()), "x1"),
            (answer(AnswerError::NotNumber), "0x0A"),
            (answer(AnswerError::NotHex), "x1"),
            (answer(AnswerError::Outside(number)), "247"),
            (answer(AnswerError::Outside(QuestionKind::Text { least: 1, most: 20 })), "20"),
            (answer(AnswerError::Outside(QuestionKind::Hex { least: 1, most: 4 })), "4"),
        ];
        for language in Language::ALL {
            for (error, part) in &errors {
                let said = explain_template(language.words(), error, 3, 17);
                assert!(said.contains(part) && said.contains('3') && said.contains("17"), "{said}");
                let rest = said.replace("${", "");
                assert!(!rest.contains('{'), "not filled in: {said}");
                assert!(said.matches(['.', '。']).count() >= 2, "the cause and the way out: {said}");
            }
        }
    }
}
