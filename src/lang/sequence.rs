//! Explains errors in sequences and the answers they wait for, and why a step failed.

use super::{Words, explain, explain_checksum, explain_payload, fill};
use crate::document::{Expected, FileError, FileErrorKind};
use crate::model::units::duration_text;
use crate::model::{StepFailure, StepProblem};
use crate::pattern::{MAX_PATTERN_BYTES, PatternError, PatternErrorKind};
use crate::payload;
use crate::rules::MAX_RULES;
use crate::sequence::{MAX_DEPTH, MAX_STEPS};
use std::fmt::Display;

/// The place in the file, what is wrong there, and what to do about it.
#[must_use]
pub fn explain_sequence(words: &Words, error: &FileError) -> String {
    let problem = problem(words, &error.kind);
    fill(&words.sequence_at, &[("line", &error.line), ("column", &error.column), ("problem", &problem)])
}

fn problem(words: &Words, kind: &FileErrorKind) -> String {
    match kind {
        FileErrorKind::NotToml(reason) => fill(&words.sequence_not_toml, &[("reason", reason)]),
        FileErrorKind::Newer { version } => fill(&words.sequence_newer, &[("version", version)]),
        FileErrorKind::UnknownKey { found, known } => {
            fill(&words.sequence_unknown_key, &[("found", found), ("known", &known.join(", "))])
        }
        FileErrorKind::NotA { key, expected } => {
            let template = match expected {
                Expected::Text => &words.sequence_not_text,
                Expected::Switch => &words.sequence_not_switch,
                Expected::Number => &words.sequence_not_number,
                Expected::Times => &words.sequence_not_times,
                Expected::Duration => &words.sequence_not_duration,
                Expected::Count => &words.document_not_count,
                Expected::SwitchOrText => &words.document_not_switch_or_text,
                Expected::Table => &words.sequence_not_table,
                Expected::Tables => &words.sequence_not_tables,
            };
            fill(template, &[("key", key)])
        }
        FileErrorKind::NotOneOf { key, found, choices } => {
            let values: [(&str, &dyn Display); 3] = [("key", key), ("found", found), ("choices", choices)];
            fill(&words.sequence_not_one_of, &values)
        }
        FileErrorKind::Needs { key, other } => fill(&words.sequence_needs, &[("key", key), ("other", other)]),
        FileErrorKind::Conflict { key, other } => {
            fill(&words.sequence_conflict, &[("key", key), ("other", other)])
        }
        FileErrorKind::Excludes { key, other } => {
            fill(&words.document_excludes, &[("key", key), ("other", other)])
        }
        FileErrorKind::NoRules => words.rules_none.clone(),
        FileErrorKind::RuleDoesNothing => words.rules_idle.clone(),
        FileErrorKind::NotOneCondition => words.rules_one_condition.clone(),
        FileErrorKind::TooManyRules => fill(&words.rules_too_many, &[("rules", &MAX_RULES)]),
        FileErrorKind::SendsToNobody => words.rules_closed_payload.clone(),
        FileErrorKind::NoSteps => words.sequence_no_steps.clone(),
        FileErrorKind::NothingToDo => words.sequence_nothing_to_do.clone(),
        FileErrorKind::NotOnePattern => words.sequence_one_pattern.clone(),
        FileErrorKind::TooMany => {
            fill(&words.sequence_too_many, &[("steps", &MAX_STEPS), ("depth", &MAX_DEPTH)])
        }
        FileErrorKind::Asks => words.sequence_asks.clone(),
        FileErrorKind::Payload(error) => explain_payload(words, error),
        FileErrorKind::Checksum { text, error } => explain_checksum(words, text, error),
        FileErrorKind::Pattern { text, error } => explain_pattern(words, text, error),
    }
}

/// What is wrong with a pattern that is to be waited for, and what to do about it.
#[must_use]
pub fn explain_pattern(words: &Words, text: &str, error: &PatternError) -> String {
    match &error.kind {
        PatternErrorKind::Empty => words.pattern_empty.clone(),
        PatternErrorKind::TooLong => fill(&words.pattern_too_long, &[("limit", &MAX_PATTERN_BYTES)]),
        PatternErrorKind::Hex(kind) => {
            let before = text.get(..error.range.start).unwrap_or_default();
            let line = 1 + before.matches('\n').count();
            let column = 1 + before.chars().rev().take_while(|character| *character != '\n').count();
            let kind = payload::ErrorKind::Hex(*kind);
            explain_payload(words, &payload::Error { kind, range: error.range.clone(), line, column })
        }
        PatternErrorKind::Regex(reason) => fill(&words.pattern_regex, &[("reason", reason)]),
        PatternErrorKind::MatchesNothing => words.pattern_matches_nothing.clone(),
        PatternErrorKind::TooLarge => words.pattern_too_large.clone(),
    }
}

/// A step by its number, from 1, and its name if it has one.
#[must_use]
pub fn step_name(words: &Words, step: usize, name: &str) -> String {
    match name {
        "" => fill(&words.step_number, &[("step", &step)]),
        _ => fill(&words.step_named, &[("step", &step), ("name", &name)]),
    }
}

/// A rule by its number, from 1, and its name if it has one.
#[must_use]
pub fn rule_name(words: &Words, rule: usize, name: &str) -> String {
    match name {
        "" => fill(&words.rule_number, &[("rule", &rule)]),
        _ => fill(&words.rule_named, &[("rule", &rule), ("name", &name)]),
    }
}

/// Why a step failed, and what to do about it: what follows the colon of [`explain`].
pub(super) fn step_failure(words: &Words, failure: &StepFailure) -> String {
    let step = step_name(words, failure.step, &failure.name);
    match &failure.problem {
        StepProblem::NotSent(reason) => {
            fill(&words.cause_step_not_sent, &[("step", &step), ("reason", &explain(words, reason))])
        }
        StepProblem::NoAnswer { within, instead } => {
            let within = duration_text(*within);
            if instead.bytes == 0 {
                return fill(&words.cause_step_silent, &[("step", &step), ("within", &within)]);
            }
            let values: [(&str, &dyn Display); 4] =
                [("step", &step), ("within", &within), ("bytes", &instead.bytes), ("shown", &instead.shown)];
            fill(&words.cause_step_unmatched, &values)
        }
        StepProblem::Closed { instead } if instead.bytes == 0 => {
            fill(&words.cause_step_closed, &[("step", &step)])
        }
        StepProblem::Closed { instead } => {
            let values: [(&str, &dyn Display); 3] =
                [("step", &step), ("bytes", &instead.bytes), ("shown", &instead.shown)];
            fill(&words.cause_step_closed_after, &values)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use crate::model::{Failure, FailureKind, Instead, Operation};
    use crate::sequence::read;
    use std::time::Duration;

    #[test]
    fn errors_of_files_have_their_place_what_is_wrong_and_the_way_out() {
        let long = format!("[[steps]]\nwait.text = \"{}\"\n", "a".repeat(MAX_PATTERN_BYTES + 1));
        let many = "[[steps]]\npayload = \"a\"\n".repeat(MAX_STEPS + 1);
        let wrong = [
            "",
            "version = 9\n",
            "a = [\n",
            "name = 1\n",
            "times = 0\n",
            "steps = 1\n",
            "[[steps]]\nname = \"a\"\n",
            "[[steps]]\nformat = \"hex\"\n",
            "[[steps]]\npayload = \"a\"\nfromat = \"hex\"\n",
            "[[steps]]\npayload = \"a\"\n[[steps.steps]]\npayload = \"b\"\n",
            "[[steps]]\npayload = \"a\"\ntemplate = 1\n",
            "[[steps]]\npayload = \"a\"\nformat = \"base64\"\n",
            "[[steps]]\npayload = \"0G\"\nformat = \"hex\"\n",
            "[[steps]]\npayload = \"${ask:Address:u8:1..247}\"\ntemplate = true\n",
            "[[steps]]\npayload = \"a\"\nchecksum = \"crc99\"\n",
            "[[steps]]\npayload = \"a\"\ndelay = \"soon\"\n",
            "[[steps]]\nwait = 1\n",
            "[[steps]]\nwait = {}\n",
            "[[steps]]\nwait = { text = \"a\", retries = -1 }\n",
            "[[steps]]\nwait.text = \"\"\n",
            "[[steps]]\nwait.hex = \"\\n0\"\n",
            "[[steps]]\nwait.regex = \"(\"\n",
            "[[steps]]\nwait.regex = \"a*\"\n",
            "[[steps]]\nwait.regex = \"[01]*1[01]{30}\"\n",
            &long,
            &many,
        ];
        for language in Language::ALL {
            for text in wrong {
                let error = read(text).unwrap_err();
                let said = explain_sequence(language.words(), &error);
                let place = match language {
                    Language::English => format!("Line {}, column {}: ", error.line, error.column),
                    Language::Chinese => format!("第 {} 行第 {} 列：", error.line, error.column),
                };
                let problem = said.strip_prefix(&place).unwrap_or_else(|| panic!("{said}"));
                assert!(!problem.contains('{') || problem.contains("{30}"), "{said}");
                assert!(problem.matches(['.', '。']).count() >= 2, "the cause and the way out: {said}");
            }
        }
        let error = read("[[steps]]\nwait.hex = \"\"\"\n01 0G\"\"\"\n").unwrap_err();
        let said = explain_sequence(Language::English.words(), &error);
        assert_eq!(
            said,
            "Line 2, column 12: 'G' (line 1, column 5) is not a hex digit. Use 0–9 and A–F, two digits for each byte."
        );
    }

    #[test]
    fn a_failed_step_is_told_with_what_came_instead() {
        let told = |name: &str, problem, language: Language| {
            let failure = StepFailure { step: 2, name: name.into(), problem };
            let failure = Failure::new(Operation::Run, "Pump", FailureKind::Step(Box::new(failure)));
            explain(language.words(), &failure)
        };
        let within = Duration::from_millis(500);
        let nothing = Instead::default();
        let instead = Instead { bytes: 3, shown: "01 83 02".into() };
        let not_sent = Failure::new(Operation::Send, "", FailureKind::NoRecipient);
        for (problem, english) in [
            (
                StepProblem::NoAnswer { within, instead: instead.clone() },
                "The sequence Pump failed: step 2 (read) had no matching answer within 500ms; what came instead, 3 \
                 bytes: 01 83 02. Check the answer that it waits for.",
            ),
            (
                StepProblem::NoAnswer { within, instead: nothing.clone() },
                "The sequence Pump failed: step 2 (read) had no matching answer within 500ms, and nothing else came. \
                 Check that the device is on and the recipient is right, or raise the time that it waits.",
            ),
            (
                StepProblem::Closed { instead },
                "The sequence Pump failed: the connection closed while step 2 (read) waited, after 3 bytes: 01 83 02. \
                 Check why the peer closes, then start again.",
            ),
            (
                StepProblem::Closed { instead: nothing },
                "The sequence Pump failed: the connection closed while step 2 (read) waited, and nothing had come. \
                 Check why the peer closes, then start again.",
            ),
            (
                StepProblem::NotSent(Box::new(not_sent)),
                "The sequence Pump failed: step 2 (read) was not sent. Could not send: there is no recipient. Wait \
                 for a connection, or choose another recipient.",
            ),
        ] {
            assert_eq!(told("read", problem.clone(), Language::English), english);
            let chinese = told("read", problem, Language::Chinese);
            assert!(chinese.contains("第 2 步（read）") && !chinese.contains('{'), "{chinese}");
        }
        let problem = StepProblem::NoAnswer { within, instead: Instead::default() };
        assert!(told("", problem, Language::English).contains("step 2 had"));
    }
}
