//! The composer's state: to whom payloads go, the payload encoded, the history, and the results of its sends.

use crate::gui::compose::asking::Asking;
use crate::gui::compose::cutting::Cutting;
use crate::gui::compose::file_dialog::FileDialog;
use crate::gui::compose::glued::Glued;
use crate::gui::compose::history::{self, HistoryCursor};
use crate::gui::compose::payload::EncodedPayload;
use crate::gui::compose::picker::Picker;
use crate::gui::compose::switch::Switch;
use crate::gui::connect::form;
use crate::gui::kit::sends::{Awaited, SendError};
use crate::lang::Words;
use crate::model::{ConnectionId, SendId, SendResult, Status, Target};
use crate::settings::{ComposerSettings, TabKind, TabSettings};
use std::collections::BTreeSet;

/// The recipients of payloads, as chosen in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recipients {
    /// All connections or peers.
    #[default]
    All,
    /// The selected connections.
    Selected,
    /// The UDP peer that sent last.
    LastPeer,
    /// The remote address in the form.
    Remote,
}

/// The composer of a tab. The payload itself is in the tab's form, which is kept between runs.
#[derive(Default)]
pub struct Composer {
    /// The recipients.
    pub recipients: Recipients,
    /// The payload in bytes.
    pub encoded: EncodedPayload,
    /// Several payloads in one write.
    pub glued: Glued,
    /// The preview of cuts.
    pub cutting: Cutting,
    /// The position in the history.
    pub history: HistoryCursor,
    /// Switching between text and hex.
    pub switch: Switch,
    /// The rows of text in the field, as it was drawn last.
    pub(super) rows: usize,
    /// The dialog in which a checksum is chosen, while it is open.
    pub picker: Option<Picker>,
    /// The dialog that asks for values, while it is open.
    pub asking: Option<Asking>,
    /// The dialog that sends a file, while it is open.
    pub file: Option<FileDialog>,
    /// What is searched for in the history.
    pub history_search: String,
    /// The checksums that were chosen in any tab, the last one first.
    pub recent_checksums: Vec<String>,
    /// The history is shared by all tabs.
    pub shares_history: bool,
    /// Why the last payload was not sent.
    pub error: Option<SendError>,
    /// The composer's own sends that have not ended: results of others are not shown here.
    awaited: Awaited<()>,
}

impl Composer {
    /// The composer of a new tab.
    #[must_use]
    pub fn new(form: &TabSettings) -> Self {
        let recipients = match form.kind {
            TabKind::Udp if form.remote_port.trim().is_empty() => Recipients::LastPeer,
            TabKind::Udp => Recipients::Remote,
            TabKind::TcpServer | TabKind::TcpClient => Recipients::All,
        };
        Self { recipients, ..Self::default() }
    }

    /// Follows what the composers of all tabs share.
    pub fn follow(&mut self, shared: &ComposerSettings) {
        if self.recent_checksums != shared.recent_checksums {
            self.recent_checksums.clone_from(&shared.recent_checksums);
        }
        self.shares_history = shared.shares_history;
    }

    /// Whether a dialog is open, which then has the keyboard.
    #[must_use]
    pub fn has_dialog(&self) -> bool {
        self.picker.is_some() || self.asking.is_some() || self.file.is_some()
    }

    /// Follows the selection in the list of connections.
    pub fn follow_selection(&mut self, is_empty: bool) {
        self.recipients = if is_empty { Recipients::All } else { Recipients::Selected };
        self.error = None;
    }

    /// Notes that the payload of the form was handed to the session, that many times, as send `id`. `None`: in pieces,
    /// whose failure is shown where their progress is.
    pub fn sent(&mut self, id: Option<SendId>, times: u64, form: &mut TabSettings) {
        if let Some(id) = id {
            self.awaited.push(id, ());
        }
        if form.is_template {
            form.sent_count = form.sent_count.saturating_add(times);
        }
        self.handed_over(form);
    }

    /// Notes that the session repeats the payload of the form. Its counters go on when that has ended.
    pub fn repeats(&mut self, form: &mut TabSettings) {
        self.handed_over(form);
    }

    fn handed_over(&mut self, form: &mut TabSettings) {
        self.error = None;
        history::remember(form);
        self.history.sent();
    }

    /// Takes the results of sends in the order in which they ended: the failure of the composer's own is shown
    /// until a later one succeeds.
    pub fn take_results(&mut self, results: &[SendResult]) {
        for result in results {
            if let Some(((), error)) = self.awaited.take(result) {
                self.error = error;
            }
        }
    }

    /// The recipients as the session takes them.
    ///
    /// # Errors
    /// Nobody is selected or the remote address is wrong, in the language of the window.
    pub fn target(
        &self,
        form: &TabSettings,
        status: &Status,
        selected: &BTreeSet<ConnectionId>,
        words: &Words,
    ) -> Result<Target, String> {
        match self.recipients {
            Recipients::All => Ok(Target::All),
            Recipients::Selected if selected.is_empty() => Err(words.nobody_selected.clone()),
            Recipients::Selected => Ok(Target::Connections(selected.iter().copied().collect())),
            // Without a peer yet, the remote address in the form is used if there is one.
            Recipients::LastPeer if status.connections.is_empty() => {
                Ok(form::remote(form).map_or(Target::LastPeer, Target::Host))
            }
            Recipients::LastPeer => Ok(Target::LastPeer),
            Recipients::Remote => match form::remote(form) {
                Ok(remote) => Ok(Target::Host(remote)),
                Err(errors) => {
                    let texts: Vec<_> = errors.iter().map(|(_, error)| form::explain(error, words)).collect();
                    Err(texts.join(" "))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Failure, FailureKind, Operation};

    fn result(id: u64, fails: bool) -> SendResult {
        let failure = fails.then(|| Failure::new(Operation::Send, "10.0.0.7:502", FailureKind::Unreachable));
        SendResult { id: SendId(id), recipients: 1, sent: usize::from(!fails), unsent_bytes: 0, failure }
    }

    #[test]
    fn only_results_of_own_sends_are_shown_until_one_succeeds() {
        let mut form = TabSettings::new(TabKind::Udp);
        let mut composer = Composer::new(&form);
        composer.take_results(&[result(1, true)]);
        assert_eq!(composer.error, None, "the send of somebody else");
        for id in [2, 4, 5] {
            composer.sent(Some(SendId(id)), 1, &mut form);
        }
        composer.take_results(&[result(2, true), result(3, false)]);
        assert!(matches!(composer.error, Some(SendError::Failed(_))));
        composer.take_results(&[result(4, true)]);
        composer.take_results(&[result(5, false), result(6, true)]);
        assert_eq!(composer.error, None, "the newest own one was sent");
    }
}
