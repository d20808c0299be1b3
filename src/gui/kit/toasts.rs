//! Short messages about what was done, which go by themselves. Draws nothing; `toasts_ui` does.

use crate::gui::action::Action;

/// How long a toast is shown, in seconds.
pub const SHOWN_SECONDS: f64 = 6.0;
/// The most toasts at a time; more would hide the data.
const MOST: usize = 3;

/// A message about something that was done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Toast {
    /// What was done, in the language of the window.
    pub text: String,
    /// Whether that is what the user wanted.
    pub kind: ToastKind,
    /// What does not fit into a line, such as the path of a file; shown as a tooltip.
    pub detail: String,
    /// What the user may want to do next.
    pub next: Option<NextStep>,
}

/// What a toast tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToastKind {
    /// What the user asked for is done.
    #[default]
    Done,
    /// Something else, such as that it was cancelled.
    Note,
}

/// The button of a toast.
#[derive(Clone, Debug, PartialEq)]
pub struct NextStep {
    /// The text, in the language of the window.
    pub label: String,
    /// The accessible name.
    pub name: &'static str,
    /// What the button does.
    pub action: Action,
}

/// The toasts that are shown.
#[derive(Default)]
pub struct Toasts {
    shown: Vec<Shown>,
    /// The number of toasts so far, for their ids.
    count: u64,
}

/// A toast that is shown.
pub(super) struct Shown {
    /// Never used again.
    pub id: u64,
    pub toast: Toast,
    /// When it goes, in egui's seconds; `None` until it is first drawn, and while it is held.
    goes_at: Option<f64>,
}

impl Toasts {
    /// Shows a toast. The oldest one goes if there are too many.
    pub fn show(&mut self, toast: Toast) {
        self.count += 1;
        self.shown.push(Shown { id: self.count, toast, goes_at: None });
        let surplus = self.shown.len().saturating_sub(MOST);
        self.shown.drain(..surplus);
    }

    /// The toasts, newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Shown> {
        self.shown.iter().rev()
    }

    /// Removes the toasts whose time is over. `now` is egui's time in seconds.
    pub(super) fn expire(&mut self, now: f64) {
        self.shown.retain(|shown| shown.goes_at.is_none_or(|goes_at| now < goes_at));
    }

    /// Removes one toast.
    pub(super) fn dismiss(&mut self, id: u64) {
        self.shown.retain(|shown| shown.id != id);
    }

    /// Gives the toasts their time after they were drawn. While they are held, by the pointer or the keyboard focus,
    /// all of them stay, so that none moves under the pointer. Returns the seconds until the first one goes.
    pub(super) fn schedule(&mut self, now: f64, is_held: bool) -> Option<f64> {
        for shown in &mut self.shown {
            shown.goes_at = if is_held { None } else { shown.goes_at.or(Some(now + SHOWN_SECONDS)) };
        }
        let first = self.shown.iter().filter_map(|shown| shown.goes_at).reduce(f64::min)?;
        Some((first - now).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(toasts: &Toasts) -> Vec<&str> {
        toasts.newest_first().map(|shown| &*shown.toast.text).collect()
    }

    fn shown<const N: usize>(names: [&str; N]) -> Toasts {
        let mut toasts = Toasts::default();
        for name in names {
            toasts.show(Toast { text: name.into(), ..Toast::default() });
        }
        toasts
    }

    #[test]
    fn at_most_three_toasts_are_shown_and_the_oldest_goes_first() {
        let mut toasts = shown(["one", "two", "three", "four"]);
        assert_eq!(texts(&toasts), ["four", "three", "two"]);
        let three = toasts.newest_first().nth(1).unwrap().id;
        toasts.dismiss(three);
        assert_eq!(texts(&toasts), ["four", "two"]);
    }

    #[test]
    fn each_toast_goes_when_its_own_time_is_over() {
        let mut toasts = shown(["early"]);
        toasts.expire(1e9);
        assert_eq!(texts(&toasts), ["early"], "its time begins when it is drawn");
        assert_eq!(toasts.schedule(10.0, false), Some(SHOWN_SECONDS));
        toasts.show(Toast { text: "late".into(), ..Toast::default() });
        assert_eq!(toasts.schedule(12.0, false), Some(SHOWN_SECONDS - 2.0));
        toasts.expire(10.0 + SHOWN_SECONDS);
        assert_eq!(texts(&toasts), ["late"]);
        assert_eq!(toasts.schedule(10.0 + SHOWN_SECONDS, false), Some(2.0));
        toasts.expire(12.0 + SHOWN_SECONDS);
        assert_eq!((texts(&toasts).len(), toasts.schedule(100.0, false)), (0, None));
    }

    #[test]
    fn a_toast_that_is_held_stays_and_gets_its_whole_time_again() {
        let mut toasts = shown(["held"]);
        toasts.schedule(0.0, false);
        assert_eq!(toasts.schedule(5.0, true), None, "no frame is needed meanwhile");
        toasts.expire(1000.0);
        assert_eq!(toasts.schedule(1000.0, false), Some(SHOWN_SECONDS));
        toasts.expire(1000.0 + SHOWN_SECONDS);
        assert!(texts(&toasts).is_empty());
    }
}
