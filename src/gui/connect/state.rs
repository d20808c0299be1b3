//! The state of the connection settings besides what is typed: errors, and what is shown.

use crate::gui::connect::form::{self, Field, FieldErrors};
use crate::model::{AddressError, CloseReason, FailureKind, SessionConfig, SessionState, Status};
use crate::net::LocalAddress;
use crate::settings::{TabKind, TabSettings};

/// The connection settings of a tab. The values are in the tab's form, which is kept between runs.
#[derive(Default)]
pub struct Connect {
    /// The errors of the fields, since the last try to start.
    pub errors: FieldErrors,
    /// A client's fields for the local address and port are shown.
    pub shows_local: bool,
    /// This machine's addresses, read when their menu is opened; empty while it is closed.
    pub addresses: Vec<LocalAddress>,
    /// The field that takes the keyboard focus when it is drawn next.
    pub focus: Option<Field>,
    /// One of the fields had the keyboard focus when they were drawn last.
    pub has_focus: bool,
    /// The user has started the session, and it has neither begun nor failed: how many failures it had had before.
    starting: Option<u64>,
}

impl Connect {
    /// The settings of a new tab.
    #[must_use]
    pub fn new(form: &TabSettings) -> Self {
        let shows_local = !(form.local_address.is_empty() && form.local_port.is_empty());
        Self { shows_local, ..Self::default() }
    }

    /// The session that the form describes, or `None` with the errors noted at their fields, of which the first
    /// takes the focus.
    ///
    /// `failures`: how many failures the session has had before.
    pub fn config(&mut self, form: &TabSettings, failures: u64) -> Option<SessionConfig> {
        match form::parse(form) {
            Ok(config) => {
                self.errors.clear();
                self.starting = Some(failures);
                Some(config)
            }
            Err(errors) => {
                self.focus = errors.first().map(|(field, _)| *field);
                self.errors = errors;
                None
            }
        }
    }

    /// Moves the keyboard focus to what is to be changed when the start has failed. `is_typing`: there is a dialog, or a
    /// text field has the focus. Then it stays, unless the field is one of these settings.
    pub fn follow(&mut self, form: &TabSettings, status: &Status, is_typing: bool) {
        let Some(failures) = self.starting else { return };
        match &status.state {
            // Until the session has taken the command, the state is still that of the last start.
            SessionState::Closed(CloseReason::Failed(failure)) if status.failures > failures => {
                self.starting = None;
                if !is_typing || self.has_focus {
                    self.focus = Some(field_of(form.kind, &failure.kind));
                }
            }
            SessionState::Listening | SessionState::Open => self.starting = None,
            _ => {}
        }
    }

    /// The field in which a new session is most likely to be changed.
    #[must_use]
    pub fn first_field(kind: TabKind) -> Field {
        if kind == TabKind::TcpClient { Field::RemoteHost } else { Field::LocalPort }
    }

    /// Checks the form after an edit. Empty fields are reported only after a try to start.
    pub fn revalidate(&mut self, form: &TabSettings) {
        let was_tried = self.errors.iter().any(|(_, error)| is_empty(error));
        self.errors = form::parse(form).err().unwrap_or_default();
        if !was_tried {
            self.errors.retain(|(_, error)| !is_empty(error));
        }
    }

    /// The error of a field.
    #[must_use]
    pub fn error(&self, field: Field) -> Option<&AddressError> {
        self.errors.iter().find(|(wrong, _)| *wrong == field).map(|(_, error)| error)
    }
}

/// The field whose value is the likely cause of a start that failed.
fn field_of(kind: TabKind, failure: &FailureKind) -> Field {
    match (kind, failure) {
        (_, FailureKind::AddressInUse { .. } | FailureKind::PermissionDenied) => Field::LocalPort,
        (_, FailureKind::AddressNotAvailable) => Field::LocalAddress,
        (TabKind::TcpClient, FailureKind::Refused) => Field::RemotePort,
        _ => Connect::first_field(kind),
    }
}

fn is_empty(error: &AddressError) -> bool {
    matches!(error, AddressError::PortEmpty | AddressError::HostEmpty)
}
