//! Carries out what the user does with lists of commands.

use crate::gui::action::lists::{ListId, ListsAction};
use crate::gui::action::{Action, AppAction, NoticeTopic};
use crate::gui::app::state::App;
use crate::gui::kit::toasts::{NextStep, Toast, ToastKind};
use crate::gui::lists::editor::Editor;
use crate::gui::lists::head::{Head, Scope};
use crate::gui::lists::open_list::Told;
use crate::lang::{cut, fill};
use crate::settings::lists::{Attachment, Item, ItemId, List};
use crate::settings::{SidePanel, TabSettings};
use eframe::egui::{Context, Event, ViewportCommand};
use std::time::Instant;

/// The longest part of a name in a message, in characters.
pub(super) const NAME_CHARACTERS: usize = 40;

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
                    self.stores.lists.panel.go_to(item.id.clone());
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
            ListsAction::Undo(number) => self.undo_deletion(number),
            ListsAction::UndoNewest => {
                if let Some((number, _)) = self.stores.lists.store.newest_undo() {
                    self.undo_deletion(number);
                    self.stores.lists.panel.wants_focus = true;
                }
            }
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
            ListsAction::AskImport => self.ask_import(),
            ListsAction::AskExport(id) => self.ask_export(id),
            ListsAction::Browse => {
                if let Some(transfer) = &mut self.stores.lists.transfer {
                    transfer.browse(self.environment.desktop.as_ref(), &self.news.notify);
                }
            }
            ListsAction::UseFile(path) => self.use_list_file(path, false),
            ListsAction::ReplaceFile(path) => self.use_list_file(path, true),
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

    pub(super) fn edit_new_item(&mut self, item: Item) {
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
        // Its list may have been deleted meanwhile, perhaps in another window.
        let list = lists.list_or_first(editor.list, self.tabs.active().map(|tab| &tab.form), words);
        lists.panel.go_to(item.id.clone());
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
        lists.panel.leave(&lists.store, id);
        if let Some(number) = lists.store.delete_item(id) {
            self.tell_deleted(number, &title);
        }
    }

    fn undo_deletion(&mut self, number: u64) {
        let lists = &mut self.stores.lists;
        if let Some(item) = lists.store.undo(number) {
            lists.panel.go_to(item);
        }
    }

    fn tell_deleted(&mut self, number: u64, name: &str) {
        let words = self.preferences.words();
        let text = fill(&words.lists_deleted, &[("name", &cut(name, NAME_CHARACTERS))]);
        let action = Action::App(AppAction::Lists(ListsAction::Undo(number)));
        let next = NextStep { label: words.lists_undo.clone(), name: "Undo deletion", action };
        self.overlays.toasts.show(Toast { text, next: Some(next), ..Toast::default() });
    }

    fn edit_head(&mut self, id: Option<ListId>) {
        let own = self.tabs.active().map(|tab| (tab.id, tab.form.id.as_str()));
        let known = id.and_then(|id| self.stores.lists.store.get(id));
        let known = known.map(|open| (open.id, &open.list));
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
        let times = head.times().unwrap_or_default();
        let store = &mut self.stores.lists.store;
        // A list that was deleted meanwhile is made anew.
        match head.list.filter(|id| store.get(*id).is_some()) {
            None => {
                let attached = attached.unwrap_or_default();
                store.add(List { name, attached, times, ..List::default() });
            }
            Some(id) => store.edit(id, |list| {
                list.name = name;
                list.attached = attached.unwrap_or(list.attached.clone());
                list.times = times;
            }),
        }
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
}
