//! Counters of payload bytes and data records.

use std::sync::atomic::{AtomicU64, Ordering};

/// Totals of bytes and records, in and out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Payload bytes received.
    pub bytes_in: u64,
    /// Payload bytes the kernel accepted.
    pub bytes_out: u64,
    /// Data records received.
    pub records_in: u64,
    /// Data records sent.
    pub records_out: u64,
}

/// The counters behind a [`Traffic`], written by one thread and read by any.
#[derive(Debug, Default)]
pub struct TrafficCounter {
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    records_in: AtomicU64,
    records_out: AtomicU64,
}

impl TrafficCounter {
    /// Adds received data.
    pub fn add_in(&self, records: u64, bytes: u64) {
        self.records_in.fetch_add(records, Ordering::Relaxed);
        self.bytes_in.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Adds sent data.
    pub fn add_out(&self, records: u64, bytes: u64) {
        self.records_out.fetch_add(records, Ordering::Relaxed);
        self.bytes_out.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The totals now. The four numbers may be from slightly different moments.
    #[must_use]
    pub fn totals(&self) -> Traffic {
        Traffic {
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
            records_in: self.records_in.load(Ordering::Relaxed),
            records_out: self.records_out.load(Ordering::Relaxed),
        }
    }
}
