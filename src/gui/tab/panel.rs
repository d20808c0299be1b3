//! The panel of one tab: settings, connections, data, composer, status line.

use crate::codec::Encoding;
use crate::gui::action::Action;
use crate::gui::action::commands::UiCommand;
use crate::gui::compose::composer;
use crate::gui::connect::{form, settings_bar};
use crate::gui::files::file_panel;
use crate::gui::find::find_bar;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets;
use crate::gui::peers::connections;
use crate::gui::rates::plot;
use crate::gui::side::inspector;
use crate::gui::tab::state::Tab;
use crate::gui::tab::{advice, bookmarks_menu, question, status_line};
use crate::gui::view::Look;
use crate::lang::{Words, explain, fill};
use crate::model::FailureKind;
use crate::settings::{TabKind, TimeMode, ViewMode, WindowSettings};
use eframe::egui::{self, Frame, Margin, Panel, Ui, vec2};

/// Draws a tab. What is remembered under an id (undo, scroll offsets) is the tab's own; the sizes of the
/// panels are shared.
/// `list_width` is that of the connections, for all tabs.
pub fn tab_ui(ui: &mut Ui, tab: &mut Tab, list_width: &mut f32, words: &Words, actions: &mut Vec<Action>) {
    if tab.file().is_some() {
        return file_panel::file_tab_ui(ui, tab, words, actions);
    }
    let id = tab.id.0;
    // In a low window the data comes first.
    let composer_height = (ui.available_height() * 0.22).clamp(84.0, 150.0);
    // Enlarged in a large window, it leaves room in a small one.
    let most = (ui.available_height() * 0.55).min(480.0);
    let bar = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 7));
    Panel::top("settings").frame(bar).show(ui, |ui| {
        ui.push_id(id, |ui| {
            settings_bar::settings_bar_ui(ui, tab, words, actions);
            field_errors_ui(ui, tab, words);
            failure_ui(ui, tab, words, actions);
        });
    });
    if tab.form.rate_plot {
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(6, 2));
        Panel::bottom("plot").frame(frame).show(ui, |ui| plot::plot_ui(ui, tab, words));
    }
    Panel::bottom("status")
        .frame(Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 4)))
        .show(ui, |ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                plot::switch_ui(ui, tab, words);
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    status_line::status_line_ui(ui, tab, words);
                });
            });
        });
    let composer_frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 7));
    Panel::bottom("composer")
        .frame(composer_frame)
        .resizable(true)
        .default_size(composer_height)
        .size_range(84.0..=most.max(84.0))
        .show(ui, |ui| ui.push_id(id, |ui| composer::composer_ui(ui, tab, words, actions)));
    send_error_ui(ui, tab, words);
    if tab.form.kind != TabKind::TcpClient {
        let list = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 4));
        let panel = Panel::left("connections").frame(list).resizable(true).default_size(*list_width);
        let panel = panel.size_range(WindowSettings::LIST_WIDTHS).show(ui, |ui| {
            ui.push_id(id, |ui| connections::connections_ui(ui, tab, words, actions));
        });
        *list_width = panel.response.rect.width().round();
    }
    side_panel_ui(ui, tab, words);
    records_ui(ui, tab, words, actions);
}

/// The inspector is never narrower than this, nor the data beside it than that, if the window allows it.
pub const INSPECTOR_WIDTH: f32 = 240.0;
const DATA_WIDTH: f32 = 300.0;

/// The inspector, if it is to be seen.
pub fn side_panel_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    let id = tab.id.0;
    if tab.form.inspector {
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 6));
        let most = (ui.available_width() - DATA_WIDTH).clamp(INSPECTOR_WIDTH, 640.0);
        Panel::right("inspector")
            .frame(frame)
            .resizable(true)
            .default_size(372.0)
            .size_range(INSPECTOR_WIDTH..=most)
            .show(ui, |ui| ui.push_id(id, |ui| inspector::inspector_ui(ui, tab, words)));
    }
}

/// The records, with the tools above them.
pub fn records_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    let id = tab.id.0;
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let tools = Frame::new().fill(palette.head_ground).inner_margin(Margin::symmetric(8, 4));
        Panel::top("tools")
            .frame(tools)
            .show(ui, |ui| ui.push_id(id, |ui| tools_ui(ui, tab, words, actions)));
        find_bar::find_bar_ui(ui, tab, words, actions);
        question::question_ui(ui, tab, words, actions);
        advice::advice_ui(ui, tab, words);
        data_ui(ui, tab, words, actions);
    });
}

/// What is wrong with the fields, in words, below them.
fn field_errors_ui(ui: &mut Ui, tab: &Tab, words: &Words) {
    let palette = Palette::of(ui.visuals());
    for (_, error) in &tab.errors {
        ui.colored_label(palette.error, form::explain(error, words));
    }
}

/// The newest failure that the user has not put away.
fn failure_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let Some(failure) = tab.failure() else { return };
    ui.add_space(2.0);
    let mut done = Vec::new();
    let is_dismissed = widgets::banner(ui, &explain(words, failure), &words.dismiss, "Dismiss", |ui| {
        if failure.kind == FailureKind::BroadcastNotAllowed
            && ui.button(&words.broadcast).accessible_name("Allow broadcast now").clicked()
        {
            done.push(Action::SetBroadcast(tab.id, true));
        }
        if let FailureKind::AddressInUse { next_free_port: Some(port), .. } = failure.kind {
            let text = fill(&words.use_port, &[("port", &port)]);
            if ui.button(text).accessible_name(format!("Use port {port}")).clicked() {
                done.push(Action::UsePort(tab.id, port));
            }
        }
    });
    actions.append(&mut done);
    if is_dismissed {
        actions.push(Action::DismissFailure(tab.id));
    }
}

/// Why the last payload did not leave, between the data and the composer.
fn send_error_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    let Some(error) = tab.send_error.clone() else { return };
    let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 4));
    Panel::bottom("send error").frame(frame).show(ui, |ui| {
        if widgets::banner(ui, &error, &words.dismiss, "Dismiss send error", |_| {}) {
            tab.send_error = None;
        }
    });
}

fn tools_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    /// With less room the tools go on below.
    const ONE_LINE: f32 = 800.0;
    /// With less than that the encoding goes there too.
    const LOOK: f32 = 300.0;
    let is_live = tab.file().is_none();
    if ui.available_width() < ONE_LINE {
        let is_narrow = ui.available_width() < LOOK;
        ui.horizontal(|ui| {
            mode_ui(ui, tab, words);
            if !is_narrow {
                encoding_ui(ui, tab, words);
            }
        });
        ui.horizontal_wrapped(|ui| {
            if is_narrow {
                encoding_ui(ui, tab, words);
            }
            time_ui(ui, tab, words);
            find_ui(ui, tab, words, actions);
            bookmarks_menu::marks_menu_ui(ui, tab, words, actions);
            if is_live {
                pause_ui(ui, tab, words, actions);
            }
            inspector_ui(ui, tab, words, actions);
            save_ui(ui, tab, words, actions);
            if is_live {
                clear_ui(ui, tab, words, actions);
            }
        });
        return;
    }
    ui.horizontal(|ui| {
        mode_ui(ui, tab, words);
        encoding_ui(ui, tab, words);
        ui.add_space(6.0);
        time_ui(ui, tab, words);
        let right = egui::Layout::right_to_left(egui::Align::Center);
        ui.with_layout(right, |ui| {
            if is_live {
                clear_ui(ui, tab, words, actions);
            }
            save_ui(ui, tab, words, actions);
            inspector_ui(ui, tab, words, actions);
            if is_live {
                pause_ui(ui, tab, words, actions);
            }
            bookmarks_menu::marks_menu_ui(ui, tab, words, actions);
            find_ui(ui, tab, words, actions);
        });
    });
}

/// How the data is shown.
fn mode_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    let modes = [
        (ViewMode::Text, words.text.as_str(), "Text"),
        (ViewMode::Hex, words.hex.as_str(), "Hex"),
        (ViewMode::Both, words.both.as_str(), "Both"),
    ];
    let group = ui.scope(|ui| widgets::segmented(ui, &mut tab.form.view, &modes)).response;
    group.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Group, true, "View"));
    ui.add_space(6.0);
}

/// In which encoding.
fn encoding_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    let names: Vec<_> =
        Encoding::ALL.iter().map(|&encoding| (encoding, encoding.name(), encoding.name())).collect();
    widgets::combo(ui, "Encoding", &words.encoding_tip, 110.0, &mut tab.form.encoding, &names);
}

/// Which times are shown.
fn time_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    let times = [
        (TimeMode::Clock, words.time_clock.as_str(), "Clock"),
        (TimeMode::SincePrevious, words.time_since_previous.as_str(), "Since previous"),
        (TimeMode::SinceOther, words.time_since_other.as_str(), "Reply time"),
        (TimeMode::SinceStart, words.time_since_start.as_str(), "Since start"),
    ];
    widgets::combo(ui, "Time", &words.time_tip, 100.0, &mut tab.form.time, &times);
}

/// Since when it is shown.
fn clear_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let tip = UiCommand::Clear.tip_of(ui.ctx(), &words.clear_tip);
    if ui.button(&words.clear).on_hover_text(tip).accessible_name("Clear").clicked() {
        actions.push(Action::Clear(tab.id));
    }
}

/// What becomes of it.
fn save_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let tip = UiCommand::Save.tip_of(ui.ctx(), &words.save_tip);
    let save = ui.add_enabled(tab.can_be_saved(), egui::Button::new(&words.save_as));
    if save.on_hover_text(tip).accessible_name("Save recording").clicked() {
        actions.push(Action::AskSave(tab.id));
    }
}

/// What is searched for, and what is filtered.
fn find_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let tip = UiCommand::Find.tip_of(ui.ctx(), &words.find_tip);
    let find = ui.add(egui::Button::new(&words.find).selected(tab.finder.is_open));
    if find.on_hover_text(tip).accessible_name("Search").clicked() {
        let action = if tab.finder.is_open { Action::CloseFind } else { Action::OpenFind };
        actions.push(action(tab.id));
    }
}

/// What the bytes are.
fn inspector_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let tip = UiCommand::Inspector.tip_of(ui.ctx(), &words.inspector_tip);
    let inspector = ui.add(egui::Button::new(&words.inspector).selected(tab.form.inspector));
    if inspector.on_hover_text(tip).accessible_name("Inspector").clicked() {
        actions.push(Action::ToggleInspector(tab.id));
    }
}

/// Whether it moves.
fn pause_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let is_paused = tab.view.is_paused();
    let text = if is_paused { &words.resume_display } else { &words.pause_display };
    let tip = UiCommand::Pause.tip_of(ui.ctx(), &words.pause_tip);
    let pause = ui.add(egui::Button::new(text).selected(is_paused));
    if pause.on_hover_text(tip).accessible_name("Pause display").clicked() {
        actions.push(Action::TogglePause(tab.id));
    }
}

fn data_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    let snapshot = tab.snapshot();
    let look = Look {
        mode: tab.form.view,
        encoding: tab.form.encoding,
        time: tab.form.time,
        found: tab.finder.searching().map(|scan| &**scan),
        filter: tab.finder.filtering(),
        words,
    };
    let area = ui.available_rect_before_wrap();
    let id = tab.data_id();
    tab.view.ui(ui, id, &snapshot, look);
    match tab.view.take_asked() {
        Some(UiCommand::Bookmark) => actions.push(Action::ToggleBookmark(tab.id)),
        Some(UiCommand::Note) => actions.push(Action::AskNote(tab.id)),
        _ => {}
    }
    let unseen = tab.view.unseen(&snapshot);
    if tab.view.follows() {
        return;
    }
    let text = match unseen {
        0 => words.jump_to_newest.clone(),
        _ => fill(&words.jump_to_new, &[("count", &grouped(unseen))]),
    };
    let palette = Palette::of(ui.visuals());
    let at = area.right_bottom() - vec2(26.0, 14.0);
    let button = egui::Area::new(id.with("jump"))
        .fixed_pos(at)
        .pivot(egui::Align2::RIGHT_BOTTOM)
        .order(egui::Order::Middle);
    button.constrain_to(area).show(ui.ctx(), |ui| {
        let shown = format!("↓ {text}");
        let button = widgets::primary_button(ui, &shown, "Jump to newest", palette.accent, true);
        // Its name is fixed, so that how many there are is said beside it.
        ui.ctx().accesskit_node_builder(button.id, |node| node.set_description(text.as_str()));
        if button.on_hover_text(UiCommand::Newest.tip_of(ui.ctx(), &words.jump_tip)).clicked() {
            actions.push(Action::JumpToNewest(tab.id));
        }
    });
}
