//! The keys and values of ini files that Qt writes (`QSettings::IniFormat`).

use std::str::Chars;

/// The name of a group or key: `%20` is a byte of a character, `%U4F60` one of UTF-16.
pub fn key(bytes: &[u8]) -> String {
    let mut name = String::new();
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        let digits = |count: usize, from: &[u8]| {
            let text = std::str::from_utf8(from.get(..count)?).ok()?;
            let is_hex = text.bytes().all(|digit| digit.is_ascii_hexdigit());
            u32::from_str_radix(text, 16).ok().filter(|_| is_hex)
        };
        let escaped = match (byte, after) {
            (b'%', [b'U' | b'u', more @ ..]) => digits(4, more).map(|code| (code, &more[4..])),
            (b'%', more) => digits(2, more).map(|code| (code, &more[2..])),
            _ => None,
        };
        match escaped.and_then(|(code, more)| Some((char::from_u32(code)?, more))) {
            Some((character, more)) => {
                name.push(character);
                rest = more;
            }
            None => {
                // Newer versions of Qt write UTF-8.
                let length =
                    (1..=4).find(|length| std::str::from_utf8(&rest[..rest.len().min(*length)]).is_ok());
                let length = length.unwrap_or(1).min(rest.len());
                name.push_str(&String::from_utf8_lossy(&rest[..length]));
                rest = &rest[length..];
            }
        }
    }
    name
}

/// The texts of a value: one, or those of a list, which commas separate. `None`: it is no such value, or no text.
pub fn values(bytes: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut values = Vec::new();
    let mut value = String::new();
    let mut is_quoted = false;
    let mut chars = text.trim().chars();
    while let Some(character) = chars.next() {
        match character {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => values.push(finished(&mut value)),
            '\\' => value.push(escape(&mut chars)?),
            _ => value.push(character),
        }
    }
    values.push(finished(&mut value));
    (!is_quoted).then_some(values)
}

/// A value without the marks that Qt puts around values that are no texts.
fn finished(value: &mut String) -> String {
    let value = std::mem::take(value);
    let value = value.trim();
    if value == "@Invalid()" {
        return String::new();
    }
    let inner = value.strip_prefix("@ByteArray(").and_then(|rest| rest.strip_suffix(')'));
    match inner {
        Some(inner) => inner.to_owned(),
        // A text that begins with the mark has it twice.
        None => value.strip_prefix('@').filter(|rest| rest.starts_with('@')).unwrap_or(value).to_owned(),
    }
}

fn escape(chars: &mut Chars<'_>) -> Option<char> {
    let simple = match chars.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{C}',
        'v' => '\u{B}',
        '0' => '\0',
        'x' => {
            let digits: String = chars.as_str().chars().take_while(char::is_ascii_hexdigit).take(4).collect();
            *chars = chars.as_str()[digits.len()..].chars();
            return char::from_u32(u32::from_str_radix(&digits, 16).ok()?);
        }
        other => other,
    };
    Some(simple)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_read_as_qt_writes_them() {
        assert_eq!(key(b"Read%20status"), "Read status");
        assert_eq!(key(b"%U6E29%U5EA6 \xE5\xBA\xA6%2"), "温度 度%2");
        let of = |text: &str| values(text.as_bytes());
        let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(of("68 65 6c"), texts(&["68 65 6c"]));
        assert_eq!(of(" a, \"b, c\", \\x6e29\\n "), texts(&["a", "b, c", "温"]));
        assert_eq!(of("@ByteArray(41)"), texts(&["41"]));
        assert_eq!(of("@@home, @Invalid()"), texts(&["@home", ""]));
        assert_eq!(of("\"open"), None);
        assert_eq!(of("\\"), None);
        assert_eq!(of("\\xZ"), None);
    }
}
