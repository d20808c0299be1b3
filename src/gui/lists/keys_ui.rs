//! The keys of the panel, while its rows have the keyboard focus.

use crate::gui::action::lists::{ItemAction, ItemStep, ListsAction};
use crate::gui::action::{Action, TabAction};
use crate::gui::kit::ctx::TabCtx;
use crate::gui::lists::panel::{RowId, RowMenu};
use crate::gui::lists::row_ui::{ROW_HEIGHT, lists};
use crate::gui::lists::state::Lists;
use crate::settings::lists::ItemId;
use eframe::egui::{Event, EventFilter, Key, KeyboardShortcut, Modifiers, Response, Ui};

/// Undoes the newest deletion.
pub const UNDO: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Z);

/// The keys that are consumed without Ctrl; F10 only with Shift.
const KEYS: [Key; 13] = [
    Key::ArrowDown,
    Key::ArrowUp,
    Key::ArrowLeft,
    Key::ArrowRight,
    Key::PageDown,
    Key::PageUp,
    Key::Home,
    Key::End,
    Key::Enter,
    Key::Space,
    Key::Delete,
    Key::Menu,
    Key::F10,
];

/// What a key does with the item of the cursor.
fn item_action(ctx: TabCtx<'_>, id: &ItemId, key: Key, modifiers: Modifiers) -> Option<Action> {
    let id = id.clone();
    Some(match (key, modifiers.alt) {
        (Key::Enter, false) if ctx.is_open() => ctx.action(TabAction::Item(ItemAction::Send(id))),
        (Key::Space, false) => lists(ListsAction::EditItem(id)),
        (Key::Delete, false) => lists(ListsAction::DeleteItem(id)),
        (Key::ArrowUp, true) => lists(ListsAction::StepItem(id, ItemStep::Up)),
        (Key::ArrowDown, true) => lists(ListsAction::StepItem(id, ItemStep::Down)),
        _ => return None,
    })
}

/// Consumes the keys of the rows. Arrows, pages, Home and End move the cursor, with Alt the item; Left and Right fold and
/// unfold; Enter sends, Space edits and Delete deletes an item, and both of the first fold a list or a group; the menu key
/// and Shift+F10 open the menu; Ctrl+Z undoes the newest deletion; Copy and Paste are the system's.
pub fn keys_ui(ui: &Ui, ctx: TabCtx<'_>, list: &Response, state: &mut Lists, actions: &mut Vec<Action>) {
    if !list.has_focus() {
        return;
    }
    let filter = EventFilter { vertical_arrows: true, horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, filter));
    let cursor_item = state.panel.item().cloned();
    let mut pressed = Vec::new();
    ui.input_mut(|input| {
        if input.consume_shortcut(&UNDO) {
            actions.push(lists(ListsAction::UndoNewest));
        }
        input.events.retain(|event| match event {
            Event::Key { key, modifiers, pressed: true, repeat, .. }
                if KEYS.contains(key) && !modifiers.command && (*key != Key::F10 || modifiers.shift) =>
            {
                // A key that is held deletes, sends and edits once.
                let acts = matches!(key, Key::Delete | Key::Enter | Key::Space);
                if !(acts && *repeat) {
                    pressed.push((*key, *modifiers));
                }
                false
            }
            Event::Copy => {
                actions.extend(cursor_item.clone().map(|id| lists(ListsAction::CopyItem(id))));
                false
            }
            Event::Paste(text) => {
                actions.push(lists(ListsAction::Paste(text.clone())));
                false
            }
            _ => true,
        });
    });
    let page = ((list.rect.height() / ROW_HEIGHT) as isize - 1).max(1);
    for (key, modifiers) in pressed {
        key_pressed(ctx, state, page, (key, modifiers), actions);
    }
    // The place of a menu that is opened by key is that of its row.
    if let Some(menu) = state.panel.menu.as_mut().filter(|menu| menu.is_new) {
        menu.at = list.rect.left_top().into();
    }
}

fn key_pressed(
    ctx: TabCtx<'_>,
    state: &mut Lists,
    page: isize,
    (key, modifiers): (Key, Modifiers),
    actions: &mut Vec<Action>,
) {
    let Lists { store, panel, .. } = state;
    if let Some(action) = panel.item().and_then(|id| item_action(ctx, id, key, modifiers)) {
        actions.push(action);
        panel.reveals = true;
        return;
    }
    let by = match key {
        Key::ArrowDown => 1,
        Key::ArrowUp => -1,
        Key::PageDown => page,
        Key::PageUp => -page,
        Key::Home => isize::MIN / 2,
        Key::End => isize::MAX / 2,
        Key::ArrowLeft => return panel.fold(store),
        Key::ArrowRight => return panel.unfold(store),
        Key::Enter | Key::Space => {
            return match panel.cursor.clone() {
                Some(RowId::List(list)) => panel.toggle(list, None),
                Some(RowId::Group(list, group)) => panel.toggle(list, Some(&group)),
                Some(RowId::Item(_)) | None => {}
            };
        }
        Key::Menu | Key::F10 => {
            if let Some(row) = panel.cursor.clone() {
                panel.menu = Some(RowMenu { row, at: [0.0; 2], is_new: true, takes_focus: true });
                panel.reveals = true;
            }
            return;
        }
        _ => return,
    };
    panel.step(store, by);
}
