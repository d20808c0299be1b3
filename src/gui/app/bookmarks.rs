//! Carrying out what concerns marks, and going to a record or a time.

use crate::capture::Position;
use crate::gui::action::Action;
use crate::gui::tab::question::{Asked, Question};
use crate::gui::tab::state::Tab;
use crate::lang::{Words, fill};
use eframe::egui::Context;

/// Does one of these things.
pub(super) fn apply(ctx: &Context, tab: &mut Tab, action: Action, words: &Words) {
    match action {
        Action::ToggleBookmark(_) => {
            if let Some(record) = tab.view.record_to_mark() {
                toggle(tab, record);
            }
        }
        Action::Mark(_, record, text) => mark(tab, record, text),
        Action::MarkStep(_, forward) => {
            let snapshot = tab.snapshot();
            if let Some(record) = tab.view.next_mark(snapshot.marks(), forward) {
                tab.view.go_to(record);
            }
        }
        Action::GoToRecord(_, record) => {
            tab.view.go_to(record);
            focus_data(ctx, tab);
        }
        Action::AskNote(_) => {
            let Some(record) = tab.view.record_to_mark() else { return };
            let time = tab.view.time_label(record).unwrap_or_default();
            let caption = fill(&words.note_ask, &[("time", &time.trim())]);
            let text = tab.snapshot().marks().get(record).unwrap_or_default().to_owned();
            tab.question = Some(Question::new(Asked::Note(record), caption, text));
        }
        Action::AskTime(_) => {
            tab.question = Some(Question::new(Asked::Time, words.time_ask.clone(), String::new()));
        }
        Action::Answer(_) => answer(ctx, tab, words),
        Action::CloseQuestion(_) => {
            tab.question = None;
            focus_data(ctx, tab);
        }
        _ => {}
    }
}

fn answer(ctx: &Context, tab: &mut Tab, words: &Words) {
    let Some(question) = &mut tab.question else { return };
    match question.asked {
        Asked::Note(record) => {
            let text = question.text.trim().to_owned();
            mark(tab, record, Some(text));
        }
        Asked::Time => {
            if let Err(error) = tab.view.go_to_time(&question.text, words) {
                question.error = Some(error);
                question.wants_focus = true;
                return;
            }
        }
    }
    tab.question = None;
    focus_data(ctx, tab);
}

/// Takes a mark away and, pressed again, puts it there as it was: a note is not lost by a slip.
fn toggle(tab: &mut Tab, record: Position) {
    let text = match tab.snapshot().marks().get(record) {
        Some(_) => None,
        None => Some(match tab.taken_away.take() {
            Some((known, text)) if known == record => text,
            _ => String::new(),
        }),
    };
    mark(tab, record, text);
}

fn mark(tab: &mut Tab, record: Position, text: Option<String>) {
    if text.is_none() {
        tab.taken_away = tab.snapshot().marks().get(record).map(|text| (record, text.to_owned()));
    }
    if let Err(failure) = tab.mark(record, text) {
        tab.own_failure = Some(failure);
    }
}

/// The keys go on from the record.
fn focus_data(ctx: &Context, tab: &Tab) {
    ctx.memory_mut(|memory| memory.request_focus(tab.data_id()));
}
