//! A file that a session sends in place of standard input, from its start to what is said of its end.

use super::args::FilePlan;
use super::process::say;
use crate::engine::{SendFile, SessionHandle};
use crate::lang::{Language, explain};
use crate::model::{Failure, Operation, OutgoingId, OutgoingState, Progress, Status, Target};
use std::fs::File;
use std::io;

/// Why the file cannot be read, which is said before anything is connected.
pub(super) fn problem(plan: &FilePlan) -> Option<Failure> {
    let error = File::open(&plan.path).err()?;
    Some(Failure::from_io(Operation::Read, plan.path.display(), &error))
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
        let Progress::Bytes { done, total, .. } = file.progress else { return None };
        let is_whole = match &file.state {
            OutgoingState::Running | OutgoingState::Waiting | OutgoingState::Paused => return None,
            OutgoingState::Done => true,
            OutgoingState::Failed(failure) => {
                say(&explain(Language::English.words(), failure));
                false
            }
            // The session may end after the last byte and before the end of the file was read.
            OutgoingState::Stopped => total == Some(done),
        };
        say(&match total {
            Some(total) if !is_whole => format!("Sent {done} of the {total} bytes of {}.", file.label),
            _ => format!("Sent {}: {done} bytes.", file.label),
        });
        Some(is_whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::OutgoingStatus;

    /// Whether a file of 9 bytes, of which so many were sent, was sent whole when it was stopped.
    fn is_whole(done: u64) -> Option<bool> {
        let status = Status {
            outgoing: [OutgoingStatus {
                id: OutgoingId(1),
                label: "file".into(),
                target: Target::All.into(),
                state: OutgoingState::Stopped,
                progress: Progress::Bytes { done, total: Some(9), rate: 0 },
            }]
            .into(),
            ..Status::default()
        };
        SentFile(OutgoingId(1)).ended(&status)
    }

    #[test]
    fn a_file_is_whole_once_all_of_it_was_sent() {
        assert_eq!([is_whole(9), is_whole(8)], [Some(true), Some(false)]);
    }
}
