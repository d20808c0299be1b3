//! Draws the search and the filter, between the tools and the data.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, Step, TabAction};
use crate::gui::find::finder::{FilterInput, Finder, KindChoice, QueryKind};
use crate::gui::kit::bars;
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::fields;
use crate::gui::kit::icons;
use crate::gui::kit::sizes::STRIP_HEIGHT;
use crate::gui::kit::theme::Palette;
use crate::lang::{Words, cut, fill};
use crate::model::{ConnectionId, Connections, Direction, PeerNames};
use crate::search::Location;
use eframe::egui::{self, Align, Frame, Id, Key, Layout, Margin, Modifiers, Panel, Ui};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

/// The widths of the controls, in points.
const KIND_WIDTH: f32 = 76.0;
const STATE_WIDTH: f32 = 90.0;
const DIRECTION_WIDTH: f32 = 112.0;
const KINDS_WIDTH: f32 = 120.0;
const SIZE_WIDTH: f32 = 48.0;

/// The selections in the other parts of the tab, which the filter offers to use.
#[derive(Clone, Copy)]
pub struct Selections<'a> {
    /// The match or record selected in the data.
    pub place: Option<Location>,
    /// The connection of the record selected in the data, and its peer.
    pub connection: Option<(ConnectionId, SocketAddr)>,
    /// The connections selected in the list.
    pub peers: &'a BTreeSet<ConnectionId>,
}

/// Draws the bar of a tab, and the bar of its filter if `shows_filter`.
pub fn find_bar_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    selections: Selections<'_>,
    finder: &mut Finder,
    shows_filter: bool,
    actions: &mut Vec<Action>,
) {
    let strip = |ui: &mut Ui, name: &str, contents: &mut dyn FnMut(&mut Ui)| {
        let frame =
            Frame::new().fill(Palette::of(ui.visuals()).head_ground).inner_margin(Margin::symmetric(8, 4));
        let panel = Panel::top(name).frame(frame).resizable(false).exact_size(STRIP_HEIGHT);
        panel.show(ui, |ui| ui.push_id(ctx.id.0, |ui| ui.horizontal_centered(|ui| contents(ui))));
    };
    strip(ui, "find", &mut |ui| search_ui(ui, ctx, selections.place, finder, actions));
    if shows_filter {
        strip(ui, "filter", &mut |ui| filter_ui(ui, ctx, selections, finder));
    }
}

/// The search: first what closes it at the right, then the field and as much of the rest as fits.
fn search_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    selected: Option<Location>,
    finder: &mut Finder,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let close = buttons::icon_button(ui, icons::CLOSE, "Close find");
        if close.on_hover_text(&words.find_close_tip).clicked() {
            actions.push(ctx.action(TabAction::CloseFind));
        }
        let filter = egui::Button::new(&words.filter).selected(finder.filters);
        if ui.add(filter).on_hover_text(&words.filter_tip).accessible_name("Filter").clicked() {
            finder.filters = !finder.filters;
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let rest = ui.available_rect_before_wrap();
            let gap = ui.spacing().item_spacing.x;
            let icon = ui.spacing().interact_size.y;
            let width = (rest.width() * 0.35).clamp(80.0, 220.0);
            let widths = [width + 10.0, icon, icon, KIND_WIDTH + 18.0, 40.0];
            let row =
                |rect| egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
            // What was found, or what is wrong, always has room.
            let mut bar = ui.new_child(row(rest.with_max_x(rest.right() - STATE_WIDTH - gap)));
            let more = "More of the search";
            bars::folding_bar(&mut bar, &words.more, more, &widths, |ui, index| match index {
                0 => field_ui(ui, ctx, width, finder, actions),
                1 => step_ui(ui, ctx, Step::Previous, actions),
                2 => step_ui(ui, ctx, Step::Next, actions),
                3 => kind_ui(ui, words, finder),
                _ => case_ui(ui, words, finder),
            });
            let state = rest.with_min_x(bar.min_rect().right() + gap);
            state_ui(&mut ui.new_child(row(state)), words, selected, finder);
            ui.advance_cursor_after_rect(rest);
        });
    });
}

fn field_ui(ui: &mut Ui, ctx: TabCtx<'_>, width: f32, finder: &mut Finder, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let id = Id::unique(("find field", ctx.id.0));
    let edit = egui::TextEdit::singleline(&mut finder.text)
        .id(id)
        .hint_text(words.find.clone())
        .desired_width(width)
        .min_size(egui::vec2(0.0, ui.spacing().interact_size.y))
        .align(egui::Align2::LEFT_CENTER);
    let field = ui.add(edit).accessible_name("Find");
    if std::mem::take(&mut finder.wants_focus) {
        // Typing replaces the last search.
        fields::take_focus_all(&field, &finder.text);
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
    if let Some(error) = finder.error(words) {
        let color = Palette::of(ui.visuals()).error;
        let stroke = egui::Stroke::new(1.5, color);
        ui.painter().rect_stroke(field.rect, 4.0, stroke, egui::StrokeKind::Inside);
        fields::say_invalid(&field, &error);
    }
}

fn step_ui(ui: &mut Ui, ctx: TabCtx<'_>, step: Step, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let (icon, name, tip, command) = match step {
        Step::Previous => (icons::PREVIOUS, "Previous match", &words.find_previous, UiCommand::FindPrevious),
        Step::Next => (icons::NEXT, "Next match", &words.find_next, UiCommand::FindNext),
    };
    let tip = command.tip_of(ui.ctx(), tip);
    if buttons::icon_button(ui, icon, name).on_hover_text(tip).clicked() {
        actions.push(ctx.action(TabAction::FindStep(step)));
    }
}

fn kind_ui(ui: &mut Ui, words: &Words, finder: &mut Finder) {
    let kinds = [
        (QueryKind::Text, words.text.as_str(), "Find text"),
        (QueryKind::Hex, words.hex.as_str(), "Find hex"),
        (QueryKind::Regex, words.find_regex.as_str(), "Find regex"),
    ];
    fields::combo(ui, "Find as", &words.find_as_tip, KIND_WIDTH, &mut finder.kind, &kinds);
}

fn case_ui(ui: &mut Ui, words: &Words, finder: &mut Finder) {
    ui.add_enabled_ui(finder.kind != QueryKind::Hex, |ui| {
        let button = egui::Button::new("Aa").selected(finder.case_sensitive);
        let button = ui.add(button).on_hover_text(&words.find_case_tip).accessible_name("Match case");
        if button.clicked() {
            finder.case_sensitive = !finder.case_sensitive;
        }
    });
}

/// How many matches there are, or what is wrong with the search.
fn state_ui(ui: &mut Ui, words: &Words, selected: Option<Location>, finder: &Finder) {
    if let Some(error) = finder.error(words) {
        let spoken = format!("Find error: {error}");
        let text = egui::RichText::new(&error).color(Palette::of(ui.visuals()).error);
        let label = ui.add(egui::Label::new(text).truncate()).on_hover_text(&error);
        label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
    } else if let Some(state) = finder.state(selected, words) {
        let label = ui.add(egui::Label::new(state).truncate());
        ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(egui::accesskit::Live::Polite));
    }
}

/// The filter, as much of it as fits, and how many records pass it at the right.
fn filter_ui(ui: &mut Ui, ctx: TabCtx<'_>, selections: Selections<'_>, finder: &mut Finder) {
    let words = ctx.words;
    let state = finder.filter_state(words);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if let Some(state) = state {
            ui.label(state);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let filter = &mut finder.filter;
            let text = |text: &str| buttons::text_width(ui, text) + 2.0 * ui.spacing().button_padding.x;
            let sizes = text(&words.filter_size) + 2.0 * (SIZE_WIDTH + 18.0);
            let connections = connections_width(ui, ctx, selections, filter);
            let clear = if *filter == FilterInput::default() { 0.0 } else { text(&words.filter_clear) };
            let with_matches = text(&words.filter_with_matches) + 24.0;
            let widths =
                [DIRECTION_WIDTH + 18.0, KINDS_WIDTH + 18.0, clear, connections, sizes, with_matches];
            bars::folding_bar(ui, &words.more, "More of the filter", &widths, |ui, index| match index {
                0 => direction_ui(ui, words, filter),
                1 => kinds_ui(ui, words, filter),
                2 => clear_ui(ui, words, filter),
                3 => connections_ui(ui, ctx, selections, filter),
                4 => sizes_ui(ui, words, filter),
                _ => {
                    let (is_on, text) = (&mut filter.with_matches, &words.filter_with_matches);
                    let with_matches = buttons::checkbox(ui, is_on, text, "Only with matches");
                    with_matches.on_hover_text(&words.filter_with_matches_tip);
                }
            });
        });
    });
}

fn direction_ui(ui: &mut Ui, words: &Words, filter: &mut FilterInput) {
    let directions = [
        (None, words.filter_both_directions.as_str(), "Received and sent"),
        (Some(Direction::Inbound), words.filter_received.as_str(), "Only received"),
        (Some(Direction::Outbound), words.filter_sent.as_str(), "Only sent"),
    ];
    let tip = &words.filter_direction_tip;
    fields::combo(ui, "Filter direction", tip, DIRECTION_WIDTH, &mut filter.direction, &directions);
}

fn kinds_ui(ui: &mut Ui, words: &Words, filter: &mut FilterInput) {
    let kinds = [
        (KindChoice::All, words.filter_all_kinds.as_str(), "All kinds"),
        (KindChoice::Data, words.filter_data.as_str(), "Only data"),
        (KindChoice::Changes, words.filter_changes.as_str(), "Only changes"),
    ];
    fields::combo(ui, "Filter kind", &words.filter_kind_tip, KINDS_WIDTH, &mut filter.kinds, &kinds);
}

fn sizes_ui(ui: &mut Ui, words: &Words, filter: &mut FilterInput) {
    ui.horizontal(|ui| {
        bars::caption(ui, &words.filter_size, 0.0);
        for (text, name, hint) in [
            (&mut filter.min_bytes, "Least bytes", &words.filter_least),
            (&mut filter.max_bytes, "Most bytes", &words.filter_most),
        ] {
            fields::field(ui, text, name, hint, SIZE_WIDTH, None, true);
        }
    });
}

fn clear_ui(ui: &mut Ui, words: &Words, filter: &mut FilterInput) {
    if *filter != FilterInput::default()
        && ui.button(&words.filter_clear).accessible_name("Clear filter").clicked()
    {
        *filter = FilterInput::default();
    }
}

/// The connections that are shown alone.
type Chosen = BTreeMap<ConnectionId, SocketAddr>;

/// The text of the button that shows all connections again: the first of the peers that are shown alone.
fn chosen_text(ctx: TabCtx<'_>, chosen: &Chosen) -> String {
    /// The peers that are named, and the characters of each.
    const PEERS: usize = 2;
    const CHARACTERS: usize = 24;
    let short = |peer: &SocketAddr| cut(&ctx.names.shown(*peer), CHARACTERS);
    let mut peers = chosen.values().take(PEERS).map(short).collect::<Vec<_>>().join(", ");
    if chosen.len() > PEERS {
        peers.push_str(&format!(" +{}", chosen.len() - PEERS));
    }
    format!("{} ×", fill(&ctx.words.filter_connections, &[("peers", &peers)]))
}

/// The peers that are shown alone, with their names and addresses, one on each line.
fn in_full(names: &PeerNames, chosen: &Chosen) -> String {
    const PEERS: usize = 20;
    let mut lines: Vec<_> = chosen.values().take(PEERS).map(|peer| names.with_address(*peer)).collect();
    lines.extend((chosen.len() > PEERS).then(|| "…".to_owned()));
    lines.join("\n")
}

/// The text of the button that shows the connection of the selected record alone.
fn this_text(ctx: TabCtx<'_>, peer: SocketAddr) -> String {
    fill(&ctx.words.filter_this, &[("peer", &ctx.names.shown(peer))])
}

/// The width of [`connections_ui`], in points.
fn connections_width(ui: &Ui, ctx: TabCtx<'_>, selections: Selections<'_>, filter: &FilterInput) -> f32 {
    let text = |text: &str| buttons::text_width(ui, text) + 2.0 * ui.spacing().button_padding.x;
    if let Some(chosen) = &filter.connections {
        return text(&chosen_text(ctx, chosen));
    }
    let selected = if selections.peers.is_empty() { 0.0 } else { text(&ctx.words.filter_selected) };
    let this = selections.connection.map_or(0.0, |(_, peer)| text(&this_text(ctx, peer)));
    selected + this + ui.spacing().item_spacing.x
}

/// The connections whose records are shown: all, those selected in the list, or that of the selected record.
fn connections_ui(ui: &mut Ui, ctx: TabCtx<'_>, selections: Selections<'_>, filter: &mut FilterInput) {
    let words = ctx.words;
    if let Some(chosen) = &filter.connections {
        let peers = in_full(ctx.names, chosen);
        let tip = format!("{}\n{peers}", words.filter_all_connections);
        let chip = ui.button(chosen_text(ctx, chosen)).on_hover_text(tip).accessible_name("All connections");
        fields::describe(&chip, &peers);
        if chip.clicked() {
            filter.connections = None;
        }
        return;
    }
    if !selections.peers.is_empty()
        && ui.button(&words.filter_selected).accessible_name("Only selected connections").clicked()
    {
        filter.connections = Some(with_peers(&ctx.status.connections, selections.peers));
    }
    if let Some((connection, peer)) = selections.connection {
        let tip = ctx.names.with_address(peer);
        let this = ui.button(this_text(ctx, peer)).on_hover_text(&tip);
        let this = this.accessible_name("Only this connection");
        fields::describe(&this, &tip);
        if this.clicked() {
            filter.connections = Some([(connection, peer)].into());
        }
    }
}

fn with_peers(known: &Connections, chosen: &BTreeSet<ConnectionId>) -> Chosen {
    chosen.iter().filter_map(|id| known.get(*id)).map(|info| (info.id, info.peer)).collect()
}
