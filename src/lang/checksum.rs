//! Explains errors in the text of a checksum, and ranges that do not fit the data.

use super::{Words, fill};
use crate::payload::checksum::{RangeError, SpecError, SpecErrorKind};
use std::fmt::Display;

/// One or two sentences: what is wrong, then what to do about it. `text`: that of the checksum.
#[must_use]
pub fn explain_checksum(words: &Words, text: &str, error: &SpecError) -> String {
    let found = text.get(error.range.clone()).unwrap_or_default();
    let with_found = |template: &str| fill(template, &[("found", &found)]);
    match &error.kind {
        SpecErrorKind::NoName => words.checksum_no_name.clone(),
        SpecErrorKind::UnknownName { similar } if similar.is_empty() => with_found(&words.checksum_unknown),
        SpecErrorKind::UnknownName { similar } => {
            fill(&words.checksum_similar, &[("found", &found), ("names", &similar.join(", "))])
        }
        SpecErrorKind::CustomValues { count } => {
            fill(&words.checksum_values, &[("found", &found), ("count", count)])
        }
        SpecErrorKind::Width => with_found(&words.checksum_width),
        SpecErrorKind::Value { width } => fill(&words.checksum_value, &[("found", &found), ("width", width)]),
        SpecErrorKind::Switch => with_found(&words.checksum_switch),
        SpecErrorKind::UnknownOption => with_found(&words.checksum_option),
        SpecErrorKind::Again => with_found(&words.checksum_again),
        SpecErrorKind::Place => with_found(&words.checksum_place),
    }
}

/// The same for a range that does not fit.
#[must_use]
pub fn explain_checksum_range(words: &Words, error: RangeError) -> String {
    let RangeError { from, to, at, length } = error;
    let to = to.map_or_else(String::new, |to| format!(", to={to}"));
    let range = at.map_or_else(|| format!("from={from}{to}"), |at| format!("at={at}"));
    let values: [(&str, &dyn Display); 3] = [("range", &range), ("count", &length), ("last", &length)];
    fill(&words.checksum_range, &values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use crate::payload::checksum::Spec;

    #[test]
    fn errors_name_what_is_wrong_and_the_way_out_in_both_languages() {
        let wrong = [
            "",
            "no-such-name",
            "CCITT",
            "CRC:16,8005",
            "CRC:200,0,0,0,No,No",
            "CRC:8,1FF,0,0,No,No",
            "CRC:8,7,0,0,No,maybe",
            "sum8,huge",
            "sum8,big,little",
            "sum8,from=x",
        ];
        for language in Language::ALL {
            for text in wrong {
                let error = text.parse::<Spec>().unwrap_err();
                let said = explain_checksum(language.words(), text, &error);
                assert!(said.contains(&text[error.range.clone()]) && !said.contains('{'), "{said}");
                assert!(said.matches(['.', '。']).count() >= 2, "the cause and the way out: {said}");
            }
            let error = RangeError { from: 1, to: Some(-9), at: None, length: 4 };
            let said = explain_checksum_range(language.words(), error);
            assert!(said.contains("from=1, to=-9") && said.contains('4') && !said.contains('{'), "{said}");
            let said = explain_checksum_range(language.words(), RangeError { at: Some(9), ..error });
            assert!(said.contains("at=9") && !said.contains("from=1"), "{said}");
        }
    }
}
