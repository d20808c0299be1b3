//! Accounting of a session: what it received and sent, and where each data record is now.

use super::{KernelDrops, Status};

/// A number of data records and their payload bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Reads, writes and datagrams. One that is larger than a packet counts as several.
    pub records: u64,
    /// Payload bytes.
    pub bytes: u64,
}

impl Count {
    fn plus(self, other: Self) -> Self {
        Self { records: self.records + other.records, bytes: self.bytes + other.bytes }
    }

    /// The difference; saturates at 0.
    fn minus(self, part: Self) -> Self {
        Self {
            records: self.records.saturating_sub(part.records),
            bytes: self.bytes.saturating_sub(part.bytes),
        }
    }
}

/// Where the data records of a session are: each in exactly one of three places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// In the recording.
    pub kept: Count,
    /// Dropped from the recording by its size limit.
    pub expired: Count,
    /// Not written because of an error.
    pub not_recorded: Count,
}

/// The counts of a session's data records. Other kinds (connections, errors, notes) are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accounting {
    /// Received by the sockets.
    pub received: Count,
    /// Accepted by the kernel for sending.
    pub sent: Count,
    /// Where both are now; `None` without a recording.
    pub recorded: Option<Recorded>,
    /// Datagrams dropped by the kernel before they were received; in no other count.
    pub dropped_by_kernel: KernelDrops,
    /// Datagrams received only in part. Their full length is not known on every system.
    pub cut_off: u64,
}

impl Accounting {
    /// Whether received + sent = kept + expired + not recorded, in records and in bytes.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.recorded.is_none_or(|recorded| {
            recorded.kept.plus(recorded.expired).plus(recorded.not_recorded) == self.received.plus(self.sent)
        })
    }

    /// Whether anything was dropped, cut off or not recorded.
    #[must_use]
    pub fn has_losses(&self) -> bool {
        self.recorded.is_some_and(|recorded| recorded.not_recorded.records + recorded.expired.records > 0)
            || matches!(self.dropped_by_kernel, KernelDrops::Counted(1..))
            || self.cut_off > 0
    }
}

impl Status {
    /// The accounting of everything received and sent so far.
    #[must_use]
    pub fn accounting(&self) -> Accounting {
        let (traffic, recording) = (&self.traffic, &self.recording);
        let expired = Count { records: recording.data_expired, bytes: recording.bytes_expired };
        let written = Count { records: recording.data_recorded, bytes: recording.bytes_recorded };
        Accounting {
            received: Count { records: traffic.records_in, bytes: traffic.bytes_in },
            sent: Count { records: traffic.records_out, bytes: traffic.bytes_out },
            recorded: recording.is_on.then(|| Recorded {
                kept: written.minus(expired),
                expired,
                not_recorded: Count { records: recording.data_lost, bytes: recording.bytes_lost },
            }),
            dropped_by_kernel: self.kernel_drops,
            cut_off: self.records_cut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(records: u64, bytes: u64) -> Count {
        Count { records, bytes }
    }

    #[test]
    fn each_record_is_in_one_place_and_one_too_few_is_noticed() {
        let mut status = Status::default();
        status.traffic.records_in = 7;
        status.traffic.bytes_in = 700;
        status.traffic.records_out = 3;
        status.traffic.bytes_out = 30;
        assert_eq!(status.accounting().recorded, None);
        assert!(status.accounting().adds_up(), "nothing is to be recorded");
        status.recording.is_on = true;
        assert!(!status.accounting().adds_up());
        status.recording.data_recorded = 9;
        status.recording.bytes_recorded = 720;
        status.recording.data_expired = 4;
        status.recording.bytes_expired = 400;
        status.recording.data_lost = 1;
        status.recording.bytes_lost = 10;
        let accounting = status.accounting();
        let places = Recorded { kept: count(5, 320), expired: count(4, 400), not_recorded: count(1, 10) };
        assert_eq!((accounting.recorded, accounting.adds_up()), (Some(places), true));
        status.recording.data_lost = 0;
        assert!(!status.accounting().adds_up());
        status.recording.data_lost = 1;
        status.recording.bytes_lost = 9;
        assert!(!status.accounting().adds_up());
    }

    #[test]
    fn losses_are_what_a_person_should_hear_of() {
        assert!(!Accounting::default().has_losses());
        let lost = Recorded { not_recorded: count(1, 0), ..Recorded::default() };
        let expired = Recorded { expired: count(1, 0), ..Recorded::default() };
        let base = Accounting { recorded: Some(Recorded::default()), ..Accounting::default() };
        for (accounting, expected) in [
            (base, false),
            (Accounting { recorded: Some(lost), ..base }, true),
            (Accounting { recorded: Some(expired), ..base }, true),
            (Accounting { dropped_by_kernel: KernelDrops::Counted(0), ..base }, false),
            (Accounting { dropped_by_kernel: KernelDrops::Unknown, ..base }, false),
            (Accounting { dropped_by_kernel: KernelDrops::Counted(1), ..base }, true),
            (Accounting { cut_off: 1, ..base }, true),
        ] {
            assert_eq!(accounting.has_losses(), expected, "{accounting:?}");
        }
    }
}
