//! What is said of frames in tables.

use crate::frames::{ShownKind, StreamFrame};
use crate::framing::SkipReason;
use crate::payload::checksum::Verdict;

/// Whether it is a whole frame.
pub(super) fn is_complete(frame: &StreamFrame<'_>) -> bool {
    frame.kind == ShownKind::Frame
}

/// What its check is called in tables.
pub(super) fn check_name(frame: &StreamFrame<'_>) -> Option<&'static str> {
    frame.verdict.as_ref().map(|verdict| if *verdict == Verdict::Right { "right" } else { "wrong" })
}

/// What the reason is called in tables for which bytes are in no frame.
pub(super) fn skipped_name(frame: &StreamFrame<'_>) -> Option<&'static str> {
    let ShownKind::Skipped(reason) = frame.kind else { return None };
    Some(match reason {
        SkipReason::NoHeader => "no-header",
        SkipReason::Length => "length",
        SkipReason::NoStart => "no-start",
        SkipReason::NoEnd => "no-end",
        SkipReason::NoCheck => "no-check",
        SkipReason::Aborted => "aborted",
        SkipReason::Fill => "fill",
        SkipReason::Upgraded => "upgraded",
    })
}
