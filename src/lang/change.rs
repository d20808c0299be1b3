//! The words of records that tell how a connection began and ended.

use super::{Words, explain, figures, fill};
use crate::model::{CloseReason, Direction, FailureKind};
use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;

/// How long a connection was open, and what it carried in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// From its first record to its end.
    pub duration: Duration,
    /// Bytes of payload.
    pub bytes: u64,
}

/// That a connection was established, with both ends; `direction` is inbound if the peer did it. `peer` is its address,
/// perhaps with its name.
#[must_use]
pub fn connected(words: &Words, direction: Direction, local: SocketAddr, peer: &str) -> String {
    let (from, to): (&dyn Display, &dyn Display) = match direction {
        Direction::Inbound => (&peer, &local),
        Direction::Outbound => (&local, &peer),
    };
    fill(&words.record_connected, &[("from", from), ("to", to)])
}

/// Who ended a connection of a session, and why. `unsent_bytes` were queued and will never be sent.
#[must_use]
pub fn closed(words: &Words, reason: &CloseReason, course: Course, unsent_bytes: usize) -> String {
    let who = match reason {
        CloseReason::Local => &words.record_closed_here,
        CloseReason::Peer => &words.record_closed_by_peer,
        CloseReason::Failed(failure) => match failure.kind {
            FailureKind::Reset => &words.record_closed_reset,
            FailureKind::TimedOut => &words.record_closed_timed_out,
            _ => &words.record_closed_failed,
        },
    };
    let mut text = with_course(words, who, course);
    if unsent_bytes > 0 {
        let values: [(&str, &dyn Display); 2] = [("closed", &text), ("bytes", &unsent_bytes)];
        text = fill(&words.record_closed_unsent, &values);
    }
    match reason {
        CloseReason::Failed(failure)
            if !matches!(failure.kind, FailureKind::Reset | FailureKind::TimedOut) =>
        {
            let cause = explain(words, failure);
            fill(&words.record_closed_cause, &[("closed", &text), ("cause", &cause)])
        }
        _ => text,
    }
}

/// `who` in words, followed by how long the connection was open and what it carried.
#[must_use]
pub fn with_course(words: &Words, who: &str, course: Course) -> String {
    let (duration, bytes) = (figures::duration(course.duration), figures::bytes(course.bytes));
    let values: [(&str, &dyn Display); 3] = [("who", &who), ("duration", &duration), ("bytes", &bytes)];
    fill(&words.record_closed, &values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use crate::model::{Failure, Operation};

    #[test]
    fn an_end_names_who_closed_and_why() {
        let course = Course { duration: Duration::from_secs(45), bytes: 1100 };
        let failed = |kind| CloseReason::Failed(Failure::new(Operation::Receive, "10.0.0.7:502", kind));
        let (english, chinese) = (Language::English.words(), Language::Chinese.words());
        for (reason, unsent, expected) in [
            (CloseReason::Peer, 0, "closed by the peer, 45 s, 1.10 kB"),
            (CloseReason::Local, 0, "closed locally, 45 s, 1.10 kB"),
            (CloseReason::Local, 1, "closed locally, 45 s, 1.10 kB; 1 byte was not sent"),
            (failed(FailureKind::Reset), 300, "reset by the peer, 45 s, 1.10 kB; 300 bytes were not sent"),
            (failed(FailureKind::TimedOut), 0, "connection lost: the peer no longer responds, 45 s, 1.10 kB"),
        ] {
            assert_eq!(closed(english, &reason, course, unsent), expected);
        }
        let other = closed(english, &failed(FailureKind::Unreachable), course, 0);
        assert!(
            other.starts_with("connection lost, 45 s, 1.10 kB. Could not receive from 10.0.0.7:502: "),
            "{other}"
        );
        assert_eq!(closed(chinese, &CloseReason::Peer, course, 0), "对端关闭，45 s，1.10 kB");
    }
}
