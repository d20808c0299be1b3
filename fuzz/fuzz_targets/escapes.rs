//! Any text with escapes, in any encoding: an error has its place in the text, and bytes are the same after they were
//! shown as hex and switched back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirelab::codec::Encoding;
use wirelab::payload::{Format, Options, convert, encode};

fuzz_target!(|input: (u8, &str)| {
    let (encoding, text) = input;
    let encoding = Encoding::ALL[usize::from(encoding) % Encoding::ALL.len()];
    let options = Options { format: Format::Escaped, ..Options::default() };
    match encode(text, &options, encoding) {
        Ok(bytes) => {
            let hex = convert(text, Format::Escaped, Format::Hex, encoding).expect("it has bytes");
            let again = convert(&hex, Format::Hex, Format::Escaped, encoding)
                .expect("there is an escape for everything");
            assert_eq!(encode(&again, &options, encoding).as_deref(), Ok(&bytes[..]));
        }
        Err(error) => assert!(text.get(error.range).is_some_and(|place| !place.is_empty())),
    }
});
