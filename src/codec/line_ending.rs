//! The line ending that is added to a text before it is sent. Does not encode.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What ends each line of a text that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineEnding {
    /// Nothing is added; line breaks in the text are sent as typed.
    #[default]
    None,
    /// `\n`
    Lf,
    /// `\r`
    Cr,
    /// `\r\n`
    CrLf,
}

impl LineEnding {
    /// Every line ending, in the order in which a list offers them.
    pub const ALL: [LineEnding; 4] = [LineEnding::None, LineEnding::Lf, LineEnding::Cr, LineEnding::CrLf];

    /// The name as it is saved and read back: `none`, `lf`, `cr` or `crlf`.
    pub const fn name(self) -> &'static str {
        match self {
            LineEnding::None => "none",
            LineEnding::Lf => "lf",
            LineEnding::Cr => "cr",
            LineEnding::CrLf => "crlf",
        }
    }

    /// The characters themselves.
    pub const fn as_str(self) -> &'static str {
        match self {
            LineEnding::None => "",
            LineEnding::Lf => "\n",
            LineEnding::Cr => "\r",
            LineEnding::CrLf => "\r\n",
        }
    }

    /// The text with its line breaks (`\n` and `\r\n`) made this one, and one more at the end.
    ///
    /// The one at the end is added also when the text ends with a line break, so that an empty
    /// last line can be sent, as the end of an HTTP header needs. A lone `\r` is not a line break
    /// that a text box gives and stays. [`LineEnding::None`] gives the text unchanged.
    pub fn apply(self, text: &str) -> String {
        if self == LineEnding::None {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len() + text.len() / 16 + 2);
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let line = if lines.peek().is_some() { line.strip_suffix('\r').unwrap_or(line) } else { line };
            out.push_str(line);
            out.push_str(self.as_str());
        }
        out
    }
}

impl fmt::Display for LineEnding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for LineEnding {
    type Err = UnknownLineEnding;

    /// Reads a name; case does not matter.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = LineEnding::ALL.into_iter().find(|ending| ending.name().eq_ignore_ascii_case(name));
        known.ok_or_else(|| UnknownLineEnding { name: name.to_owned() })
    }
}

/// The error for an unknown name of a line ending.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{name}” is not a line ending. Use none, lf, cr or crlf")]
pub struct UnknownLineEnding {
    /// The name that was given.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_become_the_chosen_ending_and_one_is_added() {
        for (ending, text, expected) in [
            (LineEnding::None, "a\nb\r\nc\rd\n", "a\nb\r\nc\rd\n"),
            (LineEnding::None, "", ""),
            (LineEnding::Lf, "a\r\nb\nc", "a\nb\nc\n"),
            (LineEnding::Cr, "a\r\nb\nc", "a\rb\rc\r"),
            (LineEnding::CrLf, "a\r\nb\nc", "a\r\nb\r\nc\r\n"),
            (LineEnding::CrLf, "", "\r\n"),
            (LineEnding::CrLf, "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\n\r\n"),
            (LineEnding::CrLf, "a\rb", "a\rb\r\n"),
            (LineEnding::CrLf, "a\r", "a\r\r\n"),
            (LineEnding::Lf, "a\r\r\nb", "a\r\nb\n"),
            (LineEnding::Cr, "中\n文", "中\r文\r"),
        ] {
            assert_eq!(ending.apply(text), expected, "{ending} {text:?}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for ending in LineEnding::ALL {
            assert_eq!(ending.name().parse(), Ok(ending));
            assert_eq!(ending.to_string().to_uppercase().parse(), Ok(ending));
            let saved = serde_json::to_string(&ending).unwrap();
            assert_eq!(saved, format!("\"{ending}\""));
            assert_eq!(serde_json::from_str::<LineEnding>(&saved).unwrap(), ending);
        }
        let error = "lfcr".parse::<LineEnding>().unwrap_err();
        assert_eq!(error.to_string(), "“lfcr” is not a line ending. Use none, lf, cr or crlf");
    }
}
