//! The command line: reads the arguments, runs one session or prints or exports one recording, and maps the
//! result to the documented exit codes.

mod args;
mod checksum;
mod commands;
mod export;
mod feed;
mod find_checksum;
mod followed;
mod frames;
mod input;
mod interrupt;
mod line;
mod news;
mod observer;
mod output;
mod process;
mod reach;
mod repeating;
mod reporter;
mod rules;
mod run;
mod sending;
mod sent_file;
mod session;
mod show;
mod source;
mod summary;
mod text_file;

use crate::import::sniff;
use crate::lang::{Language, explain};
use crate::net::raise_handle_limit;
use args::{Task, Window};
use process::{Outcome, say};
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

/// Runs the command line; the first argument is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    #[cfg(target_os = "linux")]
    crate::sys::limits::report_file_size_limit();
    raise_handle_limit();
    let arguments: Vec<_> = arguments.into_iter().collect();
    let read = || args::parse(arguments.clone(), io::stdin().is_terminal());
    let task = read();
    // Attaching a console changes whether standard input is a terminal: parse again.
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
        Ok(Task::Show(plan)) => show::run(&plan),
        Ok(Task::Export(plan)) => export::run(&plan),
        Ok(Task::Checksum(plan)) => checksum::run(&plan),
        Ok(Task::FindChecksum(plan)) => find_checksum::run(&plan),
        Ok(Task::Run { file, session }) => run::run(&file, *session),
        Ok(Task::Commands(plan)) => commands::run(&plan),
        Ok(Task::Rules(plan)) => rules::run(&plan),
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
        "{reason}. Without a window there are: wirelab listen, connect, udp, run, show, export, checksum, find-checksum, commands, rules (see wirelab --help)."
    );
    say(&text);
    #[cfg(windows)]
    crate::sys::console::show_unseen("Wirelab", &text);
    Outcome::NoDisplay
}
