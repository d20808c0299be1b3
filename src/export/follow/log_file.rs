//! The file of a log: appended to, and begun anew by size or day, with the old one kept under another name.

use super::appending::{Appended, Appending};
use crate::model::Timestamp;
use chrono::{DateTime, Local, NaiveDate};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// When a log begins a new file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotation {
    /// Never.
    #[default]
    Never,
    /// Before it would have more bytes than this: `run.log` becomes `run.1.log`, the next one `run.2.log`.
    Size(u64),
    /// On each day: `run.log` becomes `run.2026-11-22.log`.
    Daily,
}

/// A log file.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    rotation: Rotation,
    file: Appending,
    is_begun: bool,
    /// The day of what is in it, if there is something.
    day: Option<NaiveDate>,
    /// The number of the last file that was full.
    number: u64,
    /// The old file could not be renamed: that is tried again when it is longer than this.
    retry_above: u64,
}

/// How much longer a file is that could not be renamed when that is tried again, as a part of the size at which a new one
/// is begun.
const RETRY_PART: u64 = 8;

/// The same for a file that was to begin with a day.
const RETRY_BYTES: u64 = 64 << 10;

impl LogFile {
    pub fn new(path: &Path, rotation: Rotation) -> Self {
        Self {
            path: path.into(),
            rotation,
            file: Appending::new(path),
            is_begun: false,
            day: None,
            number: 0,
            retry_above: 0,
        }
    }

    /// Whether so many bytes of a record of this time belong into a new file, if `held` bytes are written before them.
    /// Looks at what an earlier run has left.
    pub fn is_full_for(&mut self, held: usize, bytes: usize, time: Timestamp) -> bool {
        if !std::mem::replace(&mut self.is_begun, true) {
            // Appending tells what is wrong.
            if self.file.begin(true).is_ok_and(|length| length > 0) {
                let modified = fs::metadata(&self.path).and_then(|metadata| metadata.modified());
                self.day = modified.ok().map(day_of);
            }
        }
        match self.rotation {
            Rotation::Never => false,
            Rotation::Size(most) => {
                let before = self.file.length() + held as u64;
                before > self.retry_above && before + bytes as u64 > most
            }
            Rotation::Daily => {
                let day = day_of(time.to_system());
                let before = self.file.length() + held as u64;
                *self.day.get_or_insert(day) != day && before >= self.retry_above
            }
        }
    }

    /// Gives what is in the file another name.
    ///
    /// # Errors
    /// The file cannot be renamed; it is appended to.
    pub fn rotate(&mut self) -> io::Result<()> {
        if self.file.length() == 0 {
            return Ok(());
        }
        let (target, number) = match (self.rotation, self.day) {
            (Rotation::Daily, Some(day)) => self.free_name(Some(&day.format("%Y-%m-%d").to_string())),
            _ => self.free_name(None),
        };
        if let Err(error) = fs::rename(&self.path, target) {
            self.retry_above = self.file.length()
                + match self.rotation {
                    Rotation::Size(most) => most / RETRY_PART,
                    Rotation::Never | Rotation::Daily => RETRY_BYTES,
                };
            return Err(error);
        }
        self.number = number;
        self.retry_above = 0;
        self.file.is_moved();
        Ok(())
    }

    /// What follows is of this time.
    pub fn begin(&mut self, time: Timestamp) {
        self.day = Some(day_of(time.to_system()));
    }

    pub fn append(&mut self, bytes: &[u8]) -> Appended {
        self.file.append(bytes)
    }

    /// A name that no file has: with a day, or with the next number, or both. And the number of the last file that was
    /// full, once this one has that name.
    fn free_name(&self, day: Option<&str>) -> (PathBuf, u64) {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let ending = self.path.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
        let ending = ending.unwrap_or_default();
        let name = |middle: &str| self.path.with_file_name(format!("{stem}.{middle}{ending}"));
        if let Some(path) = day.map(name).filter(|path| !path.exists()) {
            return (path, self.number);
        }
        let mut number = self.number;
        loop {
            number += 1;
            let path = match day {
                Some(day) => name(&format!("{day}.{number}")),
                None => name(&number.to_string()),
            };
            if !path.exists() {
                return (path, if day.is_none() { number } else { self.number });
            }
        }
    }
}

fn day_of(time: SystemTime) -> NaiveDate {
    DateTime::<Local>::from(time).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_log_begins_anew_on_each_day_and_keeps_the_day_of_an_earlier_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.log");
        let at = |text: &str| Timestamp::from_system(DateTime::parse_from_rfc3339(text).unwrap().into());
        let mut log = LogFile::new(&path, Rotation::Daily);
        for (time, is_new) in
            [("2001-05-01T12:00:00Z", false), ("2001-05-01T12:00:01Z", false), ("2001-05-03T12:00:00Z", true)]
        {
            let time = at(time);
            assert_eq!(log.is_full_for(0, 1, time), is_new);
            if is_new {
                log.rotate().unwrap();
                log.begin(time);
            }
            assert_eq!(log.append(b"x").written, 1);
        }
        let names = names(folder.path());
        assert_eq!(names.len(), 2);
        // The day is that of the time zone.
        assert!(names[0].starts_with("run.2001-05-0") && names[0].ends_with(".log"), "{names:?}");
        assert_eq!(fs::read(folder.path().join(&names[0])).unwrap(), b"xx");
        // Another run: what is there was written today.
        let mut log = LogFile::new(&path, Rotation::Daily);
        assert!(!log.is_full_for(0, 1, Timestamp::from_system(SystemTime::now())));
        assert!(log.is_full_for(0, 1, at("2001-05-03T12:00:00Z")));
    }

    #[test]
    fn a_log_that_cannot_be_renamed_is_tried_again_later_with_the_same_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.log");
        let now = Timestamp::from_system(SystemTime::now());
        let mut log = LogFile::new(&path, Rotation::Size(800));
        assert!(!log.is_full_for(0, 1, now));
        log.append(&[b'x'; 800]);
        assert!(log.is_full_for(0, 1, now));
        // Somebody has taken the file away.
        fs::rename(&path, folder.path().join("away")).unwrap();
        assert!(log.rotate().is_err());
        fs::rename(folder.path().join("away"), &path).unwrap();
        assert!(!log.is_full_for(0, 1, now), "not with each record");
        log.append(&[b'x'; 101]);
        assert!(log.is_full_for(0, 1, now));
        log.rotate().unwrap();
        assert_eq!(names(folder.path()), ["run.1.log"]);
    }

    #[test]
    fn a_log_that_cannot_be_renamed_on_a_new_day_is_tried_again_and_named_after_the_day_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.log");
        let now = Timestamp::from_system(SystemTime::now());
        let tomorrow = Timestamp(now.0 + 86_400_000_000_000);
        let mut log = LogFile::new(&path, Rotation::Daily);
        assert!(!log.is_full_for(0, 1, now));
        log.append(b"today");
        assert!(log.is_full_for(0, 1, tomorrow));
        fs::rename(&path, folder.path().join("away")).unwrap();
        assert!(log.rotate().is_err());
        fs::rename(folder.path().join("away"), &path).unwrap();
        assert!(!log.is_full_for(0, 1, tomorrow), "not with each record");
        log.append(&[b'x'; RETRY_BYTES as usize]);
        assert!(log.is_full_for(0, 1, tomorrow));
        log.rotate().unwrap();
        let today = day_of(now.to_system()).format("run.%Y-%m-%d.log").to_string();
        assert_eq!(names(folder.path()), [today]);
    }

    #[test]
    fn a_full_log_gets_the_next_free_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.log");
        fs::write(folder.path().join("run.1.log"), "other").unwrap();
        fs::write(&path, "1234").unwrap();
        let now = Timestamp::from_system(SystemTime::now());
        let mut log = LogFile::new(&path, Rotation::Size(5));
        assert!(!log.is_full_for(0, 1, now), "what an earlier run has left counts");
        assert!(log.is_full_for(0, 2, now));
        log.rotate().unwrap();
        assert!(!log.is_full_for(0, 100, now), "a record is never cut");
        assert!(log.is_full_for(3, 3, now), "what is about to be written counts");
        log.append(b"new");
        assert_eq!(names(folder.path()), ["run.1.log", "run.2.log", "run.log"]);
        assert_eq!(fs::read(folder.path().join("run.2.log")).unwrap(), b"1234");
    }
}
