//! Socket options that only Windows has.
#![allow(unsafe_code, reason = "system calls that no dependency wraps; each has its safety comment")]

use std::io;
use std::os::windows::io::{AsRawSocket, AsSocket};
use windows_sys::Win32::Networking::WinSock::{SO_EXCLUSIVEADDRUSE, SOCKET, SOL_SOCKET, setsockopt};

/// Sets `SO_EXCLUSIVEADDRUSE`: no other socket can bind to the same port, neither on this address, nor on the
/// unspecified one, nor with `SO_REUSEADDR`. Binding fails if another socket already has the port.
///
/// # Errors
/// The socket is already bound, or the system does not have the option. The socket is unchanged.
pub fn keep_others_out(socket: &impl AsSocket) -> io::Result<()> {
    let on = 1i32;
    let handle = socket.as_socket().as_raw_socket() as SOCKET;
    // SAFETY: the borrow keeps the socket open; the option is a `BOOL` (an `i32`), passed with its size and read only
    // during the call.
    let result = unsafe {
        setsockopt(handle, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (&raw const on).cast(), size_of_val(&on) as i32)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
