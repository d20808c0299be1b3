//! What the receiver of a direction allows its sender, as far as the capture shows it.

use super::Connection;

/// The window of a receiver that was never heard, or whose scaling is not known.
const UNKNOWN_WINDOW_BYTES: i64 = 1 << 20;

/// What the receiver of a direction has said.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Receiver {
    /// The next byte that it expects.
    pub acknowledged: Option<u32>,
    /// Its window as it is in the header.
    pub window: u16,
    /// Its window scale; `None`: its SYN was not seen, or had none.
    pub scale: Option<u8>,
    pub has_syn: bool,
}

impl Connection {
    /// Whether a side may send up to `sequence`, by what its receiver allows.
    pub(super) fn is_in_window(&self, side: usize, sequence: u32) -> bool {
        let half = &self.halves[side];
        let Some(distance) = half.distance(sequence) else { return true };
        let receiver = &self.receivers[side];
        let allowed = match receiver.acknowledged.and_then(|acknowledged| half.distance(acknowledged)) {
            Some(acknowledged) => {
                let is_scaled = receiver.scale.is_some() && self.receivers[1 - side].scale.is_some();
                let shift = if is_scaled { receiver.scale.unwrap_or(0).min(14) } else { 0 };
                let is_known = receiver.has_syn || self.receivers[1 - side].has_syn;
                let window = i64::from(receiver.window) << shift;
                acknowledged + if is_known { window } else { window.max(UNKNOWN_WINDOW_BYTES) }
            }
            None => UNKNOWN_WINDOW_BYTES,
        };
        // The FIN takes a number as well. What was sent is within the window, whatever is known of it.
        (-1..=allowed.max(half.known_ahead()) + 1).contains(&distance)
    }
}
