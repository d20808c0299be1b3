//! Draws one tab: settings, connections, data, composer and status line; or a file.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, TabAction};
use crate::gui::compose::composer_ui::{composer_ui, send_error_ui};
use crate::gui::connect::settings_bar::{field_errors_ui, settings_bar_ui};
use crate::gui::files::file_panel;
use crate::gui::find::find_bar::{Selections, find_bar_ui};
use crate::gui::kit::ctx::{TabCtx, data_id};
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets;
use crate::gui::peers::list::peers_ui;
use crate::gui::peers::listed::Listed;
use crate::gui::rates::plot;
use crate::gui::side::inspector::inspector_ui;
use crate::gui::tab::advice::advice_ui;
use crate::gui::tab::cleared_ui::cleared_ui;
use crate::gui::tab::question_ui::question_ui;
use crate::gui::tab::state::Tab;
use crate::gui::tab::{status_line, tools};
use crate::gui::view::Look;
use crate::lang::{Words, explain, fill};
use crate::model::{Failure, FailureKind};
use crate::settings::{TabKind, WindowSettings};
use eframe::egui::{self, Frame, Margin, Panel, Ui, vec2};

/// The least width of the inspector, in points.
pub const INSPECTOR_WIDTH: f32 = 240.0;
/// The least width of the data beside the inspector, in points, if the window has room for both.
const DATA_WIDTH: f32 = 300.0;

/// Draws a tab. egui's memory (undo, scroll offsets) is kept per tab; the sizes of the panels are shared by all
/// tabs, and so are the width of the list of connections and how data is shown, which are in `window`.
pub fn tab_ui(
    ui: &mut Ui,
    words: &Words,
    tab: &mut Tab,
    window: &mut WindowSettings,
    actions: &mut Vec<Action>,
) {
    if tab.records.file().is_some() {
        return file_tab_ui(ui, words, tab, window, actions);
    }
    let id = tab.id.0;
    // In a low window most of the height is left to the data.
    let composer_height = (ui.available_height() * 0.22).clamp(84.0, 150.0);
    // Resized in a large window, the composer is limited in a small one.
    let most = (ui.available_height() * 0.55).min(480.0);
    let bar = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 7));
    Panel::top("settings").frame(bar).show(ui, |ui| {
        ui.push_id(id, |ui| {
            let ctx = TabCtx { id: tab.id, status: &tab.records.status, words };
            settings_bar_ui(ui, ctx, &mut tab.form, &mut tab.connect, actions);
            field_errors_ui(ui, words, &tab.connect);
            if let Some(failure) = tab.records.failure() {
                failure_ui(ui, ctx, failure, actions);
            }
        });
    });
    if tab.form.rate_plot {
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(6, 2));
        let ctx = TabCtx { id: tab.id, status: &tab.records.status, words };
        Panel::bottom("plot").frame(frame).show(ui, |ui| plot::plot_ui(ui, ctx, &tab.records.rates));
    }
    Panel::bottom("status")
        .frame(Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 4)))
        .show(ui, |ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                tools::rate_plot_ui(ui, words, tab, actions);
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    status_line::status_line_ui(ui, tab, words, actions);
                });
            });
        });
    let composer_frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 7));
    Panel::bottom("composer")
        .frame(composer_frame)
        .resizable(true)
        .default_size(composer_height)
        .size_range(84.0..=most.max(84.0))
        .show(ui, |ui| {
            ui.push_id(id, |ui| {
                let encodings = tab.recipients_encodings(words);
                let ctx = TabCtx { id: tab.id, status: &tab.records.status, words };
                let selected = tab.peers.selected.len();
                composer_ui(ui, ctx, selected, &encodings, &mut tab.form, &mut tab.composer, actions);
            })
        });
    let ctx = TabCtx { id: tab.id, status: &tab.records.status, words };
    send_error_ui(ui, ctx, tab.peers.selected.len(), &mut tab.composer, actions);
    if tab.form.kind != TabKind::TcpClient {
        list_ui(ui, words, tab, &mut window.list_width, actions);
    }
    side_panel_ui(ui, words, tab);
    records_ui(ui, words, tab, *window, actions);
}

/// Draws the tab of a file.
fn file_tab_ui(
    ui: &mut Ui,
    words: &Words,
    tab: &mut Tab,
    window: &mut WindowSettings,
    actions: &mut Vec<Action>,
) {
    let id = tab.id.0;
    let Some(file) = tab.records.file() else { return };
    let bar = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 7));
    Panel::top("file").frame(bar).show(ui, |ui| ui.push_id(id, |ui| file_panel::head_ui(ui, words, file)));
    if file.opened().is_some() {
        if !tab.records.status.connections.is_empty() {
            list_ui(ui, words, tab, &mut window.list_width, actions);
        }
        side_panel_ui(ui, words, tab);
        records_ui(ui, words, tab, *window, actions);
    } else {
        let ctx = TabCtx { id: tab.id, status: &tab.records.status, words };
        egui::CentralPanel::default().show(ui, |ui| {
            ui.push_id(id, |ui| file_panel::absent_ui(ui, ctx, file, actions));
        });
    }
}

/// Draws the list of connections or peers.
fn list_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, list_width: &mut f32, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 4));
    let panel = Panel::left("connections").frame(frame).resizable(true).default_size(*list_width);
    let encodings = tab.encodings();
    let (transport, is_cut) = (tab.transport(), tab.records.is_list_cut());
    let panel = panel.size_range(WindowSettings::LIST_WIDTHS).show(ui, |ui| {
        let ctx = TabCtx { id: tab.id, status: &tab.records.status, words };
        let listed = Listed {
            connections: &ctx.status.connections,
            transport,
            is_live: tab.records.file().is_none(),
            is_cut,
            names: &tab.names,
            encodings: &encodings,
        };
        ui.push_id(tab.id.0, |ui| peers_ui(ui, ctx, listed, &mut tab.peers, actions));
    });
    *list_width = panel.response.rect.width().round();
}

/// Draws the inspector, if it is shown.
fn side_panel_ui(ui: &mut Ui, words: &Words, tab: &mut Tab) {
    let id = tab.id.0;
    if tab.form.inspector {
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 6));
        let most = (ui.available_width() - DATA_WIDTH).clamp(INSPECTOR_WIDTH, 640.0);
        Panel::right("inspector")
            .frame(frame)
            .resizable(true)
            .default_size(372.0)
            .size_range(INSPECTOR_WIDTH..=most)
            .show(ui, |ui| {
                ui.push_id(id, |ui| {
                    let encodings = tab.encodings();
                    inspector_ui(ui, &mut tab.view, &encodings, words);
                });
            });
    }
}

/// Draws the records, with the tools above them.
fn records_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, window: WindowSettings, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    let id = tab.id.0;
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let frame = Frame::new().fill(palette.head_ground).inner_margin(Margin::symmetric(8, 4));
        Panel::top("tools")
            .frame(frame)
            .show(ui, |ui| ui.push_id(id, |ui| tools::tools_ui(ui, words, tab, actions)));
        let ctx = TabCtx { id: tab.id, status: &tab.records.status, words };
        let selections = Selections {
            place: tab.view.selected_place(),
            connection: if tab.finder.filters { tab.view.selected_connection() } else { None },
            peers: &tab.peers.selected,
        };
        find_bar_ui(ui, ctx, selections, &mut tab.finder, actions);
        question_ui(ui, ctx, &mut tab.notes.question, actions);
        advice_ui(ui, ctx, tab.view.advice(), &tab.encodings(), &tab.names, actions);
        cleared_ui(ui, ctx, tab.view.hidden(&tab.records.snapshot()), actions);
        data_ui(ui, words, tab, window, actions);
    });
}

/// Draws a failure with the buttons that may resolve it.
fn failure_ui(ui: &mut Ui, ctx: TabCtx<'_>, failure: &Failure, actions: &mut Vec<Action>) {
    let words = ctx.words;
    ui.add_space(2.0);
    let mut chosen = None;
    let is_dismissed = widgets::banner(ui, &explain(words, failure), &words.dismiss, "Dismiss", |ui| {
        if failure.kind == FailureKind::BroadcastNotAllowed
            && ui.button(&words.broadcast).accessible_name("Allow broadcast now").clicked()
        {
            chosen = Some(TabAction::SetBroadcast(true));
        }
        if let FailureKind::AddressInUse { next_free_port: Some(port), .. } = failure.kind {
            let text = fill(&words.use_port, &[("port", &port)]);
            if ui.button(text).accessible_name(format!("Use port {port}")).clicked() {
                chosen = Some(TabAction::UsePort(port));
            }
        }
    });
    actions.extend(chosen.map(|action| ctx.action(action)));
    if is_dismissed {
        actions.push(ctx.action(TabAction::DismissFailure));
    }
}

fn data_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, window: WindowSettings, actions: &mut Vec<Action>) {
    let snapshot = tab.records.snapshot();
    let ctx = TabCtx { id: tab.id, status: &tab.records.status, words };
    let encodings = tab.encodings();
    let is_live = tab.records.session().is_some();
    let look = Look {
        mode: tab.form.view,
        encodings: &encodings,
        names: &tab.names,
        open: is_live.then_some(&tab.records.status.connections),
        time: tab.form.time,
        found: tab.finder.searching().map(|scan| &**scan),
        filter: tab.finder.filtering(),
        // A client has one peer, however often it connects.
        has_peers: snapshot.has_several_connections()
            && (tab.form.kind != TabKind::TcpClient || tab.records.file().is_some()),
        bytes_per_row: window.bytes_per_row,
        control_pictures: window.control_pictures,
        words,
    };
    let area = ui.available_rect_before_wrap();
    let id = data_id(tab.id);
    let mut asked = Vec::new();
    tab.view.ui(ui, id, &snapshot, look, &mut asked);
    actions.extend(asked.into_iter().map(|action| ctx.action(action)));
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
        // The area is as wide as it was with a shorter text.
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
        let shown = format!("↓ {text}");
        let button = widgets::primary_button(ui, &shown, "Jump to newest", palette.accent, true);
        // Its accessible name is fixed; the number of records is in the description.
        ui.ctx().accesskit_node_builder(button.id, |node| node.set_description(text.as_str()));
        if button.on_hover_text(UiCommand::Newest.tip_of(ui.ctx(), &words.jump_tip)).clicked() {
            actions.push(ctx.action(TabAction::JumpToNewest));
        }
    });
}
