//! How much of a recording was saved, to tell whether closing it would lose something.

use crate::capture::Bookmarks;
use std::sync::Arc;

/// The part of a recording that is in a file of the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The number of data records of a session; 0 for a file.
    pub data_records: u64,
    /// The bookmarks and their notes.
    pub bookmarks: Arc<Bookmarks>,
}
