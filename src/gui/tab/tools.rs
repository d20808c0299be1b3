//! Draws the tools above the data: how it is shown, search, bookmarks, pause, inspector, save, clear.

use crate::codec::Encoding;
use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, AppAction, TabAction};
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::widgets;
use crate::gui::tab::bookmarks_menu::bookmarks_menu_ui;
use crate::gui::tab::state::Tab;
use crate::lang::Words;
use crate::settings::{TimeMode, ViewMode};
use eframe::egui::{self, Button, Ui};

type ToolUi = fn(&mut Ui, &Words, &mut Tab, &mut Vec<Action>);

/// The tools at the right end, from left to right.
const RIGHT: [ToolUi; 6] = [find_ui, bookmarks_ui, pause_ui, inspector_ui, save_ui, clear_ui];

/// Draws the tools of a tab.
pub fn tools_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, actions: &mut Vec<Action>) {
    /// Below this width, in points, the tools take two lines.
    const ONE_LINE: f32 = 800.0;
    /// Below this width, in points, the encoding is on the second line.
    const WITH_ENCODING: f32 = 300.0;
    if ui.available_width() < ONE_LINE {
        let is_narrow = ui.available_width() < WITH_ENCODING;
        ui.horizontal(|ui| {
            mode_ui(ui, words, tab, actions);
            if !is_narrow {
                encoding_ui(ui, words, tab, actions);
            }
        });
        ui.horizontal_wrapped(|ui| {
            if is_narrow {
                encoding_ui(ui, words, tab, actions);
            }
            time_ui(ui, words, tab, actions);
            RIGHT.iter().for_each(|tool_ui| tool_ui(ui, words, tab, actions));
        });
        return;
    }
    ui.horizontal(|ui| {
        mode_ui(ui, words, tab, actions);
        encoding_ui(ui, words, tab, actions);
        ui.add_space(6.0);
        time_ui(ui, words, tab, actions);
        let right_to_left = egui::Layout::right_to_left(egui::Align::Center);
        ui.with_layout(right_to_left, |ui| {
            RIGHT.iter().rev().for_each(|tool_ui| tool_ui(ui, words, tab, actions));
        });
    });
}

/// Whether records can still be added to what the tab shows.
fn is_live(tab: &Tab) -> bool {
    tab.records.file().is_none()
}

fn act(tab: &Tab, action: TabAction, actions: &mut Vec<Action>) {
    actions.push(Action::Tab(tab.id, action));
}

fn mode_ui(ui: &mut Ui, words: &Words, tab: &Tab, actions: &mut Vec<Action>) {
    let modes = [
        (ViewMode::Auto, words.auto.as_str(), "Auto"),
        (ViewMode::Text, words.text.as_str(), "Text"),
        (ViewMode::Hex, words.hex.as_str(), "Hex"),
        (ViewMode::Both, words.both.as_str(), "Both"),
    ];
    let mut mode = tab.form.view;
    let group = ui.scope(|ui| widgets::segmented(ui, &mut mode, &modes)).response;
    group.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Group, true, "View"));
    ui.add_space(6.0);
    if mode != tab.form.view {
        act(tab, TabAction::SetView(mode), actions);
    }
}

fn encoding_ui(ui: &mut Ui, words: &Words, tab: &Tab, actions: &mut Vec<Action>) {
    let names: Vec<_> =
        Encoding::ALL.iter().map(|&encoding| (encoding, encoding.name(), encoding.name())).collect();
    let mut encoding = tab.form.encoding;
    widgets::combo(ui, "Encoding", &words.encoding_tip, 110.0, &mut encoding, &names);
    if encoding != tab.form.encoding {
        act(tab, TabAction::SetEncoding(encoding), actions);
    }
}

fn time_ui(ui: &mut Ui, words: &Words, tab: &Tab, actions: &mut Vec<Action>) {
    let times = [
        (TimeMode::Clock, words.time_clock.as_str(), "Clock"),
        (TimeMode::SincePrevious, words.time_since_previous.as_str(), "Since previous"),
        (TimeMode::SinceOther, words.time_since_other.as_str(), "Reply time"),
        (TimeMode::SinceStart, words.time_since_start.as_str(), "Since start"),
    ];
    let mut time = tab.form.time;
    widgets::combo(ui, "Time", &words.time_tip, 100.0, &mut time, &times);
    if time != tab.form.time {
        act(tab, TabAction::SetTime(time), actions);
    }
}

fn clear_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, actions: &mut Vec<Action>) {
    if !is_live(tab) {
        return;
    }
    let tip = UiCommand::Clear.tip_of(ui.ctx(), &words.clear_tip);
    if ui.button(&words.clear).on_hover_text(tip).accessible_name("Clear").clicked() {
        act(tab, TabAction::Clear, actions);
    }
}

fn save_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, actions: &mut Vec<Action>) {
    let tip = UiCommand::Save.tip_of(ui.ctx(), &words.save_tip);
    let save = ui.add_enabled(tab.records.can_be_saved(), Button::new(&words.save_as));
    if save.on_hover_text(tip).accessible_name("Save recording").clicked() {
        actions.push(Action::App(AppAction::AskSave(tab.id)));
    }
}

fn find_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, actions: &mut Vec<Action>) {
    let tip = UiCommand::Find.tip_of(ui.ctx(), &words.find_tip);
    let find = ui.add(Button::new(&words.find).selected(tab.finder.is_open));
    if find.on_hover_text(tip).accessible_name("Search").clicked() {
        let action = if tab.finder.is_open { TabAction::CloseFind } else { TabAction::OpenFind };
        act(tab, action, actions);
    }
}

fn bookmarks_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, actions: &mut Vec<Action>) {
    let snapshot = tab.records.snapshot();
    let ctx = TabCtx { id: tab.id, status: &tab.records.status, words };
    bookmarks_menu_ui(ui, ctx, snapshot.bookmarks(), &mut tab.view, actions);
}

fn inspector_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, actions: &mut Vec<Action>) {
    let tip = UiCommand::Inspector.tip_of(ui.ctx(), &words.inspector_tip);
    let inspector = ui.add(Button::new(&words.inspector).selected(tab.form.inspector));
    if inspector.on_hover_text(tip).accessible_name("Inspector").clicked() {
        act(tab, TabAction::ToggleInspector, actions);
    }
}

fn pause_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, actions: &mut Vec<Action>) {
    if !is_live(tab) {
        return;
    }
    let is_paused = tab.view.is_paused();
    let text = if is_paused { &words.resume_display } else { &words.pause_display };
    let tip = UiCommand::Pause.tip_of(ui.ctx(), &words.pause_tip);
    let pause = ui.add(Button::new(text).selected(is_paused));
    if pause.on_hover_text(tip).accessible_name("Pause display").clicked() {
        act(tab, TabAction::TogglePause, actions);
    }
}

/// Draws the button that shows the plot of rates, at the end of the status line.
pub fn rate_plot_ui(ui: &mut Ui, words: &Words, tab: &Tab, actions: &mut Vec<Action>) {
    let button = Button::new(&words.rate_plot).small().selected(tab.form.rate_plot);
    if ui.add(button).on_hover_text(&words.rate_plot_tip).accessible_name("Rate plot").clicked() {
        act(tab, TabAction::ToggleRatePlot, actions);
    }
}
