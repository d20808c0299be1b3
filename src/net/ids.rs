//! The ids of a session's connections: counted up, and none is given twice.

use crate::model::{ConnectionId, FailureKind};

/// Where the counting of a session is.
#[derive(Debug, Default)]
pub(super) struct Ids {
    last: u32,
}

impl Ids {
    /// The next id. After 4,294,967,295 of them there is none: one that began again at 1 would mean
    /// two connections. What is open stays, and nothing new is taken in.
    pub fn next(&mut self) -> Result<ConnectionId, FailureKind> {
        self.last = self.last.checked_add(1).ok_or(FailureKind::OutOfIds)?;
        Ok(ConnectionId(self.last))
    }

    /// Whether there is no further one.
    pub fn is_used_up(&self) -> bool {
        self.last == u32::MAX
    }

    /// As if so many ids were used up.
    #[cfg(test)]
    pub fn after(last: u32) -> Self {
        Self { last }
    }
}
