//! Carries out what the user does with lists of commands.

use crate::engine::{Message, Repeat};
use crate::gui::action::lists::{ItemAction, ListId, ListsAction};
use crate::gui::action::{Action, AppAction, NoticeTopic, TabId};
use crate::gui::app::state::App;
use crate::gui::compose::asking::Asking;
use crate::gui::kit::ctx::payload_id;
use crate::gui::kit::toasts::{NextStep, Toast, ToastKind};
use crate::gui::lists::editor::Editor;
use crate::gui::lists::head::{Head, Scope};
use crate::gui::lists::sent::ItemError;
use crate::gui::lists::store::Told;
use crate::gui::lists::transfer::{Ended, Purpose, Transfer};
use crate::gui::tab::state::Tab;
use crate::lang::{Words, explain, explain_payload, explain_sequence, fill};
use crate::model::{Endpoint, SendId, Target};
use crate::payload::{Answers, Payload};
use crate::settings::lists::import::{ImportError, Imported, import};
use crate::settings::lists::{Attachment, Checksum, Item, ItemId, ItemTarget, List};
use crate::settings::{HistoryEntry, SidePanel, TabKind, TabSettings};
use eframe::egui::{Context, Event, ViewportCommand};
use std::path::PathBuf;
use std::time::Instant;

/// The longest part of a name in a message, in characters.
const NAME_CHARACTERS: usize = 40;

impl App {
    /// Carries out an action on lists.
    pub(super) fn apply_to_lists(&mut self, ctx: &Context, action: ListsAction) {
        match action {
            ListsAction::NewItem(item) => self.edit_new_item(*item),
            ListsAction::EditItem(id) => {
                let lists = &mut self.stores.lists;
                if let Some((item, list)) = lists.store.item(&id).cloned().zip(lists.store.list_of(&id)) {
                    lists.editor = Some(Editor::new(item, Some(list), None, false));
                }
            }
            ListsAction::KeepItem => self.keep_item(),
            ListsAction::CloseEditor => {
                self.stores.lists.editor = None;
                self.stores.lists.panel.wants_focus = true;
            }
            ListsAction::Duplicate(id) => {
                let store = &mut self.stores.lists.store;
                if let Some((item, list)) = store.item(&id).map(Item::copy).zip(store.list_of(&id)) {
                    self.stores.lists.panel.cursor = Some(item.id.clone());
                    self.stores.lists.store.put(list, item, Some(&id));
                }
            }
            ListsAction::DeleteItem(id) => self.delete_item(&id),
            ListsAction::Move(id, place) => self.stores.lists.store.move_item(&id, &place),
            ListsAction::StepItem(id, step) => self.stores.lists.store.step_item(&id, step),
            ListsAction::CopyItem(id) => {
                if let Some(item) = self.stores.lists.store.item(&id) {
                    let list = List { items: vec![item.clone()], ..List::default() };
                    ctx.copy_text(list.to_text());
                }
            }
            ListsAction::CopyList(id) => {
                if let Some(open) = self.stores.lists.store.get(id) {
                    ctx.copy_text(open.list.to_text());
                }
            }
            ListsAction::RequestPaste => {
                self.stores.lists.panel.wants_focus = true;
                ctx.send_viewport_cmd(ViewportCommand::RequestPaste);
            }
            ListsAction::Paste(text) => self.paste(&text),
            ListsAction::Undo(number) => self.stores.lists.store.undo(number),
            ListsAction::NewList => self.edit_head(None),
            ListsAction::EditList(id) => self.edit_head(Some(id)),
            ListsAction::KeepList => self.keep_head(),
            ListsAction::CloseList => self.stores.lists.head = None,
            ListsAction::DeleteList(id) => {
                let name = self.stores.lists.store.get(id).map(|open| open.list.name.clone());
                if let Some((number, name)) = self.stores.lists.store.delete_list(id).zip(name) {
                    self.tell_deleted(number, &name);
                }
            }
            ListsAction::AskImport => {
                self.transfer(Transfer::new(Purpose::Import, self.preferences.folder()));
            }
            ListsAction::AskExport(id) => {
                let Some(open) = self.stores.lists.store.get(id) else { return };
                let name = open.file().and_then(|file| file.file_name()).map(PathBuf::from);
                let name = name.unwrap_or_else(|| "list.toml".into());
                self.transfer(Transfer::new(Purpose::Export(id), self.preferences.folder().join(name)));
            }
            ListsAction::Browse => {
                if let Some(transfer) = &mut self.stores.lists.transfer {
                    transfer.browse(self.environment.desktop.as_ref(), &self.news.notify);
                }
            }
            ListsAction::UseFile(path) => self.use_list_file(path),
            ListsAction::TakeImport => {
                let preview = self.stores.lists.transfer.take().and_then(|transfer| transfer.preview);
                if let Some(imported) = preview {
                    self.take_import(imported);
                }
            }
            ListsAction::CloseTransfer => self.stores.lists.transfer = None,
            ListsAction::AskSequence => self.ask_sequence(),
            ListsAction::RunFile(path) => self.run_file(path),
        }
    }

    /// Carries out an action on a tab with an item.
    pub(super) fn apply_item(&mut self, ctx: &Context, id: TabId, action: ItemAction) {
        let Some(tab) = self.tabs.get_mut(id) else { return };
        match action {
            ItemAction::Send(item) => self.send_item(id, &item),
            ItemAction::RunList(list, group) => self.run_list(id, list, group.as_deref()),
            ItemAction::Compose(item) => {
                let Some(item) = self.stores.lists.store.item(&item) else { return };
                tab.form.payload_format = item.format;
                tab.form.payload.clone_from(&item.payload);
                tab.form.line_ending = item.line_ending;
                tab.form.is_template = item.is_template;
                tab.form.checksum =
                    item.checksum.as_ref().map(|sum| sum.text().to_owned()).unwrap_or_default();
                tab.composer.error = None;
                ctx.memory_mut(|memory| memory.request_focus(payload_id(id)));
            }
            ItemAction::KeepPayload => {
                let item = composed(&tab.form, &HistoryEntry::of(&tab.form));
                self.edit_new_item(item);
            }
            ItemAction::KeepSent(back) => {
                let at = tab.form.history.len().checked_sub(back);
                let Some(entry) = at.and_then(|at| tab.form.history.get(at)) else { return };
                let item = composed(&tab.form, entry);
                self.edit_new_item(item);
            }
        }
    }

    fn edit_new_item(&mut self, item: Item) {
        let none = TabSettings::default();
        let form = self.tabs.active().map_or(&none, |tab| &tab.form);
        let (list, after) = self.stores.lists.place_of_new(form);
        self.stores.lists.editor = Some(Editor::new(item, list, after, true));
    }

    fn keep_item(&mut self) {
        let words = self.preferences.words();
        let lists = &mut self.stores.lists;
        let Some(item) = lists.editor.as_ref().and_then(|editor| editor.finished(words)) else { return };
        let Some(editor) = lists.editor.take() else { return };
        let list = editor
            .list
            .unwrap_or_else(|| lists.store.add(List { name: words.lists_first.clone(), ..List::default() }));
        lists.panel.cursor = Some(item.id.clone());
        lists.panel.reveals = true;
        lists.panel.wants_focus = true;
        for tab in self.tabs.iter_mut() {
            tab.items.forget(&item.id);
        }
        lists.store.put(list, item, editor.after.as_ref());
        if let Some(tab) = self.tabs.active_mut() {
            tab.form.side = SidePanel::Commands;
        }
    }

    fn delete_item(&mut self, id: &ItemId) {
        let lists = &mut self.stores.lists;
        let Some(title) = lists.store.item(id).map(Item::title) else { return };
        if lists.panel.cursor.as_ref() == Some(id) {
            // The next item, or else the one before it.
            lists.panel.step(&lists.store, 1);
            if lists.panel.cursor.as_ref() == Some(id) {
                lists.panel.step(&lists.store, -1);
            }
        }
        if let Some(number) = lists.store.delete_item(id) {
            self.tell_deleted(number, &title);
        }
    }

    fn tell_deleted(&mut self, number: u64, name: &str) {
        let words = self.preferences.words();
        let text = fill(&words.lists_deleted, &[("name", &cut(name, NAME_CHARACTERS))]);
        let action = Action::App(AppAction::Lists(ListsAction::Undo(number)));
        let next = NextStep { label: words.lists_undo.clone(), name: "Undo deletion", action };
        self.overlays.toasts.show(Toast { text, next: Some(next), ..Toast::default() });
    }

    /// Adds the items of a text behind the cursor.
    fn paste(&mut self, text: &str) {
        let words = self.preferences.words();
        let Some(tab) = self.tabs.active() else { return };
        let (items, remarks) = match import(text.as_bytes(), "") {
            Ok(imported) => (imported.list.items, imported.remarks),
            Err(ImportError::List(error)) => {
                let text = fill(&words.lists_not_pasted, &[("reason", &error)]);
                self.overlays.toasts.show(Toast { text, kind: ToastKind::Note, ..Toast::default() });
                return;
            }
            // Any other text is a payload.
            Err(ImportError::Unknown | ImportError::Json { .. }) if text.trim().is_empty() => return,
            Err(ImportError::Unknown | ImportError::Json { .. }) => {
                let payload = text.to_owned();
                (vec![Item { payload, ..Item::new("") }], Vec::new())
            }
        };
        let lists = &mut self.stores.lists;
        let (list, mut after) = lists.place_of_new(&tab.form);
        let list = list
            .unwrap_or_else(|| lists.store.add(List { name: words.lists_first.clone(), ..List::default() }));
        for mut item in items {
            // A key has one item.
            item.key = None;
            let id = item.id.clone();
            lists.store.put(list, item, after.as_ref());
            lists.panel.cursor = Some(id.clone());
            after = Some(id);
        }
        lists.panel.reveals = true;
        if let [first, ..] = &remarks[..] {
            let text = first.explain(words);
            let detail = remarks.iter().map(|remark| remark.explain(words)).collect::<Vec<_>>().join("\n");
            self.overlays.toasts.show(Toast { text, kind: ToastKind::Note, detail, ..Toast::default() });
        }
    }

    fn edit_head(&mut self, id: Option<ListId>) {
        let own = self.tabs.active().map(|tab| (tab.id, tab.form.id.as_str()));
        let known = id.and_then(|id| self.stores.lists.store.get(id));
        let known = known.map(|open| (open.id, open.list.name.as_str(), &open.list.attached));
        self.stores.lists.head = Some(Head::new(known, own));
    }

    fn keep_head(&mut self) {
        let Some(head) = self.stores.lists.head.take() else { return };
        let name = head.name.trim().to_owned();
        let attached = match head.scope {
            Scope::All => Some(Attachment::All),
            Scope::Kind(kind) => Some(Attachment::Kind(kind)),
            Scope::OtherTab => None,
            Scope::ThisTab => {
                let Some(tab) = head.tab.and_then(|tab| self.tabs.get_mut(tab)) else { return };
                if tab.form.id.is_empty() {
                    tab.form.id = ItemId::fresh().0;
                }
                Some(Attachment::Tab(tab.form.id.clone()))
            }
        };
        let store = &mut self.stores.lists.store;
        match head.list {
            None => drop(store.add(List { name, attached: attached.unwrap_or_default(), ..List::default() })),
            Some(id) => store.edit(id, |list| {
                list.name = name;
                list.attached = attached.unwrap_or(list.attached.clone());
            }),
        }
    }

    pub(super) fn transfer(&mut self, mut transfer: Transfer) {
        transfer.browse(self.environment.desktop.as_ref(), &self.news.notify);
        self.stores.lists.transfer = Some(transfer);
    }

    fn use_list_file(&mut self, path: PathBuf) {
        if let Some(folder) = path.parent() {
            self.preferences.save_folder = folder.to_owned();
        }
        let lists = &mut self.stores.lists;
        let Some(transfer) = &mut lists.transfer else { return };
        match transfer.purpose {
            Purpose::Import | Purpose::Run(_) => transfer.read(path, &self.news.notify),
            Purpose::Export(id) => match lists.store.get(id) {
                Some(open) => transfer.write(path, &open.list, &self.news.notify),
                None => lists.transfer = None,
            },
        }
    }

    fn take_import(&mut self, mut imported: Imported) {
        let words = self.preferences.words();
        if let Some(tab) = self.tabs.active_mut() {
            if !imported.list.attached.covers(tab.form.kind, &tab.form.id) {
                // Where it was imported it is to be seen.
                imported.list.attached = Attachment::All;
            }
            tab.form.side = SidePanel::Commands;
        }
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("count", &imported.list.items.len()), ("name", &cut(&imported.list.name, NAME_CHARACTERS))];
        let text = fill(&words.lists_imported, &values);
        self.overlays.toasts.show(Toast { text, ..Toast::default() });
        for item in &mut imported.list.items {
            let is_used = |key: &_| {
                let mut items = self.stores.lists.store.all().flat_map(|open| &open.list.items);
                items.any(|other| other.key.as_ref() == Some(key))
            };
            item.key.take_if(|key| is_used(key));
        }
        self.stores.lists.store.add(imported.list);
    }

    /// Takes the results of the jobs, and reads the files again when the window gets the focus: another window may have
    /// changed them.
    pub(super) fn update_lists(&mut self, ctx: &Context, now: Instant) {
        let words = self.preferences.words();
        let is_back = |event: &Event| matches!(event, Event::WindowFocused(true));
        if ctx.input(|input| input.events.iter().any(is_back)) {
            self.stores.lists.store.reread(&self.news.notify);
        }
        self.update_transfer(words);
        let (told, delay) = self.stores.lists.store.work(now, &self.news.notify);
        if let Some(delay) = delay {
            ctx.request_repaint_after(delay);
        }
        for told in told {
            match told {
                Told::Failed(name, path, reason) => {
                    let values: [(&str, &dyn std::fmt::Display); 3] =
                        [("name", &name), ("path", &path), ("reason", &reason)];
                    let text = fill(&words.lists_not_saved, &values);
                    self.overlays.notices.show(NoticeTopic::ListsSaved, text);
                }
                Told::Succeeded => self.overlays.notices.clear(NoticeTopic::ListsSaved),
                Told::Doubled(name) => {
                    let text = fill(&words.lists_doubled, &[("name", &name)]);
                    self.overlays.toasts.show(Toast { text, kind: ToastKind::Note, ..Toast::default() });
                }
            }
        }
    }

    fn update_transfer(&mut self, words: &Words) {
        let Some(transfer) = &mut self.stores.lists.transfer else { return };
        match transfer.update() {
            None => {}
            Some(Ended::Chosen(path)) => self.use_list_file(path),
            Some(Ended::Cancelled) => self.stores.lists.transfer = None,
            Some(Ended::Failed(failure)) => transfer.error = Some(explain(words, &failure)),
            Some(Ended::Wrong(error)) => transfer.error = Some(explain_sequence(words, &error)),
            Some(Ended::Sequence(sequence)) => {
                let path = std::mem::take(&mut transfer.path);
                let purpose = self.stores.lists.transfer.take().map(|transfer| transfer.purpose);
                if let Some(Purpose::Run(id)) = purpose {
                    self.run_read(id, *sequence, &path);
                }
            }
            Some(Ended::Refused(error)) => {
                let reason = match &error {
                    ImportError::Unknown => words.lists_unknown_file.clone(),
                    other => other.to_string(),
                };
                transfer.error = Some(fill(&words.lists_not_imported, &[("reason", &reason)]));
            }
            Some(Ended::Written(path)) => {
                self.stores.lists.transfer = None;
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let text = fill(&words.lists_exported, &[("name", &name)]);
                let has_desktop = self.environment.desktop.is_some();
                let next = has_desktop.then(|| NextStep {
                    label: words.open_folder.clone(),
                    name: "Open folder",
                    action: Action::App(AppAction::ShowInFolder(path.clone())),
                });
                let detail = path.display().to_string();
                self.overlays.toasts.show(Toast { text, detail, next, ..Toast::default() });
            }
        }
    }

    /// Sends an item, after its values were asked for.
    fn send_item(&mut self, id: TabId, item: &ItemId) {
        self.hand_over_item(id, item, true);
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

    fn hand_over_item(&mut self, id: TabId, item: &ItemId, asks: bool) {
        let words = self.preferences.words();
        let Some(item) = self.stores.lists.store.item(item) else { return };
        let Some(tab) = self.tabs.get_mut(id) else { return };
        match hand_over(tab, item, asks, words) {
            Ok(Handed::Sent(send)) => tab.items.sent(item.id.clone(), send),
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
    /// The session has it. `None`: it is repeated.
    Sent(Option<SendId>),
    /// Its values are asked for first.
    Asking(Asking),
}

/// The beginning of a name.
fn cut(name: &str, characters: usize) -> String {
    match name.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// An item of a payload in the field of a tab, or of one that was sent before.
fn composed(form: &TabSettings, entry: &HistoryEntry) -> Item {
    Item {
        format: entry.format,
        payload: entry.payload.clone(),
        is_template: entry.is_template,
        line_ending: form.line_ending,
        checksum: Checksum::parse(&form.checksum).ok(),
        ..Item::new("")
    }
}

/// Hands an item to the session of a tab. `asks`: its values are asked for.
///
/// # Errors
/// Nothing was handed over, and why.
fn hand_over(tab: &Tab, item: &Item, asks: bool, words: &Words) -> Result<Handed, ItemError> {
    let refused = |text: &String| ItemError::Refused(text.clone());
    let session = tab.records.session().ok_or_else(|| refused(&words.lists_send_disabled))?;
    let payload = Payload::parse(&item.payload, &item.options()).map_err(|error| {
        ItemError::Refused(fill(&words.payload_refused, &[("reason", &explain_payload(words, &error))]))
    })?;
    let target = target(tab, &item.target, words).map_err(ItemError::Refused)?;
    if asks && let Some(asking) = Asking::new(&payload, &tab.form) {
        return Ok(Handed::Asking(asking));
    }
    let encodings = item.encoding.map_or_else(|| tab.encodings(), Into::into);
    let mut message = Message::new(payload, encodings);
    message.count = tab.items.count(&item.id);
    let mut answers = Answers::default();
    tab.form.answers.iter().for_each(|(name, answer)| answers.set(name, answer));
    message.answers = answers.into();
    Ok(Handed::Sent(match item.interval {
        None => Some(session.send_message(target, message).map_err(ItemError::Failed)?),
        Some(interval) => {
            let repeat = Repeat::new(target, message, interval).times(item.repeat.map(u64::from));
            session.start_outgoing(&item.title(), repeat).map_err(ItemError::Failed)?;
            None
        }
    }))
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
            match peer.parse::<Endpoint>() {
                _ if !meant.is_empty() => Ok(Target::Connections(meant)),
                Ok(endpoint) if tab.form.kind == TabKind::Udp => Ok(Target::Host(endpoint)),
                _ => Err(fill(&words.lists_no_peer, &[("peer", peer)])),
            }
        }
    }
}
