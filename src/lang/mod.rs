//! The phrases shown to users, in each language, and explanations of failures.
//!
//! The tables are `assets/lang/*.toml`. The build compares them with each other, and `tests/architecture` compares
//! their placeholders with the calls of [`fill`]. Accessible names are not
//! translated, so that scripts find them in every language.

mod change;
mod checksum;
mod explain;
pub mod figures;
mod framing;
mod outgoing;
mod payload;
mod sequence;
mod template;
mod words;

pub use change::{Course, closed, connected, with_course};
pub use checksum::{explain_checksum, explain_checksum_range};
pub use explain::explain;
pub use framing::{explain_framing, preset_name, skip_reason};
pub use outgoing::{outgoing_progress, outgoing_state};
pub use payload::explain_payload;
pub use sequence::{explain_pattern, explain_sequence, rule_name, step_name};
pub use template::explain_answer;
pub use words::Words;

use std::fmt;
use std::sync::OnceLock;

/// A text cut to that many characters, with `…` where it was cut.
#[must_use]
pub fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A language of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// 简体中文.
    Chinese,
}

impl Language {
    /// All languages, in the order of the menu.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Its own name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "简体中文",
        }
    }

    /// Its BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// The language for a system's locale, such as `zh_CN.UTF-8`.
    #[must_use]
    pub fn from_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("zh") { Self::Chinese } else { Self::English }
    }

    /// The phrases of this language.
    #[must_use]
    pub fn words(self) -> &'static Words {
        static ENGLISH: OnceLock<Words> = OnceLock::new();
        static CHINESE: OnceLock<Words> = OnceLock::new();
        let (cell, table) = match self {
            Self::English => (&ENGLISH, include_str!("../../assets/lang/en.toml")),
            Self::Chinese => (&CHINESE, include_str!("../../assets/lang/zh-CN.toml")),
        };
        cell.get_or_init(|| {
            let table =
                toml::from_str(table).expect("the tables are part of the program, and a test reads both");
            Words::from_table(table)
        })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Replaces `{name}` by its value, and `{name|one|many}` by `one` if the value is 1, else by `many`. Values are
/// inserted as they are.
#[must_use]
pub fn fill(template: &str, values: &[(&str, &dyn fmt::Display)]) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            rest = &rest[before.len()..];
            break;
        };
        let (key, forms) =
            name.split_once('|').map_or((name, None), |(key, forms)| (key, forms.split_once('|')));
        let value = values.iter().find(|(known, _)| *known == key).map(|(_, value)| value.to_string());
        match (value, forms) {
            (Some(value), None) => out.push_str(&value),
            (Some(value), Some((one, many))) => out.push_str(if value == "1" { one } else { many }),
            (None, _) => {
                out.push('{');
                out.push_str(name);
                out.push('}');
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// `build.rs` compares the tables with each other; here they are read as the program reads them.
    #[test]
    fn both_tables_are_read_completely() {
        for table in [include_str!("../../assets/lang/en.toml"), include_str!("../../assets/lang/zh-CN.toml")]
        {
            let table: BTreeMap<String, String> = toml::from_str(table).unwrap();
            assert_eq!(Words::from_table(table.clone()).failure, table["failure"]);
        }
    }

    #[test]
    fn values_are_put_in_once() {
        assert_eq!(fill("{a} and {b}", &[("a", &"{b}"), ("b", &2)]), "{b} and 2");
        assert_eq!(fill("{unknown} {", &[]), "{unknown} {");
    }

    #[test]
    fn one_is_no_plural() {
        let template = "{n} {n|record was|records were} lost";
        for (n, text) in
            [("1", "1 record was lost"), ("0", "0 records were lost"), ("1,001", "1,001 records were lost")]
        {
            assert_eq!(fill(template, &[("n", &n)]), text);
        }
        let words = Language::English.words();
        for template in [&words.status_exact, &words.status_received, &words.record_resumed] {
            let filled = fill(template, &[("bytes", &1), ("records", &1), ("rate", &"1 B")]);
            assert!(!filled.contains("records") && !filled.contains("bytes"), "{filled}");
        }
    }

    #[test]
    fn locales_choose_the_language() {
        for (locale, language) in [
            ("zh_CN.UTF-8", Language::Chinese),
            ("zh-Hans", Language::Chinese),
            ("en_US", Language::English),
            ("C", Language::English),
        ] {
            assert_eq!(Language::from_locale(locale), language);
        }
    }
}
