//! Random values, from a seed that is given.

use super::Value;
use super::number::{Number, range};
use crate::payload::context::Context;
use crate::payload::error::TemplateError;
use std::net::IpAddr;

/// The most bytes or digits.
const MOST: usize = 65_536;

/// What is random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::payload) enum Random {
    /// That many bytes.
    Bytes(usize),
    /// That many decimal digits.
    Digits(usize),
    /// A number from a range, both ends included.
    Number { least: i128, most: i128, form: Number },
}

impl Random {
    /// Reads what follows `random:`.
    pub fn parse(text: &str, is_hex: bool) -> Result<Self, TemplateError> {
        let (text, form) = text.split_once(':').map_or((text, None), |(text, form)| (text, Some(form)));
        if !text.contains("..") {
            let count = text.parse().ok().filter(|count| (1..=MOST).contains(count));
            return match (count, form) {
                (Some(count), None) if is_hex => Ok(Self::Bytes(count)),
                (Some(count), None) => Ok(Self::Digits(count)),
                (None, _) => Err(TemplateError::Argument(text.to_owned())),
                (_, Some(form)) => Err(TemplateError::Argument(form.to_owned())),
            };
        }
        let form = form.map_or(Ok(Number::DECIMAL), Number::parse)?;
        if is_hex && !form.is_bytes() {
            return Err(TemplateError::NeedsType);
        }
        let (first, last) = form.limits();
        let (least, most) = range(text)
            .filter(|(least, most)| *least >= first && *most <= last)
            .ok_or_else(|| TemplateError::Range(text.to_owned()))?;
        Ok(Self::Number { least, most, form })
    }

    /// The next random value.
    pub fn value(&self, generator: &mut Generator) -> Value {
        match *self {
            Self::Bytes(count) => {
                let mut bytes = Vec::with_capacity(count + 8);
                while bytes.len() < count {
                    bytes.extend(generator.next().to_be_bytes());
                }
                bytes.truncate(count);
                Value::Bytes(bytes)
            }
            Self::Digits(count) => {
                Value::Text((0..count).map(|_| char::from(b'0' + (generator.below(10) as u8))).collect())
            }
            Self::Number { least, most, form } => {
                let value = least + generator.below((most - least) as u128 + 1) as i128;
                // The range was compared with what the form can write.
                form.write(value).unwrap_or(Value::Bytes(Vec::new()))
            }
        }
    }
}

/// A generator of random numbers (SplitMix64), not for secrets.
pub(in crate::payload) struct Generator(u64);

impl Generator {
    /// The generator of a send: each send and each target has another one.
    pub fn of(context: &Context<'_>) -> Self {
        let mut generator = Self(context.seed);
        let mut mix = |value: u64| generator.0 = generator.next() ^ value;
        mix(context.count);
        if let Some(peer) = context.peer {
            mix(peer.port().into());
            match peer.ip() {
                IpAddr::V4(ip) => mix(ip.to_bits().into()),
                IpAddr::V6(ip) => {
                    mix((ip.to_bits() >> 64) as u64);
                    mix(ip.to_bits() as u64);
                }
            }
        }
        generator
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `end`, which is at most 2^65.
    fn below(&mut self, end: u128) -> u128 {
        let random = u128::from(self.next()) << 64 | u128::from(self.next());
        // Of 2^128 numbers, the share of those that are more likely than others cannot be noticed.
        random % end.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Encoding;

    fn value(text: &str, is_hex: bool, context: &Context<'_>) -> Value {
        Random::parse(text, is_hex).unwrap().value(&mut Generator::of(context))
    }

    #[test]
    fn each_send_and_each_target_has_other_values() {
        let first = Context { seed: 7, ..Context::of(Encoding::Utf8) };
        let same = value("8", true, &first);
        assert_eq!(value("8", true, &first), same, "the seed decides");
        assert!(matches!(&same, Value::Bytes(bytes) if bytes.len() == 8));
        let peer = |text: &str| Some(text.parse().unwrap());
        for other in [
            Context { seed: 8, ..first },
            Context { count: 1, ..first },
            Context { peer: peer("10.0.0.1:5000"), ..first },
            Context { peer: peer("10.0.0.2:5000"), ..first },
            Context { peer: peer("[::1]:5000"), ..first },
        ] {
            assert_ne!(value("8", true, &other), same, "{other:?}");
        }
    }

    #[test]
    fn numbers_are_from_the_whole_range() {
        let mut seen = [false; 3];
        for count in 0..100 {
            let context = Context { count, ..Context::of(Encoding::Utf8) };
            let Value::Text(text) = value("-1..1", false, &context) else { panic!() };
            seen[(text.parse::<i32>().unwrap() + 1) as usize] = true;
            assert!(matches!(value("0..255:u8", true, &context), Value::Bytes(bytes) if bytes.len() == 1));
            let Value::Text(digits) = value("12", false, &context) else { panic!() };
            assert!(digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_digit()));
            assert!(matches!(
                value("-9223372036854775808..18446744073709551615", false, &context),
                Value::Text(_)
            ));
        }
        assert_eq!(seen, [true; 3]);
        for (wrong, is_hex) in [
            ("0", true),
            ("65537", true),
            ("x", false),
            ("", false),
            ("4:u8", true),
            ("5..1", false),
            ("0..256:u8", true),
            ("0..5", true),
            ("0..5:%d", true),
        ] {
            assert!(Random::parse(wrong, is_hex).is_err(), "{wrong}");
        }
    }
}
