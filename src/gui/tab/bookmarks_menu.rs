//! The list of marks, with what can be done with them and with times.

use crate::capture::Position;
use crate::gui::action::Action;
use crate::gui::action::commands::UiCommand;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::Palette;
use crate::gui::tab::state::Tab;
use crate::gui::view::note;
use crate::lang::Words;
use eframe::egui::{self, Button, Popup, PopupCloseBehavior, ScrollArea, Ui};

/// Draws the button of the list, and the list while it is open.
pub fn marks_menu_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    let snapshot = tab.snapshot();
    let marks = snapshot.marks();
    let text = if marks.is_empty() { "★".into() } else { format!("★ {}", grouped(marks.len() as u64)) };
    let button = ui.button(text).on_hover_text(&words.marks_tip).accessible_name("Marks");
    Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.set_min_width(300.0);
        for (text, name, command, action) in [
            (&words.add_bookmark, "Bookmark", UiCommand::Bookmark, Action::ToggleBookmark(tab.id)),
            (&words.note_tip, "Note", UiCommand::Note, Action::AskNote(tab.id)),
            (&words.mark_next, "Next mark", UiCommand::NextMark, Action::MarkStep(tab.id, true)),
            (&words.mark_previous, "Previous mark", UiCommand::PreviousMark, Action::MarkStep(tab.id, false)),
            (&words.go_to_time, "Go to time", UiCommand::GoToTime, Action::AskTime(tab.id)),
        ] {
            let keys = ui.ctx().format_shortcut(&command.shortcut());
            if ui.add(Button::new(text).shortcut_text(keys)).accessible_name(name).clicked() {
                actions.push(action);
                ui.close();
            }
        }
        ui.separator();
        if marks.is_empty() {
            ui.weak(&words.no_marks);
            return;
        }
        let height = ui.spacing().interact_size.y;
        let area = ScrollArea::vertical().max_height(height * 12.0).auto_shrink([true, true]);
        area.show_rows(ui, height, marks.len(), |ui, rows| {
            for (record, text) in marks.iter().skip(rows.start).take(rows.len()) {
                ui.push_id(record.0, |ui| mark_ui(ui, tab, record, text, words, actions));
            }
        });
    });
}

fn mark_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    record: Position,
    text: &str,
    words: &Words,
    actions: &mut Vec<Action>,
) {
    ui.horizontal(|ui| {
        let time = tab.view.time_label(record).unwrap_or_default();
        let name = format!("{} {}", time.trim(), note(text));
        let palette = Palette::of(ui.visuals());
        let remove = Button::new(egui::RichText::new("✕").color(palette.dim)).small();
        if ui
            .add(remove)
            .on_hover_text(&words.remove_mark)
            .accessible_name(format!("Remove mark {}", name.trim()))
            .clicked()
        {
            actions.push(Action::Mark(tab.id, record, None));
        }
        let go = ui.add(Button::new(name.trim()).truncate().frame(false));
        if go.accessible_name(format!("Go to mark {}", name.trim())).clicked() {
            actions.push(Action::GoToRecord(tab.id, record));
            ui.close();
        }
    });
}
