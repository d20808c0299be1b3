//! The real window on the display of `.ci/with-display`, with its own settings and recordings.

use super::{Running, failed, wait_for};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct RealWindow {
    pub child: Running,
    home: tempfile::TempDir,
    /// The X11 window id, as xdotool prints it.
    id: String,
}

/// Whether there is a display; prints how to get one if not.
pub fn has_display() -> bool {
    let is_there = std::env::var_os("DISPLAY").is_some_and(|display| !display.is_empty());
    if !is_there {
        println!("no display: `make bench` gives one");
    }
    is_there
}

/// The program, with its settings and recordings below `home`.
pub fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.env("XDG_CONFIG_HOME", home.join("config")).env("XDG_DATA_HOME", home.join("data"));
    command.stdin(Stdio::null());
    command
}

impl RealWindow {
    /// The visible window, with the sessions that the arguments name; its recordings are below `parent`.
    pub fn open(parent: &Path, arguments: &[String]) -> io::Result<Self> {
        let home = tempfile::tempdir_in(parent)?;
        let child = Running(program(home.path()).arg("gui").args(arguments).spawn()?);
        let id = window_of(&child)?;
        let window = Self { child, home, id };
        window.xdotool("windowfocus")?;
        Ok(window)
    }

    pub fn process(&self) -> u32 {
        self.child.0.id()
    }

    /// Minimises the window and waits until it is hidden.
    pub fn minimise(&self) -> io::Result<()> {
        self.xdotool("windowminimize")?;
        wait_for("the window to be gone", || {
            let process = self.process().to_string();
            let found =
                Command::new("xdotool").args(["search", "--onlyvisible", "--pid", &process]).output()?;
            Ok(found.stdout.is_empty().then_some(()))
        })
    }

    fn xdotool(&self, what: &str) -> io::Result<()> {
        let status = Command::new("xdotool").args([what, "--sync", &self.id]).status()?;
        if status.success() { Ok(()) } else { Err(failed(format!("xdotool {what}: {status}"))) }
    }

    /// The files of the window's recordings.
    pub fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for recording in fs::read_dir(self.home.path().join("data/wirelab/recordings"))? {
            let recording = recording?.path();
            if recording.is_dir() {
                for file in fs::read_dir(recording)? {
                    let path = file?.path();
                    if path.extension().is_some_and(|extension| extension == "pcapng") {
                        files.push(path);
                    }
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// The total size of the recordings in bytes.
    pub fn recorded_bytes(&self) -> io::Result<u64> {
        self.files()?.iter().map(|file| Ok(fs::metadata(file)?.len())).sum()
    }

    /// The number of data records in the recordings and their bytes, read from the files.
    pub fn data(&self) -> io::Result<(u64, u64)> {
        let mut total = (0, 0);
        for file in self.files()? {
            let (records, bytes) = super::data(&file)?;
            total = (total.0 + records, total.1 + bytes);
        }
        Ok(total)
    }

    /// Ends the program, which deletes its recordings.
    pub fn close(mut self) -> io::Result<()> {
        self.child.end()
    }
}

/// The X11 window id of a program, once its window is visible.
pub fn window_of(child: &Running) -> io::Result<String> {
    wait_for("the window", || {
        let mut search = Command::new("xdotool");
        search.args(["search", "--onlyvisible", "--pid", &child.0.id().to_string()]).stderr(Stdio::null());
        let output = search.output().map_err(|error| io::Error::other(format!("xdotool: {error}")))?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().next().map(Into::into))
    })
}
