//! Draws the composer: a bar with format, ending, recipients, history and Send; the payload field; and a line that
//! says how many bytes would be sent, or why they are not.

use crate::codec::{Encoding, LineEnding};
use crate::gui::action::{Action, TabAction};
use crate::gui::compose::field_ui::{field_height, field_ui};
use crate::gui::compose::history_ui::history_ui;
use crate::gui::compose::payload::{Encoded, first_bytes};
use crate::gui::compose::state::{Composer, Recipients, SendError};
use crate::gui::connect::form;
use crate::gui::kit::buttons::{self, PRIMARY_HEIGHT};
use crate::gui::kit::ctx::{TabCtx, payload_id};
use crate::gui::kit::fields;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::icons;
use crate::gui::kit::theme::Palette;
use crate::lang::fill;
use crate::model::{ConnectionId, Endpoint, FailureKind, Host};
use crate::payload::Format;
use crate::settings::{TabKind, TabSettings};
use eframe::egui::accesskit::Live;
use eframe::egui::{self, Align, Key, KeyboardShortcut, Layout, Margin, Modifiers, Rect, Ui};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::SocketAddr;

/// Sends the payload.
pub const SEND: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);

/// The margin of the panel, in points.
pub const MARGIN: Margin = Margin::symmetric(10, 6);
/// The space between the bar, the field and the line below it, in points.
const GAP: f32 = 5.0;
/// The height of the line below the field, in points.
const INFO_HEIGHT: f32 = 18.0;
/// The least width of a window in which the recipients have room for an address and a port, in points.
const WIDTH_WITH_PEER: f32 = 900.0;
/// The most rows of text that the field shows.
const MOST_ROWS: f32 = 12.0;

/// The height of the panel beside `room` points for all else, in points: as much as the payload needs, but at most
/// a third of the room.
#[must_use]
pub fn composer_height(ui: &Ui, composer: &Composer, room: f32) -> f32 {
    let row = field_height(ui, 2) - field_height(ui, 1);
    let most = (room / 3.0 / row).clamp(1.0, MOST_ROWS) as usize;
    let field = field_height(ui, composer.rows.clamp(1, most));
    PRIMARY_HEIGHT + GAP + field + INFO_HEIGHT + f32::from(MARGIN.top) + f32::from(MARGIN.bottom)
}

/// Draws the composer of a tab. `selected` are the selected connections, `encodings` those of the recipients, that of
/// the first one first.
pub fn composer_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    selected: &BTreeSet<ConnectionId>,
    encodings: &[Encoding],
    form: &mut TabSettings,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let area = ui.available_rect_before_wrap();
    let bar = area.with_max_y(area.top() + PRIMARY_HEIGHT);
    let info = area.with_min_y(area.bottom() - INFO_HEIGHT);
    let field = Rect::from_x_y_ranges(area.x_range(), bar.bottom() + GAP..=info.top());
    let row = |rect| egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
    bar_ui(&mut ui.new_child(row(bar)), ctx, selected, encodings, form, composer, actions);
    let encoded = composer.encoded.get(form, encodings, ctx.words);
    let error = encoded.as_ref().as_ref().err();
    let inside = egui::UiBuilder::new().max_rect(field);
    let hint = fill(&ctx.words.payload_hint, &[("keys", &ui.ctx().format_shortcut(&SEND))]);
    field_ui(
        &mut ui.new_child(inside.layout(Layout::top_down(Align::Min))),
        ctx,
        form,
        composer,
        field,
        &hint,
        error,
    );
    info_ui(&mut ui.new_child(row(info)), ctx, selected, encodings, form, composer, actions);
    ui.advance_cursor_after_rect(area);
}

fn bar_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    selected: &BTreeSet<ConnectionId>,
    encodings: &[Encoding],
    form: &mut TabSettings,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    let formats = [
        (Format::Text, words.text.as_str(), "Payload as text"),
        (Format::Hex, words.hex.as_str(), "Payload as hex"),
        (Format::Escaped, words.escaped.as_str(), "Payload with escapes"),
    ];
    let mut format = form.payload_format;
    let group = ui.scope(|ui| buttons::segmented(ui, &mut format, &formats)).response;
    group.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Group, true, "Payload format"));
    if format != form.payload_format {
        composer.error = None;
        composer.switch.switch(form, format, encodings, words);
        // At the end of the frame: in this one the field would give the focus up, for a click elsewhere.
        actions.push(ctx.action(TabAction::FocusPayload));
    }
    if form.payload_format != Format::Hex {
        let endings = [
            (LineEnding::None, words.line_ending_none.as_str(), "None"),
            (LineEnding::Lf, "LF (\\n)", "LF"),
            (LineEnding::Cr, "CR (\\r)", "CR"),
            (LineEnding::CrLf, "CRLF (\\r\\n)", "CRLF"),
        ];
        let ending = &mut form.line_ending;
        fields::combo(ui, "Line ending", &words.line_ending_tip, 100.0, ending, &endings);
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let encoded = composer.encoded.get(form, encodings, words);
        send_ui(ui, ctx, form.kind, &encoded, actions);
        history_ui(ui, ctx, form, composer, actions);
        if form.kind != TabKind::TcpClient {
            recipients_ui(ui, ctx, form, selected, composer);
        }
    });
}

/// The recipients: a single one by its name or address, whose address is in the tooltip.
fn recipients_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    form: &TabSettings,
    selected: &BTreeSet<ConnectionId>,
    composer: &mut Composer,
) {
    let words = ctx.words;
    let open = &ctx.status.connections;
    let peer_of = |id: &ConnectionId| open.get(*id).map(|info| info.peer);
    let count = |template: &str, count: usize| fill(template, &[("count", &grouped(count as u64))]);
    let one = |template: &str, peer: &dyn Display| fill(template, &[("peer", peer)]);
    let only = selected.first().filter(|_| selected.len() == 1).and_then(peer_of);
    let last = ctx.status.last_peer.as_ref().and_then(peer_of);
    let remote = form::remote(form).ok();
    let to_all = count(&words.to_all, open.len());
    let to_selected = match only {
        Some(peer) => one(&words.to_one_selected, &ctx.names.shown(peer)),
        None => count(&words.to_selected, selected.len()),
    };
    let to_remote = match &remote {
        Some(Endpoint { host: Host::Ip(ip), port }) => {
            one(&words.to_known_remote, &ctx.names.shown((*ip, *port).into()))
        }
        Some(remote) => one(&words.to_known_remote, remote),
        None => words.to_remote.clone(),
    };
    // Before anybody has sent, `Composer::target` uses the remote host.
    let is_remote = open.is_empty() && remote.is_some();
    let to_last = match last {
        Some(peer) => one(&words.to_known_last_peer, &ctx.names.shown(peer)),
        None if is_remote => to_remote.clone(),
        None => words.to_last_peer.clone(),
    };
    let mut choices = vec![
        (Recipients::All, to_all.as_str(), "To all"),
        (Recipients::Selected, to_selected.as_str(), "To selected"),
    ];
    if form.kind == TabKind::Udp {
        choices.push((Recipients::LastPeer, to_last.as_str(), "To last peer"));
        choices.push((Recipients::Remote, to_remote.as_str(), "To remote host"));
    }
    let in_full = |recipients| match recipients {
        Recipients::All => listed(ctx, open.iter().map(|info| info.peer)),
        Recipients::Selected => listed(ctx, selected.iter().filter_map(peer_of)),
        Recipients::LastPeer if !is_remote => listed(ctx, last.into_iter()),
        Recipients::LastPeer | Recipients::Remote => match &remote {
            Some(Endpoint { host: Host::Ip(ip), port }) => ctx.names.with_address((*ip, *port).into()),
            Some(remote) => remote.to_string(),
            None => String::new(),
        },
    };
    let width = if ui.ctx().content_rect().width() < WIDTH_WITH_PEER { 120.0 } else { 180.0 };
    let before = composer.recipients;
    let chosen = &mut composer.recipients;
    fields::described_combo(ui, "To", &words.to_tip, width, chosen, &choices, in_full);
    if composer.recipients != before {
        composer.error = None;
    }
}

/// Peers with their names and addresses, one on each line.
fn listed(ctx: TabCtx<'_>, mut peers: impl Iterator<Item = SocketAddr>) -> String {
    /// The most lines.
    const LINES: usize = 10;
    let mut lines: Vec<_> = peers.by_ref().take(LINES).map(|peer| ctx.names.with_address(peer)).collect();
    lines.extend(peers.next().map(|_| "…".to_owned()));
    lines.join("\n")
}

/// The line below the field: the size of the payload, or why it cannot be sent, switched or was not sent.
fn info_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    selected: &BTreeSet<ConnectionId>,
    encodings: &[Encoding],
    form: &TabSettings,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    let palette = Palette::of(ui.visuals());
    ui.style_mut().override_text_style = Some(egui::TextStyle::Small);
    let has_focus = ui.memory(|memory| memory.has_focus(payload_id(ctx.id)));
    let encoded = composer.encoded.get(form, encodings, words);
    let of_field = match &*encoded {
        Err(error) if !(error.is_unfinished && has_focus) => Some(error),
        _ => composer.switch.refused(form, encodings),
    };
    let is_nobody_selected = composer.recipients == Recipients::Selected && selected.is_empty();
    if let Some(error) = &composer.error {
        let text = error.explain(ctx);
        let buttons = |ui: &mut Ui| match error {
            SendError::Failed(failure) if failure.kind == FailureKind::BroadcastNotAllowed => {
                let allow = ui.small_button(&words.broadcast).accessible_name("Allow broadcast now");
                if allow.clicked() {
                    actions.push(ctx.action(TabAction::SetBroadcast(true)));
                }
            }
            _ => {
                let offers_all = is_nobody_selected && ctx.is_open();
                if offers_all && ui.small_button(&words.send_to_all).accessible_name("Send to all").clicked()
                {
                    actions.push(ctx.action(TabAction::SendToAll));
                }
            }
        };
        if said_ui(ui, &text, palette, Some(&words.dismiss), buttons) {
            composer.error = None;
        }
    } else if let Some(error) = of_field {
        said_ui(ui, &error.text, palette, None, |_| {});
    } else if let Some(bytes) = first_bytes(&encoded) {
        let count = grouped(bytes.len() as u64);
        ui.weak(fill(&words.bytes_count, &[("count", &count)])).accessible_name("Payload size");
        if let Some(text) = composer.switch.differing(form, words) {
            let label = egui::RichText::new(&text).color(palette.warning);
            let label = ui.add(egui::Label::new(label).truncate());
            ui.ctx().accesskit_node_builder(label.id, |node| {
                node.set_value(text.as_str());
                node.set_live(Live::Polite);
            });
            label.on_hover_text(text);
        }
    } else {
        ui.weak(&words.payload_unfinished).accessible_name("Payload size");
    }
}

/// An error on one line; the whole of it is in the tooltip and the accessible value. Returns whether it was
/// dismissed, if that is possible.
fn said_ui(
    ui: &mut Ui,
    text: &str,
    palette: &Palette,
    dismiss: Option<&String>,
    buttons: impl FnOnce(&mut Ui),
) -> bool {
    let mut is_dismissed = false;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if let Some(tip) = dismiss {
            let close =
                buttons::small_icon_button(ui, icons::CLOSE, egui::Sense::click(), "Dismiss send error");
            is_dismissed = close.on_hover_text(tip).clicked();
        }
        buttons(ui);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let label = egui::Label::new(egui::RichText::new(text).color(palette.error)).truncate();
            let label = ui.add(label);
            ui.ctx().accesskit_node_builder(label.id, |node| {
                node.set_value(text);
                // What was not sent is spoken at once, what is being typed is not.
                let is_sent = dismiss.is_some();
                node.set_live(if is_sent { Live::Assertive } else { Live::Polite });
            });
            label.on_hover_text(text);
        });
    });
    is_dismissed
}

fn send_ui(ui: &mut Ui, ctx: TabCtx<'_>, kind: TabKind, encoded: &Encoded, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let palette = Palette::of(ui.visuals());
    // An empty datagram can be sent; an empty text on a stream is nothing.
    let has_payload = first_bytes(encoded).is_some_and(|bytes| !bytes.is_empty() || kind == TabKind::Udp);
    let can_send = ctx.is_open() && has_payload;
    let button = buttons::primary_button(ui, &words.send, "Send", palette.accent, can_send);
    let tip = format!("{} ({})", words.send_tip, ui.ctx().format_shortcut(&SEND));
    let button = button.on_hover_text(tip).on_disabled_hover_text(&words.send_disabled_tip);
    let by_key = ui.input_mut(|input| input.consume_shortcut(&SEND));
    if button.clicked() || (by_key && can_send) {
        actions.push(ctx.action(TabAction::Send));
    }
}
