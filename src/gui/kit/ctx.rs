//! What drawing code may read besides the state of its own feature.

use crate::gui::action::{Action, TabAction, TabId};
use crate::lang::{Words, explain};
use crate::model::{Failure, PeerNames, SessionState, Status};
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

    /// A failure in words, with the name of its peer besides the address.
    #[must_use]
    pub fn explain(&self, failure: &Failure) -> String {
        match failure.endpoint.parse::<SocketAddr>() {
            Ok(peer) if self.names.name_of(peer).is_some() => {
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
