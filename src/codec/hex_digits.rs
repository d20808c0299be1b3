//! Bytes to hex digits.

/// The two digits of each byte.
const PAIRS: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 0xF]];
        byte += 1;
    }
    pairs
};

/// The two digits of a byte.
pub(super) fn digits(byte: u8) -> [u8; 2] {
    PAIRS[usize::from(byte)]
}

/// Appends `bytes` in hex to `out`: two upper-case digits each, with `separator` between them.
pub fn write_hex(bytes: &[u8], out: &mut String, separator: &str) {
    out.reserve(bytes.len() * (2 + separator.len()));
    match separator.as_bytes() {
        [] => push_pairs::<2>(bytes, 0, out),
        [one] => {
            push_pairs::<3>(bytes, *one, out);
            // The one after the last byte.
            if !bytes.is_empty() {
                out.pop();
            }
        }
        _ => {
            for (index, byte) in bytes.iter().enumerate() {
                if index > 0 {
                    out.push_str(separator);
                }
                push_ascii(&digits(*byte), out);
            }
        }
    }
}

/// Appends whole blocks, each byte with what comes after it: pushing one by one costs more than
/// everything else of an export.
fn push_pairs<const STRIDE: usize>(bytes: &[u8], separator: u8, out: &mut String) {
    let mut block = [separator; 192];
    for part in bytes.chunks(block.len() / STRIDE) {
        for (slot, byte) in block.chunks_exact_mut(STRIDE).zip(part) {
            slot[..2].copy_from_slice(&digits(*byte));
        }
        push_ascii(&block[..part.len() * STRIDE], out);
    }
}

pub(super) fn push_ascii(ascii: &[u8], out: &mut String) {
    out.push_str(std::str::from_utf8(ascii).unwrap_or_default());
}
