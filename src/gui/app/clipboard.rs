//! Copying to the clipboard: a small selection at once, a large one as a job.

use crate::gui::kit::jobs::Job;
use crate::gui::view::{Copied, CopyRequest};
use crate::model::Failure;
use std::sync::Arc;

/// The copy that is being prepared, if any.
#[derive(Default)]
pub struct Clipboard {
    job: Option<Job<Option<Copied>>>,
}

impl Clipboard {
    /// Begins a copy; one that is being prepared is cancelled. Returns the result of a small one.
    ///
    /// # Errors
    /// The recording of a small one could not be read.
    pub fn copy(
        &mut self,
        request: CopyRequest,
        notify: &Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Option<Copied>, Failure> {
        self.job = None;
        if request.is_small() {
            return request.run(&mut |_, _| std::ops::ControlFlow::Continue(()));
        }
        let run = move |control: &_| {
            let control: &crate::gui::kit::jobs::Control = control;
            request.run(&mut |done, total| control.step(done, total))
        };
        self.job = Some(Job::start("copy", notify, run));
        Ok(None)
    }

    /// Cancels the copy that is being prepared.
    pub fn cancel(&mut self) {
        self.job = None;
    }

    /// The progress of the copy that is being prepared, from 0 to 1.
    pub fn progress(&self) -> Option<f32> {
        self.job.as_ref().map(Job::fraction)
    }

    /// The result of the copy that was being prepared, once.
    pub fn take(&mut self) -> Option<Result<Copied, Failure>> {
        let outcome = self.job.as_mut()?.take()?;
        self.job = None;
        outcome.transpose()
    }
}
