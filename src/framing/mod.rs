//! Framing: where the bytes of a stream are divided into frames.
//!
//! A [`Framing`] says how, is read from text such as `modbus-tcp` or `length,at=4,width=2,big`, and printed as it;
//! `docs/framing.md` describes the text. A [`Framer`] applies it to the bytes of one half, in reads of any size, and says
//! where frames begin and end; it never changes or drops a byte. No I/O, no threads, no clock, no words.

mod content;
mod delimiter;
mod error;
mod found;
mod framer;
mod kind;
mod length;
mod marks;
mod preset;
mod print;
mod read;
mod step;
#[cfg(test)]
mod tests;

pub use error::{FramingError, FramingErrorKind};
pub use found::{Found, FoundKind, SkipReason, Unfinished};
pub use framer::Framer;
pub use preset::Preset;

use kind::Kind;
use serde::{Deserialize, Serialize};

/// The most bytes of a frame. A longer one is shown in parts of this length.
pub const LIMIT: u64 = 64 << 20;

/// How the bytes of a stream are divided into frames. Read from and printed as text, also by serde.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Framing {
    kind: Kind,
    preset: Option<Preset>,
}

impl Framing {
    /// All presets, in the order in which they are offered.
    pub const PRESETS: &[Preset] = preset::PRESETS;

    /// The preset that it is, if it is one.
    #[must_use]
    pub fn preset(&self) -> Option<Preset> {
        self.preset
    }
}
