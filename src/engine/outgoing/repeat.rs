//! A payload that is sent again and again.

use super::delivering::Delivering;
use super::patience::{PATIENCE, Patience};
use super::phase::Phase;
use super::schedule::Schedule;
use super::{Next, Outgoing, Port, Reach, Takers};
use crate::engine::message::{Counts, Message};
use crate::lang::fill;
use crate::model::{
    ConnectionId, Failure, FailureKind, Operation, Progress, RepeatProgress, SHORTEST_INTERVAL, SendId,
    SendResult, Spacing, Target,
};
use crate::payload::Delivery;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// A recipient on which more than this waits is left out, so that one that does not read neither fills its queue nor
/// keeps the others from their sends.
const LIMIT_BYTES: usize = 1 << 20;

/// A repeat: sends a message to its recipients at each deadline, until it was sent so often or is stopped.
///
/// Deadlines are absolute and never caught up: one that the next has passed is missed, and counted. While nobody is
/// connected it has none; it begins again, at once, when somebody is. Who takes nothing for a while, while a send waits
/// for it, is left out until it has taken what is queued.
#[derive(Debug)]
pub struct Repeat {
    target: Target,
    message: Message,
    delivery: Delivery,
    counts: Counts,
    times: Option<u64>,
    schedule: Schedule,
    /// Sends without a result so far, and whether a recipient was left out.
    running: BTreeMap<SendId, bool>,
    /// A payload that leaves in pieces, and whether a recipient was left out.
    delivering: Option<(Delivering, bool)>,
    /// The pause after its last piece.
    not_before: Option<Instant>,
    patience: Patience,
    /// When to look whether somebody takes nothing.
    look_at: Option<Instant>,
    /// Those that took nothing.
    behind: BTreeSet<ConnectionId>,
    failed: u64,
    phase: Phase,
}

impl Repeat {
    /// A repeat of `message` to `target`, every `interval`, from when it is started until it is stopped.
    #[must_use]
    pub fn new(target: Target, message: Message, interval: Duration) -> Self {
        Self {
            target,
            message,
            delivery: Delivery::default(),
            counts: Counts::default(),
            times: None,
            schedule: Schedule::new(interval.max(SHORTEST_INTERVAL), Spacing::StartToStart),
            running: BTreeMap::new(),
            delivering: None,
            not_before: None,
            patience: Patience::default(),
            look_at: None,
            behind: BTreeSet::new(),
            failed: 0,
            phase: Phase::Waiting,
        }
    }

    /// What the interval is measured from.
    #[must_use]
    pub fn spaced(mut self, spacing: Spacing) -> Self {
        self.schedule = Schedule::new(self.schedule.interval(), spacing);
        self
    }

    /// Ends it after so many sends; `None`: it runs until it is stopped.
    #[must_use]
    pub fn times(mut self, times: Option<u64>) -> Self {
        self.times = times;
        self
    }

    /// How each payload leaves. A deadline at which the pieces of the last one are still on their way, or in the pause
    /// after them, is missed.
    #[must_use]
    pub fn delivered(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    fn is_complete(&self) -> bool {
        self.times.is_some_and(|times| self.schedule.sent() >= times)
    }

    /// Whether a send has not ended.
    fn is_sending(&self) -> bool {
        !self.running.is_empty() || self.delivering.is_some()
    }

    /// Waits for a recipient, goes on, or fails, as there is somebody to send to.
    fn follow(&mut self, reach: Reach, now: Instant) {
        match (reach, &self.phase) {
            (_, Phase::Ended(_)) => {}
            // The last send decides.
            (Reach::Gone, _) if self.is_complete() => {}
            (Reach::Gone, _) => {
                self.schedule.hold();
                let failure = Failure::new(Operation::Send, "", FailureKind::NoRecipient);
                self.phase = Phase::Ended(Err(failure));
            }
            (Reach::NotYet, Phase::Running) => {
                self.schedule.hold();
                self.phase = Phase::Waiting;
            }
            (Reach::Ready, Phase::Waiting) => {
                self.schedule.start(now);
                self.phase = Phase::Running;
            }
            (Reach::NotYet | Reach::Ready, _) => {}
        }
    }

    /// Sends for the deadline that was taken.
    fn send(&mut self, deadline: Instant, now: Instant, port: &mut dyn Port) {
        let (reduced, has_left_out) = match port.takers(&self.target, LIMIT_BYTES, &mut self.behind) {
            Takers::All => (None, false),
            Takers::Some(target) => (Some(target), true),
            // Nobody takes more at the moment.
            Takers::Nobody => return self.schedule.miss(now),
        };
        let target = reduced.as_ref().unwrap_or(&self.target);
        let number = self.schedule.sent();
        let sent = match self.delivery.is_plain() {
            true => port.send(target, &self.message, &mut self.counts).map(|id| {
                self.running.insert(id, has_left_out);
            }),
            false => {
                let delivery = (&self.delivery, number);
                Delivering::new(target, &self.message, delivery, &mut self.counts, port).map(|new| {
                    self.delivering.insert((new, has_left_out)).0.pump(now, port);
                })
            }
        };
        match sent {
            Ok(()) => {
                self.schedule.begun(deadline, now);
                self.watch(now, port);
            }
            Err(failure) => self.phase = Phase::Ended(Err(failure)),
        }
    }

    /// Whether the next send, or the end, waits for the results of sends.
    fn waits(&self) -> bool {
        !self.running.is_empty() && (self.is_complete() || self.schedule.spacing() == Spacing::AfterEnd)
    }

    /// Looks for those that take nothing while something waits for them.
    fn watch(&mut self, now: Instant, port: &mut dyn Port) {
        if !self.waits() {
            self.look_at = None;
            self.patience.rest();
            return;
        }
        if self.look_at.is_some_and(|moment| moment > now) {
            return;
        }
        let all = port.standings(&self.target);
        let (stuck, next) = self.patience.watch(now, &all);
        self.look_at = Some(next);
        // The last send does not wait for ever; the others do where nobody else waits.
        if !stuck.is_empty() && (self.is_complete() || stuck.len() < all.len()) {
            let note = fill(&port.words().record_left_out, &[("seconds", &PATIENCE.as_secs())]);
            stuck.iter().for_each(|id| port.note_of(*id, &note));
            self.behind.extend(stuck);
            self.failed += self.running.len() as u64;
            self.running.clear();
            self.ended(now);
        }
    }

    /// The sends that began have ended.
    fn ended(&mut self, now: Instant) {
        self.look_at = None;
        self.patience.rest();
        if matches!(self.phase, Phase::Running) {
            self.schedule.ended(now);
        }
    }

    /// Takes note of the end of a payload that left in pieces.
    fn end_delivering(&mut self, now: Instant) {
        let Some((delivering, has_left_out)) = &self.delivering else { return };
        let Some(end) = delivering.end() else { return };
        self.failed += u64::from(*has_left_out || end.is_err() || delivering.left() > 0);
        // They hold up no further payload either, until they have taken what is queued.
        self.behind.extend(delivering.stuck());
        self.delivering = None;
        self.not_before = Some(now + self.delivery.pause());
        self.ended(now);
    }
}

impl Outgoing for Repeat {
    fn target(&self) -> &Target {
        &self.target
    }

    fn next(&self) -> Next {
        let delivering = self.delivering.as_ref().and_then(|(delivering, _)| delivering.call_at());
        let call_at = self.look_at.into_iter().chain(delivering).min();
        match &self.phase {
            Phase::Waiting | Phase::Running | Phase::Paused if self.is_complete() => {
                match self.is_sending() {
                    true => call_at.map_or(Next::Event, Next::At),
                    false => Next::Ended(Ok(())),
                }
            }
            phase => phase.next(self.schedule.next().into_iter().chain(call_at).min()),
        }
    }

    fn due(&mut self, now: Instant, port: &mut dyn Port) {
        if let Some((delivering, _)) = &mut self.delivering {
            delivering.pump(now, port);
            self.end_delivering(now);
        }
        self.watch(now, port);
        if !matches!(self.phase, Phase::Running) || self.is_complete() {
            return;
        }
        let Some(deadline) = self.schedule.take_due(now) else { return };
        if self.delivering.is_some() || self.not_before.is_some_and(|moment| moment > now) {
            // The pieces of the last one are still on their way, or the pause after them is not over.
            return self.schedule.miss(now);
        }
        self.send(deadline, now, port);
    }

    fn recipients_changed(&mut self, now: Instant, port: &mut dyn Port) {
        self.follow(port.reach(&self.target), now);
    }

    fn sent(&mut self, result: &SendResult, missed: &[ConnectionId], now: Instant) {
        if let Some((delivering, _)) = &mut self.delivering
            && delivering.sent(result, missed, now)
        {
            return self.end_delivering(now);
        }
        let Some(has_left_out) = self.running.remove(&result.id) else { return };
        self.failed += u64::from(has_left_out || result.failure.is_some());
        if self.running.is_empty() {
            self.ended(now);
        }
    }

    fn pause(&mut self, _now: Instant) {
        self.schedule.hold();
        self.phase = Phase::Paused;
    }

    fn resume(&mut self, _now: Instant) {
        self.phase = Phase::Waiting;
    }

    fn stop(&mut self, now: Instant, _port: &mut dyn Port) {
        if matches!(self.phase, Phase::Running) && !self.is_complete() {
            self.schedule.pass(now);
        }
    }

    fn has_pending(&self) -> bool {
        self.is_sending()
    }

    fn is_stream(&self) -> bool {
        !self.delivery.is_plain()
    }

    fn stream(&self) -> Option<(Target, u64)> {
        self.delivering.as_ref()?.0.stream()
    }

    fn progress(&self) -> Progress {
        Progress::Repeat(RepeatProgress {
            interval: self.schedule.interval(),
            spacing: self.schedule.spacing(),
            times: self.times,
            sent: self.schedule.sent(),
            missed: self.schedule.missed(),
            failed: self.failed,
            lateness: self.schedule.lateness(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::FakePort;
    use super::*;
    use crate::payload::Cuts;

    const MS: Duration = Duration::from_millis(1);

    fn progress(repeat: &Repeat) -> RepeatProgress {
        match repeat.progress() {
            Progress::Repeat(progress) => progress,
            other => panic!("{other:?}"),
        }
    }

    fn repeat(interval: Duration) -> Repeat {
        Repeat::new(Target::All, Message::raw(*b"ab"), interval)
    }

    /// A minute by a simulated clock: woken late by what `late` returns for each number of a wake-up.
    fn minute(late: impl Fn(u64) -> Duration) -> RepeatProgress {
        let mut port = FakePort::with(&[1, 2]);
        let mut repeat = repeat(MS);
        let start = Instant::now();
        let end = start + Duration::from_secs(60);
        repeat.recipients_changed(start, &mut port);
        for number in 0.. {
            let Next::At(moment) = repeat.next() else { panic!("{:?}", repeat.next()) };
            let now = moment + late(number);
            if now >= end {
                break;
            }
            repeat.due(now, &mut port);
            port.land_all(&mut repeat, now);
        }
        repeat.stop(end, &mut port);
        progress(&repeat)
    }

    #[test]
    fn a_minute_of_milliseconds_is_sent_or_missed_sixty_thousand_times() {
        let punctual = minute(|_| Duration::ZERO);
        assert_eq!((punctual.sent, punctual.missed), (60_000, 0));
        for late in [50, 700, 1_500, 40_000] {
            let progress = minute(|number| {
                Duration::from_micros(if number % 11 == 0 { late * (number % 3) } else { 90 })
            });
            let all = progress.sent + progress.missed;
            assert!((59_999..=60_001).contains(&all), "{all} with {late} µs");
            assert_eq!(progress.missed > 0, late >= 700, "{late} µs: {progress:?}");
        }
        // Held up until the end.
        let held = minute(|number| if number == 10 { Duration::from_secs(59) } else { Duration::ZERO });
        assert!((59_999..=60_001).contains(&(held.sent + held.missed)), "{held:?}");
    }

    #[test]
    fn a_pause_after_the_end_does_not_wait_for_ever_for_one_that_takes_nothing() {
        let mut port = FakePort::with(&[1, 2]);
        let mut repeat = repeat(10 * MS).spaced(Spacing::AfterEnd);
        let start = Instant::now();
        repeat.recipients_changed(start, &mut port);
        repeat.due(start, &mut port);
        port.queue(2, 5);
        assert_eq!(repeat.next(), Next::At(start + PATIENCE));
        let now = start + PATIENCE;
        repeat.due(now, &mut port);
        assert_eq!((progress(&repeat).failed, repeat.next()), (1, Next::At(now + 10 * MS)));
        repeat.due(now + 10 * MS, &mut port);
        let (_, target, _) = port.sent.last().unwrap();
        assert_eq!(target, &Target::Connections(vec![ConnectionId(1)]), "2 is left out");
        assert_eq!(port.notes, [ConnectionId(2)]);
        assert_eq!(progress(&repeat).sent, 2);
    }

    #[test]
    fn the_last_send_does_not_wait_for_ever_for_a_lone_recipient_either() {
        let mut port = FakePort::with(&[1]);
        let mut repeat = repeat(10 * MS).times(Some(1));
        let start = Instant::now();
        repeat.recipients_changed(start, &mut port);
        repeat.due(start, &mut port);
        port.queue(1, 5);
        assert_eq!(repeat.next(), Next::At(start + PATIENCE));
        port.standings[0].taken_bytes = 1;
        repeat.due(start + PATIENCE, &mut port);
        assert_eq!(repeat.next(), Next::At(start + 2 * PATIENCE), "it takes something");
        repeat.due(start + 2 * PATIENCE, &mut port);
        assert_eq!((repeat.next(), progress(&repeat).failed), (Next::Ended(Ok(())), 1));
    }

    #[test]
    fn a_payload_in_pieces_is_repeated_and_a_deadline_while_it_is_on_its_way_is_missed() {
        let mut port = FakePort::with(&[1]);
        let delivery = Delivery { cuts: Cuts::Every, gap: Some(8 * MS), ..Delivery::default() };
        let mut repeat = repeat(10 * MS).delivered(delivery).times(Some(2));
        let start = Instant::now();
        repeat.recipients_changed(start, &mut port);
        let mut pieces = Vec::new();
        let mut now = start;
        while let Next::At(moment) = repeat.next() {
            now = now.max(moment);
            repeat.due(now, &mut port);
            pieces.extend(port.sent.iter().map(|(_, _, bytes)| (now - start, bytes[0])));
            // The kernel takes each piece 5 ms later.
            if !port.sent.is_empty() {
                now += 5 * MS;
                port.land_all(&mut repeat, now);
            }
        }
        let expected = [(0, b'a'), (13, b'b'), (30, b'a'), (43, b'b')].map(|(at, byte)| (at * MS, byte));
        assert_eq!(pieces, expected);
        let progress = progress(&repeat);
        assert_eq!((progress.sent, progress.missed, progress.failed), (2, 2, 0));
        assert_eq!(repeat.next(), Next::Ended(Ok(())));
    }
}
