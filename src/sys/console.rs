//! The console of a Windows process: detecting, leaving and opening it.
//!
//! Wirelab is a program of the console subsystem, so that shells wait for it and see its output and exit code. When it
//! is started from Explorer, Windows would open a console window beside its own: Windows 11 24H2 does not, because
//! `assets/windows.manifest` says so; on older versions [`leave_own`] closes it.
#![allow(unsafe_code, reason = "system calls that no dependency wraps; each has its safety comment")]

use std::ptr;
use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Console::{
    AllocConsole, FreeConsole, GetConsoleMode, GetConsoleProcessList, GetStdHandle, STD_ERROR_HANDLE,
    STD_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, SetStdHandle,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{MB_ICONERROR, MB_OK, MessageBoxW};

const STANDARD: [STD_HANDLE; 3] = [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE];

/// Leaves the console if no other process is attached to it, so if it was opened for this process and not by a shell.
/// Standard streams that are redirected are kept.
pub fn leave_own() {
    if processes() != 1 {
        return;
    }
    for stream in STANDARD.into_iter().filter(|stream| is_console(handle(*stream))) {
        // Leaving the console closes the handle. Its value may be reused for a recording, and a message to standard
        // error would then be written into that.
        // SAFETY: no pointer is passed, and the standard library supports a standard stream without a handle.
        unsafe { SetStdHandle(stream, ptr::null_mut()) };
    }
    // SAFETY: no arguments, and no standard stream has a handle of the console any more.
    unsafe { FreeConsole() };
}

/// Opens a console if there is none and no standard stream is redirected, as for a shortcut to `wirelab listen 7788`:
/// its output must be visible, and Ctrl+C must work. Returns whether one was opened.
pub fn ensure() -> bool {
    let is_needed = processes() == 0 && STANDARD.into_iter().all(|stream| leads_nowhere(handle(stream)));
    // SAFETY: no arguments; sets the standard handles, which the standard library reads at each use.
    is_needed && unsafe { AllocConsole() } != 0
}

/// Shows a message box if standard error has no handle. Returns when the box is closed.
pub fn show_unseen(title: &str, text: &str) {
    if !leads_nowhere(handle(STD_ERROR_HANDLE)) {
        return;
    }
    let wide = |text: &str| text.encode_utf16().filter(|unit| *unit != 0).chain([0]).collect::<Vec<u16>>();
    let (title, text) = (wide(title), wide(text));
    // SAFETY: both texts are zero-terminated and live until the call returns; the box has no owner window.
    unsafe { MessageBoxW(ptr::null_mut(), text.as_ptr(), title.as_ptr(), MB_OK | MB_ICONERROR) };
}

/// The number of processes attached to the console, including this one; 0 without a console.
fn processes() -> u32 {
    let mut ids = [0; 2];
    // SAFETY: the array has the passed length; further processes are only counted.
    unsafe { GetConsoleProcessList(ids.as_mut_ptr(), ids.len() as u32) }
}

fn handle(stream: STD_HANDLE) -> HANDLE {
    // SAFETY: no pointer is passed; the handle is only compared and queried.
    unsafe { GetStdHandle(stream) }
}

fn leads_nowhere(handle: HANDLE) -> bool {
    handle.is_null() || handle == INVALID_HANDLE_VALUE
}

fn is_console(handle: HANDLE) -> bool {
    let mut mode = 0;
    // SAFETY: `mode` outlives the call; an invalid handle makes the call fail.
    !leads_nowhere(handle) && unsafe { GetConsoleMode(handle, &mut mode) } != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::windows::process::CommandExt;
    use std::process::{Command, Stdio};

    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    const DETACHED_PROCESS: u32 = 0x8;
    const CHILD: &str = "WIRELAB_TEST_CONSOLE";

    /// Runs one test of this program in another process, with [`CHILD`] set.
    fn run_child(test: &str, flags: u32) {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([&format!("sys::console::tests::{test}"), "--exact", "--nocapture"])
            .env(CHILD, "1")
            .creation_flags(flags)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
    }

    #[test]
    fn its_own_console_is_left_and_redirected_streams_are_kept() {
        if std::env::var_os(CHILD).is_none() {
            return run_child("its_own_console_is_left_and_redirected_streams_are_kept", CREATE_NO_WINDOW);
        }
        assert_eq!(processes(), 1);
        // The output is a pipe to the parent; the input is made that of the console.
        let console = std::fs::File::open("CONIN$").unwrap();
        let raw = std::os::windows::io::IntoRawHandle::into_raw_handle(console);
        assert!(is_console(raw));
        // SAFETY: the handle is open and no longer owned by anything else.
        unsafe { SetStdHandle(STD_INPUT_HANDLE, raw) };
        leave_own();
        assert_eq!(processes(), 0);
        assert!(handle(STD_INPUT_HANDLE).is_null());
        assert!(!leads_nowhere(handle(STD_OUTPUT_HANDLE)) && !leads_nowhere(handle(STD_ERROR_HANDLE)));
        leave_own();
    }

    #[test]
    fn a_console_is_opened_only_if_no_stream_is_redirected() {
        if std::env::var_os(CHILD).is_none() {
            return run_child("a_console_is_opened_only_if_no_stream_is_redirected", DETACHED_PROCESS);
        }
        assert_eq!(processes(), 0);
        assert!(!ensure());
        assert_eq!(processes(), 0);
    }

    #[test]
    fn a_console_with_other_processes_is_kept() {
        if std::env::var_os(CHILD).is_none() {
            return run_child("a_console_with_other_processes_is_kept", CREATE_NO_WINDOW);
        }
        if std::env::var_os(CHILD).is_some_and(|part| part == "2") {
            assert!(processes() > 1);
            leave_own();
            assert!(processes() > 1);
            return;
        }
        // Without flags the child shares the console of this process.
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["sys::console::tests::a_console_with_other_processes_is_kept", "--exact"])
            .env(CHILD, "2")
            .status();
        assert!(status.unwrap().success());
    }
}
