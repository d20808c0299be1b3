//! Draws the menu of a connection.

use crate::codec::Encoding;
use crate::gui::action::{Action, TabAction};
use crate::gui::kit::ctx::TabCtx;
use crate::gui::peers::listed::Listed;
use crate::gui::peers::state::{Menu, MenuFocus, MenuPage, Peers, Renaming};
use crate::lang::fill;
use crate::model::{ConnectionId, ConnectionInfo, Direction};
use eframe::egui::{self, Popup, PopupCloseBehavior, Response, SetOpenCommand, Ui};

/// What was chosen in the menu.
enum Chosen {
    /// Carry this out.
    Do(TabAction),
    /// Show another page.
    Show(MenuPage),
    /// Type a name.
    Rename,
}

/// Draws the menu of one connection. It closes when its connection is closed.
pub fn menu_ui(
    list: &Response,
    ctx: TabCtx<'_>,
    listed: Listed<'_>,
    peers: &mut Peers,
    opens: bool,
    actions: &mut Vec<Action>,
) {
    let popup = list.id.with("menu");
    let was_open = Popup::is_id_open(&list.ctx, popup);
    let shown = peers.menu.and_then(|menu| Some((menu, listed.connections.get(menu.connection)?)));
    let Some((menu, connection)) = shown else {
        peers.menu = None;
        if was_open {
            Popup::close_id(&list.ctx, popup);
            list.request_focus();
        }
        return;
    };
    let [x, y] = menu.at;
    let shown = Popup::context_menu(list)
        .id(popup)
        .at_position(egui::pos2(x, y))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .open_memory(opens.then_some(SetOpenCommand::Bool(true)))
        .show(|ui| {
            let chosen = match menu.page {
                MenuPage::Main => main_ui(ui, ctx, listed, peers, menu, connection),
                MenuPage::Encodings => encodings_ui(ui, ctx, listed, menu),
                MenuPage::Save => save_ui(ui, ctx, menu),
            };
            if chosen.as_ref().is_some_and(|chosen| !matches!(chosen, Chosen::Show(_))) {
                ui.close();
            }
            chosen
        });
    if let Some(menu) = &mut peers.menu {
        menu.focus = None;
    }
    let mut keeps_focus = false;
    match shown.and_then(|shown| shown.inner) {
        Some(Chosen::Do(action)) => {
            keeps_focus =
                matches!(action, TabAction::SendTo(_) | TabAction::SaveBytes(..) | TabAction::AskReceive(_));
            actions.push(ctx.action(action));
        }
        Some(Chosen::Show(page)) => {
            // The entries of the other page get the focus in the next frame.
            peers.menu = Some(Menu { page, focus: Some(MenuFocus::First), ..menu });
            list.ctx.request_repaint();
        }
        Some(Chosen::Rename) => {
            let text = ctx.names.name_of(connection.peer).unwrap_or_default().to_owned();
            let connection = connection.id;
            peers.renaming = Some(Renaming { connection, text, wants_focus: true });
            keeps_focus = true;
        }
        None => {}
    }
    if !Popup::is_id_open(&list.ctx, popup) {
        peers.menu = None;
        if !keeps_focus {
            list.request_focus();
        }
    }
}

/// Draws one entry. Returns whether it was chosen.
fn entry_ui(ui: &mut Ui, text: &str, name: &str, gets_focus: bool) -> bool {
    let entry = ui.button(text).accessible_name(name);
    if gets_focus {
        entry.request_focus();
    }
    entry.clicked()
}

fn main_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    listed: Listed<'_>,
    peers: &Peers,
    menu: Menu,
    connection: &ConnectionInfo,
) -> Option<Chosen> {
    let words = ctx.words;
    let id = connection.id;
    let mut chosen = None;
    let selected: Vec<ConnectionId> = peers.selected.iter().copied().collect();
    let is_of_many = selected.len() > 1 && selected.contains(&id);
    if entry_ui(ui, &words.show_only_this, "Show only this", menu.focus == Some(MenuFocus::First)) {
        chosen = Some(Chosen::Do(TabAction::ShowOnly([(id, connection.peer)].into())));
    }
    if is_of_many {
        let text = fill(&words.show_only_selected, &[("count", &selected.len())]);
        if entry_ui(ui, &text, "Show only selected", false) {
            let infos = selected.iter().filter_map(|id| listed.connections.get(*id));
            let shown = infos.map(|info| (info.id, info.peer)).collect();
            chosen = Some(Chosen::Do(TabAction::ShowOnly(shown)));
        }
    }
    if listed.is_live && entry_ui(ui, &words.send_to_this, "Send to this", false) {
        chosen = Some(Chosen::Do(TabAction::SendTo(id)));
    }
    ui.separator();
    if entry_ui(ui, &words.copy_address, "Copy address", false) {
        chosen = Some(Chosen::Do(TabAction::CopyAddress(connection.peer)));
    }
    if entry_ui(ui, &words.rename_peer, "Rename", false) {
        chosen = Some(Chosen::Rename);
    }
    let encoding = listed.encodings.of(id).name();
    let text = fill(&words.encoding_of_connection, &[("encoding", &encoding)]);
    if entry_ui(ui, &text, "Encoding of connection", false) {
        chosen = Some(Chosen::Show(MenuPage::Encodings));
    }
    if entry_ui(ui, &words.save_bytes, "Save bytes", false) {
        chosen = Some(Chosen::Show(MenuPage::Save));
    }
    if listed.is_live && entry_ui(ui, &words.receive_to_file, "Receive to file", false) {
        chosen = Some(Chosen::Do(TabAction::AskReceive(Some(id))));
    }
    if listed.can_disconnect() {
        ui.separator();
        let has_focus = menu.focus == Some(MenuFocus::Disconnect);
        if entry_ui(ui, &words.disconnect, "Disconnect this one", has_focus) {
            chosen = Some(Chosen::Do(TabAction::Disconnect(vec![id])));
        }
        if is_of_many {
            let text = fill(&words.disconnect_selected, &[("count", &selected.len())]);
            if entry_ui(ui, &text, "Disconnect selected", false) {
                chosen = Some(Chosen::Do(TabAction::Disconnect(selected)));
            }
        }
    }
    chosen
}

fn encodings_ui(ui: &mut Ui, ctx: TabCtx<'_>, listed: Listed<'_>, menu: Menu) -> Option<Chosen> {
    let own = listed.encodings.own_of(menu.connection);
    let rest = listed.encodings.of_rest().name();
    let as_tab = fill(&ctx.words.encoding_as_tab, &[("encoding", &rest)]);
    let mut chosen = None;
    let mut choose = |ui: &mut Ui, text: &str, name: &str, encoding: Option<Encoding>| {
        let is_own = own == encoding;
        let entry = ui.selectable_label(is_own, text).accessible_name(name);
        if is_own && menu.focus.is_some() {
            entry.request_focus();
        }
        if entry.clicked() {
            chosen = Some(Chosen::Do(TabAction::SetEncodingOf(menu.connection, encoding)));
        }
    };
    choose(ui, &as_tab, "Encoding of the tab", None);
    ui.separator();
    for encoding in Encoding::ALL {
        choose(ui, encoding.name(), &format!("Own encoding {}", encoding.name()), Some(encoding));
    }
    chosen
}

fn save_ui(ui: &mut Ui, ctx: TabCtx<'_>, menu: Menu) -> Option<Chosen> {
    let words = ctx.words;
    let mut chosen = None;
    for (text, name, direction) in [
        (&words.save_received, "Save received bytes", Some(Direction::Inbound)),
        (&words.save_sent, "Save sent bytes", Some(Direction::Outbound)),
        (&words.save_both, "Save bytes both ways", None),
    ] {
        let gets_focus = menu.focus.is_some() && direction == Some(Direction::Inbound);
        if entry_ui(ui, text, name, gets_focus) {
            chosen = Some(Chosen::Do(TabAction::SaveBytes(menu.connection, direction)));
        }
    }
    chosen
}
