//! A text log of everything that is recorded, as an export of it would be.

use super::log_file::{LogFile, Rotation};
use super::{FollowStatus, Sink, appended_failure};
use crate::capture::Entry;
use crate::export::{Format, Printer};
use crate::lang::Language;
use crate::model::{Failure, Operation, PeerNames, Timestamp};
use crate::streams::Encodings;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a log is written.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// Text or JSON lines.
    pub format: Format,
    /// The encodings of its text.
    pub encodings: Encodings,
    /// The names of peers.
    pub names: PeerNames,
    /// The language of the few words in it.
    pub language: Language,
    /// When a new file is begun.
    pub rotation: Rotation,
}

/// Prints records and appends them to the file.
pub(super) struct LogSink {
    path: PathBuf,
    file: LogFile,
    printer: Printer<Lines>,
    printed: Lines,
    /// Whole records that wait to be written, each with its time.
    waiting: Vec<(Vec<u8>, Timestamp)>,
    waiting_bytes: usize,
}

/// What was printed and not taken.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LogSink {
    pub fn new(path: &Path, options: LogOptions) -> Self {
        let LogOptions { format, encodings, names, language, rotation } = options;
        let printed = Lines::default();
        let printer = Printer::document(printed.clone(), format, encodings, language).with_names(names);
        Self {
            path: path.into(),
            file: LogFile::new(path, rotation),
            printer,
            printed,
            waiting: Vec::new(),
            waiting_bytes: 0,
        }
    }
}

impl Sink for LogSink {
    fn take(&mut self, entry: &Entry<'_>) {
        // Memory takes everything.
        let _ = self.printer.print_entry(entry).and_then(|()| self.printer.flush());
        let line = std::mem::take(&mut *self.printed.lock());
        if !line.is_empty() {
            self.waiting_bytes += line.len();
            self.waiting.push((line, entry.record.time));
        }
    }

    fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    fn write(&mut self, status: &mut FollowStatus) {
        self.waiting_bytes = 0;
        let mut group = Vec::new();
        for (line, time) in std::mem::take(&mut self.waiting) {
            if self.file.is_full_for(group.len(), line.len(), time) {
                self.append(&std::mem::take(&mut group), status);
                match self.file.rotate() {
                    Ok(()) => self.file.begin(time),
                    Err(error) => {
                        status.miss(0, Failure::from_io(Operation::Save, self.path.display(), &error));
                    }
                }
            }
            group.extend_from_slice(&line);
        }
        self.append(&group, status);
    }
}

impl LogSink {
    fn append(&mut self, bytes: &[u8], status: &mut FollowStatus) {
        if bytes.is_empty() {
            return;
        }
        let appended = self.file.append(bytes);
        status.written += appended.written as u64;
        if let Some(error) = appended.problem {
            status.miss(appended.missing, appended_failure(&self.path, &error, appended.is_gone));
        }
    }
}
