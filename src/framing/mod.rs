//! Framing: where the bytes of a stream are divided into frames.
//!
//! A [`Framing`] says how, is read from text such as `modbus-tcp` or `length,at=4,width=2,big`, and printed as it;
//! `docs/framing.md` describes the text. A [`Framer`] applies it to the bytes of one half, in reads of any size, and says
//! where frames begin and end; it never changes or drops a byte. No I/O, no threads, no clock, no words.

mod check;
mod cobs;
mod content;
mod crc16;
mod delimiter;
mod error;
mod found;
mod framer;
mod header;
mod http;
mod kind;
mod length;
mod marks;
mod modbus_rtu;
mod preset;
mod print;
mod read;
mod rule;
mod step;
#[cfg(test)]
mod tests;
mod websocket;

pub use error::{FramingError, FramingErrorKind};
pub use found::{Found, FoundKind, SkipReason, Unfinished};
pub use framer::Framer;
pub use preset::Preset;

use kind::Kind;
use preset::Method;
use serde::{Deserialize, Serialize};

/// The most bytes of a frame. A longer one is shown in parts of this length.
pub const LIMIT: u64 = 64 << 20;

/// How the bytes of a stream are divided into frames. Read from and printed as text, also by serde.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Framing(Chosen);

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Chosen {
    Preset(Preset),
    Kind(Kind),
}

impl Framing {
    /// All presets, in the order in which they are offered.
    pub const PRESETS: &[Preset] = preset::PRESETS;

    /// The preset that it is, if it is one.
    #[must_use]
    pub fn preset(&self) -> Option<Preset> {
        match self.0 {
            Chosen::Preset(preset) => Some(preset),
            Chosen::Kind(_) => None,
        }
    }

    /// How its frames are found.
    fn method(&self) -> Method {
        match &self.0 {
            Chosen::Preset(preset) => preset.method(),
            Chosen::Kind(kind) => Method::Kind(*kind),
        }
    }

    /// Whether a pause ends frames, so that the end of one is known only when the next bytes come.
    #[must_use]
    pub fn goes_by_time(&self) -> bool {
        matches!(self.method(), Method::Kind(Kind::Gap(_)))
    }
}
