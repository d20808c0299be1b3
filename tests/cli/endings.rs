//! How commands end: exit codes, time limits, signals, closed pipes and full disks.

use crate::support::*;
#[cfg(target_os = "linux")]
use std::ffi::OsStr;
use std::io::Write;
#[cfg(target_os = "linux")]
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn wrong_usage_is_explained_and_exits_with_2() {
    for (arguments, words) in [
        (&["listen", "65536"][..], "port 65536 is too large; the largest is 65535"),
        (&["listen"], "<ADDR>"),
        (&["connect", "my host:80"], "host \"my host\" has a space in it; remove it"),
        (&["connect", "localhost:0"], "port 0 cannot be connected to"),
        (&["udp", "http"], "\"http\" is not a number"),
        (&["sing"], "sing"),
        (&["listen", "0", "--encoding", "klingon"], "Use one of UTF-8, GBK"),
        (&["--listen", "１２３"], "type \"123\" with half-width ones"),
    ] {
        let ended = run(arguments).expect(2);
        ended.says(words);
        assert_eq!(ended.text(), "");
    }
}

#[test]
fn help_documents_the_exit_codes() {
    let text = run(&["--help"]).expect(0).text();
    for words in [
        "Exit codes:",
        "0  done",
        "1  done, but",
        "2  wrong usage",
        "3  no display",
        "4  could not bind",
        "5  the connection broke",
    ] {
        assert!(text.contains(words), "{text}");
    }
    assert!(run(&["--version"]).expect(0).text().starts_with("wirelab "));
}

// Not on Windows: a display may be missing on Linux alone.
#[cfg(target_os = "linux")]
#[test]
fn without_a_display_the_other_commands_are_named_and_the_exit_code_is_3() {
    for arguments in [&[][..], &["gui"], &["--listen", "0"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command.args(arguments);
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
            command.env_remove(name);
        }
        let ended = Program::start(command).end().expect(3);
        assert_eq!(ended.stderr.len(), 1, "{:#?}", ended.stderr);
        ended.says("Without a window there are: wirelab listen, connect, udp, run, show");
    }
}

// Not on Windows: a display may be missing on Linux alone.
#[cfg(target_os = "linux")]
#[test]
fn a_file_for_the_window_is_checked_before_the_display() {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("run.pcapng");
    let listen = ["listen", "127.0.0.1:0", "--once", "--record"].map(OsStr::new);
    let mut server = Program::wirelab(&[&listen[..], &[recording.as_os_str()]].concat());
    drop(connect(server.address()));
    server.end().expect(0);
    let notes = folder.path().join("notes.txt");
    std::fs::write(&notes, "these are no packets, but notes").unwrap();
    let missing = folder.path().join("missing.pcapng");
    let without_display = |files: &[&OsStr]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command.args(files);
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
            command.env_remove(name);
        }
        Program::start(command).end()
    };
    for start in [&[][..], &["gui".as_ref()]] {
        let with = |file: &'_ std::path::Path| without_display(&[start, &[file.as_os_str()]].concat());
        with(&recording).expect(3).says("Without a window there are");
        with(&missing).expect(2).says("missing.pcapng");
        with(&notes).expect(2).says("notes.txt: it is neither a recording nor a capture");
    }
    without_display(&[recording.as_os_str(), missing.as_os_str()]).expect(2).says("missing.pcapng");
    run(&["sing"]).expect(2).says("'sing' is no command, and there is no such file");
}

#[test]
fn a_port_in_use_is_reported_with_its_owner_and_exits_with_4() {
    for (command, operation) in [("listen", "listen on"), ("udp", "bind to")] {
        let mut holder = Program::wirelab(&[command, "127.0.0.1:0"]);
        let address = holder.address().to_string();
        let ended = run(&[command, &address]).expect(4);
        let name = if cfg!(windows) { "wirelab.exe" } else { "wirelab" };
        let mut owner = format!("{name} (process {})", holder.id());
        // wine does not report the owner of a TCP port.
        if cfg!(windows) && ended.stderr.iter().any(|line| line.contains("another program")) {
            owner = "another program".into();
        }
        ended.says(&format!(
            "Could not {operation} {address}: the port is in use by {owner}. Stop it, or use "
        ));
    }
}

#[test]
fn a_recording_that_cannot_be_created_exits_with_2_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("missing").join("a.pcapng");
    let ended =
        run(&["listen".as_ref(), "127.0.0.1:0".as_ref(), "--record".as_ref(), file.as_os_str()]).expect(2);
    ended.says("Could not write the recording ");
    assert_eq!(ended.stderr.len(), 1);
}

#[test]
fn a_server_ends_after_its_time_or_count() {
    let started = Instant::now();
    run(&["listen", "127.0.0.1:0", "--for", "0.3"]).expect(0);
    assert!(started.elapsed() >= Duration::from_millis(300));

    let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--count", "1", "--view", "raw"]);
    let mut peer = connect(server.address());
    peer.write_all(b"enough").unwrap();
    assert_eq!(server.end().expect(0).text(), "enough");
    assert_eq!(read_all(&mut peer), b"");
}

// Not on Windows: there is no signal that asks a process to end.
#[cfg(target_os = "linux")]
#[test]
fn signals_close_connections_and_the_recording_is_complete() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pcapng");
        let mut server = Program::wirelab(&[
            "listen".as_ref(),
            "127.0.0.1:0".as_ref(),
            "--view".as_ref(),
            "raw".as_ref(),
            "--record".as_ref(),
            file.as_os_str(),
        ]);
        let mut peer = connect(server.address());
        peer.write_all(b"until the end").unwrap();
        server.output("until the end");
        send_signal(server.id(), signal);
        server.end().expect(0).says("closed locally");
        assert_eq!(read_all(&mut peer), b"");
        let shown = run(&["show".as_ref(), file.as_os_str(), "--json".as_ref()]).expect(0).objects();
        assert_eq!(shown.last().unwrap()["kind"], "closed");
        assert!(shown.iter().any(|object| object["text"] == "until the end"));
    }
}

// Not on Windows: there is no signal that asks a process to end.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_a_session_without_traffic() {
    let mut client = Program::wirelab(&["udp", "127.0.0.1:0", "--to", "127.0.0.1:9"]);
    client.address();
    send_signal(client.id(), Signal::SIGINT);
    client.end().expect(0);
}

#[test]
fn a_closed_pipe_on_standard_output_ends_quietly() {
    for view in ["raw", "text"] {
        let mut server = Program::wirelab(&["listen", "127.0.0.1:0", "--view", view]);
        let mut peer = connect(server.address());
        peer.write_all(b"one").unwrap();
        server.output("one");
        server.close_output();
        // The thread that reads the pipe closes it when the next piece arrives.
        peer.write_all(b"two").unwrap();
        let deadline = Instant::now() + DEADLINE;
        while peer.write_all(b"more").is_ok() {
            assert!(Instant::now() < deadline, "the server does not end");
        }
        let ended = server.end().expect(0);
        assert!(ended.stderr.iter().all(|line| !line.contains("standard output")), "{:#?}", ended.stderr);
    }
}

// Not on Windows: the full disk is /dev/full.
#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_reported_and_exits_with_1() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    command
        .args(["listen", "127.0.0.1:0", "--once"])
        .stdin(Stdio::null())
        .stdout(full)
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    let mut peer = connect(line.trim().strip_prefix("listening on ").unwrap().parse().unwrap());
    peer.write_all(b"x").unwrap();
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stderr, &mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(rest.contains("Could not write to standard output: "), "{rest}");
}

// Not on Windows: the full disk is /dev/full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_once_and_the_session_goes_on() {
    let mut server =
        Program::wirelab(&["listen", "127.0.0.1:0", "--once", "--view", "raw", "--record", "/dev/full"]);
    let mut peer = connect(server.address());
    for part in ["one ", "two ", "three"] {
        peer.write_all(part.as_bytes()).unwrap();
        server.output(part);
    }
    drop(peer);
    let ended = server.end().expect(1);
    assert_eq!(ended.text(), "one two three");
    let reported = ended.stderr.iter().filter(|line| line.contains("the disk is full")).count();
    assert_eq!(reported, 1, "{:#?}", ended.stderr);
    ended.says(" are not in the recording.");
}

// Not on Windows: there is no signal that asks a process to end.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_a_session_whose_output_is_not_read() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    let mut server = Unread::start(command.args(["listen", "127.0.0.1:0", "--view", "both"]));
    let mut peer = connect(server.address());
    // Printed, this is many times what a pipe holds.
    peer.write_all(&all_bytes(200_000)).unwrap();
    server.has_printed();
    server.signal(Signal::SIGTERM);
    let (code, said) = server.end();
    assert_eq!(code, Some(1));
    assert!(said.contains("The session does not end: what it prints or records is not taken."), "{said}");
}

// Not on Windows: only Unix has a soft limit of file handles.
#[cfg(target_os = "linux")]
#[test]
fn a_server_holds_more_clients_than_the_soft_limit_of_file_handles() {
    let mut command = Command::new("sh");
    let script = "ulimit -Sn 40 && exec \"$0\" listen 127.0.0.1:0 --quiet";
    command.args(["-c", script, env!("CARGO_BIN_EXE_wirelab")]);
    let mut server = Program::start(command);
    let address = server.address();
    let _peers: Vec<_> = (0..100).map(|_| connect(address)).collect();
    for _ in 0..100 {
        server.line("connection from ");
    }
}
