//! Draws the question over the data.

use crate::gui::action::{Action, TabAction};
use crate::gui::kit::bars;
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::icons;
use crate::gui::kit::sizes::STRIP_HEIGHT;
use crate::gui::kit::theme::Palette;
use crate::gui::tab::question::{Asked, Question};
use crate::model::MAX_NAME_CHARACTERS;
use eframe::egui::{self, Frame, Id, Key, Margin, Panel, Ui};

/// The longest note.
const NOTE_CHARACTERS: usize = 500;

/// Draws the question of a tab, if there is one. Enter answers, Escape closes it.
pub fn question_ui(ui: &mut Ui, ctx: TabCtx<'_>, question: &mut Option<Question>, actions: &mut Vec<Action>) {
    let Some(question) = question else { return };
    let words = ctx.words;
    let id = Id::unique(("question", ctx.id.0));
    let palette = Palette::of(ui.visuals());
    let frame = Frame::new().fill(palette.head_ground).inner_margin(Margin::symmetric(8, 4));
    let panel = Panel::top("question").frame(frame).resizable(false).exact_size(STRIP_HEIGHT);
    panel.show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            let (name, hint, button) = match question.asked {
                Asked::Note(_) => ("Note text", &words.note_hint, &words.keep),
                Asked::Time => ("Time to go to", &words.time_hint, &words.time_go),
                Asked::Name(_) => ("Peer name", &words.peer_name_empty, &words.save),
            };
            let characters = match question.asked {
                Asked::Name(_) => MAX_NAME_CHARACTERS,
                Asked::Note(_) | Asked::Time => NOTE_CHARACTERS,
            };
            let width = (ui.available_width() * 0.4).clamp(100.0, 420.0);
            bars::caption(ui, &question.caption, 0.0);
            let edit = egui::TextEdit::singleline(&mut question.text)
                .id(id)
                .hint_text(hint.clone())
                .char_limit(characters)
                .desired_width(width)
                .min_size(egui::vec2(0.0, ui.spacing().interact_size.y))
                .align(egui::Align2::LEFT_CENTER);
            let field = ui.add(edit).accessible_name(name);
            if std::mem::take(&mut question.wants_focus) {
                field.request_focus();
            }
            if field.changed() {
                question.error = None;
            }
            let pressed = |key| ui.input(|input| input.key_pressed(key));
            if field.lost_focus() && pressed(Key::Escape) {
                actions.push(ctx.action(TabAction::CloseQuestion));
            }
            let is_answered = field.lost_focus() && pressed(Key::Enter);
            if ui.button(button).accessible_name("Answer").clicked() || is_answered {
                actions.push(ctx.action(TabAction::Answer));
            }
            let close = buttons::icon_button(ui, icons::CLOSE, "Close question");
            if close.on_hover_text(&words.prompt_close).clicked() {
                actions.push(ctx.action(TabAction::CloseQuestion));
            }
            if let Some(error) = &question.error {
                let text = egui::RichText::new(error).color(palette.error);
                let label = ui.add(egui::Label::new(text).truncate()).on_hover_text(error);
                ui.ctx().accesskit_node_builder(label.id, |node| {
                    node.set_value(error.as_str());
                    node.set_live(egui::accesskit::Live::Assertive);
                });
            }
        });
    });
}
