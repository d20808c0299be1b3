//! Draws one tab: settings, connections, data, side panel, composer and status line; or a file.

use crate::gui::action::{Action, TabAction};
use crate::gui::compose::composer_ui::{self, composer_height, composer_ui};
use crate::gui::compose::composing::Composing;
use crate::gui::connect::settings_bar::{field_errors_ui, settings_bar_ui};
use crate::gui::files::file_panel;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::messages;
use crate::gui::lists::state::Lists;
use crate::gui::peers::list::peers_ui;
use crate::gui::peers::listed::Listed;
use crate::gui::rates::plot;
use crate::gui::side::side_panel::{Beside, side_panel_ui};
use crate::gui::tab::records_ui::{Shown, records_ui};
use crate::gui::tab::running_ui::running_ui;
use crate::gui::tab::state::Tab;
use crate::gui::tab::strips::{PLOT_HEIGHT, RUNNING_ROW_HEIGHT, Strips};
use crate::gui::tab::{status_line, tools};
use crate::lang::{Words, fill};
use crate::model::{Failure, FailureKind};
use crate::settings::{SidePanel, TabKind, WindowSettings};
use eframe::egui::{self, Align, Frame, Layout, Margin, Panel, Ui};

/// The least width of a window in which the list of connections is shown by itself, in points.
const WIDTH_WITH_LIST: f32 = 760.0;
/// The least height of a window in which messages take as many lines as they have, in points.
pub const HEIGHT_WITH_LINES: f32 = 560.0;

/// The height of the status line, in points.
const STATUS_HEIGHT: f32 = 28.0;

/// A bar along an edge, with this margin above and below, in points.
fn bar(ui: &Ui, above: i8) -> Frame {
    Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, above))
}

/// Draws a tab. egui's memory (undo, scroll offsets) is kept per tab; the sizes of the panels in `window` are shared
/// by all tabs.
pub fn tab_ui(
    ui: &mut Ui,
    words: &Words,
    tab: &mut Tab,
    window: &mut WindowSettings,
    lists: &mut Lists,
    actions: &mut Vec<Action>,
) {
    if tab.records.file().is_some() {
        return file_tab_ui(ui, words, tab, window, lists, actions);
    }
    let id = tab.id.0;
    let is_low = ui.available_height() < HEIGHT_WITH_LINES;
    let has_list = tab.form.kind != TabKind::TcpClient
        && window.shows_list.unwrap_or(ui.available_width() >= WIDTH_WITH_LIST);
    Panel::top("settings").frame(bar(ui, 5)).show(ui, |ui| {
        ui.push_id(id, |ui| {
            let ctx = TabCtx { id: tab.id, status: &tab.records.status, names: &tab.names, words };
            settings_bar_ui(ui, ctx, &mut tab.form, &mut tab.connect, actions);
            field_errors_ui(ui, words, &tab.connect);
            if let Some(failure) = tab.records.failure() {
                failure_ui(ui, ctx, failure, is_low, actions);
            }
        });
    });
    Panel::bottom("status").frame(bar(ui, 3)).resizable(false).exact_size(STATUS_HEIGHT).show(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            tools::rate_plot_ui(ui, words, tab, actions);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                status_line::status_line_ui(ui, tab, words, actions);
            });
        });
    });
    let height = composer_height(ui, &tab.composer, tab.form.pieces, ui.available_height());
    let strips = wanted(tab).fitting(ui.available_height() - height - tools::HEIGHT);
    if strips.plot {
        let ctx = TabCtx { id: tab.id, status: &tab.records.status, names: &tab.names, words };
        let panel = Panel::bottom("plot").frame(bar(ui, 2)).resizable(false).exact_size(PLOT_HEIGHT);
        panel.show(ui, |ui| plot::plot_ui(ui, ctx, &tab.records.rates));
    }
    let frame = bar(ui, 0).inner_margin(composer_ui::MARGIN);
    Panel::bottom("composer").frame(frame).resizable(false).exact_size(height).show(ui, |ui| {
        ui.push_id(id, |ui| {
            let encodings = tab.recipients_encodings(words);
            let ctx = TabCtx { id: tab.id, status: &tab.records.status, names: &tab.names, words };
            let selected = &tab.peers.selected;
            let peer = tab.first_recipient(words);
            let composing = Composing { ctx, selected, encodings: &encodings, peer };
            composer_ui(ui, composing, &mut tab.form, &mut tab.composer, actions);
        })
    });
    if strips.running > 0 {
        let ctx = TabCtx { id: tab.id, status: &tab.records.status, names: &tab.names, words };
        let height = strips.running as f32 * RUNNING_ROW_HEIGHT;
        let panel = Panel::bottom("running").frame(bar(ui, 0)).resizable(false).exact_size(height);
        panel.show(ui, |ui| {
            let running = (&tab.runs, tab.followed.files());
            ui.push_id(id, |ui| running_ui(ui, ctx, running, strips.running, actions))
        });
    }
    if has_list {
        list_ui(ui, words, tab, window, actions);
    }
    beside_ui(ui, words, tab, window, lists, actions);
    let shown = Shown { has_list, strips, window: *window };
    records_ui(ui, words, tab, &shown, actions);
}

/// Draws the tab of a file.
fn file_tab_ui(
    ui: &mut Ui,
    words: &Words,
    tab: &mut Tab,
    window: &mut WindowSettings,
    lists: &mut Lists,
    actions: &mut Vec<Action>,
) {
    let id = tab.id.0;
    let Some(file) = tab.records.file() else { return };
    Panel::top("file")
        .frame(bar(ui, 5))
        .show(ui, |ui| ui.push_id(id, |ui| file_panel::head_ui(ui, words, file)));
    if file.opened().is_some() {
        let strips = wanted(tab).fitting(ui.available_height() - tools::HEIGHT);
        // Also while its connections are not known yet, so that nothing moves when they are.
        let has_list = window.shows_list.unwrap_or(ui.available_width() >= WIDTH_WITH_LIST);
        if has_list {
            list_ui(ui, words, tab, window, actions);
        }
        beside_ui(ui, words, tab, window, lists, actions);
        let shown = Shown { has_list, strips, window: *window };
        records_ui(ui, words, tab, &shown, actions);
    } else {
        let ctx = TabCtx { id: tab.id, status: &tab.records.status, names: &tab.names, words };
        egui::CentralPanel::default().show(ui, |ui| {
            ui.push_id(id, |ui| file_panel::absent_ui(ui, ctx, file, actions));
        });
    }
}

/// Draws the list of connections or peers.
fn list_ui(
    ui: &mut Ui,
    words: &Words,
    tab: &mut Tab,
    window: &mut WindowSettings,
    actions: &mut Vec<Action>,
) {
    let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 4));
    let panel = Panel::left("connections").frame(frame).resizable(true).default_size(window.list_width);
    let encodings = tab.encodings();
    let (transport, is_cut) = (tab.transport(), tab.records.is_list_cut());
    let panel = panel.size_range(WindowSettings::LIST_WIDTHS).show(ui, |ui| {
        let ctx = TabCtx { id: tab.id, status: &tab.records.status, names: &tab.names, words };
        let listed = Listed {
            connections: &ctx.status.connections,
            transport,
            is_live: tab.records.file().is_none(),
            is_cut,
            encodings: &encodings,
        };
        ui.push_id(tab.id.0, |ui| peers_ui(ui, ctx, listed, &mut tab.peers, actions));
    });
    window.list_width = panel.response.rect.width().round();
}

/// Draws the side panel, if it is shown.
fn beside_ui(
    ui: &mut Ui,
    words: &Words,
    tab: &mut Tab,
    window: &mut WindowSettings,
    lists: &mut Lists,
    actions: &mut Vec<Action>,
) {
    if tab.form.side != SidePanel::None {
        let encodings = tab.encodings();
        let ctx = TabCtx { id: tab.id, status: &tab.records.status, names: &tab.names, words };
        let is_session = tab.records.file().is_none();
        let (form, sent, runs) = (&tab.form, &tab.items, &tab.runs);
        let beside = Beside { form, sent, runs, is_session, encodings: &encodings };
        side_panel_ui(ui, ctx, beside, &mut tab.view, window, lists, actions);
    }
}

/// The strips that a tab would show in a window of any height.
fn wanted(tab: &Tab) -> Strips {
    Strips {
        find: tab.finder.is_open,
        filter: tab.finder.is_open && tab.finder.filters,
        question: tab.notes.question.is_some(),
        running: tab.records.status.outgoing.len() + tab.followed.files().len(),
        advice: tab.view.advice().is_some(),
        plot: tab.form.rate_plot && tab.records.file().is_none(),
    }
}

/// Draws a failure with the buttons that may resolve it. `is_short`: on one line.
fn failure_ui(ui: &mut Ui, ctx: TabCtx<'_>, failure: &Failure, is_short: bool, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let mut chosen = None;
    let text = ctx.explain(failure);
    let is_dismissed = messages::banner(ui, &text, is_short, &words.dismiss, "Dismiss", |ui| {
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
