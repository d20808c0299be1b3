//! How fast something is sent at the moment.

use std::time::{Duration, Instant};

/// The rate is that of so long.
const RATE_TIME: Duration = Duration::from_secs(1);

/// How much was sent in the last moments.
#[derive(Debug, Default)]
pub(super) struct Rate {
    /// The beginning of the time that is measured, and what was sent in it; and the same of the one before.
    current: Option<(Instant, u64)>,
    last: Option<u64>,
}

impl Rate {
    pub fn add(&mut self, now: Instant, bytes: u64) {
        match &mut self.current {
            Some((began, sum)) => {
                let time = now.saturating_duration_since(*began);
                if time >= RATE_TIME {
                    self.last = Some((*sum as f64 / time.as_secs_f64()) as u64);
                    self.current = Some((now, bytes));
                } else {
                    *sum += bytes;
                }
            }
            None => self.current = Some((now, bytes)),
        }
    }

    /// Bytes per second; while nothing was measured for long enough, of what there is.
    pub fn per_second(&self) -> u64 {
        self.last.unwrap_or_else(|| self.current.map_or(0, |(_, sum)| sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_whole_second() {
        let mut rate = Rate::default();
        let start = Instant::now();
        assert_eq!(rate.per_second(), 0);
        for tenth in 0..20 {
            rate.add(start + Duration::from_millis(100 * tenth), 50);
        }
        assert_eq!(rate.per_second(), 500);
    }
}
