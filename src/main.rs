//! The program: hands its arguments to the command line, which picks a front end.

use std::process::ExitCode;

fn main() -> ExitCode {
    wirelab::cli::run(std::env::args_os())
}
