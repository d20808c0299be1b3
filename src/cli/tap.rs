//! What a running session shows on standard output and standard error, as it happens on the
//! session's thread, and what its front end has to hear of.

use super::output::{Printer, describe};
use super::{say, signal};
use crate::engine::Observer;
use crate::lang::Language;
use crate::model::{ConnectionId, Direction, Record, RecordKind};
use crossbeam_channel::Sender;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the front end's thread waits for.
#[derive(Debug)]
pub(super) enum News {
    /// Something has failed, and the session's status will tell of it.
    Failed,
    /// The session's status has changed.
    Status,
    /// The first connection is there.
    FirstOpened,
    /// The first connection has closed, and whether it broke.
    FirstClosed { is_broken: bool },
    /// As many data records were received as were asked for.
    CountReached,
    /// Standard output takes nothing more.
    OutputFailed(io::Error),
    /// The user wants it to end.
    Interrupted,
    /// The session's thread has ended.
    Ended,
}

/// Prints records and watches for what ends the session.
pub(super) struct Console {
    pub news: Sender<News>,
    /// That something has failed was told and not yet looked at.
    pub has_failed: Arc<AtomicBool>,
    /// `None`: standard output has failed, or there is nothing to print.
    pub printer: Option<Printer>,
    /// Data is not printed.
    pub is_quiet: bool,
    /// Standard output has all but failures, which are told on standard error as well.
    pub is_json: bool,
    /// How many data records may still be received; `None` for any number.
    pub records_left: Option<u64>,
    /// Only the first connection counts; others that came in the same moment are cut off.
    pub is_once: bool,
    pub is_first_broken: bool,
    /// That it listens has been told.
    pub is_listening: bool,
}

/// The id that the first connection of a session has.
const FIRST: ConnectionId = ConnectionId(1);

impl Observer for Console {
    fn record(&mut self, record: &Record<'_>) {
        if self.is_once && record.connection > FIRST {
            return;
        }
        if record.kind == RecordKind::Data {
            if record.direction == Direction::Inbound && !self.count() || self.is_quiet {
                return;
            }
        } else {
            self.change(record);
        }
        if let Some(printer) = &mut self.printer {
            let printed = printer.print(record);
            self.check(printed);
        }
    }

    fn flush(&mut self) {
        if let Some(printer) = &mut self.printer {
            let flushed = printer.flush();
            self.check(flushed);
        }
    }
}

impl Drop for Console {
    /// Perhaps by a panic, of which only the status tells.
    fn drop(&mut self) {
        signal(&self.news, News::Ended);
    }
}

impl Console {
    /// Counts a received data record. `false`: it is one too many.
    fn count(&mut self) -> bool {
        match &mut self.records_left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                if *left == 0 {
                    signal(&self.news, News::CountReached);
                }
                true
            }
        }
    }

    fn change(&mut self, record: &Record<'_>) {
        if record.kind == RecordKind::Error && !self.has_failed.swap(true, Ordering::AcqRel) {
            signal(&self.news, News::Failed);
        }
        match record.kind {
            RecordKind::Opened if record.connection == FIRST => signal(&self.news, News::FirstOpened),
            RecordKind::Error if record.connection == FIRST => self.is_first_broken = true,
            RecordKind::Closed if record.connection == FIRST => {
                signal(&self.news, News::FirstClosed { is_broken: self.is_first_broken });
            }
            _ => {}
        }
        if let Some(text) = self.words(record) {
            // In the order in which it happened, where both go to one terminal.
            self.flush();
            say(&text);
        }
    }

    /// What standard error says of it.
    fn words(&mut self, record: &Record<'_>) -> Option<String> {
        if (record.kind, record.connection) == (RecordKind::Note, ConnectionId::SESSION) {
            // The first note of a server or a UDP socket has its address, which scripts wait for.
            if record.local.port() != 0 && !std::mem::replace(&mut self.is_listening, true) {
                return Some(format!("listening on {}", record.local));
            }
            // With --once that is as asked for.
            if record.text == Language::English.words().record_stopped_listening {
                return None;
            }
        }
        let is_wanted = record.kind == RecordKind::Error
            || !self.is_json
            || (record.kind, record.direction) == (RecordKind::Opened, Direction::Outbound);
        if is_wanted { describe(record) } else { None }
    }

    /// Stops printing once that fails, and tells why, once.
    fn check(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.printer = None;
            signal(&self.news, News::OutputFailed(error));
        }
    }
}
