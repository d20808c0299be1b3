//! Any text as an address: an accepted one is the same after being written out and parsed again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirelab::model::{Endpoint, parse_ip, parse_listen_address, parse_port};

fuzz_target!(|text: &str| {
    if let Ok(endpoint) = text.parse::<Endpoint>() {
        assert_ne!(endpoint.port, 0);
        assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
    }
    if let Ok(address) = parse_listen_address(text) {
        assert_eq!(parse_listen_address(&address.to_string()), Ok(address));
    }
    if let Ok(ip) = parse_ip(text) {
        assert_eq!(parse_ip(&ip.to_string()), Ok(ip));
    }
    let _ = parse_port(text);
});
