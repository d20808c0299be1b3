//! Failures as data: operation, endpoint, cause. `lang` makes sentences of them.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// The operation that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Looking up a host name.
    Resolve,
    /// Opening a TCP connection.
    Connect,
    /// Binding a server's port and listening on it.
    Listen,
    /// Binding a UDP or a client's local port.
    Bind,
    /// Accepting a connection.
    Accept,
    /// Receiving.
    Receive,
    /// Sending.
    Send,
    /// Writing the recording.
    Record,
    /// Reading a recording.
    Read,
    /// Saving a recording as a file.
    Save,
    /// Writing records to a file in another form.
    Export,
    /// Any command to a session but sending.
    Ask,
    /// Running a sequence.
    Run,
}

/// The cause of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Another socket holds the port.
    AddressInUse {
        /// The program that holds it, if that could be found out.
        owner: Option<Holder>,
        /// A higher port that was free when the failure was reported.
        next_free_port: Option<u16>,
    },
    /// The address belongs to no interface of this machine.
    AddressNotAvailable,
    /// The system does not allow it (ports below 1024; a firewall on Windows).
    PermissionDenied,
    /// The host answers, but nothing listens at the port.
    Refused,
    /// No answer within the time allowed.
    TimedOut,
    /// No route to the host or its network.
    Unreachable,
    /// The name has no address.
    NameNotFound,
    /// The peer reset the connection.
    Reset,
    /// The process or the system has no file handles left.
    TooManyOpenFiles,
    /// What was to be sent is more than fits into one datagram.
    MessageTooLong {
        /// What was asked for.
        bytes: usize,
        /// What is possible.
        limit: usize,
    },
    /// Sending to broadcast addresses is not allowed on this socket.
    BroadcastNotAllowed,
    /// Too many bytes wait to be sent.
    QueueFull {
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// The payload has no bytes for a recipient.
    NotBuilt {
        /// Why not, in sentences, the last of which says what to do.
        detail: String,
    },
    /// There is nobody to send to.
    NoRecipient,
    /// The connection or the session ended before everything was sent.
    EndedBeforeSent,
    /// The look-up of a name ended without a result: its thread failed.
    ResolverEnded,
    /// An earlier datagram reached nobody (the ICMP answer said so).
    PortUnreachable,
    /// All ids for the session's connections are used up.
    OutOfIds,
    /// The session's queue of commands is full.
    SessionBusy,
    /// The session's thread has ended.
    SessionEnded,
    /// The disk has no room left.
    DiskFull,
    /// The file has the largest size that the system allows: a limit of the process (`RLIMIT_FSIZE`), or of the
    /// file system.
    FileTooLarge,
    /// Another process is writing the file, or keeps others from using it.
    FileInUse {
        /// That process, where it is known.
        holder: Option<Holder>,
    },
    /// A file is damaged.
    Damaged {
        /// The kind of damage.
        what: Damage,
        /// The byte offset in the file.
        offset: u64,
    },
    /// No file, or no folder for a new one, has that name.
    FileNotFound,
    /// A folder has that name, where a file was meant.
    IsFolder,
    /// A file was deleted or replaced while it was being written: what is written to it is lost once it is closed.
    FileDeleted,
    /// A recording could not replace the file of its name, and is written under another one.
    NotInPlace {
        /// Where it is.
        path: PathBuf,
        /// The system's words.
        detail: String,
    },
    /// The output file is a file of the recording itself.
    SameFile,
    /// The file is neither a recording nor a capture of another program.
    NoCapture,
    /// A thread panicked.
    Internal {
        /// The message of the panic.
        detail: String,
    },
    /// A step of a sequence failed.
    Step(Box<StepFailure>),
    /// Anything else, in the system's own words.
    Other {
        /// The system's words.
        detail: String,
    },
}

/// A step of a sequence that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFailure {
    /// Its number in the sequence, from 1.
    pub step: usize,
    /// What it is called; may be empty.
    pub name: String,
    /// Why it failed.
    pub problem: StepProblem,
}

/// Why a step of a sequence failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepProblem {
    /// It was not sent, or not to everybody.
    NotSent(Box<Failure>),
    /// There was no answer that matches within the time.
    NoAnswer {
        /// The time.
        within: Duration,
        /// What came instead.
        instead: Instead,
    },
    /// Whoever was to answer is gone.
    Closed {
        /// What came before.
        instead: Instead,
    },
}

/// What came instead of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instead {
    /// How many bytes.
    pub bytes: u64,
    /// The beginning of them, as text in quotes or in hex.
    pub shown: String,
}

/// The kind of damage in the file of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It ends here, before it is a pcapng file.
    TooShort,
    /// It does not begin as a little-endian pcapng file does.
    NotPcapng,
    /// A block of a length that none can have.
    BlockLength,
    /// The end of a block, with a length that none can have.
    BlockEnd,
    /// A block that is longer than what there is of the file.
    BlockTooLong,
    /// A block whose parts contradict each other.
    Contradiction,
    /// A place outside the recording.
    Outside,
    /// The file ends earlier than it did: it was cut while it was read.
    CutOff,
}

/// A process that holds a port or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The program's name, as the system lists it.
    pub name: String,
    /// Its process id.
    pub pid: u32,
}

/// What an [`io::Error`] holds where a file is in use; it becomes [`FailureKind::FileInUse`].
#[derive(Debug, thiserror::Error)]
#[error("another program is using the file")]
pub struct FileInUse {
    /// That program, where it is known.
    pub holder: Option<Holder>,
}

impl From<FileInUse> for io::Error {
    fn from(error: FileInUse) -> Self {
        Self::new(io::ErrorKind::ResourceBusy, error)
    }
}

impl FileInUse {
    /// What `error` holds, if a file is in use.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// A failure, for people and for front ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The operation that failed.
    pub operation: Operation,
    /// To or on what: an address, a name, a file.
    pub endpoint: String,
    /// The cause of a failure.
    pub kind: FailureKind,
    /// The system's error number.
    pub os_code: Option<i32>,
}

impl Failure {
    /// A failure without a number from the system.
    pub fn new(operation: Operation, endpoint: impl fmt::Display, kind: FailureKind) -> Self {
        Self { operation, endpoint: endpoint.to_string(), kind, os_code: None }
    }

    /// The failure for an error of the operating system.
    pub fn from_io(operation: Operation, endpoint: impl fmt::Display, error: &io::Error) -> Self {
        let endpoint = endpoint.to_string();
        Self { operation, endpoint, kind: classify(error), os_code: error.raw_os_error() }
    }
}

/// The kind of a system error, by its number where `ErrorKind` does not distinguish it.
fn classify(error: &io::Error) -> FailureKind {
    if let Some(FileInUse { holder }) = FileInUse::of(error) {
        return FailureKind::FileInUse { holder: holder.clone() };
    }
    if let Some(kind) = error.raw_os_error().and_then(classify_number) {
        return kind;
    }
    match error.kind() {
        io::ErrorKind::AddrInUse => FailureKind::AddressInUse { owner: None, next_free_port: None },
        io::ErrorKind::AddrNotAvailable => FailureKind::AddressNotAvailable,
        io::ErrorKind::PermissionDenied => FailureKind::PermissionDenied,
        io::ErrorKind::ConnectionRefused => FailureKind::Refused,
        io::ErrorKind::TimedOut => FailureKind::TimedOut,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            FailureKind::Unreachable
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            FailureKind::Reset
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FailureKind::DiskFull,
        io::ErrorKind::FileTooLarge => FailureKind::FileTooLarge,
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FailureKind::FileNotFound,
        io::ErrorKind::IsADirectory => FailureKind::IsFolder,
        _ => FailureKind::Other { detail: error.to_string() },
    }
}

#[cfg(target_os = "linux")]
fn classify_number(number: i32) -> Option<FailureKind> {
    use nix::libc::{EMFILE, ENFILE};
    matches!(number, EMFILE | ENFILE).then_some(FailureKind::TooManyOpenFiles)
}

#[cfg(windows)]
fn classify_number(number: i32) -> Option<FailureKind> {
    use windows_sys::Win32::Foundation::{
        ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL, ERROR_SHARING_VIOLATION, ERROR_TOO_MANY_OPEN_FILES,
    };
    use windows_sys::Win32::Networking::WinSock::{WSAEMFILE, WSAENOBUFS, WSAHOST_NOT_FOUND, WSANO_DATA};
    const TOO_MANY_OPEN_FILES: i32 = ERROR_TOO_MANY_OPEN_FILES.cast_signed();
    const SHARING_VIOLATION: i32 = ERROR_SHARING_VIOLATION.cast_signed();
    const HANDLE_DISK_FULL: i32 = ERROR_HANDLE_DISK_FULL.cast_signed();
    const DISK_FULL: i32 = ERROR_DISK_FULL.cast_signed();
    match number {
        WSAEMFILE | WSAENOBUFS | TOO_MANY_OPEN_FILES => Some(FailureKind::TooManyOpenFiles),
        SHARING_VIOLATION => Some(FailureKind::FileInUse { holder: None }),
        WSAHOST_NOT_FOUND | WSANO_DATA => Some(FailureKind::NameNotFound),
        HANDLE_DISK_FULL | DISK_FULL => Some(FailureKind::DiskFull),
        _ => None,
    }
}
