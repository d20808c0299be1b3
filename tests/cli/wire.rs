//! How bytes go on the wire: forwarding, Nagle's algorithm, cuts and gaps, files.

use crate::support::*;
use std::io::{Read, Write};
use std::net::UdpSocket;
use std::time::{Duration, Instant};
use wirelab::payload::Cuts;

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

/// What arrives in datagrams: each write is one.
fn datagrams(arguments: &[&str], input: &[u8], count: usize) -> Vec<String> {
    let receiver = udp();
    let to = receiver.local_addr().unwrap().to_string();
    let arguments = [&["udp", "127.0.0.1:0", "--to", &to], arguments].concat();
    let mut program = Program::wirelab(&arguments);
    if !input.is_empty() {
        program.feed(input);
    }
    let received = (0..count).map(|_| String::from_utf8(receive(&receiver).0).unwrap()).collect();
    end(program, &receiver);
    received
}

/// Ends a UDP program that was started with `--count 1`.
fn end(mut program: Program, receiver: &UdpSocket) {
    let address = program.address();
    receiver.send_to(b"end", address).unwrap();
    program.end().expect(0);
}

#[test]
fn lines_are_cut_at_places_and_glued() {
    let once = ["--count", "1", "--send", "text", "--gap", "0"];
    let with = |more: &[&'static str]| [&once[..], more].concat();
    for (options, input, expected) in [
        (with(&["--cut", "1,3"]), "abcd\nxyz\n", vec!["a", "bc", "d\n", "x", "yz", "\n"]),
        (with(&["--cut", "every"]), "ab\n", vec!["a", "b", "\n"]),
        (with(&["--glue", "2"]), "a\nb\nc\n", vec!["a\nb\n", "c\n"]),
        (with(&[]), "a\nb\n", vec!["a\n", "b\n"]),
    ] {
        assert_eq!(datagrams(&options, input.as_bytes(), expected.len()), expected, "{options:?}");
    }
    let hex = ["--count", "1", "--send", "hex", "--cut", "1"];
    assert_eq!(datagrams(&hex, b"41 42\n", 2), ["A", "B"]);
}

#[test]
fn random_cuts_are_those_of_their_seed_which_is_said() {
    let line = "0123456789abcdef\n";
    let expected: Vec<_> =
        Cuts::Random { seed: 7 }.pieces(line.len(), 0).map(|piece| line[piece].to_owned()).collect();
    let options = ["--count", "1", "--send", "text", "--cut", "random:7"];
    assert_eq!(datagrams(&options, line.as_bytes(), expected.len()), expected);
    let (listener, address) = listener();
    let mut program = Program::wirelab(&["connect", &address, "--send", "text", "--cut", "random"]);
    let mut peer = accept(&listener);
    program.feed(b"abc\n");
    assert_eq!(read_all(&mut peer), b"abc\n");
    drop(peer);
    program.end().expect(0).says("--cut random:");
}

#[test]
fn a_gap_is_kept_between_pieces_and_between_lines() {
    for options in [&["--cut", "every"][..], &["--glue", "1"]] {
        let (listener, address) = listener();
        let arguments = [&["connect", &address, "--send", "text", "--gap", "50ms"], options].concat();
        let mut program = Program::wirelab(&arguments);
        let mut peer = accept(&listener);
        let began = Instant::now();
        program.feed(if options[0] == "--cut" { b"abc" } else { b"a\nb\nc" });
        assert!(!read_all(&mut peer).is_empty());
        // Two gaps, however late this thread reads.
        assert!(began.elapsed() >= Duration::from_millis(100), "{options:?}: {:?}", began.elapsed());
        drop(peer);
        program.end().expect(0);
    }
}

#[test]
fn a_file_is_sent_whole_and_standard_input_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("firmware.bin");
    let content = all_bytes(3_000_001);
    std::fs::write(&path, &content).unwrap();
    let (listener, address) = listener();
    let mut program = Program::wirelab(&["connect", &address, "--send-file", path.to_str().unwrap()]);
    let mut peer = accept(&listener);
    program.feed(b"not this");
    assert!(read_all(&mut peer) == content, "and then sending ends");
    drop(peer);
    program.end().expect(0).says("3000001 bytes");
}

#[test]
fn the_form_the_chunks_and_the_rate_of_a_file_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let name = path.to_str().unwrap();
    std::fs::write(&path, "41 42\n43\n").unwrap();
    let with = |more: &[&'static str]| [&["--count", "1", "--send-file", name], more].concat();
    for (options, expected) in [
        (with(&[]), vec!["41 42\n43\n"]),
        (with(&["--chunk", "4"]), vec!["41 4", "2\n43", "\n"]),
        (with(&["--file-as", "lines"]), vec!["41 42\n", "43\n"]),
        (with(&["--file-as", "hex"]), vec!["ABC"]),
    ] {
        assert_eq!(datagrams(&options, b"", expected.len()), expected, "{options:?}");
    }
    std::fs::write(&path, vec![b'.'; 100_000]).unwrap();
    for options in [&["--rate", "200kB/s"][..], &["--gap", "10ms", "--chunk", "3000"]] {
        let (listener, address) = listener();
        let arguments = [&["connect", &address, "--send-file", name], options].concat();
        let began = Instant::now();
        let program = Program::wirelab(&arguments);
        let mut peer = accept(&listener);
        assert_eq!(read_all(&mut peer).len(), 100_000);
        // 500 ms and 330 ms, with something for what is caught up.
        assert!(began.elapsed() >= Duration::from_millis(300), "{options:?}: {:?}", began.elapsed());
        drop(peer);
        program.end().expect(0);
    }
}

#[test]
fn a_file_that_cannot_be_read_or_sent_is_told_with_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    run(&["connect", "127.0.0.1:9", "--send-file", missing.to_str().unwrap()]).expect(2).says("missing");
    let wrong = folder.path().join("wrong");
    std::fs::write(&wrong, "41\nxx\n").unwrap();
    let (listener, address) = listener();
    let name = wrong.to_str().unwrap();
    let program = Program::wirelab(&["connect", &address, "--send-file", name, "--file-as", "hex"]);
    let peer = accept(&listener);
    drop(peer);
    program.end().expect(1).says("line 2, column 1");
}

#[test]
fn who_connects_in_the_middle_of_a_line_gets_none_of_it() {
    let mut server =
        Program::wirelab(&["listen", "127.0.0.1:0", "--send", "text", "--cut", "1", "--gap", "300ms"]);
    let address = server.address();
    let mut first = connect(address);
    server.type_in("ab\n");
    assert_eq!(read_exactly(&mut first, 1), b"a");
    let mut second = connect(address);
    assert_eq!(read_exactly(&mut first, 2), b"b\n");
    server.type_in("c\n");
    assert_eq!(read_exactly(&mut second, 1), b"c");
}

#[test]
fn more_glued_payloads_than_can_be_queued_are_refused() {
    let (listener, address) = listener();
    let payload = "x".repeat(2000);
    let program = Program::wirelab(&["connect", &address, "--payload", &payload, "--glue", "65536"]);
    let mut peer = accept(&listener);
    assert_eq!(read_all(&mut peer), b"");
    drop(peer);
    program.end().expect(1).says("more than 64 MiB together");
}

#[test]
fn a_payload_is_cut_and_glued_for_each_kind_of_session() {
    let with = |more: &[&'static str]| [&["--count", "1", "--gap", "0", "--payload"], more].concat();
    for (options, expected) in [
        (with(&["abcd", "--cut", "1,3"]), vec!["a", "bc", "d"]),
        (with(&["ab${counter}", "--glue", "3"]), vec!["ab0ab1ab2"]),
    ] {
        assert_eq!(datagrams(&options, b"", expected.len()), expected, "{options:?}");
    }
    // A client ends sending behind the last piece.
    let (listener, address) = listener();
    let arguments = ["connect", &address, "--gap", "50ms", "--cut", "every", "--payload", "abc"];
    let began = Instant::now();
    let program = Program::wirelab(&arguments);
    let mut peer = accept(&listener);
    assert_eq!(read_all(&mut peer), b"abc");
    assert!(began.elapsed() >= Duration::from_millis(100), "{:?}", began.elapsed());
    drop(peer);
    program.end().expect(0);
    // A server says it to each connection.
    let arguments =
        ["listen", "127.0.0.1:0", "--gap", "40ms", "--cut", "1", "--payload", "ab", "--count", "1"];
    let mut server = Program::wirelab(&arguments);
    let address = server.address();
    for is_last in [false, true] {
        let mut peer = connect(address);
        peer.read_exact(&mut [0]).unwrap();
        assert_eq!(read_exactly(&mut peer, 1), b"b");
        if is_last {
            peer.write_all(b"end").unwrap();
        }
    }
    server.end().expect(0);
}

#[test]
fn a_repeated_payload_is_cut_and_glued_each_time() {
    let with = |more: &[&'static str]| {
        [&["--count", "1", "--repeat", "30ms", "--times", "2", "--gap", "1ms", "--payload"], more].concat()
    };
    for (options, expected) in [
        (with(&["a${counter}b", "--cut", "1,2"]), vec!["a", "0", "b", "a", "1", "b"]),
        (with(&["${counter}.", "--glue", "3"]), vec!["0.1.2.", "3.4.5."]),
    ] {
        assert_eq!(datagrams(&options, b"", expected.len()), expected, "{options:?}");
    }
    // A client ends sending behind the last piece of the last one.
    let (listener, address) = listener();
    let options = ["--payload", "ab", "--cut", "1", "--gap", "20ms", "--repeat", "1ms", "--times", "2"];
    let program = Program::wirelab(&[&["connect", address.as_str()][..], &options].concat());
    let mut peer = accept(&listener);
    assert_eq!(read_all(&mut peer), b"abab");
    drop(peer);
    program.end().expect(0).says("Repeated every 1ms: 2 of 2 sent, ");
}

#[test]
fn a_piece_that_cannot_be_sent_is_told_with_the_exit_code() {
    let receiver = udp();
    let to = receiver.local_addr().unwrap().to_string();
    // A command line cannot be so long on Windows.
    let long = "x${random:65530}";
    for more in [&[][..], &["--repeat", "1h"]] {
        let options = ["udp", "127.0.0.1:0", "--to", &to, "--count", "1", "--payload", long, "--cut", "1"];
        let mut program = Program::wirelab(&[&options[..], more].concat());
        let (first, from) = receive(&receiver);
        assert_eq!(first, b"x");
        program.line("Could not send");
        receiver.send_to(b"end", from).unwrap();
        program.end().expect(1);
    }
}

#[test]
fn the_seed_of_random_cuts_is_said_for_a_payload_too() {
    let mut server =
        Program::wirelab(&["listen", "127.0.0.1:0", "--payload", "abc", "--cut", "random:0", "--count", "1"]);
    let address = server.address();
    let mut peer = connect(address);
    assert_eq!(read_exactly(&mut peer, 3), b"abc");
    peer.write_all(b"end").unwrap();
    server.end().expect(0).says("--cut random:0 ");
}

#[test]
fn lines_that_are_cut_or_glued_have_the_limit_of_a_datagram_for_each_write() {
    let long = "x".repeat(70_000);
    let cut = ["--count", "1", "--gap", "0", "--send", "text", "--cut", "35000"];
    let received = datagrams(&cut, format!("{long}\n").as_bytes(), 2);
    assert_eq!(received.iter().map(String::len).collect::<Vec<_>>(), [35_000, 35_001]);
    let receiver = udp();
    let to = receiver.local_addr().unwrap().to_string();
    let glue = ["udp", "127.0.0.1:0", "--to", &to, "--count", "1", "--send", "text", "--glue", "2"];
    let mut program = Program::wirelab(&glue);
    program.feed(format!("{}\n{}\na\nb\n", &long[..40_000], &long[..40_000]).as_bytes());
    let (received, from) = receive(&receiver);
    assert_eq!(received, b"a\nb\n");
    receiver.send_to(b"end", from).unwrap();
    program.end().expect(1).says("write 1 has 80002 bytes, and one datagram holds at most 65507");
}

#[test]
fn hex_text_is_sent_in_chunks_of_the_size_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.hex");
    std::fs::write(&path, "\u{feff}41 42\n43 44 45\n").unwrap();
    let name = path.to_str().unwrap();
    let options = ["--count", "1", "--send-file", name, "--file-as", "hex", "--chunk", "2"];
    assert_eq!(datagrams(&options, b"", 3), ["AB", "CD", "E"]);
}

#[test]
fn a_folder_is_no_file_to_send_and_nothing_is_connected() {
    let folder = tempfile::tempdir().unwrap();
    let (listener, address) = listener();
    run(&["connect", &address, "--send-file", folder.path().to_str().unwrap()])
        .expect(2)
        .says("Could not read");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err());
}

/// The program leaves a pipe to the session, which reads it from the start.
// Not on Windows: it has no such files.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_sent_as_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (listener, address) = listener();
    let program = Program::wirelab(&["connect", &address, "--send-file", path.to_str().unwrap()]);
    let mut peer = accept(&listener);
    let writer = std::thread::Builder::new();
    let writer = writer.spawn(move || std::fs::write(path, "through a pipe")).unwrap();
    assert_eq!(read_all(&mut peer), b"through a pipe");
    writer.join().unwrap().unwrap();
    drop(peer);
    program.end().expect(0);
}

/// The anonymous memory of a process in bytes, see proc_pid_status(5).
#[cfg(target_os = "linux")]
fn anonymous_bytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

/// More than 4 GiB, of a file that takes no room.
// Not on Windows: it has no /proc.
#[cfg(target_os = "linux")]
#[test]
fn a_file_of_more_than_four_gibibytes_is_sent_whole_in_little_memory() {
    const BYTES: u64 = (4 << 30) + 3;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse.bin");
    let mut file = std::fs::File::create(&path).unwrap();
    file.set_len(BYTES - 3).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap();
    file.write_all(b"end").unwrap();
    let (listener, address) = listener();
    let program = Program::wirelab(&["connect", &address, "--quiet", "--send-file", path.to_str().unwrap()]);
    let mut peer = accept(&listener);
    let mut buffer = vec![0; 1 << 20];
    let (mut total, mut last, mut most) = (0, Vec::new(), 0);
    loop {
        let count = peer.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        if (total + count as u64) >> 28 > total >> 28 {
            most = most.max(anonymous_bytes(program.id()));
        }
        total += count as u64;
        last.extend_from_slice(&buffer[count.saturating_sub(3)..count]);
        last.drain(..last.len().saturating_sub(3));
    }
    assert_eq!((total, &last[..]), (BYTES, &b"end"[..]));
    assert!(most < 64 << 20, "{most} bytes of memory");
    drop(peer);
    program.end().expect(0).says("4294967299 bytes");
}
