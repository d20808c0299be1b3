//! Skipping tests that cannot run on this machine.

use std::io::Write;

/// The environment variable by which `.ci/run` makes a test fail that would be skipped.
const FORBIDDEN: &str = "WIRELAB_FORBID_SKIPS";

/// Reports on standard error that a test was skipped.
///
/// # Panics
/// Skipping is forbidden by [`FORBIDDEN`].
pub fn skip(test: &str, why: &str) {
    assert!(std::env::var_os(FORBIDDEN).is_none(), "{test} cannot run on this machine: {why}");
    // Not by `eprintln!`, whose output is captured for tests that succeed.
    std::io::stderr().write_all(format!("SKIPPED {test}: {why}\n").as_bytes()).unwrap();
}
