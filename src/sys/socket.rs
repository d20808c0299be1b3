//! Options of sockets that only Windows has.
#![allow(
    unsafe_code,
    reason = "calls of the system that nothing in the tree wraps; each says why it is sound"
)]

use std::io;
use std::os::windows::io::{AsRawSocket, AsSocket};
use windows_sys::Win32::Networking::WinSock::{SO_EXCLUSIVEADDRUSE, SOCKET, SOL_SOCKET, setsockopt};

/// Keeps every other socket from the port that this one is going to be bound to, on this address, on "any" and
/// with `SO_REUSEADDR` as well. Binding fails where another has it already.
///
/// # Errors
/// The socket is bound, or the system does not know the option.
pub fn keep_others_out(socket: &impl AsSocket) -> io::Result<()> {
    let on = 1i32;
    let handle = socket.as_socket().as_raw_socket() as SOCKET;
    // SAFETY: the socket is open as long as it is borrowed, and the option is a `BOOL`, which is read, with its true
    // length, while it lives.
    let result = unsafe {
        setsockopt(handle, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (&raw const on).cast(), size_of_val(&on) as i32)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
