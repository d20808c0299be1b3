//! A file that a session sends in place of standard input, from its start to what is said of its end.

use super::args::FilePlan;
use super::process::say;
use crate::engine::{SendFile, SessionHandle};
use crate::lang::{Language, explain};
use crate::model::{Failure, Operation, OutgoingId, OutgoingState, Progress, Status, Target};
use std::fs::{self, File};
use std::io;

/// Why the file cannot be read, which is said before anything is connected.
pub(super) fn problem(plan: &FilePlan) -> Option<Failure> {
    let error = match fs::metadata(&plan.path) {
        Ok(metadata) if metadata.is_dir() => io::ErrorKind::IsADirectory.into(),
        // Opening a pipe would take it from the session, which reads it.
        Ok(metadata) if !metadata.is_file() => return None,
        Ok(_) => File::open(&plan.path).err()?,
        Err(error) => error,
    };
    Some(Failure::from_io(Operation::Read, plan.path.display(), &error))
}

/// Says how many recipients do not have all of something.
pub(super) fn say_left(left: u64, name: &str) {
    if left > 0 {
        let words = if left == 1 { "recipient was" } else { "recipients were" };
        say(&format!("{left} {words} left on the way, and did not get all of {name}."));
    }
}

/// The file on its way.
pub(super) struct SentFile(OutgoingId);

impl SentFile {
    /// Begins to send it, once there is a recipient.
    ///
    /// # Errors
    /// The session has ended already.
    pub fn start(session: &SessionHandle, plan: &FilePlan, target: Target) -> io::Result<Self> {
        let file = SendFile::new(&plan.path, target, plan.options.clone());
        let started = session.start_outgoing(&plan.path.display().to_string(), file);
        started.map(Self).map_err(|failure| io::Error::other(explain(Language::English.words(), &failure)))
    }

    /// Whether it has ended, and if so, whether all of it was sent. Says how much.
    pub fn ended(&self, status: &Status) -> Option<bool> {
        let file = status.outgoing.iter().find(|outgoing| outgoing.id == self.0)?;
        let Progress::Bytes { done, total, left, .. } = file.progress else { return None };
        let is_whole = match &file.state {
            OutgoingState::Running | OutgoingState::Waiting | OutgoingState::Paused => return None,
            // What is queued is still sent, or dropped when the connections end.
            OutgoingState::Stopped if status.state.is_active() => return None,
            OutgoingState::Done => left == 0,
            OutgoingState::Failed(failure) => {
                say(&explain(Language::English.words(), failure));
                false
            }
            // The session may end after the last byte and before the end of the file was read.
            OutgoingState::Stopped => total == Some(done),
        };
        say(&match total {
            Some(total) if !is_whole => format!("Sent {done} of the {total} bytes of {}.", file.label),
            None if !is_whole => format!("Sent {done} bytes of {}.", file.label),
            _ => format!("Sent {}: {done} bytes.", file.label),
        });
        say_left(left, &file.label);
        Some(is_whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::OutgoingStatus;

    /// Whether a file of 9 bytes, of which so many were sent, was sent whole to everybody when it ended so.
    fn is_whole(state: OutgoingState, done: u64, left: u64) -> Option<bool> {
        let status = Status {
            outgoing: [OutgoingStatus {
                id: OutgoingId(1),
                label: "file".into(),
                target: Target::All.into(),
                state,
                progress: Progress::Bytes { done, total: Some(9), rate: 0, left },
            }]
            .into(),
            ..Status::default()
        };
        SentFile(OutgoingId(1)).ended(&status)
    }

    #[test]
    fn a_file_is_whole_once_all_of_it_was_sent() {
        let stopped = || OutgoingState::Stopped;
        assert_eq!([is_whole(stopped(), 9, 0), is_whole(stopped(), 8, 0)], [Some(true), Some(false)]);
        assert_eq!(is_whole(OutgoingState::Done, 9, 0), Some(true));
        assert_eq!(is_whole(OutgoingState::Done, 9, 1), Some(false), "one did not get all of it");
    }
}
