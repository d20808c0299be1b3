//! The system's file dialogs, each as a job, since they block their thread. On a system without them they
//! end as if cancelled; the path fields work everywhere.

use crate::gui::files::writing::SaveFormat;
use crate::model::Operation;
use crate::task::Task;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Asks for files to open, beginning in `folder`. `None`: cancelled.
pub fn open(folder: PathBuf, notify: &Arc<dyn Fn() + Send + Sync>) -> Task<Option<Vec<PathBuf>>> {
    Task::start("choose file", Operation::Read, notify, move |_| {
        let dialog = rfd::FileDialog::new().set_directory(folder);
        let dialog = dialog.add_filter("pcapng, pcap", &["pcapng", "pcap", "cap"]).add_filter("*", &["*"]);
        Ok(dialog.pick_files())
    })
}

/// Asks where to save; `path` is the proposal. `None`: cancelled.
pub fn save(
    path: PathBuf,
    format: SaveFormat,
    notify: &Arc<dyn Fn() + Send + Sync>,
) -> Task<Option<PathBuf>> {
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
