//! Looking ahead in several parts of a recording at once.
//!
//! Streams go through the whole recording, and so a search takes its records in order. In most records, however, there
//! is nothing that a match needs, and that can be told without knowing what came before: threads look for stretches of
//! such records, and the search passes over those and reads what is between them. So it finds the same as without
//! threads.

use super::filter::CompiledFilter;
use super::priority;
use super::probe::Probes;
use super::stretch::{Stretch, StretchBuilder};
use crate::capture::{CaptureReader, Position, Scanner};
use crate::task::Control;
use crossbeam_channel::bounded;
use std::ops::{ControlFlow, Range};
use std::thread;

/// Bound on the threads of one search.
const MAX_THREADS: usize = 4;
/// Parts that each thread may be ahead of the search, which bounds the memory of stretches.
const PARTS_AHEAD: usize = 2;
/// After so many chunks in succession with something, the rest of a part is left to the search, which reads it anyway.
const MAX_BUSY_CHUNKS: usize = 2;

/// How a recording is divided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Division {
    /// Least length of a part, in bytes.
    pub part_bytes: u64,
    /// Number of threads; 0: nobody looks ahead.
    pub threads: usize,
}

impl Division {
    /// For this machine.
    pub fn usual() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        // With one processor looking ahead would only cost.
        let threads = if processors > 1 { processors.min(MAX_THREADS) } else { 0 };
        Self { part_bytes: 4 << 20, threads }
    }
}

/// What looking ahead needs of a search.
#[derive(Clone)]
pub(super) struct Lookout<'a> {
    pub reader: CaptureReader,
    pub filter: Option<CompiledFilter>,
    pub probes: Probes,
    pub control: &'a Control,
}

impl Lookout<'_> {
    /// Looks through the parts between `borders`, and gives the stretches of each, in order, to `take` until that
    /// breaks.
    pub fn look_through(
        &self,
        borders: &[Position],
        threads: usize,
        mut take: impl FnMut(Vec<Stretch>) -> ControlFlow<()>,
    ) {
        let parts = || borders.windows(2).map(|pair| pair[0]..pair[1]);
        thread::scope(|scope| {
            let mut looking = Vec::new();
            for number in 0..threads {
                let (sender, receiver) = bounded(PARTS_AHEAD);
                looking.push(receiver);
                let mut lookout = self.clone();
                // Without a thread its parts have no stretches, and the search reads them.
                let _ = thread::Builder::new().name("search ahead".into()).spawn_scoped(scope, move || {
                    priority::lower();
                    let mut scanner = Scanner::new(Position(0));
                    for part in parts().skip(number).step_by(threads) {
                        let stretches = lookout.stretches(&mut scanner, part);
                        if lookout.control.was_cancelled() || sender.send(stretches).is_err() {
                            break;
                        }
                    }
                });
            }
            for receiver in looking.iter().cycle().take(parts().count()) {
                if take(receiver.recv().unwrap_or_default()).is_break() {
                    break;
                }
            }
        });
    }

    /// The stretches of a part, in order.
    fn stretches(&mut self, scanner: &mut Scanner, part: Range<Position>) -> Vec<Stretch> {
        let snapshot = self.reader.snapshot();
        let mut stretches = Vec::new();
        let mut busy_chunks = 0;
        scanner.seek(part.start);
        // What cannot be read is left to the search, which reports it.
        while scanner.position() < part.end
            && busy_chunks < MAX_BUSY_CHUNKS
            && !self.control.is_cancelled()
            && let Ok(Some(chunk)) = scanner.read_until(&snapshot, part.end)
        {
            let mut range = chunk.range();
            let mut stretch = StretchBuilder::default();
            let mut is_busy = false;
            self.probes.begin_chunk();
            for scanned in chunk.records() {
                // By reference: moving a record of this size costs as much as reading it.
                match &scanned {
                    Ok(scanned) => {
                        if !stretch.add(self.filter.as_ref(), &mut self.probes, chunk.bytes, scanned) {
                            range.end = scanned.entry.position;
                            is_busy = true;
                            break;
                        }
                    }
                    Err(_) => {
                        range.end = range.start;
                        break;
                    }
                }
            }
            busy_chunks = if is_busy { busy_chunks + 1 } else { 0 };
            if range.end > range.start {
                stretches.push(stretch.build(range));
            }
        }
        stretches
    }
}
