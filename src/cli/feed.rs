//! `--record` to a FIFO: the session records to a private temporary file, and a thread copies that file to the reader
//! of the FIFO, from its first byte. So neither opening the FIFO nor a slow reader blocks the session, as they would if
//! the session wrote to the FIFO itself, as it does to a device.

use super::process::{GRACE, private_folder, say};
use crate::capture::{CaptureReader, Destination, FileLock};
use crate::model::{Failure, FileInUse, Operation};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tempfile::TempDir;

/// How much is read at once, in bytes.
const BLOCK_BYTES: usize = 256 * 1024;

/// How much is written at once, in bytes: a page, which is what a pipe takes again when its reader goes on. A reader
/// that takes less in [`GRACE`] counts as one that has stopped.
const PIECE_BYTES: usize = 4096;

/// Whether the path leads to a FIFO. Windows has none in its file system.
pub(super) fn is_fifo(path: &Path) -> bool {
    #[cfg(unix)]
    let is_fifo = |metadata: fs::Metadata| std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type());
    #[cfg(windows)]
    let is_fifo = |_: fs::Metadata| false;
    fs::metadata(path).is_ok_and(is_fifo)
}

/// Opens what a session records to. A FIFO is fed from a temporary recording.
pub(super) fn open_recording(path: Option<&Path>) -> Result<(Option<Destination>, Option<Feed>), Failure> {
    let Some(path) = path else { return Ok((None, None)) };
    if !is_fifo(path) {
        return Ok((Some(Destination::file(path)?), None));
    }
    let feed =
        Feed::new(path).map_err(|error| Failure::from_io(Operation::Record, path.display(), &error))?;
    Ok((Some(feed.destination()), Some(feed)))
}

/// A recording on its way to a FIFO.
pub(super) struct Feed {
    shared: Arc<Shared>,
    /// Contains the recording; deleted when this is dropped.
    folder: TempDir,
    wake: Sender<()>,
    woken: Receiver<()>,
    done: Option<Receiver<io::Result<()>>>,
    _lock: Option<FileLock>,
}

/// What the thread and its owner share.
struct Shared {
    fifo: PathBuf,
    /// The recording.
    file: PathBuf,
    /// Nothing more is recorded.
    is_over: AtomicBool,
    progress: Mutex<Progress>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Progress {
    /// How often the FIFO was opened by a reader.
    readers: u64,
    is_open: bool,
    /// Bytes that the current reader has taken.
    bytes: u64,
}

impl Feed {
    /// Prepares the temporary file, and locks the FIFO: the blocks of two recordings would mix in its reader.
    ///
    /// # Errors
    /// Another session records to the FIFO ([`FileInUse`] within the error), or no temporary folder can be made.
    pub fn new(fifo: &Path) -> io::Result<Self> {
        let (wake, woken) = crossbeam_channel::bounded(1);
        // A pipe behind /dev/stdout has no path, and some folders permit no lock file.
        let lock = match fifo.canonicalize().and_then(|path| FileLock::acquire(&path)) {
            Ok(lock) => Some(lock),
            Err(error) if FileInUse::of(&error).is_some() => return Err(error),
            Err(_) => None,
        };
        let folder = private_folder()?;
        let shared = Shared {
            fifo: fifo.into(),
            // The name of a recording's first segment.
            file: folder.path().join("000001.pcapng"),
            is_over: AtomicBool::new(false),
            progress: Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared), folder, wake, woken, done: None, _lock: lock })
    }

    /// Where the session is to record.
    pub fn destination(&self) -> Destination {
        Destination::Folder(self.folder.path().into())
    }

    /// Wakes the thread after something was published, with `try_send`. A full channel already holds a wake-up.
    pub fn wake(&self) -> Sender<()> {
        self.wake.clone()
    }

    /// Starts the thread, which waits for a reader.
    ///
    /// # Errors
    /// The system cannot start a thread.
    pub fn start(&mut self, recording: CaptureReader) -> io::Result<()> {
        let (sender, done) = crossbeam_channel::bounded(1);
        let (shared, woken) = (self.shared.clone(), self.woken.clone());
        thread::Builder::new().name("fifo".into()).spawn(move || {
            let _ = sender.send(shared.feed(&recording, &woken));
        })?;
        self.done = Some(done);
        Ok(())
    }

    /// The recording has ended: waits until a reader has all of it, as long as it goes on reading. `false`: some of
    /// it was left out, and standard error says why.
    pub fn finish(self) -> bool {
        // The folder is deleted at the end of this function.
        let Self { shared, folder: _folder, wake, done, _lock, .. } = self;
        let Some(done) = done else { return true };
        shared.is_over.store(true, Ordering::Release);
        let _ = wake.try_send(());
        let fifo = shared.fifo.display();
        let mut before = shared.progress();
        loop {
            match done.recv_timeout(GRACE) {
                Ok(Ok(())) => return true,
                Ok(Err(error)) => {
                    say(&format!("Could not write the recording to {fifo}: {error}."));
                    return false;
                }
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = shared.progress();
            if now == before {
                say(&match now {
                    Progress { readers: 0, .. } => {
                        format!("Nobody has opened {fifo}: the recording is not kept.")
                    }
                    Progress { is_open: true, .. } => {
                        format!(
                            "The reader of {fifo} takes nothing more: the rest of the recording is left out."
                        )
                    }
                    // This was reported when the reader closed the FIFO.
                    Progress { is_open: false, .. } => return true,
                });
                return false;
            }
            before = now;
        }
    }
}

impl Shared {
    fn progress(&self) -> Progress {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_progress(&self, progress: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// Copies the recording to one reader after the other, until one has all of it.
    fn feed(&self, recording: &CaptureReader, woken: &Receiver<()>) -> io::Result<()> {
        for readers in 1.. {
            // Waits for a reader.
            let mut fifo = OpenOptions::new().write(true).open(&self.fifo)?;
            self.set_progress(Progress { readers, is_open: true, bytes: 0 });
            match self.copy(recording, woken, &mut fifo) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    self.set_progress(Progress { readers, is_open: false, bytes: 0 });
                    say(&format!(
                        "The reader of {} went away; the next one gets the recording from its beginning.",
                        self.fifo.display()
                    ));
                }
                copied => return copied,
            }
        }
        Ok(())
    }

    /// Copies what is published, as it is published, up to the end of the recording.
    fn copy(&self, recording: &CaptureReader, woken: &Receiver<()>, fifo: &mut File) -> io::Result<()> {
        let mut file = None;
        let mut block = vec![0; BLOCK_BYTES];
        let mut at = 0;
        loop {
            // Read before the snapshot: if it is set, nothing is published after the snapshot.
            let is_over = self.is_over.load(Ordering::Acquire);
            // The recording is one file, in which a position is the offset.
            let end = recording.snapshot().end().0;
            while at < end {
                let file = match &mut file {
                    Some(file) => file,
                    None => file.insert(File::open(&self.file)?),
                };
                let part = (end - at).min(BLOCK_BYTES as u64) as usize;
                file.read_exact(&mut block[..part])?;
                for piece in block[..part].chunks(PIECE_BYTES) {
                    fifo.write_all(piece)?;
                    at += piece.len() as u64;
                    self.set_progress(Progress { bytes: at, ..self.progress() });
                }
            }
            if is_over {
                return Ok(());
            }
            if woken.recv().is_err() {
                return Ok(());
            }
        }
    }
}
