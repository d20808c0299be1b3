//! How many sockets this process may have open.

/// Raises the soft limit of open files to the hard limit, for the whole process. On Linux the soft limit is
/// usually 1,024, for programs that use select(2). Windows has no such limit.
pub fn raise_handle_limit() {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
            && soft < hard
        {
            // If it fails, accepting reports the limit when it is reached.
            let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
        }
    }
}
