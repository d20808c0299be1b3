//! Draws the top bar: the tabs, new tabs, the search for actions and the settings; and the welcome page of an empty
//! window.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, AppAction, TabAction};
use crate::gui::app::preferences::Preferences;
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::gui::kit::icons;
use crate::gui::kit::theme::{self, Palette};
use crate::gui::tab::state::Tab;
use crate::gui::tab::status_line;
use crate::lang::Words;
use crate::settings::TabKind;
use eframe::egui::{self, Color32, RichText, Ui, vec2};

const BAR_HEIGHT: f32 = 30.0;
/// The least width of the bar in which the search for actions has its words, in points.
const WIDTH_WITH_WORDS: f32 = 860.0;

/// Draws the top bar.
pub fn top_bar_ui(
    ui: &mut Ui,
    tabs: &[Tab],
    active: usize,
    preferences: &Preferences,
    actions: &mut Vec<Action>,
) {
    let words = preferences.words();
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), BAR_HEIGHT), egui::Sense::hover());
    let keys = UiCommand::Palette.keys(ui.ctx());
    let icon = ui.spacing().interact_size.y;
    let gap = ui.spacing().item_spacing.x;
    let has_words = bar.width() >= WIDTH_WITH_WORDS;
    let search = match has_words {
        true => buttons::tool_width(ui, &format!("{}  {keys}", words.palette)) + 12.0,
        false => icon,
    };
    // The tabs are drawn first so that the keyboard focus reaches them first.
    let border = bar.right() - search - icon - 2.0 * gap;
    let middle = egui::Layout::left_to_right(egui::Align::Center);
    let part = |rect| egui::UiBuilder::new().max_rect(rect).layout(middle);
    tabs_ui(&mut ui.new_child(part(bar.with_max_x(border))), tabs, active, words, actions);
    let mut ui = ui.new_child(part(bar.with_min_x(border + gap)));
    let search = match has_words {
        true => {
            let text = (
                icons::FIND.text(buttons::ICON_SIZE),
                RichText::new(&words.palette).weak(),
                RichText::new(keys).weak().small(),
            );
            ui.add_sized([search, icon], egui::Button::new(text).corner_radius(icon / 2.0))
                .accessible_name("Search actions…")
        }
        false => buttons::icon_button(&mut ui, icons::FIND, "Search actions…"),
    };
    if search.on_hover_text(UiCommand::Palette.tip_of(ui.ctx(), &words.palette)).clicked() {
        actions.push(Action::App(AppAction::OpenPalette));
    }
    let settings = buttons::icon_button(&mut ui, icons::SETTINGS, "Settings");
    if settings.on_hover_text(UiCommand::Settings.tip_of(ui.ctx(), &words.settings)).clicked() {
        actions.push(Action::App(AppAction::OpenSettings));
    }
}

fn tabs_ui(ui: &mut Ui, tabs: &[Tab], active: usize, words: &Words, actions: &mut Vec<Action>) {
    // With many tabs the buttons after them stay visible.
    let room = ui.available_rect_before_wrap();
    let buttons = 2.0 * (ui.spacing().interact_size.y + ui.spacing().item_spacing.x) + 8.0;
    let strip = room.with_max_x((room.right() - buttons).max(room.left()));
    if ui.rect_contains_pointer(strip) {
        // The vertical wheel scrolls the tabs horizontally.
        ui.input_mut(|input| input.smooth_scroll_delta.x += std::mem::take(&mut input.smooth_scroll_delta.y));
    }
    let mut row = ui.new_child(egui::UiBuilder::new().max_rect(strip));
    let row = egui::ScrollArea::horizontal()
        .id_salt("tabs")
        .scroll_bar_visibility(egui::scroll_area::ScrollBarVisibility::AlwaysHidden)
        .show(&mut row, |ui| {
            let middle = egui::Layout::left_to_right(egui::Align::Center);
            ui.allocate_ui_with_layout(vec2(0.0, BAR_HEIGHT), middle, |ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                for (index, tab) in tabs.iter().enumerate() {
                    ui.push_id(tab.id.0, |ui| one_tab_ui(ui, tab, index == active, words, actions));
                }
            });
        });
    ui.add_space(row.content_size.x.min(strip.width()) + if tabs.is_empty() { 0.0 } else { 6.0 });
    if row.content_size.x > strip.width() + 0.5 {
        all_tabs_ui(ui, tabs, active, words, actions);
    }
    let closes = egui::PopupCloseBehavior::CloseOnClick;
    let menu = buttons::icon_menu(ui, icons::ADD, "New session", closes, |ui| {
        let mut entry = |ui: &mut Ui, command: UiCommand, text: &str, name: &str, action: AppAction| {
            let button =
                egui::Button::new(text).shortcut_text(command.keys(ui.ctx())).min_size(vec2(200.0, 28.0));
            if ui.add(button).accessible_name(name).clicked() {
                actions.push(Action::App(action));
                ui.close();
            }
        };
        for (command, kind, text, name) in [
            (UiCommand::NewServer, TabKind::TcpServer, &words.tcp_server, "TCP server"),
            (UiCommand::NewClient, TabKind::TcpClient, &words.tcp_client, "TCP client"),
            (UiCommand::NewUdp, TabKind::Udp, &words.udp, "UDP"),
        ] {
            entry(ui, command, text, name, AppAction::NewTab(kind));
        }
        ui.separator();
        entry(ui, UiCommand::Open, &words.command_open, "Open recording", AppAction::AskOpen);
    });
    menu.on_hover_text(&words.new_session);
}

/// The menu of all tabs, if the bar does not show all of them.
fn all_tabs_ui(ui: &mut Ui, tabs: &[Tab], active: usize, words: &Words, actions: &mut Vec<Action>) {
    /// The width of the menu, in points: that of a title with an IPv4 address and a state.
    const WIDTH: f32 = 320.0;
    let palette = Palette::of(ui.visuals());
    let menu = ui.menu_button(icons::DOWN.text(12.0), |ui| {
        ui.set_width(WIDTH);
        let is_opening = is_opening(ui);
        let rows = egui::ScrollArea::vertical().max_height(ui.ctx().content_rect().height() * 0.7);
        rows.show(ui, |ui| {
            ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
                node.set_role(egui::accesskit::Role::ScrollView);
            });
            for (index, tab) in tabs.iter().enumerate() {
                let title = tab.title(words);
                let (state, color) = status_line::state(tab, words, palette);
                let text = (RichText::new(&title), RichText::new(&state).color(color));
                let entry = ui.add(egui::Button::new(text).selected(index == active).truncate());
                if entry.gained_focus() {
                    entry.scroll_to_me(None);
                }
                if is_opening && index == active {
                    let middle = Some(egui::Align::Center);
                    ui.scroll_to_rect_animation(entry.rect, middle, egui::style::ScrollAnimation::none());
                }
                if entry.accessible_name(format!("Show {title}, {state}")).clicked() {
                    actions.push(Action::App(AppAction::SelectTab(tab.id)));
                    ui.close();
                }
            }
        });
    });
    menu.response.on_hover_text(&words.all_tabs).accessible_name("All tabs");
}

/// Whether a menu was opened within the last frames. In the first one its size is not known yet.
fn is_opening(ui: &Ui) -> bool {
    /// The frames from the first one, in which the menu is measured, until it can be scrolled.
    const FRAMES: u64 = 3;
    let now = ui.ctx().cumulative_frame_nr();
    let id = ui.unique_id().with("opened");
    let (last, opened) = ui.data(|data| data.get_temp::<(u64, u64)>(id)).unwrap_or_default();
    let opened = if last + 1 < now { now } else { opened };
    ui.data_mut(|data| data.insert_temp(id, (now, opened)));
    let is_opening = now < opened + FRAMES;
    if is_opening {
        ui.ctx().request_repaint();
    }
    is_opening
}

fn one_tab_ui(ui: &mut Ui, tab: &Tab, is_active: bool, words: &Words, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    let title = tab.title(words);
    let fill = if is_active { palette.data_ground } else { Color32::TRANSPARENT };
    let stroke = egui::Stroke::new(1.0, if is_active { palette.line } else { Color32::TRANSPARENT });
    let frame = egui::Frame::new()
        .fill(fill)
        .stroke(stroke)
        .corner_radius(6.0)
        .inner_margin(egui::Margin::symmetric(6, 2));
    let inner = frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let size = vec2(9.0, ui.spacing().interact_size.y - 4.0);
        let (dot, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        let (_, state_color) = status_line::state(tab, words, palette);
        if tab.records.file().is_some() {
            let font = egui::FontId::new(13.0, theme::icon_family());
            let middle = egui::Align2::CENTER_CENTER;
            ui.painter().text(dot.center(), middle, icons::FILE.0, font, state_color);
        } else {
            ui.painter().circle_filled(dot.center(), 4.0, state_color);
        }
        let color = if is_active { palette.text } else { palette.dim };
        let text = RichText::new(&title).color(color);
        let name = ui.add(egui::Button::new(text).frame(false));
        let spoken = format!("Tab {title}");
        name.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, is_active, &spoken));
        let mut tip = status_line::state_in_full(tab, words, palette);
        if let Some((name, server)) = tab.server_name().zip(tab.server()) {
            tip = format!("{name} ({server})\n{tip}");
        }
        fields::describe(&name, &tip);
        let name = name.on_hover_text(tip);
        if tab.records.file().is_none() {
            name.context_menu(|ui| tab_menu_ui(ui, tab, words, actions));
        }
        buttons::focus_ring(ui, &name, name.rect.expand2(vec2(3.0, 2.0)), palette.accent);
        if name.gained_focus() {
            name.scroll_to_me(None);
        }
        if name.clicked() {
            actions.push(Action::App(AppAction::SelectTab(tab.id)));
        }
        let close =
            buttons::small_icon_button(ui, icons::CLOSE, egui::Sense::click(), &format!("Close {title}"));
        let close = close.on_hover_text(UiCommand::CloseTab.tip_of(ui.ctx(), &words.close_tab));
        buttons::focus_ring(ui, &close, close.rect, palette.accent);
        if close.clicked() || name.middle_clicked() {
            actions.push(Action::App(AppAction::CloseTab(tab.id)));
        }
    });
    if is_active {
        let rect = inner.response.rect;
        // Scroll to a tab that was just selected or has changed its width, but not after the wheel.
        let strip = ui.clip_rect().width().round() as i32;
        let now = (tab.id.0, strip, rect.width().round() as i32);
        let id = egui::Id::unique("shown tab");
        if ui.data_mut(|data| data.get_temp(id)) != Some(now) {
            ui.data_mut(|data| data.insert_temp(id, now));
            ui.scroll_to_rect_animation(rect, None, egui::style::ScrollAnimation::none());
            ui.ctx().request_repaint();
        }
        let line = egui::Rect::from_min_max(
            rect.left_bottom() - vec2(-8.0, 1.0),
            rect.right_bottom() + vec2(-8.0, 1.0),
        );
        ui.painter().rect_filled(line, 1.0, palette.accent);
    }
}

/// The menu of a tab: the files that grow with it, and for a client what the list of connections offers for the peers of
/// other tabs.
fn tab_menu_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let server = tab.server();
    let mut entry = |ui: &mut Ui, text: &str, name: &str, action: Option<Action>| {
        let button = ui.add_enabled(action.is_some(), egui::Button::new(text)).accessible_name(name);
        if button.clicked() {
            actions.extend(action);
            ui.close();
        }
    };
    if tab.form.kind == TabKind::TcpClient {
        let ask = server.map(|_| Action::Tab(tab.id, TabAction::AskServerName));
        entry(ui, &words.name_server, "Name server", ask);
        let copy = server.map(|server| Action::Tab(tab.id, TabAction::CopyAddress(server)));
        entry(ui, &words.copy_address, "Copy address", copy);
        ui.separator();
    }
    let receive = Action::Tab(tab.id, TabAction::AskReceive(None));
    entry(ui, &words.receive_to_file, "Receive to file", Some(receive));
    entry(ui, &words.live_log, "Live log", Some(Action::Tab(tab.id, TabAction::AskLog)));
    ui.separator();
    entry(ui, &words.close_tab, "Close this tab", Some(Action::App(AppAction::CloseTab(tab.id))));
}

/// Draws the page of an empty window, with buttons for the three kinds of sessions.
pub fn welcome_ui(ui: &mut Ui, words: &Words, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    // Above the middle; a low window has less empty space.
    let air = ui.available_height() - 340.0;
    ui.vertical_centered(|ui| {
        ui.add_space((air * 0.4).clamp(0.0, 200.0));
        ui.heading("Wirelab");
        ui.add_space(4.0);
        ui.label(RichText::new(&words.welcome).color(palette.dim));
        ui.add_space((air * 0.1).clamp(6.0, 22.0));
        for (kind, title, text, name) in [
            (TabKind::TcpServer, &words.tcp_server, &words.welcome_server, "New TCP server"),
            (TabKind::TcpClient, &words.tcp_client, &words.welcome_client, "New TCP client"),
            (TabKind::Udp, &words.udp, &words.welcome_udp, "New UDP socket"),
        ] {
            let (rect, response) = ui.allocate_exact_size(vec2(440.0, 60.0), egui::Sense::click());
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
            let visuals = ui.style().interact(&response);
            let is_pointed_at = response.hovered() || response.has_focus();
            let stroke = egui::Stroke::new(1.0, if is_pointed_at { palette.accent } else { palette.line });
            ui.painter().rect(rect, 6.0, visuals.weak_bg_fill, stroke, egui::StrokeKind::Inside);
            let at = rect.left_top() + vec2(18.0, 10.0);
            ui.painter().text(
                at,
                egui::Align2::LEFT_TOP,
                title,
                egui::FontId::proportional(16.0),
                palette.accent,
            );
            let small = egui::TextStyle::Body.resolve(ui.style());
            ui.painter().text(at + vec2(0.0, 22.0), egui::Align2::LEFT_TOP, text, small, palette.dim);
            if response.clicked() {
                actions.push(Action::App(AppAction::NewTab(kind)));
            }
            ui.add_space(4.0);
        }
        ui.add_space(6.0);
        ui.label(RichText::new(&words.welcome_open).color(palette.dim));
    });
}
