//! The recording: an append-only log of records on disk, readable while it grows.
//!
//! Owns the file format (pcapng with made IP, TCP and UDP headers), the segments, and what
//! "published" means: bytes that were written to the file and may be read by anyone. Knows
//! nothing of sockets, sessions or text. Start with [`CaptureWriter`]; read with a [`Cursor`]
//! over a [`Snapshot`], or all of it with a [`Scanner`].

mod cursor;
mod draft;
mod ending;
mod folder;
mod indexing;
mod marks;
mod open;
mod packet;
mod pcapng;
mod recovery;
mod save;
mod scanner;
mod segment;
mod stream;
mod tail;
mod walk;
mod writer;

pub use cursor::{Cursor, Entry};
pub use draft::{Draft, beside};
pub use folder::{Destination, RecordingFolder};
pub use indexing::{IndexProgress, Indexing};
pub use marks::Marks;
pub use open::{Opened, is_own, open, open_folder};
pub use packet::MAX_PAYLOAD_BYTES;
pub use recovery::{Unfinished, unfinished};
pub use save::save;
pub use scanner::{Chunk, Scanned, Scanner};
pub use segment::{CaptureReader, Position, Snapshot};
pub use writer::{CaptureWriter, Limits};

#[cfg(test)]
mod tests;
