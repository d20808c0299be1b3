//! What a tab sends over time, and which items that is: the one that is sent now is marked, and when something has ended,
//! the counters of what was sent go on after it.

use crate::model::{OutgoingId, OutgoingStatus, Progress};
use crate::settings::lists::ItemId;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a session sends over time.
#[derive(Clone, Debug)]
pub enum Sending {
    /// The payload of the composer, repeated.
    Payload {
        /// How many payloads are in each send.
        glue: u64,
    },
    /// An item, repeated.
    Item(ItemId),
    /// A sequence.
    Steps(RunSteps),
}

/// The steps of a sequence.
#[derive(Clone, Debug, Default)]
pub struct RunSteps {
    /// The name and the item of each step; a step of a file is no item.
    pub steps: Vec<(String, Option<ItemId>)>,
    /// How often each step was sent; the session counts.
    pub sends: Sends,
}

/// How often each step of a sequence was sent.
#[derive(Clone, Debug, Default)]
pub struct Sends(Arc<[AtomicU64]>);

impl Sends {
    /// None of so many steps yet.
    #[must_use]
    pub fn of_steps(steps: usize) -> Self {
        Self((0..steps).map(|_| AtomicU64::new(0)).collect())
    }

    /// Counts sends of a step.
    pub fn add(&self, step: usize, sends: u32) {
        if let Some(count) = self.0.get(step) {
            count.fetch_add(sends.into(), Ordering::Relaxed);
        }
    }
}

/// How often something was sent that has ended. `None`: the payload of the composer.
pub type Count = (Option<ItemId>, u64);

/// What has ended.
#[derive(Debug)]
pub struct Ended {
    /// How often it was sent.
    pub counts: Vec<Count>,
    /// The last that is known of it. Its state may be another if the session ended with it.
    pub status: Option<OutgoingStatus>,
    /// Whether it is a sequence, whose end is told.
    pub is_sequence: bool,
}

/// What a tab sends over time.
#[derive(Debug, Default)]
pub struct Runs {
    known: Vec<Run>,
    /// The items that are sent now.
    running: BTreeSet<ItemId>,
}

#[derive(Debug)]
struct Run {
    id: OutgoingId,
    sending: Sending,
    /// As it was seen last.
    status: Option<OutgoingStatus>,
}

impl Runs {
    /// Notes that something is sent from now on.
    pub fn add(&mut self, id: OutgoingId, sending: Sending) {
        self.known.push(Run { id, sending, status: None });
    }

    /// Whether an item is sent now, by itself or in its list.
    #[must_use]
    pub fn is_running(&self, item: &ItemId) -> bool {
        self.running.contains(item)
    }

    /// The name of the step that runs.
    #[must_use]
    pub fn step_name(&self, outgoing: &OutgoingStatus) -> Option<&str> {
        let run = self.known.iter().find(|run| run.id == outgoing.id)?;
        match (&run.sending, &outgoing.progress) {
            (Sending::Steps(steps), Progress::Steps { step, .. }) => {
                let (name, _) = steps.steps.get(step.checked_sub(1)?)?;
                Some(name.as_str()).filter(|name| !name.is_empty())
            }
            _ => None,
        }
    }

    /// Follows the session. Returns what has ended since the last call.
    pub fn follow(&mut self, outgoing: &[OutgoingStatus]) -> Vec<Ended> {
        let mut ended = Vec::new();
        self.running.clear();
        self.known.retain_mut(|run| {
            let now = outgoing.iter().find(|outgoing| outgoing.id == run.id);
            if let Some(now) = now {
                run.status = Some(now.clone());
            }
            match now {
                Some(now) if !now.state.has_ended() => {
                    self.running.extend(run.item(now).cloned());
                    true
                }
                // The session has not begun with it yet.
                None if run.status.is_none() => true,
                _ => {
                    ended.push(run.ended());
                    false
                }
            }
        });
        ended
    }

    /// The session ends with all that runs.
    pub fn end(&mut self) -> Vec<Ended> {
        self.running.clear();
        self.known.drain(..).map(|mut run| run.ended()).collect()
    }
}

impl Run {
    /// The item that is sent now.
    fn item(&self, now: &OutgoingStatus) -> Option<&ItemId> {
        match (&self.sending, &now.progress) {
            (Sending::Item(item), _) => Some(item),
            (Sending::Steps(steps), Progress::Steps { step, .. }) => {
                steps.steps.get(step.checked_sub(1)?)?.1.as_ref()
            }
            _ => None,
        }
    }

    fn ended(&mut self) -> Ended {
        let status = self.status.take();
        let repeated = match status.as_ref().map(|status| &status.progress) {
            Some(Progress::Repeat(repeat)) => repeat.sent,
            _ => 0,
        };
        let counts = match &self.sending {
            Sending::Payload { glue } => vec![(None, repeated.saturating_mul(*glue))],
            Sending::Item(item) => vec![(Some(item.clone()), repeated)],
            Sending::Steps(steps) => {
                let sends = steps.sends.0.iter().map(|count| count.load(Ordering::Relaxed));
                let of_items = steps.steps.iter().zip(sends);
                of_items.filter_map(|((_, item), sends)| Some((Some(item.clone()?), sends))).collect()
            }
        };
        Ended { counts, status, is_sequence: matches!(self.sending, Sending::Steps(_)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::OutgoingState;

    fn status(id: u64, state: OutgoingState, step: usize) -> OutgoingStatus {
        OutgoingStatus {
            id: OutgoingId(id),
            label: "run".into(),
            target: Arc::new(crate::model::Target::All),
            state,
            progress: Progress::Steps { step, steps: 2, round: 1, rounds: Some(1) },
        }
    }

    #[test]
    fn the_step_that_runs_is_marked_and_counts_are_told_once_it_has_ended() {
        let [a, b] = ["a", "b"].map(|id| ItemId(id.into()));
        let sends = Sends::of_steps(3);
        let steps = vec![("A".into(), Some(a.clone())), (String::new(), None), ("B".into(), Some(b.clone()))];
        let mut runs = Runs::default();
        runs.add(OutgoingId(7), Sending::Steps(RunSteps { steps, sends: sends.clone() }));
        assert!(runs.follow(&[]).is_empty(), "the session has not begun with it");
        let first = status(7, OutgoingState::Running, 1);
        assert!(runs.follow(&[status(3, OutgoingState::Done, 1), first.clone()]).is_empty());
        assert_eq!((runs.is_running(&a), runs.is_running(&b)), (true, false));
        assert_eq!(runs.step_name(&first), Some("A"));
        assert_eq!(runs.step_name(&status(7, OutgoingState::Running, 2)), None, "it has no name");
        sends.add(0, 2);
        sends.add(2, 1);
        runs.follow(&[status(7, OutgoingState::Running, 3)]);
        assert_eq!((runs.is_running(&a), runs.is_running(&b)), (false, true));
        let ended = runs.follow(&[status(7, OutgoingState::Done, 3)]);
        let [ended] = &ended[..] else { panic!("{ended:?}") };
        assert_eq!(ended.counts, [(Some(a), 2), (Some(b.clone()), 1)]);
        assert!(ended.is_sequence && !runs.is_running(&b));
        assert!(runs.follow(&[status(7, OutgoingState::Done, 3)]).is_empty(), "once");
    }

    #[test]
    fn what_goes_with_its_session_has_ended() {
        let mut runs = Runs::default();
        runs.add(OutgoingId(1), Sending::Payload { glue: 1 });
        runs.follow(&[status(1, OutgoingState::Running, 1)]);
        assert_eq!(runs.follow(&[]).len(), 1);
        runs.add(OutgoingId(2), Sending::Item(ItemId("a".into())));
        assert_eq!(runs.end()[0].counts, [(Some(ItemId("a".into())), 0)]);
        assert!(runs.end().is_empty());
    }
}
