//! The recording: an append-only log of records on disk, readable while it grows.
//!
//! Owns the file format (pcapng with synthesised IP, TCP and UDP headers), the segments, who may read and write
//! them, and publication: bytes that were written to the file become visible to readers. Knows nothing of sockets,
//! sessions or text. Start with [`CaptureWriter`]; read with a [`Cursor`] over a [`Snapshot`], or everything with a
//! [`Scanner`].

mod atomic_file;
mod bookmarks;
mod connection;
mod connection_table;
mod consumers;
mod contents;
mod cursor;
mod ending;
mod excerpt;
mod folder;
mod folder_notes;
mod hidden;
mod indexing;
mod leftover;
mod lock;
mod names;
mod open;
mod packet;
mod part;
mod pcapng;
mod position;
mod private;
mod recording_file;
mod recovery;
mod save;
mod scanner;
mod segment;
mod tail;
mod usage;
mod walk;
mod watches;
mod writer;

pub use atomic_file::{AtomicFile, is_special};
pub use bookmarks::Bookmarks;
pub use connection_table::ConnectionTable;
pub use consumers::Consumer;
pub use cursor::{Cursor, Entry};
pub use excerpt::Excerpt;
pub use folder::{Destination, RecordingFolder};
pub use folder_notes::{note_encoding, note_saved};
pub use indexing::{IndexProgress, Indexing};
pub use lock::FileLock;
pub use open::{Opened, is_own, open, open_folder};
pub use packet::MAX_PAYLOAD_BYTES;
pub use part::PartFolder;
pub use position::Position;
pub use private::{ensure_private_folder, fresh_private_folder, make_private, temporary_private_folder};
pub use recording_file::RecordingFile;
pub use recovery::{Unfinished, unfinished};
pub use save::save;
pub use scanner::{Chunk, Scanned, Scanner};
pub use segment::{CaptureReader, Snapshot};
pub use usage::recordings_bytes;
pub use writer::{CaptureWriter, Limits};

#[cfg(test)]
mod missing_tests;
#[cfg(test)]
mod tests;
