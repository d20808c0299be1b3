//! The row of connection settings, and the one big button.

use crate::gui::action::Action;
use crate::gui::action::commands::UiCommand;
use crate::gui::compose::composer::Recipients;
use crate::gui::connect::form;
use crate::gui::connect::form::Field;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets;
use crate::gui::tab::state::Tab;
use crate::lang::Words;
use crate::model::{AddressError, SessionState};
use crate::net;
use crate::settings::TabKind;
use eframe::egui::containers::menu::{MenuButton, MenuConfig};
use eframe::egui::{self, Key, Ui};

const ADDRESS_WIDTH: f32 = 120.0;
const PORT_WIDTH: f32 = 56.0;
/// What a port and its caption add to an address, so that both stay on one line.
const WITH_PORT: f32 = 116.0;

/// Draws the settings of a tab.
pub fn settings_bar_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            button_ui(ui, tab, words, actions);
            if tab.form.kind == TabKind::TcpServer && tab.status.state == SessionState::Listening {
                let button = ui.button(&words.stop_listening).on_hover_text(&words.stop_listening_tip);
                if button.accessible_name("Stop listening").clicked() {
                    actions.push(Action::StopListening(tab.id));
                }
            }
            if tab.form.kind == TabKind::TcpServer && tab.status.state == SessionState::Open {
                let button = ui.button(&words.listen_again).on_hover_text(&words.listen_again_tip);
                if button.accessible_name("Listen again").clicked() {
                    actions.push(Action::ListenAgain(tab.id));
                }
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center).with_main_wrap(true), |ui| {
                fields_ui(ui, tab, words, actions);
            });
        });
    });
    // A client seldom needs one, and then it has a line of its own.
    if tab.form.kind == TabKind::TcpClient && tab.shows_local {
        let is_editable = tab.is_editable();
        ui.horizontal(|ui| local_ui(ui, tab, words, is_editable, actions));
    }
}

fn fields_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    let is_editable = tab.is_editable();
    if matches!(tab.form.kind, TabKind::TcpClient | TabKind::Udp) {
        let is_optional = tab.form.kind == TabKind::Udp;
        if is_optional {
            local_ui(ui, tab, words, is_editable, actions);
        }
        widgets::caption(ui, &words.remote_host, ADDRESS_WIDTH + 36.0 + WITH_PORT);
        let hint = if is_optional { words.any_hint.as_str() } else { "192.168.1.10" };
        // A datagram may go anywhere at any time.
        let is_editable = is_editable || is_optional;
        field_ui(ui, tab, Field::RemoteHost, (hint, ADDRESS_WIDTH + 20.0), words, is_editable, actions);
        widgets::caption(ui, &words.port, PORT_WIDTH + 16.0);
        field_ui(
            ui,
            tab,
            Field::RemotePort,
            (if is_optional { "" } else { "7788" }, PORT_WIDTH),
            words,
            is_editable,
            actions,
        );
    }
    if tab.form.kind == TabKind::TcpServer {
        local_ui(ui, tab, words, is_editable, actions);
    }
    widgets::keep_together(ui, 96.0);
    // Its menu stays open while the fields before it come and go.
    ui.push_id("options", |ui| options_ui(ui, tab, words, is_editable, actions));
}

/// The local side; a client has it among its options, because it seldom needs one.
fn local_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, is_editable: bool, actions: &mut Vec<Action>) {
    widgets::caption(ui, &words.local_address, ADDRESS_WIDTH + 60.0 + WITH_PORT);
    let hint = if tab.form.kind == TabKind::TcpClient { words.automatic_hint.as_str() } else { "0.0.0.0" };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        field_ui(ui, tab, Field::LocalAddress, (hint, ADDRESS_WIDTH), words, is_editable, actions);
        ui.add_enabled_ui(is_editable, |ui| {
            let menu = ui.menu_button("▼", |ui| addresses_ui(ui, tab, words));
            if menu.inner.is_none() {
                // Asked for anew when the menu opens again.
                tab.addresses.clear();
            }
            menu.response.on_hover_text(&words.choose_address).accessible_name("Choose local address");
        });
    });
    widgets::caption(ui, &words.port, PORT_WIDTH + 16.0);
    let hint = if tab.form.kind == TabKind::TcpClient { words.automatic_hint.as_str() } else { "0" };
    field_ui(ui, tab, Field::LocalPort, (hint, PORT_WIDTH), words, is_editable, actions);
}

fn addresses_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    if tab.addresses.is_empty() {
        tab.addresses = net::local_addresses();
    }
    let mut chosen = None;
    for address in &tab.addresses {
        let note = match address.ip {
            ip if ip.is_unspecified() && ip.is_ipv4() => words.any_ipv4.clone(),
            ip if ip.is_unspecified() => words.any_ipv6.clone(),
            ip if ip.is_loopback() => words.loopback.clone(),
            _ => address.interface.clone(),
        };
        if ui.button(format!("{}   {note}", address.ip)).clicked() {
            chosen = Some(address.ip);
            ui.close();
        }
    }
    if let Some(ip) = chosen {
        tab.form.local_address = ip.to_string();
        revalidate(tab);
    }
}

fn options_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, is_editable: bool, actions: &mut Vec<Action>) {
    // A click on a check box is not the end of choosing.
    let config = MenuConfig::new().close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
    let button = egui::Button::new(format!("{} ▼", words.options)).wrap_mode(egui::TextWrapMode::Extend);
    let button = MenuButton::from_button(button).config(config);
    let edge = ui.visuals().widgets.inactive.bg_stroke;
    let ground = Palette::of(ui.visuals()).data_ground;
    let (response, _) = button.ui(ui, |ui| {
        // Menus take the edges off their buttons, but a check box without one is not seen.
        let widgets = &mut ui.visuals_mut().widgets;
        widgets.inactive.bg_stroke = edge;
        for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            state.bg_fill = ground;
        }
        match tab.form.kind {
            TabKind::Udp => udp_options_ui(ui, tab, words, actions),
            TabKind::TcpClient | TabKind::TcpServer => tcp_options_ui(ui, tab, words, is_editable, actions),
        }
    });
    response.accessible_name("Options");
}

/// Echo can be switched at any time.
fn echo_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let mut is_on = tab.form.echo;
    let echo = ui.checkbox(&mut is_on, &words.echo).on_hover_text(&words.echo_tip);
    if echo.accessible_name("Echo").changed() {
        actions.push(Action::SetEcho(tab.id, is_on));
    }
}

/// These can be changed at any time.
fn udp_options_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let mut is_allowed = tab.form.broadcast;
    let broadcast = ui.checkbox(&mut is_allowed, &words.broadcast).on_hover_text(&words.broadcast_tip);
    if broadcast.accessible_name("Allow broadcast").changed() {
        actions.push(Action::SetBroadcast(tab.id, is_allowed));
    }
    echo_ui(ui, tab, words, actions);
}

fn tcp_options_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, is_editable: bool, actions: &mut Vec<Action>) {
    ui.add_enabled_ui(is_editable, |ui| {
        if tab.form.kind == TabKind::TcpClient {
            ui.checkbox(&mut tab.form.reconnect, &words.reconnect)
                .on_hover_text(&words.reconnect_tip)
                .accessible_name("Reconnect by itself");
            let shown = ui.checkbox(&mut tab.shows_local, &words.bind_local);
            let shown = shown.on_hover_text(&words.bind_local_tip).accessible_name("Choose the local side");
            if shown.changed() && !tab.shows_local {
                tab.form.local_address.clear();
                tab.form.local_port.clear();
                revalidate(tab);
            }
        }
        ui.checkbox(&mut tab.form.keep_half_open, &words.keep_half_open)
            .on_hover_text(&words.keep_half_open_tip)
            .accessible_name("Keep half-open connections");
    });
    echo_ui(ui, tab, words, actions);
    if !is_editable {
        ui.separator();
        ui.weak(&words.stop_to_change);
    }
}

fn field_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    field: Field,
    (hint, width): (&str, f32),
    words: &Words,
    is_editable: bool,
    actions: &mut Vec<Action>,
) {
    let error =
        tab.errors.iter().find(|(wrong, _)| *wrong == field).map(|(_, error)| form::explain(error, words));
    let (text, name) = match field {
        Field::LocalAddress => (&mut tab.form.local_address, "Local address"),
        Field::LocalPort => (&mut tab.form.local_port, "Local port"),
        Field::RemoteHost => (&mut tab.form.remote_host, "Remote host"),
        Field::RemotePort => (&mut tab.form.remote_port, "Remote port"),
    };
    let response = widgets::field(ui, text, name, hint, width, error.as_deref(), is_editable);
    if response.changed() {
        revalidate(tab);
        if tab.form.kind == TabKind::Udp && matches!(field, Field::RemoteHost | Field::RemotePort) {
            // Who types an address wants to send there.
            tab.recipients = Recipients::Remote;
        }
    }
    if response.lost_focus()
        && ui.input(|input| input.key_pressed(Key::Enter))
        && is_editable
        && !tab.is_active()
    {
        actions.push(Action::Start(tab.id));
    }
    let first = if tab.form.kind == TabKind::TcpClient { Field::RemoteHost } else { Field::LocalPort };
    if field == first && std::mem::take(&mut tab.wants_focus) {
        response.request_focus();
    }
}

/// What is wrong is marked while it is typed; what is still empty only once a start was tried.
fn revalidate(tab: &mut Tab) {
    let was_tried = tab.errors.iter().any(|(_, error)| is_empty(error));
    tab.errors = form::parse(&tab.form).err().unwrap_or_default();
    if !was_tried {
        tab.errors.retain(|(_, error)| !is_empty(error));
    }
}

fn is_empty(error: &AddressError) -> bool {
    matches!(error, AddressError::PortEmpty | AddressError::HostEmpty)
}

fn button_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    let is_client = tab.form.kind == TabKind::TcpClient;
    if tab.is_active() {
        let is_trying = matches!(
            tab.status.state,
            SessionState::Resolving | SessionState::Connecting | SessionState::Waiting
        );
        let (text, name) = match (is_client, is_trying) {
            (true, true) => (&words.cancel, "Disconnect"),
            (true, false) => (&words.disconnect, "Disconnect"),
            (false, _) => (&words.stop, "Stop"),
        };
        let tip = UiCommand::StartStop.tip_of(ui.ctx(), &words.stop_tip);
        if widgets::primary_button(ui, text, name, palette.stop, true).on_hover_text(tip).clicked() {
            actions.push(Action::Stop(tab.id));
        }
    } else {
        let (text, name) = if is_client { (&words.connect, "Connect") } else { (&words.start, "Start") };
        let tip = UiCommand::StartStop.tip_of(ui.ctx(), &words.start_tip);
        if widgets::primary_button(ui, text, name, palette.accent, true).on_hover_text(tip).clicked() {
            actions.push(Action::Start(tab.id));
        }
    }
}
