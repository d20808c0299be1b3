//! The command line: reads the arguments, runs one session or prints or exports one recording, and maps the
//! result to the documented exit codes.

mod args;
mod export;
mod feed;
mod input;
mod interrupt;
mod output;
mod reach;
mod session;
mod show;
mod source;
mod summary;
mod tap;

use crate::export::push_visible;
use crate::import::sniff;
use crate::lang::{Language, explain};
use crate::net::raise_handle_limit;
use args::{Cli, Task, Window};
use crossbeam_channel::Sender;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;
use tap::News;
use tempfile::TempDir;

/// Time that a command has to end after it was told to, for instance while nobody reads its output.
const GRACE: Duration = Duration::from_secs(2);

/// Time for the last line on standard error, which may be blocked as well.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The exit code of a command; `--help` documents each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done = 0,
    LeftOut = 1,
    Usage = 2,
    NoDisplay = 3,
    NotConnected = 4,
    Broken = 5,
}

/// Runs the command line; the first argument is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    raise_handle_limit();
    let arguments: Vec<_> = arguments.into_iter().collect();
    let read = || Cli::task(arguments.clone(), io::stdin().is_terminal());
    let task = read();
    // Attaching a console changes whether standard input is a terminal: read the arguments again.
    #[cfg(windows)]
    let task =
        if !matches!(task, Ok(Task::Window(_))) && crate::sys::console::ensure() { read() } else { task };
    let outcome = match task {
        Ok(Task::Window(window)) => match window.files.iter().find_map(|file| unreadable(file)) {
            Some(problem) => {
                say(&problem);
                Outcome::Usage
            }
            None => open_window(window),
        },
        Ok(Task::Session(plan)) => session::run(*plan),
        Ok(Task::Show { file, view, encoding }) => show::run(&file, view, encoding),
        Ok(Task::Export(plan)) => export::run(&plan),
        Err(error) => {
            // Help goes to standard output, errors to standard error. If that is closed, there is nobody to tell.
            let _ = error.print();
            if error.use_stderr() { Outcome::Usage } else { Outcome::Done }
        }
    };
    ExitCode::from(outcome as u8)
}

#[cfg(feature = "gui")]
fn open_window(window: Window) -> Outcome {
    #[cfg(windows)]
    crate::sys::console::leave_own();
    let Window { sessions, files, renderer } = window;
    match crate::gui::run(crate::gui::Options { sessions, files, renderer }) {
        Ok(()) => Outcome::Done,
        Err(error) => no_window(&error.to_string()),
    }
}

#[cfg(not(feature = "gui"))]
fn open_window(_: Window) -> Outcome {
    no_window("This build of Wirelab has no window")
}

/// Why a file cannot be opened; checked before the window, so that it is said on standard error.
fn unreadable(file: &Path) -> Option<String> {
    let failure = sniff(file).err()?;
    // The parser takes a mistyped command for a file.
    let is_word = file.extension().is_none() && file.components().count() == 1 && !file.exists();
    Some(match is_word {
        true => format!("'{}' is no command, and there is no such file. See wirelab --help.", file.display()),
        false => explain(Language::English.words(), &failure),
    })
}

/// Says that there is no window, and which commands work without one.
fn no_window(reason: &str) -> Outcome {
    let reason = reason.trim_end().trim_end_matches('.');
    let text = format!(
        "{reason}. Without a window there are: wirelab listen, connect, udp, show, export (see wirelab --help)."
    );
    say(&text);
    #[cfg(windows)]
    crate::sys::console::show_unseen("Wirelab", &text);
    Outcome::NoDisplay
}

/// Writes a line to standard error, with control characters made visible. Errors of writing are ignored.
fn say(text: &str) {
    // Parts of the text come from peers and files and must not control the terminal.
    let mut line = String::with_capacity(text.len() + 1);
    push_visible(text, &mut line);
    line.push('\n');
    // A single write, so that lines of several threads do not mix.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Writes a line to standard error although that may lead to the same stuck reader as standard output.
fn last_words(text: &str) {
    let (sender, said) = crossbeam_channel::bounded(1);
    let text = text.to_owned();
    let _ = thread::Builder::new().name("last words".into()).spawn(move || {
        say(&text);
        let _ = sender.send(());
    });
    let _ = said.recv_timeout(LAST_WORDS);
}

/// A new temporary folder that only this user can read.
fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("wirelab-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

/// Tells the main thread. Never blocks, and never fails for want of room: each kind of news is sent once, or
/// once until it was handled, and the channel has room for all kinds.
fn signal(news: &Sender<News>, what: News) {
    let _ = news.try_send(what);
}
