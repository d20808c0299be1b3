//! Draws the menu beside Send that repeats the payload.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, TabAction};
use crate::gui::compose::repeat;
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::fields;
use crate::gui::kit::theme::Palette;
use crate::lang::Words;
use crate::settings::TabSettings;
use eframe::egui::containers::menu::MenuConfig;
use eframe::egui::{self, Grid, Key, PopupCloseBehavior, Response, RichText, Ui};

/// The width of the fields, in points.
const FIELD_WIDTH: f32 = 110.0;
/// The width of the menu, in points.
const WIDTH: f32 = 230.0;

/// Draws the menu. `can_send`: there is a payload, and somebody to send it to.
pub fn repeat_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    form: &mut TabSettings,
    can_send: bool,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let menu = buttons::menu_button(&words.repeat).config(config);
    let (button, _) = menu.ui(ui, |ui| {
        // Menus remove the edges of their contents; fields need theirs.
        ui.set_style(ui.ctx().global_style());
        ui.set_width(WIDTH);
        if menu_ui(ui, words, form, can_send) {
            actions.push(ctx.action(TabAction::StartRepeat));
            ui.close();
        }
    });
    button.accessible_name("Repeat").on_hover_text(UiCommand::Repeat.tip_of(ui.ctx(), &words.repeat_tip));
}

/// The width of the button, in points.
#[must_use]
pub fn repeat_width(ui: &Ui, words: &Words) -> f32 {
    buttons::menu_width(ui, &words.repeat)
}

/// Draws the contents of the menu. Returns whether a repeat is to be started.
fn menu_ui(ui: &mut Ui, words: &Words, form: &mut TabSettings, can_send: bool) -> bool {
    let palette = Palette::of(ui.visuals());
    let (interval, times) = (repeat::interval(form, words), repeat::times(form, words));
    let mut is_entered = false;
    let mut entered = |ui: &Ui, field: &Response| {
        is_entered |= field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    };
    Grid::new("repeat").num_columns(2).show(ui, |ui| {
        ui.label(&words.repeat_interval);
        let error = interval.as_ref().err().map(String::as_str);
        let typed = &mut form.repeat_interval;
        let field = fields::field(ui, typed, "Repeat interval", "", FIELD_WIDTH, error, true);
        let field = if error.is_none() { field.on_hover_text(&words.repeat_interval_tip) } else { field };
        entered(ui, &field);
        ui.end_row();
        ui.label(&words.repeat_times);
        let error = times.as_ref().err().map(String::as_str);
        let (typed, hint) = (&mut form.repeat_times, &words.repeat_times_hint);
        let field = fields::field(ui, typed, "Repeat times", hint, FIELD_WIDTH, error, true);
        let field = if error.is_none() { field.on_hover_text(&words.repeat_times_tip) } else { field };
        entered(ui, &field);
        ui.end_row();
    });
    let after_end = &mut form.repeat_after_end;
    let start = buttons::radio(ui, after_end, false, &words.repeat_start_to_start, "From start to start");
    start.on_hover_text(&words.repeat_start_to_start_tip);
    let after = buttons::radio(ui, after_end, true, &words.repeat_after_end, "Pause after each send");
    after.on_hover_text(&words.repeat_after_end_tip);
    for error in [interval.as_ref().err(), times.as_ref().err()].into_iter().flatten() {
        ui.add(egui::Label::new(RichText::new(error).color(palette.error)).wrap());
    }
    let can_start = can_send && interval.is_ok() && times.is_ok();
    let centred = ui.vertical_centered_justified(|ui| {
        buttons::primary_button(ui, &words.repeat_start, "Start repeating", palette.accent, can_start)
    });
    let button = centred.inner;
    let button = if can_send { button } else { button.on_disabled_hover_text(&words.send_disabled_tip) };
    button.clicked() || (is_entered && can_start)
}
