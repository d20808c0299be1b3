//! The panel of one tab: settings, connections, data, composer, status line.

use super::commands::UiCommand;
use super::composer::Recipients;
use super::view::{Look, connection_color, grouped, time_of_day};
use super::{
    Action, advice, composer, form, inspector, plot, settings_bar, status_line, tab::Tab, theme::Palette,
    widgets,
};
use crate::codec::Encoding;
use crate::lang::{Words, explain, fill};
use crate::model::{ConnectionId, ConnectionInfo, FailureKind};
use crate::settings::{TabKind, TimeMode, ViewMode};
use eframe::egui::{self, Frame, Margin, Panel, RichText, Ui, vec2};

/// Draws a tab. What is remembered under an id (undo, scroll offsets) is the tab's own; the sizes of the
/// panels are shared.
pub fn tab_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    let id = tab.id.0;
    // In a low window the data comes first.
    let composer_height = (ui.available_height() * 0.22).clamp(84.0, 150.0);
    let palette = Palette::of(ui.visuals());
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
        .size_range(84.0..=480.0)
        .show(ui, |ui| ui.push_id(id, |ui| composer::composer_ui(ui, tab, words, actions)));
    if tab.form.kind != TabKind::TcpClient {
        let list = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 6));
        Panel::left("connections")
            .frame(list)
            .resizable(true)
            .default_size(214.0)
            .size_range(140.0..=480.0)
            .show(ui, |ui| {
                ui.push_id(id, |ui| connections_ui(ui, tab, words, actions));
            });
    }
    if tab.form.inspector {
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 6));
        Panel::right("inspector")
            .frame(frame)
            .resizable(true)
            .default_size(372.0)
            .size_range(240.0..=640.0)
            .show(ui, |ui| ui.push_id(id, |ui| inspector::inspector_ui(ui, tab, words)));
    }
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let tools = Frame::new().fill(palette.head_ground).inner_margin(Margin::symmetric(8, 4));
        Panel::top("tools")
            .frame(tools)
            .show(ui, |ui| ui.push_id(id, |ui| tools_ui(ui, tab, words, actions)));
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
    let palette = Palette::of(ui.visuals());
    ui.add_space(4.0);
    Frame::new().fill(palette.error_ground).corner_radius(5.0).inner_margin(Margin::symmetric(10, 5)).show(
        ui,
        |ui| {
            ui.horizontal(|ui| {
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if ui.button("✕").on_hover_text(&words.dismiss).accessible_name("Dismiss").clicked() {
                        actions.push(Action::DismissFailure(tab.id));
                    }
                    if failure.kind == FailureKind::BroadcastNotAllowed
                        && ui.button(&words.broadcast).accessible_name("Allow broadcast now").clicked()
                    {
                        actions.push(Action::SetBroadcast(tab.id, true));
                    }
                    if let FailureKind::AddressInUse { next_free_port: Some(port), .. } = failure.kind {
                        let text = fill(&words.use_port, &[("port", &port)]);
                        if ui.button(text).accessible_name(format!("Use port {port}")).clicked() {
                            actions.push(Action::UsePort(tab.id, port));
                        }
                    }
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                        let text = RichText::new(explain(words, failure)).color(palette.error);
                        ui.add(egui::Label::new(text).wrap().selectable(true));
                    });
                });
            });
        },
    );
}

fn tools_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    /// With less room the tools go on below.
    const ONE_LINE: f32 = 760.0;
    if ui.available_width() < ONE_LINE {
        ui.horizontal(|ui| look_ui(ui, tab, words));
        ui.horizontal_wrapped(|ui| {
            time_ui(ui, tab, words);
            display_ui(ui, tab, words, actions);
        });
        return;
    }
    ui.horizontal(|ui| {
        look_ui(ui, tab, words);
        ui.add_space(6.0);
        time_ui(ui, tab, words);
        let right = egui::Layout::right_to_left(egui::Align::Center);
        ui.with_layout(right, |ui| display_ui(ui, tab, words, actions));
    });
}

/// How the data is shown.
fn look_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    let modes = [
        (ViewMode::Text, words.text.as_str(), "Text"),
        (ViewMode::Hex, words.hex.as_str(), "Hex"),
        (ViewMode::Both, words.both.as_str(), "Both"),
    ];
    let group = ui.scope(|ui| widgets::segmented(ui, &mut tab.form.view, &modes)).response;
    group.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Group, true, "View"));
    ui.add_space(6.0);
    let names: Vec<_> =
        Encoding::ALL.iter().map(|&encoding| (encoding, encoding.name(), encoding.name())).collect();
    widgets::caption(ui, &words.encoding);
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
    widgets::caption(ui, &words.time);
    widgets::combo(ui, "Time", &words.time_tip, 100.0, &mut tab.form.time, &times);
}

/// Whether it moves, and since when it is shown.
fn display_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let tip = UiCommand::Clear.tip_of(ui.ctx(), &words.clear_tip);
    if ui.button(&words.clear).on_hover_text(tip).accessible_name("Clear").clicked() {
        actions.push(Action::Clear(tab.id));
    }
    let tip = UiCommand::Inspector.tip_of(ui.ctx(), &words.inspector_tip);
    let inspector = ui.add(egui::Button::new(&words.inspector).selected(tab.form.inspector));
    if inspector.on_hover_text(tip).accessible_name("Inspector").clicked() {
        actions.push(Action::ToggleInspector(tab.id));
    }
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
    let look = Look { mode: tab.form.view, encoding: tab.form.encoding, time: tab.form.time, words };
    let area = ui.available_rect_before_wrap();
    let id = egui::Id::unique(("data", tab.id.0));
    tab.view.ui(ui, id, &snapshot, look);
    let unseen = tab.view.unseen(&snapshot);
    if tab.view.follows() {
        return;
    }
    let text = match unseen {
        0 => format!("↓ {}", words.jump_to_newest),
        _ => format!("↓ {}", fill(&words.jump_to_new, &[("count", &grouped(unseen))])),
    };
    let palette = Palette::of(ui.visuals());
    let at = area.right_bottom() - vec2(26.0, 14.0);
    let button = egui::Area::new(id.with("jump"))
        .fixed_pos(at)
        .pivot(egui::Align2::RIGHT_BOTTOM)
        .order(egui::Order::Middle);
    button.constrain_to(area).show(ui.ctx(), |ui| {
        let button = widgets::primary_button(ui, &text, "Jump to newest", palette.accent, true);
        if button.on_hover_text(UiCommand::Newest.tip_of(ui.ctx(), &words.jump_tip)).clicked() {
            actions.push(Action::JumpToNewest(tab.id));
        }
    });
}

fn connections_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    let connections = tab.status.connections.clone();
    let title = if tab.form.kind == TabKind::Udp { &words.peers } else { &words.connections };
    ui.horizontal(|ui| {
        ui.strong(format!("{title}  {}", grouped(connections.len() as u64))).accessible_name("Connections");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if tab.form.kind == TabKind::TcpServer {
                let button =
                    ui.add_enabled(!tab.selected.is_empty(), egui::Button::new(&words.disconnect).small());
                let button =
                    button.on_hover_text(&words.disconnect_tip).on_disabled_hover_text(&words.disconnect_tip);
                if button.accessible_name("Disconnect").clicked() {
                    actions.push(Action::Disconnect(tab.id, tab.selected.iter().copied().collect()));
                }
            }
        });
    });
    ui.separator();
    if connections.is_empty() {
        let palette = Palette::of(ui.visuals());
        let hint =
            if tab.form.kind == TabKind::Udp { &words.no_peers_yet } else { &words.no_connections_yet };
        ui.add(egui::Label::new(RichText::new(hint).color(palette.dim)).wrap());
        return;
    }
    let row_height = 40.0;
    ui.spacing_mut().item_spacing.y = 2.0;
    egui::ScrollArea::vertical().auto_shrink(false).show_rows(
        ui,
        row_height,
        connections.len(),
        |ui, range| {
            for connection in connections.range(range) {
                // An open menu, a press or the focus stays with the connection when others come and go.
                ui.push_id(connection.id.0, |ui| {
                    connection_ui(ui, tab, connection, row_height, words, actions)
                });
            }
        },
    );
}

fn connection_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    connection: &ConnectionInfo,
    height: f32,
    words: &Words,
    actions: &mut Vec<Action>,
) {
    let palette = Palette::of(ui.visuals());
    let is_selected = tab.selected.contains(&connection.id);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), egui::Sense::click());
    let peer = connection.peer.to_string();
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::ListBoxOption, true, is_selected, &peer));
    let ground = match (is_selected, response.hovered() || response.has_focus()) {
        (true, _) => palette.selection,
        (false, true) => ui.visuals().widgets.hovered.weak_bg_fill,
        (false, false) => egui::Color32::TRANSPARENT,
    };
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 4.0, ground);
    let edge = egui::Rect::from_min_size(rect.left_top() + vec2(0.0, 5.0), vec2(3.0, height - 10.0));
    painter.rect_filled(edge, 1.5, connection_color(palette, connection.id));
    let text_left = rect.left() + 9.0;
    let font = egui::TextStyle::Monospace.resolve(ui.style());
    let small = egui::TextStyle::Small.resolve(ui.style());
    painter.text(egui::pos2(text_left, rect.top() + 4.0), egui::Align2::LEFT_TOP, &peer, font, palette.text);
    let traffic = connection.traffic.totals();
    let half =
        if connection.is_half_closed { format!(" · {}", words.half_closed_mark) } else { String::new() };
    let counts = format!(
        "↓ {}  ↑ {}{half}",
        status_line::bytes(traffic.bytes_in),
        status_line::bytes(traffic.bytes_out)
    );
    painter.text(
        egui::pos2(text_left, rect.bottom() - 4.0),
        egui::Align2::LEFT_BOTTOM,
        counts,
        small,
        palette.dim,
    );
    if response.clicked() {
        mark(tab, connection.id, ui.input(|input| input.modifiers));
    }
    if tab.form.kind == TabKind::TcpServer {
        response.context_menu(|ui| {
            if ui.button(&words.disconnect).accessible_name("Disconnect this one").clicked() {
                actions.push(Action::Disconnect(tab.id, vec![connection.id]));
                ui.close();
            }
        });
    }
    response.on_hover_ui(|ui| {
        let values: [(&str, &dyn std::fmt::Display); 8] = [
            ("peer", &connection.peer),
            ("local", &connection.local),
            ("since", &time_of_day(connection.since)),
            ("id", &connection.id),
            ("records_in", &grouped(traffic.records_in)),
            ("records_out", &grouped(traffic.records_out)),
            ("bytes_in", &grouped(traffic.bytes_in)),
            ("bytes_out", &grouped(traffic.bytes_out)),
        ];
        ui.label(fill(&words.connection_tip, &values));
    });
}

/// Marks as in any list: a click one alone, Ctrl one more or less, Shift all from the last one on.
fn mark(tab: &mut Tab, id: ConnectionId, modifiers: egui::Modifiers) {
    let was_alone = tab.selected.len() == 1 && tab.selected.contains(&id);
    let from = tab.last_marked.replace(id);
    if modifiers.shift
        && let Some(from) = from
    {
        let range = from.min(id)..=from.max(id);
        tab.selected.extend(
            tab.status.connections.iter().map(|connection| connection.id).filter(|id| range.contains(id)),
        );
    } else if modifiers.command {
        if !tab.selected.remove(&id) {
            tab.selected.insert(id);
        }
    } else {
        tab.selected.clear();
        if !was_alone {
            tab.selected.insert(id);
        }
    }
    tab.recipients = if tab.selected.is_empty() { Recipients::All } else { Recipients::Selected };
    tab.send_error = None;
}
