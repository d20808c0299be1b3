//! Writes the settings file after the last change, on a thread of its own: on a disk under the load of a recording a
//! write may take seconds.

use crate::settings::{Settings, SettingsFile};
use std::io;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The delay after the last change.
const DELAY: Duration = Duration::from_secs(2);
/// The delay after a failed write.
const RETRY: Duration = Duration::from_secs(30);

/// Writes the settings.
pub struct Saver {
    file: Option<SettingsFile>,
    newest: Settings,
    /// When to write `newest`; `None`: it is in the file.
    due: Option<Instant>,
    writing: Option<JoinHandle<io::Result<()>>>,
    failure: Option<(String, String)>,
}

impl Saver {
    /// A saver for a file that has the settings `known`. Without a file nothing is written.
    pub fn new(file: Option<SettingsFile>, known: Settings) -> Self {
        Self { file, newest: known, due: None, writing: None, failure: None }
    }

    /// The last settings it was given.
    pub fn newest(&self) -> &Settings {
        &self.newest
    }

    /// Takes changed settings.
    pub fn change(&mut self, settings: Settings, now: Instant) {
        self.newest = settings;
        self.due = Some(now + DELAY);
    }

    /// Begins a write that is due. Returns when to call again without a change.
    pub fn work(&mut self, now: Instant) -> Option<Duration> {
        if self.writing.as_ref().is_some_and(JoinHandle::is_finished) {
            self.join(now);
        }
        let due = self.due.filter(|_| self.file.is_some())?;
        if due > now || self.writing.is_some() {
            return Some(due.saturating_duration_since(now).max(Duration::from_millis(100)));
        }
        let (file, settings) = (self.file.clone()?, self.newest.clone());
        let started =
            std::thread::Builder::new().name("save settings".into()).spawn(move || file.save(&settings));
        match started {
            Ok(thread) => {
                self.due = None;
                self.writing = Some(thread);
                Some(Duration::from_millis(100))
            }
            Err(error) => {
                self.note(&error, now);
                Some(RETRY)
            }
        }
    }

    /// Writes what is not written yet. Blocks until it is in the file.
    pub fn finish(&mut self) {
        self.join(Instant::now());
        if self.due.take().is_some()
            && let Some(file) = &self.file
            && let Err(error) = file.save(&self.newest)
        {
            // The window is gone: the message goes to the terminal.
            eprintln!("the settings could not be saved to {}: {error}", file.path().display());
        }
    }

    /// The path and the reason of a failed write, once.
    pub fn take_failure(&mut self) -> Option<(String, String)> {
        self.failure.take()
    }

    fn join(&mut self, now: Instant) {
        let Some(thread) = self.writing.take() else { return };
        let result =
            thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that writes ended early")));
        if let Err(error) = result {
            self.note(&error, now);
        }
    }

    fn note(&mut self, error: &io::Error, now: Instant) {
        let path = self.file.as_ref().map(|file| file.path().display().to_string()).unwrap_or_default();
        self.failure = Some((path, error.to_string()));
        self.due = Some(now + RETRY);
    }
}

#[cfg(test)]
#[path = "saver_tests.rs"]
mod tests;
