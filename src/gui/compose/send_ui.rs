//! Draws the button that sends the payload.

use crate::gui::action::{Action, TabAction};
use crate::gui::compose::cutting;
use crate::gui::compose::payload::{Encoded, first_bytes};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::theme::Palette;
use crate::settings::{TabKind, TabSettings};
use eframe::egui::{Key, KeyboardShortcut, Modifiers, Ui};

/// Sends the payload.
pub const SEND: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);

/// Draws the button, and takes its key. Returns whether the payload can be sent.
pub fn send_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    form: &TabSettings,
    encoded: &Encoded,
    actions: &mut Vec<Action>,
) -> bool {
    let words = ctx.words;
    let palette = Palette::of(ui.visuals());
    // An empty datagram can be sent; an empty text on a stream is nothing.
    let has_payload =
        first_bytes(encoded).is_some_and(|bytes| !bytes.is_empty() || form.kind == TabKind::Udp);
    let can_send = ctx.is_open() && has_payload && cutting::delivery(form, words).is_ok();
    let button = buttons::primary_button(ui, &words.send, "Send", palette.accent, can_send);
    let tip = format!("{} ({})", words.send_tip, ui.ctx().format_shortcut(&SEND));
    let button = button.on_hover_text(tip).on_disabled_hover_text(&words.send_disabled_tip);
    let by_key = ui.input_mut(|input| input.consume_shortcut(&SEND));
    if button.clicked() || (by_key && can_send) {
        actions.push(ctx.action(TabAction::Send));
    }
    can_send
}
