//! How many frames there are, and how they came.

use std::ops::AddAssign;

/// Counts of frames, see the [module](super) for what the words mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameTotals {
    /// Reads, writes and datagrams with data.
    pub reads: u64,
    /// Of these, the ones that brought bytes of several frames.
    pub glued_reads: u64,
    /// Whole frames: `whole` + `glued` + `cut`.
    pub frames: u64,
    /// Their bytes.
    pub frame_bytes: u64,
    /// Frames that one read brought, and no byte of another frame.
    pub whole: u64,
    /// Frames that one read brought, with bytes of another frame.
    pub glued: u64,
    /// Frames that came in several reads.
    pub cut: u64,
    /// Frames with a right check.
    pub right: u64,
    /// Frames with a wrong check, or without room for one.
    pub wrong: u64,
    /// Frames of which the rest never came, and parts of those beyond the limit.
    pub incomplete: u64,
    /// Bytes in no frame.
    pub skipped_bytes: u64,
}

impl AddAssign for FrameTotals {
    fn add_assign(&mut self, other: Self) {
        self.reads += other.reads;
        self.glued_reads += other.glued_reads;
        self.frames += other.frames;
        self.frame_bytes += other.frame_bytes;
        self.whole += other.whole;
        self.glued += other.glued;
        self.cut += other.cut;
        self.right += other.right;
        self.wrong += other.wrong;
        self.incomplete += other.incomplete;
        self.skipped_bytes += other.skipped_bytes;
    }
}
