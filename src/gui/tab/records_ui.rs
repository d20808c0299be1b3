//! Draws the records of a tab, with the tools and the strips above them.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, TabAction};
use crate::gui::find::find_bar::{Selections, find_bar_ui};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::{TabCtx, data_id};
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::Palette;
use crate::gui::tab::advice::advice_ui;
use crate::gui::tab::cleared_ui::cleared_ui;
use crate::gui::tab::question_ui::question_ui;
use crate::gui::tab::state::Tab;
use crate::gui::tab::strips::Strips;
use crate::gui::tab::tools;
use crate::gui::view::Look;
use crate::lang::{Words, fill};
use crate::settings::{TabKind, WindowSettings};
use eframe::egui::{self, Frame, Margin, Panel, Ui, vec2};

/// What is shown with the records.
pub struct Shown {
    /// The list of connections is shown.
    pub has_list: bool,
    /// The strips above the records.
    pub strips: Strips,
    /// How data is shown in every tab.
    pub window: WindowSettings,
}

/// Draws the records.
pub fn records_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, shown: &Shown, actions: &mut Vec<Action>) {
    let Shown { has_list, strips, window } = *shown;
    let palette = Palette::of(ui.visuals());
    let id = tab.id.0;
    egui::CentralPanel::no_frame().show(ui, |ui| {
        let frame = Frame::new().fill(palette.head_ground).inner_margin(Margin::symmetric(8, 4));
        Panel::top("tools")
            .frame(frame)
            .resizable(false)
            .exact_size(tools::HEIGHT)
            .show(ui, |ui| ui.push_id(id, |ui| tools::tools_ui(ui, words, tab, has_list, actions)));
        let ctx = TabCtx { id: tab.id, status: &tab.records.status, names: &tab.names, words };
        let selections = Selections {
            place: tab.view.selected_place(),
            connection: if tab.finder.filters { tab.view.selected_connection() } else { None },
            peers: &tab.peers.selected,
        };
        if strips.find {
            find_bar_ui(ui, ctx, selections, &mut tab.finder, strips.filter, actions);
        }
        question_ui(ui, ctx, &mut tab.notes.question, actions);
        if strips.advice {
            advice_ui(ui, ctx, tab.view.advice(), &tab.encodings(), actions);
        }
        cleared_ui(ui, ctx, tab.view.hidden(&tab.records.snapshot()), actions);
        data_ui(ui, words, tab, window, actions);
    });
}

fn data_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, window: WindowSettings, actions: &mut Vec<Action>) {
    let snapshot = tab.records.snapshot();
    let ctx = TabCtx { id: tab.id, status: &tab.records.status, names: &tab.names, words };
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
        let button = buttons::primary_button(ui, &shown, "Jump to newest", palette.accent, true);
        // Its accessible name is fixed; the number of records is in the description.
        ui.ctx().accesskit_node_builder(button.id, |node| node.set_description(text.as_str()));
        if button.on_hover_text(UiCommand::Newest.tip_of(ui.ctx(), &words.jump_tip)).clicked() {
            actions.push(ctx.action(TabAction::JumpToNewest));
        }
    });
}
