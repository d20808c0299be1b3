//! Draws the settings of the program: language, theme, sizes, what is asked, how data is shown, and recordings.

use crate::gui::action::{Action, AppAction};
use crate::gui::app::preferences::Preferences;
use crate::gui::app::state::{SettingsPage, SettingsPart};
use crate::gui::files::storage::Storage;
use crate::gui::files::storage_ui::recordings_settings_ui;
use crate::gui::kit::bars;
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::gui::kit::icons;
use crate::gui::kit::messages;
use crate::gui::tab::tools::times;
use crate::lang::Language;
use crate::settings::{BytesPerRow, ThemeChoice, WindowSettings};
use eframe::egui::accesskit::Role;
use eframe::egui::style::ScrollAnimation;
use eframe::egui::{Align, Context, Layout, Response, RichText, ScrollArea, Ui};

/// The width, in points.
const WIDTH: f32 = 480.0;
/// The height of the title and the line below it, in points.
const TITLE_HEIGHT: f32 = 48.0;
/// The width of the controls, in points.
const CONTROL_WIDTH: f32 = 170.0;

/// Draws the settings. Each takes effect at once; Escape closes them.
pub fn settings_page_ui(
    ctx: &Context,
    page: &mut SettingsPage,
    preferences: &mut Preferences,
    storage: &mut Storage,
    actions: &mut Vec<Action>,
) {
    let words = preferences.words();
    let ((), is_left) = messages::dialog(ctx, "settings page", WIDTH, |ui| {
        let height = ui.ctx().content_rect().height() - 140.0;
        // Dialogs are lower by themselves.
        ui.set_max_height(height + TITLE_HEIGHT);
        ui.horizontal(|ui| {
            ui.heading(&words.settings);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let close = buttons::icon_button(ui, icons::CLOSE, "Close settings");
                if close.on_hover_text(&words.close).clicked() {
                    actions.push(Action::App(AppAction::CloseSettings));
                }
            });
        });
        ui.separator();
        let mut area = ScrollArea::vertical().max_height(height).auto_shrink([false, true]);
        let reveals = page.reveals.take_if(|_| !ui.is_sizing_pass());
        if reveals == Some(SettingsPart::First) {
            // Where it was scrolled to when it was open before is forgotten.
            area = area.vertical_scroll_offset(0.0);
        }
        area.show(ui, |ui| {
            ui.ctx().accesskit_node_builder(ui.unique_id(), |node| node.set_role(Role::ScrollView));
            window_section_ui(ui, preferences, actions);
            let title = section_ui(ui, &words.recordings_title);
            if reveals == Some(SettingsPart::Recordings) {
                title.scroll_to_me_animation(Some(Align::Min), ScrollAnimation::none());
                ui.ctx().request_repaint();
            }
            recordings_settings_ui(ui, words, &mut preferences.recordings, storage, actions);
            fields::follow_focus(ui);
        });
    });
    if is_left {
        actions.push(Action::App(AppAction::CloseSettings));
    }
}

/// What concerns the whole window, and how data is shown in every tab.
fn window_section_ui(ui: &mut Ui, preferences: &Preferences, actions: &mut Vec<Action>) {
    let words = preferences.words();
    let mut window = preferences.window;
    section_ui(ui, &words.settings_window);
    language_ui(ui, preferences, actions);
    theme_ui(ui, preferences, actions);
    zoom_ui(ui, preferences, &mut window);
    buttons::checkbox(ui, &mut window.always_on_top, &words.settings_on_top, "Always on top");
    let mut asks = !preferences.closes_unsaved;
    let name = "Ask before closing unsaved recordings";
    if buttons::checkbox(ui, &mut asks, &words.settings_ask, name).changed() {
        actions.push(Action::App(AppAction::SetClosesUnsaved(!asks)));
    }
    section_ui(ui, &words.settings_data);
    data_ui(ui, preferences, &mut window);
    if window != preferences.window {
        actions.push(Action::App(AppAction::SetWindow(window)));
    }
}

/// The title of a section.
fn section_ui(ui: &mut Ui, title: &str) -> Response {
    ui.add_space(4.0);
    let title = ui.label(RichText::new(title).size(15.0).strong());
    ui.add_space(2.0);
    title
}

/// A setting: its name, and its control in a column at the right.
fn row(ui: &mut Ui, name: &str, control: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        // The control has the accessible name.
        bars::caption(ui, name, 0.0);
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
        fields::combo(ui, "Language", &words.language_tip, CONTROL_WIDTH, &mut chosen, &choices);
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
        fields::combo(ui, "Theme", &words.theme_tip, CONTROL_WIDTH, &mut theme, &choices);
        if theme != preferences.theme {
            actions.push(Action::App(AppAction::SetTheme(theme)));
        }
    });
}

/// The size of everything.
fn zoom_ui(ui: &mut Ui, preferences: &Preferences, window: &mut WindowSettings) {
    let words = preferences.words();
    row(ui, &words.settings_zoom, |ui| {
        let zooms = [0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0];
        let texts = zooms.map(|zoom: f32| format!("{:.0}%", zoom * 100.0));
        let choices: Vec<_> =
            zooms.iter().zip(&texts).map(|(&zoom, text)| (zoom, text.as_str(), text.as_str())).collect();
        let tip = &words.settings_zoom_tip;
        fields::combo(ui, "Zoom", tip, CONTROL_WIDTH, &mut window.zoom, &choices);
    });
}

/// How data is shown in every tab.
fn data_ui(ui: &mut Ui, preferences: &Preferences, window: &mut WindowSettings) {
    let words = preferences.words();
    row(ui, &words.settings_font_size, |ui| {
        let sizes = [11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 18.0, 20.0, 24.0];
        let texts = sizes.map(|size| format!("{size}"));
        let choices: Vec<_> =
            sizes.iter().zip(&texts).map(|(&size, text)| (size, text.as_str(), text.as_str())).collect();
        let tip = &words.settings_font_size_tip;
        fields::combo(ui, "Font size", tip, CONTROL_WIDTH, &mut window.font_size, &choices);
    });
    row(ui, &words.settings_time, |ui| {
        let tip = &words.settings_time_tip;
        fields::combo(ui, "Timestamps", tip, CONTROL_WIDTH, &mut window.time, &times(words));
    });
    row(ui, &words.settings_bytes_per_row, |ui| {
        let choices = [
            (BytesPerRow::Automatic, words.settings_automatic.as_str(), "Automatic"),
            (BytesPerRow::Eight, "8", "8 bytes"),
            (BytesPerRow::Sixteen, "16", "16 bytes"),
            (BytesPerRow::TwentyFour, "24", "24 bytes"),
            (BytesPerRow::ThirtyTwo, "32", "32 bytes"),
        ];
        let tip = &words.settings_bytes_per_row_tip;
        fields::combo(ui, "Bytes per row", tip, CONTROL_WIDTH, &mut window.bytes_per_row, &choices);
    });
    let is_on = &mut window.control_pictures;
    buttons::checkbox(ui, is_on, &words.settings_control_pictures, "Control pictures");
}
