//! Writes the settings some time after the last change, on a thread of its own: a disk that is being recorded to at
//! full speed may take seconds.

use crate::model::Operation;
use crate::settings::{Settings, SettingsFile};
use crate::task::{Notify, Task};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Delay from the last change to the write.
const DELAY: Duration = Duration::from_secs(2);
/// Delay from a failed write to the next try.
const RETRY: Duration = Duration::from_secs(30);
/// Interval of checks on a running write.
const POLL: Duration = Duration::from_millis(100);

/// Writes the settings.
pub struct Saver {
    file: Option<SettingsFile>,
    newest: Settings,
    /// When to write the newest settings; `None`: they are in the file.
    due: Option<Instant>,
    writing: Option<Task<io::Result<()>>>,
    failure: Option<(String, String)>,
    has_succeeded: bool,
}

impl Saver {
    /// `known` is what the file has. Without a file nothing is saved.
    pub fn new(file: Option<SettingsFile>, known: Settings) -> Self {
        Self { file, newest: known, due: None, writing: None, failure: None, has_succeeded: false }
    }

    /// The settings given last.
    pub fn newest(&self) -> &Settings {
        &self.newest
    }

    /// Takes changed settings.
    pub fn change(&mut self, settings: Settings, now: Instant) {
        self.newest = settings;
        self.due = Some(now + DELAY);
    }

    /// Begins a write that is due. Returns when to call again.
    pub fn work(&mut self, now: Instant) -> Option<Duration> {
        if self.writing.as_ref().is_some_and(Task::is_finished) {
            self.join(now);
        }
        let due = self.due.filter(|_| self.file.is_some())?;
        if due > now || self.writing.is_some() {
            return Some(due.saturating_duration_since(now).max(POLL));
        }
        let (file, settings) = (self.file.clone()?, self.newest.clone());
        // Polled.
        let notify: Notify = Arc::new(|| {});
        let write = move |_: &_| Ok(file.save(&settings));
        self.due = None;
        self.writing = Some(Task::start("save settings", Operation::Save, &notify, write));
        Some(POLL)
    }

    /// Writes what is not written yet, and waits for that.
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

    /// The last failure, once: the path and the reason.
    pub fn take_failure(&mut self) -> Option<(String, String)> {
        self.failure.take()
    }

    /// Whether a write has succeeded since the last call.
    pub fn take_success(&mut self) -> bool {
        std::mem::take(&mut self.has_succeeded)
    }

    fn join(&mut self, now: Instant) {
        let Some(writing) = self.writing.take() else { return };
        let written = match writing.finish() {
            Some(Ok(written)) => written,
            // The thread could not be started, or panicked.
            Some(Err(_)) | None => Err(io::Error::other("the thread that writes them failed")),
        };
        match written {
            Ok(()) => self.has_succeeded = true,
            Err(error) => self.note(&error, now),
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
