//! Control pictures: which characters are shown by a visible name instead of taking effect. Does not draw.
//!
//! These are control characters, characters that reorder text or break lines, and characters without a glyph:
//! Unicode's `Cc`, `Zl`, `Zp`, `Default_Ignorable_Code_Point`, the interlinear
//! annotation characters and the noncharacters. Spaces with a width, such as U+00A0 and
//! U+3000, are not among them.

use std::fmt;

/// Whether `character` is shown by its [`control_name`].
pub fn is_control(character: char) -> bool {
    match u32::from(character) {
        0x20..=0x7E | 0xA0..=0xAC => false,
        0x00..=0x9F => true,
        0xAD | 0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F => true,
        0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F => true,
        // Han, Kana, Hangul, private use; only the Hangul filler (U+3164) has no glyph.
        number @ 0x2070..=0xFDCF => number == 0x3164,
        0xFDD0..=0xFDEF | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB => true,
        0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF => true,
        number => number & 0xFFFE == 0xFFFE,
    }
}

/// A short printable name: a control picture (U+2400 and following), an abbreviation such as
/// `RLO`, or `U+` and the number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ControlName {
    character: char,
}

/// The name that stands for `character` on the screen.
pub fn control_name(character: char) -> ControlName {
    ControlName { character }
}

impl ControlName {
    /// The only character of the name, where it is a control picture.
    fn picture(self) -> Option<char> {
        match u32::from(self.character) {
            number @ 0x00..=0x1F => char::from_u32(0x2400 + number),
            0x7F => Some('\u{2421}'),
            _ => None,
        }
    }

    /// The abbreviation, after Unicode's NameAliases.txt where that has one.
    fn abbreviation(self) -> Option<&'static str> {
        const C1: [&str; 32] = [
            "PAD", "HOP", "BPH", "NBH", "IND", "NEL", "SSA", "ESA", "HTS", "HTJ", "VTS", "PLD", "PLU", "RI",
            "SS2", "SS3", "DCS", "PU1", "PU2", "STS", "CCH", "MW", "SPA", "EPA", "SOS", "SGC", "SCI", "CSI",
            "ST", "OSC", "PM", "APC",
        ];
        const VARIATION_SELECTORS: [&str; 16] = [
            "VS1", "VS2", "VS3", "VS4", "VS5", "VS6", "VS7", "VS8", "VS9", "VS10", "VS11", "VS12", "VS13",
            "VS14", "VS15", "VS16",
        ];
        Some(match u32::from(self.character) {
            number @ 0x80..=0x9F => C1.get(number as usize - 0x80)?,
            number @ 0xFE00..=0xFE0F => VARIATION_SELECTORS.get(number as usize - 0xFE00)?,
            0xAD => "SHY",
            0x034F => "CGJ",
            0x061C => "ALM",
            0x180B => "FVS1",
            0x180C => "FVS2",
            0x180D => "FVS3",
            0x180E => "MVS",
            0x180F => "FVS4",
            0x200B => "ZWSP",
            0x200C => "ZWNJ",
            0x200D => "ZWJ",
            0x200E => "LRM",
            0x200F => "RLM",
            0x2028 => "LSEP",
            0x2029 => "PSEP",
            0x202A => "LRE",
            0x202B => "RLE",
            0x202C => "PDF",
            0x202D => "LRO",
            0x202E => "RLO",
            0x2060 => "WJ",
            0x2066 => "LRI",
            0x2067 => "RLI",
            0x2068 => "FSI",
            0x2069 => "PDI",
            0x3164 => "HF",
            0xFEFF => "BOM",
            0xFFA0 => "HWHF",
            0xFFF9 => "IAA",
            0xFFFA => "IAS",
            0xFFFB => "IAT",
            _ => return None,
        })
    }
}

impl fmt::Display for ControlName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(picture) = self.picture() {
            write!(formatter, "{picture}")
        } else if let Some(abbreviation) = self.abbreviation() {
            formatter.write_str(abbreviation)
        } else {
            write!(formatter, "U+{:04X}", u32::from(self.character))
        }
    }
}

impl fmt::Debug for ControlName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ControlName({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_name_the_character() {
        for (character, name) in [
            ('\0', "␀"),
            ('\t', "␉"),
            ('\n', "␊"),
            ('\r', "␍"),
            ('\u{1B}', "␛"),
            ('\u{7F}', "␡"),
            ('\u{80}', "PAD"),
            ('\u{85}', "NEL"),
            ('\u{9F}', "APC"),
            ('\u{AD}', "SHY"),
            ('\u{200B}', "ZWSP"),
            ('\u{202E}', "RLO"),
            ('\u{2069}', "PDI"),
            ('\u{FE0F}', "VS16"),
            ('\u{FEFF}', "BOM"),
            ('\u{2064}', "U+2064"),
            ('\u{FFFE}', "U+FFFE"),
            ('\u{E0041}', "U+E0041"),
            ('\u{10FFFF}', "U+10FFFF"),
        ] {
            assert!(is_control(character), "{name}");
            assert_eq!(control_name(character).to_string(), name);
        }
    }

    #[test]
    fn names_are_made_of_visible_characters_and_differ() {
        let mut seen = std::collections::HashMap::new();
        for character in ('\0'..=char::MAX).filter(|character| is_control(*character)) {
            let name = control_name(character).to_string();
            assert!(name.chars().all(|shown| !is_control(shown) && shown != ' '), "{name:?}");
            assert!(name.chars().count() <= 8, "{name}");
            assert_eq!(seen.insert(name, character), None, "{character:?}");
        }
    }

    #[test]
    fn what_std_knows_as_control_is_control_and_text_is_not() {
        for character in '\0'..=char::MAX {
            if character.is_control() || u32::from(character) & 0xFFFE == 0xFFFE {
                assert!(is_control(character), "{character:?}");
            }
            if character.is_alphanumeric()
                && !matches!(character, '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}')
            {
                assert!(!is_control(character), "{character:?}");
            }
        }
        for blank_or_sign in [' ', '\u{A0}', '\u{2003}', '\u{3000}', '€', '，', '\u{FFFD}', '😀', '\u{E000}']
        {
            assert!(!is_control(blank_or_sign), "{blank_or_sign:?}");
        }
        let listed = ('\u{FDD0}'..='\u{FDEF}').chain('\u{202A}'..='\u{202E}').chain('\u{2066}'..='\u{2069}');
        for character in
            listed.chain("\u{200C}\u{200D}\u{200E}\u{200F}\u{61C}\u{2028}\u{2029}\u{2060}\u{FFF9}".chars())
        {
            assert!(is_control(character), "{character:?}");
        }
    }
}
