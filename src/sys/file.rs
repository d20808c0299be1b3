//! What the systems tell of an open file beyond the standard library.
#![cfg_attr(
    windows,
    allow(unsafe_code, reason = "system calls that no dependency wraps; each has its safety comment")
)]

use std::fs::File;
use std::io;
use std::path::PathBuf;

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

/// Standard input as a file, and a path that leads to it. Reading the file moves standard input on.
///
/// # Errors
/// Standard input is closed, or no path leads to it.
#[cfg(unix)]
pub fn standard_input() -> io::Result<(File, PathBuf)> {
    use std::os::fd::AsFd;
    let file = io::stdin().as_fd().try_clone_to_owned()?;
    Ok((file.into(), "/dev/stdin".into()))
}

/// Standard input as a file, and a path that leads to it. Reading the file moves standard input on.
///
/// # Errors
/// Standard input is closed, or no path leads to it.
#[cfg(windows)]
pub fn standard_input() -> io::Result<(File, PathBuf)> {
    use std::os::windows::ffi::OsStringExt;
    use std::os::windows::io::{AsHandle, AsRawHandle};
    use windows_sys::Win32::Storage::FileSystem::{
        FILE_NAME_NORMALIZED, FILE_TYPE_DISK, GetFileType, GetFinalPathNameByHandleW,
    };
    let file = File::from(io::stdin().as_handle().try_clone_to_owned()?);
    // The name of a pipe may only be told once a read of it by another thread or process has ended.
    // SAFETY: the file is open during the call.
    if unsafe { GetFileType(file.as_raw_handle()) } != FILE_TYPE_DISK {
        return Err(io::ErrorKind::Unsupported.into());
    }
    // The longest path that Windows has.
    let mut path = vec![0; 1 << 15];
    // SAFETY: the file is open during the call; the system writes no more than the passed number of characters, and
    // only during the call.
    let length = unsafe {
        GetFinalPathNameByHandleW(
            file.as_raw_handle(),
            path.as_mut_ptr(),
            path.len() as u32,
            FILE_NAME_NORMALIZED,
        )
    };
    match path.get(..length as usize) {
        Some(path) if length > 0 => Ok((file, std::ffi::OsString::from_wide(path).into())),
        _ => Err(io::Error::last_os_error()),
    }
}
