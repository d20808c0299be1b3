//! Appending to a file that somebody may delete, shorten or fill up the disk of meanwhile.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A file that is appended to. It is open only meanwhile, so that one that was deleted begins anew.
#[derive(Debug)]
pub(super) struct Appending {
    path: PathBuf,
    /// What was in it after the last time; `None` before the first.
    length: Option<u64>,
}

/// What became of bytes.
#[derive(Debug, Default)]
pub(super) struct Appended {
    /// Bytes that were written.
    pub written: usize,
    /// Bytes that were not, and those that were written before and are gone.
    pub missing: usize,
    /// The file was deleted or shortened since the last time.
    pub is_gone: bool,
    pub problem: Option<io::Error>,
}

impl Appending {
    pub fn new(path: &Path) -> Self {
        Self { path: path.into(), length: None }
    }

    /// What is in it; 0 before it was opened.
    pub fn length(&self) -> u64 {
        self.length.unwrap_or(0)
    }

    /// Begins with what is in the file, or with an empty one.
    ///
    /// # Errors
    /// It can be neither opened nor created.
    pub fn begin(&mut self, is_kept: bool) -> io::Result<u64> {
        let file = if is_kept { self.open()? } else { File::create(&self.path)? };
        let length = file.metadata()?.len();
        self.length = Some(length);
        Ok(length)
    }

    /// It was moved away, and begins anew.
    pub fn is_moved(&mut self) {
        self.length = Some(0);
    }

    pub fn append(&mut self, bytes: &[u8]) -> Appended {
        let mut appended = Appended { missing: bytes.len(), ..Appended::default() };
        let known = self.length();
        let opened = self.open().and_then(|file| {
            let metadata = file.metadata()?;
            // A pipe or a terminal has no length, and nothing of it can be deleted.
            let length = if metadata.is_file() { metadata.len() } else { known };
            Ok((file, length))
        });
        let (mut file, now) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                appended.problem = Some(error);
                return appended;
            }
        };
        let gone = self.length().saturating_sub(now);
        if gone > 0 {
            appended.is_gone = true;
            appended.problem = Some(ErrorKind::NotFound.into());
        }
        while appended.written < bytes.len() {
            match file.write(&bytes[appended.written..]) {
                Ok(0) => {
                    appended.problem = Some(ErrorKind::WriteZero.into());
                    break;
                }
                Ok(count) => appended.written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    appended.problem = Some(error);
                    break;
                }
            }
        }
        self.length = Some(now + appended.written as u64);
        appended.missing = bytes.len() - appended.written + usize::try_from(gone).unwrap_or(usize::MAX);
        appended
    }

    fn open(&self) -> io::Result<File> {
        File::options().append(true).create(true).open(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Not on Windows: it has no such files.
    #[cfg(unix)]
    #[test]
    fn what_has_no_length_takes_all_and_misses_nothing() {
        let mut file = Appending::new(Path::new("/dev/null"));
        for _ in 0..3 {
            let appended = file.append(b"text");
            assert!(appended.problem.is_none() && !appended.is_gone);
            assert_eq!((appended.written, appended.missing), (4, 0));
        }
    }
}
