//! Bytes outside the streams: the text of a reset (RFC 9293, 3.5.3), and what comes with a SYN that an open
//! connection does not believe (RFC 5961, 4). They are shown where they come, once each.

use super::Context;
use crate::import::output::Link;
use crate::import::packet::Segment;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What was shown outside the two streams of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outside {
    /// Fingerprints of the last bytes of each direction.
    shown: [Option<u64>; 2],
}

impl Outside {
    /// Whether the bytes of a segment of `side` were shown last.
    pub fn has(&self, side: usize, segment: &Segment<'_>) -> bool {
        self.shown[side] == Some(fingerprint(segment))
    }

    /// Shows the bytes of a segment of `side` with the note `text`, unless they repeat those that were shown last.
    pub fn show(
        &mut self,
        link: &Link,
        side: usize,
        segment: &Segment<'_>,
        text: &str,
        context: &mut Context<'_>,
    ) {
        if segment.carried_bytes() > 0 && !self.has(side, segment) {
            self.shown[side] = Some(fingerprint(segment));
            context.output.outside(link, side, context.time, segment, text);
        }
    }
}

/// Tells bytes outside a stream from a repetition of them.
fn fingerprint(segment: &Segment<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (segment.sequence, &segment.payload).hash(&mut hasher);
    hasher.finish()
}
