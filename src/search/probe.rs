//! Probes: tell whether a record can have anything to do with a match, by its bytes and those before it alone. What
//! they find need not be a match, but every match is found.

use super::fragments::FragmentFinder;
use super::pattern::Pattern;
use crate::codec::Encoding;
use crate::model::ConnectionId;
use crate::streams::Encodings;
use std::ops::Range;
use std::sync::Arc;

/// The probe for each encoding, as a search in that encoding gave it.
#[derive(Clone, Debug)]
pub(super) struct Probes {
    pub encodings: Encodings,
    pub probes: Vec<(Encoding, Probe)>,
}

impl Probes {
    pub fn begin_chunk(&mut self) {
        self.probes.iter_mut().for_each(|(_, probe)| probe.begin_chunk());
    }

    /// `None`: a connection in this encoding has no match.
    pub fn of(&mut self, connection: ConnectionId) -> Option<&mut Probe> {
        let wanted = self.encodings.of(connection);
        self.probes.iter_mut().find(|(encoding, _)| *encoding == wanted).map(|(_, probe)| probe)
    }
}

/// Looks for what every match contains.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    needed: Needed,
    /// Records that begin further back than this do not count any more, in bytes of the stream.
    pub kept_bytes: u64,
}

#[derive(Clone, Debug)]
enum Needed {
    /// The match itself; the next occurrence in the chunk as in [`super::byte_search`], and a buffer.
    Pattern {
        pattern: Arc<Pattern>,
        next: Option<usize>,
        joined: Vec<u8>,
    },
    Fragments(FragmentFinder),
}

impl Probe {
    pub fn pattern(pattern: &Arc<Pattern>) -> Self {
        let needed = Needed::Pattern { pattern: pattern.clone(), next: Some(0), joined: Vec::new() };
        Self { needed, kept_bytes: pattern.len() as u64 - 1 }
    }

    pub fn fragments(finder: &FragmentFinder, kept_bytes: u64) -> Self {
        Self { needed: Needed::Fragments(finder.clone()), kept_bytes }
    }

    /// How many bytes before a record can belong to what is looked for.
    pub fn carried_bytes(&self) -> usize {
        match &self.needed {
            Needed::Pattern { pattern, .. } => pattern.len() - 1,
            Needed::Fragments(finder) => finder.carried_bytes(),
        }
    }

    pub fn begin_chunk(&mut self) {
        match &mut self.needed {
            Needed::Pattern { next, .. } => *next = Some(0),
            Needed::Fragments(finder) => finder.begin_chunk(),
        }
    }

    /// Whether it is in a range of the chunk. Ranges are asked for in ascending order.
    pub fn is_in(&mut self, chunk: &[u8], range: Range<usize>) -> bool {
        let (pattern, next) = match &mut self.needed {
            Needed::Pattern { pattern, next, .. } => (pattern, next),
            Needed::Fragments(finder) => return finder.is_in(chunk, range),
        };
        while let Some(at) = next.filter(|at| *at < range.end) {
            if at >= range.start && at + pattern.len() <= range.end {
                return true;
            }
            // Before the range, or it ends in the header of the next block.
            *next = pattern.find(chunk, range.start.max(at + 1));
        }
        false
    }

    /// Whether it begins in `before`, the last [`Self::carried_bytes`], and ends in `after`.
    pub fn is_across(&mut self, before: &[u8], after: &[u8]) -> bool {
        match &mut self.needed {
            Needed::Pattern { pattern, joined, .. } => is_across(pattern, joined, before, after),
            Needed::Fragments(finder) => finder.is_across(before, after),
        }
    }
}

/// Whether a pattern begins in `before`, which has less than its length, and ends in `after`.
pub(super) fn is_across(pattern: &Pattern, joined: &mut Vec<u8>, before: &[u8], after: &[u8]) -> bool {
    if !pattern.may_cross(before, after) {
        return false;
    }
    joined.clear();
    joined.extend_from_slice(before);
    joined.extend_from_slice(&after[..after.len().min(pattern.len() - 1)]);
    pattern.find(joined, 0).is_some()
}
