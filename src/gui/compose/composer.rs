//! What is to be sent: typed as text or hex, checked in place, remembered.
//!
//! Nothing leaves unless all of it is right.

use crate::codec::{Encoding, LineEnding};
use crate::gui::action::Action;
use crate::gui::connect::form;
use crate::gui::kit::theme::{Palette, data_font};
use crate::gui::kit::widgets;
use crate::gui::tab::state::Tab;
use crate::lang::{Words, explain_payload, fill};
use crate::model::{SessionState, Target};
use crate::payload::{self, Format};
use crate::settings::{HistoryEntry, TabKind, TabSettings};
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, Key, KeyboardShortcut, Modifiers, Stroke, Ui};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// The field takes no more, since editing it would become slow.
const PAYLOAD_CHARACTERS: usize = 300_000;
/// How much is remembered.
const HISTORY: usize = 50;
/// Longer payloads are not remembered: the settings should stay small.
const HISTORY_CHARACTERS: usize = 10_000;

/// The field is at least so high.
const FIELD_HEIGHT: f32 = 26.0;

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
    key: Option<(Format, Encoding, LineEnding, *const Words)>,
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
    let options = payload::Options {
        format: form.payload_format,
        encoding: form.encoding,
        line_ending: form.line_ending,
    };
    payload::encode(&form.payload, options).map_err(|error| PayloadError {
        text: fill(&words.payload_refused, &[("reason", &explain_payload(words, &error))]),
        range: error.range,
    })
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
    /// What was left on the way, by steps back: the draft, and entries that were changed.
    left: BTreeMap<usize, HistoryEntry>,
    /// The draft that waits while something older was sent instead.
    waiting: Option<HistoryEntry>,
}

impl HistoryPlace {
    /// Goes `back` (or forth) by one and shows what is there.
    pub fn step(&mut self, form: &mut TabSettings, back: bool) {
        let here = HistoryEntry { format: form.payload_format, payload: form.payload.clone() };
        let is_just_sent = self.back == 0 && form.history.last() == Some(&here);
        let target = match (back, self.back) {
            // What was just sent still stands in the field; going back to it would seem to do nothing.
            (true, 0) if is_just_sent => 2,
            (true, steps) => steps + 1,
            (false, 0) => {
                // What was sent is in the history; the draft takes its place again.
                if is_just_sent && let Some(draft) = self.waiting.take() {
                    show(form, draft);
                }
                return;
            }
            (false, steps) => steps - 1,
        };
        if target > form.history.len() {
            return;
        }
        self.left.insert(self.back, here);
        let left = self.left.get(&target).cloned();
        if let Some(entry) = left.or_else(|| form.history.get(form.history.len() - target).cloned()) {
            show(form, entry);
        }
        self.back = target;
    }

    /// What is in the field was sent. A draft that was left for it waits for Down.
    pub fn sent(&mut self) {
        let draft = if self.back > 0 { self.left.remove(&0) } else { None };
        let waiting = draft.or(self.waiting.take()).filter(|draft| !draft.payload.is_empty());
        *self = Self { waiting, ..Self::default() };
    }
}

fn show(form: &mut TabSettings, entry: HistoryEntry) {
    form.payload_format = entry.format;
    form.payload = entry.payload;
}

/// Draws the composer of a tab.
pub fn composer_ui(ui: &mut Ui, tab: &mut Tab, words: &Words, actions: &mut Vec<Action>) {
    let checked = tab.checked.get(&tab.form, words);
    options_ui(ui, tab, words, &checked, actions);
    let error = checked.as_ref().as_ref().err();
    // The field takes what is left, whatever it holds: the panel's height is the user's.
    let mut rect = ui.available_rect_before_wrap();
    let outer = rect;
    if let Some(error) = error {
        let palette = Palette::of(ui.visuals());
        let font = egui::TextStyle::Body.resolve(ui.style());
        let mut job = LayoutJob::simple(error.text.clone(), font, palette.error, rect.width());
        // The field keeps a line at least; the rest is there to hover over and to be spoken.
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
    field_ui(&mut field, tab, words, rect, error);
    ui.advance_cursor_after_rect(outer);
}

fn options_ui(
    ui: &mut Ui,
    tab: &mut Tab,
    words: &Words,
    checked: &Result<Vec<u8>, PayloadError>,
    actions: &mut Vec<Action>,
) {
    // As high as its highest, so that all stand on one line.
    let size = egui::vec2(ui.available_width(), widgets::PRIMARY_HEIGHT);
    ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
        let formats = [
            (Format::Text, words.text.as_str(), "Payload as text"),
            (Format::Hex, words.hex.as_str(), "Payload as hex"),
        ];
        widgets::combo(
            ui,
            "Payload format",
            &words.payload_format,
            84.0,
            &mut tab.form.payload_format,
            &formats,
        );
        if tab.form.payload_format == Format::Text {
            let names = [
                (LineEnding::None, words.line_ending_none.as_str(), "None"),
                (LineEnding::Lf, "LF (\\n)", "LF"),
                (LineEnding::Cr, "CR (\\r)", "CR"),
                (LineEnding::CrLf, "CRLF (\\r\\n)", "CRLF"),
            ];
            widgets::caption(ui, &words.line_ending, 0.0);
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
            let count = crate::gui::kit::figures::grouped(bytes.len() as u64);
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
    let marked = tab.list.marked.len();
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
    widgets::caption(ui, &words.to, 0.0);
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
        if let Some(error) = error {
            widgets::say_invalid(&response, &error.text);
        }
        if response.changed() {
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
        Recipients::Selected if tab.list.marked.is_empty() => Err(words.nobody_selected.clone()),
        Recipients::Selected => Ok(Target::Connections(tab.list.marked.iter().copied().collect())),
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
