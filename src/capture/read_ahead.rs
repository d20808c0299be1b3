//! Reading the next bytes of a recording on a thread while those before them are looked at, so that copying from the
//! page cache and searching overlap. Knows nothing of blocks.

use super::segment::Segment;
use crate::model::Operation;
use crate::task::{Task, lower_priority};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::ops::Range;
use std::sync::Arc;

/// Reads one range of bytes ahead. Its thread starts with the first one, and ends when this is dropped.
#[derive(Debug, Default)]
pub(super) struct ReadAhead {
    reader: Option<Reader>,
    /// The position that is read, or was read and not taken yet.
    pending: Option<u64>,
}

#[derive(Debug)]
struct Reader {
    requests: Sender<Request>,
    /// What was read; `None` where that failed. At most one request is under way, so that sending never blocks.
    done: Receiver<Option<Vec<u8>>>,
    task: Task<()>,
}

#[derive(Debug)]
struct Request {
    segment: Arc<Segment>,
    /// Offset in the file.
    offset: u64,
    buffer: Vec<u8>,
    /// The part of the buffer to fill.
    range: Range<usize>,
}

impl ReadAhead {
    /// Begins to read from `position` in `segment` into `range` of `buffer`. What was read before and not taken is
    /// forgotten. Without a thread nothing happens.
    pub fn begin(&mut self, segment: &Arc<Segment>, position: u64, buffer: Vec<u8>, range: Range<usize>) {
        self.take(position);
        let reader = self.reader.get_or_insert_with(Reader::start);
        let request = Request { segment: segment.clone(), offset: position - segment.base, buffer, range };
        self.pending = reader.requests.send(request).is_ok().then_some(position);
    }

    /// Waits for the buffer with the bytes from `position` on. `None` if others were read, or if they cannot be read:
    /// reading again tells the reason.
    pub fn take(&mut self, position: u64) -> Option<Vec<u8>> {
        let pending = self.pending.take()?;
        let buffer = self.reader.as_ref()?.done.recv().ok()??;
        (pending == position).then_some(buffer)
    }
}

impl Reader {
    fn start() -> Self {
        let (requests, asked) = bounded::<Request>(1);
        let (answers, done) = bounded(1);
        let task = Task::start("read ahead", Operation::Read, &(Arc::new(|| ()) as _), move |_| {
            lower_priority();
            for Request { segment, offset, mut buffer, range } in asked {
                let is_read = segment.read(&mut buffer[range], offset).is_ok();
                // The file is let go before the bytes are handed over.
                drop(segment);
                if answers.send(is_read.then_some(buffer)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        Self { requests, done, task }
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        if let Some(Reader { requests, mut task, .. }) = self.reader.take() {
            drop(requests);
            // At most one read is under way. Windows deletes no file that is open.
            task.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn segment(folder: &std::path::Path, bytes: &[u8]) -> Arc<Segment> {
        let path = folder.join("segment");
        std::fs::write(&path, bytes).unwrap();
        Arc::new(Segment::new(&path, File::open(&path).unwrap(), 1000, 0, 0))
    }

    #[test]
    fn bytes_are_read_ahead_from_the_position_that_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let segment = segment(folder.path(), b"0123456789");
        let mut ahead = ReadAhead::default();
        assert_eq!(ahead.take(1000), None);
        ahead.begin(&segment, 1003, vec![0; 6], 2..6);
        assert_eq!(ahead.take(1003).unwrap(), b"\0\x003456");
        assert_eq!(ahead.take(1003), None, "it is taken once");
        ahead.begin(&segment, 1001, vec![0; 2], 0..2);
        assert_eq!(ahead.take(1002), None, "other bytes were read");
        ahead.begin(&segment, 1001, vec![0; 2], 0..2);
        ahead.begin(&segment, 1005, vec![0; 2], 0..2);
        assert_eq!(ahead.take(1005).unwrap(), b"56");
    }

    #[test]
    fn a_range_that_cannot_be_read_is_none_and_the_next_one_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let segment = segment(folder.path(), b"0123456789");
        let mut ahead = ReadAhead::default();
        ahead.begin(&segment, 1008, vec![0; 3], 0..3);
        assert_eq!(ahead.take(1008), None);
        ahead.begin(&segment, 1008, vec![0; 2], 0..2);
        assert_eq!(ahead.take(1008).unwrap(), b"89");
    }

    #[test]
    fn the_thread_has_ended_and_let_go_of_the_file_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let segment = segment(folder.path(), b"0123456789");
        let mut ahead = ReadAhead::default();
        ahead.begin(&segment, 1000, vec![0; 10], 0..10);
        drop(ahead);
        assert_eq!(Arc::strong_count(&segment), 1);
    }
}
