//! What the systems tell of an open file beyond the standard library.
#![cfg_attr(
    windows,
    allow(unsafe_code, reason = "system calls that no dependency wraps; each has its safety comment")
)]

use std::fs::File;
use std::io;

/// Whether an open file has no name any more: it was deleted, or another file was renamed over it. What is written
/// to it is gone once it is closed.
///
/// # Errors
/// The system does not tell.
#[cfg(unix)]
pub fn is_deleted(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.nlink() == 0)
}

/// Whether an open file has no name any more: it was deleted, or another file was renamed over it. What is written
/// to it is gone once it is closed.
///
/// # Errors
/// The system does not tell.
#[cfg(windows)]
pub fn is_deleted(file: &File) -> io::Result<bool> {
    use std::os::windows::io::AsRawHandle;
    use windows_sys::Win32::Storage::FileSystem::{
        FILE_STANDARD_INFO, FileStandardInfo, GetFileInformationByHandleEx,
    };
    let mut info = FILE_STANDARD_INFO::default();
    // SAFETY: the borrow keeps the file open; the system writes a `FILE_STANDARD_INFO`, whose size is passed, and only
    // during the call.
    let result = unsafe {
        GetFileInformationByHandleEx(
            file.as_raw_handle(),
            FileStandardInfo,
            (&raw mut info).cast(),
            size_of_val(&info) as u32,
        )
    };
    if result == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(info.DeletePending || info.NumberOfLinks == 0)
    }
}
