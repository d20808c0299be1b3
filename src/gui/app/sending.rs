//! Sends payloads of composers, and shares their history.

use crate::gui::action::TabId;
use crate::gui::app::outgoing;
use crate::gui::app::state::App;
use crate::gui::compose::asking::Asking;
use crate::gui::compose::cutting;
use crate::gui::compose::file_dialog::FileDialog;
use crate::gui::compose::payload::{self, PayloadError};
use crate::gui::compose::recipients::by_encoding;
use crate::gui::files::path_text::PathText;
use crate::gui::kit::sends::SendError;
use crate::gui::kit::toasts::{Toast, ToastKind};
use crate::gui::tab::state::Tab;
use crate::lang::fill;
use crate::settings::HistoryEntry;
use std::path::PathBuf;

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
        let delivery = match cutting::delivery(form, words) {
            Ok(delivery) => delivery,
            Err(error) => {
                composer.error = Some(SendError::Refused(error));
                return;
            }
        };
        let message = payload::message(parsed, encodings, form);
        let times = delivery.glue as u64;
        let result = if delivery.is_plain() {
            session.send_message(target, message).map(Some)
        } else {
            let number = composer.cutting.number(&delivery.cuts);
            composer.cutting.sent(&delivery.cuts);
            let session = (session, &records.status.outgoing[..]);
            outgoing::send_pieces(session, &form.payload, (target, message), (delivery, number))
                .map(|()| None)
        };
        match result {
            Ok(send) => {
                composer.sent(send, times, form);
                self.share_sent(id);
            }
            Err(failure) => composer.error = Some(SendError::Failed(failure)),
        }
    }

    /// Repeats the payload of a tab.
    pub(super) fn repeat(&mut self, id: TabId) {
        let words = self.preferences.words();
        if self.tabs.get_mut(id).is_some_and(|tab| outgoing::start_repeat(tab, words)) {
            self.share_sent(id);
        }
    }

    /// Puts what a tab has just sent into the history of all tabs, where that is shared, and its checksum first.
    fn share_sent(&mut self, id: TabId) {
        let Some(tab) = self.tabs.get(id) else { return };
        let sent = HistoryEntry::of(&tab.form);
        self.preferences.composer.used(&tab.form.checksum);
        if self.preferences.composer.shares_history {
            for tab in self.tabs.iter_mut().filter(|tab| tab.id != id) {
                tab.composer.history.add(&mut tab.form, sent.clone());
            }
        }
    }

    /// Shows the dialog that sends a file, with the first of the files that were dropped. A dialog that is open keeps its
    /// other fields.
    pub(super) fn send_dropped(&mut self, id: TabId, paths: Vec<PathBuf>) {
        let words = self.preferences.words();
        let folder = self.preferences.folder();
        let count = paths.len();
        let Some(tab) = self.tabs.get_mut(id) else { return };
        let Some(path) = paths.into_iter().next() else { return };
        if !tab.is_open() {
            tab.composer.error = Some(SendError::Refused(words.drop_not_open.clone()));
            return;
        }
        if count > 1 {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            let text = fill(&words.drop_first_only, &[("name", &name)]);
            self.overlays.toasts.show(Toast { text, kind: ToastKind::Note, ..Toast::default() });
        }
        let dialog = tab.composer.file.get_or_insert_with(|| FileDialog::new(&folder));
        dialog.path = PathText::new(path);
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
