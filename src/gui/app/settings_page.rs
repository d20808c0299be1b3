//! Draws the settings of the program: language, theme, sizes, and what is asked.

use crate::gui::action::{Action, AppAction};
use crate::gui::app::preferences::Preferences;
use crate::gui::kit::icons;
use crate::gui::kit::widgets;
use crate::lang::Language;
use crate::settings::{BytesPerRow, ThemeChoice, WindowSettings};
use eframe::egui::{Align, Context, Layout, ScrollArea, Ui};

/// The width, in points.
const WIDTH: f32 = 480.0;
/// The width of the controls, in points.
const CONTROL_WIDTH: f32 = 170.0;

/// Draws the settings. Each takes effect at once; Escape closes them.
pub fn settings_page_ui(ctx: &Context, preferences: &Preferences, actions: &mut Vec<Action>) {
    let words = preferences.words();
    let ((), is_left) = widgets::dialog(ctx, "settings page", WIDTH, |ui| {
        ui.horizontal(|ui| {
            ui.heading(&words.settings);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let close = widgets::icon_button(ui, icons::CLOSE, "Close settings");
                if close.on_hover_text(&words.close).clicked() {
                    actions.push(Action::App(AppAction::CloseSettings));
                }
            });
        });
        ui.separator();
        let height = ui.ctx().content_rect().height() - 140.0;
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            language_ui(ui, preferences, actions);
            theme_ui(ui, preferences, actions);
            let mut window = preferences.window;
            sizes_ui(ui, preferences, &mut window);
            data_ui(ui, preferences, &mut window);
            if window != preferences.window {
                actions.push(Action::App(AppAction::SetWindow(window)));
            }
            row(ui, &words.recordings_title, |ui| {
                if ui.button(&words.settings_recordings).accessible_name("Recording settings").clicked() {
                    actions.push(Action::App(AppAction::CloseSettings));
                    actions.push(Action::App(AppAction::ShowRecordingSettings));
                }
            });
            let mut asks = !preferences.closes_unsaved;
            let name = "Ask before closing unsaved recordings";
            if widgets::checkbox(ui, &mut asks, &words.settings_ask, name).changed() {
                actions.push(Action::App(AppAction::SetClosesUnsaved(!asks)));
            }
        });
    });
    if is_left {
        actions.push(Action::App(AppAction::CloseSettings));
    }
}

/// A setting: its name, and its control in a column at the right.
fn row(ui: &mut Ui, name: &str, control: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        // The control has the accessible name.
        widgets::caption(ui, name, 0.0);
        ui.with_layout(Layout::right_to_left(Align::Center), control);
    });
}

fn language_ui(ui: &mut Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
    let words = preferences.words();
    let mut chosen = preferences.is_language_chosen.then_some(preferences.language);
    let mut choices = vec![(None, words.like_system.as_str(), "System language")];
    choices.extend(Language::ALL.map(|language| (Some(language), language.name(), language.name())));
    row(ui, &words.language_tip, |ui| {
        let before = chosen;
        widgets::combo(ui, "Language", &words.language_tip, CONTROL_WIDTH, &mut chosen, &choices);
        if chosen != before {
            actions.push(Action::App(AppAction::SetLanguage(chosen)));
        }
    });
}

fn theme_ui(ui: &mut Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
    let words = preferences.words();
    let choices = [
        (ThemeChoice::System, words.like_system.as_str(), "System theme"),
        (ThemeChoice::Light, words.theme_light.as_str(), "Light theme"),
        (ThemeChoice::Dark, words.theme_dark.as_str(), "Dark theme"),
    ];
    let mut theme = preferences.theme;
    row(ui, &words.theme, |ui| {
        widgets::combo(ui, "Theme", &words.theme_tip, CONTROL_WIDTH, &mut theme, &choices);
        if theme != preferences.theme {
            actions.push(Action::App(AppAction::SetTheme(theme)));
        }
    });
}

/// The sizes of the data and of everything, and whether the window stays above others.
fn sizes_ui(ui: &mut Ui, preferences: &Preferences, window: &mut WindowSettings) {
    let words = preferences.words();
    row(ui, &words.settings_font_size, |ui| {
        let sizes = [11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 18.0, 20.0, 24.0];
        let texts = sizes.map(|size| format!("{size}"));
        let choices: Vec<_> =
            sizes.iter().zip(&texts).map(|(&size, text)| (size, text.as_str(), text.as_str())).collect();
        let tip = &words.settings_font_size_tip;
        widgets::combo(ui, "Font size", tip, CONTROL_WIDTH, &mut window.font_size, &choices);
    });
    row(ui, &words.settings_zoom, |ui| {
        let zooms = [0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0];
        let texts = zooms.map(|zoom: f32| format!("{:.0}%", zoom * 100.0));
        let choices: Vec<_> =
            zooms.iter().zip(&texts).map(|(&zoom, text)| (zoom, text.as_str(), text.as_str())).collect();
        let tip = &words.settings_zoom_tip;
        widgets::combo(ui, "Zoom", tip, CONTROL_WIDTH, &mut window.zoom, &choices);
    });
    widgets::checkbox(ui, &mut window.always_on_top, &words.settings_on_top, "Always on top");
}

/// How data is shown in every tab.
fn data_ui(ui: &mut Ui, preferences: &Preferences, window: &mut WindowSettings) {
    let words = preferences.words();
    row(ui, &words.settings_bytes_per_row, |ui| {
        let choices = [
            (BytesPerRow::Automatic, words.settings_automatic.as_str(), "Automatic"),
            (BytesPerRow::Eight, "8", "8 bytes"),
            (BytesPerRow::Sixteen, "16", "16 bytes"),
            (BytesPerRow::TwentyFour, "24", "24 bytes"),
            (BytesPerRow::ThirtyTwo, "32", "32 bytes"),
        ];
        let tip = &words.settings_bytes_per_row_tip;
        widgets::combo(ui, "Bytes per row", tip, CONTROL_WIDTH, &mut window.bytes_per_row, &choices);
    });
    let is_on = &mut window.control_pictures;
    widgets::checkbox(ui, is_on, &words.settings_control_pictures, "Control pictures");
}
