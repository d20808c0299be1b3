//! Requests a frame when another thread has news: once until the next frame.
//!
//! egui stores each request until the next frame, and a hidden window has none: a request for each piece of news
//! would fill the memory.

use eframe::egui::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// The delay of the frame after the first news.
const FRAME_INTERVAL: Duration = Duration::from_millis(25);
/// The delay while the window is hidden.
const HIDDEN_INTERVAL: Duration = Duration::from_secs(1);

/// The state shared by the window and the threads with news.
#[derive(Debug, Default)]
pub struct Waker {
    is_asked: AtomicBool,
    /// How often news were taken since the last frame was drawn: more than once means hidden.
    unseen: AtomicU32,
}

impl Waker {
    /// The callback for threads with news.
    pub fn notify(self: &Arc<Self>, ctx: &Context) -> Arc<dyn Fn() + Send + Sync> {
        let (waker, ctx) = (self.clone(), ctx.clone());
        Arc::new(move || {
            if !waker.is_asked.swap(true, Ordering::AcqRel) {
                // A visible window takes the news once per drawn frame.
                let is_hidden = waker.unseen.load(Ordering::Relaxed) > 1;
                ctx.request_repaint_after(if is_hidden { HIDDEN_INTERVAL } else { FRAME_INTERVAL });
            }
        })
    }

    /// The window takes the news now: later news need a new frame.
    pub fn taken(&self) {
        self.is_asked.swap(false, Ordering::AcqRel);
        self.unseen.fetch_add(1, Ordering::Relaxed);
    }

    /// The window draws.
    pub fn drawn(&self) {
        self.unseen.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn a_frame_is_requested_once_and_less_often_while_hidden() {
        let ctx = Context::default();
        let delays = Arc::new(Mutex::new(Vec::new()));
        let told = delays.clone();
        ctx.set_request_repaint_callback(move |info| told.lock().unwrap().push(info.delay));
        let waker = Arc::new(Waker::default());
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
        assert_eq!(asked(), [FRAME_INTERVAL]);
        assert_eq!(asked(), []);
        for _ in 0..3 {
            waker.taken();
            waker.drawn();
            assert_eq!(asked(), [FRAME_INTERVAL]);
        }
        waker.taken();
        waker.taken();
        assert_eq!(asked(), [HIDDEN_INTERVAL]);
        waker.taken();
        waker.drawn();
        assert_eq!(asked(), [FRAME_INTERVAL]);
    }
}
