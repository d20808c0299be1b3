//! The front end without a window: reads the arguments, runs one session, prints or exports one
//! recording, and maps what came of it to the documented exit codes. Knows nothing of how a window looks.

mod args;
mod export;
mod input;
mod output;
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
use tap::News;

/// What came of a command, as its exit code says. `--help` documents each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done = 0,
    LeftOut = 1,
    Usage = 2,
    NoDisplay = 3,
    NotConnected = 4,
    Broken = 5,
}

/// Does what the arguments say, of which the first is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    #[cfg(target_os = "linux")]
    crate::sys::limits::report_file_size_limit();
    raise_handle_limit();
    let arguments: Vec<_> = arguments.into_iter().collect();
    let read = || Cli::task(arguments.clone(), io::stdin().is_terminal());
    let task = read();
    // A new console is standard input as well, and what is typed there is to be sent.
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
            // Help goes to standard output, everything else to standard error; whoever has closed
            // it does not want to read it.
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

/// Why a file cannot be opened, before there is a window to tell it in.
fn unreadable(file: &Path) -> Option<String> {
    let failure = sniff(file).err()?;
    // A mistyped command is taken for a file.
    let is_word = file.extension().is_none() && file.components().count() == 1 && !file.exists();
    Some(match is_word {
        true => format!("'{}' is no command, and there is no such file. See wirelab --help.", file.display()),
        false => explain(Language::English.words(), &failure),
    })
}

/// One line: what is missing, and what works all the same.
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

/// Writes a line to standard error. Where that is closed, nobody wants to read it.
fn say(text: &str) {
    // Parts of it come from peers and files, and a terminal must not obey them.
    let mut line = String::with_capacity(text.len() + 1);
    push_visible(text, &mut line);
    line.push('\n');
    // One write, so that lines of several threads do not mix.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Tells the front end's thread. There is room: each kind of news is told once, or once until it
/// was looked at.
fn signal(news: &Sender<News>, what: News) {
    let _ = news.try_send(what);
}
