//! The payloads sent before: remembering them, and going through them with Up and Down.

use crate::settings::{HistoryEntry, TabSettings};
use std::collections::BTreeMap;

/// The largest number of entries.
const ENTRIES: usize = 50;
/// Longer payloads are not remembered, to keep the settings file small.
const ENTRY_CHARACTERS: usize = 10_000;

/// Adds the payload of a form to its history as the newest entry; an equal older entry is removed.
pub fn remember(form: &mut TabSettings) {
    add(form, HistoryEntry::of(form));
}

/// Adds a payload to the history of a form as the newest entry. Returns how many steps back an equal older one was, which
/// is removed; `None` for a payload that is not remembered.
pub fn add(form: &mut TabSettings, mut entry: HistoryEntry) -> Option<usize> {
    if entry.payload.is_empty() || entry.payload.chars().count() > ENTRY_CHARACTERS {
        return None;
    }
    let mut steps = usize::MAX;
    if let Some(at) = form.history.iter().position(|known| known.is_same(&entry)) {
        steps = form.history.len() - at;
        // With what another version knows of it.
        entry = form.history.remove(at);
    }
    form.history.push(entry);
    let excess = form.history.len().saturating_sub(ENTRIES);
    form.history.drain(..excess);
    Some(steps)
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
        let here = HistoryEntry::of(form);
        let is_just_sent = self.back == 0 && form.history.last().is_some_and(|last| last.is_same(&here));
        let target = match (back, self.back) {
            // The newest entry is still in the field: showing it again would seem to do nothing.
            (true, 0) if is_just_sent => 2,
            (true, steps) => steps + 1,
            (false, 0) => {
                // What was sent is in the history; the draft takes its place again.
                if is_just_sent && let Some(draft) = self.waiting.take() {
                    draft.show(form);
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
            entry.show(form);
        }
        self.back = target;
    }

    /// Shows the entry that is `back` steps before the draft in the form, as going there does: the draft comes back
    /// with Down.
    pub fn choose(&mut self, form: &mut TabSettings, back: usize) {
        let at = form.history.len().checked_sub(back);
        let Some(entry) = at.and_then(|at| form.history.get(at)).cloned() else { return };
        self.leave(form);
        entry.show(form);
        self.back = back;
    }

    /// Shows a payload from elsewhere in the form, as if it were the newest entry, changed: the draft comes back with Down.
    pub fn show(&mut self, form: &mut TabSettings, entry: HistoryEntry) {
        self.leave(form);
        entry.show(form);
        self.back = 1;
    }

    /// Keeps what is in the form before something else is shown there.
    fn leave(&mut self, form: &TabSettings) {
        let here = HistoryEntry::of(form);
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
    }

    /// Adds what was sent elsewhere to the history, and stays at the entry that is shown.
    pub fn add(&mut self, form: &mut TabSettings, entry: HistoryEntry) {
        let Some(removed) = super::history::add(form, entry) else { return };
        // The removed entry is the newest one now, all newer ones are one step further back.
        let moved = |steps: usize| match steps {
            0 => 0,
            steps if steps == removed => 1,
            steps if steps < removed => steps + 1,
            steps => steps,
        };
        self.back = moved(self.back);
        self.edited =
            std::mem::take(&mut self.edited).into_iter().map(|(at, text)| (moved(at), text)).collect();
    }

    /// Notes that the payload in the field was sent. A draft that was left for it comes back with Down.
    pub fn sent(&mut self) {
        let draft = if self.back > 0 { self.edited.remove(&0) } else { None };
        let waiting = draft.or(self.waiting.take()).filter(|draft| !draft.payload.is_empty());
        *self = Self { waiting, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Format;
    use crate::settings::TabKind;

    fn entry(payload: &str) -> HistoryEntry {
        HistoryEntry::new(Format::Text, payload.into())
    }

    #[test]
    fn what_another_tab_sends_does_not_move_the_position() {
        for (sent, expected) in [("new", "b"), ("a", "b"), ("c", "b"), ("b", "b")] {
            let mut form = TabSettings::new(TabKind::TcpServer);
            form.history = ["a", "b", "c"].map(entry).to_vec();
            form.payload = "draft".into();
            let mut cursor = HistoryCursor::default();
            cursor.step(&mut form, true);
            cursor.step(&mut form, true);
            assert_eq!(form.payload, "b");
            cursor.add(&mut form, entry(sent));
            assert_eq!(form.history.last().unwrap().payload, sent);
            assert_eq!(form.payload, expected);
            for _ in 0..8 {
                cursor.step(&mut form, false);
            }
            assert_eq!(form.payload, "draft", "{sent}");
        }
    }

    #[test]
    fn a_payload_from_elsewhere_leaves_the_draft_also_without_any_history() {
        for history in [Vec::new(), ["a", "b"].map(entry).to_vec()] {
            let mut form = TabSettings::new(TabKind::TcpServer);
            (form.history, form.payload) = (history, "draft".into());
            let mut cursor = HistoryCursor::default();
            cursor.show(&mut form, entry("item"));
            assert_eq!(form.payload, "item");
            cursor.step(&mut form, false);
            assert_eq!(form.payload, "draft");
            cursor.step(&mut form, true);
            cursor.show(&mut form, entry("other"));
            remember(&mut form);
            cursor.sent();
            cursor.step(&mut form, false);
            assert_eq!(form.payload, "draft", "also after it was sent");
        }
    }

    #[test]
    fn a_template_stays_one() {
        let mut form = TabSettings::new(TabKind::TcpServer);
        form.payload = "${counter}".into();
        remember(&mut form);
        form.is_template = true;
        remember(&mut form);
        assert_eq!(form.history.len(), 2, "without the switch it is another payload");
        form.is_template = false;
        HistoryCursor::default().choose(&mut form, 1);
        assert!(form.is_template);
    }
}
