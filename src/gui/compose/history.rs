//! The payloads sent before: remembering them, and going through them with Up and Down.

use crate::settings::{HistoryEntry, TabSettings};
use std::collections::BTreeMap;

/// The largest number of entries.
const ENTRIES: usize = 50;
/// Longer payloads are not remembered, to keep the settings file small.
const ENTRY_CHARACTERS: usize = 10_000;

/// Adds the payload of a form to its history as the newest entry; an equal older entry is removed.
pub fn remember(form: &mut TabSettings) {
    let mut entry = HistoryEntry::new(form.payload_format, form.payload.clone());
    if entry.payload.is_empty() || entry.payload.chars().count() > ENTRY_CHARACTERS {
        return;
    }
    if let Some(at) = form.history.iter().position(|known| known.is_same(&entry)) {
        // With what another version knows of it.
        entry = form.history.remove(at);
    }
    form.history.push(entry);
    let excess = form.history.len().saturating_sub(ENTRIES);
    form.history.drain(..excess);
}

/// The position in the history while the user goes through it.
#[derive(Clone, Debug, Default)]
pub struct HistoryCursor {
    /// Steps back from the draft; 0 is the draft.
    back: usize,
    /// Edited texts that were left on the way, by steps back: the draft and changed entries.
    edited: BTreeMap<usize, HistoryEntry>,
    /// The draft that was left to send an older entry.
    waiting: Option<HistoryEntry>,
}

impl HistoryCursor {
    /// Shows the older entry (`back`) or the newer one in the form.
    pub fn step(&mut self, form: &mut TabSettings, back: bool) {
        let here = HistoryEntry::new(form.payload_format, form.payload.clone());
        let is_just_sent = self.back == 0 && form.history.last().is_some_and(|last| last.is_same(&here));
        let target = match (back, self.back) {
            // The newest entry is still in the field: showing it again would seem to do nothing.
            (true, 0) if is_just_sent => 2,
            (true, steps) => steps + 1,
            (false, 0) => {
                // What was sent is in the history; the draft takes its place again.
                if is_just_sent && let Some(draft) = self.waiting.take() {
                    show(form, draft);
                }
                return;
            }
            (false, steps) => steps - 1,
        };
        if target > form.history.len() {
            return;
        }
        self.edited.insert(self.back, here);
        let edited = self.edited.get(&target).cloned();
        if let Some(entry) = edited.or_else(|| form.history.get(form.history.len() - target).cloned()) {
            show(form, entry);
        }
        self.back = target;
    }

    /// Shows the entry that is `back` steps before the draft in the form, as going there does: the draft comes back
    /// with Down.
    pub fn choose(&mut self, form: &mut TabSettings, back: usize) {
        let at = form.history.len().checked_sub(back);
        let Some(entry) = at.and_then(|at| form.history.get(at)).cloned() else { return };
        let here = HistoryEntry::new(form.payload_format, form.payload.clone());
        let is_just_sent = self.back == 0 && form.history.last().is_some_and(|last| last.is_same(&here));
        let is_entry = |steps: usize, text: &HistoryEntry| {
            let at = form.history.len().checked_sub(steps);
            at.and_then(|at| form.history.get(at)).is_some_and(|entry| entry.is_same(text))
        };
        // What was sent last is no draft: it is in the history.
        let is_draft = |text: &HistoryEntry| !text.payload.is_empty() && !is_entry(1, text);
        let has_draft = self.edited.get(&0).or(self.waiting.as_ref()).is_some_and(is_draft);
        if self.back > 0 && !has_draft && !here.payload.is_empty() && !is_entry(self.back, &here) {
            // Sending the chosen entry forgets edited ones, but not the draft.
            self.edited.insert(0, here);
            self.edited.remove(&self.back);
        } else if !is_just_sent {
            self.edited.insert(self.back, here);
        }
        show(form, entry);
        self.back = back;
    }

    /// Notes that the payload in the field was sent. A draft that was left for it comes back with Down.
    pub fn sent(&mut self) {
        let draft = if self.back > 0 { self.edited.remove(&0) } else { None };
        let waiting = draft.or(self.waiting.take()).filter(|draft| !draft.payload.is_empty());
        *self = Self { waiting, ..Self::default() };
    }
}

fn show(form: &mut TabSettings, entry: HistoryEntry) {
    form.payload_format = entry.format;
    form.payload = entry.payload;
}
