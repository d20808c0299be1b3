//! Who needs what is recorded, and how far they have read: what all of them have passed is dropped.

use super::position::Position;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// One who needs what is recorded, until it is dropped. A recording with consumers is for them alone: segments that all
/// have passed are dropped.
#[derive(Debug)]
pub struct Consumer(Arc<AtomicU64>);

impl Consumer {
    /// Nothing before this position is needed any more.
    pub fn pass(&self, position: Position) {
        self.0.store(position.0, Ordering::Release);
    }
}

/// The consumers of a recording.
#[derive(Debug, Default)]
pub(super) struct Consumers(Mutex<Vec<Weak<AtomicU64>>>);

impl Consumers {
    pub fn add(&self) -> Consumer {
        let passed = Arc::new(AtomicU64::new(0));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&passed));
        Consumer(passed)
    }

    /// What all have passed; `None` if there are none.
    pub fn passed(&self) -> Option<u64> {
        let consumers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        consumers.iter().filter_map(|one| Some(one.upgrade()?.load(Ordering::Acquire))).min()
    }
}
