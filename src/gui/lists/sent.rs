//! What became of the items that a tab has sent: the failure of each is shown on its row until it is sent again.

use crate::gui::kit::ctx::TabCtx;
use crate::model::{Failure, SendId, SendResult};
use crate::settings::lists::ItemId;
use std::collections::{BTreeMap, VecDeque};

/// The most sends whose results are awaited.
const AWAITED: usize = 256;

/// Why an item was not sent.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemError {
    /// It was not handed to the session; in the language of the window.
    Refused(String),
    /// The session could not send it.
    Failed(Failure),
}

impl ItemError {
    /// The error in words.
    #[must_use]
    pub fn explain(&self, ctx: TabCtx<'_>) -> String {
        match self {
            Self::Refused(text) => text.clone(),
            Self::Failed(failure) => ctx.explain(failure),
        }
    }
}

/// The items that a tab has sent.
#[derive(Default)]
pub struct SentItems {
    /// The item whose values are asked for.
    pub asked: Option<ItemId>,
    awaited: VecDeque<(SendId, ItemId)>,
    errors: BTreeMap<ItemId, ItemError>,
    counts: BTreeMap<ItemId, u64>,
}

impl SentItems {
    /// How often the item was sent: what its counters go on from.
    #[must_use]
    pub fn count(&self, id: &ItemId) -> u64 {
        self.counts.get(id).copied().unwrap_or_default()
    }

    /// Lets the counters of an item begin again.
    pub fn reset_count(&mut self, id: &ItemId) {
        self.counts.remove(id);
    }

    /// Notes that an item was handed to the session.
    pub fn sent(&mut self, item: ItemId, send: Option<SendId>) {
        self.errors.remove(&item);
        *self.counts.entry(item.clone()).or_default() += 1;
        let Some(send) = send else { return };
        if self.awaited.len() == AWAITED {
            self.awaited.pop_front();
        }
        self.awaited.push_back((send, item));
    }

    /// Notes that it was not.
    pub fn failed(&mut self, item: ItemId, error: ItemError) {
        self.errors.insert(item, error);
    }

    /// Takes the results of sends.
    pub fn take_results(&mut self, results: &[SendResult]) {
        for result in results {
            let Some(index) = self.awaited.iter().position(|(id, _)| *id == result.id) else { continue };
            let Some((_, item)) = self.awaited.remove(index) else { continue };
            match &result.failure {
                Some(failure) => drop(self.errors.insert(item, ItemError::Failed(failure.clone()))),
                None => drop(self.errors.remove(&item)),
            }
        }
    }

    /// Why an item was not sent the last time.
    #[must_use]
    pub fn error(&self, id: &ItemId) -> Option<&ItemError> {
        self.errors.get(id)
    }

    /// Forgets the failure of an item, which was edited.
    pub fn forget(&mut self, id: &ItemId) {
        self.errors.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FailureKind, Operation};

    #[test]
    fn the_failure_of_an_item_stays_until_it_is_sent_again() {
        let [a, b] = ["a", "b"].map(|id| ItemId(id.into()));
        let failure = Failure::new(Operation::Send, "10.0.0.7:502", FailureKind::Unreachable);
        let result = |id, fails: bool| SendResult {
            id: SendId(id),
            recipients: 1,
            sent: usize::from(!fails),
            unsent_bytes: 0,
            failure: fails.then(|| failure.clone()),
        };
        let mut sent = SentItems::default();
        sent.sent(a.clone(), Some(SendId(1)));
        sent.sent(b.clone(), Some(SendId(2)));
        sent.take_results(&[result(1, true), result(7, true), result(2, false)]);
        assert_eq!((sent.error(&a), sent.error(&b)), (Some(&ItemError::Failed(failure.clone())), None));
        sent.sent(a.clone(), Some(SendId(3)));
        assert_eq!(sent.error(&a), None);
        sent.failed(a.clone(), ItemError::Refused("no".into()));
        sent.take_results(&[result(3, false)]);
        assert_eq!((sent.error(&a), sent.count(&a), sent.count(&b)), (None, 2, 1));
        sent.reset_count(&a);
        assert_eq!(sent.count(&a), 0);
    }
}
