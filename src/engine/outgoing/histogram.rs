//! A histogram of lateness in constant memory: its size depends on the largest duration, not on how many there were.
//!
//! Each power of two of nanoseconds has 16 buckets, so that a quantile is at most 1/16 above the true one. Short
//! durations share the first bucket. The worst is exact.

use crate::model::Lateness;
use std::time::Duration;

/// Durations up to this power of two nanoseconds (about 1 µs) are in the first bucket.
const LEAST_POWER: u32 = 10;
/// Durations from this power of two nanoseconds on (about 19 hours) are in the last bucket.
const MOST_POWER: u32 = 46;
/// Two to the power of this are the buckets of one power of two.
const PART_BITS: u32 = 4;

/// How often something was how late.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram {
    /// The count of each bucket, up to the last one that was needed.
    counts: Vec<u64>,
    total: u64,
    worst: Duration,
}

impl Histogram {
    /// Counts one.
    pub fn add(&mut self, lateness: Duration) {
        let bucket = bucket(lateness);
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.total += 1;
        self.worst = self.worst.max(lateness);
    }

    /// The median, the 99th percentile and the worst; `None` while it is empty.
    pub fn summary(&self) -> Option<Lateness> {
        (self.total > 0).then(|| Lateness {
            median: self.quantile(50),
            p99: self.quantile(99),
            worst: self.worst,
        })
    }

    /// The upper end of the bucket that so many of 100 are in or below.
    fn quantile(&self, percent: u64) -> Duration {
        let rank = (u128::from(self.total) * u128::from(percent)).div_ceil(100).max(1);
        let mut below = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            below += u128::from(*count);
            if below >= rank {
                return upper_end(bucket).min(self.worst);
            }
        }
        self.worst
    }
}

fn bucket(lateness: Duration) -> usize {
    let nanos = u64::try_from(lateness.as_nanos()).unwrap_or(u64::MAX).min((1 << MOST_POWER) - 1);
    if nanos >> LEAST_POWER == 0 {
        return 0;
    }
    let power = nanos.ilog2();
    let part = (nanos >> (power - PART_BITS)) as usize & ((1 << PART_BITS) - 1);
    1 + ((power - LEAST_POWER) << PART_BITS) as usize + part
}

fn upper_end(bucket: usize) -> Duration {
    let Some(bucket) = bucket.checked_sub(1) else { return Duration::from_nanos(1 << LEAST_POWER) };
    let power = LEAST_POWER + (bucket >> PART_BITS) as u32;
    let part = (bucket & ((1 << PART_BITS) - 1)) as u64;
    Duration::from_nanos(((1 << PART_BITS) + part + 1) << (power - PART_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_one_has_no_summary_and_the_worst_is_exact() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.summary(), None);
        for micros in [10, 20, 30, 123_457] {
            histogram.add(Duration::from_micros(micros));
        }
        let Lateness { median, p99, worst } = histogram.summary().unwrap();
        assert_eq!((p99, worst), (Duration::from_micros(123_457), Duration::from_micros(123_457)));
        assert!((20..22).contains(&median.as_micros()), "{median:?}");
    }

    #[test]
    fn its_memory_does_not_grow_with_the_number() {
        let mut histogram = Histogram::default();
        for nanos in (0..1_000_000).map(|number| number * 7919 % 10_000_000) {
            histogram.add(Duration::from_nanos(nanos));
        }
        histogram.add(Duration::MAX);
        assert_eq!(histogram.counts.len(), 1 + (36 << PART_BITS), "4.6 KB at most");
    }

    proptest! {
        #[test]
        fn a_quantile_is_at_most_a_sixteenth_above_the_true_one(
            mut nanos in proptest::collection::vec(0..20_000_000_000u64, 1..300),
        ) {
            let mut histogram = Histogram::default();
            nanos.iter().for_each(|nanos| histogram.add(Duration::from_nanos(*nanos)));
            nanos.sort_unstable();
            let summary = histogram.summary().unwrap();
            for (percent, shown) in [(50, summary.median), (99, summary.p99)] {
                let exact = nanos[(nanos.len() * percent).div_ceil(100) - 1];
                let shown = shown.as_nanos() as u64;
                prop_assert!(shown >= exact, "{shown} {exact}");
                prop_assert!(shown <= (exact + exact / 16 + 1).max(1 << LEAST_POWER), "{shown} {exact}");
            }
            prop_assert_eq!(summary.worst.as_nanos() as u64, *nanos.last().unwrap());
        }
    }
}
