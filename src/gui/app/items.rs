//! Sends the items of lists, and takes payloads into them and out of them.

use crate::engine::{Message, Repeat};
use crate::gui::action::TabId;
use crate::gui::action::lists::ItemAction;
use crate::gui::app::state::App;
use crate::gui::compose::asking::Asking;
use crate::gui::compose::state::Recipients;
use crate::gui::kit::ctx::payload_id;
use crate::gui::kit::sends::SendError;
use crate::gui::kit::toasts::{Toast, ToastKind};
use crate::gui::lists::runs::Sending;
use crate::gui::lists::sent::{advance_count, count, reset_count};
use crate::gui::tab::state::Tab;
use crate::lang::{Words, explain_payload, fill};
use crate::model::units::duration_text;
use crate::model::{Endpoint, OutgoingId, SHORTEST_INTERVAL, SendId, Spacing, Target};
use crate::payload::{Answers, Payload};
use crate::settings::lists::{Item, ItemId, ItemTarget};
use crate::settings::{HistoryEntry, TabKind};
use eframe::egui::Context;

impl App {
    /// Carries out an action on a tab with an item.
    pub(super) fn apply_item(&mut self, ctx: &Context, id: TabId, action: ItemAction) {
        let Some(tab) = self.tabs.get_mut(id) else { return };
        match action {
            ItemAction::Send(item) => self.hand_over_item(id, &item, true),
            ItemAction::RunList(list, group) => self.run_list(id, list, group.as_deref()),
            ItemAction::Compose(item) => {
                self.compose_item(id, &item);
                ctx.memory_mut(|memory| memory.request_focus(payload_id(id)));
            }
            ItemAction::KeepPayload => {
                let entry = HistoryEntry::of(&tab.form);
                self.edit_composed(id, &entry);
            }
            ItemAction::KeepSent(back) => {
                let at = tab.form.history.len().checked_sub(back);
                if let Some(entry) = at.and_then(|at| tab.form.history.get(at)).cloned() {
                    self.edit_composed(id, &entry);
                }
            }
            ItemAction::ResetCount(item) => reset_count(&mut tab.form, &item),
        }
    }

    /// Puts an item into the payload field. What was typed there comes back with Down.
    fn compose_item(&mut self, id: TabId, item: &ItemId) {
        let words = self.preferences.words();
        let Some(item) = self.stores.lists.store.item(item) else { return };
        let Some(tab) = self.tabs.get_mut(id) else { return };
        let Tab { form, composer, .. } = tab;
        let entry = HistoryEntry {
            is_template: item.is_template,
            ..HistoryEntry::new(item.format, item.payload.clone())
        };
        composer.history.show(form, entry);
        form.line_ending = item.line_ending;
        form.checksum = item.checksum.as_ref().map(|sum| sum.text().to_owned()).unwrap_or_default();
        if let Some(interval) = item.interval {
            form.repeat_interval = duration_text(interval);
            form.repeat_times = item.repeat.map(|times| times.to_string()).unwrap_or_default();
            form.repeat_after_end = item.after_end;
        }
        composer.error = None;
        // What the field has no place for.
        let mut others = Vec::new();
        match &item.target {
            ItemTarget::Chosen => {}
            ItemTarget::All if form.kind == TabKind::TcpClient => {}
            ItemTarget::All => composer.recipients = Recipients::All,
            ItemTarget::Selected => composer.recipients = Recipients::Selected,
            ItemTarget::LastPeer if form.kind == TabKind::Udp => composer.recipients = Recipients::LastPeer,
            ItemTarget::LastPeer => {}
            ItemTarget::Peer(peer) => others.push(format!("{}: {peer}", words.lists_target)),
        }
        if let Some(encoding) = item.encoding.filter(|encoding| *encoding != form.encoding) {
            others.push(format!("{}: {}", words.lists_encoding, encoding.name()));
        }
        if !others.is_empty() {
            let text = fill(&words.lists_not_composed, &[("settings", &others.join(", "))]);
            self.overlays.toasts.show(Toast { text, kind: ToastKind::Note, ..Toast::default() });
        }
    }

    /// Edits a new item of a payload in the field of a tab, or of one that was sent before.
    fn edit_composed(&mut self, id: TabId, entry: &HistoryEntry) {
        let Some(form) = self.tabs.get(id).map(|tab| &tab.form) else { return };
        let item = Item {
            format: entry.format,
            payload: entry.payload.clone(),
            is_template: entry.is_template,
            line_ending: form.line_ending,
            ..Item::new("")
        };
        let checksum = form.checksum.clone();
        self.edit_new_item(item);
        // As it is: where it is wrong, the field says so.
        let editor = self.stores.lists.editor.take();
        self.stores.lists.editor = editor.map(|editor| editor.with_checksum(&checksum));
    }

    /// Sends the item whose values were asked for. Returns whether there was one.
    pub(super) fn send_answered_item(&mut self, id: TabId) -> bool {
        let asked = self.tabs.get_mut(id).and_then(|tab| tab.items.asked.take());
        let is_item = asked.is_some();
        if let Some(item) = asked {
            self.hand_over_item(id, &item, false);
        }
        is_item
    }

    /// Sends an item, or begins to repeat it. `asks`: its values are asked for first.
    fn hand_over_item(&mut self, id: TabId, item: &ItemId, asks: bool) {
        let words = self.preferences.words();
        let Some(item) = self.stores.lists.store.item(item) else { return };
        let Some(tab) = self.tabs.get_mut(id) else { return };
        match hand_over(tab, item, asks, words) {
            Ok(Handed::Sent(send)) => {
                advance_count(&mut tab.form, item, 1);
                tab.items.sent(item.id.clone(), Some(send));
            }
            Ok(Handed::Repeats(repeat)) => {
                tab.runs.add(repeat, Sending::Item(item.id.clone()));
                tab.items.sent(item.id.clone(), None);
            }
            Ok(Handed::Asking(asking)) => {
                tab.composer.asking = Some(asking);
                tab.items.asked = Some(item.id.clone());
            }
            Err(error) => tab.items.failed(item.id.clone(), error),
        }
    }
}

/// What became of an item that is to be sent.
enum Handed {
    /// The session has it.
    Sent(SendId),
    /// The session repeats it.
    Repeats(OutgoingId),
    /// Its values are asked for first.
    Asking(Asking),
}

/// Hands an item to the session of a tab. `asks`: its values are asked for.
///
/// # Errors
/// Nothing was handed over, and why.
fn hand_over(tab: &Tab, item: &Item, asks: bool, words: &Words) -> Result<Handed, SendError> {
    let refused = |text: &String| SendError::Refused(text.clone());
    let session = tab.records.session().ok_or_else(|| refused(&words.lists_send_disabled))?;
    let payload = Payload::parse(&item.payload, &item.options()).map_err(|error| {
        SendError::Refused(fill(&words.payload_refused, &[("reason", &explain_payload(words, &error))]))
    })?;
    let target = target(tab, &item.target, words).map_err(SendError::Refused)?;
    if asks && let Some(asking) = Asking::new(&payload, &tab.form) {
        return Ok(Handed::Asking(asking));
    }
    let encodings = item.encoding.map_or_else(|| tab.encodings(), Into::into);
    let mut message = Message::new(payload, encodings);
    message.count = count(&tab.form, &item.id);
    let mut answers = Answers::default();
    tab.form.answers.iter().for_each(|(name, answer)| answers.set(name, answer));
    message.answers = answers.into();
    let Some(interval) = item.interval else {
        return session.send_message(target, message).map(Handed::Sent).map_err(SendError::Failed);
    };
    if interval < SHORTEST_INTERVAL {
        let least = duration_text(SHORTEST_INTERVAL);
        return Err(SendError::Refused(fill(&words.repeat_interval_least, &[("least", &least)])));
    }
    let spacing = if item.after_end { Spacing::AfterEnd } else { Spacing::StartToStart };
    let repeat = Repeat::new(target, message, interval).spaced(spacing).times(item.repeat.map(u64::from));
    session.start_outgoing(&item.title(), repeat).map(Handed::Repeats).map_err(SendError::Failed)
}

/// The recipients of an item as the session takes them.
///
/// # Errors
/// There are none, in the language of the window.
pub(super) fn target(tab: &Tab, target: &ItemTarget, words: &Words) -> Result<Target, String> {
    let status = &tab.records.status;
    match target {
        ItemTarget::Chosen => tab.composer.target(&tab.form, status, &tab.peers.selected, words),
        ItemTarget::All => Ok(Target::All),
        ItemTarget::Selected if tab.peers.selected.is_empty() => Err(words.nobody_selected.clone()),
        ItemTarget::Selected => Ok(Target::Connections(tab.peers.selected.iter().copied().collect())),
        ItemTarget::LastPeer => Ok(Target::LastPeer),
        ItemTarget::Peer(peer) => {
            let is_meant = |address: std::net::SocketAddr| {
                tab.names.name_of(address) == Some(peer)
                    || address.to_string() == *peer
                    || address.ip().to_string() == *peer
            };
            let meant = status.connections.iter().filter(|info| is_meant(info.peer));
            let meant: Vec<_> = meant.map(|info| info.id).collect();
            // A client has one peer, which is not found by its address where it has a host name.
            let (host, port) = (tab.form.remote_host.trim(), tab.form.remote_port.trim());
            let is_host = [host.to_owned(), format!("{host}:{port}")];
            let is_server = tab.form.kind == TabKind::TcpClient
                && is_host.iter().any(|remote| remote.eq_ignore_ascii_case(peer));
            match peer.parse::<Endpoint>() {
                _ if !meant.is_empty() => Ok(Target::Connections(meant)),
                _ if is_server => Ok(Target::All),
                Ok(endpoint) if tab.form.kind == TabKind::Udp => Ok(Target::Host(endpoint)),
                _ => Err(fill(&words.lists_no_peer, &[("peer", peer)])),
            }
        }
    }
}
