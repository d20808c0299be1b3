//! Draws the panel of lists: the filter, the menus, and the rows in sight.

use crate::gui::action::lists::{ItemAction, ListsAction};
use crate::gui::action::{Action, TabAction};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::icons;
use crate::gui::kit::theme::Palette;
use crate::gui::lists::keys_ui::{UNDO, keys_ui};
use crate::gui::lists::open_list::OpenList;
use crate::gui::lists::panel::{Row, RowMenu, id_of, item_of};
use crate::gui::lists::panel_tab::OfTab;
use crate::gui::lists::row_menu_ui::row_menu_ui;
use crate::gui::lists::row_ui::{ROW_HEIGHT, Rows, group_row_ui, item_row_ui, list_row_ui, lists};
use crate::gui::lists::state::Lists;
use crate::lang::{Words, cut, fill};
use crate::settings::TabSettings;
use crate::settings::lists::{Item, ItemId};
use eframe::egui::accesskit::Live;
use eframe::egui::style::ScrollAnimation;
use eframe::egui::{
    self, DragAndDrop, Key, Label, Modifiers, PopupCloseBehavior, Rect, Response, RichText, ScrollArea,
    Sense, TextEdit, Ui, pos2, vec2,
};

/// How near to an edge of the rows a dragged item scrolls them, in points.
const EDGE: f32 = 28.0;
/// How fast they scroll at the edge itself, in points per second.
const SCROLL_SPEED: f32 = 700.0;
/// The largest height of the list of files that cannot be used, in points.
const BAD_HEIGHT: f32 = 72.0;

/// Draws the panel of a tab.
pub fn commands_ui(ui: &mut Ui, tab: OfTab<'_>, state: &mut Lists, actions: &mut Vec<Action>) {
    let OfTab { ctx, form, .. } = tab;
    ui.add_space(2.0);
    tools_ui(ui, ctx, form, state, actions);
    bad_ui(ui, ctx.words, state);
    state.panel.follow(&state.store, form);
    let area = ui.available_rect_before_wrap();
    let id = ui.make_persistent_id("commands");
    // One stop for Tab; the arrow keys move within the list.
    let list = ui.interact(area, id, Sense::click());
    list.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ListBox, true, "Commands"));
    if std::mem::take(&mut state.panel.wants_focus) {
        list.request_focus();
    }
    keys_ui(ui, ctx, &list, state, actions);
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(area).accessibility_parent(id));
    if state.store.shown(form).next().is_none() {
        empty_ui(&mut inside, ctx.words, actions);
        return;
    }
    inside.spacing_mut().item_spacing.y = 0.0;
    if state.panel.rows().is_empty() {
        inside.weak(if state.panel.filter.trim().is_empty() {
            &ctx.words.lists_no_items
        } else {
            &ctx.words.lists_no_match
        });
        return;
    }
    rows_ui(&mut inside, tab, (&list, area), state, actions);
    row_menu_ui(&list, tab, state, actions);
}

/// Draws the rows in sight.
fn rows_ui(
    ui: &mut Ui,
    tab: OfTab<'_>,
    (list, area): (&Response, Rect),
    state: &mut Lists,
    actions: &mut Vec<Action>,
) {
    let Lists { store, panel, .. } = state;
    let reveals = std::mem::take(&mut panel.reveals);
    let cursor = if reveals { panel.cursor_row(store) } else { None };
    let rows = panel.take_rows();
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW_HEIGHT, rows.len(), |ui, range| {
        if let Some(cursor) = cursor {
            let top = ui.max_rect().top() + (cursor as f32 - range.start as f32) * ROW_HEIGHT;
            let row = Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), ROW_HEIGHT));
            ui.scroll_to_rect_animation(row, None, ScrollAnimation::none());
            ui.ctx().request_repaint();
        }
        scroll_at_edges(ui, area);
        let drawn =
            Rows { ctx: tab.ctx, store, sent: tab.sent, runs: tab.runs, is_focused: list.has_focus() };
        for row in &rows[range] {
            let Some(id) = id_of(store, row) else { continue };
            let response = match row {
                Row::List(id) => {
                    let Some(open) = store.get(*id) else { continue };
                    ui.push_id(id.0, |ui| list_row_ui(ui, &drawn, open, panel, actions))
                }
                Row::Group(id, group, count) => {
                    let Some(open) = store.get(*id) else { continue };
                    let salt = (id.0, group);
                    ui.push_id(salt, |ui| group_row_ui(ui, &drawn, open, (group, *count), panel, actions))
                }
                Row::Item(id, _) => {
                    let Some(item) = item_of(store, row) else { continue };
                    // The id is the item's, so that a press stays with it when rows move.
                    ui.push_id(&item.id.0, |ui| item_row_ui(ui, &drawn, (*id, item), panel, actions))
                }
            };
            let response = response.inner;
            if response.clicked() {
                list.request_focus();
            }
            if panel.cursor.as_ref() == Some(&id) {
                ui.ctx().accesskit_node_builder(list.id, |node| {
                    node.set_active_descendant(response.id.accesskit_id());
                });
                // Its place is known only here.
                if let Some(menu) = panel.menu.as_mut().filter(|menu| menu.is_new && menu.takes_focus) {
                    menu.at = (response.rect.left_bottom() + vec2(24.0, -4.0)).into();
                }
            }
            if response.secondary_clicked() {
                let at = response.interact_pointer_pos().unwrap_or(response.rect.center());
                panel.menu = Some(RowMenu { row: id, at: at.into(), is_new: true, takes_focus: false });
            }
        }
    });
    panel.put_back(rows);
}

/// Scrolls while an item is dragged to the upper or the lower edge.
fn scroll_at_edges(ui: &Ui, area: Rect) {
    if !DragAndDrop::has_payload_of_type::<ItemId>(ui.ctx()) {
        return;
    }
    let Some(pointer) = ui.ctx().pointer_interact_pos().filter(|pointer| area.x_range().contains(pointer.x))
    else {
        return;
    };
    // The nearer to the edge, the faster; beyond it as fast as at it.
    let (above, below) = (pointer.y - area.top(), area.bottom() - pointer.y);
    let depth = EDGE - above.min(below).clamp(0.0, EDGE);
    if depth > 0.0 {
        let seconds = ui.input(|input| input.stable_dt).min(0.1);
        let step = depth / EDGE * SCROLL_SPEED * seconds;
        let delta = if above < below { step } else { -step };
        ui.scroll_with_delta_animation(vec2(0.0, delta), ScrollAnimation::none());
        ui.ctx().request_repaint();
    }
}

/// Draws the filter, and the menus for what is new and for whole lists.
fn tools_ui(ui: &mut Ui, ctx: TabCtx<'_>, form: &TabSettings, state: &mut Lists, actions: &mut Vec<Action>) {
    let words = ctx.words;
    ui.horizontal(|ui| {
        let side = ui.spacing().interact_size.y + ui.spacing().item_spacing.x;
        let width = (ui.available_width() - 2.0 * side).max(60.0);
        let filter = TextEdit::singleline(&mut state.panel.filter)
            .id_salt("filter commands")
            .hint_text(words.lists_filter.as_str())
            .desired_width(width)
            .min_size(vec2(0.0, ui.spacing().interact_size.y))
            .align(egui::Align2::LEFT_CENTER);
        let filter = ui.add(filter).accessible_name("Filter commands");
        if filter.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowDown)) {
            state.panel.wants_focus = true;
            state.panel.step(&state.store, 0);
        }
        let closes = PopupCloseBehavior::CloseOnClick;
        let add = buttons::icon_menu(ui, icons::ADD, "Add command", closes, |ui| {
            let mut entry = |text: &str, name: &str, action: Action| {
                if ui.button(text).accessible_name(name).clicked() {
                    actions.push(action);
                }
            };
            let new = ListsAction::NewItem(Box::new(Item::new("")));
            entry(&words.lists_new_item, "New command", lists(new));
            let keep = ctx.action(TabAction::Item(ItemAction::KeepPayload));
            entry(&words.lists_keep_payload, "Command from payload field", keep);
            entry(&words.lists_paste, "Paste command", lists(ListsAction::RequestPaste));
            entry(&words.lists_new_list, "New list", lists(ListsAction::NewList));
            entry(&words.lists_import, "Import list", lists(ListsAction::AskImport));
        });
        add.on_hover_text(&words.lists_add_tip);
        let more = buttons::icon_menu(ui, icons::MORE, "List actions", closes, |ui| {
            run_menu_ui(ui, ctx, form, state, actions);
            ui.separator();
            lists_menu_ui(ui, words, form, state, actions);
            if let Some((_, name)) = state.store.newest_undo() {
                ui.separator();
                let text = fill(&words.lists_undo_delete, &[("name", &cut(&name, 24))]);
                let undo = egui::Button::new(text).shortcut_text(ui.ctx().format_shortcut(&UNDO));
                if ui.add(undo).accessible_name("Undo newest deletion").clicked() {
                    actions.push(lists(ListsAction::UndoNewest));
                }
            }
        });
        more.on_hover_text(&words.lists_more_tip);
    });
}

/// The part of the menu that runs sequences: the list of the cursor, or else the first one, files, and those that were run
/// last.
fn run_menu_ui(ui: &mut Ui, ctx: TabCtx<'_>, form: &TabSettings, state: &Lists, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let mut entry = |ui: &mut Ui, text: &str, name: &str, action: Action| {
        if ui.add_enabled(ctx.is_open(), egui::Button::new(text)).accessible_name(name).clicked() {
            actions.push(action);
        }
    };
    if let Some(open) = state.place_of_new(form).0.and_then(|list| state.store.get(list)) {
        let text = fill(&words.sequence_run_list, &[("name", &cut(&open.list.name, 24))]);
        let action = ctx.action(TabAction::Item(ItemAction::RunList(open.id, None)));
        entry(ui, &text, "Run list", action);
    }
    entry(ui, &words.command_run_sequence, "Run sequence", lists(ListsAction::AskSequence));
    for path in &state.sequences {
        let file = std::path::Path::new(path).file_name().unwrap_or_default().to_string_lossy();
        let text = fill(&words.sequence_run_list, &[("name", &cut(&file, 24))]);
        entry(ui, &text, &format!("Run {path}"), lists(ListsAction::RunFile(path.into())));
    }
}

/// The menu for whole lists: that of the cursor, or else the first one, and those that are shown elsewhere.
fn lists_menu_ui(ui: &mut Ui, words: &Words, form: &TabSettings, state: &Lists, actions: &mut Vec<Action>) {
    let chosen = state.place_of_new(form).0.and_then(|list| state.store.get(list));
    let mut entry = |ui: &mut Ui, text: &str, name: &str, action: ListsAction| {
        if ui.button(text).accessible_name(name).clicked() {
            actions.push(lists(action));
        }
    };
    if let Some(open) = chosen {
        let with = |template: &str| fill(template, &[("name", &cut(&open.list.name, 24))]);
        entry(ui, &with(&words.lists_edit_list), "Edit list", ListsAction::EditList(open.id));
        entry(ui, &with(&words.lists_export), "Export list", ListsAction::AskExport(open.id));
        entry(ui, &with(&words.lists_copy_list), "Copy list", ListsAction::CopyList(open.id));
        entry(ui, &with(&words.lists_delete_list), "Delete list", ListsAction::DeleteList(open.id));
    } else {
        ui.weak(&words.lists_none);
    }
    let is_here = |open: &OpenList| open.list.attached.covers(form.kind, &form.id);
    let mut others = state.store.all().filter(|open| !is_here(open)).peekable();
    if others.peek().is_some() {
        ui.separator();
        for open in others.take(20) {
            let text = fill(&words.lists_elsewhere, &[("name", &cut(&open.list.name, 24))]);
            let name = format!("Edit list {}", open.list.name);
            entry(ui, &text, &name, ListsAction::EditList(open.id));
        }
    }
}

/// Draws what is wrong with files that cannot be used.
fn bad_ui(ui: &mut Ui, words: &Words, state: &Lists) {
    if state.store.bad().is_empty() {
        return;
    }
    let palette = Palette::of(ui.visuals());
    // The lists that can be used are more important.
    let height = BAD_HEIGHT.min(ui.available_height() * 0.3);
    ScrollArea::vertical().max_height(height).id_salt("bad lists").show(ui, |ui| {
        for (file, reason) in state.store.bad() {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let text = fill(&words.lists_bad_file, &[("file", &name), ("reason", reason)]);
            let label = ui.add(Label::new(RichText::new(text).color(palette.error)).wrap().selectable(true));
            ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Polite));
        }
    });
}

fn empty_ui(ui: &mut Ui, words: &Words, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    ui.add(Label::new(RichText::new(&words.lists_empty).color(palette.dim)).wrap());
    ui.add_space(4.0);
    if ui.button(&words.lists_new_item).accessible_name("First command").clicked() {
        actions.push(lists(ListsAction::NewItem(Box::new(Item::new("")))));
    }
    if ui.button(&words.lists_import).accessible_name("First import").clicked() {
        actions.push(lists(ListsAction::AskImport));
    }
}
