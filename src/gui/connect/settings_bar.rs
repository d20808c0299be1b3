//! Draws the row of connection settings and the Start button.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, TabAction};
use crate::gui::connect::form::{self, Field};
use crate::gui::connect::state::Connect;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets;
use crate::lang::Words;
use crate::model::SessionState;
use crate::net;
use crate::settings::{TabKind, TabSettings};
use eframe::egui::containers::menu::{MenuButton, MenuConfig};
use eframe::egui::{self, Key, Ui};

const ADDRESS_WIDTH: f32 = 120.0;
const PORT_WIDTH: f32 = 56.0;
/// The width of a port with its caption, which stays on the line of its address.
const WITH_PORT: f32 = 116.0;

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
        if self.form.kind == TabKind::TcpClient && self.connect.shows_local {
            ui.horizontal(|ui| self.local_ui(ui));
        }
    }

    fn push(&mut self, action: TabAction) {
        self.actions.push(self.ctx.action(action));
    }

    fn fields_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        if matches!(self.form.kind, TabKind::TcpClient | TabKind::Udp) {
            let is_optional = self.form.kind == TabKind::Udp;
            if is_optional {
                self.local_ui(ui);
            }
            widgets::caption(ui, &words.remote_host, ADDRESS_WIDTH + 36.0 + WITH_PORT);
            let hint = if is_optional { words.any_hint.as_str() } else { "192.168.1.10" };
            // UDP datagrams can go to another address at any time.
            let is_editable = self.ctx.is_editable() || is_optional;
            self.field_ui(ui, Field::RemoteHost, (hint, ADDRESS_WIDTH + 20.0), is_editable);
            widgets::caption(ui, &words.port, PORT_WIDTH + 16.0);
            let hint = if is_optional { "" } else { "7788" };
            self.field_ui(ui, Field::RemotePort, (hint, PORT_WIDTH), is_editable);
        }
        if self.form.kind == TabKind::TcpServer {
            self.local_ui(ui);
        }
        widgets::keep_together(ui, 96.0);
        // A fixed id keeps the menu open when the number of fields before it changes.
        ui.push_id("options", |ui| self.options_ui(ui));
    }

    /// The local address and port.
    fn local_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        let is_editable = self.ctx.is_editable();
        widgets::caption(ui, &words.local_address, ADDRESS_WIDTH + 60.0 + WITH_PORT);
        let hint =
            if self.form.kind == TabKind::TcpClient { words.automatic_hint.as_str() } else { "0.0.0.0" };
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            self.field_ui(ui, Field::LocalAddress, (hint, ADDRESS_WIDTH), is_editable);
            ui.add_enabled_ui(is_editable, |ui| {
                let menu = ui.menu_button("▼", |ui| self.addresses_ui(ui));
                if menu.inner.is_none() {
                    // Closed: read them again when it is opened next.
                    self.connect.addresses.clear();
                }
                menu.response.on_hover_text(&words.choose_address).accessible_name("Choose local address");
            });
        });
        widgets::caption(ui, &words.port, PORT_WIDTH + 16.0);
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
        let button = egui::Button::new(format!("{} ▼", words.options)).wrap_mode(egui::TextWrapMode::Extend);
        let button = MenuButton::from_button(button).config(config);
        let edge = ui.visuals().widgets.inactive.bg_stroke;
        let ground = Palette::of(ui.visuals()).data_ground;
        let (response, _) = button.ui(ui, |ui| {
            // Menus remove the edges of their buttons; a check box would be invisible without one.
            let widgets = &mut ui.visuals_mut().widgets;
            widgets.inactive.bg_stroke = edge;
            for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
                state.bg_fill = ground;
            }
            match self.form.kind {
                TabKind::Udp => self.udp_options_ui(ui),
                TabKind::TcpClient | TabKind::TcpServer => self.tcp_options_ui(ui),
            }
        });
        response.accessible_name("Options");
    }

    /// Echo, which can be changed while the session runs.
    fn echo_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        let mut is_on = self.form.echo;
        let echo = ui.checkbox(&mut is_on, &words.echo).on_hover_text(&words.echo_tip);
        if echo.accessible_name("Echo").changed() {
            self.push(TabAction::SetEcho(is_on));
        }
    }

    /// Options that can be changed while the session runs.
    fn udp_options_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        let mut is_allowed = self.form.broadcast;
        let broadcast = ui.checkbox(&mut is_allowed, &words.broadcast).on_hover_text(&words.broadcast_tip);
        if broadcast.accessible_name("Allow broadcast").changed() {
            self.push(TabAction::SetBroadcast(is_allowed));
        }
        self.echo_ui(ui);
    }

    fn tcp_options_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        let is_editable = self.ctx.is_editable();
        ui.add_enabled_ui(is_editable, |ui| {
            if self.form.kind == TabKind::TcpClient {
                ui.checkbox(&mut self.form.reconnect, &words.reconnect)
                    .on_hover_text(&words.reconnect_tip)
                    .accessible_name("Reconnect by itself");
                let shown = ui.checkbox(&mut self.connect.shows_local, &words.bind_local);
                let shown =
                    shown.on_hover_text(&words.bind_local_tip).accessible_name("Choose the local side");
                if shown.changed() && !self.connect.shows_local {
                    self.form.local_address.clear();
                    self.form.local_port.clear();
                    self.connect.revalidate(self.form);
                }
            }
            ui.checkbox(&mut self.form.keep_half_open, &words.keep_half_open)
                .on_hover_text(&words.keep_half_open_tip)
                .accessible_name("Keep half-open connections");
        });
        self.echo_ui(ui);
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
        let response = widgets::field(ui, text, name, hint, width, error.as_deref(), is_editable);
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
        let first = if self.form.kind == TabKind::TcpClient { Field::RemoteHost } else { Field::LocalPort };
        if field == first && std::mem::take(&mut self.connect.wants_focus) {
            response.request_focus();
        }
    }

    fn button_ui(&mut self, ui: &mut Ui) {
        let words = self.ctx.words;
        let palette = Palette::of(ui.visuals());
        let is_client = self.form.kind == TabKind::TcpClient;
        if self.ctx.is_active() {
            let is_trying = matches!(
                self.ctx.status.state,
                SessionState::Resolving | SessionState::Connecting | SessionState::Waiting
            );
            let (text, name) = match (is_client, is_trying) {
                (true, true) => (&words.cancel, "Disconnect"),
                (true, false) => (&words.disconnect, "Disconnect"),
                (false, _) => (&words.stop, "Stop"),
            };
            let tip = UiCommand::StartStop.tip_of(ui.ctx(), &words.stop_tip);
            if widgets::primary_button(ui, text, name, palette.stop, true).on_hover_text(tip).clicked() {
                self.push(TabAction::Stop);
            }
        } else {
            let (text, name) = if is_client { (&words.connect, "Connect") } else { (&words.start, "Start") };
            let tip = UiCommand::StartStop.tip_of(ui.ctx(), &words.start_tip);
            if widgets::primary_button(ui, text, name, palette.accent, true).on_hover_text(tip).clicked() {
                self.push(TabAction::Start);
            }
        }
    }
}
