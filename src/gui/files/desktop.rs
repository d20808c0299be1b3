//! What the window asks of the desktop: its file dialogs, and showing a file in its file manager.
//!
//! Everything here but the place of the pointer blocks, and runs as a job. Tests provide their own [`Desktop`].

use crate::settings::SaveFormat;
use std::io;
use std::path::{Path, PathBuf};

/// The desktop that the window runs on.
pub trait Desktop: Send + Sync {
    /// Whether the desktop has file dialogs that answer. Without any, [`choose_files`](Self::choose_files) and
    /// [`choose_target`](Self::choose_target) end as if cancelled.
    fn has_dialogs(&self) -> bool;

    /// Asks for files to open, beginning in `folder`. `None`: cancelled.
    fn choose_files(&self, folder: &Path) -> Option<Vec<PathBuf>>;

    /// Asks where to save: for a file, or for a folder if `format` is that of raw bytes. `proposal` is the path that is
    /// proposed. Asks before an existing file is chosen. `None`: cancelled.
    fn choose_target(&self, proposal: &Path, format: SaveFormat) -> Option<PathBuf>;

    /// Asks for a list of commands to import, beginning in `folder`. `None`: cancelled.
    fn choose_list(&self, folder: &Path) -> Option<PathBuf> {
        self.choose_files(folder)?.into_iter().next()
    }

    /// Asks where to write a list of commands; `proposal` is the path that is proposed. `None`: cancelled.
    fn choose_list_target(&self, proposal: &Path) -> Option<PathBuf> {
        self.choose_target(proposal, SaveFormat::Text)
    }

    /// Asks for a file that is to grow with a session; `proposal` is the path that is proposed. `None`: cancelled.
    fn choose_growing(&self, proposal: &Path) -> Option<PathBuf> {
        self.choose_target(proposal, SaveFormat::Text)
    }

    /// Where the pointer is, in pixels of the screen; `None` if that is not known. Does not block.
    fn pointer(&self) -> Option<[i32; 2]> {
        None
    }

    /// Shows a file or folder in the file manager.
    ///
    /// # Errors
    /// There is no file manager, or it cannot be started.
    fn show_in_folder(&self, path: &Path) -> io::Result<()>;
}

/// The desktop of this system.
#[derive(Debug, Default)]
pub struct SystemDesktop;

impl Desktop for SystemDesktop {
    fn has_dialogs(&self) -> bool {
        system::has_dialogs()
    }

    fn choose_files(&self, folder: &Path) -> Option<Vec<PathBuf>> {
        let dialog = rfd::FileDialog::new().set_directory(folder);
        dialog.add_filter("pcapng, pcap", &["pcapng", "pcap", "cap"]).add_filter("*", &["*"]).pick_files()
    }

    fn choose_target(&self, proposal: &Path, format: SaveFormat) -> Option<PathBuf> {
        let mut dialog = rfd::FileDialog::new().set_directory(proposal.parent().unwrap_or(Path::new("")));
        if format == SaveFormat::Raw {
            return dialog.pick_folder();
        }
        // The ending of the name that is chosen decides on the format.
        let others = SaveFormat::ALL.into_iter().filter(|other| *other != format);
        for format in [format].into_iter().chain(others).filter(|format| *format != SaveFormat::Raw) {
            dialog = dialog.add_filter(format.extension(), &[format.extension()]);
        }
        let name = proposal.file_name().unwrap_or_default().to_string_lossy();
        dialog.set_file_name(name).save_file()
    }

    fn choose_list(&self, folder: &Path) -> Option<PathBuf> {
        let dialog = rfd::FileDialog::new().set_directory(folder);
        let kinds = ["toml", "ini", "json", "cfg"];
        dialog.add_filter("toml, ini, json, cfg", &kinds).add_filter("*", &["*"]).pick_file()
    }

    fn choose_list_target(&self, proposal: &Path) -> Option<PathBuf> {
        let dialog = rfd::FileDialog::new().set_directory(proposal.parent().unwrap_or(Path::new("")));
        let name = proposal.file_name().unwrap_or_default().to_string_lossy();
        dialog.add_filter("toml", &["toml"]).set_file_name(name).save_file()
    }

    fn choose_growing(&self, proposal: &Path) -> Option<PathBuf> {
        let dialog = rfd::FileDialog::new().set_directory(proposal.parent().unwrap_or(Path::new("")));
        let name = proposal.file_name().unwrap_or_default().to_string_lossy();
        dialog.set_file_name(name).save_file()
    }

    fn pointer(&self) -> Option<[i32; 2]> {
        crate::sys::pointer::position()
    }

    fn show_in_folder(&self, path: &Path) -> io::Result<()> {
        system::show_in_folder(path)
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::Duration;
    use zbus::blocking::connection::Builder;
    use zbus::blocking::{Connection, Proxy};

    /// How long the portal may take to start and answer.
    const PATIENCE: Duration = Duration::from_secs(3);

    /// Dialogs come from the desktop portal, or else from `zenity`.
    pub fn has_dialogs() -> bool {
        has_portal().is_ok() || is_on_path("zenity")
    }

    fn session() -> zbus::Result<Connection> {
        Builder::session()?.method_timeout(PATIENCE).build()
    }

    /// Asks the portal for the version of its file dialogs, which it only has if it can show them.
    fn has_portal() -> zbus::Result<u32> {
        let connection = session()?;
        let proxy = Proxy::new(
            &connection,
            "org.freedesktop.portal.Desktop",
            "/org/freedesktop/portal/desktop",
            "org.freedesktop.portal.FileChooser",
        )?;
        proxy.get_property("version")
    }

    fn is_on_path(program: &str) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| {
            let metadata = std::fs::metadata(folder.join(program));
            metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
        })
    }

    /// Selects the file in the file manager, or else opens its folder.
    pub fn show_in_folder(path: &Path) -> io::Result<()> {
        if select(path).is_ok() {
            return Ok(());
        }
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
        let null = Stdio::null;
        let mut opener = Command::new("xdg-open");
        let status = opener.arg(folder).stdin(null()).stdout(null()).stderr(null()).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
    }

    fn select(path: &Path) -> zbus::Result<()> {
        let connection = session()?;
        let (service, object) = ("org.freedesktop.FileManager1", "/org/freedesktop/FileManager1");
        let proxy = Proxy::new(&connection, service, object, service)?;
        proxy.call("ShowItems", &(vec![uri(path)], ""))
    }

    /// A path as a `file` URI (RFC 8089).
    pub(super) fn uri(path: &Path) -> String {
        use std::fmt::Write;
        use std::os::unix::ffi::OsStrExt;
        let mut uri = String::from("file://");
        for &byte in path.as_os_str().as_bytes() {
            if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
                uri.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
        uri
    }
}

#[cfg(windows)]
mod system {
    use std::io;
    use std::os::windows::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    /// The system's dialogs are always there.
    pub fn has_dialogs() -> bool {
        true
    }

    /// Selects the file in the file manager.
    pub fn show_in_folder(path: &Path) -> io::Result<()> {
        // Explorer parses its command line by itself, and its exit code says nothing.
        let select = format!("/select,\"{}\"", path.display());
        Command::new("explorer.exe").raw_arg(select).spawn().map(drop)
    }
}

// Not on Windows: there are no URIs.
#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri_whatever_is_in_it() {
        assert_eq!(system::uri(Path::new("/tmp/a b#1/温.csv")), "file:///tmp/a%20b%231/%E6%B8%A9.csv");
    }
}
