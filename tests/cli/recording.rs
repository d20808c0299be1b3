//! `--record FILE`: what happens to the file that is there, who may read the new one, and who may write to it.

use super::support::*;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

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

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Waits until the recording is in its place, which it takes right after its session says that it listens.
fn wait_for(file: &Path, content: &[u8]) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !fs::read(file).is_ok_and(|bytes| bytes.starts_with(content)) {
        assert!(Instant::now() < deadline, "{} is not in its place", file.display());
        std::thread::yield_now();
    }
}

/// The beginning of a pcapng file.
const SECTION_HEADER: &[u8] = &[0x0A, 0x0D, 0x0D, 0x0A];

/// What the recording `file` has received.
fn received(file: &Path) -> Vec<u8> {
    run(&["show".as_ref(), file.as_os_str(), "--view".as_ref(), "raw".as_ref()]).expect(0).stdout
}

#[test]
fn a_start_that_fails_leaves_the_earlier_recording_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    fs::write(&file, EARLIER).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    listen(&taken, &file).end().expect(4);
    let refused = [OsStr::new("connect"), "127.0.0.1:1".as_ref(), "--record".as_ref(), file.as_os_str()];
    run(&refused).expect(4);
    assert_eq!(fs::read(&file).unwrap(), EARLIER);
    assert_eq!(names_in(folder.path()), ["run.pcapng"]);
    // And where there was none, none is left behind.
    let new = folder.path().join("new.pcapng");
    listen(&taken, &new).end().expect(4);
    assert_eq!(names_in(folder.path()), ["run.pcapng"]);
}

#[test]
fn a_session_that_runs_replaces_the_earlier_recording_also_without_any_record() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    fs::write(&file, EARLIER).unwrap();
    let arguments = ["listen", "127.0.0.1:0", "--for", "0.2", "--record"];
    let arguments: Vec<_> = arguments.iter().map(OsStr::new).chain([file.as_os_str()]).collect();
    run(&arguments).expect(0);
    assert_eq!(received(&file), b"");
    assert_eq!(names_in(folder.path()), ["run.pcapng"]);
}

#[test]
fn the_recording_of_a_running_session_is_refused_to_others_and_its_process_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let mut running = listen("127.0.0.1:0", &file);
    let address = running.address();
    let holder = format!("(process {}) is using the file", running.id());
    let refused = listen("127.0.0.1:0", &file).end().expect(2);
    refused.says(&holder);
    // Nor is it replaced by an export.
    let other = folder.path().join("other.pcapng");
    let mut session = listen("127.0.0.1:0", &other);
    connect(session.address()).write_all(b"other").unwrap();
    session.end().expect(0);
    let export = ["export".as_ref(), other.as_os_str(), "--format".as_ref(), "text".as_ref()];
    run(&[&export[..], &["--output".as_ref(), file.as_os_str()]].concat()).expect(1).says(&holder);

    connect(address).write_all(b"of the first").unwrap();
    running.end().expect(0);
    assert_eq!(received(&file), b"of the first");
    assert_eq!(names_in(folder.path()), ["other.pcapng", "run.pcapng"]);
    // It is free again.
    let mut next = listen("127.0.0.1:0", &file);
    connect(next.address()).write_all(b"of the second").unwrap();
    next.end().expect(0);
    assert_eq!(received(&file), b"of the second");
}

#[test]
fn of_sessions_that_start_at_once_one_records_and_the_others_are_refused() {
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
        assert_eq!(names_in(folder.path()), ["run.pcapng"]);
    }
}

#[test]
fn the_lock_of_a_killed_session_is_taken_over_and_its_recording_stays_until_then() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    let mut killed = listen("127.0.0.1:0", &file);
    killed.address();
    wait_for(&file, SECTION_HEADER);
    // Dropping it kills it.
    drop(killed);
    assert_eq!(names_in(folder.path()), [".run.pcapng.lock", "run.pcapng"]);
    let mut next = listen("127.0.0.1:0", &file);
    connect(next.address()).write_all(b"next").unwrap();
    next.end().expect(0);
    assert_eq!(received(&file), b"next");
    assert_eq!(names_in(folder.path()), ["run.pcapng"]);
}

/// The next session of the same file cleans up, also where the one before was killed before it ran.
// Not on Windows: a server whose queue is full refuses there, so that connecting does not last.
#[cfg(target_os = "linux")]
#[test]
fn what_a_session_killed_before_it_ran_leaves_is_removed_by_the_next_one() {
    use socket2::{Domain, Socket, Type};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.pcapng");
    fs::write(&file, EARLIER).unwrap();
    // A queue of one connection, which is taken: a second attempt to connect gets no answer.
    let server = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    server.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    server.listen(0).unwrap();
    let address = server.local_addr().unwrap().as_socket().unwrap();
    let _queued = connect(address);
    let address = address.to_string();
    let arguments = [OsStr::new("connect"), address.as_ref(), "--record".as_ref(), file.as_os_str()];
    let connecting = Program::wirelab(&arguments);
    let temporary = format!(".run.pcapng.{}-0.recording", connecting.id());
    let deadline = Instant::now() + Duration::from_secs(20);
    while !folder.path().join(&temporary).exists() {
        assert!(Instant::now() < deadline, "{:?}", names_in(folder.path()));
        std::thread::yield_now();
    }
    // Dropping it kills it.
    drop(connecting);
    assert_eq!(names_in(folder.path()), [&*temporary, ".run.pcapng.lock", "run.pcapng"]);
    assert_eq!(fs::read(&file).unwrap(), EARLIER);
    let mut next = listen("127.0.0.1:0", &file);
    connect(next.address()).write_all(b"next").unwrap();
    next.end().expect(0);
    assert_eq!(received(&file), b"next");
    assert_eq!(names_in(folder.path()), ["run.pcapng"]);
}

#[test]
fn a_recording_that_is_deleted_or_replaced_meanwhile_is_told_with_what_is_lost_and_exits_with_1() {
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
fn a_recording_that_is_moved_meanwhile_is_kept() {
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
    assert_eq!(names_in(folder.path()), ["moved.pcapng"]);
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

    /// With the usual umask, and as another user where this one may become another.
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
            // Root may become nobody, who must not be able to read it.
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
