//! How a file is sent.

use std::time::Duration;

/// How the content of a file is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileForm {
    /// As it is, in chunks.
    #[default]
    Raw,
    /// Line by line, with the line breaks of the file: each line is a chunk.
    Lines,
    /// It is hex digits or a hex dump, and the bytes they stand for are sent in chunks.
    Hex,
}

/// How a file is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOptions {
    /// How its content is sent.
    pub form: FileForm,
    /// The size of a chunk, which is one write, or one datagram. At least 1.
    pub chunk_bytes: usize,
    /// The pause from the end of a chunk to the start of the next.
    pub gap: Duration,
    /// The most that is sent in a second, in bytes.
    pub rate: Option<u64>,
}

impl Default for FileOptions {
    fn default() -> Self {
        Self { form: FileForm::Raw, chunk_bytes: Self::CHUNK_BYTES, gap: Duration::ZERO, rate: None }
    }
}

impl FileOptions {
    /// The size of a chunk where the bytes are a stream: large, for the least work.
    pub const CHUNK_BYTES: usize = 256 << 10;
    /// The size of a chunk that is a datagram: fits into a packet of a usual network.
    pub const DATAGRAM_BYTES: usize = 1024;

    /// The size of a chunk where none was chosen: with a rate, what it allows in 20 ms.
    #[must_use]
    pub fn usual_chunk_bytes(is_datagram: bool, rate: Option<u64>) -> usize {
        let most = if is_datagram { Self::DATAGRAM_BYTES } else { Self::CHUNK_BYTES };
        rate.map_or(most, |rate| usize::try_from(rate / 50).unwrap_or(most).clamp(1, most))
    }
}
