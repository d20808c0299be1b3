//! How a session is set up: its recording, its observer, its language.

use crate::capture::{Destination, Limits};
use crate::lang::Language;
use crate::model::Record;
use std::sync::Arc;

/// Receives every record when it is made, on the session's thread, also without a recording. While it runs, nothing
/// is read from the sockets: TCP's flow control then slows the peers down.
pub trait Observer: Send {
    /// One record.
    fn record(&mut self, record: &Record<'_>);
    /// Called at the end of each turn, to write buffered output.
    fn flush(&mut self);
}

/// Options of a session, fixed for its lifetime.
pub struct SessionOptions {
    /// Where it records to, and the limits; `None` records nothing.
    pub recording: Option<(Destination, Limits)>,
    /// Receives the records besides the recording.
    pub observer: Option<Box<dyn Observer>>,
    /// The language of the words in the recording.
    pub language: Language,
    /// Called from the session's thread when something has changed, at most once until
    /// [`SessionHandle::status`](super::SessionHandle::status) is next read.
    pub notify: Arc<dyn Fn() + Send + Sync>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { recording: None, observer: None, language: Language::English, notify: Arc::new(|| {}) }
    }
}
