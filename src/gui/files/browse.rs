//! The two ways to a path: the desktop's file dialog, and the window's own for a typed path, which is shown where there
//! is no desktop or the user wants it. Draws nothing.

use crate::gui::files::desktop::Desktop;
use crate::model::Operation;
use crate::task::{Notify, Task};
use std::sync::Arc;

/// What a dialog of the desktop has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// There is no dialog that answers; the window's own is shown.
    Unavailable,
    /// The user chose nothing.
    Cancelled,
    /// What the user chose.
    Chosen(T),
}

/// The state of choosing a `T`, such as one path or several.
pub struct Chooser<T> {
    /// The desktop's dialog that is open, as a job, since it blocks its thread.
    asking: Option<Task<Answer<T>>>,
    /// The window's own dialog is shown.
    is_shown: bool,
    /// No dialog of the desktop has answered.
    has_no_desktop: bool,
    /// The field for the path takes the keyboard focus in the next frame.
    wants_focus: bool,
}

impl<T> Default for Chooser<T> {
    /// Nothing is shown yet.
    fn default() -> Self {
        Self { asking: None, is_shown: false, has_no_desktop: false, wants_focus: true }
    }
}

impl<T: Send + 'static> Chooser<T> {
    /// Asks with the desktop's dialog, unless it is open already. Without a desktop, the window's own is shown.
    pub fn ask(
        &mut self,
        desktop: Option<&Arc<dyn Desktop>>,
        notify: &Notify,
        choose: impl FnOnce(&dyn Desktop) -> Option<T> + Send + 'static,
    ) {
        let Some(desktop) = desktop.cloned() else { return self.show_without_desktop() };
        if self.asking.is_some() {
            return;
        }
        let ask = move |_: &_| {
            if !desktop.has_dialogs() {
                return Ok(Answer::Unavailable);
            }
            Ok(choose(&*desktop).map_or(Answer::Cancelled, Answer::Chosen))
        };
        self.asking = Some(Task::start("choose file", Operation::Read, notify, ask));
    }

    /// The answer of the desktop's dialog, once.
    pub fn take_answer(&mut self) -> Option<Answer<T>> {
        let outcome = self.asking.as_mut().and_then(Task::take)?;
        self.asking = None;
        let answer = outcome.unwrap_or(Answer::Unavailable);
        if matches!(answer, Answer::Unavailable) {
            self.show_without_desktop();
        }
        Some(answer)
    }
}

impl<T> Chooser<T> {
    /// Shows the window's own dialog.
    pub fn show(&mut self) {
        self.is_shown = true;
    }

    fn show_without_desktop(&mut self) {
        self.has_no_desktop = true;
        self.wants_focus = true;
        self.show();
    }

    /// Whether the window's own dialog is shown.
    pub fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Whether the desktop's dialog is open.
    pub fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// Whether no dialog of the desktop has answered.
    pub fn has_no_desktop(&self) -> bool {
        self.has_no_desktop
    }

    /// Whether the field for the path takes the keyboard focus now; once.
    pub fn takes_focus(&mut self) -> bool {
        std::mem::take(&mut self.wants_focus)
    }
}
