//! How many sockets this process may have open.

/// Raises that number as far as the system allows, once for the whole process. On Linux a shell starts programs
/// with 1,024 handles, for the sake of those that use select(2), and lets them have many more. Windows has no
/// such limit.
pub fn raise_handle_limit() {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
            && soft < hard
        {
            // Where it fails, accepting says so when they are used up.
            let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
        }
    }
}
