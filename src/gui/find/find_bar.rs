//! The fields of the search and of the filter, between the tools and the data.

use crate::gui::action::Action;
use crate::gui::action::commands::UiCommand;
use crate::gui::find::finder::{FilterInput, KindChoice, QueryKind};
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets;
use crate::gui::tab::state::Tab;
use crate::lang::{Words, fill};
use crate::model::Direction;
use eframe::egui::{self, Frame, Id, Key, Margin, Modifiers, Panel, Ui};

/// Draws the bar of a tab, if it is open.
pub fn find_bar_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    if !tab.finder.is_open {
        return;
    }
    let palette = Palette::of(ui.visuals());
    let frame = Frame::new().fill(palette.head_ground).inner_margin(Margin::symmetric(8, 4));
    Panel::top("find").frame(frame).show(ui, |ui| {
        ui.push_id(tab.id.0, |ui| {
            ui.horizontal_wrapped(|ui| search_ui(ui, tab, words, actions));
            if tab.finder.filters {
                ui.horizontal_wrapped(|ui| filter_ui(ui, tab, words));
            }
            if let Some(error) = tab.finder.error(words) {
                let spoken = format!("Find error: {error}");
                let label = ui.colored_label(palette.error, error);
                label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
            }
        });
    });
}

fn search_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    let id = Id::unique(("find field", tab.id.0));
    let edit = egui::TextEdit::singleline(&mut tab.finder.text)
        .id(id)
        .hint_text(words.find.clone())
        .desired_width(220.0)
        .min_size(egui::vec2(0.0, ui.spacing().interact_size.y))
        .align(egui::Align2::LEFT_CENTER);
    let field = ui.add(edit).accessible_name("Find");
    if std::mem::take(&mut tab.finder.wants_focus) {
        field.request_focus();
        // What was searched for last is replaced by typing.
        if let Some(mut state) = egui::TextEdit::load_state(ui.ctx(), id) {
            let all = egui::text::CCursorRange::two(
                egui::text::CCursor::new(0),
                egui::text::CCursor::new(tab.finder.text.chars().count()),
            );
            state.cursor.set_char_range(Some(all));
            state.store(ui.ctx(), id);
        }
    }
    if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
        actions.push(Action::CloseFind(tab.id));
    }
    if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        let back = ui.input(|input| input.modifiers.matches_logically(Modifiers::SHIFT));
        actions.push(Action::FindStep(tab.id, !back));
        field.request_focus();
    }
    let kinds = [
        (QueryKind::Text, words.text.as_str(), "Find text"),
        (QueryKind::Hex, words.hex.as_str(), "Find hex"),
        (QueryKind::Regex, words.find_regex.as_str(), "Find regex"),
    ];
    widgets::combo(ui, "Find as", &words.find_as_tip, 76.0, &mut tab.finder.kind, &kinds);
    ui.add_enabled_ui(tab.finder.kind != QueryKind::Hex, |ui| {
        let button = egui::Button::new("Aa").selected(tab.finder.case_sensitive);
        let button = ui.add(button).on_hover_text(&words.find_case_tip).accessible_name("Match case");
        if button.clicked() {
            tab.finder.case_sensitive = !tab.finder.case_sensitive;
        }
    });
    for (text, name, tip, command, forward) in [
        ("↑", "Previous match", &words.find_previous, UiCommand::FindPrevious, false),
        ("↓", "Next match", &words.find_next, UiCommand::FindNext, true),
    ] {
        let tip = command.tip_of(ui.ctx(), tip);
        if ui.button(text).on_hover_text(tip).accessible_name(name).clicked() {
            actions.push(Action::FindStep(tab.id, forward));
        }
    }
    let filter = egui::Button::new(&words.filter).selected(tab.finder.filters);
    if ui.add(filter).on_hover_text(&words.filter_tip).accessible_name("Filter").clicked() {
        tab.finder.filters = !tab.finder.filters;
    }
    if ui.button("✕").on_hover_text(&words.find_close_tip).accessible_name("Close find").clicked() {
        actions.push(Action::CloseFind(tab.id));
    }
    if let Some(state) = tab.finder.state(tab.view.selected_place(), words) {
        let label = ui.label(state);
        ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
    }
}

fn filter_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    let filter = &mut tab.finder.filter;
    let directions = [
        (None, words.filter_both_directions.as_str(), "Received and sent"),
        (Some(Direction::Inbound), words.filter_received.as_str(), "Only received"),
        (Some(Direction::Outbound), words.filter_sent.as_str(), "Only sent"),
    ];
    widgets::combo(
        ui,
        "Filter direction",
        &words.filter_direction_tip,
        120.0,
        &mut filter.direction,
        &directions,
    );
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
    connections_ui(ui, tab, words);
    let filter = &mut tab.finder.filter;
    if *filter != FilterInput::default()
        && ui.button(&words.filter_clear).accessible_name("Clear filter").clicked()
    {
        *filter = FilterInput::default();
    }
    if let Some(state) = tab.finder.filter_state(words) {
        ui.label(state);
    }
}

/// Whose records are shown: those of all, of the ones marked in the list, or of the selected record.
fn connections_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    if let Some(connections) = &tab.finder.filter.connections {
        let named = connections.iter().map(ToString::to_string).take(4).collect::<Vec<_>>().join(" ");
        let more = if connections.len() > 4 { " …" } else { "" };
        let text = format!("{} ✕", fill(&words.filter_connections, &[("connections", &(named + more))]));
        if ui
            .button(text)
            .on_hover_text(&words.filter_all_connections)
            .accessible_name("All connections")
            .clicked()
        {
            tab.finder.filter.connections = None;
        }
        return;
    }
    if !tab.list.marked.is_empty()
        && ui.button(&words.filter_marked).accessible_name("Only marked connections").clicked()
    {
        tab.finder.filter.connections = Some(tab.list.marked.clone());
    }
    if let Some(connection) = tab.view.selected_connection() {
        let text = fill(&words.filter_this, &[("connection", &connection)]);
        if ui.button(text).accessible_name("Only this connection").clicked() {
            tab.finder.filter.connections = Some([connection].into());
        }
    }
}
