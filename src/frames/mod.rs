//! Frames over a recording: which bytes of the streams are a frame, over how many reads they came, and whether their check
//! is right. A view; the recording stays what it is.
//!
//! A frame **stands at** the record that brought its last byte. A gap in a stream (lost, expired or damaged bytes) and the
//! end of its connection end what is unfinished; it stands at the last record before. Each datagram is divided by itself.
//! Frames of a half are numbered from 1, those of which the rest never came included; skipped bytes have no number.
//!
//! With a framing it can be told how frames and reads met ([`FrameTotals`]). A whole frame came
//! - **cut** (半包) when its bytes came in several reads,
//! - **glued** (粘包) when its bytes came in one read that also brought bytes of another frame,
//! - **whole** when one read brought it and no byte of another frame.
//!
//! Start with [`FrameScan`] for everything, with [`FramedReader`] for what one record completes, and with [`Assembler`] for
//! records in order.

mod assembler;
mod checkpoint;
mod filter;
mod gathering;
mod half;
mod reader;
mod results;
mod scan;
mod shown;
mod totals;
mod trail;
mod worker;

pub use assembler::{Assembler, FrameSink, StreamFrame};
pub use checkpoint::{Checkpoint, Checkpoints};
pub use filter::{CompiledFrameFilter, FrameFilter, FrameMark};
pub use reader::FramedReader;
pub use results::FrameResults;
pub use scan::FrameScan;
pub use shown::{FramedRecord, Read, ShownFrame, ShownKind};
pub use totals::FrameTotals;

use crate::framing::Framing;
use crate::model::Direction;
use crate::payload::checksum::{Spec, Verdict};

/// The most bytes of a frame that are shown; exports have all of it.
pub const SHOWN_BYTES: u64 = 1 << 20;

/// How streams are divided, and what frames are checked with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FramedSettings {
    /// The framing of what is received; `None`: its reads are shown.
    pub received: Option<Framing>,
    /// The same of what is sent.
    pub sent: Option<Framing>,
    /// The check of all frames; `None`: that of the preset, if it has one.
    pub check: Option<Spec>,
}

impl FramedSettings {
    /// The same framing in both directions.
    #[must_use]
    pub fn both(framing: Framing, check: Option<Spec>) -> Self {
        Self { received: Some(framing.clone()), sent: Some(framing), check }
    }

    /// The framing of a direction.
    #[must_use]
    pub fn of(&self, direction: Direction) -> Option<&Framing> {
        match direction {
            Direction::Inbound => self.received.as_ref(),
            Direction::Outbound => self.sent.as_ref(),
        }
    }

    /// What frames of a direction are checked with: the given check, or that of the preset. Its value and what it is computed
    /// over are those of [`Framing::checked`]: the frame without delimiter, marks and escapes.
    #[must_use]
    pub fn check_of(&self, direction: Direction) -> Option<Spec> {
        self.check.clone().or_else(|| self.of(direction)?.check())
    }
}

/// How one direction is divided and checked.
#[derive(Clone, Debug)]
struct Rule {
    framing: Framing,
    check: Option<Spec>,
}

impl Rule {
    fn verdict(&self, frame: &[u8]) -> Option<Verdict> {
        Some(self.check.as_ref()?.verify(&self.framing.checked(frame)))
    }
}

/// The rules of both directions.
#[derive(Clone, Debug)]
struct Rules {
    received: Option<Rule>,
    sent: Option<Rule>,
}

impl Rules {
    fn new(settings: &FramedSettings) -> Self {
        let rule = |direction| {
            let framing = settings.of(direction)?.clone();
            Some(Rule { framing, check: settings.check_of(direction) })
        };
        Self { received: rule(Direction::Inbound), sent: rule(Direction::Outbound) }
    }

    fn of(&self, direction: Direction) -> Option<&Rule> {
        match direction {
            Direction::Inbound => self.received.as_ref(),
            Direction::Outbound => self.sent.as_ref(),
        }
    }

    fn has_check(&self) -> bool {
        [&self.received, &self.sent].into_iter().flatten().any(|rule| rule.check.is_some())
    }
}

#[cfg(test)]
mod tests;
