//! Draws the settings of recordings: their place, their limits, what they take now, and cleaning up.

use crate::gui::action::{Action, AppAction};
use crate::gui::files::storage::Storage;
use crate::gui::kit::bars;
use crate::gui::kit::fields;
use crate::gui::kit::figures::{self, grouped};
use crate::gui::kit::theme::Palette;
use crate::lang::{Words, fill};
use crate::settings::RecordingSettings;
use eframe::egui::{self, DragValue, RichText, Ui};
use std::path::Path;

/// Draws the settings of recordings. They apply to sessions that are started afterwards.
pub fn recordings_settings_ui(
    ui: &mut Ui,
    words: &Words,
    settings: &mut RecordingSettings,
    storage: &mut Storage,
    actions: &mut Vec<Action>,
) {
    let palette = Palette::of(ui.visuals());
    storage.is_shown = true;
    ui.label(&words.recordings_folder);
    let usual = storage.usual.display().to_string();
    let is_wrong = !settings.folder.trim().is_empty() && !Path::new(settings.folder.trim()).is_absolute();
    let error = is_wrong.then_some(words.recordings_folder_wrong.as_str());
    let width = ui.available_width().min(460.0);
    fields::field(ui, &mut settings.folder, "Recordings folder", &usual, width, error, true);
    if let Some(error) = error {
        ui.colored_label(palette.error, error);
    }
    ui.add_space(6.0);
    for (text, name, value) in [
        (&words.recordings_session_limit, "Limit per session", &mut settings.session_gigabytes),
        (&words.recordings_total_limit, "Limit for all recordings", &mut settings.total_gigabytes),
    ] {
        ui.horizontal_wrapped(|ui| {
            bars::caption(ui, text, 90.0);
            let limit = DragValue::new(value).range(RecordingSettings::GIGABYTES).speed(0.1).suffix(" GB");
            ui.add(limit).accessible_name(name);
        });
    }
    ui.add(egui::Label::new(RichText::new(&words.recordings_limits_about).color(palette.dim)).wrap());
    ui.add_space(6.0);
    if let Some(used) = storage.used() {
        ui.label(fill(&words.recordings_used, &[("bytes", &figures::bytes(used))]));
    }
    let (count, bytes) = storage.unfinished;
    if count == 0 {
        ui.label(RichText::new(&words.recordings_clean).color(palette.dim));
        return;
    }
    ui.horizontal_wrapped(|ui| {
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("count", &grouped(count as u64)), ("bytes", &figures::bytes(bytes))];
        ui.label(fill(&words.recordings_left, &values));
        if ui.button(&words.recovery_review).accessible_name("Review unfinished recordings").clicked() {
            actions.push(Action::App(AppAction::ListUnfinished));
        }
        if ui.button(&words.recordings_clean_up).accessible_name("Clean up recordings").clicked() {
            actions.push(Action::App(AppAction::AskDeleteAllUnfinished));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable as _;

    struct State {
        settings: RecordingSettings,
        storage: Storage,
        actions: Vec<Action>,
    }

    fn harness(storage: Storage, language: Language) -> Harness<'static, State> {
        let state = State { settings: RecordingSettings::default(), storage, actions: Vec::new() };
        let mut has_fonts = false;
        Harness::builder().with_size(egui::vec2(420.0, 360.0)).build_ui_state(
            move |ui, state: &mut State| {
                if !std::mem::replace(&mut has_fonts, true) {
                    crate::gui::kit::theme::install(ui.ctx());
                    return;
                }
                let State { settings, storage, actions } = state;
                recordings_settings_ui(ui, language.words(), settings, storage, actions);
            },
            state,
        )
    }

    #[test]
    fn place_limits_and_cleaning_up_are_offered_in_both_languages() {
        for language in Language::ALL {
            let mut storage = Storage::new("/home/me/recordings".into());
            storage.unfinished = (3, 2_200_000_000);
            let mut harness = harness(storage, language);
            harness.run_steps(4);
            assert!(harness.query_by_label("Limit per session").is_some());
            assert!(harness.query_by_label("Limit for all recordings").is_some());
            assert!(harness.query_by_label_contains("2.20 GB").is_some(), "what would be deleted");
            harness.get_by_label("Clean up recordings").click();
            harness.run_steps(2);
            assert_eq!(harness.state().actions, [Action::App(AppAction::AskDeleteAllUnfinished)]);
            // A folder that nobody can know is refused, and the usual one is used.
            harness.state_mut().settings.folder = "somewhere".into();
            harness.run_steps(2);
            let error = &language.words().recordings_folder_wrong;
            assert!(harness.query_all_by_label_contains(error).next().is_some());
            let State { settings, storage, .. } = harness.state();
            assert_eq!(storage.folder(settings), Path::new("/home/me/recordings"));
        }
    }
}
