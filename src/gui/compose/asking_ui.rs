//! Draws the dialog that asks for the values of a payload when it is sent.

use crate::gui::action::{Action, TabAction};
use crate::gui::compose::state::Composer;
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::fields;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::lang::explain_answer;
use eframe::egui::{Context, Key, RichText, ScrollArea};

/// The width of the dialog, in points.
const WIDTH: f32 = 380.0;

/// Draws the dialog, if it is open. Enter sends, Escape does not.
pub fn asking_ui(ctx: &Context, tab: TabCtx<'_>, composer: &mut Composer, actions: &mut Vec<Action>) {
    let Some(asking) = &mut composer.asking else { return };
    let words = tab.words;
    let ((), is_left) = messages::dialog(ctx, "question dialog", WIDTH, |ui| {
        ui.heading(&words.ask_title);
        ui.add_space(6.0);
        let mut is_entered = false;
        let height = (ui.ctx().content_rect().height() - 200.0).max(80.0);
        // A dialog keeps its last height: the list would stay as low as its shortest one.
        let area = ScrollArea::vertical().max_height(height).min_scrolled_height(height);
        area.auto_shrink([false, true]).show(ui, |ui| {
            for field in &mut asking.fields {
                let error = field.error().map(|error| explain_answer(words, error));
                let name = field.name().to_owned();
                ui.label(&name);
                let width = ui.available_width() - 16.0;
                let shown = error.as_deref().filter(|_| !field.answer.is_empty());
                let edit =
                    fields::field(ui, &mut field.answer, &format!("Value of {name}"), "", width, shown, true);
                if std::mem::take(&mut asking.takes_focus) {
                    fields::take_focus_all(&edit, &field.answer);
                }
                is_entered |= edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                if let Some(error) = error {
                    ui.label(RichText::new(error).small().color(Palette::of(ui.visuals()).dim));
                }
                ui.add_space(4.0);
            }
        });
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let is_complete = asking.is_complete();
            let accent = Palette::of(ui.visuals()).accent;
            let send =
                buttons::primary_button(ui, &words.send, "Send with these values", accent, is_complete);
            if send.clicked() || is_entered && is_complete {
                actions.push(tab.action(TabAction::SendAnswered));
            }
            if ui.button(&words.cancel).accessible_name("Do not send").clicked() {
                actions.push(tab.action(TabAction::CancelAsking));
            }
        });
    });
    if is_left {
        actions.push(tab.action(TabAction::CancelAsking));
    }
}
