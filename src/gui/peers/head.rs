//! Draws the head of the list of connections: how many there are, and a menu for all and for those selected.

use crate::gui::action::{Action, TabAction};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::icons;
use crate::gui::peers::listed::Listed;
use crate::gui::peers::state::Peers;
use crate::lang::fill;
use crate::model::Transport;
use eframe::egui::{self, Align, Button, Layout, PopupCloseBehavior, TextWrapMode, Ui};

/// Draws the head of the list of a tab.
pub fn head_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    listed: Listed<'_>,
    peers: &mut Peers,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    let count = grouped(listed.connections.len() as u64);
    let title = if listed.transport == Transport::Udp { &words.peers } else { &words.connections };
    ui.horizontal(|ui| {
        let more = if listed.is_cut { "+" } else { "" };
        let title = ui.strong(format!("{title}  {count}{more}"));
        if listed.is_cut {
            title.on_hover_text(fill(&words.connections_cut, &[("count", &count)]));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let closes = PopupCloseBehavior::CloseOnClick;
            let menu = buttons::icon_menu(ui, icons::MORE, "Connection actions", closes, |ui| {
                menu_ui(ui, ctx, listed, peers, actions);
            });
            menu.on_hover_text(&words.connection_actions);
        });
    });
}

/// Draws one entry. Returns whether it was chosen.
fn entry_ui(ui: &mut Ui, is_possible: bool, text: &str, keys: &str, name: &str) -> bool {
    let button = Button::new(text).shortcut_text(keys).wrap_mode(TextWrapMode::Extend);
    ui.add_enabled(is_possible, button).accessible_name(name).clicked()
}

fn menu_ui(ui: &mut Ui, ctx: TabCtx<'_>, listed: Listed<'_>, peers: &mut Peers, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let Listed { connections, .. } = listed;
    let (has_any, has_selected) = (!connections.is_empty(), !peers.selected.is_empty());
    let count = grouped(peers.selected.len() as u64);
    if listed.can_disconnect() {
        let text = fill(&words.disconnect_selected, &[("count", &count)]);
        if entry_ui(ui, has_selected, &text, "", "Disconnect") {
            let selected = peers.selected.iter().copied().collect();
            actions.push(ctx.action(TabAction::Disconnect(selected)));
        }
        if entry_ui(ui, has_any, &words.disconnect_all, "", "Disconnect all") {
            let all = connections.iter().map(|connection| connection.id).collect();
            actions.push(ctx.action(TabAction::Disconnect(all)));
        }
        ui.separator();
    }
    let text = fill(&words.show_only_selected, &[("count", &count)]);
    if entry_ui(ui, has_selected, &text, "", "Show only selected") {
        let infos = peers.selected.iter().filter_map(|id| connections.get(*id));
        let shown = infos.map(|info| (info.id, info.peer)).collect();
        actions.push(ctx.action(TabAction::ShowOnly(shown)));
    }
    let text = if has_selected { &words.copy_selected_addresses } else { &words.copy_all_addresses };
    if entry_ui(ui, has_any, text, "", "Copy addresses") {
        let is_meant = |id| !has_selected || peers.selected.contains(&id);
        let meant = connections.iter().filter(|connection| is_meant(connection.id));
        let addresses = meant.map(|connection| connection.peer).collect();
        actions.push(ctx.action(TabAction::CopyAddresses(addresses)));
    }
    ui.separator();
    let keys = ui.ctx().format_shortcut(&egui::KeyboardShortcut::new(egui::Modifiers::COMMAND, egui::Key::A));
    if entry_ui(ui, has_any, &words.select_all, &keys, "Select all connections") {
        peers.select_all(connections);
        actions.push(ctx.action(TabAction::PeersSelected));
    }
    if entry_ui(ui, has_selected, &words.select_none, "", "Select no connection") {
        peers.select_none();
        actions.push(ctx.action(TabAction::PeersSelected));
    }
}
