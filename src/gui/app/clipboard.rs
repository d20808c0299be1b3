//! Copying to the clipboard: a small selection at once, a large one as a job.

use crate::gui::action::TabId;
use crate::gui::view::{Copied, CopyRequest};
use crate::model::{Failure, Operation};
use crate::task::{Control, Task};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The copy that is being prepared, if any.
#[derive(Default)]
pub struct Clipboard {
    preparing: Option<Preparing>,
}

struct Preparing {
    tab: TabId,
    job: Task<Option<Copied>>,
}

impl Clipboard {
    /// Begins a copy from a tab; one that is being prepared is cancelled. Returns the result of a small one.
    ///
    /// # Errors
    /// The recording of a small one could not be read.
    pub fn copy(
        &mut self,
        tab: TabId,
        request: CopyRequest,
        notify: &Arc<dyn Fn() + Send + Sync>,
    ) -> Result<Option<Copied>, Failure> {
        self.cancel();
        if request.is_small() {
            return request.run(&mut |_, _| ControlFlow::Continue(()));
        }
        let run = move |control: &Control| request.run(&mut |done, total| control.step(done, total));
        self.preparing = Some(Preparing { tab, job: Task::start("copy", Operation::Read, notify, run) });
        Ok(None)
    }

    /// Cancels the copy that is being prepared.
    pub fn cancel(&mut self) {
        self.preparing = None;
    }

    /// Cancels a copy from this tab, which is closed: on Windows its recording cannot be deleted while it is read.
    pub fn tab_closed(&mut self, tab: TabId) {
        self.preparing.take_if(|preparing| preparing.tab == tab);
    }

    /// The progress of the copy that is being prepared, from 0 to 1.
    pub fn progress(&self) -> Option<f32> {
        self.preparing.as_ref().map(|preparing| preparing.job.progress().fraction())
    }

    /// The result of the copy that was being prepared, once.
    pub fn take(&mut self) -> Option<Result<Copied, Failure>> {
        let outcome = self.preparing.as_mut()?.job.take()?;
        self.preparing = None;
        outcome.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Encoding;
    use crate::gui::action::CopyFormat;
    use crate::gui::tests::{Recording, wait};
    use crate::gui::view::Selection;
    use crate::lang::Language;
    use crate::model::PeerNames;

    /// A request for everything in a recording.
    fn everything(recording: &Recording) -> CopyRequest {
        let snapshot = recording.reader().snapshot();
        let selection = Selection::all(snapshot.start(), snapshot.end());
        let (format, encodings, names) = (CopyFormat::Text, Encoding::Utf8.into(), PeerNames::default());
        let words = Language::English.words();
        CopyRequest { snapshot, filter: None, selection, format, encodings, names, words }
    }

    #[test]
    fn a_large_copy_is_a_job_that_ends_once_and_can_be_cancelled() {
        let notify: Arc<dyn Fn() + Send + Sync> = Arc::new(|| {});
        let large = Recording::of((0..20).map(|_| vec![b'x'; 60_000]));
        let small = Recording::of(["one"]);
        let mut clipboard = Clipboard::default();
        let at_once = clipboard.copy(TabId(1), everything(&small), &notify).unwrap();
        assert_eq!(at_once.map(|copied| copied.text).as_deref(), Some("one"));
        assert_eq!(clipboard.progress(), None);

        assert_eq!(clipboard.copy(TabId(1), everything(&large), &notify), Ok(None));
        let mut copied = None;
        wait("the copy", || {
            copied = clipboard.take();
            copied.is_some()
        });
        assert_eq!(copied.unwrap().unwrap().text.len(), 1_200_000);
        assert!(clipboard.take().is_none());

        for ending in ["cancelled", "tab closed", "replaced"] {
            assert_eq!(clipboard.copy(TabId(1), everything(&large), &notify), Ok(None));
            match ending {
                "cancelled" => clipboard.cancel(),
                "tab closed" => clipboard.tab_closed(TabId(1)),
                _ => drop(clipboard.copy(TabId(2), everything(&small), &notify)),
            }
            assert_eq!(clipboard.progress(), None);
            assert!(clipboard.take().is_none(), "nothing follows");
        }
    }
}
