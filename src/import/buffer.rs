//! A file read from its start to its end through a buffer that can be looked into before it is consumed.
//!
//! Knows nothing of formats. Memory is bounded by the longest look ahead.

use std::fs::File;
use std::io::{self, Read};

/// Bytes read from the file at a time.
const READ_BYTES: usize = 1 << 20;

/// A file and the bytes of it that were read and not consumed yet.
pub(super) struct FileBuffer {
    file: File,
    bytes: Vec<u8>,
    /// Consumed bytes at the start of `bytes`.
    consumed: usize,
    /// The offset in the file of the next byte.
    offset: u64,
    /// All of the file has been read into `bytes`.
    is_at_end: bool,
}

impl FileBuffer {
    pub fn new(file: File) -> Self {
        Self { file, bytes: Vec::new(), consumed: 0, offset: 0, is_at_end: false }
    }

    /// The offset in the file of the next byte.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next bytes: at least `length`, or all that are left of the file.
    ///
    /// # Errors
    /// The file cannot be read. The buffer keeps what it has.
    pub fn peek(&mut self, length: usize) -> io::Result<Peeked<'_>> {
        if self.bytes.len() - self.consumed < length && !self.is_at_end {
            self.bytes.drain(..self.consumed);
            self.consumed = 0;
            let missing = (length - self.bytes.len()).max(READ_BYTES) as u64;
            let read = (&self.file).take(missing).read_to_end(&mut self.bytes)?;
            self.is_at_end = (read as u64) < missing;
        }
        Ok(Peeked { bytes: &self.bytes[self.consumed..], reaches_end: self.is_at_end })
    }

    /// Goes on behind the next `length` bytes, which were peeked.
    pub fn consume(&mut self, length: usize) {
        debug_assert!(self.consumed + length <= self.bytes.len(), "only what was peeked is consumed");
        self.consumed += length;
        self.offset += length as u64;
    }

    /// Consumes the next `length` bytes, which were peeked, and returns them.
    pub fn take(&mut self, length: usize) -> &[u8] {
        let start = self.consumed;
        self.consume(length);
        &self.bytes[start..start + length]
    }
}

/// A look at the bytes that come next.
#[derive(Clone, Copy)]
pub(super) struct Peeked<'a> {
    pub bytes: &'a [u8],
    /// Nothing of the file is behind `bytes`.
    pub reaches_end: bool,
}

impl<'a> Peeked<'a> {
    /// The same from the byte `start` on.
    pub fn from(self, start: usize) -> Self {
        Self { bytes: self.bytes.get(start..).unwrap_or_default(), ..self }
    }

    /// The `N` bytes at `at`.
    pub fn array<const N: usize>(self, at: usize) -> Option<&'a [u8; N]> {
        self.bytes.get(at..)?.first_chunk()
    }
}
