//! `--record FILE`: replacing an existing file, its lock, and its permissions.

use super::support::*;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::time::Instant;

const EARLIER: &[u8] = b"the recording of an earlier session";

fn listen(address: &str, file: &Path) -> Program {
    Program::wirelab(&[
        OsStr::new("listen"),
        address.as_ref(),
        "--once".as_ref(),
        "--quiet".as_ref(),
        "--record".as_ref(),
        file.as_os_str(),
    ])
}

/// Waits until a file begins with `content`: the recording is renamed to its name shortly after the session reports
/// that it listens.
fn wait_for(file: &Path, content: &[u8]) {
    let deadline = Instant::now() + DEADLINE;
    while !fs::read(file).is_ok_and(|bytes| bytes.starts_with(content)) {
        assert!(Instant::now() < deadline, "{} is not there", file.display());
        std::thread::yield_now();
    }
}

/// The first bytes of a pcapng file.
const SECTION_HEADER: &[u8] = &[0x0A, 0x0D, 0x0D, 0x0A];

/// The received bytes in a recording.
fn received(file: &Path) -> Vec<u8> {
    run(&["show".as_ref(), file.as_os_str(), "--view".as_ref(), "raw".as_ref()]).expect(0).stdout
}

#[test]
fn a_failed_start_keeps_the_earlier_recording_and_leaves_no_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    fs::write(&file, EARLIER).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    listen(&taken, &file).end().expect(4);
    let (_socket, refusing) = refusing();
    let refused = [OsStr::new("connect"), refusing.as_ref(), "--record".as_ref(), file.as_os_str()];
    run(&refused).expect(4);
    let unknown = ["udp", "127.0.0.1:0", "--to", "no-such-host.invalid:9", "--record"].map(OsStr::new);
    run(&[&unknown[..], &[file.as_os_str()]].concat()).expect(4);
    assert_eq!(fs::read(&file).unwrap(), EARLIER);
    assert_eq!(entries(folder.path()), ["run.pcapng"]);
    // Without an earlier recording, no file is left behind.
    let new = folder.path().join("new.pcapng");
    listen(&taken, &new).end().expect(4);
    assert_eq!(entries(folder.path()), ["run.pcapng"]);
}

#[test]
fn a_session_that_runs_replaces_the_earlier_recording_even_without_data() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    fs::write(&file, EARLIER).unwrap();
    // Long enough to begin listening, also on a busy machine.
    let arguments = ["listen", "127.0.0.1:0", "--for", "3", "--record"];
    let arguments: Vec<_> = arguments.iter().map(OsStr::new).chain([file.as_os_str()]).collect();
    run(&arguments).expect(0);
    assert_eq!(received(&file), b"");
    assert_eq!(entries(folder.path()), ["run.pcapng"]);
}

#[test]
fn a_recording_in_use_is_refused_to_others_with_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let mut running = listen("127.0.0.1:0", &file);
    let address = running.address();
    let holder = format!("(process {}) is using the file", running.id());
    let refused = listen("127.0.0.1:0", &file).end().expect(2);
    refused.says(&holder);
    // An export does not replace it either.
    let other = folder.path().join("other.pcapng");
    let mut session = listen("127.0.0.1:0", &other);
    connect(session.address()).write_all(b"other").unwrap();
    session.end().expect(0);
    let export = ["export".as_ref(), other.as_os_str(), "--format".as_ref(), "text".as_ref()];
    run(&[&export[..], &["--output".as_ref(), file.as_os_str()]].concat()).expect(1).says(&holder);

    connect(address).write_all(b"of the first").unwrap();
    running.end().expect(0);
    assert_eq!(received(&file), b"of the first");
    assert_eq!(entries(folder.path()), ["other.pcapng", "run.pcapng"]);
    // Afterwards it can be replaced.
    let mut next = listen("127.0.0.1:0", &file);
    connect(next.address()).write_all(b"of the second").unwrap();
    next.end().expect(0);
    assert_eq!(received(&file), b"of the second");
}

#[test]
fn of_sessions_that_start_together_one_records_and_the_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    for round in 0..3 {
        let mut programs: Vec<_> = (0..6).map(|_| listen("127.0.0.1:0", &file)).collect();
        let lines: Vec<_> = programs.iter_mut().map(|program| program.line("")).collect();
        let (winners, losers): (Vec<_>, Vec<_>) =
            programs.into_iter().zip(lines).partition(|(_, line)| line.starts_with("listening on "));
        assert_eq!(winners.len(), 1, "{} of 6 record", winners.len());
        let (winner, line) = winners.into_iter().next().unwrap();
        let holder = format!("(process {}) is using the file", winner.id());
        for (loser, _) in losers {
            loser.end().expect(2).says(&holder);
        }
        let payload = format!("round {round}");
        let address = line.strip_prefix("listening on ").unwrap().parse().unwrap();
        connect(address).write_all(payload.as_bytes()).unwrap();
        winner.end().expect(0);
        assert_eq!(received(&file), payload.as_bytes());
        assert_eq!(entries(folder.path()), ["run.pcapng"]);
    }
}

#[test]
fn the_lock_of_a_killed_session_is_taken_over_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let mut killed = listen("127.0.0.1:0", &file);
    killed.address();
    wait_for(&file, SECTION_HEADER);
    // Dropping a program kills it.
    drop(killed);
    assert_eq!(entries(folder.path()), [".run.pcapng.lock", "run.pcapng"]);
    let mut next = listen("127.0.0.1:0", &file);
    connect(next.address()).write_all(b"next").unwrap();
    next.end().expect(0);
    assert_eq!(received(&file), b"next");
    assert_eq!(entries(folder.path()), ["run.pcapng"]);
}

// Not on Windows: a server with a full backlog refuses there, so that connecting does not last.
#[cfg(target_os = "linux")]
#[test]
fn a_session_removes_the_temporary_file_of_a_session_killed_while_connecting() {
    use socket2::{Domain, Socket, Type};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    fs::write(&file, EARLIER).unwrap();
    // The backlog has room for one connection, so that a second attempt to connect gets no answer.
    let server = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    server.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    server.listen(0).unwrap();
    let address = server.local_addr().unwrap().as_socket().unwrap();
    let _queued = connect(address);
    let address = address.to_string();
    let arguments = [OsStr::new("connect"), address.as_ref(), "--record".as_ref(), file.as_os_str()];
    let connecting = Program::wirelab(&arguments);
    let temporary = format!(".run.pcapng.{}-0.recording", connecting.id());
    let deadline = Instant::now() + DEADLINE;
    while !folder.path().join(&temporary).exists() {
        assert!(Instant::now() < deadline, "{:?}", entries(folder.path()));
        std::thread::yield_now();
    }
    // Dropping a program kills it.
    drop(connecting);
    assert_eq!(entries(folder.path()), [&*temporary, ".run.pcapng.lock", "run.pcapng"]);
    assert_eq!(fs::read(&file).unwrap(), EARLIER);
    let mut next = listen("127.0.0.1:0", &file);
    connect(next.address()).write_all(b"next").unwrap();
    next.end().expect(0);
    assert_eq!(received(&file), b"next");
    assert_eq!(entries(folder.path()), ["run.pcapng"]);
}

// Not on Windows: wine deletes an open file only once it is closed, and does not report the deletion before.
#[cfg(target_os = "linux")]
#[test]
fn a_recording_deleted_or_replaced_during_its_session_is_reported_and_exits_with_1() {
    for replaces in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.pcapng");
        let mut session = listen("127.0.0.1:0", &file);
        let mut peer = connect(session.address());
        peer.write_all(b"lost").unwrap();
        wait_for(&file, SECTION_HEADER);
        if replaces {
            let other = folder.path().join("other");
            fs::write(&other, EARLIER).unwrap();
            fs::rename(other, &file).unwrap();
        } else {
            fs::remove_file(&file).unwrap();
        }
        drop(peer);
        let ended = session.end().expect(1);
        ended.says(&format!(
            "Could not write the recording {}: the file was deleted or replaced",
            file.display()
        ));
        ended.says(" records with 4 bytes are not in the recording.");
        assert_eq!(fs::read(&file).ok().as_deref(), replaces.then_some(EARLIER));
    }
}

#[test]
fn a_recording_moved_during_its_session_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let [file, moved] = ["run.pcapng", "moved.pcapng"].map(|name| folder.path().join(name));
    let mut session = listen("127.0.0.1:0", &file);
    let mut peer = connect(session.address());
    wait_for(&file, SECTION_HEADER);
    fs::rename(&file, &moved).unwrap();
    peer.write_all(b"kept").unwrap();
    drop(peer);
    session.end().expect(0);
    assert_eq!(received(&moved), b"kept");
    assert_eq!(entries(folder.path()), ["moved.pcapng"]);
}

// Not on Windows: there are no file modes.
#[cfg(target_os = "linux")]
mod permissions {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::process::Command;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_recording_is_private_and_an_export_follows_the_umask() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let [file, old] = ["run.pcapng", "old.pcapng"].map(|name| folder.path().join(name));
        fs::write(&old, EARLIER).unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o644)).unwrap();
        let with_umask = |arguments: &[&OsStr]| {
            let mut command = Command::new("sh");
            command.args(["-c", "umask 022; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_wirelab")]);
            command.args(arguments);
            Program::start(command)
        };
        for file in [&file, &old] {
            let arguments = ["listen", "127.0.0.1:0", "--once", "--quiet", "--record"].map(OsStr::new);
            let mut session = with_umask(&[&arguments[..], &[file.as_os_str()]].concat());
            let mut peer = connect(session.address());
            peer.write_all(b"password").unwrap();
            wait_for(file, SECTION_HEADER);
            assert_eq!(mode(file), 0o600, "{} while it is written", file.display());
            // As root, check that another user cannot read it.
            if fs::metadata(file).unwrap().uid() == 0 {
                let read = Command::new("setpriv")
                    .args(["--reuid=65534", "--regid=65534", "--clear-groups", "cat"])
                    .arg(file)
                    .output()
                    .unwrap();
                assert!(!read.status.success() && read.stdout.is_empty(), "{read:?}");
            }
            drop(peer);
            session.end().expect(0);
            assert_eq!(mode(file), 0o600);
        }
        let export = folder.path().join("run.txt");
        let format = ["--format", "text", "--output"].map(OsStr::new);
        let arguments = [&["export".as_ref(), file.as_os_str()], &format[..], &[export.as_os_str()]].concat();
        with_umask(&arguments).end().expect(0);
        assert_eq!(mode(&export), 0o644);
        fs::set_permissions(&export, fs::Permissions::from_mode(0o640)).unwrap();
        with_umask(&arguments).end().expect(0);
        assert_eq!(mode(&export), 0o640, "a replaced file keeps its permissions");
    }
}
