//! All words shown to people: one table per language, and failures put into sentences.
//!
//! The tables are `assets/lang/*.toml`; a phrase that one of them lacks is a failing test. Accessible
//! names are not here: they are the same in every language.

mod explain;
mod words;

pub use explain::explain;
pub use words::Words;

use std::fmt;
use std::sync::OnceLock;

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
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Its name in itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "简体中文",
        }
    }

    /// The tag that settings and systems use (BCP 47).
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

    /// Its words.
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
            Words::from_table(table).0
        })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Replaces `{name}` by its value, and `{name|one|many}` by the words for one where the value is 1, and by
/// those for many otherwise. Values are not looked through again.
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

    fn placeholders(text: &str) -> Vec<&str> {
        let mut found: Vec<_> =
            text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect();
        // One language may need a plural form where another has none.
        for name in &mut found {
            *name = name.split('|').next().unwrap_or(name);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn both_tables_have_the_same_phrases_with_the_same_places() {
        let english: BTreeMap<String, String> =
            toml::from_str(include_str!("../../assets/lang/en.toml")).unwrap();
        let chinese: BTreeMap<String, String> =
            toml::from_str(include_str!("../../assets/lang/zh-CN.toml")).unwrap();
        assert_eq!(english.keys().collect::<Vec<_>>(), chinese.keys().collect::<Vec<_>>());
        for (name, text) in &english {
            assert!(!text.trim().is_empty() && !chinese[name].trim().is_empty(), "{name} is empty");
            assert_eq!(placeholders(text), placeholders(&chinese[name]), "{name}");
        }
        for table in [english, chinese] {
            assert_eq!(Words::from_table(table).1, Vec::<String>::new());
        }
        let (_, wrong) = Words::from_table(BTreeMap::from([("nothing".into(), "x".into())]));
        assert!(wrong.contains(&"nothing".into()) && wrong.contains(&"start".into()), "{wrong:?}");
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
