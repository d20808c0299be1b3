//! Draws the composer: options, recipients, the payload field and the Send button.

use crate::codec::{Encoding, LineEnding};
use crate::gui::action::{Action, TabAction};
use crate::gui::compose::payload::{Encoded, PayloadError, first_bytes};
use crate::gui::compose::state::{Composer, Recipients};
use crate::gui::kit::ctx::{TabCtx, payload_id};
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::{Palette, data_font};
use crate::gui::kit::widgets;
use crate::lang::{Words, fill};
use crate::payload::Format;
use crate::settings::{TabKind, TabSettings};
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, Id, Key, KeyboardShortcut, Modifiers, Panel, Stroke, Ui};

/// The longest payload in the field; editing a longer one would be slow.
const PAYLOAD_CHARACTERS: usize = 300_000;

/// The least height of the field, in points.
const FIELD_HEIGHT: f32 = 26.0;

/// Sends the payload.
pub const SEND: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);

/// Draws the composer of a tab. `selected` is the number of selected connections, `encodings` those of the recipients,
/// that of the first one first.
pub fn composer_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    selected: usize,
    encodings: &[Encoding],
    form: &mut TabSettings,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let encoded = composer.encoded.get(form, encodings, ctx.words);
    options_ui(ui, ctx, selected, form, composer, &encoded, actions);
    let error = encoded.as_ref().as_ref().err();
    // The user chooses the panel's height; the field takes what is left of it.
    let mut rect = ui.available_rect_before_wrap();
    let outer = rect;
    if let Some(error) = error {
        let palette = Palette::of(ui.visuals());
        let font = egui::TextStyle::Body.resolve(ui.style());
        let mut job = LayoutJob::simple(error.text.clone(), font, palette.error, rect.width());
        // The field keeps at least one line; the whole error is in the tooltip and the accessible value.
        let line = ui.text_style_height(&egui::TextStyle::Body);
        job.wrap.max_rows = (((rect.height() - FIELD_HEIGHT - 4.0) / line) as usize).max(1);
        let galley = ui.painter().layout_job(job);
        rect.max.y = (rect.max.y - galley.size().y - 4.0).max(rect.min.y);
        let at = egui::Rect::from_min_max(egui::pos2(rect.left(), rect.bottom() + 4.0), outer.max);
        let label = ui.new_child(egui::UiBuilder::new().max_rect(at)).label(galley);
        ui.ctx().accesskit_node_builder(label.id, |node| {
            node.set_value(error.text.as_str());
            node.set_live(egui::accesskit::Live::Polite);
        });
        label.on_hover_text(&error.text);
    }
    let mut field = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    field_ui(&mut field, ctx, form, composer, rect, error);
    ui.advance_cursor_after_rect(outer);
}

/// Draws why the last payload was not sent, in a panel of its own above the composer.
pub fn send_error_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    selected: usize,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    let Some(error) = &composer.error else { return };
    let is_nobody_selected = composer.recipients == Recipients::Selected && selected == 0;
    let frame = egui::Frame::new().fill(ui.visuals().panel_fill).inner_margin(egui::Margin::symmetric(10, 4));
    let panel = Panel::bottom("send error").frame(frame).show(ui, |ui| {
        widgets::banner(ui, error, &words.dismiss, "Dismiss send error", |ui| {
            let offers_all = is_nobody_selected && ctx.is_open();
            if offers_all && ui.button(&words.send_to_all).accessible_name("Send to all").clicked() {
                actions.push(ctx.action(TabAction::SendToAll));
            }
        })
    });
    if panel.inner {
        composer.error = None;
    }
}

fn options_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    selected: usize,
    form: &mut TabSettings,
    composer: &mut Composer,
    encoded: &Encoded,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    // All controls are centred on the highest one.
    let size = egui::vec2(ui.available_width(), widgets::PRIMARY_HEIGHT);
    ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
        let formats = [
            (Format::Text, words.text.as_str(), "Payload as text"),
            (Format::Hex, words.hex.as_str(), "Payload as hex"),
        ];
        let format = &mut form.payload_format;
        widgets::combo(ui, "Payload format", &words.payload_format, 84.0, format, &formats);
        if form.payload_format == Format::Text {
            let names = [
                (LineEnding::None, words.line_ending_none.as_str(), "None"),
                (LineEnding::Lf, "LF (\\n)", "LF"),
                (LineEnding::Cr, "CR (\\r)", "CR"),
                (LineEnding::CrLf, "CRLF (\\r\\n)", "CRLF"),
            ];
            widgets::caption(ui, &words.line_ending, 0.0);
            let ending = &mut form.line_ending;
            widgets::combo(ui, "Line ending", &words.line_ending_tip, 104.0, ending, &names);
        }
        if let Some(bytes) = first_bytes(encoded) {
            let count = grouped(bytes.len() as u64);
            ui.weak(fill(&words.bytes_count, &[("count", &count)])).accessible_name("Payload size");
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            send_ui(ui, ctx, form.kind, encoded, actions);
            if form.kind != TabKind::TcpClient {
                recipients_ui(ui, words, form.kind, selected, composer);
            }
        });
    });
}

fn recipients_ui(ui: &mut Ui, words: &Words, kind: TabKind, selected: usize, composer: &mut Composer) {
    let to_selected = fill(&words.to_selected, &[("count", &selected)]);
    let mut choices = vec![
        (Recipients::All, words.to_all.as_str(), "To all"),
        (Recipients::Selected, to_selected.as_str(), "To selected"),
    ];
    if kind == TabKind::Udp {
        choices.push((Recipients::LastPeer, words.to_last_peer.as_str(), "To last peer"));
        choices.push((Recipients::Remote, words.to_remote.as_str(), "To remote host"));
    }
    let before = composer.recipients;
    widgets::combo(ui, "To", &words.to_tip, 150.0, &mut composer.recipients, &choices);
    if composer.recipients != before {
        composer.error = None;
    }
    widgets::caption(ui, &words.to, 0.0);
}

fn field_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    form: &mut TabSettings,
    composer: &mut Composer,
    rect: egui::Rect,
    error: Option<&PayloadError>,
) {
    let palette = Palette::of(ui.visuals());
    let id = payload_id(ctx.id);
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    if has_focus {
        history_keys(ui, id, form, composer);
        if let Some(characters) = refuse_long_paste(ui, &form.payload) {
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("count", &characters), ("limit", &PAYLOAD_CHARACTERS)];
            composer.error = Some(fill(&ctx.words.paste_too_long, &values));
        }
    }
    let text_color = ui.visuals().text_color();
    let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, width: f32| {
        let job = underlined(text.as_str(), error, text_color, palette, width);
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    // Drawn around the scroll area, so that it does not scroll with the text.
    let border = match (error.is_some(), has_focus) {
        (true, _) => Stroke::new(1.5, palette.error),
        (false, true) => Stroke::new(1.5, palette.accent),
        (false, false) => Stroke::new(1.0, palette.line),
    };
    ui.painter().rect(rect, 5.0, palette.data_ground, border, egui::StrokeKind::Inside);
    let inside = rect.shrink(2.0);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(inside));
    ui.set_clip_rect(inside);
    egui::ScrollArea::vertical().id_salt(("payload", ctx.id)).auto_shrink(false).show(&mut ui, |ui| {
        let edit = egui::TextEdit::multiline(&mut form.payload)
            .id(id)
            .font(data_font())
            .frame(egui::Frame::new().inner_margin(egui::Margin::symmetric(6, 4)))
            .desired_width(f32::INFINITY)
            .desired_rows(1)
            .min_size(egui::vec2(0.0, inside.height() - 2.0))
            .char_limit(PAYLOAD_CHARACTERS)
            .layouter(&mut layouter);
        let response = ui.add(edit).accessible_name("Payload");
        if let Some(error) = error {
            widgets::say_invalid(&response, &error.text);
        }
        if response.changed() {
            composer.error = None;
        }
    });
}

/// Removes pastes that do not fit as a whole: half of one would be other data. Returns the number of
/// characters that the field would have had.
fn refuse_long_paste(ui: &mut Ui, payload: &str) -> Option<usize> {
    let typed = payload.chars().count();
    let mut refused = None;
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let egui::Event::Paste(text) = event else { return true };
            let count = typed + text.chars().count();
            let fits = count <= PAYLOAD_CHARACTERS;
            if !fits {
                refused = Some(count);
            }
            fits
        });
    });
    refused
}

/// Up on the first line and Down on the last go through the history.
fn history_keys(ui: &mut Ui, id: Id, form: &mut TabSettings, composer: &mut Composer) {
    let Some(state) = egui::TextEdit::load_state(ui.ctx(), id) else { return };
    let Some(cursor) = state.cursor.char_range() else { return };
    let index = cursor.primary.index.0;
    let characters = form.payload.chars();
    let is_first_line = !characters.clone().take(index).any(|c| c == '\n');
    let is_last_line = !characters.skip(index).any(|c| c == '\n');
    let (up, down) = ui.input_mut(|input| {
        // With Shift or Alt the arrows select and move as in any field.
        let is_plain = input.modifiers.is_none();
        let up = is_plain && is_first_line && input.consume_key(Modifiers::NONE, Key::ArrowUp);
        let down = is_plain && is_last_line && input.consume_key(Modifiers::NONE, Key::ArrowDown);
        (up, down)
    });
    if up || down {
        composer.history.step(form, up);
    }
}

/// The text with the wrong part underlined.
fn underlined(
    text: &str,
    error: Option<&PayloadError>,
    color: egui::Color32,
    palette: &Palette,
    width: f32,
) -> LayoutJob {
    let plain = TextFormat::simple(data_font(), color);
    let wrong = TextFormat {
        color: palette.error,
        background: palette.error_ground,
        underline: Stroke::new(1.5, palette.error),
        ..plain.clone()
    };
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    match error.map(|error| error.range.clone()) {
        Some(range)
            if text.is_char_boundary(range.start)
                && text.is_char_boundary(range.end)
                && range.end <= text.len() =>
        {
            job.append(&text[..range.start], 0.0, plain.clone());
            job.append(&text[range.clone()], 0.0, wrong);
            job.append(&text[range.end..], 0.0, plain);
        }
        _ => job.append(text, 0.0, plain),
    }
    job
}

fn send_ui(ui: &mut Ui, ctx: TabCtx<'_>, kind: TabKind, encoded: &Encoded, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let palette = Palette::of(ui.visuals());
    // An empty datagram can be sent; an empty text on a stream is nothing.
    let has_payload = first_bytes(encoded).is_some_and(|bytes| !bytes.is_empty() || kind == TabKind::Udp);
    let can_send = ctx.is_open() && has_payload;
    let button = widgets::primary_button(ui, &words.send, "Send", palette.accent, can_send);
    let tip = format!("{} ({})", words.send_tip, ui.ctx().format_shortcut(&SEND));
    let button = button.on_hover_text(tip).on_disabled_hover_text(&words.send_disabled_tip);
    let by_key = ui.input_mut(|input| input.consume_shortcut(&SEND));
    if button.clicked() || (by_key && can_send) {
        actions.push(ctx.action(TabAction::Send));
    }
}
