//! The console of a Windows program: whether there is one, letting it go, asking for one.
//!
//! Wirelab is a console program, so that shells wait for it and see its output and its exit code. The price
//! is a console window beside its own one when it is started from Explorer: Windows 11 24H2 opens none, as
//! `assets/windows.manifest` asks; on others [`leave_own`] closes it.
#![allow(
    unsafe_code,
    reason = "calls of the system that nothing in the tree wraps; each says why it is sound"
)]

use std::ptr;
use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Console::{
    AllocConsole, FreeConsole, GetConsoleMode, GetConsoleProcessList, GetStdHandle, STD_ERROR_HANDLE,
    STD_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, SetStdHandle,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{MB_ICONERROR, MB_OK, MessageBoxW};

const STANDARD: [STD_HANDLE; 3] = [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE];

/// Lets the console go if nobody else is on it: it was opened for this process, not by a shell. Standard
/// streams that lead elsewhere stay.
pub fn leave_own() {
    if processes() != 1 {
        return;
    }
    for stream in STANDARD.into_iter().filter(|stream| is_console(handle(*stream))) {
        // Without the console the handle is closed, and its number may become that of a recording, into
        // which a message to standard error would then be written.
        // SAFETY: takes no pointer; no handle is one that the standard library knows to do without.
        unsafe { SetStdHandle(stream, ptr::null_mut()) };
    }
    // SAFETY: takes nothing, and no standard stream has a handle of the console any more.
    unsafe { FreeConsole() };
}

/// Asks for a console if there is none and the standard streams lead nowhere, as for a shortcut to
/// `wirelab listen 7788`: what it prints is to be seen, and Ctrl+C to work. Returns whether one was opened.
pub fn ensure() -> bool {
    let is_needed = processes() == 0 && STANDARD.into_iter().all(|stream| leads_nowhere(handle(stream)));
    // SAFETY: takes nothing; sets the standard streams, which the standard library looks up at each use.
    is_needed && unsafe { AllocConsole() } != 0
}

/// Shows what cannot be said on standard error, because that leads nowhere, in a box of the system. Returns
/// when it was read.
pub fn show_unseen(title: &str, text: &str) {
    if !leads_nowhere(handle(STD_ERROR_HANDLE)) {
        return;
    }
    let wide = |text: &str| text.encode_utf16().filter(|unit| *unit != 0).chain([0]).collect::<Vec<u16>>();
    let (title, text) = (wide(title), wide(text));
    // SAFETY: both texts end with a zero, and live until the call returns; no window owns the box.
    unsafe { MessageBoxW(ptr::null_mut(), text.as_ptr(), title.as_ptr(), MB_OK | MB_ICONERROR) };
}

/// How many processes are on this one's console, itself among them; 0 without a console.
fn processes() -> u32 {
    let mut ids = [0; 2];
    // SAFETY: the array has room for as many ids as the call is told; more are only counted.
    unsafe { GetConsoleProcessList(ids.as_mut_ptr(), ids.len() as u32) }
}

fn handle(stream: STD_HANDLE) -> HANDLE {
    // SAFETY: takes no pointer; what comes back is only compared, and asked for its mode.
    unsafe { GetStdHandle(stream) }
}

fn leads_nowhere(handle: HANDLE) -> bool {
    handle.is_null() || handle == INVALID_HANDLE_VALUE
}

fn is_console(handle: HANDLE) -> bool {
    let mut mode = 0;
    // SAFETY: `mode` is written while it lives; a handle that is none is refused.
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

    /// Runs one test of this program in a process of its own, which is told to do the child's part.
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
    fn a_console_of_its_own_is_left_and_what_leads_elsewhere_stays() {
        if std::env::var_os(CHILD).is_none() {
            return run_child(
                "a_console_of_its_own_is_left_and_what_leads_elsewhere_stays",
                CREATE_NO_WINDOW,
            );
        }
        assert_eq!(processes(), 1);
        // The output is a pipe to the parent; the input becomes the console's.
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
    fn a_console_is_asked_for_only_if_nothing_leads_elsewhere() {
        if std::env::var_os(CHILD).is_none() {
            return run_child("a_console_is_asked_for_only_if_nothing_leads_elsewhere", DETACHED_PROCESS);
        }
        assert_eq!(processes(), 0);
        assert!(!ensure());
        assert_eq!(processes(), 0);
    }

    #[test]
    fn a_console_with_others_on_it_is_kept() {
        if std::env::var_os(CHILD).is_none() {
            return run_child("a_console_with_others_on_it_is_kept", CREATE_NO_WINDOW);
        }
        if std::env::var_os(CHILD).is_some_and(|part| part == "2") {
            assert!(processes() > 1);
            leave_own();
            assert!(processes() > 1);
            return;
        }
        // No flags: on the same console as this process.
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["sys::console::tests::a_console_with_others_on_it_is_kept", "--exact"])
            .env(CHILD, "2")
            .status();
        assert!(status.unwrap().success());
    }
}
