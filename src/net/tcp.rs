//! One established TCP connection: reading within a budget, writing what is queued, closing.

use super::outbox::Outbox;
use super::{ConnectionEnds, EventSink, SendEnd};
use crate::model::{Direction, Failure, Operation};
use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;

/// The cost of a system call, in bytes that could be moved in the same time. It keeps a peer that sends
/// single bytes from using its share for seconds.
pub(super) const CALL_BYTES: usize = 1024;
/// The most that is handed to the kernel at once, which bounds the size of a record: Windows would take a
/// whole queue in one call.
const WRITE_BYTES: usize = 256 << 10;

/// The most that is read at once: what fits into one packet of a recording, so that one read is one
/// record.
const READ_BYTES: usize = 65_495;

#[derive(Debug)]
pub(super) struct TcpConnection {
    pub socket: TcpStream,
    pub ends: ConnectionEnds,
    pub outbox: Outbox,
    /// It is in the driver's list of connections to read from.
    pub is_ready: bool,
    /// The last budget ended before the kernel refused more.
    pub wants_write: bool,
    /// The peer has finished sending.
    pub peer_finished: bool,
    /// How it ends once everything queued is sent.
    pub ending: Ending,
    is_write_shut: bool,
}

/// Whether, and how, a connection is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It stays open.
    None,
    /// Shut down sending once everything is sent, and go on receiving.
    FinishSending,
    /// The peer has finished: close once everything is sent.
    AfterPeer,
    /// The user closes it: send what the kernel takes, shut down, and wait for the peer until the driver's
    /// timer ends the connection.
    Local,
}

/// The outcome of a read or a write.
#[derive(Debug)]
pub(super) enum Progress {
    /// The kernel has nothing more, or takes nothing more, for now.
    Blocked,
    /// The budget is used up; there may be more to do.
    More,
    /// The peer has finished sending (reading), or all is sent and the connection is shut (writing).
    Finished,
    /// The connection is broken.
    Broken(Failure),
}

impl TcpConnection {
    pub fn new(socket: TcpStream, ends: ConnectionEnds) -> Self {
        Self {
            socket,
            ends,
            outbox: Outbox::default(),
            is_ready: false,
            wants_write: false,
            peer_finished: false,
            ending: Ending::None,
            is_write_shut: false,
        }
    }

    /// Whether payloads are still accepted for it.
    pub fn can_send(&self) -> bool {
        matches!(self.ending, Ending::None | Ending::AfterPeer)
    }

    /// Reads until the kernel has no more or `budget` (bytes and calls) is used up.
    pub fn read(&mut self, buffer: &mut [u8], budget: &mut usize, sink: &mut dyn EventSink) -> Progress {
        loop {
            if *budget == 0 {
                return Progress::More;
            }
            *budget = budget.saturating_sub(CALL_BYTES);
            match self.socket.read(&mut buffer[..READ_BYTES]) {
                Ok(0) => return Progress::Finished,
                Ok(count) => {
                    *budget = budget.saturating_sub(count);
                    sink.data(&self.ends, Direction::Inbound, &buffer[..count], false);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Progress::Blocked,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.broken(Operation::Receive, &error),
            }
        }
    }

    /// Writes what is queued until the kernel takes no more or `budget` is used up.
    pub fn write(&mut self, budget: &mut usize, sink: &mut dyn EventSink) -> Progress {
        while !self.outbox.is_empty() {
            if *budget == 0 {
                return Progress::More;
            }
            *budget = budget.saturating_sub(CALL_BYTES);
            let front = self.outbox.front();
            match self.socket.write(&front[..front.len().min(WRITE_BYTES)]) {
                Ok(0) => return self.broken(Operation::Send, &ErrorKind::WriteZero.into()),
                Ok(count) => {
                    *budget = budget.saturating_sub(count);
                    sink.sent(&self.ends, &self.outbox.front()[..count], self.outbox.front_answered());
                    if let Some(send) = self.outbox.advance(count) {
                        sink.send_ended(send, SendEnd::Sent, 1);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Progress::Blocked,
                // Windows reports this for a connection that is not fully established yet.
                Err(error) if error.kind() == ErrorKind::NotConnected => return Progress::Blocked,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.broken(Operation::Send, &error),
            }
        }
        if self.ending != Ending::None && !self.is_write_shut {
            self.is_write_shut = true;
            // It fails only where the connection is gone already, which reading will report.
            let _ = self.socket.shutdown(Shutdown::Write);
        }
        Progress::Finished
    }

    /// A reset that came after the peer's FIN: reading does not report it on Linux.
    pub fn late_reset(&self) -> Option<Failure> {
        let error = self.socket.take_error().ok().flatten()?;
        Some(Failure::from_io(Operation::Receive, self.ends.peer, &error))
    }

    /// Whether both sides have finished sending, so that closing loses nothing.
    pub fn is_done(&self) -> bool {
        self.is_write_shut && self.peer_finished
    }

    fn broken(&self, operation: Operation, error: &io::Error) -> Progress {
        Progress::Broken(Failure::from_io(operation, self.ends.peer, error))
    }
}
