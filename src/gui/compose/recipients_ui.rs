//! Draws the list of recipients of payloads.

use crate::gui::compose::composing::Composing;
use crate::gui::compose::state::{Composer, Recipients};
use crate::gui::connect::form;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::fields;
use crate::gui::kit::figures::grouped;
use crate::lang::fill;
use crate::model::{ConnectionId, Endpoint, Host};
use crate::settings::{TabKind, TabSettings};
use eframe::egui::Ui;
use std::fmt::Display;
use std::net::SocketAddr;

/// The least width of a window in which the recipients have room for an address and a port, in points.
const WIDTH_WITH_PEER: f32 = 900.0;

/// The width of the list, in points.
#[must_use]
pub fn recipients_width(ui: &Ui) -> f32 {
    if ui.ctx().content_rect().width() < WIDTH_WITH_PEER { 120.0 } else { 180.0 }
}

/// The recipients: a single one by its name or address, whose address is in the tooltip.
pub fn recipients_ui(ui: &mut Ui, composing: Composing<'_>, form: &TabSettings, composer: &mut Composer) {
    let Composing { ctx, selected, .. } = composing;
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
    let width = recipients_width(ui);
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
