//! Draws the row of connection settings and the Start button.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, TabAction};
use crate::gui::connect::form::{self, Field};
use crate::gui::connect::state::Connect;
use crate::gui::kit::bars;
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::fields;
use crate::gui::kit::icons;
use crate::gui::kit::theme::Palette;
use crate::lang::Words;
use crate::model::{ResponderConfig, SessionState};
use crate::net;
use crate::settings::{TabKind, TabSettings};
use eframe::egui::containers::menu::MenuConfig;
use eframe::egui::{self, Key, Ui};

/// The least width of a window in which a running session shows its local side besides the remote one, in points.
const WIDTH_WITH_LOCAL: f32 = 900.0;
/// The least width of a window in which the address fields have their full width, in points.
const WIDTH_WITH_ADDRESSES: f32 = 700.0;
const PORT_WIDTH: f32 = 56.0;
/// The width of a port with its caption, which stays on the line of its address.
const WITH_PORT: f32 = 116.0;

/// The width of an address field, in points: in a narrow window just enough for an IPv4 address.
fn address_width(ui: &Ui) -> f32 {
    if ui.ctx().content_rect().width() < WIDTH_WITH_ADDRESSES { 106.0 } else { 120.0 }
}

/// What the bar edits.
struct Bar<'a> {
    ctx: TabCtx<'a>,
    form: &'a mut TabSettings,
    connect: &'a mut Connect,
    actions: &'a mut Vec<Action>,
}

/// Draws the settings of a tab.
pub fn settings_bar_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    form: &mut TabSettings,
    connect: &mut Connect,
    actions: &mut Vec<Action>,
) {
    Bar { ctx, form, connect, actions }.ui(ui);
}

/// Draws the errors of the fields as a list.
pub fn field_errors_ui(ui: &mut Ui, words: &Words, connect: &Connect) {
    let palette = Palette::of(ui.visuals());
    for (_, error) in &connect.errors {
        ui.colored_label(palette.error, form::explain(error, words));
    }
}

impl Bar<'_> {
    fn ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        self.connect.has_focus = false;
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                self.button_ui(ui);
                let is_server = self.form.kind == TabKind::TcpServer;
                if is_server && self.ctx.status.state == SessionState::Listening {
                    let button = ui.button(&words.stop_listening).on_hover_text(&words.stop_listening_tip);
                    if button.accessible_name("Stop listening").clicked() {
                        self.push(TabAction::StopListening);
                    }
                }
                if is_server && self.ctx.status.state == SessionState::Open {
                    let button = ui.button(&words.listen_again).on_hover_text(&words.listen_again_tip);
                    if button.accessible_name("Listen again").clicked() {
                        self.push(TabAction::ListenAgain);
                    }
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center).with_main_wrap(true), |ui| {
                    self.fields_ui(ui);
                });
            });
        });
        // A client rarely needs a local address; it gets a line of its own.
        if self.form.kind == TabKind::TcpClient && self.connect.shows_local && !self.hides_local(ui) {
            ui.horizontal(|ui| self.local_ui(ui));
        }
    }

    /// In a narrow window the local side of a running session is left out: the status line says it.
    fn hides_local(&self, ui: &Ui) -> bool {
        !self.ctx.is_editable()
            && self.form.kind != TabKind::TcpServer
            && ui.ctx().content_rect().width() < WIDTH_WITH_LOCAL
    }

    fn push(&mut self, action: TabAction) {
        self.actions.push(self.ctx.action(action));
    }

    fn fields_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        if matches!(self.form.kind, TabKind::TcpClient | TabKind::Udp) {
            let is_optional = self.form.kind == TabKind::Udp;
            if is_optional && !self.hides_local(ui) {
                self.local_ui(ui);
            }
            bars::caption(ui, &words.remote_host, address_width(ui) + 36.0 + WITH_PORT);
            let hint = if is_optional { words.any_hint.as_str() } else { "192.168.1.10" };
            // UDP datagrams can go to another address at any time.
            let is_editable = self.ctx.is_editable() || is_optional;
            self.field_ui(ui, Field::RemoteHost, (hint, address_width(ui) + 20.0), is_editable);
            bars::caption(ui, &words.port, PORT_WIDTH + 16.0);
            let hint = if is_optional { "" } else { "7788" };
            self.field_ui(ui, Field::RemotePort, (hint, PORT_WIDTH), is_editable);
        }
        if self.form.kind == TabKind::TcpServer {
            self.local_ui(ui);
        }
        bars::keep_together(ui, 80.0);
        // A fixed id keeps the menu open when the number of fields before it changes.
        ui.push_id("options", |ui| self.options_ui(ui));
    }

    /// The local address and port.
    fn local_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        let is_editable = self.ctx.is_editable();
        bars::caption(ui, &words.local_address, address_width(ui) + 60.0 + WITH_PORT);
        let hint =
            if self.form.kind == TabKind::TcpClient { words.automatic_hint.as_str() } else { "0.0.0.0" };
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            self.field_ui(ui, Field::LocalAddress, (hint, address_width(ui)), is_editable);
            ui.add_enabled_ui(is_editable, |ui| {
                let menu = ui.menu_button(icons::DOWN.text(11.0), |ui| self.addresses_ui(ui));
                if menu.inner.is_none() {
                    // Closed: read them again when it is opened next.
                    self.connect.addresses.clear();
                }
                menu.response.on_hover_text(&words.choose_address).accessible_name("Choose local address");
            });
        });
        bars::caption(ui, &words.port, PORT_WIDTH + 16.0);
        let hint = if self.form.kind == TabKind::TcpClient { words.automatic_hint.as_str() } else { "0" };
        self.field_ui(ui, Field::LocalPort, (hint, PORT_WIDTH), is_editable);
    }

    fn addresses_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        if self.connect.addresses.is_empty() {
            self.connect.addresses = net::local_addresses();
        }
        let mut chosen = None;
        for address in &self.connect.addresses {
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
            self.form.local_address = ip.to_string();
            self.connect.revalidate(self.form);
        }
    }

    fn options_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        // Several check boxes can be changed before the menu closes.
        let config = MenuConfig::new().close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
        let button = buttons::menu_button(&words.options).config(config);
        let (response, _) = button.ui(ui, |ui| match self.form.kind {
            TabKind::Udp => self.udp_options_ui(ui),
            TabKind::TcpClient | TabKind::TcpServer => self.tcp_options_ui(ui),
        });
        response.accessible_name("Options");
    }

    /// Echo and forwarding, which can be changed while the session runs. One switches the other off.
    fn responder_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        let current = form::responder(self.form);
        let (forward, tip) = match self.form.kind {
            TabKind::Udp => (&words.forward_peers, &words.forward_peers_tip),
            _ => (&words.forward, &words.forward_tip),
        };
        for (responder, text, name, tip) in [
            (ResponderConfig::Echo, &words.echo, "Echo", &words.echo_tip),
            (ResponderConfig::Forward, forward, "Forward to the others", tip),
        ] {
            // A client has nobody else.
            if responder == ResponderConfig::Forward && self.form.kind == TabKind::TcpClient {
                continue;
            }
            let mut is_on = current == responder;
            if buttons::checkbox(ui, &mut is_on, text, name).on_hover_text(tip).changed() {
                let chosen = if is_on { responder } else { ResponderConfig::None };
                self.push(TabAction::SetResponder(chosen));
            }
        }
    }

    /// Nagle's algorithm, which can be switched while the session runs.
    fn no_delay_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        let mut is_on = self.form.no_delay;
        let switch = buttons::checkbox(ui, &mut is_on, &words.no_delay, "Send without delay");
        if switch.on_hover_text(&words.no_delay_tip).changed() {
            self.push(TabAction::SetNoDelay(is_on));
        }
    }

    /// Options that can be changed while the session runs.
    fn udp_options_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        let mut is_allowed = self.form.broadcast;
        let broadcast = buttons::checkbox(ui, &mut is_allowed, &words.broadcast, "Allow broadcast");
        if broadcast.on_hover_text(&words.broadcast_tip).changed() {
            self.push(TabAction::SetBroadcast(is_allowed));
        }
        self.responder_ui(ui);
    }

    fn tcp_options_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        let is_editable = self.ctx.is_editable();
        ui.add_enabled_ui(is_editable, |ui| {
            if self.form.kind == TabKind::TcpClient {
                let is_on = &mut self.form.reconnect;
                buttons::checkbox(ui, is_on, &words.reconnect, "Reconnect automatically")
                    .on_hover_text(&words.reconnect_tip);
                let is_on = &mut self.connect.shows_local;
                let shown = buttons::checkbox(ui, is_on, &words.bind_local, "Bind local address");
                if shown.on_hover_text(&words.bind_local_tip).changed() && !self.connect.shows_local {
                    self.form.local_address.clear();
                    self.form.local_port.clear();
                    self.connect.revalidate(self.form);
                }
            }
            let is_on = &mut self.form.keep_half_open;
            buttons::checkbox(ui, is_on, &words.keep_half_open, "Keep half-closed connections")
                .on_hover_text(&words.keep_half_open_tip);
        });
        self.responder_ui(ui);
        self.no_delay_ui(ui);
        if !is_editable {
            ui.separator();
            ui.weak(&words.stop_to_change);
        }
    }

    fn field_ui(&mut self, ui: &mut Ui, field: Field, (hint, width): (&str, f32), is_editable: bool) {
        let error = self.connect.error(field).map(|error| form::explain(error, self.ctx.words));
        let (text, name) = match field {
            Field::LocalAddress => (&mut self.form.local_address, "Local address"),
            Field::LocalPort => (&mut self.form.local_port, "Local port"),
            Field::RemoteHost => (&mut self.form.remote_host, "Remote host"),
            Field::RemotePort => (&mut self.form.remote_port, "Remote port"),
        };
        let response = fields::field(ui, text, name, hint, width, error.as_deref(), is_editable);
        if is_editable && self.connect.focus.take_if(|wanted| *wanted == field).is_some() {
            fields::take_focus_all(&response, text);
        }
        self.connect.has_focus |= response.has_focus();
        if response.changed() {
            self.connect.revalidate(self.form);
            if self.form.kind == TabKind::Udp && matches!(field, Field::RemoteHost | Field::RemotePort) {
                self.push(TabAction::RemoteEdited);
            }
        }
        let is_entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if is_entered && is_editable && !self.ctx.is_active() {
            self.push(TabAction::Start);
        }
    }

    fn button_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        let palette = Palette::of(ui.visuals());
        if self.ctx.is_active() {
            let is_trying = matches!(
                self.ctx.status.state,
                SessionState::Resolving | SessionState::Connecting | SessionState::Waiting
            );
            let (text, name) = match (self.form.kind, is_trying) {
                (TabKind::TcpClient, true) => (&words.cancel, "Disconnect"),
                (TabKind::TcpClient, false) => (&words.disconnect, "Disconnect"),
                (TabKind::TcpServer, _) => (&words.stop, "Stop"),
                (TabKind::Udp, _) => (&words.stop_udp, "Stop"),
            };
            let tip = UiCommand::StartStop.tip_of(ui.ctx(), &words.stop_tip);
            if buttons::primary_button(ui, text, name, palette.stop, true).on_hover_text(tip).clicked() {
                self.push(TabAction::Stop);
            }
        } else {
            let (text, name) = match self.form.kind {
                TabKind::TcpClient => (&words.connect, "Connect"),
                TabKind::TcpServer => (&words.start, "Start"),
                TabKind::Udp => (&words.start_udp, "Start"),
            };
            let tip = UiCommand::StartStop.tip_of(ui.ctx(), &words.start_tip);
            if buttons::primary_button(ui, text, name, palette.accent, true).on_hover_text(tip).clicked() {
                self.push(TabAction::Start);
            }
        }
    }
}
