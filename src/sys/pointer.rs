//! Where the pointer is on the screen, also while another program drags something, when no window gets events of it.

/// The place of the pointer in pixels from the left and the top of the screen; `None` where the system does not tell.
#[must_use]
pub fn position() -> Option<[i32; 2]> {
    system::position()
}

#[cfg(target_os = "linux")]
mod system {
    use std::sync::OnceLock;
    use x11rb::connection::Connection as _;
    use x11rb::protocol::xproto::{ConnectionExt as _, Window};
    use x11rb::rust_connection::RustConnection;

    /// The display, and its root window. Wayland tells nobody where the pointer is.
    static DISPLAY: OnceLock<Option<(RustConnection, Window)>> = OnceLock::new();

    pub fn position() -> Option<[i32; 2]> {
        let display = DISPLAY.get_or_init(|| {
            let (connection, screen) = RustConnection::connect(None).ok()?;
            let root = connection.setup().roots.get(screen)?.root;
            Some((connection, root))
        });
        let (connection, root) = display.as_ref()?;
        let place = connection.query_pointer(*root).ok()?.reply().ok()?;
        Some([place.root_x.into(), place.root_y.into()])
    }
}

#[cfg(windows)]
mod system {
    #![allow(unsafe_code, reason = "a system call that no dependency wraps")]

    use windows_sys::Win32::Foundation::POINT;
    use windows_sys::Win32::UI::WindowsAndMessaging::GetCursorPos;

    pub fn position() -> Option<[i32; 2]> {
        let mut place = POINT { x: 0, y: 0 };
        // SAFETY: `place` is a valid place for the result.
        let is_known = unsafe { GetCursorPos(&raw mut place) } != 0;
        is_known.then_some([place.x, place.y])
    }
}
