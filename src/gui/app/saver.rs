//! Keeps the settings file up to date: some time after the last change, on a thread of its own, since a
//! disk that is being recorded to at full speed may take seconds.

use crate::settings::{Settings, SettingsFile};
use std::io;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The settings are written when nothing has changed for so long.
const DELAY: Duration = Duration::from_secs(2);
/// After a failed write the next try comes after this.
const RETRY: Duration = Duration::from_secs(30);

/// Writes the settings.
pub struct Saver {
    file: Option<SettingsFile>,
    newest: Settings,
    /// When what is newest is to be written; `None`: it is in the file.
    due: Option<Instant>,
    writing: Option<JoinHandle<io::Result<()>>>,
    failure: Option<(String, String)>,
}

impl Saver {
    /// A saver that knows what the file has; without a file it saves nothing.
    pub fn new(file: Option<SettingsFile>, known: Settings) -> Self {
        Self { file, newest: known, due: None, writing: None, failure: None }
    }

    /// What was given to it last.
    pub fn newest(&self) -> &Settings {
        &self.newest
    }

    /// Takes changed settings.
    pub fn change(&mut self, settings: Settings, now: Instant) {
        self.newest = settings;
        self.due = Some(now + DELAY);
    }

    /// Writes what is due, and returns when to call again by itself.
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

    /// Writes what is not written yet, and waits for it.
    pub fn finish(&mut self) {
        self.join(Instant::now());
        if self.due.take().is_some()
            && let Some(file) = &self.file
            && let Err(error) = file.save(&self.newest)
        {
            // There is no window any more to tell it in.
            eprintln!("the settings could not be saved to {}: {error}", file.path().display());
        }
    }

    /// What went wrong, once: the path and the reason.
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
