//! A point in time as recordings keep it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Nanoseconds since the Unix epoch, UTC. Holds dates up to the year 2554.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The current time of the system's clock; a clock set before 1970 counts as 1970.
    #[must_use]
    pub fn from_system(time: SystemTime) -> Self {
        let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Whole seconds since the epoch, and the nanoseconds beyond them.
    #[must_use]
    pub fn split(self) -> (i64, u32) {
        let seconds = self.0 / 1_000_000_000;
        // Both casts are exact: a u64 of nanoseconds has fewer than 2^35 seconds.
        (seconds as i64, (self.0 % 1_000_000_000) as u32)
    }

    /// The same point for the standard library.
    #[must_use]
    pub fn to_system(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.0)
    }
}
