//! The ids of a session's connections: counted up and never reused.

use crate::model::{ConnectionId, FailureKind};

/// The last id that was given.
#[derive(Debug, Default)]
pub(super) struct Ids {
    last: u32,
}

impl Ids {
    /// The next id.
    ///
    /// # Errors
    /// All 4,294,967,295 ids are used up: an id that is used again would stand for two connections.
    pub fn next(&mut self) -> Result<ConnectionId, FailureKind> {
        self.last = self.last.checked_add(1).ok_or(FailureKind::OutOfIds)?;
        Ok(ConnectionId(self.last))
    }

    /// Whether there is no further id.
    pub fn is_used_up(&self) -> bool {
        self.last == u32::MAX
    }

    /// As if so many ids were used up.
    #[cfg(test)]
    pub fn after(last: u32) -> Self {
        Self { last }
    }
}
