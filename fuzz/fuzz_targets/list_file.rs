//! Any text as the file of a list: what is read is the same after being written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirelab::settings::lists::List;

fuzz_target!(|text: &str| {
    match List::from_text(text) {
        Ok(list) => {
            let written = list.to_text();
            // Compared as text: keys that are not known are kept, and NaN is not equal to itself.
            assert_eq!(List::from_text(&written).unwrap().to_text(), written);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
