//! Draws the search and the filter, between the tools and the data.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, Step, TabAction};
use crate::gui::find::finder::{FilterInput, Finder, KindChoice, QueryKind};
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets;
use crate::lang::{Words, fill};
use crate::model::{ConnectionId, Direction};
use crate::search::Location;
use eframe::egui::{self, Frame, Id, Key, Margin, Modifiers, Panel, Ui};
use std::collections::BTreeSet;

/// The selections in the other parts of the tab, which the filter offers to use.
#[derive(Clone, Copy)]
pub struct Selections<'a> {
    /// The match or record selected in the data.
    pub place: Option<Location>,
    /// The connection of the record selected in the data.
    pub connection: Option<ConnectionId>,
    /// The connections selected in the list.
    pub peers: &'a BTreeSet<ConnectionId>,
}

/// Draws the bar of a tab, if it is open.
pub fn find_bar_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    selections: Selections<'_>,
    finder: &mut Finder,
    actions: &mut Vec<Action>,
) {
    if !finder.is_open {
        return;
    }
    let palette = Palette::of(ui.visuals());
    let frame = Frame::new().fill(palette.head_ground).inner_margin(Margin::symmetric(8, 4));
    Panel::top("find").frame(frame).show(ui, |ui| {
        ui.push_id(ctx.id.0, |ui| {
            ui.horizontal_wrapped(|ui| search_ui(ui, ctx, selections.place, finder, actions));
            if finder.filters {
                ui.horizontal_wrapped(|ui| filter_ui(ui, ctx.words, selections, finder));
            }
            if let Some(error) = finder.error(ctx.words) {
                let spoken = format!("Find error: {error}");
                let label = ui.colored_label(palette.error, error);
                label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
            }
        });
    });
}

fn search_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    selected: Option<Location>,
    finder: &mut Finder,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    let id = Id::unique(("find field", ctx.id.0));
    let edit = egui::TextEdit::singleline(&mut finder.text)
        .id(id)
        .hint_text(words.find.clone())
        .desired_width(220.0)
        .min_size(egui::vec2(0.0, ui.spacing().interact_size.y))
        .align(egui::Align2::LEFT_CENTER);
    let field = ui.add(edit).accessible_name("Find");
    if std::mem::take(&mut finder.wants_focus) {
        field.request_focus();
        // Select all, so that typing replaces the last search.
        if let Some(mut state) = egui::TextEdit::load_state(ui.ctx(), id) {
            let all = egui::text::CCursorRange::two(
                egui::text::CCursor::new(0),
                egui::text::CCursor::new(finder.text.chars().count()),
            );
            state.cursor.set_char_range(Some(all));
            state.store(ui.ctx(), id);
        }
    }
    if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
        actions.push(ctx.action(TabAction::CloseFind));
    }
    if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        let back = ui.input(|input| input.modifiers.matches_logically(Modifiers::SHIFT));
        let step = if back { Step::Previous } else { Step::Next };
        actions.push(ctx.action(TabAction::FindStep(step)));
        field.request_focus();
    }
    let kinds = [
        (QueryKind::Text, words.text.as_str(), "Find text"),
        (QueryKind::Hex, words.hex.as_str(), "Find hex"),
        (QueryKind::Regex, words.find_regex.as_str(), "Find regex"),
    ];
    widgets::combo(ui, "Find as", &words.find_as_tip, 76.0, &mut finder.kind, &kinds);
    ui.add_enabled_ui(finder.kind != QueryKind::Hex, |ui| {
        let button = egui::Button::new("Aa").selected(finder.case_sensitive);
        let button = ui.add(button).on_hover_text(&words.find_case_tip).accessible_name("Match case");
        if button.clicked() {
            finder.case_sensitive = !finder.case_sensitive;
        }
    });
    for (text, name, tip, command, step) in [
        ("↑", "Previous match", &words.find_previous, UiCommand::FindPrevious, Step::Previous),
        ("↓", "Next match", &words.find_next, UiCommand::FindNext, Step::Next),
    ] {
        let tip = command.tip_of(ui.ctx(), tip);
        if ui.button(text).on_hover_text(tip).accessible_name(name).clicked() {
            actions.push(ctx.action(TabAction::FindStep(step)));
        }
    }
    let filter = egui::Button::new(&words.filter).selected(finder.filters);
    if ui.add(filter).on_hover_text(&words.filter_tip).accessible_name("Filter").clicked() {
        finder.filters = !finder.filters;
    }
    if ui.button("✕").on_hover_text(&words.find_close_tip).accessible_name("Close find").clicked() {
        actions.push(ctx.action(TabAction::CloseFind));
    }
    if let Some(state) = finder.state(selected, words) {
        let label = ui.label(state);
        ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
    }
}

fn filter_ui(ui: &mut Ui, words: &Words, selections: Selections<'_>, finder: &mut Finder) {
    let filter = &mut finder.filter;
    let directions = [
        (None, words.filter_both_directions.as_str(), "Received and sent"),
        (Some(Direction::Inbound), words.filter_received.as_str(), "Only received"),
        (Some(Direction::Outbound), words.filter_sent.as_str(), "Only sent"),
    ];
    let direction = &mut filter.direction;
    widgets::combo(ui, "Filter direction", &words.filter_direction_tip, 120.0, direction, &directions);
    let kinds = [
        (KindChoice::All, words.filter_all_kinds.as_str(), "All kinds"),
        (KindChoice::Data, words.filter_data.as_str(), "Only data"),
        (KindChoice::Changes, words.filter_changes.as_str(), "Only changes"),
    ];
    widgets::combo(ui, "Filter kind", &words.filter_kind_tip, 130.0, &mut filter.kinds, &kinds);
    widgets::caption(ui, &words.filter_size, 130.0);
    for (text, name, hint) in [
        (&mut filter.min_bytes, "Least bytes", &words.filter_least),
        (&mut filter.max_bytes, "Most bytes", &words.filter_most),
    ] {
        widgets::field(ui, text, name, hint, 56.0, None, true);
    }
    let with_matches = ui.checkbox(&mut filter.with_matches, &words.filter_with_matches);
    with_matches.on_hover_text(&words.filter_with_matches_tip).accessible_name("Only with matches");
    connections_ui(ui, words, selections, filter);
    if *filter != FilterInput::default()
        && ui.button(&words.filter_clear).accessible_name("Clear filter").clicked()
    {
        *filter = FilterInput::default();
    }
    if let Some(state) = finder.filter_state(words) {
        ui.label(state);
    }
}

/// The connections whose records are shown: all, those selected in the list, or that of the selected record.
fn connections_ui(ui: &mut Ui, words: &Words, selections: Selections<'_>, filter: &mut FilterInput) {
    if let Some(connections) = &filter.connections {
        let named = connections.iter().map(ToString::to_string).take(4).collect::<Vec<_>>().join(" ");
        let more = if connections.len() > 4 { " …" } else { "" };
        let text = format!("{} ✕", fill(&words.filter_connections, &[("connections", &(named + more))]));
        if ui
            .button(text)
            .on_hover_text(&words.filter_all_connections)
            .accessible_name("All connections")
            .clicked()
        {
            filter.connections = None;
        }
        return;
    }
    if !selections.peers.is_empty()
        && ui.button(&words.filter_selected).accessible_name("Only selected connections").clicked()
    {
        filter.connections = Some(selections.peers.clone());
    }
    if let Some(connection) = selections.connection {
        let text = fill(&words.filter_this, &[("connection", &connection)]);
        if ui.button(text).accessible_name("Only this connection").clicked() {
            filter.connections = Some([connection].into());
        }
    }
}
