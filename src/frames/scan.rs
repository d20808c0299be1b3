//! A scan of frames in the background. What its thread does is in `worker`.

use super::FramedSettings;
use super::filter::CompiledFrameFilter;
use super::results::FrameResults;
use super::worker::Worker;
use crate::capture::CaptureReader;
use crate::search::{HasProgress, Progress, Scan};
use crate::task::Notify;

/// Divides a recording into frames on a thread of its own, as [`Scan`] searches it.
pub type FrameScan = Scan<FrameResults>;

impl HasProgress for FrameResults {
    fn progress(&self) -> &Progress {
        &self.progress
    }
}

impl FrameScan {
    /// Divides a recording from its beginning. With a filter, [`FrameResults::positions`] has only what passes it. The rest is
    /// as for [`Scan::start`].
    #[must_use]
    pub fn divide(
        settings: FramedSettings,
        filter: Option<CompiledFrameFilter>,
        reader: CaptureReader,
        notify: Notify,
    ) -> Self {
        let tell = notify.clone();
        Self::run("frames", FrameResults::default(), &notify, move |control, latest| {
            Worker::new(&settings, filter, reader, tell, control, latest).run();
        })
    }
}
