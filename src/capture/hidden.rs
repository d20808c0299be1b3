//! Names of the hidden files beside a file: its lock, and what is being written.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Most bytes of a file name that the name of a hidden file repeats whole. File systems allow 255 for all of it.
const MAX_NAME_BYTES: usize = 200;

/// Most bytes of a name that is not repeated whole; the hash of the name follows.
const MAX_PREFIX_BYTES: usize = 180;

/// The path of a hidden file that belongs to `target`: `.NAME` and `suffix`, in the same folder. Another name has
/// another path, also where it is too long to be repeated or not UTF-8.
///
/// # Errors
/// [`io::ErrorKind::InvalidInput`]: `target` ends with no name.
pub(super) fn hidden_beside(target: &Path, suffix: &str) -> io::Result<PathBuf> {
    let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let hidden = match name.to_str() {
        Some(name) if name.len() <= MAX_NAME_BYTES => format!(".{name}{suffix}"),
        _ => {
            let text = name.to_string_lossy();
            let prefix = &text[..text.floor_char_boundary(MAX_PREFIX_BYTES)];
            format!(".{prefix}~{:016x}{suffix}", hash(name))
        }
    };
    Ok(target.with_file_name(hidden))
}

/// Makes something in the folder of `target` with `make`, under a temporary name that ends with `suffix` and that
/// nothing else has. Returns what was made and its path.
///
/// # Errors
/// Those of `make`, except that a name is taken: then the next one is tried. `target` ends with no name.
pub(super) fn create_beside<T>(
    target: &Path,
    suffix: &str,
    make: impl Fn(&Path) -> io::Result<T>,
) -> io::Result<(T, PathBuf)> {
    for attempt in 0u32.. {
        let path = hidden_beside(target, &format!(".{}-{attempt}{suffix}", std::process::id()))?;
        match make(&path) {
            Ok(made) => return Ok((made, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// What is beside `target` under the names that [`create_beside`] gives, in any process.
pub(super) fn temporary_beside(target: &Path, suffix: &str) -> Vec<PathBuf> {
    let Ok(hidden) = hidden_beside(target, "") else { return Vec::new() };
    let Some(prefix) = hidden.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let folder = match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let is_temporary = |name: &OsStr| name.to_str().is_some_and(|name| is_temporary(name, prefix, suffix));
    entries.flatten().filter(|entry| is_temporary(&entry.file_name())).map(|entry| entry.path()).collect()
}

/// Whether a name is `prefix`, the process and the attempt, and `suffix`.
fn is_temporary(name: &str, prefix: &str, suffix: &str) -> bool {
    let middle = || name.strip_prefix(prefix)?.strip_prefix('.')?.strip_suffix(suffix)?.split_once('-');
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    middle().is_some_and(|(process, attempt)| is_number(process) && is_number(attempt))
}

/// FNV-1a, 64 bits: the same in every build, which have to agree on the name of a lock.
fn hash(name: &OsStr) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    name.as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_too_long_or_no_text_have_hidden_names_of_their_own() {
        let hidden = |name: &OsStr| hidden_beside(&Path::new("folder").join(name), ".lock").unwrap();
        assert_eq!(hidden("run.pcapng".as_ref()), Path::new("folder/.run.pcapng.lock"));
        let long = |end: &str| format!("{}{end}.pcapng", "\u{8bb0}".repeat(79));
        let hidden_long = [long("1"), long("2")].map(|name| hidden(name.as_ref()));
        assert_ne!(hidden_long[0], hidden_long[1]);
        let length = hidden_long[0].file_name().unwrap().len();
        assert!(length < 230, "{length} bytes; the number of a process follows in temporary names");
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            assert_ne!(hidden(OsStr::from_bytes(b"\xFE.pcapng")), hidden(OsStr::from_bytes(b"\xFF.pcapng")));
        }
    }
}
