//! A scan of frames in the background: starting it, reading its results, stopping it. What its thread does is in `worker`.

use super::FramedSettings;
use super::filter::CompiledFrameFilter;
use super::results::FrameResults;
use super::worker::Worker;
use crate::capture::CaptureReader;
use crate::model::Operation;
use crate::search::{Progress, lower_priority};
use crate::task::{Notify, Task};
use arc_swap::ArcSwap;
use std::sync::Arc;

/// A scan on a thread of its own, which goes on with what is recorded later. Dropping it cancels it.
#[derive(Debug)]
pub struct FrameScan {
    latest: Arc<ArcSwap<FrameResults>>,
    task: Task<()>,
}

impl FrameScan {
    /// Divides a recording from its beginning. With a filter, [`FrameResults::positions`] has only what passes it. `notify` is
    /// called on the scan's thread when there are new results, about 30 times a second at most. The caller tells of new
    /// records with [`FrameScan::wake`]. Where the system has no thread left, that is the failure of its
    /// [`Progress`].
    #[must_use]
    pub fn start(
        settings: FramedSettings,
        filter: Option<CompiledFrameFilter>,
        reader: CaptureReader,
        notify: Notify,
    ) -> Self {
        let latest = Arc::new(ArcSwap::from_pointee(FrameResults::default()));
        let for_worker = latest.clone();
        let tell = notify.clone();
        let task = Task::start("frames", Operation::Read, &notify, move |control| {
            lower_priority();
            Worker::new(&settings, filter, reader, tell, control, &for_worker).run();
            Ok(())
        });
        Self { latest, task }
    }

    /// Tells it that there may be new records.
    pub fn wake(&self) {
        self.task.wake();
    }

    /// Whether its thread runs. It ends only when it is cancelled or panics.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.task.is_finished()
    }

    /// Ends it within milliseconds, and does not wait for that. Its results stay.
    pub fn cancel(&self) {
        self.task.cancel();
    }

    /// Its progress.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let mut progress = self.latest.load().progress.clone();
        progress.failure = progress.failure.or_else(|| self.task.failure());
        progress
    }

    /// The results published last. Never waits for the scan.
    #[must_use]
    pub fn results(&self) -> Arc<FrameResults> {
        self.latest.load_full()
    }
}
