//! The totals at the end of a session: a JSON object, and a line about losses.

use super::{frames, repeating};
use crate::export::rfc3339;
use crate::model::{Accounting, Count, KernelDrops, RecordingStatus, Timestamp};
use serde::Serialize;
use std::io::{self, Write};

/// The last object of `--json`, with its keys in the order in which they are written.
#[derive(Serialize)]
struct Object {
    time: String,
    kind: &'static str,
    received: Numbers,
    sent: Numbers,
    /// In the file; this and the next two are `null` without `--record`.
    recorded: Option<Numbers>,
    not_recorded: Option<Numbers>,
    expired: Option<Numbers>,
    /// `null` where the system does not count them.
    dropped_by_kernel: Option<u64>,
    cut_off: CutOff,
    /// Only with `--repeat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<repeating::Object>,
    /// Only with `--frame`.
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<frames::Object>,
}

#[derive(Serialize)]
struct Numbers {
    records: u64,
    bytes: u64,
}

impl From<Count> for Numbers {
    fn from(Count { records, bytes }: Count) -> Self {
        Self { records, bytes }
    }
}

#[derive(Serialize)]
struct CutOff {
    records: u64,
    /// 0 if nothing was truncated, else `null`: the amount is not known.
    bytes: Option<u64>,
}

/// Writes the object and a line break.
///
/// # Errors
/// `out` cannot be written.
pub(super) fn write(
    now: Timestamp,
    accounting: &Accounting,
    repeat: Option<repeating::Object>,
    frames: Option<frames::Object>,
    out: &mut impl Write,
) -> io::Result<()> {
    let object = Object {
        time: rfc3339(now),
        kind: "summary",
        received: accounting.received.into(),
        sent: accounting.sent.into(),
        recorded: accounting.recorded.map(|recorded| recorded.kept.into()),
        not_recorded: accounting.recorded.map(|recorded| recorded.not_recorded.into()),
        expired: accounting.recorded.map(|recorded| recorded.expired.into()),
        dropped_by_kernel: match accounting.dropped_by_kernel {
            KernelDrops::Impossible => Some(0),
            KernelDrops::Unknown => None,
            KernelDrops::Counted(count) => Some(count),
        },
        cut_off: CutOff { records: accounting.cut_off, bytes: (accounting.cut_off == 0).then_some(0) },
        repeat,
        frames,
    };
    // A single write, so that lines do not mix.
    let mut line = serde_json::to_vec(&object)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}

/// A line about lost data, if any was lost.
pub(super) fn losses(accounting: &Accounting, recording: &RecordingStatus) -> Option<String> {
    let mut parts = Vec::new();
    if let KernelDrops::Counted(count @ 1..) = accounting.dropped_by_kernel {
        parts.push(format!("The system dropped {count} datagrams that came faster than they were read."));
    }
    if accounting.cut_off > 0 {
        parts.push(format!("{} datagrams were truncated.", accounting.cut_off));
    }
    // Includes events, not only data.
    if recording.records_lost > 0 {
        let (records, bytes) = (recording.records_lost, recording.bytes_lost);
        parts.push(format!("{records} records with {bytes} bytes are not in the recording."));
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Recorded;

    #[test]
    fn the_object_has_the_documented_keys_in_order() {
        let count = |records, bytes| Count { records, bytes };
        let mut accounting = Accounting {
            received: count(5, 50),
            sent: count(1, 2),
            recorded: Some(Recorded { kept: count(3, 30), expired: count(2, 20), not_recorded: count(1, 2) }),
            dropped_by_kernel: KernelDrops::Counted(9),
            cut_off: 4,
        };
        let written = |accounting: &Accounting| {
            let mut out = Vec::new();
            write(Timestamp(1_795_168_800_123_456_789), accounting, None, None, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            written(&accounting),
            "{\"time\":\"2026-11-20T10:00:00.123456789Z\",\"kind\":\"summary\",\
             \"received\":{\"records\":5,\"bytes\":50},\"sent\":{\"records\":1,\"bytes\":2},\
             \"recorded\":{\"records\":3,\"bytes\":30},\"not_recorded\":{\"records\":1,\"bytes\":2},\
             \"expired\":{\"records\":2,\"bytes\":20},\"dropped_by_kernel\":9,\
             \"cut_off\":{\"records\":4,\"bytes\":null}}\n"
        );
        accounting.recorded = None;
        accounting.dropped_by_kernel = KernelDrops::Unknown;
        accounting.cut_off = 0;
        let without = written(&accounting);
        let end = "\"recorded\":null,\"not_recorded\":null,\"expired\":null,\"dropped_by_kernel\":null,\
                   \"cut_off\":{\"records\":0,\"bytes\":0}}\n";
        assert!(without.ends_with(end), "{without}");
    }

    #[test]
    fn one_line_tells_of_all_losses_and_none_of_none() {
        let mut accounting = Accounting::default();
        let mut recording = RecordingStatus::default();
        assert_eq!(losses(&accounting, &recording), None);
        accounting.dropped_by_kernel = KernelDrops::Counted(3);
        accounting.cut_off = 2;
        recording.records_lost = 1;
        assert_eq!(
            losses(&accounting, &recording).unwrap(),
            "The system dropped 3 datagrams that came faster than they were read. 2 datagrams were truncated. \
             1 records with 0 bytes are not in the recording."
        );
    }
}
