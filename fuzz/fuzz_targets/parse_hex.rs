//! Any text as hex: it gives an error, or bytes that are the same after being written out and parsed again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirelab::codec::{parse_hex, write_hex};

fuzz_target!(|text: &str| {
    let Ok(bytes) = parse_hex(text) else { return };
    let mut written = String::new();
    write_hex(&bytes, &mut written, " ");
    assert_eq!(parse_hex(&written).as_deref(), Ok(&bytes[..]));
});
