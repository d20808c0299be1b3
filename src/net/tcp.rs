//! One established TCP connection: reading within a budget, writing what is queued, closing.

use super::outbox::Outbox;
use super::{ConnectionEnds, EventSink};
use crate::model::{Direction, Failure, Operation};
use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Instant;

/// What a system call costs, in bytes that could have been moved in its time. It keeps a peer that
/// sends byte by byte from using its share for seconds.
pub(super) const CALL_BYTES: usize = 1024;
/// The most that is handed to the kernel at once. Windows would take a whole queue in one call, and
/// then its record would be as large.
const WRITE_BYTES: usize = 256 << 10;

/// The most that is read at once: what fits into one packet of a recording, so that one read is one
/// record.
const READ_BYTES: usize = 65_495;

/// While more than this waits to be echoed to a peer that does not read, it is not read from either:
/// TCP's own flow control then tells it to stop.
const ECHO_PAUSE_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct TcpConnection {
    pub socket: TcpStream,
    pub ends: ConnectionEnds,
    pub outbox: Outbox,
    /// It waits in the driver's list of those with something to read.
    pub is_ready: bool,
    /// The kernel may take more than the last budget allowed.
    pub wants_write: bool,
    /// The peer has finished sending.
    pub peer_finished: bool,
    /// What is to happen once everything queued is sent.
    pub ending: Ending,
    is_write_shut: bool,
}

/// How far the end of a connection is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Not at all.
    None,
    /// Tell the peer that nothing more comes once all is sent, and go on receiving.
    FinishSending,
    /// The peer is done; close once all is sent.
    AfterPeer,
    /// The user wants it closed: send what can be sent, tell the peer, wait until this moment at most.
    Local(Instant),
}

/// What came of a read or a write.
#[derive(Debug)]
pub(super) enum Progress {
    /// The kernel has nothing more, or takes nothing more, for now.
    Blocked,
    /// The budget is used up; there may be more to do.
    More,
    /// Reading is paused until the queue of echoed bytes is shorter.
    Paused,
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

    /// Reads until the kernel has no more or `budget` is used up. What is read and each call count.
    pub fn read(
        &mut self,
        buffer: &mut [u8],
        budget: &mut usize,
        echo: bool,
        sink: &mut dyn EventSink,
    ) -> Progress {
        loop {
            if *budget == 0 {
                return Progress::More;
            }
            if echo && self.outbox.bytes() > ECHO_PAUSE_BYTES {
                return Progress::Paused;
            }
            *budget = budget.saturating_sub(CALL_BYTES);
            match self.socket.read(&mut buffer[..READ_BYTES]) {
                Ok(0) => return Progress::Finished,
                Ok(count) => {
                    *budget = budget.saturating_sub(count);
                    sink.data(&self.ends, Direction::Inbound, &buffer[..count], false);
                    if echo {
                        let is_waiting = !self.outbox.is_empty();
                        // It fits: reading pauses long before the bound.
                        self.outbox.push(Arc::from(&buffer[..count]));
                        let mut all = usize::MAX;
                        if !is_waiting && let Progress::Broken(failure) = self.write(&mut all, sink) {
                            return Progress::Broken(failure);
                        }
                    }
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
                    sink.data(&self.ends, Direction::Outbound, &self.outbox.front()[..count], false);
                    self.outbox.advance(count);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Progress::Blocked,
                // Windows says so of a connection that is not quite established yet.
                Err(error) if error.kind() == ErrorKind::NotConnected => return Progress::Blocked,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.broken(Operation::Send, &error),
            }
        }
        if self.ending != Ending::None && !self.is_write_shut {
            self.is_write_shut = true;
            // It fails only where the connection is gone already, which reading will tell.
            let _ = self.socket.shutdown(Shutdown::Write);
        }
        Progress::Finished
    }

    /// A reset that came after the peer's last byte: Linux does not report it by reading any more.
    pub fn late_reset(&self) -> Option<Failure> {
        let error = self.socket.take_error().ok().flatten()?;
        Some(Failure::from_io(Operation::Receive, self.ends.peer, &error))
    }

    /// Whether everything is said on both sides, so that closing loses nothing.
    pub fn is_done(&self) -> bool {
        self.is_write_shut && self.peer_finished
    }

    fn broken(&self, operation: Operation, error: &io::Error) -> Progress {
        Progress::Broken(Failure::from_io(operation, self.ends.peer, error))
    }
}
