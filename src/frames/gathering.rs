//! The bytes of frames that come in several reads.

use crate::framing::Unfinished;

/// Bound on the bytes that are kept for all halves together.
const MOST_KEPT: usize = 256 << 20;

/// What unfinished frames take in all.
#[derive(Debug, Default)]
pub(super) struct Budget {
    kept: usize,
}

/// The bytes of one half that are unfinished.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    bytes: Vec<u8>,
    /// The offset of the first one in the half.
    start: u64,
    /// They did not fit into the budget.
    is_lost: bool,
}

impl Gathering {
    /// The bytes from `start` to `end` of the half, while a read that begins at `read_start` brings `payload`. `None`: they
    /// were not kept.
    pub fn bytes<'a>(
        &'a self,
        (start, end): (u64, u64),
        read_start: u64,
        payload: &'a [u8],
        joined: &'a mut Vec<u8>,
    ) -> Option<&'a [u8]> {
        if start >= read_start {
            return payload.get((start - read_start) as usize..(end - read_start) as usize);
        }
        let from = start.checked_sub(self.start).filter(|_| !self.is_lost)? as usize;
        if end <= read_start {
            return self.bytes.get(from..(end - self.start) as usize);
        }
        joined.clear();
        joined.extend_from_slice(self.bytes.get(from..)?);
        joined.extend_from_slice(payload.get(..(end - read_start) as usize)?);
        Some(joined)
    }

    /// Keeps what is unfinished behind that read. `false`: there is no room for it.
    pub fn keep(
        &mut self,
        unfinished: Option<Unfinished>,
        read_start: u64,
        payload: &[u8],
        budget: &mut Budget,
    ) -> bool {
        let Some(unfinished) = unfinished else {
            self.forget(budget);
            return true;
        };
        let before = self.bytes.len();
        if unfinished.start >= read_start {
            let kept = payload.get((unfinished.start - read_start) as usize..).unwrap_or_default();
            self.bytes.clear();
            self.is_lost = budget.kept - before + kept.len() > MOST_KEPT;
            if !self.is_lost {
                self.bytes.extend_from_slice(kept);
            }
            self.start = unfinished.start;
        } else if !self.is_lost {
            let gone = (unfinished.start - self.start) as usize;
            self.bytes.drain(..gone.min(before));
            self.start = unfinished.start;
            self.is_lost = budget.kept + payload.len() > MOST_KEPT;
            if self.is_lost {
                self.bytes = Vec::new();
            } else {
                self.bytes.extend_from_slice(payload);
            }
        }
        // Room for a long frame is given back with it.
        if self.bytes.capacity() > 4 * self.bytes.len() + (4 << 10) {
            self.bytes.shrink_to_fit();
        }
        budget.kept = budget.kept - before + self.bytes.len();
        !self.is_lost
    }

    /// Forgets what is kept.
    pub fn forget(&mut self, budget: &mut Budget) {
        budget.kept -= self.bytes.len();
        self.bytes = Vec::new();
        self.is_lost = false;
    }
}
