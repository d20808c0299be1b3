//! Requests a frame when another thread has news: once until the next frame.
//!
//! egui stores each request until the next frame, and a hidden window has none: a request for each piece of news
//! would fill the memory.

use crate::gui::kit::pace::Pace;
use eframe::egui::{Context, Event};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The delay while the window is hidden.
const HIDDEN_INTERVAL: Duration = Duration::from_secs(1);

/// The state shared by the window and the threads with news.
#[derive(Debug)]
pub struct Waker {
    is_asked: AtomicBool,
    /// How often news were taken since the last frame was drawn: more than once means hidden.
    unseen: AtomicU32,
    /// Locked for a moment, once per frame by each side.
    pace: Mutex<Pace>,
}

impl Waker {
    /// Before the first frame. `used`: the processor time of the window and its painter so far.
    #[must_use]
    pub fn new(used: Duration) -> Self {
        let pace = Mutex::new(Pace::new(Instant::now(), used));
        Self { is_asked: AtomicBool::new(false), unseen: AtomicU32::new(0), pace }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The callback for threads with news.
    pub fn notify(self: &Arc<Self>, ctx: &Context) -> Arc<dyn Fn() + Send + Sync> {
        let (waker, ctx) = (self.clone(), ctx.clone());
        Arc::new(move || {
            if !waker.is_asked.swap(true, Ordering::AcqRel) {
                // A visible window takes the news once per drawn frame.
                let is_hidden = waker.unseen.load(Ordering::Relaxed) > 1;
                let delay = if is_hidden { HIDDEN_INTERVAL } else { waker.pace().delay(Instant::now()) };
                ctx.request_repaint_after(delay);
            }
        })
    }

    /// The window takes the news now: later news need a new frame.
    pub fn taken(&self) {
        self.is_asked.swap(false, Ordering::AcqRel);
        self.unseen.fetch_add(1, Ordering::Relaxed);
    }

    /// The window draws. `used`: the processor time of the window and its painter so far.
    pub fn drawn(&self, ctx: &Context, used: Duration) {
        self.unseen.store(0, Ordering::Relaxed);
        let has_input = ctx.input(|input| input.events.iter().any(is_of_user));
        self.pace().frame(Instant::now(), used, has_input);
    }
}

/// Whether the user waits for what an event does.
fn is_of_user(event: &Event) -> bool {
    matches!(
        event,
        Event::Key { .. }
            | Event::Text(_)
            | Event::Ime(_)
            | Event::Copy
            | Event::Cut
            | Event::Paste(_)
            | Event::PointerButton { .. }
            | Event::MouseWheel { .. }
            | Event::Touch { .. }
            | Event::AccessKitActionRequest(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::kit::pace::SHORTEST;

    #[test]
    fn a_frame_is_requested_once_and_less_often_while_hidden() {
        let ctx = Context::default();
        let delays = Arc::new(Mutex::new(Vec::new()));
        let told = delays.clone();
        ctx.set_request_repaint_callback(move |info| told.lock().unwrap().push(info.delay));
        let waker = Arc::new(Waker::new(Duration::ZERO));
        let notify = waker.notify(&ctx);
        let asked = || {
            // Three frames, after which egui has no request left.
            for _ in 0..3 {
                let input = eframe::egui::RawInput::default();
                ctx.run_ui(input, |_| {}).drop_without_applying_deltas();
            }
            delays.lock().unwrap().clear();
            for _ in 0..1000 {
                notify();
            }
            std::mem::take(&mut *delays.lock().unwrap())
        };
        assert_eq!(asked(), [SHORTEST]);
        assert_eq!(asked(), []);
        for _ in 0..3 {
            waker.taken();
            waker.drawn(&ctx, Duration::ZERO);
            assert_eq!(asked(), [SHORTEST]);
        }
        waker.taken();
        waker.taken();
        assert_eq!(asked(), [HIDDEN_INTERVAL]);
        waker.taken();
        waker.drawn(&ctx, Duration::ZERO);
        assert_eq!(asked(), [SHORTEST]);
    }
}
