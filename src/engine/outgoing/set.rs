//! All that a session sends over time: by id, with the state of each, and the status for front ends.

use super::{Job, Next, Outgoing};
use crate::engine::sends::Delivered;
use crate::model::{ConnectionId, OutgoingId, OutgoingState, OutgoingStatus, Progress, Target};
use crate::net::ConnectionEnds;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How many that have ended are kept for their results; those that ended first are dropped.
const ENDED: usize = 64;

/// The numbers of the status are renewed at most so often. Starts, ends and changes of state are seen at once.
const STATUS_INTERVAL: Duration = Duration::from_millis(100);

/// Everything that a session sends over time.
#[derive(Default)]
pub(in crate::engine) struct OutgoingSet {
    entries: BTreeMap<OutgoingId, Entry>,
    /// How many have not ended.
    running: usize,
    /// Those that have ended, in that order. Some may be removed from the entries already.
    ended: VecDeque<OutgoingId>,
    /// How many have ended short of what they were to send.
    short: u64,
    /// Streams that were noted to be interrupted by another one: that one, and the stream.
    noted: BTreeSet<(OutgoingId, OutgoingId)>,
    /// Those that were called since [`settle`](Self::settle): what they wait for may have changed.
    touched: BTreeSet<OutgoingId>,
    /// Those that are told of received data.
    listening: BTreeSet<OutgoingId>,
    /// Those that are streams, and run.
    streams: BTreeSet<OutgoingId>,
    /// Those with a waker, and whether it was used.
    wakers: BTreeMap<OutgoingId, Arc<AtomicBool>>,
    /// Those that have ended by themselves, and are still to be told.
    over: Vec<(OutgoingId, Box<dyn Outgoing>)>,
    news: News,
}

/// A stream that has begun.
pub(in crate::engine) struct Stream {
    pub id: OutgoingId,
    /// Its recipients.
    pub target: Target,
    pub label: Arc<str>,
    /// How many bytes of it were sent.
    pub bytes: u64,
}

/// What the status does not have yet.
#[derive(Default)]
struct News {
    /// Those whose numbers may have changed.
    changed: BTreeSet<OutgoingId>,
    /// One began, ended, was removed, or changed its state.
    is_urgent: bool,
    /// When the status was made last.
    made: Option<Instant>,
}

/// One of them.
struct Entry {
    /// `None` while it is called, and once it has ended. What was stopped stays for the results of what was queued.
    outgoing: Option<Box<dyn Outgoing>>,
    is_paused: bool,
    status: OutgoingStatus,
}

impl OutgoingSet {
    /// Adds one. It is to be told its recipients next.
    pub fn insert(&mut self, id: OutgoingId, label: Arc<str>, job: Job) {
        let outgoing = job.into_inner();
        if outgoing.is_stream() {
            self.streams.insert(id);
        }
        let status = OutgoingStatus {
            id,
            label,
            target: Arc::new(outgoing.target().clone()),
            state: OutgoingState::Running,
            progress: outgoing.progress(),
        };
        self.entries.insert(id, Entry { outgoing: Some(outgoing), is_paused: false, status });
        self.running += 1;
        self.news.is_urgent = true;
        self.touched.insert(id);
    }

    /// Whether any of them has not ended.
    pub fn is_running(&self) -> bool {
        self.running > 0
    }

    /// Those that have not ended.
    pub fn running(&self) -> Vec<OutgoingId> {
        let is_running = |(_, entry): &(&OutgoingId, &Entry)| !entry.status.state.has_ended();
        self.entries.iter().filter(is_running).map(|(id, _)| *id).collect()
    }

    /// The repeats that have not ended, and their names.
    pub fn repeats(&self) -> Vec<(OutgoingId, Arc<str>)> {
        let repeats = self.entries.iter().filter(|(_, entry)| {
            !entry.status.state.has_ended() && matches!(entry.status.progress, Progress::Repeat(_))
        });
        repeats.map(|(id, entry)| (*id, entry.status.label.clone())).collect()
    }

    /// Takes one to call it with a port; [`put_back`](Self::put_back) is next. `None`: it has ended or is paused.
    pub fn take(&mut self, id: OutgoingId) -> Option<Box<dyn Outgoing>> {
        self.running_entry(id).filter(|entry| !entry.is_paused)?.outgoing.take()
    }

    fn running_entry(&mut self, id: OutgoingId) -> Option<&mut Entry> {
        self.entries.get_mut(&id).filter(|entry| !entry.status.state.has_ended())
    }

    /// Puts back what was taken.
    pub fn put_back(&mut self, id: OutgoingId, outgoing: Box<dyn Outgoing>) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.outgoing = Some(outgoing);
        }
        self.touched.insert(id);
    }

    /// Tells one of them the result of its send.
    pub fn sent(&mut self, id: OutgoingId, delivered: &Delivered, now: Instant) {
        if let Some(outgoing) = self.entries.get_mut(&id).and_then(|entry| entry.outgoing.as_mut()) {
            outgoing.sent(&delivered.result, &delivered.missed, now);
            self.touched.insert(id);
        }
    }

    /// The streams that run and have begun: their ids, whose they are, their names, and how many bytes of them were sent.
    /// Those in which `sender` was noted before are left out; no sender is the user, who is always noted.
    pub fn streams(&self, sender: Option<OutgoingId>) -> Vec<Stream> {
        let is_new = |id| sender.is_none_or(|sender| sender != id && !self.noted.contains(&(sender, id)));
        let begun = self.streams.iter().filter(|id| is_new(**id)).filter_map(|id| {
            let entry = self.entries.get(id)?;
            let (target, bytes) = entry.outgoing.as_ref()?.stream().filter(|(_, bytes)| *bytes > 0)?;
            Some(Stream { id: *id, target, label: entry.status.label.clone(), bytes })
        });
        begun.collect()
    }

    /// It was noted that one sends in the middle of a stream.
    pub fn noted(&mut self, sender: OutgoingId, stream: OutgoingId) {
        self.noted.insert((sender, stream));
    }

    /// Tells those that listen what was received.
    pub fn received(&mut self, from: &ConnectionEnds, payload: &[u8]) {
        if self.listening.is_empty() {
            return;
        }
        let now = Instant::now();
        for id in &self.listening {
            if let Some(outgoing) = self.entries.get_mut(id).and_then(|entry| entry.outgoing.as_mut()) {
                outgoing.received(from, payload, now);
                self.touched.insert(*id);
            }
        }
    }

    /// Tells those that listen that a connection has ended. `is_alone`: no other one is left.
    pub fn closed(&mut self, connection: ConnectionId, is_alone: bool) {
        let now = Instant::now();
        for id in &self.listening {
            if let Some(outgoing) = self.entries.get_mut(id).and_then(|entry| entry.outgoing.as_mut()) {
                outgoing.closed(connection, is_alone, now);
                self.touched.insert(*id);
            }
        }
    }

    /// Holds one until [`resume`](Self::resume).
    pub fn pause(&mut self, id: OutgoingId, now: Instant) {
        let entry = self.running_entry(id).filter(|entry| !entry.is_paused);
        if let Some(Entry { outgoing: Some(outgoing), is_paused, .. }) = entry {
            *is_paused = true;
            outgoing.pause(now);
            self.touched.insert(id);
        }
    }

    /// Lets one go on that was paused. It is to be told its recipients next.
    pub fn resume(&mut self, id: OutgoingId, now: Instant) {
        let entry = self.running_entry(id).filter(|entry| entry.is_paused);
        if let Some(Entry { outgoing: Some(outgoing), is_paused, .. }) = entry {
            *is_paused = false;
            outgoing.resume(now);
            self.touched.insert(id);
        }
    }

    /// Takes one, paused or not, to stop it; [`keep`](Self::keep) is next. One that has ended is removed from the status;
    /// one that has just ended is among [`take_over`](Self::take_over).
    pub fn stop(&mut self, id: OutgoingId) -> Option<Box<dyn Outgoing>> {
        let entry = self.entries.get_mut(&id)?;
        self.news.is_urgent = true;
        if entry.status.state.has_ended() {
            self.entries.remove(&id);
            self.ended.retain(|ended| *ended != id);
            return None;
        }
        let outgoing = entry.outgoing.take()?;
        let state = state(&outgoing.next(), false);
        if state.has_ended() {
            self.end(id, &*outgoing, state);
            self.over.push((id, outgoing));
            return None;
        }
        Some(outgoing)
    }

    /// Keeps what was stopped, for the results of what it has queued.
    pub fn keep(&mut self, id: OutgoingId, outgoing: Box<dyn Outgoing>) {
        self.end(id, &*outgoing, OutgoingState::Stopped);
        if let Some(entry) = self.entries.get_mut(&id).filter(|_| outgoing.has_pending()) {
            entry.outgoing = Some(outgoing);
        }
    }

    /// Removes those that have ended from the status.
    pub fn forget_ended(&mut self) {
        let before = self.entries.len();
        self.entries.retain(|_, entry| !entry.status.state.has_ended());
        self.ended.clear();
        self.news.is_urgent |= self.entries.len() < before;
    }

    /// Whether the waker of one is used: set by any thread.
    pub fn waker(&mut self, id: OutgoingId) -> Arc<AtomicBool> {
        self.wakers.entry(id).or_default().clone()
    }

    /// Those whose wakers were used since the last call.
    pub fn take_woken(&mut self) -> Vec<OutgoingId> {
        let is_woken = |(_, flag): &(&OutgoingId, &Arc<AtomicBool>)| flag.swap(false, Ordering::AcqRel);
        self.wakers.iter().filter(is_woken).map(|(id, _)| *id).collect()
    }

    /// Asks those that were called what they wait for, and ends those that are over. Returns their deadlines.
    pub fn settle(&mut self) -> Vec<(OutgoingId, Option<Instant>)> {
        let mut deadlines = Vec::with_capacity(self.touched.len());
        for id in std::mem::take(&mut self.touched) {
            let Some(entry) = self.entries.get_mut(&id) else {
                deadlines.push((id, None));
                continue;
            };
            let Some(outgoing) = entry.outgoing.take() else {
                deadlines.push((id, None));
                continue;
            };
            if entry.status.state.has_ended() {
                deadlines.push((id, None));
                entry.status.progress = outgoing.progress();
                entry.outgoing = outgoing.has_pending().then_some(outgoing);
                self.news.is_urgent = true;
                continue;
            }
            let next = outgoing.next();
            let deadline = match &next {
                Next::At(at) if !entry.is_paused => Some(*at),
                _ => None,
            };
            deadlines.push((id, deadline));
            let state = state(&next, entry.is_paused);
            if state.has_ended() {
                self.end(id, &*outgoing, state);
                self.over.push((id, outgoing));
                continue;
            }
            match outgoing.is_listening() {
                true => self.listening.insert(id),
                false => self.listening.remove(&id),
            };
            entry.outgoing = Some(outgoing);
            self.news.changed.insert(id);
            if entry.status.state != state {
                entry.status.state = state;
                self.news.is_urgent = true;
            }
        }
        deadlines
    }

    /// Those that have ended by themselves since the last call.
    pub fn take_over(&mut self) -> Vec<(OutgoingId, Box<dyn Outgoing>)> {
        std::mem::take(&mut self.over)
    }

    /// Notes how one ended, whose `outgoing` was taken.
    fn end(&mut self, id: OutgoingId, outgoing: &dyn Outgoing, state: OutgoingState) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        entry.status.progress = outgoing.progress();
        self.short += u64::from(is_short(&state, &entry.status.progress));
        entry.status.state = state;
        self.running -= 1;
        self.touched.insert(id);
        self.listening.remove(&id);
        self.streams.remove(&id);
        self.wakers.remove(&id);
        self.noted.retain(|(sender, stream)| *sender != id && *stream != id);
        self.news.changed.remove(&id);
        self.news.is_urgent = true;
        self.ended.push_back(id);
        while self.ended.len() > ENDED
            && let Some(first) = self.ended.pop_front()
        {
            self.entries.remove(&first);
        }
    }

    /// How many have ended without sending everything to everybody.
    pub fn short(&self) -> u64 {
        self.short
    }

    /// The status, if there is news and it is time for it.
    pub fn status(&mut self, now: Instant) -> Option<Arc<[OutgoingStatus]>> {
        if !self.news.is_urgent && self.status_due().is_none_or(|due| due > now) {
            return None;
        }
        for id in std::mem::take(&mut self.news.changed) {
            if let Some(Entry { outgoing: Some(outgoing), status, .. }) = self.entries.get_mut(&id) {
                status.progress = outgoing.progress();
            }
        }
        self.news = News { made: Some(now), ..News::default() };
        Some(self.entries.values().map(|entry| entry.status.clone()).collect())
    }

    /// When there is a new status.
    pub fn status_due(&self) -> Option<Instant> {
        match (self.news.is_urgent || !self.news.changed.is_empty(), self.news.made) {
            (false, _) => None,
            (true, Some(made)) => Some(made + STATUS_INTERVAL),
            (true, None) => Some(Instant::now()),
        }
    }
}

/// The state of one that waits for `next`.
fn state(next: &Next, is_paused: bool) -> OutgoingState {
    match next {
        Next::Ended(Ok(())) => OutgoingState::Done,
        Next::Ended(Err(failure)) => OutgoingState::Failed(failure.clone()),
        _ if is_paused => OutgoingState::Paused,
        Next::Recipient => OutgoingState::Waiting,
        Next::At(_) | Next::Event => OutgoingState::Running,
    }
}

/// Whether something that has ended has not sent everything to everybody.
fn is_short(state: &OutgoingState, progress: &Progress) -> bool {
    match (state, progress) {
        (OutgoingState::Failed(_), _) => true,
        (OutgoingState::Done, Progress::Bytes { left, .. }) => *left > 0,
        (OutgoingState::Done, Progress::Repeat(repeat)) => repeat.failed > 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::phase::Phase;
    use super::super::{Pieces, Port};
    use super::*;
    use crate::engine::message::Message;
    use crate::payload::Delivery;

    fn job() -> Job {
        Pieces::new(Target::All, Message::raw(*b"a"), Delivery::default()).into()
    }

    /// Ends when it is asked to.
    struct Ending(Phase);

    impl Outgoing for Ending {
        fn target(&self) -> &Target {
            &Target::All
        }
        fn next(&self) -> Next {
            self.0.next(None)
        }
        fn due(&mut self, _: Instant, _: &mut dyn Port) {}
        fn recipients_changed(&mut self, _: Instant, _: &mut dyn Port) {}
        fn pause(&mut self, _: Instant) {}
        fn resume(&mut self, _: Instant) {}
        fn progress(&self) -> Progress {
            Progress::Bytes { done: 0, total: None, rate: 0, left: 0 }
        }
    }

    #[test]
    fn those_that_ended_first_are_forgotten_and_not_those_that_began_first() {
        let mut set = OutgoingSet::default();
        let first = OutgoingId(0);
        set.insert(first, "first".into(), job());
        for id in 1..=ENDED as u64 + 5 {
            set.insert(OutgoingId(id), "short".into(), job());
            set.take(OutgoingId(id));
            set.put_back(OutgoingId(id), Box::new(Ending(Phase::Ended(Ok(())))));
            set.settle();
        }
        set.take(first);
        set.put_back(first, Box::new(Ending(Phase::Ended(Ok(())))));
        set.settle();
        let status = set.status(Instant::now() + STATUS_INTERVAL).unwrap();
        assert_eq!((status.len(), status[0].id), (ENDED, first), "the one that ended last is there");
        assert_eq!(set.short(), 0);
    }
}
