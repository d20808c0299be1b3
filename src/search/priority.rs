//! The priority of the threads that search.

use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};

/// Priority from 0 to 99, where 50 is usual: receiving and the window come first. On Linux this is niceness 11,
/// which still gets a tenth of a busy processor; on Windows "below normal".
const PRIORITY: u8 = 20;

/// Lowers the priority of the calling thread. Where the system does not allow it, it is a thread like the others.
pub(crate) fn lower() {
    if let Ok(low) = ThreadPriorityValue::try_from(PRIORITY) {
        let _ = set_current_thread_priority(ThreadPriority::Crossplatform(low));
    }
}
