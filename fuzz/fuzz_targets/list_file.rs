//! Any text as the file of a list: what is read is the same after being written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirelab::settings::lists::List;

fuzz_target!(|text: &str| {
    match List::from_text(text) {
        Ok(list) => assert_eq!(List::from_text(&list.to_text()).unwrap(), list),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
