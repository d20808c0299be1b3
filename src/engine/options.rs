//! How a session is set up: its recording, its observer, its language.

use crate::capture::{Destination, Limits};
use crate::lang::Language;
use crate::model::Record;
use std::sync::Arc;

/// Sees every record as it happens, on the session's thread, whether or not it is recorded.
/// While it works, the sockets wait: TCP's flow control then slows the peers down.
pub trait Observer: Send {
    /// One record.
    fn record(&mut self, record: &Record<'_>);
    /// The end of a turn: buffered output is to be written.
    fn flush(&mut self);
}

/// How a session is set up, once for its life.
pub struct SessionOptions {
    /// Where its records go, within which limits; `None` records nothing.
    pub recording: Option<(Destination, Limits)>,
    /// Who else sees the records.
    pub observer: Option<Box<dyn Observer>>,
    /// The language of the words in the recording.
    pub language: Language,
    /// Called from the session's thread when there is something new, once until
    /// [`SessionHandle::status`](super::SessionHandle::status) is next read.
    pub notify: Arc<dyn Fn() + Send + Sync>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { recording: None, observer: None, language: Language::English, notify: Arc::new(|| {}) }
    }
}
