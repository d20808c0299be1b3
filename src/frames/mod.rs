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
use crate::payload::checksum::Spec;

/// The most bytes of a frame that are shown; exports have all of it.
pub const SHOWN_BYTES: u64 = 1 << 20;

/// How streams are divided, and what frames are checked with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FramedSettings {
    /// The framing of what is received; `None`: its reads are shown.
    pub received: Option<Framing>,
    /// The same of what is sent.
    pub sent: Option<Framing>,
    /// The check of all frames.
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

    /// The check of a direction's frames.
    #[must_use]
    pub fn check_of(&self, _: Direction) -> Option<&Spec> {
        self.check.as_ref()
    }
}

#[cfg(test)]
mod tests;
