//! Draws the bar above the data: how it is shown, and what can be done with it. What does not fit into a narrow
//! window is in the menu at its end.

use crate::codec::Encoding;
use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, AppAction, TabAction};
use crate::gui::kit::bars;
use crate::gui::kit::buttons::{self, tool_button, tool_width};
use crate::gui::kit::fields;
use crate::gui::kit::icons;
use crate::gui::tab::bookmarks_menu::bookmarks_menu_ui;
use crate::gui::tab::state::Tab;
use crate::lang::Words;
use crate::settings::{SidePanel, TabKind, TimeMode, ViewMode};
use eframe::egui::{self, Align, Button, Layout, TextWrapMode, Ui};

/// The height of the bar, in points.
pub const HEIGHT: f32 = 34.0;
/// The widths of the drop-down lists, in points.
const ENCODING_WIDTH: f32 = 96.0;
const TIME_WIDTH: f32 = 108.0;

/// Draws the bar of a tab. `has_list`: the list of connections is shown, and can be hidden.
pub fn tools_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, has_list: bool, actions: &mut Vec<Action>) {
    let is_live = tab.records.file().is_none();
    let places = Places::new(ui, words, is_live);
    ui.horizontal(|ui| {
        mode_ui(ui, words, tab, actions);
        if places.encoding {
            encoding_ui(ui, words, tab, actions);
        }
        if places.time {
            time_ui(ui, words, tab, actions);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            more_ui(ui, words, tab, &places, has_list, actions);
            if places.clear {
                clear_ui(ui, words, tab, actions);
            }
            if places.pause {
                pause_ui(ui, words, tab, actions);
            }
            if places.find {
                find_ui(ui, words, tab, actions);
            }
        });
    });
}

/// Which controls are in the bar; the others are in the menu.
struct Places {
    find: bool,
    encoding: bool,
    pause: bool,
    clear: bool,
    time: bool,
}

impl Places {
    fn new(ui: &Ui, words: &Words, is_live: bool) -> Self {
        let spacing = ui.spacing();
        let combo = |width: f32| width + 2.0 * spacing.button_padding.x;
        let modes: f32 = modes(words)
            .iter()
            .map(|(_, text, _)| buttons::text_width(ui, text) + 2.0 * spacing.button_padding.x)
            .sum();
        let always = modes + spacing.interact_size.y + 8.0;
        // Most important first.
        let widths = [
            always,
            tool_width(ui, &words.find),
            combo(ENCODING_WIDTH),
            if is_live { pause_width(ui, words) } else { 0.0 },
            if is_live { tool_width(ui, &words.clear) } else { 0.0 },
            combo(TIME_WIDTH),
        ];
        let count = bars::fitting(ui.available_width(), spacing.item_spacing.x, &widths);
        Self {
            find: count > 1,
            encoding: count > 2,
            pause: count > 3 && is_live,
            clear: count > 4 && is_live,
            time: count > 5,
        }
    }
}

fn act(tab: &Tab, action: TabAction, actions: &mut Vec<Action>) {
    actions.push(Action::Tab(tab.id, action));
}

fn modes(words: &Words) -> [(ViewMode, &str, &'static str); 4] {
    [
        (ViewMode::Auto, words.auto.as_str(), "Auto"),
        (ViewMode::Text, words.text.as_str(), "Text"),
        (ViewMode::Hex, words.hex.as_str(), "Hex"),
        (ViewMode::Both, words.both.as_str(), "Both"),
    ]
}

fn mode_ui(ui: &mut Ui, words: &Words, tab: &Tab, actions: &mut Vec<Action>) {
    let mut mode = tab.form.view;
    let group = ui.scope(|ui| buttons::segmented(ui, &mut mode, &modes(words))).response;
    group.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Group, true, "View"));
    if mode != tab.form.view {
        act(tab, TabAction::SetView(mode), actions);
    }
}

fn encodings() -> Vec<(Encoding, &'static str, &'static str)> {
    Encoding::ALL.iter().map(|&encoding| (encoding, encoding.name(), encoding.name())).collect()
}

fn encoding_ui(ui: &mut Ui, words: &Words, tab: &Tab, actions: &mut Vec<Action>) {
    let mut encoding = tab.form.encoding;
    fields::combo(ui, "Encoding", &words.encoding_tip, ENCODING_WIDTH, &mut encoding, &encodings());
    if encoding != tab.form.encoding {
        act(tab, TabAction::SetEncoding(encoding), actions);
    }
}

/// The times that can stand before records.
#[must_use]
pub fn times(words: &Words) -> [(TimeMode, &str, &'static str); 4] {
    [
        (TimeMode::Clock, words.time_clock.as_str(), "Time of day"),
        (TimeMode::SincePrevious, words.time_since_previous.as_str(), "Since previous"),
        (TimeMode::SinceOther, words.time_since_other.as_str(), "Reply time"),
        (TimeMode::SinceStart, words.time_since_start.as_str(), "Since start"),
    ]
}

fn time_ui(ui: &mut Ui, words: &Words, tab: &Tab, actions: &mut Vec<Action>) {
    let mut time = tab.form.time;
    fields::combo(ui, "Time", &words.time_tip, TIME_WIDTH, &mut time, &times(words));
    if time != tab.form.time {
        act(tab, TabAction::SetTime(time), actions);
    }
}

fn clear_ui(ui: &mut Ui, words: &Words, tab: &Tab, actions: &mut Vec<Action>) {
    let tip = UiCommand::Clear.tip_of(ui.ctx(), &words.clear_tip);
    if tool_button(ui, icons::CLEAR, &words.clear, "Clear", false).on_hover_text(tip).clicked() {
        act(tab, TabAction::Clear, actions);
    }
}

fn find_action(tab: &Tab) -> TabAction {
    if tab.finder.is_open { TabAction::CloseFind } else { TabAction::OpenFind }
}

fn find_ui(ui: &mut Ui, words: &Words, tab: &Tab, actions: &mut Vec<Action>) {
    let tip = UiCommand::Find.tip_of(ui.ctx(), &words.find_tip);
    let find = tool_button(ui, icons::FIND, &words.find, "Search", tab.finder.is_open);
    if find.on_hover_text(tip).clicked() {
        act(tab, find_action(tab), actions);
    }
}

/// The width of the button with either of its words, so that it stays as wide as it is.
fn pause_width(ui: &Ui, words: &Words) -> f32 {
    tool_width(ui, &words.pause_display).max(tool_width(ui, &words.resume_display))
}

fn pause_ui(ui: &mut Ui, words: &Words, tab: &Tab, actions: &mut Vec<Action>) {
    let is_paused = tab.view.is_paused();
    let (icon, text) = match is_paused {
        true => (icons::RESUME, &words.resume_display),
        false => (icons::PAUSE, &words.pause_display),
    };
    let tip = UiCommand::Pause.tip_of(ui.ctx(), &words.pause_tip);
    let size = egui::vec2(pause_width(ui, words), ui.spacing().interact_size.y);
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    let layout = Layout::left_to_right(Align::Center);
    let mut place = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(layout));
    if tool_button(&mut place, icon, text, "Pause display", is_paused).on_hover_text(tip).clicked() {
        act(tab, TabAction::TogglePause, actions);
    }
}

/// The menu at the end of the bar: first what does not fit into the bar.
fn more_ui(
    ui: &mut Ui,
    words: &Words,
    tab: &mut Tab,
    places: &Places,
    has_list: bool,
    actions: &mut Vec<Action>,
) {
    let closes = egui::PopupCloseBehavior::CloseOnClick;
    let response = buttons::icon_menu(ui, icons::MORE, "More", closes, |ui| {
        ui.set_min_width(220.0);
        let is_live = tab.records.file().is_none();
        let entry = |ui: &mut Ui, text: &str, command: UiCommand, name: &str, is_on: Option<bool>| {
            let keys = command.keys(ui.ctx());
            menu_entry(ui, text, &keys, name, is_on)
        };
        if !places.find && entry(ui, &words.find, UiCommand::Find, "Search", Some(tab.finder.is_open)) {
            act(tab, find_action(tab), actions);
        }
        if !places.encoding {
            ui.menu_button(format!("{}  {}", words.encoding, tab.form.encoding.name()), |ui| {
                choices_ui(ui, tab.form.encoding, &encodings(), |encoding| {
                    act(tab, TabAction::SetEncoding(encoding), actions);
                });
            })
            .response
            .accessible_name("Encoding");
        }
        if !places.pause
            && is_live
            && entry(ui, &words.pause_display, UiCommand::Pause, "Pause display", Some(tab.view.is_paused()))
        {
            act(tab, TabAction::TogglePause, actions);
        }
        if !places.clear && is_live && entry(ui, &words.clear, UiCommand::Clear, "Clear", None) {
            act(tab, TabAction::Clear, actions);
        }
        if !places.time {
            ui.menu_button(words.timestamps.as_str(), |ui| {
                choices_ui(ui, tab.form.time, &times(words), |time| {
                    act(tab, TabAction::SetTime(time), actions);
                });
            })
            .response
            .accessible_name("Time");
        }
        if !(places.find && places.encoding && places.time) || (is_live && !places.clear) {
            ui.separator();
        }
        ui.add_enabled_ui(tab.records.can_be_saved(), |ui| {
            if entry(ui, &words.save_as, UiCommand::Save, "Save recording", None) {
                actions.push(Action::App(AppAction::AskSave(tab.id)));
            }
        });
        if is_live && entry(ui, &words.receive_to_file, UiCommand::Receive, "Receive to file", None) {
            act(tab, TabAction::AskReceive(None), actions);
        }
        if is_live && entry(ui, &words.live_log, UiCommand::Log, "Live log", None) {
            act(tab, TabAction::AskLog, actions);
        }
        bookmarks_menu_ui(ui, words, tab, actions);
        ui.separator();
        if entry(
            ui,
            &words.inspector,
            UiCommand::Inspector,
            "Inspector",
            Some(tab.form.side == SidePanel::Inspector),
        ) {
            act(tab, TabAction::ToggleSide(SidePanel::Inspector), actions);
        }
        let has_commands = tab.form.side == SidePanel::Commands;
        if is_live && entry(ui, &words.lists_title, UiCommand::Commands, "Show commands", Some(has_commands))
        {
            act(tab, TabAction::ToggleSide(SidePanel::Commands), actions);
        }
        if is_live && tab.form.kind == TabKind::TcpClient {
            let button = Button::new(&words.name_server).wrap_mode(TextWrapMode::Extend);
            let button = ui.add_enabled(tab.server().is_some(), button).accessible_name("Name server");
            if button.clicked() {
                act(tab, TabAction::AskServerName, actions);
                ui.close();
            }
        }
        if is_live && tab.form.kind != TabKind::TcpClient {
            let text = if tab.form.kind == TabKind::Udp { &words.peers } else { &words.connections };
            if menu_entry(ui, text, "", "List of connections", Some(has_list)) {
                actions.push(Action::App(AppAction::ShowList(!has_list)));
            }
        }
    });
    response.on_hover_text(&words.more);
}

/// An entry of a menu with its keys; `is_on` for one that can be switched on and off. Returns whether it was
/// chosen; the menu closes.
fn menu_entry(ui: &mut Ui, text: &str, keys: &str, name: &str, is_on: Option<bool>) -> bool {
    let mut button = Button::new(text).shortcut_text(keys).wrap_mode(TextWrapMode::Extend);
    if let Some(is_on) = is_on {
        button = button.selected(is_on);
    }
    let is_chosen = ui.add(button).accessible_name(name).clicked();
    if is_chosen {
        ui.close();
    }
    is_chosen
}

/// The choices of a drop-down list as entries of a menu. Each is `(value, visible text, accessible name)`.
fn choices_ui<T: PartialEq + Copy>(
    ui: &mut Ui,
    value: T,
    choices: &[(T, &str, &str)],
    mut choose: impl FnMut(T),
) {
    egui::ScrollArea::vertical().show(ui, |ui| {
        for &(choice, text, name) in choices {
            if menu_entry(ui, text, "", name, Some(choice == value)) {
                choose(choice);
            }
        }
    });
}

/// Draws the button that shows the plot of rates, at the end of the status line.
pub fn rate_plot_ui(ui: &mut Ui, words: &Words, tab: &Tab, actions: &mut Vec<Action>) {
    let icon = if tab.form.rate_plot { icons::DOWN } else { icons::UP };
    let button = Button::new((words.rate_plot.as_str(), icon.text(11.0)))
        .wrap_mode(TextWrapMode::Extend)
        .frame_when_inactive(false)
        .selected(tab.form.rate_plot)
        .small();
    if ui.add(button).on_hover_text(&words.rate_plot_tip).accessible_name("Rate plot").clicked() {
        act(tab, TabAction::ToggleRatePlot, actions);
    }
}
