//! How bytes go on the wire: forwarding, Nagle's algorithm.

use crate::support::*;
use std::io::Write;

#[test]
fn what_one_client_says_goes_to_the_others_with_forward() {
    for (option, expected) in [(Some("--forward"), &b"hello"[..]), (None, b"")] {
        let arguments = ["listen", "127.0.0.1:0", "--quiet", "--count", "1"];
        let mut server = Program::wirelab(&arguments.into_iter().chain(option).collect::<Vec<_>>());
        let address = server.address();
        let [mut first, mut second] = [(); 2].map(|()| connect(address));
        server.line("connection from");
        server.line("connection from");
        first.write_all(b"hello").unwrap();
        assert_eq!(read_all(&mut second), expected, "{option:?}");
        server.end().expect(0);
    }
}

/// Linux acknowledges late where an answer may come: the second of two small payloads waits for that with Nagle's
/// algorithm.
// Not on Windows: how late acknowledgements are differs there.
#[cfg(target_os = "linux")]
#[test]
fn small_payloads_wait_for_acknowledgements_with_no_delay_off() {
    use std::time::{Duration, Instant};
    for (option, waits) in [("off", true), ("on", false)] {
        let mut server =
            Program::wirelab(&["listen", "127.0.0.1:0", "--send", "hex", "--no-delay", option, "--once"]);
        let mut peer = connect(server.address());
        let mut times: Vec<_> = (0..15)
            .map(|_| {
                let began = Instant::now();
                server.type_in("01\n02\n");
                assert_eq!(read_exactly(&mut peer, 2), [1, 2]);
                peer.write_all(b"answer").unwrap();
                began.elapsed()
            })
            .collect();
        times.sort();
        assert_eq!(times[7] >= Duration::from_millis(20), waits, "{option}: {times:?}");
        server.feed(b"");
        drop(peer);
        server.end().expect(0);
    }
}
