//! The state of the connection settings besides what is typed: errors, and what is shown.

use crate::gui::connect::form::{self, Field, FieldErrors};
use crate::model::{AddressError, SessionConfig};
use crate::net::LocalAddress;
use crate::settings::TabSettings;

/// The connection settings of a tab. The values are in the tab's form, which is kept between runs.
#[derive(Default)]
pub struct Connect {
    /// The errors of the fields, since the last try to start.
    pub errors: FieldErrors,
    /// A client's fields for the local address and port are shown.
    pub shows_local: bool,
    /// This machine's addresses, read when their menu is opened; empty while it is closed.
    pub addresses: Vec<LocalAddress>,
    /// The first field takes the keyboard focus in the next frame.
    pub wants_focus: bool,
}

impl Connect {
    /// The settings of a new tab.
    #[must_use]
    pub fn new(form: &TabSettings) -> Self {
        let shows_local = !(form.local_address.is_empty() && form.local_port.is_empty());
        Self { shows_local, ..Self::default() }
    }

    /// The session that the form describes, or `None` with the errors noted at their fields.
    pub fn config(&mut self, form: &TabSettings) -> Option<SessionConfig> {
        match form::parse(form) {
            Ok(config) => {
                self.errors.clear();
                Some(config)
            }
            Err(errors) => {
                self.errors = errors;
                None
            }
        }
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

fn is_empty(error: &AddressError) -> bool {
    matches!(error, AddressError::PortEmpty | AddressError::HostEmpty)
}
