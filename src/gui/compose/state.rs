//! The composer's state: to whom payloads go, the payload encoded, the history, and why the last send failed.

use crate::gui::compose::history::{self, HistoryCursor};
use crate::gui::compose::payload::EncodedPayload;
use crate::gui::connect::form;
use crate::lang::Words;
use crate::model::{ConnectionId, Status, Target};
use crate::settings::{TabKind, TabSettings};
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
    /// The position in the history.
    pub history: HistoryCursor,
    /// Why the last payload was not sent, in the language of the window.
    pub error: Option<String>,
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

    /// Follows the selection in the list of connections.
    pub fn follow_selection(&mut self, is_empty: bool) {
        self.recipients = if is_empty { Recipients::All } else { Recipients::Selected };
        self.error = None;
    }

    /// Remembers the payload of the form as sent.
    pub fn sent(&mut self, form: &mut TabSettings) {
        self.error = None;
        history::remember(form);
        self.history.sent();
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
