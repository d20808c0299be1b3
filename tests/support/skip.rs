//! Tests that cannot do their work on this machine.

use std::io::Write;

/// Set by `.ci/run`: a test that would be skipped fails.
const FORBIDDEN: &str = "WIRELAB_FORBID_SKIPS";

/// Says on standard error that a test was skipped, or fails it where skipping is forbidden.
pub fn skip(test: &str, why: &str) {
    assert!(std::env::var_os(FORBIDDEN).is_none(), "{test} cannot run on this machine: {why}");
    // Not by a macro: what those print is shown only of tests that fail.
    std::io::stderr().write_all(format!("SKIPPED {test}: {why}\n").as_bytes()).unwrap();
}
