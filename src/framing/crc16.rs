//! CRC-16/MODBUS of many bytes in a short time, to find where frames end. `payload::checksum` has all models.

/// The tables of slicing by eight: `TABLES[n][byte]` is what a byte does to the register over n + 1 bytes.
static TABLES: [[u16; 256]; 8] = tables();

const fn tables() -> [[u16; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut register = byte as u16;
        let mut bit = 0;
        while bit < 8 {
            register = if register & 1 == 1 { register >> 1 ^ 0xA001 } else { register >> 1 };
            bit += 1;
        }
        tables[0][byte] = register;
        byte += 1;
    }
    let mut level = 1;
    while level < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[level - 1][byte];
            tables[level][byte] = before >> 8 ^ tables[0][(before & 0xFF) as usize];
            byte += 1;
        }
        level += 1;
    }
    tables
}

/// The register before the first byte.
pub(super) const START: u16 = 0xFFFF;

/// The register after one more byte.
pub(super) fn add(register: u16, byte: u8) -> u16 {
    register >> 8 ^ TABLES[0][usize::from(register as u8 ^ byte)]
}

/// Whether the last two bytes are the check of those before them, lowest first.
pub(super) fn is_right(frame: &[u8]) -> bool {
    let (chunks, rest) = frame.as_chunks::<8>();
    let register = chunks.iter().fold(START, |register, &[a, b, c, d, e, f, g, h]| {
        let [low, high] = register.to_le_bytes();
        let at = |table: usize, byte: u8| TABLES[table][usize::from(byte)];
        let first = at(7, a ^ low) ^ at(6, b ^ high) ^ at(5, c) ^ at(4, d);
        first ^ at(3, e) ^ at(2, f) ^ at(1, g) ^ at(0, h)
    });
    // Over the check itself the register becomes 0.
    rest.iter().fold(register, |register, byte| add(register, *byte)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::checksum::Spec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_that_of_the_catalogue(data in proptest::collection::vec(any::<u8>(), 0..300), place in any::<prop::sample::Index>()) {
            let spec: Spec = "CRC-16/MODBUS".parse().unwrap();
            let mut frame = data.clone();
            frame.extend(spec.of(&data).unwrap());
            prop_assert!(is_right(&frame));
            prop_assert_eq!(frame.iter().fold(START, |register, byte| add(register, *byte)), 0);
            let index = place.index(frame.len());
            frame[index] ^= 0x10;
            prop_assert!(!is_right(&frame));
        }
    }
}
