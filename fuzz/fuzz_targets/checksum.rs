//! Any text as a checksum: an error has its place in the text, and an accepted one gives as many bytes as it says, or
//! an error of its range.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirelab::payload::checksum::{Form, Spec};

fuzz_target!(|input: (&str, &[u8])| {
    let (text, data) = input;
    match text.parse::<Spec>() {
        Ok(spec) => {
            let digits = if spec.form == Form::HexDigits { 2 } else { 1 };
            match spec.of(data) {
                Ok(bytes) => assert_eq!(bytes.len(), spec.algorithm.bytes() * digits),
                Err(_) => assert!(spec.range(data.len()).is_err()),
            }
        }
        Err(error) => assert!(text.get(error.range).is_some()),
    }
});
