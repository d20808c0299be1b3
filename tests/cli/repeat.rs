//! `--repeat`: a payload that is sent again and again, and its summary.

use crate::support::*;
use std::time::{Duration, Instant};

#[test]
fn a_client_repeats_so_often_and_ends_with_a_summary() {
    let (listener, address) = listener();
    let client =
        Program::wirelab(&["connect", &address, "--payload", "ab", "--repeat", "2ms", "--times", "25"]);
    let mut peer = accept(&listener);
    assert_eq!(read_all(&mut peer), b"ab".repeat(25), "and the end of sending");
    drop(peer);
    let ended = client.end().expect(0);
    ended.says("Repeated every 2ms: 25 of 25 sent, ");
    ended.says("(median)");
    ended.says("(p99)");
    ended.says("(worst)");
}

#[test]
fn the_object_of_the_summary_has_the_numbers() {
    let (listener, address) = listener();
    let client = Program::wirelab(&[
        "connect",
        &address,
        "--payload",
        "01",
        "--format",
        "hex",
        "--repeat",
        "20ms",
        "--times",
        "3",
        "--repeat-from",
        "end",
        "--json",
    ]);
    let mut peer = accept(&listener);
    let begun = Instant::now();
    assert_eq!(read_all(&mut peer), [1, 1, 1]);
    assert!(begun.elapsed() >= Duration::from_millis(30), "there is a pause after each");
    drop(peer);
    let objects = client.end().expect(0).objects();
    let repeat = &objects.last().unwrap()["repeat"];
    for (key, value) in
        [("sent", 3.0), ("missed", 0.0), ("failed", 0.0), ("times", 3.0), ("interval_us", 20_000.0)]
    {
        assert_eq!(repeat[key].as_f64(), Some(value), "{key} of {repeat}");
    }
    assert_eq!(repeat["from"], "end");
    let late = |key: &str| repeat["lateness_us"][key].as_f64().unwrap();
    assert!(late("median") <= late("p99") && late("p99") <= late("worst"), "{repeat}");
}

#[test]
fn a_server_repeats_to_all_with_each_client_s_own_counter() {
    let mut server =
        Program::wirelab(&["listen", "127.0.0.1:0", "--payload", "<${counter}>", "--repeat", "5ms"]);
    let address = server.address();
    let mut first = connect(address);
    assert_eq!(read_exactly(&mut first, 9), b"<0><1><2>");
    let mut second = connect(address);
    assert_eq!(read_exactly(&mut second, 6), b"<0><1>", "its own counter");
}

#[test]
fn a_peer_that_leaves_before_the_last_send_makes_it_fail() {
    let (listener, address) = listener();
    let client = Program::wirelab(&["connect", &address, "--payload", "a", "--repeat", "1h", "--times", "2"]);
    let mut peer = accept(&listener);
    assert_eq!(read_exactly(&mut peer, 1), b"a");
    drop(peer);
    let ended = client.end();
    ended.says("Repeated every 1h: 1 of 2 sent, ");
    ended.expect(1);
}

#[test]
fn datagrams_are_repeated_until_the_time_is_over() {
    let socket = udp();
    let address = socket.local_addr().unwrap().to_string();
    let sender = Program::wirelab(&[
        "udp",
        "127.0.0.1:0",
        "--to",
        &address,
        "--payload",
        "tick",
        "--repeat",
        "10ms",
        "--for",
        "300ms",
    ]);
    for _ in 0..3 {
        assert_eq!(receive(&socket).0, b"tick");
    }
    sender.end().expect(0).says("Repeated every 10ms: ");
}

#[test]
fn wrong_options_are_named_and_nothing_is_sent() {
    for (options, words) in [
        (&["--repeat", "10ms"][..], "--payload"),
        (&["--payload", "a", "--times", "3"], "--repeat"),
        (&["--payload", "a", "--repeat", "soon"], "type a number with a unit"),
        (&["--payload", "a", "--repeat", "1us"], "the shortest interval on this system"),
        (&["--payload", "a", "--repeat", "1s", "--times", "0"], "--times"),
    ] {
        let mut arguments = vec!["connect", "127.0.0.1:1"];
        arguments.extend(options);
        let ended = run(&arguments).expect(2);
        ended.says(words);
    }
}
