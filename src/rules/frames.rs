//! Puts the frames of a connection together from its reads.

use crate::framing::{FoundKind, Framer, Framing};
use crate::model::{Direction, Timestamp};

/// The frames of one connection's received bytes.
#[derive(Debug)]
pub(super) struct Assembler {
    framer: Framer,
    /// What is unfinished.
    kept: Vec<u8>,
    /// How many bytes there were before those that are kept.
    base: u64,
}

impl Assembler {
    pub fn new(framing: &Framing) -> Self {
        Self { framer: Framer::new(framing, Direction::Inbound), kept: Vec::new(), base: 0 }
    }

    /// The next bytes of a stream, that came at `time`. `each` gets the frames that end in them.
    pub fn push(&mut self, bytes: &[u8], time: Timestamp, mut each: impl FnMut(&[u8])) {
        let mut frames = Vec::new();
        self.framer.push(bytes, time, |found| {
            if found.kind == FoundKind::Frame {
                frames.push(found.start..found.end);
            }
        });
        // Where nothing is kept, frames are parts of what was read.
        let is_read = self.kept.is_empty();
        let known = self.base;
        if !is_read {
            self.kept.extend_from_slice(bytes);
        }
        let all = if is_read { bytes } else { &self.kept[..] };
        for frame in frames {
            let range = (frame.start - known) as usize..(frame.end - known) as usize;
            each(all.get(range).unwrap_or_default());
        }
        self.keep_rest(is_read.then_some(bytes));
    }

    /// The stream pauses, or has ended.
    pub fn cut(&mut self, mut each: impl FnMut(&[u8])) {
        let (kept, base) = (&self.kept, self.base);
        self.framer.cut(|found| {
            if found.kind == FoundKind::Frame {
                let range = (found.start - base) as usize..(found.end - base) as usize;
                each(kept.get(range).unwrap_or_default());
            }
        });
        self.keep_rest(None);
    }

    /// Whether a frame is unfinished.
    pub fn is_unfinished(&self) -> bool {
        self.framer.unfinished().is_some()
    }

    /// Keeps what is unfinished of `read`, or of what is kept.
    fn keep_rest(&mut self, read: Option<&[u8]>) {
        let end = self.base + read.map_or(self.kept.len(), <[u8]>::len) as u64;
        let start = self.framer.unfinished().map_or(end, |unfinished| unfinished.start);
        let passed = (start - self.base) as usize;
        match read {
            Some(bytes) => self.kept.extend_from_slice(&bytes[passed..]),
            // Many small frames behind each other move the rest only once.
            None => drop(self.kept.drain(..passed)),
        }
        self.base = start;
        if self.kept.is_empty() && self.kept.capacity() > SPARE_BYTES {
            self.kept = Vec::new();
        }
    }
}

/// How much memory a connection without an unfinished frame keeps.
const SPARE_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(framing: &str, reads: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut assembler = Assembler::new(&framing.parse().unwrap());
        let mut frames = Vec::new();
        for read in reads {
            assembler.push(read, Timestamp(0), |frame| frames.push(frame.to_vec()));
        }
        frames
    }

    #[test]
    fn glued_and_cut_frames_are_put_together() {
        let stream = b"\x02ab\x03cde\x01f\x02";
        let expected: [&[u8]; 3] = [b"\x02ab", b"\x03cde", b"\x01f"];
        for size in 1..=stream.len() {
            let reads: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(frames("length,at=0,width=1", &reads), expected, "{size}");
        }
    }

    proptest! {
        #[test]
        fn frames_do_not_depend_on_the_reads(
            bytes in prop::collection::vec(prop::sample::select(vec![0u8, 1, 2, 3, 5, b'\r', b'\n', b'a', 0x7E]), 0..200),
            cuts in prop::collection::vec(1usize..20, 1..10),
            framing in prop::sample::select(vec!["lines", "length,at=0,width=1", "fixed=4", "marks,start=7E,end=7E"]),
        ) {
            let mut reads: Vec<&[u8]> = Vec::new();
            let mut rest = &bytes[..];
            for length in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (read, after) = rest.split_at((*length).min(rest.len()));
                reads.push(read);
                rest = after;
            }
            prop_assert_eq!(frames(framing, &reads), frames(framing, &[&bytes]));
        }
    }
}
