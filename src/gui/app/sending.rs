//! Sends payloads of composers, and shares their history.

use crate::gui::action::TabId;
use crate::gui::app::state::App;
use crate::gui::compose::asking::Asking;
use crate::gui::compose::payload::{self, PayloadError};
use crate::gui::compose::recipients::by_encoding;
use crate::gui::compose::state::SendError;
use crate::gui::tab::state::Tab;
use crate::settings::HistoryEntry;

impl App {
    /// Sends the payload of a tab, after its values were asked for.
    pub(super) fn send(&mut self, id: TabId) {
        self.send_payload(id, true);
    }

    /// Sends the payload with the values that were typed.
    pub(super) fn send_answered(&mut self, id: TabId) {
        let Some(tab) = self.tabs.get_mut(id) else { return };
        if let Some(asking) = tab.composer.asking.take_if(|asking| asking.is_complete()) {
            asking.remember(&mut tab.form);
            if !self.send_answered_item(id) {
                self.send_payload(id, false);
            }
        }
    }

    fn send_payload(&mut self, id: TabId, asks: bool) {
        let words = self.preferences.words();
        let Some(tab) = self.tabs.get_mut(id) else { return };
        let encodings = tab.encodings();
        let Tab { form, records, peers, composer, .. } = tab;
        let target = match composer.target(form, &records.status, &peers.selected, words) {
            Ok(target) => target,
            Err(error) => {
                composer.error = Some(SendError::Refused(error));
                return;
            }
        };
        // The line below the field says what is wrong. Nothing is sent if the encoding of any recipient lacks a character.
        let Ok(parsed) = payload::parse(form, words) else { return };
        let groups = by_encoding(target.clone(), &records.status, &encodings).into_iter();
        let built = groups.map(|(encoding, _)| payload::encode(form, encoding, words));
        if built.collect::<Result<Vec<_>, PayloadError>>().is_err() {
            return;
        }
        let Some(session) = records.session() else { return };
        if asks && let Some(asking) = Asking::new(&parsed, form) {
            composer.asking = Some(asking);
            return;
        }
        match session.send_message(target, payload::message(parsed, encodings, form)) {
            Ok(send) => {
                let sent = HistoryEntry::of(form);
                composer.sent(send, form);
                if self.preferences.composer.shares_history {
                    for tab in self.tabs.iter_mut().filter(|tab| tab.id != id) {
                        tab.composer.history.add(&mut tab.form, sent.clone());
                    }
                }
            }
            Err(failure) => composer.error = Some(SendError::Failed(failure)),
        }
    }

    /// Shares the history of all tabs from now on, with what is in them, or lets each go its own way.
    pub(super) fn share_history(&mut self, is_shared: bool) {
        self.preferences.composer.shares_history = is_shared;
        if !is_shared {
            return;
        }
        let all: Vec<_> = self.tabs.iter().flat_map(|tab| tab.form.history.iter().cloned()).collect();
        for tab in self.tabs.iter_mut() {
            let own = tab.form.history.clone();
            // Its own are the newest.
            for entry in all.iter().filter(|entry| !own.iter().any(|known| known.is_same(entry))).chain(&own)
            {
                tab.composer.history.add(&mut tab.form, entry.clone());
            }
        }
    }
}
