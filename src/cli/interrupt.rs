//! Ctrl+C, SIGTERM and SIGHUP during `show` and `export`: output ends between two records and temporary files are
//! deleted, also if the command is blocked because nobody reads its output.

use super::process::{GRACE, Outcome, last_words, say};
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The interrupt flag of the process. Clones share one state.
#[derive(Clone, Default)]
pub(super) struct Interrupt(Arc<State>);

#[derive(Default)]
struct State {
    is_set: AtomicBool,
    /// Output goes to files: ending the process now would leave an unfinished one.
    is_writing_files: AtomicBool,
    /// Deleted before the process is ended.
    temporary: Mutex<Option<PathBuf>>,
}

impl Interrupt {
    /// Handles the signals of this process from here on. The first one sets the flag and gives the work
    /// [`GRACE`] to end; the second one, or the end of that time, ends the process with [`Outcome::LeftOut`].
    pub fn install() -> Self {
        let interrupt = Self::default();
        let state = interrupt.0.clone();
        let handler = move || {
            if state.is_set.swap(true, Ordering::AcqRel) {
                state.end_process();
                return;
            }
            let state = state.clone();
            let waiting = thread::Builder::new().name("grace".into()).spawn(move || {
                thread::sleep(GRACE);
                state.end_process();
            });
            drop(waiting);
        };
        if let Err(error) = ctrlc::set_handler(handler) {
            say(&format!("Ctrl+C will not end this cleanly: {error}."));
        }
        interrupt
    }

    /// Whether the command was interrupted.
    pub fn is_set(&self) -> bool {
        self.0.is_set.load(Ordering::Acquire)
    }

    /// Sets the folder that is deleted if the process has to be ended.
    pub fn guard(&self, folder: &Path) {
        *self.0.temporary.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder.into());
    }

    /// Called before regular files are written, where only the disk can block: the process is no longer ended
    /// forcibly, and the unfinished files are deleted when the work ends.
    pub fn begin_writing_files(&self) {
        self.0.is_writing_files.store(true, Ordering::Release);
    }
}

impl State {
    fn end_process(&self) {
        if self.is_writing_files.load(Ordering::Acquire) {
            return;
        }
        if let Some(folder) = self.temporary.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = fs::remove_dir_all(folder);
        }
        last_words("Interrupted while nobody took the output: the rest of it is left out.");
        process::exit(Outcome::LeftOut as i32);
    }
}
