//! The results of sends.

use super::{Failure, SendId};

/// The end of one send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendResult {
    /// Which send.
    pub id: SendId,
    /// How many recipients it had; 0 if there was nobody to send to.
    pub recipients: usize,
    /// For how many of them the kernel took the whole payload.
    pub sent: usize,
    /// Bytes that were not sent, over all recipients.
    pub unsent_bytes: u64,
    /// Why it was not sent to everybody: the first reason.
    pub failure: Option<Failure>,
}

/// The sum of the results of many sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendTotals {
    /// Sends that have ended.
    pub sends: u64,
    /// Those of them that failed for at least one recipient.
    pub failed: u64,
    /// Bytes that were not sent, over all recipients.
    pub unsent_bytes: u64,
    /// The newest failure.
    pub failure: Option<Failure>,
}

impl SendTotals {
    /// Adds the result of one send.
    pub fn add(&mut self, result: &SendResult) {
        self.sends += 1;
        self.unsent_bytes += result.unsent_bytes;
        if let Some(failure) = &result.failure {
            self.failed += 1;
            self.failure = Some(failure.clone());
        }
    }
}
