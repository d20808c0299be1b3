//! What all commands share: exit codes, standard output and standard error, temporary folders.

use crate::capture::temporary_private_folder;
use crate::export::push_visible;
use crate::lang::{Language, explain};
use crate::model::{Failure, FailureKind, Operation};
use std::io::{self, Write};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// How long a command may take to end after an interrupt, for instance while nobody reads its output.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// How long the last line on standard error may take, which may be blocked as well.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The exit code of a command; `--help` documents each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done = 0,
    /// Something is missing, or a step of a sequence failed.
    LeftOut = 1,
    Usage = 2,
    NoDisplay = 3,
    NotConnected = 4,
    Broken = 5,
}

impl Outcome {
    /// The exit code of `show` and `export` for a failure: the input cannot be read, or something could not be written.
    pub fn of_file(failure: &Failure) -> Self {
        if failure.operation == Operation::Read { Self::Usage } else { Self::LeftOut }
    }

    /// The exit code of a session that ended with a failure.
    pub fn of_session(failure: &Failure) -> Self {
        if matches!(failure.kind, FailureKind::Internal { .. }) {
            // Other failures were printed when they were recorded.
            say_failure(failure);
            return Self::Broken;
        }
        match failure.operation {
            Operation::Resolve | Operation::Connect | Operation::Listen | Operation::Bind => {
                Self::NotConnected
            }
            _ => Self::Broken,
        }
    }
}

/// Writes a line to standard error, with control characters made visible. Errors of writing are ignored.
pub(super) fn say(text: &str) {
    // Parts of the text come from peers and files and must not control the terminal.
    let mut line = String::with_capacity(text.len() + 1);
    push_visible(text, &mut line);
    line.push('\n');
    // A single write, so that lines of several threads do not mix.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Writes what failed to standard error.
pub(super) fn say_failure(failure: &Failure) {
    say(&explain(Language::English.words(), failure));
}

/// Writes a line to standard error, which may be blocked by the same reader as standard output.
pub(super) fn last_words(text: &str) {
    let (sender, said) = crossbeam_channel::bounded(1);
    let text = text.to_owned();
    let _ = thread::Builder::new().name("last words".into()).spawn(move || {
        say(&text);
        let _ = sender.send(());
    });
    let _ = said.recv_timeout(LAST_WORDS);
}

/// A new temporary folder that only this user can read.
pub(super) fn private_folder() -> io::Result<TempDir> {
    temporary_private_folder(&std::env::temp_dir())
}

/// Standard output without the standard library's line buffering.
///
/// # Errors
/// The file handle cannot be duplicated.
pub(super) fn stdout() -> io::Result<Box<dyn Write + Send>> {
    use std::io::IsTerminal;
    let stdout = io::stdout();
    // Windows consoles take UTF-16; the standard library converts.
    if cfg!(windows) && stdout.is_terminal() {
        return Ok(Box::new(stdout));
    }
    #[cfg(unix)]
    let owned = std::os::fd::AsFd::as_fd(&stdout).try_clone_to_owned()?;
    #[cfg(windows)]
    let owned = std::os::windows::io::AsHandle::as_handle(&stdout).try_clone_to_owned()?;
    Ok(Box::new(std::fs::File::from(owned)))
}
