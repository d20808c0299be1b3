//! How much frames say: of checksums that agree with all of them, how many would do so by chance.

use crate::payload::checksum::{Algorithm, Crc, Sum};

/// The bits of a checksum that count as evidence for each frame. Sums of few bytes use few of the bits that they have.
pub(super) fn bits(algorithm: &Algorithm) -> u32 {
    match algorithm {
        Algorithm::Crc(crc) => crc.width.into(),
        Algorithm::Sum(Sum::Bytes(_) | Sum::Complement(_) | Sum::Xor) => 8,
        Algorithm::Sum(_) => 16,
    }
}

/// The most frames that count. More would change nothing: with the fewest bits, 3, this is 96 bits.
const MOST: usize = 32;

/// For sums the most are fewer, since each costs a pass over the frame, and 8 bits each are enough.
const MOST_OF_SUMS: usize = 8;

/// How many of the contents are evidence of their own. One that follows from others says nothing new: if a checksum is
/// linear, as all are in one arithmetic or another, and agrees with some frames, it also agrees with their combinations.
/// A counter that a second one follows is no sum, for instance. `contents`: what the checksum is over, in each frame.
pub(super) fn independent(algorithm: &Algorithm, contents: &[[&[u8]; 2]]) -> u32 {
    let count = match algorithm {
        Algorithm::Crc(_) | Algorithm::Sum(Sum::Hj212) => independent_bits(contents),
        Algorithm::Sum(_) => independent_numbers(contents),
    };
    count.min(contents.len()) as u32
}

/// The affine rank over the field of two elements. Contents are told apart by a linear function of them, a check of 128
/// bits: that it hides a difference is as likely as that a checksum of 128 bits is right by chance.
fn independent_bits(contents: &[[&[u8]; 2]]) -> usize {
    let projection = Crc { width: 128, poly: 0x87, init: 0, refin: false, refout: false, xorout: 0 };
    let project = |content: &[&[u8]; 2]| match content {
        [first, []] => projection.of(first),
        [first, second] => projection.of(&[*first, second].concat()),
    };
    let Some((first, others)) = contents.split_first() else { return 0 };
    let first = project(first);
    // Each with its highest bit that none of the others has.
    let mut basis: Vec<u128> = Vec::new();
    for content in others {
        let reduce = |vector: u128, known: &u128| vector.min(vector ^ known);
        let vector = basis.iter().fold(project(content) ^ first, reduce);
        if vector != 0 {
            basis.push(vector);
            basis.sort_unstable_by(|one, other| other.cmp(one));
        }
        if basis.len() + 1 >= MOST {
            break;
        }
    }
    basis.len() + 1
}

/// A prime, so that numbers modulo it are a field.
const PRIME: u64 = (1 << 31) - 1;

/// The affine rank of the bytes as numbers, of which at most [`MOST_OF_SUMS`] counts. Contents are projected by
/// polynomials that have them as coefficients, at as many points.
fn independent_numbers(contents: &[[&[u8]; 2]]) -> usize {
    let project = |[first, second]: &[&[u8]; 2]| -> [u64; MOST_OF_SUMS] {
        std::array::from_fn(|index| {
            let point = 0x1234_5677 + 0x0765_4321 * index as u64;
            first.iter().chain(*second).fold(0, |sum, byte| (sum * point + u64::from(*byte)) % PRIME)
        })
    };
    let Some((first, others)) = contents.split_first() else { return 0 };
    let first = project(first);
    let mut basis: Vec<[u64; MOST_OF_SUMS]> = Vec::new();
    for content in others {
        let projected = project(content);
        let mut vector: [u64; MOST_OF_SUMS] =
            std::array::from_fn(|index| (projected[index] + PRIME - first[index]) % PRIME);
        for known in &basis {
            // The first number of a vector in the basis that is not 0 is 1, and no other vector behind it has it.
            let pivot = known.iter().position(|number| *number != 0).unwrap_or_default();
            let factor = vector[pivot];
            for (number, known) in vector.iter_mut().zip(known) {
                *number = (*number + (PRIME - factor) * known) % PRIME;
            }
        }
        if let Some(leading) = vector.iter().copied().find(|number| *number != 0) {
            let inverse = power(leading, PRIME - 2);
            vector.iter_mut().for_each(|number| *number = *number * inverse % PRIME);
            basis.push(vector);
        }
        if basis.len() + 1 >= MOST_OF_SUMS {
            break;
        }
    }
    basis.len() + 1
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent >>= 1;
    }
    result
}

/// How many of `tried` possibilities agree by chance with evidence of so many bits.
pub(super) fn expected_false(tried: f64, bits: u32) -> f64 {
    tried * (-f64::from(bits)).exp2()
}

/// How many more observations of `bits_each` are wanted before so few agree by chance that one is claimed.
pub(super) fn wanted(tried: f64, bits: u32, bits_each: u32) -> u32 {
    let lacking = (tried / super::CLAIMED_BELOW).log2() - f64::from(bits);
    // Exactly as many as the limit is not fewer.
    let observations = (lacking / f64::from(bits_each.max(1))).max(0.0);
    let is_enough = |count: f64| {
        expected_false(tried, bits) * (-count * f64::from(bits_each)).exp2() < super::CLAIMED_BELOW
    };
    let count = observations.ceil();
    (if is_enough(count) { count } else { count + 1.0 }) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::checksum::Spec;

    fn algorithm(name: &str) -> Algorithm {
        name.parse::<Spec>().unwrap().algorithm
    }

    fn count(name: &str, contents: &[&[u8]]) -> u32 {
        let contents: Vec<[&[u8]; 2]> = contents.iter().map(|content| [*content, &[][..]]).collect();
        independent(&algorithm(name), &contents)
    }

    #[test]
    fn what_follows_from_other_frames_is_no_evidence() {
        for name in ["sum8", "xor", "CRC-16/MODBUS", "hj212"] {
            assert_eq!(count(name, &[b"abc"]), 1, "{name}");
            assert_eq!(count(name, &[b"abc", b"abc"]), 1, "{name}: the same again");
            assert_eq!(count(name, &[b"\0\0\0", b"\0\0", b"\0"]), 1, "{name}: zeros");
            assert_eq!(count(name, &[b"abc", b"abd", b"xyz"]), 3, "{name}");
        }
        let counter: [&[u8]; 4] = [&[7, 0], &[7, 1], &[7, 2], &[7, 3]];
        assert_eq!(count("sum8", &counter), 2, "one number moves");
        assert_eq!(count("CRC-8/SMBUS", &counter), 3, "two bits move");
        let random: [&[u8]; 5] = [b"k2#fd", b"9sdfy", b"!34xx", b"m,.lk", b"00zz7"];
        assert_eq!(count("sum8", &random), 5);
        assert_eq!(count("CRC-32/ISO-HDLC", &random), 5);
    }

    #[test]
    fn parts_count_as_the_whole() {
        for name in ["sum8", "CRC-16/MODBUS"] {
            let algorithm = algorithm(name);
            assert_eq!(independent(&algorithm, &[[b"ab", b"c"], [b"a", b"bc"], [b"abc", b""]]), 1, "{name}");
        }
    }

    #[test]
    fn frames_are_wanted_until_one_in_a_million_is_false() {
        assert_eq!(wanted(1000.0, 0, 8), 4);
        assert_eq!(wanted(1000.0, 16, 8), 2);
        assert_eq!(wanted(1000.0, 30, 8), 0);
        assert_eq!(
            wanted(super::super::CLAIMED_BELOW * 65536.0, 16, 8),
            1,
            "exactly the limit is not below it"
        );
        for bits in 0..60 {
            let more = wanted(300_000.0, bits, 8);
            assert!(expected_false(300_000.0, bits + 8 * more) < super::super::CLAIMED_BELOW);
            assert!(
                more == 0 || expected_false(300_000.0, bits + 8 * (more - 1)) >= super::super::CLAIMED_BELOW
            );
        }
    }
}
