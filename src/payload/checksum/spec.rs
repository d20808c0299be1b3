//! Reading a checksum from text: its name or its parameters, then options.

use super::crc::mask;
use super::named::exactly;
use super::{Algorithm, ByteOrder, Crc, Form, MAX_WIDTH, Spec};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Why a text is no checksum, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    /// What is wrong.
    pub kind: SpecErrorKind,
    /// Where, in bytes of the text; on character boundaries.
    pub range: Range<usize>,
}

/// What is wrong with the text of a checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpecErrorKind {
    /// There is no name.
    NoName,
    /// No checksum has that name. Some are called similarly.
    UnknownName {
        /// Their names, at most six.
        similar: Vec<String>,
    },
    /// A custom model has other than six values.
    CustomValues {
        /// How many it has.
        count: usize,
    },
    /// The width of a custom model is not from 1 to [`MAX_WIDTH`].
    Width,
    /// A value of a custom model is not a hex number, or has more bits than the width.
    Value {
        /// The width.
        width: u8,
    },
    /// A switch of a custom model is neither `Yes` nor `No`.
    Switch,
    /// Not an option.
    UnknownOption,
    /// An option of which the text has another one already.
    Again,
    /// `from=`, `to=` or `at=` is not followed by a whole number.
    Place,
}

/// The most names that are offered for one that is not known.
const OFFERED: usize = 6;

impl SpecErrorKind {
    fn at(self, range: Range<usize>) -> SpecError {
        SpecError { kind: self, range }
    }
}

/// A part of the text between two commas, without spaces around it.
struct Part<'a> {
    text: &'a str,
    range: Range<usize>,
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut at = 0;
    let part = |text: &'_ str| (text.len() - text.trim_start().len(), text.trim().len());
    text.split(',')
        .map(|whole| {
            let (spaces, length) = part(whole);
            let start = at + spaces;
            at += whole.len() + 1;
            Part { text: whole.trim(), range: start..start + length }
        })
        .collect()
}

/// `NAME` or `CRC:width,poly,init,xorout,refin,refout`, then any of `big` or `little`, `bytes` or `hex`, `from=N`, `to=N`
/// and `at=N`, between commas. The custom form is that of Docklight's manual; its numbers are hex but for the width.
impl FromStr for Spec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let parts = parts(text);
        let name = &parts[0];
        let custom = name.text.get(..4).filter(|start| start.eq_ignore_ascii_case("CRC:"));
        let (mut spec, options) = if custom.is_some() {
            (custom_model(text, &parts)?, &parts[6..])
        } else {
            (named_model(name)?, &parts[1..])
        };
        let (mut order, mut form, mut from, mut to, mut at) = (None, None, None, None, None);
        for Part { text, range } in options {
            let again = |is_new: bool| match is_new {
                true => Ok(()),
                false => Err(SpecErrorKind::Again.at(range.clone())),
            };
            let lower = text.to_ascii_lowercase();
            let number =
                |digits: &str| digits.trim().parse().map_err(|_| SpecErrorKind::Place.at(range.clone()));
            match (lower.as_str(), lower.split_once('=').map(|(key, value)| (key.trim(), value))) {
                ("big", _) => again(order.replace(ByteOrder::Big).is_none())?,
                ("little", _) => again(order.replace(ByteOrder::Little).is_none())?,
                ("bytes", _) => again(form.replace(Form::Bytes).is_none())?,
                ("hex", _) => again(form.replace(Form::HexDigits).is_none())?,
                (_, Some(("from", value))) => again(from.replace(number(value)?).is_none())?,
                (_, Some(("to", value))) => again(to.replace(number(value)?).is_none())?,
                (_, Some(("at", value))) => again(at.replace(number(value)?).is_none())?,
                _ => return Err(SpecErrorKind::UnknownOption.at(range.clone())),
            }
        }
        spec.order = order.unwrap_or(spec.order);
        spec.form = form.unwrap_or(spec.form);
        spec.from = from.unwrap_or(0);
        (spec.to, spec.at) = (to, at);
        Ok(spec)
    }
}

/// What is read back as the same checksum: its name, then what is unusual for it.
impl fmt::Display for Spec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (order, form) =
            exactly(&self.name).map_or((ByteOrder::Big, Form::Bytes), |named| (named.order, named.form));
        out.write_str(&self.name)?;
        if self.order != order {
            out.write_str(if self.order == ByteOrder::Big { ",big" } else { ",little" })?;
        }
        if self.form != form {
            out.write_str(if self.form == Form::Bytes { ",bytes" } else { ",hex" })?;
        }
        for (key, place) in
            [("from", Some(self.from).filter(|from| *from != 0)), ("to", self.to), ("at", self.at)]
        {
            if let Some(place) = place {
                write!(out, ",{key}={place}")?;
            }
        }
        Ok(())
    }
}

fn named_model(Part { text, range }: &Part<'_>) -> Result<Spec, SpecError> {
    if text.is_empty() {
        return Err(SpecErrorKind::NoName.at(range.clone()));
    }
    let named = exactly(text).map_err(|similar| {
        let similar = similar.iter().take(OFFERED).map(|named| named.name.clone()).collect();
        SpecErrorKind::UnknownName { similar }.at(range.clone())
    })?;
    Ok(Spec {
        name: named.name.as_str().into(),
        algorithm: named.algorithm,
        order: named.order,
        form: named.form,
        from: 0,
        to: None,
        at: None,
    })
}

fn custom_model(whole: &str, parts: &[Part<'_>]) -> Result<Spec, SpecError> {
    let [width, poly, init, xorout, refin, refout, ..] = parts else {
        let end = parts.last().map_or(0, |part| part.range.end);
        return Err(SpecErrorKind::CustomValues { count: parts.len() }.at(parts[0].range.start..end));
    };
    let width_range = width.range.start + 4..width.range.end;
    let width = width.text[4..].trim().parse().ok().filter(|width| (1..=MAX_WIDTH).contains(width));
    let width = width.ok_or(SpecErrorKind::Width.at(width_range))?;
    let value = |part: &Part<'_>| {
        let digits = part.text.strip_prefix("0x").or(part.text.strip_prefix("0X")).unwrap_or(part.text);
        // `from_str_radix` also takes a sign.
        let is_hex = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let value = is_hex.then(|| u128::from_str_radix(digits, 16).ok()).flatten();
        value
            .filter(|value| *value <= mask(width))
            .ok_or(SpecErrorKind::Value { width }.at(part.range.clone()))
    };
    let switch = |part: &Part<'_>| match part.text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" => Ok(true),
        "no" | "false" | "0" => Ok(false),
        _ => Err(SpecErrorKind::Switch.at(part.range.clone())),
    };
    let crc = Crc {
        width,
        poly: value(poly)?,
        init: value(init)?,
        xorout: value(xorout)?,
        refin: switch(refin)?,
        refout: switch(refout)?,
    };
    Ok(Spec {
        name: whole[parts[0].range.start..refout.range.end].to_owned().into(),
        algorithm: Algorithm::Crc(crc),
        order: ByteOrder::Big,
        form: Form::Bytes,
        from: 0,
        to: None,
        at: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(text: &str) -> (SpecErrorKind, &str) {
        let SpecError { kind, range } = text.parse::<Spec>().unwrap_err();
        (kind, &text[range])
    }

    #[test]
    fn a_custom_model_is_that_of_its_parameters() {
        let modbus: Spec = "MODBUS".parse().unwrap();
        let custom: Spec = " crc:16, 8005,FFFF,0x0000,Yes,Yes , little".parse().unwrap();
        assert_eq!((custom.algorithm, custom.order), (modbus.algorithm, modbus.order));
        assert_eq!(custom.name, "crc:16, 8005,FFFF,0x0000,Yes,Yes");
        let widest: Spec = "CRC:128,1,0,0,No,No".parse().unwrap();
        assert_eq!(widest.of(b"").unwrap(), [0; 16]);
    }

    #[test]
    fn a_checksum_is_written_with_what_is_unusual_for_it() {
        for (text, written) in [
            ("modbus,little,bytes,from=0", "CRC-16/MODBUS"),
            ("modbus,big,hex,from=1,to=-1,at=-1", "CRC-16/MODBUS,big,hex,from=1,to=-1,at=-1"),
            ("hj212,hex", "HJ-212"),
            ("HJ212,bytes,to=0", "HJ-212,bytes,to=0"),
            (" CRC:16,8005,FFFF,0,Yes,Yes , little", "CRC:16,8005,FFFF,0,Yes,Yes,little"),
        ] {
            assert_eq!(text.parse::<Spec>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        assert_eq!(error(""), (SpecErrorKind::NoName, ""));
        assert_eq!(error(" ,big"), (SpecErrorKind::NoName, ""));
        let unknown = SpecErrorKind::UnknownName { similar: Vec::new() };
        assert_eq!(error("温度"), (unknown.clone(), "温度"));
        assert_eq!(error(" CRC-16/MODBUSS"), (unknown, "CRC-16/MODBUSS"));
        let (kind, place) = error("CCITT,big");
        assert_eq!(place, "CCITT");
        assert!(matches!(kind, SpecErrorKind::UnknownName { similar } if similar.len() >= 3));
        assert_eq!(error("sum8,huge"), (SpecErrorKind::UnknownOption, "huge"));
        assert_eq!(error("sum8,"), (SpecErrorKind::UnknownOption, ""));
        assert_eq!(error("sum8,big, little"), (SpecErrorKind::Again, "little"));
        assert_eq!(error("sum8,from=1,from=1"), (SpecErrorKind::Again, "from=1"));
        assert_eq!(error("sum8,from=x"), (SpecErrorKind::Place, "from=x"));
        assert_eq!(error("sum8,to="), (SpecErrorKind::Place, "to="));
        assert_eq!(error("sum8,at=1.5"), (SpecErrorKind::Place, "at=1.5"));
        assert_eq!(error("sum8,at=1,at=2"), (SpecErrorKind::Again, "at=2"));
        assert_eq!(error("CRC:16,8005"), (SpecErrorKind::CustomValues { count: 2 }, "CRC:16,8005"));
        for width in ["0", "129", "x", "-1", ""] {
            let text = format!("CRC:{width},0,0,0,No,No");
            assert_eq!(error(&text), (SpecErrorKind::Width, width));
        }
        assert_eq!(error("CRC:8,1FF,0,0,No,No"), (SpecErrorKind::Value { width: 8 }, "1FF"));
        assert_eq!(error("CRC:8,07,+1,0,No,No"), (SpecErrorKind::Value { width: 8 }, "+1"));
        assert_eq!(error("CRC:8,07,0,0,No,maybe"), (SpecErrorKind::Switch, "maybe"));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_places_are_in_the_text(text in "(CRC:|sum8|MODBUS|.{0,6})[,=0-9a-zA-Z 温-]{0,40}") {
            match text.parse::<Spec>() {
                Ok(spec) => {
                    prop_assert_eq!(spec.to_string().parse::<Spec>(), Ok(spec.clone()));
                    // The ends are outside of this data, or the checksum has its length.
                    if let Ok(bytes) = spec.of(b"0123456789") {
                        let digits = if spec.form == Form::HexDigits { 2 } else { 1 };
                        prop_assert_eq!(bytes.len(), spec.algorithm.bytes() * digits);
                    }
                }
                Err(error) => prop_assert!(text.get(error.range).is_some()),
            }
        }
    }
}
