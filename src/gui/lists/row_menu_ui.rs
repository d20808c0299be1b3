//! Draws the menu of a row of the panel: of an item, a group or a list.

use crate::gui::action::lists::{ItemAction, ItemStep, ListId, ListsAction};
use crate::gui::action::{Action, TabAction};
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::figures::grouped;
use crate::gui::lists::panel::RowId;
use crate::gui::lists::panel_tab::OfTab;
use crate::gui::lists::row_ui::lists;
use crate::gui::lists::sent::count;
use crate::gui::lists::state::Lists;
use crate::lang::fill;
use crate::settings::lists::Item;
use eframe::egui::{self, Popup, Response, SetOpenCommand, Ui};

/// An entry: its text, its accessible name, whether it can be chosen, and what it does.
type Entry = (String, &'static str, bool, Chosen);

/// What an entry does.
#[derive(Clone)]
enum Chosen {
    Do(Action),
    Fold(ListId, Option<String>),
}

/// Draws the menu, if it is open. It closes when its row is gone.
pub fn row_menu_ui(list: &Response, tab: OfTab<'_>, state: &mut Lists, actions: &mut Vec<Action>) {
    let popup = list.id.with("menu");
    let Some(mut menu) = state.panel.menu.clone() else { return };
    let entries = entries(tab, state, &menu.row);
    let opens = std::mem::take(&mut menu.is_new);
    let takes_focus = std::mem::take(&mut menu.takes_focus);
    let shown = Popup::context_menu(list)
        .id(popup)
        .at_position(menu.at.into())
        .open_memory(opens.then_some(SetOpenCommand::Bool(true)))
        .show(|ui| entries_ui(ui, &entries, takes_focus));
    state.panel.menu = Some(menu);
    let chosen = shown.and_then(|shown| shown.inner);
    if entries.is_empty() || chosen.is_some() {
        Popup::close_id(&list.ctx, popup);
    }
    if !Popup::is_id_open(&list.ctx, popup) {
        state.panel.menu = None;
        list.request_focus();
    }
    match chosen {
        Some(Chosen::Do(action)) => actions.push(action),
        Some(Chosen::Fold(list, group)) => state.panel.toggle(list, group.as_deref()),
        None => {}
    }
}

/// Draws the entries. Returns what was chosen.
fn entries_ui(ui: &mut Ui, entries: &[Entry], takes_focus: bool) -> Option<Chosen> {
    let mut chosen = None;
    let mut gets_focus = takes_focus;
    for (text, name, can, what) in entries {
        let entry = ui.add_enabled(*can, egui::Button::new(text)).accessible_name(*name);
        if *can && std::mem::take(&mut gets_focus) {
            entry.request_focus();
        }
        if entry.clicked() {
            chosen = Some(what.clone());
        }
    }
    chosen
}

/// The entries for a row; none if it is gone.
fn entries(tab: OfTab<'_>, state: &Lists, row: &RowId) -> Vec<Entry> {
    match row {
        RowId::Item(id) => state.store.item(id).map(|item| item_entries(tab, item)).unwrap_or_default(),
        RowId::List(list) => heading_entries(tab.ctx, state, *list, None),
        RowId::Group(list, group) => heading_entries(tab.ctx, state, *list, Some(group)),
    }
}

fn item_entries(tab: OfTab<'_>, item: &Item) -> Vec<Entry> {
    let OfTab { ctx, form, .. } = tab;
    let words = ctx.words;
    let id = || item.id.clone();
    let of_tab = |action| Chosen::Do(ctx.action(TabAction::Item(action)));
    let of_lists = |action| Chosen::Do(lists(action));
    let mut entries = vec![
        (words.send.clone(), "Send command", ctx.is_open(), of_tab(ItemAction::Send(id()))),
        (words.lists_compose.clone(), "To payload field", true, of_tab(ItemAction::Compose(id()))),
        (words.lists_edit_item.clone(), "Edit command", true, of_lists(ListsAction::EditItem(id()))),
        (words.lists_duplicate.clone(), "Duplicate command", true, of_lists(ListsAction::Duplicate(id()))),
        (words.lists_copy_item.clone(), "Copy command", true, of_lists(ListsAction::CopyItem(id()))),
        (words.lists_up.clone(), "Move up", true, of_lists(ListsAction::StepItem(id(), ItemStep::Up))),
        (words.lists_down.clone(), "Move down", true, of_lists(ListsAction::StepItem(id(), ItemStep::Down))),
    ];
    let sent = count(form, &item.id);
    if item.is_template && sent > 0 {
        let text = fill(&words.counter_reset, &[("count", &grouped(sent))]);
        entries.push((text, "Reset counter of command", true, of_tab(ItemAction::ResetCount(id()))));
    }
    let delete = of_lists(ListsAction::DeleteItem(id()));
    entries.push((words.lists_delete_item.clone(), "Delete command", true, delete));
    entries
}

fn heading_entries(ctx: TabCtx<'_>, state: &Lists, list: ListId, group: Option<&str>) -> Vec<Entry> {
    let words = ctx.words;
    if state.store.get(list).is_none() {
        return Vec::new();
    }
    let run = ItemAction::RunList(list, group.map(str::to_owned));
    let run = Chosen::Do(ctx.action(TabAction::Item(run)));
    let is_folded = state.panel.is_folded(list, group);
    let fold = if is_folded { &words.lists_unfold } else { &words.lists_fold };
    let mut entries = vec![
        (words.sequence_run.clone(), "Run rows", ctx.is_open(), run),
        (fold.clone(), "Fold rows", true, Chosen::Fold(list, group.map(str::to_owned))),
    ];
    if group.is_none() {
        let of_list = |text: &String, name, action| (text.clone(), name, true, Chosen::Do(lists(action)));
        entries.extend([
            of_list(&words.lists_edit_item, "Edit this list", ListsAction::EditList(list)),
            of_list(&words.lists_export_row, "Export this list", ListsAction::AskExport(list)),
            of_list(&words.lists_copy_item, "Copy this list", ListsAction::CopyList(list)),
            of_list(&words.lists_delete_item, "Delete this list", ListsAction::DeleteList(list)),
        ]);
    }
    entries
}
