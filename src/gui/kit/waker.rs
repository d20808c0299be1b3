//! Asks for a frame when another thread has news: once, however much comes until there is one.
//!
//! egui remembers each request until the next frame, and a window that is out of sight has none: asking for
//! each piece of news would fill the memory there.

use eframe::egui::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// How soon a frame follows the first news.
const FRAME_INTERVAL: Duration = Duration::from_millis(25);
/// The same where nobody sees it.
const HIDDEN_INTERVAL: Duration = Duration::from_secs(1);

/// What the threads with news and the window know of each other.
#[derive(Debug, Default)]
pub struct Waker {
    is_asked: AtomicBool,
    /// How often news were taken in since the last time that something was drawn.
    unseen: AtomicU32,
}

impl Waker {
    /// What tells of news, for threads to call.
    pub fn notify(self: &Arc<Self>, ctx: &Context) -> Arc<dyn Fn() + Send + Sync> {
        let (waker, ctx) = (self.clone(), ctx.clone());
        Arc::new(move || {
            if !waker.is_asked.swap(true, Ordering::AcqRel) {
                // Each frame that is drawn takes the news in once.
                let is_hidden = waker.unseen.load(Ordering::Relaxed) > 1;
                ctx.request_repaint_after(if is_hidden { HIDDEN_INTERVAL } else { FRAME_INTERVAL });
            }
        })
    }

    /// The news are taken in now: what is told from here on is new again.
    pub fn taken(&self) {
        self.is_asked.swap(false, Ordering::AcqRel);
        self.unseen.fetch_add(1, Ordering::Relaxed);
    }

    /// They are drawn.
    pub fn drawn(&self) {
        self.unseen.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn a_frame_is_asked_for_once_and_seldom_where_nobody_looks() {
        let ctx = Context::default();
        let delays = Arc::new(Mutex::new(Vec::new()));
        let told = delays.clone();
        ctx.set_request_repaint_callback(move |info| told.lock().unwrap().push(info.delay));
        let waker = Arc::new(Waker::default());
        let notify = waker.notify(&ctx);
        let asked = || {
            // Frames, so that egui knows of no request any more; those after the first it wants by itself.
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
