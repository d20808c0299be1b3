//! What was queued for one or several recipients and the kernel has not taken yet, and who of them is left.
//!
//! Who misses a part is sent no more of it: nobody gets something with a hole. Who takes nothing while others wait is
//! left as well, after a while.

use super::Port;
use super::file_options::FileOptions;
use super::patience::{PATIENCE, Patience};
use crate::engine::responder::QUEUE_LIMIT_BYTES;
use crate::lang::fill;
use crate::model::{ConnectionId, Failure, FailureKind, Operation, SendId, SendResult, Target};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// While more than this waits to be sent, no more is queued: with one more of the usual chunks, less than the limit at which
/// a responder stops reading.
const QUEUED_BYTES: usize = QUEUE_LIMIT_BYTES - FileOptions::CHUNK_BYTES;

/// About how much memory each part takes besides its bytes, so that very many short ones are bounded too.
const PART_BYTES: usize = 128;

/// How often those that are left are looked at once somebody takes nothing.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Some recipients, which get the same bytes.
#[derive(Debug)]
struct Group {
    target: Target,
    /// How many of them are left on the way.
    left: usize,
    /// The first failure of one of them.
    failure: Option<Failure>,
    /// None of them is left.
    is_over: bool,
}

/// A part that waits for the kernel.
#[derive(Debug)]
struct Part {
    group: usize,
    /// Its memory.
    cost: usize,
    /// What it stands for, as the sender counts.
    weight: u64,
}

/// Parts on their way.
#[derive(Debug, Default)]
pub(super) struct Flight {
    groups: Vec<Group>,
    parts: HashMap<SendId, Part>,
    cost: usize,
    patience: Patience,
    /// Somebody was left who still has parts queued.
    has_stuck: bool,
    /// Those that were left because they took nothing.
    stuck: Vec<ConnectionId>,
}

/// What a sender that cannot go on waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// A result, or this moment.
    Until(Instant),
    /// Nothing: all that are left have everything, of which so much was not counted yet.
    Over(u64),
}

impl Flight {
    /// Nothing is on its way to these recipients, in groups that each get the same bytes.
    pub fn new(targets: impl IntoIterator<Item = Target>) -> Self {
        let group = |target| Group { target, left: 0, failure: None, is_over: false };
        Self { groups: targets.into_iter().map(group).collect(), ..Self::default() }
    }

    /// Nothing waits for the kernel.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// So much waits that no more is to be queued.
    pub fn is_full(&self) -> bool {
        self.cost >= QUEUED_BYTES
    }

    /// Whether none of a group is left.
    pub fn is_over(&self, group: usize) -> bool {
        self.groups.get(group).is_none_or(|group| group.is_over)
    }

    /// Those that are not left on the way, over all groups.
    pub fn recipients(&self) -> Target {
        if let [Group { target, .. }] = &self.groups[..] {
            return target.clone();
        }
        let of = |group: &Group| match &group.target {
            Target::Connections(ids) => ids.clone(),
            _ => Vec::new(),
        };
        Target::Connections(self.groups.iter().flat_map(of).collect())
    }

    /// How many recipients were left on the way.
    pub fn left(&self) -> u64 {
        self.groups.iter().map(|group| group.left as u64).sum()
    }

    /// Those that were left because they took nothing.
    pub fn stuck(&self) -> &[ConnectionId] {
        &self.stuck
    }

    /// Why nobody is left; `None` while somebody is.
    pub fn failure(&self) -> Option<Failure> {
        let is_over = self.groups.iter().all(|group| group.is_over);
        self.groups.iter().filter(|_| is_over).find_map(|group| group.failure.clone())
    }

    /// Queues a part for a group. Who refuses it gets no more.
    pub fn send(&mut self, group: usize, bytes: Arc<[u8]>, weight: u64, port: &mut dyn Port) {
        let Some(to) = self.groups.get_mut(group) else { return };
        let cost = bytes.len() + PART_BYTES;
        let (id, refused) = port.send_bytes(&to.target, bytes);
        self.parts.insert(id, Part { group, cost, weight });
        self.cost += cost;
        // The result has the reason.
        to.leave(&refused);
    }

    /// A send has ended. Returns what it stands for, or 0 if nobody has it. `None`: it is none of these.
    pub fn sent(&mut self, result: &SendResult, missed: &[ConnectionId]) -> Option<u64> {
        let Part { group, cost, weight } = self.parts.remove(&result.id)?;
        self.cost -= cost;
        self.patience.rest();
        let group = self.groups.get_mut(group)?;
        group.leave(missed);
        if let Some(failure) = &result.failure {
            group.failure.get_or_insert_with(|| failure.clone());
            match group.target {
                Target::Connections(_) if result.sent > 0 => {}
                // Nobody has it.
                _ if result.sent == 0 => group.leave_all(),
                // Datagrams to addresses, of which nobody knows who has them.
                _ => group.left = group.left.max(result.recipients - result.sent),
            }
        }
        Some(if result.sent > 0 { weight } else { 0 })
    }

    /// The sender can only wait. Leaves those that take nothing, if others wait for them.
    pub fn wait(&mut self, now: Instant, port: &mut dyn Port) -> Wait {
        let mut all = port.standings(&self.recipients());
        let (stuck, mut next) = self.patience.watch(now, &all);
        if !stuck.is_empty() && stuck.len() < all.len() {
            let note = fill(&port.words().record_left_on_the_way, &[("seconds", &PATIENCE.as_secs())]);
            stuck.iter().for_each(|id| port.note_of(*id, &note));
            for group in &mut self.groups {
                group.leave(&stuck);
                if group.is_over {
                    group.failure.get_or_insert_with(took_nothing);
                }
            }
            self.has_stuck = true;
            all.retain(|one| !stuck.contains(&one.id));
            self.stuck.extend(stuck);
        }
        if self.has_stuck {
            if all.iter().all(|one| one.queued_bytes == 0) {
                // Some may have ended meanwhile, with parts that wait for the one that takes nothing.
                let present: HashSet<_> = all.iter().map(|one| one.id).collect();
                self.groups.iter_mut().for_each(|group| group.keep(&present));
                self.has_stuck = false;
                self.patience.rest();
                self.cost = 0;
                let parts = std::mem::take(&mut self.parts);
                return Wait::Over(parts.values().map(|part| part.weight).sum());
            }
            next = next.min(now + LOOK_INTERVAL);
        }
        Wait::Until(next)
    }
}

impl Group {
    fn leave(&mut self, ids: &[ConnectionId]) {
        let Target::Connections(all) = &mut self.target else { return };
        if ids.is_empty() {
            return;
        }
        let ids: HashSet<_> = ids.iter().collect();
        let before = all.len();
        all.retain(|id| !ids.contains(id));
        self.left += before - all.len();
        self.is_over |= all.is_empty();
    }

    /// Leaves those that are not among `present`.
    fn keep(&mut self, present: &HashSet<ConnectionId>) {
        let Target::Connections(all) = &self.target else { return };
        let gone: Vec<_> = all.iter().copied().filter(|id| !present.contains(id)).collect();
        self.leave(&gone);
        if self.is_over {
            self.failure.get_or_insert_with(took_nothing);
        }
    }

    fn leave_all(&mut self) {
        self.left += match &mut self.target {
            Target::Connections(all) => std::mem::take(all).len(),
            _ => usize::from(!self.is_over),
        };
        self.is_over = true;
    }
}

/// Why somebody is left that takes nothing.
fn took_nothing() -> Failure {
    Failure::new(Operation::Send, "", FailureKind::EndedBeforeSent)
}

#[cfg(test)]
mod tests {
    use super::super::fake::{FakePort, landed, missed};
    use super::*;

    fn ids(ids: &[u32]) -> Target {
        Target::Connections(ids.iter().copied().map(ConnectionId).collect())
    }

    #[test]
    fn who_misses_a_part_gets_no_more_of_it_from_the_next_one_on() {
        let mut port = FakePort::with(&[1, 2, 3]);
        let mut flight = Flight::new([ids(&[1, 2, 3])]);
        port.refuse = vec![ConnectionId(2)];
        flight.send(0, (*b"a").into(), 1, &mut port);
        flight.send(0, (*b"b").into(), 1, &mut port);
        let targets: Vec<_> = port.sent.iter().map(|(_, target, _)| target.clone()).collect();
        assert_eq!(targets, [ids(&[1, 2, 3]), ids(&[1, 3])], "at once, before the result");
        assert_eq!(flight.sent(&missed(SendId(1), 2), &[ConnectionId(2)]), Some(1));
        assert_eq!((flight.left(), flight.failure()), (1, None), "counted once");
        // One that ends while a part of it waits.
        assert_eq!(flight.sent(&missed(SendId(2), 1), &[ConnectionId(3)]), Some(1));
        assert_eq!((flight.left(), flight.recipients(), flight.is_over(0)), (2, ids(&[1]), false));
        flight.send(0, (*b"c").into(), 1, &mut port);
        assert_eq!(flight.sent(&missed(SendId(3), 0), &[ConnectionId(1)]), Some(0));
        assert!(flight.is_over(0) && flight.failure().is_some() && flight.is_empty());
        assert_eq!(flight.sent(&landed(SendId(3)), &[]), None, "it is over");
    }

    #[test]
    fn who_takes_nothing_is_left_and_the_others_go_on_once_they_have_everything() {
        let mut port = FakePort::with(&[1, 2]);
        let mut flight = Flight::new([ids(&[1, 2])]);
        let start = Instant::now();
        flight.send(0, vec![7; 100].into(), 100, &mut port);
        port.queue(1, 100);
        port.queue(2, 100);
        assert_eq!(flight.wait(start, &mut port), Wait::Until(start + PATIENCE));
        // Nobody takes anything: nobody waits for another one.
        let now = start + PATIENCE;
        assert_eq!(flight.wait(now, &mut port), Wait::Until(now + PATIENCE));
        port.standings[0].taken_bytes = 10;
        let now = now + PATIENCE;
        assert_eq!(flight.wait(now, &mut port), Wait::Until(now + LOOK_INTERVAL), "1 is slow");
        assert_eq!((&port.notes[..], flight.left()), (&[ConnectionId(2)][..], 1));
        assert_eq!(flight.stuck(), [ConnectionId(2)]);
        port.queue(1, 0);
        let now = now + LOOK_INTERVAL;
        assert_eq!(flight.wait(now, &mut port), Wait::Over(100));
        assert!(flight.is_empty() && !flight.is_full());
        flight.send(0, (*b"b").into(), 1, &mut port);
        assert_eq!(port.sent[1].1, ids(&[1]));
        assert_eq!(flight.sent(&landed(SendId(1)), &[]), None, "the part that was given up");
    }

    #[test]
    fn one_that_ends_while_another_takes_nothing_has_not_got_everything() {
        let mut port = FakePort::with(&[1, 2]);
        let mut flight = Flight::new([ids(&[1, 2])]);
        let start = Instant::now();
        flight.send(0, (*b"a").into(), 1, &mut port);
        port.queue(1, 1);
        port.queue(2, 1);
        flight.wait(start, &mut port);
        port.standings[0].taken_bytes = 1;
        let now = start + PATIENCE;
        assert_eq!(flight.wait(now, &mut port), Wait::Until(now + LOOK_INTERVAL));
        // The other one ends; the result of the part waits for the one that takes nothing.
        port.standings.remove(0);
        assert_eq!(flight.wait(now + LOOK_INTERVAL, &mut port), Wait::Over(1));
        assert_eq!((flight.left(), flight.is_over(0), flight.failure().is_some()), (2, true, true));
    }

    #[test]
    fn a_lone_recipient_is_waited_for() {
        let mut port = FakePort::with(&[1]);
        let mut flight = Flight::new([ids(&[1])]);
        let mut now = Instant::now();
        flight.send(0, (*b"a").into(), 1, &mut port);
        port.queue(1, 1);
        for _ in 0..100 {
            now += PATIENCE;
            assert!(matches!(flight.wait(now, &mut port), Wait::Until(_)));
        }
        assert_eq!((flight.left(), flight.is_empty()), (0, false));
    }

    /// Otherwise a responder would read nothing while a file is sent.
    #[test]
    fn the_usual_chunks_stay_below_the_limit_of_responders() {
        for chunk in [FileOptions::CHUNK_BYTES, FileOptions::CHUNK_BYTES - 1, FileOptions::DATAGRAM_BYTES] {
            let mut port = FakePort::with(&[1]);
            let mut flight = Flight::new([ids(&[1])]);
            while !flight.is_full() {
                flight.send(0, vec![7; chunk].into(), 1, &mut port);
            }
            assert!(flight.cost < QUEUE_LIMIT_BYTES, "{chunk}: {}", flight.cost);
        }
    }

    #[test]
    fn very_many_short_parts_are_bounded() {
        let mut port = FakePort::with(&[1]);
        let mut flight = Flight::new([ids(&[1])]);
        let mut parts = 0;
        while !flight.is_full() {
            flight.send(0, (*b"a").into(), 1, &mut port);
            parts += 1;
        }
        assert!(parts * (PART_BYTES + 1) < 2 * QUEUED_BYTES, "{parts}");
    }
}
