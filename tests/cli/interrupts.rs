//! SIGINT, SIGTERM and SIGKILL while `show` and `export` work.

use crate::captures;
use crate::support::*;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const DATAGRAM_BYTES: usize = 1400;

/// A capture of that many datagrams.
fn capture(folder: &Path, datagrams: usize) -> PathBuf {
    captures::capture(folder, &all_bytes(DATAGRAM_BYTES), datagrams)
}

/// A recording of that many datagrams.
fn recording(folder: &Path, datagrams: usize) -> PathBuf {
    let (capture, file) = (capture(folder, datagrams), folder.join("long.pcapng"));
    let arguments = ["export", "--format", "pcapng", "--output"].map(std::ffi::OsStr::new);
    run(&[&arguments[..], &[file.as_os_str(), capture.as_os_str()]].concat()).expect(0);
    file
}

#[test]
fn an_interrupt_ends_the_output_after_a_whole_record_with_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    for file in [recording(folder.path(), 2000), capture(folder.path(), 2000)] {
        for (signal, arguments) in [
            (Signal::SIGINT, &["show", "--json"][..]),
            (Signal::SIGTERM, &["show", "--json"]),
            (Signal::SIGTERM, &["export", "--format", "jsonl"]),
        ] {
            let temporary = tempfile::tempdir().unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
            command.args(arguments).arg(&file).env("TMPDIR", temporary.path());
            let mut program = Unread::start(&mut command);
            program.has_printed();
            program.signal(signal);
            program.has_taken_signal();
            let output = program.read_output();
            let (code, said) = program.end();
            let case = format!("{signal} {arguments:?} {}", file.display());
            assert_eq!(code, Some(1), "{case}: {said}");
            assert!(said.contains("Interrupted: the rest is not "), "{case}: {said}");
            // `has_printed` has read the first byte.
            let text = format!("{{{}", String::from_utf8(output).unwrap());
            assert!(text.ends_with('\n') && text.lines().count() < 2000, "{case}");
            for line in text.lines().filter(|line| line.contains("\"kind\":\"data\"")) {
                let object: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(object["bytes"], DATAGRAM_BYTES, "{case}");
            }
            assert!(entries(temporary.path()).is_empty(), "{case}");
        }
    }
}

#[test]
fn an_interrupt_ends_a_command_whose_output_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = capture(folder.path(), 1000);
    for (arguments, signals) in [
        (&["show", "--view", "both"][..], 1),
        (&["export", "--format", "csv"], 1),
        (&["export", "--format", "csv"], 2),
    ] {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command.args(arguments).arg(&file).env("TMPDIR", temporary.path());
        let mut program = Unread::start(&mut command);
        program.has_printed();
        assert_eq!(entries(temporary.path()).len(), 1, "the temporary copy");
        program.signal(Signal::SIGINT);
        program.has_taken_signal();
        if signals == 2 {
            program.signal(Signal::SIGINT);
        }
        let (code, said) = program.end();
        assert_eq!(code, Some(1), "{arguments:?}");
        assert!(said.contains("Interrupted while nobody took the output"), "{said}");
        assert!(entries(temporary.path()).is_empty(), "{arguments:?}");
    }
}

#[test]
fn an_interrupt_ends_an_export_to_a_pipe_that_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // The FIFO has no reader at all. Standard output has one that stops, and the capture has a copy to be deleted.
    for (file, output) in
        [(recording(folder.path(), 1), &*fifo), (capture(folder.path(), 1000), Path::new("/dev/stdout"))]
    {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command.args(["export", "--format", "csv", "--output"]).args([output, &file]);
        let mut program = Unread::start(command.env("TMPDIR", temporary.path()));
        if output == fifo {
            program.handles_signals();
        } else {
            program.has_printed();
        }
        program.signal(Signal::SIGTERM);
        let (code, said) = program.end();
        assert_eq!(code, Some(1), "{}: {said}", output.display());
        assert!(said.contains("Interrupted while nobody took the output"), "{said}");
        assert!(entries(temporary.path()).is_empty(), "{}", output.display());
    }
}

#[test]
fn an_interrupted_export_to_a_file_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = recording(folder.path(), 14_000);
    for format in [&["text", "--view", "both"][..], &["raw"]] {
        let target = folder.path().join(format[0]);
        std::fs::create_dir(&target).unwrap();
        let output = target.join("output");
        let mut arguments: Vec<_> = ["--format"].iter().chain(format).map(OsStr::new).collect();
        arguments.extend(["--output".as_ref(), output.as_os_str(), file.as_os_str()]);
        let deadline = Instant::now() + DEADLINE;
        loop {
            // Raw bytes go to a folder with a file for each stream, which are moved there at the end.
            let is_whole = || {
                output.is_file()
                    || output.is_dir() && entries(&output).iter().any(|name| !name.starts_with('.'))
            };
            let program = stopped_export(&arguments, is_whole, &target);
            send_signal(program.id(), Signal::SIGTERM);
            send_signal(program.id(), Signal::SIGCONT);
            let ended = program.end();
            if ended.code == Some(0) && Instant::now() < deadline {
                // It was complete before its thread for signals had its turn.
                std::fs::remove_dir_all(&target).unwrap();
                std::fs::create_dir(&target).unwrap();
                continue;
            }
            ended.expect(1).says("Interrupted: nothing was exported.");
            assert!(entries(&target).is_empty(), "{format:?}");
            break;
        }
    }
}

#[test]
fn an_interrupt_while_reading_standard_input_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.args(["show", "-"]).env("TMPDIR", temporary.path());
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Unread::of(pipes.spawn().unwrap());
    let stdin = program.child.stdin.take().unwrap();
    wait_for_entry(temporary.path());
    program.signal(Signal::SIGINT);
    program.has_taken_signal();
    drop(stdin);
    let (code, said) = program.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Interrupted: the rest is not printed."), "{said}");
    assert!(entries(temporary.path()).is_empty());
}

/// An export with these arguments that was stopped while it writes to `folder`, which is empty before; `is_whole`
/// tells whether it is complete.
fn stopped_export(arguments: &[&OsStr], is_whole: impl Fn() -> bool, folder: &Path) -> Program {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
        command.arg("export").args(arguments);
        let program = Program::start(command);
        wait_for_entry(folder);
        stop(program.id());
        if !is_whole() {
            return program;
        }
        // It was faster than this test.
        assert!(Instant::now() < deadline, "each export is complete before it can be stopped");
        send_signal(program.id(), Signal::SIGCONT);
        program.end().expect(0);
        std::fs::remove_dir_all(folder).unwrap();
        std::fs::create_dir(folder).unwrap();
    }
}

#[test]
fn an_export_removes_what_a_killed_one_left_and_leaves_a_running_one_alone() {
    let [of_long, of_short, target] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let (long, short) = (recording(of_long.path(), 14_000), recording(of_short.path(), 1));
    let folder = target.path().join("exports");
    std::fs::create_dir(&folder).unwrap();
    let output = folder.join("output");
    let to_output = ["--format", "csv", "--output"].map(OsStr::new);
    let arguments = [&to_output[..], &[output.as_os_str(), long.as_os_str()]].concat();
    let export = || stopped_export(&arguments, || output.exists(), &folder);
    let export_short = || {
        let arguments = [&["export".as_ref()], &to_output[..], &[output.as_os_str(), short.as_os_str()]];
        run(&arguments.concat()).expect(0);
    };
    // Dropping a program kills it.
    drop(export());
    let left = entries(&folder);
    assert!(left.len() == 1 && left[0].ends_with(".part"), "{left:?}");
    export_short();
    assert_eq!(entries(&folder), ["output"]);
    std::fs::remove_file(&output).unwrap();

    let running = export();
    export_short();
    assert_eq!(entries(&folder).len(), 2, "{:?}", entries(&folder));
    send_signal(running.id(), Signal::SIGCONT);
    running.end().expect(0);
    assert_eq!(entries(&folder), ["output"]);
    assert!(std::fs::metadata(&output).unwrap().len() > 1_000_000);
}
