//! The observer of a session, on the session's thread: prints records and events, and notifies the main thread of
//! what may end the session.

use super::args::{Plan, View};
use super::frames::Frames;
use super::news::{News, NewsSender};
use super::output::{Printer, describe};
use super::process::{say, stdout};
use super::reach::reach;
use crate::engine::Observer;
use crate::lang::Language;
use crate::model::{ConnectionId, Direction, Record, RecordKind, SessionConfig};
use crate::net::local_addresses;
use crossbeam_channel::Sender;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Connections that were opened and not handled yet.
pub(super) type Opened = Arc<Mutex<Vec<ConnectionId>>>;

/// The observer.
pub(super) struct Console {
    pub news: NewsSender,
    /// `None`: standard output failed, or nothing is to be printed.
    pub printer: Option<Printer>,
    /// Where the totals of frames go.
    pub frames: Option<Arc<Frames>>,
    /// Data is not printed.
    pub is_quiet: bool,
    /// Events go to standard output as JSON; only failures also go to standard error.
    pub is_json: bool,
    /// Data records still to be received before the session ends; `None`: no limit.
    pub records_left: Option<u64>,
    /// `--once`: ignores connections after the first, which can be accepted before listening stops.
    pub is_once: bool,
    /// Connections that were opened and not handled yet, if they are sent something.
    pub opened: Option<Opened>,
    /// Wakes the thread that copies the recording to a FIFO.
    pub feed: Option<Sender<()>>,
    /// The line "listening on" was printed.
    pub is_listening: bool,
    /// The addresses at which the socket can be reached are still to be printed.
    pub tells_reach: bool,
}

/// The id of a session's first connection.
const FIRST: ConnectionId = ConnectionId(1);

impl Console {
    /// The observer of the session of a plan.
    ///
    /// # Errors
    /// Standard output cannot be used.
    pub fn new(plan: &Plan, news: NewsSender) -> io::Result<Self> {
        let is_json = plan.view == View::Json;
        // With --quiet, JSON still has the events.
        let out = match is_json || !plan.quiet {
            true => Some(stdout()?),
            // Frames are counted all the same.
            false => plan.frames.as_ref().map(|_| Box::new(io::sink()) as Box<dyn Write + Send>),
        };
        let printer = out.map(|out| {
            let printer = Printer::new(out, plan.view, plan.encoding);
            match &plan.frames {
                Some(frames) => printer.with_frames(&frames.settings, plan.quiet),
                None => printer,
            }
        });
        Ok(Self {
            news,
            printer,
            frames: plan.frames.clone(),
            is_quiet: plan.quiet,
            is_json,
            records_left: plan.count,
            is_once: plan.once,
            opened: None,
            feed: None,
            is_listening: false,
            tells_reach: match &plan.config {
                // Port 0 with a recipient is a client, whose port nobody needs to know.
                SessionConfig::Udp(config) => config.local.port() != 0 || config.remote.is_none(),
                SessionConfig::TcpServer(_) | SessionConfig::TcpClient(_) => true,
            },
        })
    }
}

impl Observer for Console {
    fn record(&mut self, record: &Record<'_>) {
        if self.is_once && record.connection > FIRST {
            return;
        }
        if record.kind == RecordKind::Data {
            if record.direction == Direction::Inbound && !self.count()
                || self.is_quiet && self.frames.is_none()
            {
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
        if let Some(feed) = &self.feed {
            let _ = feed.try_send(());
        }
        if let Some(printer) = &mut self.printer {
            let flushed = printer.flush();
            if let Some(frames) = &self.frames {
                frames.set(printer.frame_totals());
            }
            self.check(flushed);
        }
    }
}

impl Drop for Console {
    /// Also runs when the session's thread panics; the status then has the failure.
    fn drop(&mut self) {
        if self.frames.is_some()
            && let Some(printer) = &mut self.printer
        {
            let printed = printer.end_frames();
            self.check(printed);
            self.flush();
        }
        self.news.send(News::Ended);
    }
}

impl Console {
    /// Counts a received data record. `false`: it is beyond the limit and not printed.
    fn count(&mut self) -> bool {
        match &mut self.records_left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                if *left == 0 {
                    self.news.send(News::CountReached);
                }
                true
            }
        }
    }

    fn change(&mut self, record: &Record<'_>) {
        if record.is_failure() {
            self.news.send(News::Failed);
        }
        if record.kind == RecordKind::Opened
            && let Some(opened) = &self.opened
        {
            opened.lock().unwrap_or_else(PoisonError::into_inner).push(record.connection);
            self.news.send(News::Opened);
        }
        match record.kind {
            RecordKind::Opened if record.connection == FIRST => self.news.send(News::FirstOpened),
            RecordKind::Closed if record.connection == FIRST => {
                self.news.send(News::FirstClosed { is_broken: record.is_broken_end() });
            }
            _ => {}
        }
        if let Some(text) = self.words(record) {
            // Keeps the order when standard output and standard error are the same terminal.
            self.flush();
            say(&text);
        }
        if self.is_listening
            && std::mem::take(&mut self.tells_reach)
            && let Some(text) = reach(record.local, &local_addresses())
        {
            say(&text);
        }
    }

    /// The line on standard error for an event, if it gets one.
    fn words(&mut self, record: &Record<'_>) -> Option<String> {
        if (record.kind, record.connection) == (RecordKind::Note, ConnectionId::SESSION) {
            // The first note of a server or a UDP socket is about its address. Scripts wait for this line.
            if record.local.port() != 0 && !std::mem::replace(&mut self.is_listening, true) {
                return Some(format!("listening on {}", record.local));
            }
            // Expected with --once.
            if record.text == Language::English.words().record_stopped_listening {
                return None;
            }
        }
        let is_wanted = record.is_failure()
            || !self.is_json
            || (record.kind, record.direction) == (RecordKind::Opened, Direction::Outbound);
        if is_wanted { describe(record) } else { None }
    }

    /// On an error stops printing and tells the main thread.
    pub fn check(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.printer = None;
            self.news.send(News::OutputFailed(error));
        }
    }
}
