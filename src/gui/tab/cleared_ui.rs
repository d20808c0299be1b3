//! Draws a line above the data that tells how many records Clear has hidden, with a button that shows them again.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, TabAction};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::Palette;
use crate::lang::fill;
use eframe::egui::{self, Button, Frame, Margin, Panel, RichText, Ui};

/// Draws the line, if records are hidden.
pub fn cleared_ui(ui: &mut Ui, ctx: TabCtx<'_>, hidden: u64, actions: &mut Vec<Action>) {
    if hidden == 0 {
        return;
    }
    let words = ctx.words;
    let palette = Palette::of(ui.visuals());
    let frame = Frame::new().fill(palette.data_ground).inner_margin(Margin::symmetric(10, 2));
    Panel::top("cleared").frame(frame).show_separator_line(false).show(ui, |ui| {
        // As high as the text, since the data needs the room.
        ui.spacing_mut().interact_size.y = ui.text_style_height(&egui::TextStyle::Body);
        ui.horizontal(|ui| {
            let text = fill(&words.cleared_records, &[("count", &grouped(hidden))]);
            ui.label(RichText::new(text).color(palette.dim));
            let show = RichText::new(&words.show_cleared).color(palette.accent);
            let show = ui.add(Button::new(show).frame(false)).accessible_name("Show again");
            buttons::focus_ring(ui, &show, show.rect.expand2(egui::vec2(3.0, 1.0)), palette.accent);
            let show = show.on_hover_text(UiCommand::ShowCleared.tip_of(ui.ctx(), &words.show_cleared_tip));
            if show.clicked() {
                actions.push(ctx.action(TabAction::ShowCleared));
            }
        });
    });
}
