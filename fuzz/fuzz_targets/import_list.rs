//! Any bytes as a list of another program: what is taken is a list that can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirelab::lang::Language;
use wirelab::settings::lists::List;
use wirelab::settings::lists::import::import;

fuzz_target!(|bytes: &[u8]| {
    // The first byte chooses the form, so that each is found soon.
    let (form, rest) = bytes.split_first().map_or((0, bytes), |(first, rest)| (*first, rest));
    let head: &[u8] = match form % 6 {
        0 => b"",
        1 => b"N1=A,x\r\n",
        2 => b"[{\"hexstring\":\"",
        3 => b"[a]\nhexString=61\n",
        4 => b"[SHORTCUT]\n",
        _ => b"{\"customSendItems\":[\"",
    };
    if let Ok(imported) = import(&[head, rest].concat(), "name") {
        for remark in &imported.remarks {
            assert!(!remark.explain(Language::English.words()).is_empty());
        }
        assert_eq!(List::from_text(&imported.list.to_text()).unwrap(), imported.list);
    }
});
