//! The row of connection settings, and the one big button.

use super::commands::UiCommand;
use super::form::Field;
use super::{Action, form, tab::Tab, theme::Palette, widgets};
use crate::lang::Words;
use crate::model::SessionState;
use crate::net;
use crate::settings::TabKind;
use eframe::egui::{self, Ui};

const ADDRESS_WIDTH: f32 = 120.0;
const PORT_WIDTH: f32 = 56.0;

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
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center).with_main_wrap(true), |ui| {
                fields_ui(ui, tab, words);
            });
        });
    });
}

fn fields_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    let is_editable = tab.is_editable();
    if matches!(tab.form.kind, TabKind::TcpClient | TabKind::Udp) {
        let is_optional = tab.form.kind == TabKind::Udp;
        if is_optional {
            local_ui(ui, tab, words, is_editable);
        }
        widgets::caption(ui, &words.remote_host);
        let hint = if is_optional { words.any_hint.as_str() } else { "192.168.1.10" };
        // A datagram may go anywhere at any time.
        let is_editable = is_editable || is_optional;
        field_ui(ui, tab, Field::RemoteHost, hint, ADDRESS_WIDTH + 20.0, words, is_editable);
        widgets::caption(ui, &words.port);
        field_ui(
            ui,
            tab,
            Field::RemotePort,
            if is_optional { "" } else { "7788" },
            PORT_WIDTH,
            words,
            is_editable,
        );
    }
    if tab.form.kind == TabKind::TcpServer {
        local_ui(ui, tab, words, is_editable);
    }
    options_ui(ui, tab, words, is_editable);
}

/// The local side; a client has it among its options, because it seldom needs one.
fn local_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, is_editable: bool) {
    widgets::caption(ui, &words.local_address);
    let hint = if tab.form.kind == TabKind::TcpClient { words.automatic_hint.as_str() } else { "0.0.0.0" };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        field_ui(ui, tab, Field::LocalAddress, hint, ADDRESS_WIDTH, words, is_editable);
        ui.add_enabled_ui(is_editable, |ui| {
            let menu = ui.menu_button("▼", |ui| addresses_ui(ui, tab, words)).response;
            menu.on_hover_text(&words.choose_address).accessible_name("Choose local address");
        });
    });
    widgets::caption(ui, &words.port);
    let hint = if tab.form.kind == TabKind::TcpClient { words.automatic_hint.as_str() } else { "0" };
    field_ui(ui, tab, Field::LocalPort, hint, PORT_WIDTH, words, is_editable);
}

fn addresses_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    for address in net::local_addresses() {
        let note = match address.ip {
            ip if ip.is_unspecified() && ip.is_ipv4() => words.any_ipv4.clone(),
            ip if ip.is_unspecified() => words.any_ipv6.clone(),
            ip if ip.is_loopback() => words.loopback.clone(),
            _ => address.interface,
        };
        if ui.button(format!("{}   {note}", address.ip)).clicked() {
            tab.form.local_address = address.ip.to_string();
            revalidate(tab);
            ui.close();
        }
    }
}

fn options_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, is_editable: bool) {
    let menu = ui.menu_button(format!("{} ▼", words.options), |ui| {
        ui.add_enabled_ui(is_editable, |ui| {
            if tab.form.kind == TabKind::TcpClient {
                ui.checkbox(&mut tab.form.reconnect, &words.reconnect)
                    .on_hover_text(&words.reconnect_tip)
                    .accessible_name("Reconnect by itself");
            }
            if tab.form.kind == TabKind::Udp {
                ui.checkbox(&mut tab.form.broadcast, &words.broadcast)
                    .on_hover_text(&words.broadcast_tip)
                    .accessible_name("Allow broadcast");
            } else {
                ui.checkbox(&mut tab.form.keep_half_open, &words.keep_half_open)
                    .on_hover_text(&words.keep_half_open_tip)
                    .accessible_name("Keep half-open connections");
            }
        });
        if tab.form.kind == TabKind::TcpClient {
            ui.separator();
            ui.horizontal(|ui| local_ui(ui, tab, words, is_editable));
        }
        if !is_editable {
            ui.separator();
            ui.weak(&words.stop_to_change);
        }
    });
    menu.response.accessible_name("Options");
}

fn field_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    field: Field,
    hint: &str,
    width: f32,
    words: &Words,
    is_editable: bool,
) {
    let error =
        tab.errors.iter().find(|(wrong, _)| *wrong == field).map(|(_, error)| form::explain(error, words));
    let (text, name) = match field {
        Field::LocalAddress => (&mut tab.form.local_address, "Local address"),
        Field::LocalPort => (&mut tab.form.local_port, "Local port"),
        Field::RemoteHost => (&mut tab.form.remote_host, "Remote host"),
        Field::RemotePort => (&mut tab.form.remote_port, "Remote port"),
    };
    if widgets::field(ui, text, name, hint, width, error.as_deref(), is_editable).changed() {
        revalidate(tab);
    }
}

/// Once something was found wrong, it is looked at again with each change.
fn revalidate(tab: &mut Tab) {
    if !tab.errors.is_empty() {
        tab.errors = form::parse(&tab.form).err().unwrap_or_default();
    }
}

fn button_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    let is_client = tab.form.kind == TabKind::TcpClient;
    if tab.is_active() {
        let (text, name) = if is_client { (&words.disconnect, "Disconnect") } else { (&words.stop, "Stop") };
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
