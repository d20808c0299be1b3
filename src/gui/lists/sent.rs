//! What became of the items that a tab has sent: the failure of each is shown on its row until it is sent again. How often
//! each was sent, for its counters, is in the settings of the tab.

use crate::gui::kit::sends::{Awaited, SendError};
use crate::model::{SendId, SendResult};
use crate::settings::TabSettings;
use crate::settings::lists::{Item, ItemId};
use std::collections::BTreeMap;

/// Bound on the counts that are kept, of items that may be gone.
const MOST_COUNTS: usize = 1000;

/// The items that a tab has sent.
#[derive(Default)]
pub struct SentItems {
    /// The item whose values are asked for.
    pub asked: Option<ItemId>,
    awaited: Awaited<ItemId>,
    errors: BTreeMap<ItemId, SendError>,
}

impl SentItems {
    /// Notes that an item was handed to the session. `None`: it is repeated, and has no result.
    pub fn sent(&mut self, item: ItemId, send: Option<SendId>) {
        self.errors.remove(&item);
        if let Some(send) = send {
            self.awaited.push(send, item);
        }
    }

    /// Notes that it was not.
    pub fn failed(&mut self, item: ItemId, error: SendError) {
        self.errors.insert(item, error);
    }

    /// Takes the results of sends.
    pub fn take_results(&mut self, results: &[SendResult]) {
        for result in results {
            match self.awaited.take(result) {
                Some((item, Some(error))) => drop(self.errors.insert(item, error)),
                Some((item, None)) => drop(self.errors.remove(&item)),
                None => {}
            }
        }
    }

    /// Why an item was not sent the last time.
    #[must_use]
    pub fn error(&self, id: &ItemId) -> Option<&SendError> {
        self.errors.get(id)
    }

    /// Forgets the failure of an item, which was edited.
    pub fn forget(&mut self, id: &ItemId) {
        self.errors.remove(id);
    }
}

/// How often an item was sent in a tab: what its counters go on from.
#[must_use]
pub fn count(form: &TabSettings, item: &ItemId) -> u64 {
    form.item_counts.get(&item.0).copied().unwrap_or_default()
}

/// Lets the counters of an item go on. Only those of templates are seen.
pub fn advance_count(form: &mut TabSettings, item: &Item, by: u64) {
    if !item.is_template || by == 0 {
        return;
    }
    let counts = &mut form.item_counts;
    let count = counts.entry(item.id.0.clone()).or_default();
    *count = count.saturating_add(by);
    if counts.len() > MOST_COUNTS {
        let other = counts.keys().find(|id| **id != item.id.0).cloned();
        other.and_then(|other| counts.remove(&other));
    }
}

/// Lets the counters of an item begin again.
pub fn reset_count(form: &mut TabSettings, item: &ItemId) {
    form.item_counts.remove(&item.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Failure, FailureKind, Operation};
    use crate::settings::TabKind;

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
        assert_eq!((sent.error(&a), sent.error(&b)), (Some(&SendError::Failed(failure.clone())), None));
        sent.sent(a.clone(), Some(SendId(3)));
        assert_eq!(sent.error(&a), None);
        sent.failed(a.clone(), SendError::Refused("no".into()));
        sent.take_results(&[result(3, false)]);
        assert_eq!(sent.error(&a), None);
    }

    #[test]
    fn counts_of_templates_are_kept_and_not_too_many() {
        let mut form = TabSettings::new(TabKind::Udp);
        let item = Item { is_template: true, ..Item::new("a") };
        advance_count(&mut form, &Item::new("text"), 3);
        assert!(form.item_counts.is_empty(), "text has no counters");
        advance_count(&mut form, &item, 2);
        advance_count(&mut form, &item, 1);
        assert_eq!(count(&form, &item.id), 3);
        reset_count(&mut form, &item.id);
        assert_eq!((count(&form, &item.id), form.item_counts.len()), (0, 0));
        for _ in 0..MOST_COUNTS + 5 {
            advance_count(&mut form, &Item { is_template: true, ..Item::new("b") }, 1);
        }
        assert_eq!(form.item_counts.len(), MOST_COUNTS);
    }
}
