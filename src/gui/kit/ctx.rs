//! What drawing code may read besides the state of its own feature.

use crate::gui::action::{Action, TabAction, TabId};
use crate::lang::{Words, explain};
use crate::model::{Failure, Operation, PeerNames, SessionState, Status};
use eframe::egui::Id;
use std::net::SocketAddr;

/// The id of the data of a tab, for the keyboard focus.
#[must_use]
pub fn data_id(tab: TabId) -> Id {
    Id::unique(("data", tab.0))
}

/// The id of the payload field of a tab, for the keyboard focus.
#[must_use]
pub fn payload_id(tab: TabId) -> Id {
    Id::unique(("payload field", tab.0))
}

/// The id of the composer of a tab, on which files are dropped to be sent.
#[must_use]
pub fn composer_id(tab: TabId) -> Id {
    Id::unique(("composer", tab.0))
}

/// The tab that is drawn.
#[derive(Clone, Copy)]
pub struct TabCtx<'a> {
    /// The tab.
    pub id: TabId,
    /// The last status of its session; the default before the first start and for files.
    pub status: &'a Status,
    /// The names of peers.
    pub names: &'a PeerNames,
    /// The words of the language in use.
    pub words: &'a Words,
}

impl TabCtx<'_> {
    /// An action on this tab.
    #[must_use]
    pub fn action(&self, action: TabAction) -> Action {
        Action::Tab(self.id, action)
    }

    /// A failure in words, with the name of its peer besides the address. An address of this machine has no name, also
    /// where a peer has the same one.
    #[must_use]
    pub fn explain(&self, failure: &Failure) -> String {
        let is_of_peer =
            matches!(failure.operation, Operation::Connect | Operation::Receive | Operation::Send);
        match failure.endpoint.parse::<SocketAddr>() {
            Ok(peer) if is_of_peer && self.names.name_of(peer).is_some() => {
                let endpoint = self.names.with_address(peer);
                explain(self.words, &Failure { endpoint, ..failure.clone() })
            }
            _ => explain(self.words, failure),
        }
    }

    /// Whether the session can be stopped.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status.state.is_active()
    }

    /// Whether the connection settings can be changed.
    #[must_use]
    pub fn is_editable(&self) -> bool {
        matches!(self.status.state, SessionState::Idle | SessionState::Closed(_))
    }

    /// Whether payloads can be sent.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.status.state, SessionState::Open | SessionState::Listening)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use crate::model::{FailureKind, PeerKey};

    #[test]
    fn a_failure_names_a_peer_but_no_address_of_this_machine() {
        let mut names = PeerNames::default();
        names.set(PeerKey::Host([127, 0, 0, 1].into()), "PLC");
        let (status, words) = (Status::default(), Language::English.words());
        let ctx = TabCtx { id: TabId(1), status: &status, names: &names, words };
        let said = |operation| {
            let kind = FailureKind::PermissionDenied;
            ctx.explain(&Failure::new(operation, "127.0.0.1:7788", kind))
        };
        for own in [Operation::Listen, Operation::Bind, Operation::Accept] {
            assert!(!said(own).contains("PLC"), "{}", said(own));
        }
        for of_peer in [Operation::Connect, Operation::Send, Operation::Receive] {
            assert!(said(of_peer).contains("PLC (127.0.0.1:7788)"), "{}", said(of_peer));
        }
    }
}
