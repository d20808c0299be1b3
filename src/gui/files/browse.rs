//! The system's dialogs for files, each on a thread of its own, since they block it. Where the system has
//! none, they end as if they had been cancelled: the fields for paths work everywhere.

use crate::gui::files::writing::SaveFormat;
use crate::model::Operation;
use crate::task::{Notify, Task};
use std::path::{Path, PathBuf};

/// Asks for files to open.
pub fn open(folder: PathBuf, notify: &Notify) -> Task<Option<Vec<PathBuf>>> {
    Task::start("choose file", Operation::Read, notify, move |_| {
        let dialog = rfd::FileDialog::new().set_directory(folder);
        let dialog = dialog.add_filter("pcapng, pcap", &["pcapng", "pcap", "cap"]).add_filter("*", &["*"]);
        Ok(dialog.pick_files())
    })
}

/// Asks where to save; `path` is what is proposed.
pub fn save(path: PathBuf, format: SaveFormat, notify: &Notify) -> Task<Option<PathBuf>> {
    Task::start("choose file", Operation::Read, notify, move |_| {
        let dialog = rfd::FileDialog::new().set_directory(path.parent().unwrap_or(Path::new("")));
        if format == SaveFormat::Raw {
            return Ok(dialog.pick_folder());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let extension = format.extension();
        Ok(dialog.add_filter(extension, &[extension]).set_file_name(name).save_file())
    })
}
