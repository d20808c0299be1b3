//! The small field over the data that asks for one thing: a note, or a time to go to.
//!
//! What becomes of the answer is `app`'s.

use crate::capture::Position;
use crate::gui::action::Action;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets;
use crate::gui::tab::state::Tab;
use crate::lang::Words;
use eframe::egui::{self, Frame, Id, Key, Margin, Panel, Ui};

/// Longer notes are not written.
const NOTE_CHARACTERS: usize = 500;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A note on a record.
    Note(Position),
    /// A time.
    Time,
}

/// A question and what was written so far.
#[derive(Debug)]
pub struct Question {
    /// What is asked for.
    pub asked: Asked,
    /// The same in words.
    caption: String,
    /// What is written.
    pub text: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// The field is to get the keys.
    pub wants_focus: bool,
}

impl Question {
    /// Asks, with what is known already.
    #[must_use]
    pub fn new(asked: Asked, caption: String, text: String) -> Self {
        Self { asked, caption, text, error: None, wants_focus: true }
    }
}

/// Draws the question of a tab, if there is one. Enter answers, Escape leaves.
pub fn question_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    let (id, tab_id) = (Id::unique(("question", tab.id.0)), tab.id);
    let Some(question) = &mut tab.question else { return };
    let palette = Palette::of(ui.visuals());
    let frame = Frame::new().fill(palette.head_ground).inner_margin(Margin::symmetric(8, 4));
    Panel::top("question").frame(frame).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            let (name, hint, button) = match question.asked {
                Asked::Note(_) => ("Note text", &words.note_hint, &words.keep),
                Asked::Time => ("Time to go to", &words.time_hint, &words.time_go),
            };
            let width = (ui.available_width() * 0.5).clamp(160.0, 420.0);
            widgets::caption(ui, &question.caption, width);
            let edit = egui::TextEdit::singleline(&mut question.text)
                .id(id)
                .hint_text(hint.clone())
                .char_limit(NOTE_CHARACTERS)
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
                actions.push(Action::CloseQuestion(tab_id));
            }
            let is_answered = field.lost_focus() && pressed(Key::Enter);
            if ui.button(button).accessible_name("Answer").clicked() || is_answered {
                actions.push(Action::Answer(tab_id));
            }
            let close = ui.button("✕").on_hover_text(&words.prompt_close);
            if close.accessible_name("Close question").clicked() {
                actions.push(Action::CloseQuestion(tab_id));
            }
        });
        if let Some(error) = &question.error {
            let text = egui::RichText::new(error).color(palette.error);
            let label = ui.add(egui::Label::new(text).truncate());
            ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Assertive));
        }
    });
}
