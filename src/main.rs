//! The program: passes its arguments to [`wirelab::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    wirelab::cli::run(std::env::args_os())
}
