//! Any bytes in any encoding: decoded in two parts, split anywhere, they give the same text as in one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirelab::codec::{Encoding, StreamDecoder};

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (encoding, split, bytes) = input;
    let encoding = Encoding::ALL[encoding as usize % Encoding::ALL.len()];
    let (head, tail) = bytes.split_at(split as usize % (bytes.len() + 1));
    assert_eq!(decode(encoding, &[head, tail]), decode(encoding, &[bytes]));
});

fn decode(encoding: Encoding, parts: &[&[u8]]) -> String {
    let mut decoder = StreamDecoder::new(encoding);
    let mut text = String::new();
    for part in parts {
        decoder.decode(part, &mut text);
    }
    decoder.finish(&mut text);
    text
}
