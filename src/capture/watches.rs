//! Who is woken when a recording has grown.

use super::segment::lock;
use std::fmt;
use std::sync::{Arc, Mutex, Weak};

/// Called after each publishing.
type Wake = dyn Fn() + Send + Sync;

/// The functions that are called, as long as their owners keep them.
#[derive(Default)]
pub(super) struct Watches(Mutex<Vec<Weak<Wake>>>);

impl Watches {
    pub fn add(&self, wake: &Arc<Wake>) {
        lock(&self.0).push(Arc::downgrade(wake));
    }

    pub fn call(&self) {
        lock(&self.0).retain(|wake| {
            let wake = wake.upgrade();
            wake.inspect(|wake| wake()).is_some()
        });
    }
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watches").field(&lock(&self.0).len()).finish()
    }
}
