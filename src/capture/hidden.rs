//! Names of the hidden files beside a recording: its lock, and what is being written.

use std::ffi::OsStr;
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
