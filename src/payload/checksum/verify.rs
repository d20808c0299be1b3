//! Whether a frame has the checksum that appending it, or putting it at its place, would have given it.

use super::{ByteOrder, Form, MAX_WIDTH, Spec};

/// What a frame's checksum is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The one that the rest of the frame has.
    Right,
    /// Another one.
    Wrong {
        /// What should stand at its place, as on the wire.
        expected: Vec<u8>,
    },
    /// The frame has no room for the checksum, or the range or the place is outside of the rest.
    TooShort,
}

/// The most bytes of a checksum on the wire: hex digits of the widest one.
const MOST_BYTES: usize = MAX_WIDTH as usize / 4;

/// A checksum as it is written.
pub(super) struct Written {
    bytes: [u8; MOST_BYTES],
    count: usize,
}

impl Written {
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.count]
    }
}

impl Spec {
    /// The bytes of the checksum on the wire.
    #[must_use]
    pub fn written_bytes(&self) -> usize {
        self.algorithm.bytes() * if self.form == Form::HexDigits { 2 } else { 1 }
    }

    pub(super) fn written(&self, value: u128) -> Written {
        let count = self.algorithm.bytes();
        let mut value = value.to_be_bytes();
        let value = &mut value[size_of::<u128>() - count..];
        if self.order == ByteOrder::Little {
            value.reverse();
        }
        let mut written = Written { bytes: [0; MOST_BYTES], count: self.written_bytes() };
        match self.form {
            Form::Bytes => written.bytes[..count].copy_from_slice(value),
            Form::HexDigits => {
                for (digits, byte) in written.bytes.chunks_exact_mut(2).zip(value) {
                    let digit = |four: u8| b"0123456789ABCDEF"[usize::from(four)];
                    digits.copy_from_slice(&[digit(*byte >> 4), digit(*byte & 15)]);
                }
            }
        }
        written
    }

    /// Whether `frame` is its data with the checksum of that, where [`of`](Self::of) and [`place`](Self::place) put
    /// it. Hex digits may be in either case. Allocates nothing for a right one.
    #[must_use]
    pub fn verify(&self, frame: &[u8]) -> Verdict {
        match self.compared(frame) {
            None => Verdict::TooShort,
            Some((found, expected)) if self.is_same(found, expected.as_slice()) => Verdict::Right,
            Some((_, expected)) => Verdict::Wrong { expected: expected.as_slice().to_vec() },
        }
    }

    /// Whether [`verify`](Self::verify) says [`Verdict::Right`]. Never allocates.
    #[must_use]
    pub fn is_right(&self, frame: &[u8]) -> bool {
        self.compared(frame).is_some_and(|(found, expected)| self.is_same(found, expected.as_slice()))
    }

    /// This checksum in the order and the form in which that of `data` begins `behind`, if it does.
    #[must_use]
    pub fn standing(&self, data: &[u8], behind: &[u8]) -> Option<Self> {
        let value = self.algorithm.of(data);
        let orders = if self.algorithm.bytes() == 1 {
            &[self.order][..]
        } else {
            &[ByteOrder::Big, ByteOrder::Little]
        };
        [Form::Bytes, Form::HexDigits].into_iter().find_map(|form| {
            orders.iter().map(|order| Self { order: *order, form, ..self.clone() }).find(|spec| {
                let written = spec.written(value);
                behind.get(..written.count).is_some_and(|found| spec.is_same(found, written.as_slice()))
            })
        })
    }

    fn is_same(&self, found: &[u8], expected: &[u8]) -> bool {
        match self.form {
            Form::Bytes => found == expected,
            Form::HexDigits => found.eq_ignore_ascii_case(expected),
        }
    }

    /// What stands at the place of the checksum, and what should.
    fn compared<'a>(&self, frame: &'a [u8]) -> Option<(&'a [u8], Written)> {
        let count = self.written_bytes();
        let length = frame.len().checked_sub(count)?;
        let place = self.place(length).ok()?;
        let range = self.range(length).ok()?;
        // The frame without its checksum, which may stand within the range.
        let (before, rest) = frame.split_at(place);
        let (found, behind) = rest.split_at(count);
        let first = &before[range.start.min(place)..range.end.min(place)];
        let second = &behind[range.start.max(place) - place..range.end.max(place) - place];
        let parts = if first.is_empty() { [second, first] } else { [first, second] };
        Some((found, self.written(self.algorithm.of_parts(parts))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Algorithm, Named, named};
    use super::*;
    use proptest::prelude::*;

    fn spec(text: &str) -> Spec {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    #[test]
    fn frames_are_right_wrong_or_too_short() {
        let modbus = spec("CRC-16/MODBUS");
        let frame = [0x01, 0x03, 0x00, 0x0A, 0x00, 0x01, 0xA4, 0x08];
        assert_eq!(modbus.verify(&frame), Verdict::Right);
        let mut damaged = frame;
        damaged[7] = 9;
        assert_eq!(modbus.verify(&damaged), Verdict::Wrong { expected: vec![0xA4, 0x08] });
        assert_eq!(modbus.verify(&frame[..1]), Verdict::TooShort);
        assert_eq!(modbus.verify(&[0xFF, 0xFF]), Verdict::Right, "of nothing");
        assert_eq!(spec("sum8,from=2").verify(&[1, 2]), Verdict::TooShort, "no such range");
        assert_eq!(spec("sum8,at=2").verify(&[1, 2]), Verdict::TooShort, "no such place");
        assert_eq!(spec("sum8,at=1").verify(&[1, 3, 2]), Verdict::Right, "in the middle of the range");
        // HJ 212-2017: between the data and the end of the line, over the data alone.
        let hj = spec("HJ-212,from=6,to=-2,at=-2");
        assert_eq!(hj.verify(b"##00091234567892F80\r\n"), Verdict::Right);
        assert_eq!(hj.verify(b"##00091234567892f80\r\n"), Verdict::Right, "small digits");
        let wrong = Verdict::Wrong { expected: b"2F80".to_vec() };
        assert_eq!(hj.verify(b"##00091234567892F8G\r\n"), wrong);
    }

    #[test]
    fn a_checksum_is_recognised_in_each_order_and_form() {
        let request = [0x01, 0x03, 0x00, 0x0A, 0x00, 0x01];
        let found =
            |behind: &[u8]| spec("CRC-16/MODBUS").standing(&request, behind).map(|spec| spec.to_string());
        assert_eq!(found(&[0xA4, 0x08]).as_deref(), Some("CRC-16/MODBUS"));
        assert_eq!(found(&[0x08, 0xA4, 1, 2]).as_deref(), Some("CRC-16/MODBUS,big"));
        assert_eq!(found(b"A408\r\n").as_deref(), Some("CRC-16/MODBUS,hex"));
        assert_eq!(found(b"08a4").as_deref(), Some("CRC-16/MODBUS,big,hex"));
        assert_eq!(found(b"08A"), None);
        assert_eq!(found(&[0xA4]), None);
        assert_eq!(found(&[0xA4, 0x09]), None);
    }

    fn algorithms() -> impl Strategy<Value = &'static Named> {
        (0..named().len()).prop_map(|index| &named()[index])
    }

    proptest! {
        #[test]
        fn what_is_written_is_right_and_nothing_else_is(
            named in algorithms(),
            data in prop::collection::vec(any::<u8>(), 0..40),
            is_little in any::<bool>(),
            is_hex in any::<bool>(),
            from in -20_i64..20,
            to in prop::option::of(-20_i64..20),
            at in prop::option::of(-20_i64..20),
            damage in 1_u8..,
        ) {
            let order = if is_little { ByteOrder::Little } else { ByteOrder::Big };
            let form = if is_hex { Form::HexDigits } else { Form::Bytes };
            let name = named.name.as_str().into();
            let spec = Spec { name, algorithm: named.algorithm, order, form, from, to, at };
            match (spec.of(&data), spec.place(data.len())) {
                (Ok(check), Ok(place)) => {
                    prop_assert_eq!(check.len(), spec.written_bytes());
                    let mut frame = data.clone();
                    frame.splice(place..place, check.iter().copied());
                    prop_assert_eq!(spec.verify(&frame), Verdict::Right);
                    prop_assert!(spec.is_right(&frame));
                    // The case of a digit means nothing.
                    frame[place] ^= if is_hex { 0x80 } else { damage };
                    prop_assert_eq!(spec.verify(&frame), Verdict::Wrong { expected: check });
                    prop_assert!(!spec.is_right(&frame));
                }
                _ => {
                    let frame = [&data[..], &vec![0; spec.written_bytes()]].concat();
                    prop_assert_eq!(spec.verify(&frame), Verdict::TooShort);
                    prop_assert!(!spec.is_right(&frame));
                }
            }
        }

        #[test]
        fn two_parts_have_the_checksum_of_the_whole(
            named in algorithms(),
            data in prop::collection::vec(any::<u8>(), 0..40),
            cut in 0_usize..40,
        ) {
            let (first, second) = data.split_at(cut.min(data.len()));
            let algorithm: Algorithm = named.algorithm;
            prop_assert_eq!(algorithm.of_parts([first, second]), algorithm.of(&data));
        }
    }
}
