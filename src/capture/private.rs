//! Files and folders that only their owner may read: what Wirelab keeps for itself may hold passwords.
//!
//! On Linux they get the modes 0600 and 0700, whatever the umask. On Windows they inherit the permissions of
//! their folder, which within a user's profile are that user's alone.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Options that make a new file private. They do not change one that exists.
#[must_use]
pub(super) fn private_options() -> OpenOptions {
    #[cfg_attr(windows, allow(unused_mut, reason = "only Linux has a mode to set"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a private folder. Its parent must exist.
///
/// # Errors
/// The folder exists already, or the system does not let it be made; nothing has changed then.
pub(super) fn create_private_folder(path: &Path) -> io::Result<()> {
    private_builder().create(path)
}

/// Creates a private folder with all its parents, which become private as well, and makes the folder private if
/// it exists already.
///
/// # Errors
/// The system does not let one of them be made, or something else has its name. Those made before it stay.
pub fn ensure_private_folder(path: &Path) -> io::Result<()> {
    private_builder().recursive(true).create(path)?;
    make_private(path);
    Ok(())
}

/// Takes the permissions of others away from a file or folder that an earlier version left open to them. Where
/// that is not possible (another owner, a drive without permissions) it stays as it is.
pub fn make_private(path: &Path) {
    #[cfg(unix)]
    {
        use std::fs;
        use std::os::unix::fs::PermissionsExt;
        const OTHERS: u32 = 0o077;
        let Ok(metadata) = fs::metadata(path) else { return };
        let mode = metadata.permissions().mode();
        if mode & OTHERS != 0 {
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(mode & !OTHERS));
        }
    }
    #[cfg(windows)]
    let _ = path;
}

/// Creates a private folder in `parent`, with a name that nothing had before and that nobody can foretell. It
/// stays until somebody deletes it.
///
/// # Errors
/// The system does not let it be made.
pub fn fresh_private_folder(parent: &Path) -> io::Result<PathBuf> {
    Ok(temporary_private_folder(parent)?.keep())
}

/// The same, deleted with its contents when it is dropped.
///
/// # Errors
/// Those of [`fresh_private_folder`].
pub fn temporary_private_folder(parent: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("wirelab-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(parent)
}

fn private_builder() -> DirBuilder {
    #[cfg_attr(windows, allow(unused_mut, reason = "only Linux has a mode to set"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

#[cfg(test)]
// Not on Windows: there are no file modes.
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folders_and_files_are_private_also_where_an_earlier_version_left_them_open() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("data").join("recordings");
        ensure_private_folder(&folder).unwrap();
        assert_eq!((mode(&folder), mode(folder.parent().unwrap())), (0o700, 0o700));
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        ensure_private_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        let file = folder.join("file");
        private_options().write(true).create_new(true).open(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).unwrap();
        make_private(&file);
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn a_fresh_folder_is_private_and_has_another_name_each_time() {
        let parent = tempfile::tempdir().unwrap();
        let folders = [(); 2].map(|()| fresh_private_folder(parent.path()).unwrap());
        assert_ne!(folders[0], folders[1]);
        assert!(folders.iter().all(|folder| mode(folder) == 0o700));
    }
}
