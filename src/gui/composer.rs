//! What is to be sent: typed as text or hex, checked in place, remembered.
//!
//! Nothing leaves unless all of it is right.

use super::tab::Tab;
use super::theme::{Palette, data_font};
use super::widgets;
use super::{Action, form};
use crate::codec::{Encoding, HexErrorKind, LineEnding, parse_hex};
use crate::lang::{Words, fill};
use crate::model::{SessionState, Target};
use crate::settings::{HistoryEntry, PayloadFormat, TabKind, TabSettings};
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, Key, KeyboardShortcut, Modifiers, Stroke, Ui};
use std::ops::Range;
use std::rc::Rc;

/// The field takes no more, since editing it would become slow.
const PAYLOAD_CHARACTERS: usize = 300_000;
/// How much is remembered.
const HISTORY: usize = 50;
/// Longer payloads are not remembered: the settings should stay small.
const HISTORY_CHARACTERS: usize = 10_000;

/// Sends what is in the field.
pub const SEND: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);

/// To whom a payload goes, as chosen in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recipients {
    /// Everybody.
    #[default]
    All,
    /// The connections that are marked in the list.
    Selected,
    /// The UDP peer that wrote last.
    LastPeer,
    /// The address in the form.
    Remote,
}

/// What is wrong with the payload: words, and the place in the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadError {
    /// For people.
    pub text: String,
    /// In bytes of the field's text.
    pub range: Range<usize>,
}

/// What [`payload`] said last, so that a long payload is not encoded in each frame.
#[derive(Default)]
pub struct Checked {
    key: Option<(PayloadFormat, Encoding, LineEnding, *const Words)>,
    text: String,
    result: Option<Rc<Result<Vec<u8>, PayloadError>>>,
}

impl Checked {
    /// The bytes or the error for what is in the field now.
    pub fn get(&mut self, form: &TabSettings, words: &Words) -> Rc<Result<Vec<u8>, PayloadError>> {
        // The words are in the error; each language has one table, which stays where it is.
        let key = (form.payload_format, form.encoding, form.line_ending, std::ptr::from_ref(words));
        match &self.result {
            Some(result) if self.key == Some(key) && self.text == form.payload => result.clone(),
            _ => {
                let result = Rc::new(payload(form, words));
                self.key = Some(key);
                self.text.clone_from(&form.payload);
                self.result = Some(result.clone());
                result
            }
        }
    }
}

/// The bytes that the field means.
pub fn payload(form: &TabSettings, words: &Words) -> Result<Vec<u8>, PayloadError> {
    match form.payload_format {
        PayloadFormat::Text => {
            let mut bytes = Vec::new();
            // The text as typed comes first, so that an error's place is that in the field.
            form.encoding.encode(&form.payload, &mut bytes).map_err(|error| PayloadError {
                text: fill(
                    &words.character_not_in_encoding,
                    &[
                        ("character", &error.character),
                        ("code", &format!("U+{:04X}", u32::from(error.character))),
                        ("encoding", &error.encoding),
                        ("line", &error.line),
                        ("column", &error.column),
                    ],
                ),
                range: error.offset_bytes..error.offset_bytes + error.character.len_utf8(),
            })?;
            if form.line_ending != LineEnding::None {
                bytes.clear();
                // Line ends are ASCII, which every encoding has.
                let _ = form.encoding.encode(&form.line_ending.apply(&form.payload), &mut bytes);
            }
            Ok(bytes)
        }
        PayloadFormat::Hex => parse_hex(&form.payload).map_err(|error| {
            let found = form.payload.get(error.range.clone()).unwrap_or_default();
            let shown: String = found.chars().take(24).collect();
            let template = match error.kind {
                HexErrorKind::NotHex(_) => &words.hex_wrong_character,
                HexErrorKind::LoneDigit(_) | HexErrorKind::EmptyPrefix => &words.hex_lone_digit,
                _ => &words.hex_bad_dump,
            };
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("found", &shown), ("line", &error.line), ("column", &error.column)];
            PayloadError { text: fill(template, &values), range: error.range }
        }),
    }
}

/// Remembers a payload, newest last, each once.
pub fn remember(form: &mut TabSettings) {
    let entry = HistoryEntry { format: form.payload_format, payload: form.payload.clone() };
    if entry.payload.is_empty() || entry.payload.chars().count() > HISTORY_CHARACTERS {
        return;
    }
    form.history.retain(|known| *known != entry);
    form.history.push(entry);
    let excess = form.history.len().saturating_sub(HISTORY);
    form.history.drain(..excess);
}

/// Where Up and Down are in the history.
#[derive(Clone, Debug, Default)]
pub struct HistoryPlace {
    /// How many steps back; 0 is what is being typed.
    back: usize,
    /// What was being typed before the first step.
    draft: Option<HistoryEntry>,
}

impl HistoryPlace {
    /// Goes `back` (or forth) by one and shows what is there.
    pub fn step(&mut self, form: &mut TabSettings, back: bool) {
        let mut target = if back { self.back + 1 } else { self.back.wrapping_sub(1) };
        // What was just sent still stands in the field; going back to it would seem to do nothing.
        let newest = form.history.last().filter(|_| self.back == 0 && back);
        if newest.is_some_and(|entry| entry.payload == form.payload && entry.format == form.payload_format) {
            target += 1;
        }
        if target > form.history.len() {
            return;
        }
        if self.back == 0 {
            self.draft = Some(HistoryEntry { format: form.payload_format, payload: form.payload.clone() });
        }
        let entry = match target {
            0 => self.draft.take(),
            steps => form.history.get(form.history.len() - steps).cloned(),
        };
        if let Some(entry) = entry {
            form.payload_format = entry.format;
            form.payload = entry.payload;
        }
        self.back = target;
    }

    /// Starts anew from what is typed.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Draws the composer of a tab.
pub fn composer_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    let checked = tab.checked.get(&tab.form, words);
    options_ui(ui, tab, words, &checked, actions);
    let message =
        checked.as_ref().as_ref().err().map(|error| error.text.clone()).or_else(|| tab.send_error.clone());
    // The field takes what is left, whatever it holds: the panel's height is the user's.
    let mut rect = ui.available_rect_before_wrap();
    let outer = rect;
    if message.is_some() {
        rect.max.y -= ui.text_style_height(&egui::TextStyle::Body) + 6.0;
    }
    let mut field = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    field_ui(&mut field, tab, words, rect, checked.as_ref().as_ref().err());
    if let Some(message) = message {
        let palette = Palette::of(ui.visuals());
        let below = egui::Rect::from_min_max(egui::pos2(rect.left(), rect.bottom() + 4.0), outer.max);
        let mut line = ui.new_child(egui::UiBuilder::new().max_rect(below));
        let text = egui::RichText::new(&message).color(palette.error);
        line.add(egui::Label::new(text).truncate()).on_hover_text(message);
    }
    ui.advance_cursor_after_rect(outer);
}

fn options_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    words: &Words,
    checked: &Result<Vec<u8>, PayloadError>,
    actions: &mut Vec<Action>,
) {
    ui.horizontal(|ui| {
        let formats = [
            (PayloadFormat::Text, words.text.as_str(), "Payload as text"),
            (PayloadFormat::Hex, words.hex.as_str(), "Payload as hex"),
        ];
        let before = tab.form.payload_format;
        widgets::combo(
            ui,
            "Payload format",
            &words.payload_format,
            84.0,
            &mut tab.form.payload_format,
            &formats,
        );
        if before != tab.form.payload_format {
            tab.history.reset();
        }
        if tab.form.payload_format == PayloadFormat::Text {
            let names = [
                (LineEnding::None, words.line_ending_none.as_str(), "None"),
                (LineEnding::Lf, "LF (\\n)", "LF"),
                (LineEnding::Cr, "CR (\\r)", "CR"),
                (LineEnding::CrLf, "CRLF (\\r\\n)", "CRLF"),
            ];
            widgets::caption(ui, &words.line_ending);
            widgets::combo(
                ui,
                "Line ending",
                &words.line_ending_tip,
                104.0,
                &mut tab.form.line_ending,
                &names,
            );
        }
        if let Ok(bytes) = checked {
            let count = super::view::grouped(bytes.len() as u64);
            ui.weak(fill(&words.bytes_count, &[("count", &count)])).accessible_name("Payload size");
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            send_ui(ui, tab, words, checked, actions);
            to_ui(ui, tab, words);
        });
    });
}

fn to_ui(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    if tab.form.kind == TabKind::TcpClient {
        return;
    }
    let marked = tab.selected.len();
    let selected = fill(&words.to_selected, &[("count", &marked)]);
    let mut choices = vec![
        (Recipients::All, words.to_all.as_str(), "To all"),
        (Recipients::Selected, selected.as_str(), "To marked"),
    ];
    if tab.form.kind == TabKind::Udp {
        choices.push((Recipients::LastPeer, words.to_last_peer.as_str(), "To last peer"));
        choices.push((Recipients::Remote, words.to_remote.as_str(), "To remote host"));
    }
    let before = tab.recipients;
    widgets::combo(ui, "To", &words.to_tip, 150.0, &mut tab.recipients, &choices);
    if tab.recipients != before {
        tab.send_error = None;
    }
    widgets::caption(ui, &words.to);
}

fn field_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, rect: egui::Rect, error: Option<&PayloadError>) {
    let palette = Palette::of(ui.visuals());
    let id = tab.payload_id();
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    if has_focus {
        history_keys(ui, tab);
        refuse_long_paste(ui, tab, words);
    }
    let text_color = ui.visuals().text_color();
    let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, width: f32| {
        let job = marked(text.as_str(), error, text_color, palette, width);
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    // The frame is drawn around the scroll area, so that it stays while the text scrolls.
    let border = match (error.is_some(), has_focus) {
        (true, _) => Stroke::new(1.5, palette.error),
        (false, true) => Stroke::new(1.5, palette.accent),
        (false, false) => Stroke::new(1.0, palette.line),
    };
    ui.painter().rect(rect, 5.0, palette.data_ground, border, egui::StrokeKind::Inside);
    let inside = rect.shrink(2.0);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(inside));
    ui.set_clip_rect(inside);
    egui::ScrollArea::vertical().id_salt(("payload", tab.id)).auto_shrink(false).show(&mut ui, |ui| {
        let edit = egui::TextEdit::multiline(&mut tab.form.payload)
            .id(id)
            .font(data_font())
            .frame(egui::Frame::new().inner_margin(egui::Margin::symmetric(6, 4)))
            .desired_width(f32::INFINITY)
            .desired_rows(1)
            .min_size(egui::vec2(0.0, inside.height() - 2.0))
            .char_limit(PAYLOAD_CHARACTERS)
            .layouter(&mut layouter);
        let response = ui.add(edit).accessible_name("Payload");
        if response.changed() {
            tab.history.reset();
            tab.send_error = None;
        }
    });
}

/// A paste that does not fit is refused as a whole: half of it would be something else.
fn refuse_long_paste(ui: &mut Ui, tab: &mut Tab, words: &Words) {
    let typed = tab.form.payload.chars().count();
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
    if let Some(count) = refused {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("count", &count), ("limit", &PAYLOAD_CHARACTERS)];
        tab.send_error = Some(fill(&words.paste_too_long, &values));
    }
}

/// Up on the first line and Down on the last go through the history.
fn history_keys(ui: &mut Ui, tab: &mut Tab) {
    let id = tab.payload_id();
    let Some(state) = egui::TextEdit::load_state(ui.ctx(), id) else { return };
    let Some(cursor) = state.cursor.char_range() else { return };
    let index = cursor.primary.index.0;
    let characters = tab.form.payload.chars();
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
        tab.history.step(&mut tab.form, up);
    }
}

/// The text with the wrong place underlined.
fn marked(
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

fn send_ui(
    ui: &mut Ui,
    tab: &Tab,
    words: &Words,
    checked: &Result<Vec<u8>, PayloadError>,
    actions: &mut Vec<Action>,
) {
    let palette = Palette::of(ui.visuals());
    let can_send = can_send(tab, checked);
    let button = widgets::primary_button(ui, &words.send, "Send", palette.accent, can_send);
    let tip = format!("{} ({})", words.send_tip, ui.ctx().format_shortcut(&SEND));
    let button = button.on_hover_text(tip).on_disabled_hover_text(&words.send_disabled_tip);
    let by_key = ui.input_mut(|input| input.consume_shortcut(&SEND));
    if button.clicked() || (by_key && can_send) {
        actions.push(Action::Send(tab.id));
    }
}

fn can_send(tab: &Tab, checked: &Result<Vec<u8>, PayloadError>) -> bool {
    let is_open = matches!(tab.status.state, SessionState::Open | SessionState::Listening);
    // An empty datagram is one; an empty text on a stream is nothing.
    is_open && checked.as_ref().is_ok_and(|bytes| !bytes.is_empty() || tab.form.kind == TabKind::Udp)
}

/// Whom the choice in the list means now; the error says what to do about nobody.
pub fn target(tab: &Tab, words: &Words) -> Result<Target, String> {
    match tab.recipients {
        Recipients::All => Ok(Target::All),
        Recipients::Selected if tab.selected.is_empty() => Err(words.nobody_selected.clone()),
        Recipients::Selected => Ok(Target::Connections(tab.selected.iter().copied().collect())),
        // While nobody has written, what stands in the form is meant.
        Recipients::LastPeer if tab.status.connections.is_empty() && form::remote(&tab.form).is_ok() => {
            form::remote(&tab.form).map(Target::Host).map_err(|_| words.nobody_selected.clone())
        }
        Recipients::LastPeer => Ok(Target::LastPeer),
        Recipients::Remote => match form::remote(&tab.form) {
            Ok(remote) => Ok(Target::Host(remote)),
            Err(errors) => {
                let texts: Vec<_> = errors.iter().map(|(_, error)| form::explain(error, words)).collect();
                Err(texts.join(" "))
            }
        },
    }
}
