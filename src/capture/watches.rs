//! Who is woken when a recording has grown.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Called after each publishing.
type Wake = dyn Fn() + Send + Sync;

/// The functions that are called, as long as their owners keep them.
#[derive(Default)]
pub(super) struct Watches(Mutex<Vec<Weak<Wake>>>);

impl Watches {
    pub fn add(&self, wake: &Arc<Wake>) {
        self.lock().push(Arc::downgrade(wake));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Wake>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn call(&self) {
        self.lock().retain(|wake| {
            let wake = wake.upgrade();
            wake.inspect(|wake| wake()).is_some()
        });
    }
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watches").field(&self.lock().len()).finish()
    }
}
