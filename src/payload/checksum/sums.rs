//! Checksums that are no cyclic redundancy checks: sums, exclusive or, Fletcher's, Adler's, the Internet's, and that of
//! HJ 212.

/// A checksum that is no cyclic redundancy check in the sense of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    /// The sum of all bytes, in so many bits.
    Bytes(Bits),
    /// The two's complement of the sum, so that both together give 0. With 8 bits: the longitudinal redundancy check
    /// of "MODBUS over Serial Line" (2006), 2.5.2.2.
    Complement(Bits),
    /// The exclusive or of all bytes.
    Xor,
    /// Fletcher's over bytes, modulo 255 (RFC 1146).
    Fletcher16,
    /// Fletcher's over words of 16 bits, lowest byte first, modulo 65535. An odd byte is followed by a zero.
    Fletcher32,
    /// RFC 1950.
    Adler32,
    /// RFC 1071: the complement of the ones' complement sum of words of 16 bits, highest byte first.
    Internet,
    /// HJ 212-2017, appendix A: like CRC-16/MODBUS, but each byte is combined with the register shifted by a byte.
    Hj212,
}

/// The width of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// 8 bits.
    Eight = 8,
    /// 16 bits.
    Sixteen = 16,
    /// 32 bits.
    ThirtyTwo = 32,
}

impl Bits {
    fn mask(self) -> u32 {
        u32::MAX >> (32 - self as u32)
    }
}

impl Sum {
    /// Its bits.
    pub(super) fn width(self) -> u8 {
        match self {
            Self::Bytes(bits) | Self::Complement(bits) => bits as u8,
            Self::Xor => 8,
            Self::Fletcher16 | Self::Internet | Self::Hj212 => 16,
            Self::Fletcher32 | Self::Adler32 => 32,
        }
    }

    pub(super) fn of(self, bytes: &[u8]) -> u32 {
        self.of_each(bytes.iter().copied())
    }

    pub(super) fn of_each(self, mut bytes: impl Iterator<Item = u8>) -> u32 {
        match self {
            Self::Bytes(bits) => sum(bytes) & bits.mask(),
            Self::Complement(bits) => sum(bytes).wrapping_neg() & bits.mask(),
            Self::Xor => bytes.fold(0, |xor, byte| xor ^ u32::from(byte)),
            Self::Fletcher16 => {
                let (low, high) = two_sums((0, 0), bytes.map(u32::from), 255);
                high << 8 | low
            }
            Self::Fletcher32 => {
                let words = words(&mut bytes).map(|word| u32::from(u16::from_le_bytes(word)));
                let (low, high) = two_sums((0, 0), words, 65_535);
                high << 16 | low
            }
            Self::Adler32 => {
                let (low, high) = two_sums((1, 0), bytes.map(u32::from), 65_521);
                high << 16 | low
            }
            Self::Internet => {
                // The carries are added at once: a long input must not overflow.
                let add = |sum: u32, word: [u8; 2]| {
                    let sum = sum + u32::from(u16::from_be_bytes(word));
                    (sum & 0xFFFF) + (sum >> 16)
                };
                !words(&mut bytes).fold(0, add) & 0xFFFF
            }
            Self::Hj212 => bytes.fold(0xFFFF, |register, byte| {
                let mut register = (register >> 8) ^ u32::from(byte);
                for _ in 0..8 {
                    let carry = register & 1;
                    register = (register >> 1) ^ (carry * 0xA001);
                }
                register
            }),
        }
    }
}

fn sum(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0, |sum: u32, byte| sum.wrapping_add(u32::from(byte)))
}

/// Pairs of bytes; an odd one is followed by a zero.
fn words(bytes: &mut impl Iterator<Item = u8>) -> impl Iterator<Item = [u8; 2]> {
    std::iter::from_fn(|| Some([bytes.next()?, bytes.next().unwrap_or(0)]))
}

/// The sum of the values, and the sum of these sums.
fn two_sums(start: (u32, u32), values: impl Iterator<Item = u32>, modulus: u32) -> (u32, u32) {
    values.fold(start, |(low, high), value| {
        let low = (low + value) % modulus;
        (low, (high + low) % modulus)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checks_of_known_data() {
        let check = b"123456789";
        // 0x31 to 0x39 are 0x1DD together.
        assert_eq!(Sum::Bytes(Bits::Eight).of(check), 0xDD);
        assert_eq!(Sum::Bytes(Bits::Sixteen).of(check), 0x01DD);
        assert_eq!(Sum::Bytes(Bits::ThirtyTwo).of(check), 0x01DD);
        assert_eq!(Sum::Complement(Bits::Eight).of(check), 0x23);
        assert_eq!(Sum::Complement(Bits::Sixteen).of(check), 0xFE23);
        assert_eq!(Sum::Complement(Bits::ThirtyTwo).of(check), 0xFFFF_FE23);
        assert_eq!(Sum::Xor.of(check), 0x31);
        assert_eq!(Sum::Hj212.of(check), 0x2F80);
        assert_eq!(Sum::Adler32.of(check), 0x091E_01DE);
        assert_eq!(Sum::Fletcher16.of(b"abcde"), 0xC8F0);
        assert_eq!(Sum::Fletcher16.of(b"abcdefgh"), 0x0627);
        assert_eq!(Sum::Fletcher32.of(b"abcde"), 0xF04F_C729);
        assert_eq!(Sum::Fletcher32.of(b"abcdef"), 0x5650_2D2A);
        // RFC 1071, section 3.
        assert_eq!(Sum::Internet.of(&[0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]), !0xDDF2 & 0xFFFF);
        assert_eq!(Sum::Internet.of(&[0xFF]), 0x00FF);
    }

    #[test]
    fn long_data_does_not_overflow() {
        let long = vec![0xFF; 1 << 20];
        assert_eq!(Sum::Internet.of(&long), 0);
        assert_eq!(Sum::Bytes(Bits::ThirtyTwo).of(&long), 255 << 20);
        assert_eq!(Sum::Fletcher16.of(&long), 0);
        assert!(Sum::Adler32.of(&long) > 0);
    }
}
