//! Reads a file on a thread of its own, so that a slow disk never stops a session: chunks in a bounded channel.
//!
//! The thread ends with the file, with a failure, or when nobody takes its chunks any more.

use super::file_options::{FileForm, FileOptions};
use crate::codec::Encoding;
use crate::model::{Failure, Operation};
use crate::payload::{self, LineEncoder};
use crate::sys::cpu_time;
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

/// How much is read ahead, in bytes, and one chunk more. The bound of memory, with the bytes that wait on the connections.
const AHEAD_BYTES: usize = 1 << 20;
/// At most so many chunks are read ahead.
const AHEAD_CHUNKS: usize = 256;

/// The longest line of a file that is sent line by line or as hex text, in bytes: a line is held whole.
const LINE_BYTES: usize = 16 << 20;

/// What comes from the file, in order. [`End`](Self::End) and failures are the last.
#[derive(Debug)]
pub(super) enum Item {
    /// It is open, and has so many bytes now.
    Opened(u64),
    /// Bytes to send together, and how many bytes of the file they stand for.
    Chunk { bytes: Arc<[u8]>, file_bytes: u64 },
    /// Everything was read.
    End,
    /// It cannot be opened or read.
    Failed(Failure),
    /// A line is no hex.
    Wrong(Box<payload::Error>),
}

/// A file that is being read.
#[derive(Debug)]
pub(super) struct FileReader {
    items: Receiver<Item>,
    /// Somebody waits for the next item.
    is_awaited: Arc<AtomicBool>,
    ahead: Arc<Ahead>,
}

/// How many bytes are read ahead: chunks of lines may be long.
#[derive(Debug, Default)]
struct Ahead {
    bytes: Mutex<AheadBytes>,
    has_less: Condvar,
}

#[derive(Debug, Default)]
struct AheadBytes {
    held: usize,
    /// Nobody takes them any more.
    is_abandoned: bool,
}

impl Ahead {
    fn lock(&self) -> MutexGuard<'_, AheadBytes> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room for a chunk. Any chunk fits if there is no other.
    fn add(&self, bytes: usize) -> Result<(), Abandoned> {
        let has_no_room = |ahead: &mut AheadBytes| {
            !ahead.is_abandoned && ahead.held > 0 && ahead.held + bytes > AHEAD_BYTES
        };
        let waited = self.has_less.wait_while(self.lock(), has_no_room);
        let mut ahead = waited.unwrap_or_else(PoisonError::into_inner);
        ahead.held += bytes;
        if ahead.is_abandoned { Err(Abandoned) } else { Ok(()) }
    }

    fn remove(&self, bytes: usize) {
        self.lock().held -= bytes;
        self.has_less.notify_one();
    }
}

impl Drop for FileReader {
    fn drop(&mut self) {
        self.ahead.lock().is_abandoned = true;
        self.ahead.has_less.notify_one();
    }
}

impl FileReader {
    /// Begins to read. `wake` is called when there is an item after [`next`](Self::next) had none.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(path: &Path, options: &FileOptions, wake: Box<dyn Fn() + Send + Sync>) -> io::Result<Self> {
        let (sender, items) = crossbeam_channel::bounded(AHEAD_CHUNKS);
        let (is_awaited, ahead) = (Arc::new(AtomicBool::new(false)), Arc::new(Ahead::default()));
        let outlet = Outlet { sender, is_awaited: is_awaited.clone(), ahead: ahead.clone(), wake };
        let (path, options) = (path.to_owned(), options.clone());
        thread::Builder::new().name("file".into()).spawn(move || {
            // Nobody takes it any more.
            let _ = Source { path, options, outlet }.run();
        })?;
        Ok(Self { items, is_awaited, ahead })
    }

    /// The next item. `None`: it is not there yet.
    pub fn next(&self) -> Option<Item> {
        let item = self.receive();
        if let Some(Item::Chunk { bytes, .. }) = &item {
            self.ahead.remove(bytes.len());
        }
        item
    }

    fn receive(&self) -> Option<Item> {
        self.items.try_recv().ok().or_else(|| {
            self.is_awaited.store(true, Ordering::SeqCst);
            // It may have come before the flag was seen.
            match self.items.try_recv() {
                Ok(item) => Some(item),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => {
                    let failure = io::Error::from(ErrorKind::UnexpectedEof);
                    Some(Item::Failed(Failure::from_io(Operation::Read, "", &failure)))
                }
            }
        })
    }
}

/// Nobody takes items any more.
struct Abandoned;

struct Outlet {
    sender: Sender<Item>,
    is_awaited: Arc<AtomicBool>,
    ahead: Arc<Ahead>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Outlet {
    fn put(&self, item: Item) -> Result<(), Abandoned> {
        if let Item::Chunk { bytes, .. } = &item {
            self.ahead.add(bytes.len())?;
        }
        self.sender.send(item).map_err(|_| Abandoned)?;
        cpu_time::report(Instant::now());
        if self.is_awaited.swap(false, Ordering::SeqCst) {
            (self.wake)();
        }
        Ok(())
    }
}

struct Source {
    path: PathBuf,
    options: FileOptions,
    outlet: Outlet,
}

impl Source {
    fn run(&self) -> Result<(), Abandoned> {
        let opened = File::open(&self.path).and_then(|file| {
            let metadata = file.metadata()?;
            // Reading a folder fails on some systems only.
            if metadata.is_dir() { Err(ErrorKind::IsADirectory.into()) } else { Ok((file, metadata.len())) }
        });
        let (file, bytes) = match opened {
            Ok(opened) => opened,
            Err(error) => return self.fail(&error),
        };
        self.outlet.put(Item::Opened(bytes))?;
        let mut file = BufReader::with_capacity(AHEAD_BYTES / 4, file);
        let read = match self.options.form {
            FileForm::Raw => self.read_chunks(&mut file)?,
            FileForm::Lines | FileForm::Hex => self.read_lines(&mut file)?,
        };
        match read {
            Ok(()) => self.outlet.put(Item::End),
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&self, error: &io::Error) -> Result<(), Abandoned> {
        self.outlet.put(Item::Failed(Failure::from_io(Operation::Read, self.path.display(), error)))
    }

    fn put(&self, bytes: &[u8], file_bytes: usize) -> Result<(), Abandoned> {
        self.outlet.put(Item::Chunk { bytes: bytes.into(), file_bytes: file_bytes as u64 })
    }

    fn read_chunks(&self, file: &mut impl Read) -> Result<io::Result<()>, Abandoned> {
        let mut chunk = vec![0; self.options.chunk_bytes.max(1)];
        loop {
            let mut length = 0;
            while length < chunk.len() {
                match file.read(&mut chunk[length..]) {
                    Ok(0) => break,
                    Ok(count) => length += count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Ok(Err(error)),
                }
            }
            if length == 0 {
                return Ok(Ok(()));
            }
            self.put(&chunk[..length], length)?;
        }
    }

    fn read_lines(&self, file: &mut impl BufRead) -> Result<io::Result<()>, Abandoned> {
        let mut hex = LineEncoder::new(
            payload::Options { format: payload::Format::Hex, ..payload::Options::default() },
            Encoding::Utf8,
        );
        let mut line = Vec::new();
        // Of hex: bytes for the next chunk, and how much of the file they stand for.
        let (mut pending, mut pending_file_bytes) = (Vec::new(), 0);
        for number in 1.. {
            line.clear();
            let limit = LINE_BYTES as u64 + 1;
            match Read::take(&mut *file, limit).read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) if line.len() > LINE_BYTES => {
                    let problem = format!("line {number} is longer than {} MiB", LINE_BYTES >> 20);
                    return Ok(Err(io::Error::new(ErrorKind::InvalidData, problem)));
                }
                Ok(_) => {}
                Err(error) => return Ok(Err(error)),
            }
            if self.options.form == FileForm::Lines {
                self.put(&line, line.len())?;
                continue;
            }
            let text = String::from_utf8_lossy(&line);
            // Editors put a byte order mark at the beginning.
            let text = if number == 1 { text.trim_start_matches('\u{feff}') } else { &text };
            match hex.encode(text) {
                Ok(bytes) => pending.extend_from_slice(&bytes),
                Err(error) => {
                    let error = Box::new(payload::Error { line: number, ..error });
                    self.outlet.put(Item::Wrong(error))?;
                    return Err(Abandoned);
                }
            }
            pending_file_bytes += line.len();
            let size = self.options.chunk_bytes.max(1);
            if pending.len() >= size {
                let whole = pending.len() - pending.len() % size;
                let chunks = whole / size;
                for (place, chunk) in pending[..whole].chunks(size).enumerate() {
                    let is_last = place + 1 == chunks;
                    self.put(chunk, if is_last { std::mem::take(&mut pending_file_bytes) } else { 0 })?;
                }
                pending.drain(..whole);
            }
        }
        if !pending.is_empty() || pending_file_bytes > 0 {
            self.put(&pending, pending_file_bytes)?;
        }
        Ok(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::time::Duration;

    fn reader(content: &[u8], form: FileForm) -> (FileReader, Receiver<()>, tempfile::NamedTempFile) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        let (sender, woken) = crossbeam_channel::bounded(1);
        let wake = Box::new(move || {
            let _ = sender.try_send(());
        });
        let options = FileOptions { form, chunk_bytes: 4, ..FileOptions::default() };
        (FileReader::start(file.path(), &options, wake).unwrap(), woken, file)
    }

    /// The bytes of the next chunk; `None` at the end.
    fn next(reader: &FileReader, woken: &Receiver<()>) -> Option<Arc<[u8]>> {
        loop {
            match reader.next() {
                Some(Item::Opened(_)) => {}
                Some(Item::Chunk { bytes, .. }) => return Some(bytes),
                Some(Item::End) => return None,
                Some(other) => panic!("{other:?}"),
                None => woken.recv_timeout(Duration::from_secs(30)).unwrap(),
            }
        }
    }

    #[test]
    fn long_lines_are_read_ahead_by_their_bytes() {
        let line = [vec![b'a'; AHEAD_BYTES / 2], vec![b'\n']].concat();
        let (reader, woken, _file) = reader(&line.repeat(9), FileForm::Lines);
        for taken in 0..9 {
            assert_eq!(next(&reader, &woken).map(|bytes| bytes.len()), Some(line.len()), "{taken}");
            let held = reader.ahead.lock().held;
            assert!(held <= AHEAD_BYTES, "{held} bytes are held");
        }
        assert!(next(&reader, &woken).is_none());
    }

    #[test]
    fn a_reader_that_waits_for_room_ends_when_it_is_dropped() {
        let line = [vec![b'a'; AHEAD_BYTES], vec![b'\n']].concat();
        let (reader, woken, _file) = reader(&line.repeat(3), FileForm::Lines);
        assert!(next(&reader, &woken).is_some());
        let (ahead, items) = (reader.ahead.clone(), reader.items.clone());
        drop(reader);
        // The thread lets go of its end of the channel.
        let deadline = Instant::now() + Duration::from_secs(30);
        while items.recv_deadline(deadline).is_ok() {}
        assert!(Instant::now() < deadline && Arc::strong_count(&ahead) <= 2);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_hex_text() {
        let (reader, woken, _file) = reader("\u{feff}41 42\n43".as_bytes(), FileForm::Hex);
        assert_eq!(next(&reader, &woken).as_deref(), Some(&b"ABC"[..]));
    }
}
