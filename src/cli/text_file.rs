//! Files of text that commands read whole: sequences and rules.

use std::io::{self, Read};
use std::path::Path;

/// Bound on the size of a file, in bytes.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The name of a file in messages.
pub(super) fn shown(file: &Path) -> String {
    if file == Path::new("-") { "standard input".into() } else { file.display().to_string() }
}

/// Reads a file, or standard input.
///
/// # Errors
/// Of the system, or it is too large.
pub(super) fn read_text(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    let mut input: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(io::stdin()),
        false => Box::new(std::fs::File::open(file)?),
    };
    input.by_ref().take(MAX_FILE_BYTES).read_to_string(&mut text)?;
    match text.len() as u64 == MAX_FILE_BYTES {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(text),
    }
}
