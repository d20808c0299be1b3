//! Draws the menu of payloads sent before, newest first. Choosing one puts it into the field, or sends it again at once.

use crate::gui::action::lists::ItemAction;
use crate::gui::action::{Action, AppAction, TabAction};
use crate::gui::compose::state::Composer;
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::fields;
use crate::gui::kit::icons;
use crate::gui::view::one_line;
use crate::payload::Format;
use crate::settings::TabSettings;
use eframe::egui::containers::menu::MenuConfig;
use eframe::egui::{self, Button, PopupCloseBehavior, RichText, ScrollArea, TextWrapMode, Ui};

/// The width of an entry, in points.
const ENTRY_WIDTH: f32 = 360.0;
/// The longest part of a payload that is shown, in characters.
const SHOWN_CHARACTERS: usize = 200;

/// Draws the button of the menu, and the menu while it is open.
pub fn history_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    form: &mut TabSettings,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    let mut chosen = None;
    let mut kept = None;
    let button = buttons::menu_button(&words.history);
    // Typing into the search does not close it.
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let menu = button.config(config).ui(ui, |ui| {
        ui.set_min_width(ENTRY_WIDTH);
        let mut is_shared = composer.shares_history;
        let share = buttons::checkbox(ui, &mut is_shared, &words.history_share, "Share history");
        if share.on_hover_text(&words.history_share_tip).changed() {
            actions.push(Action::App(AppAction::ShareHistory(is_shared)));
        }
        if form.history.is_empty() {
            ui.weak(&words.history_empty);
            return;
        }
        let (search, hint) = (&mut composer.history_search, &words.history_search_hint);
        fields::field(ui, search, "Search history", hint, ENTRY_WIDTH, None, true);
        let search = composer.history_search.trim().to_lowercase();
        let found: Vec<_> = form.history.iter().rev().enumerate().collect();
        let found: Vec<_> = found
            .into_iter()
            .filter(|(_, entry)| search.is_empty() || entry.payload.to_lowercase().contains(&search))
            .collect();
        if found.is_empty() {
            ui.weak(&words.history_nothing_found);
        }
        let area = ScrollArea::vertical().max_height(ui.ctx().content_rect().height() * 0.5);
        area.show(ui, |ui| {
            for (index, entry) in found {
                let shown: String = entry.payload.chars().take(SHOWN_CHARACTERS).collect();
                let format = match entry.format {
                    Format::Text => words.text.as_str(),
                    Format::Hex => words.hex.as_str(),
                    Format::Escaped => words.escaped.as_str(),
                };
                let text = RichText::new(one_line(&shown)).monospace();
                let button = Button::new(text).shortcut_text(format).wrap_mode(TextWrapMode::Truncate);
                ui.horizontal(|ui| {
                    let height = ui.spacing().interact_size.y;
                    let use_it = ui.add_sized(egui::vec2(ENTRY_WIDTH, height), button);
                    if use_it.accessible_name(format!("Use {shown}")).clicked() {
                        chosen = Some((index + 1, false));
                    }
                    let send = ui.add_enabled(ctx.is_open(), Button::new(&words.send));
                    let send = send.on_hover_text(&words.send_again_tip);
                    let send = send.on_disabled_hover_text(&words.send_again_disabled_tip);
                    if send.accessible_name(format!("Send again {shown}")).clicked() {
                        chosen = Some((index + 1, true));
                    }
                    let keep = buttons::icon_button(ui, icons::ADD, &format!("Keep {shown}"));
                    if keep.on_hover_text(&words.lists_keep_sent).clicked() {
                        kept = Some(index + 1);
                    }
                });
            }
        });
        if chosen.is_some() || kept.is_some() {
            ui.close();
        }
    });
    menu.0.on_hover_text(&words.history_tip).accessible_name("History");
    let keep = |back| ctx.action(TabAction::Item(ItemAction::KeepSent(back)));
    actions.extend(kept.map(keep));
    let Some((back, sends)) = chosen else { return };
    composer.error = None;
    composer.history_search.clear();
    composer.history.choose(form, back);
    if sends {
        actions.push(ctx.action(TabAction::Send));
    }
    // At the end of the frame: in this one the field would give the focus up, for a click elsewhere.
    actions.push(ctx.action(TabAction::FocusPayload));
}
