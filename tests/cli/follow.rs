//! Files that grow with a session: `--save-bytes` and `--log`.

use crate::support::*;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Waits until a file has what is expected of it.
#[track_caller]
fn wait_for(path: &Path, done: impl Fn(&[u8]) -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !fs::read(path).is_ok_and(|content| done(&content)) {
        assert!(Instant::now() < deadline, "{}: {:?}", path.display(), fs::read(path));
        std::thread::yield_now();
    }
}

#[test]
fn what_is_received_is_in_the_file_as_it_arrives_and_replaces_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.bin");
    fs::write(&path, "old content").unwrap();
    let (listener, address) = listener();
    let program = Program::wirelab(&["connect", &address, "--quiet", "--save-bytes", path.to_str().unwrap()]);
    let mut peer = accept(&listener);
    peer.write_all(b"first").unwrap();
    wait_for(&path, |content| content == b"first");
    let all = all_bytes(5_000_000);
    peer.write_all(&all).unwrap();
    drop(peer);
    program.end().expect(0);
    assert!(fs::read(&path).unwrap() == [&b"first"[..], &all].concat());
}

#[test]
fn each_connection_of_a_server_has_a_file_named_as_export_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.bin");
    let name = path.to_str().unwrap();
    let mut server =
        Program::wirelab(&["listen", "127.0.0.1:0", "--quiet", "--count", "2", "--save-bytes", name]);
    let address = server.address();
    let mut first = connect(address);
    server.line("connection from");
    let mut second = connect(address);
    server.line("connection from");
    first.write_all(b"one").unwrap();
    wait_for(&folder.path().join("run.c1.in.bin"), |content| content == b"one");
    second.write_all(b"two").unwrap();
    server.end().expect(0);
    assert_eq!(entries(folder.path()), ["run.c1.in.bin", "run.c2.in.bin"]);
    assert_eq!(fs::read(folder.path().join("run.c2.in.bin")).unwrap(), b"two");
}

#[test]
fn a_log_has_everything_in_the_form_of_the_view_and_is_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    for (view, shown) in [("text", "  hello"), ("hex", "68 65 6C 6C 6F")] {
        let path = folder.path().join(view);
        fs::write(&path, "before\n").unwrap();
        let (listener, address) = listener();
        let name = path.to_str().unwrap();
        let program = Program::wirelab(&["connect", &address, "--view", view, "--log", name]);
        let mut peer = accept(&listener);
        peer.write_all(b"hello").unwrap();
        wait_for(&path, |content| String::from_utf8_lossy(content).contains(shown));
        drop(peer);
        program.end().expect(0);
        let log = fs::read_to_string(&path).unwrap();
        assert!(log.starts_with("before\n") && log.contains("closed by the peer"), "{log}");
    }
}

#[test]
fn a_log_is_rotated_by_size_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.log");
    let (listener, address) = listener();
    let name = path.to_str().unwrap();
    let program = Program::wirelab(&["connect", &address, "--quiet", "--log", name, "--log-rotate", "2000"]);
    let mut peer = accept(&listener);
    let read_all = || -> Vec<String> {
        let names = entries(folder.path()).into_iter();
        names.filter_map(|name| fs::read_to_string(folder.path().join(name)).ok()).collect()
    };
    for number in 0..50 {
        let line = format!("line {number:03}\n");
        peer.write_all(line.as_bytes()).unwrap();
        // The log has it before the next one comes: one record each.
        let deadline = Instant::now() + DEADLINE;
        while !read_all().iter().any(|file| file.contains(&line)) {
            assert!(Instant::now() < deadline, "{line}");
            std::thread::yield_now();
        }
    }
    drop(peer);
    program.end().expect(0);
    let names = entries(folder.path());
    assert!(names.len() > 1 && names.contains(&"run.1.log".into()), "{names:?}");
    let files = read_all();
    assert!(files.iter().all(|file| file.len() <= 2000), "{names:?}");
    for number in 0..50 {
        let line = format!("line {number:03}\n");
        assert_eq!(files.iter().filter(|file| file.contains(&line)).count(), 1, "{line}");
    }
}

#[test]
fn a_file_that_vanishes_is_told_and_the_session_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.bin");
    let (listener, address) = listener();
    let name = path.to_str().unwrap();
    let mut program = Program::wirelab(&["connect", &address, "--quiet", "--save-bytes", name]);
    let mut peer = accept(&listener);
    peer.write_all(b"first").unwrap();
    wait_for(&path, |content| content == b"first");
    fs::remove_file(&path).unwrap();
    peer.write_all(b"second").unwrap();
    wait_for(&path, |content| content == b"second");
    program.line("Could not");
    drop(peer);
    program.end().expect(1).says("5 bytes are missing");
}

// Not on Windows: no file there is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_the_session_goes_on() {
    let (listener, address) = listener();
    let mut program = Program::wirelab(&["connect", &address, "--view", "raw", "--save-bytes", "/dev/full"]);
    let mut peer = accept(&listener);
    peer.write_all(b"first").unwrap();
    program.line("Could not");
    peer.write_all(b"second").unwrap();
    drop(peer);
    let ended = program.end().expect(1);
    assert_eq!(ended.text(), "firstsecond");
    ended.says("11 bytes are missing");
}

#[test]
fn the_file_of_bytes_is_empty_if_nothing_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.bin");
    fs::write(&path, "of an earlier run").unwrap();
    let (listener, address) = listener();
    let program = Program::wirelab(&["connect", &address, "--quiet", "--save-bytes", path.to_str().unwrap()]);
    drop(accept(&listener));
    program.end().expect(0);
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn a_file_of_bytes_that_cannot_be_made_is_told_before_anything_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("in.bin");
    let (listener, address) = listener();
    let mut program =
        Program::wirelab(&["connect", &address, "--quiet", "--save-bytes", path.to_str().unwrap()]);
    let peer = accept(&listener);
    program.line("Could not");
    drop(peer);
    program.end().expect(1);
}

/// A second client may be accepted before listening stops.
#[test]
fn the_file_of_bytes_has_the_first_connection_alone_with_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.bin");
    let name = path.to_str().unwrap();
    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--quiet", "--once", "--save-bytes", name]);
    let address = server.address();
    let mut first = connect(address);
    first.write_all(b"first").unwrap();
    drop(first);
    server.end().expect(0);
    assert_eq!(entries(folder.path()), ["in.bin"]);
    assert_eq!(fs::read(&path).unwrap(), b"first");
}
