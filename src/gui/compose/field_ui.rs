//! Draws the payload field: one line until more is typed, with its error underlined.

use crate::gui::compose::payload::PayloadError;
use crate::gui::compose::state::Composer;
use crate::gui::kit::ctx::{TabCtx, payload_id};
use crate::gui::kit::fields;
use crate::gui::kit::sends::SendError;
use crate::gui::kit::theme::{Palette, data_font};
use crate::lang::fill;
use crate::settings::TabSettings;
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, Color32, Event, FontId, Id, Key, Margin, Modifiers, Rect, Stroke, Ui};

/// The longest payload in the field; editing a longer one would be slow.
const PAYLOAD_CHARACTERS: usize = 300_000;
/// The space around the text, in points.
const MARGIN: Margin = Margin::symmetric(8, 5);
/// The width of the border, in points.
const BORDER: f32 = 1.5;

/// The height of the field with that many rows of text, in points.
#[must_use]
pub fn field_height(ui: &Ui, rows: usize) -> f32 {
    let font = data_font(ui.style());
    let pixels = ui.ctx().pixels_per_point();
    // Each row begins at a whole pixel, and so does the field: without the space for that it would have a scroll bar.
    let row = (ui.ctx().fonts_mut(|fonts| fonts.row_height(&font)) * pixels).ceil() / pixels;
    let text = (row * rows.max(1) as f32).ceil() + 2.0;
    text + f32::from(MARGIN.top) + f32::from(MARGIN.bottom) + 2.0 * BORDER
}

/// Draws the field into `rect`. `hint` is shown while it is empty, `error` is underlined.
pub fn field_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    form: &mut TabSettings,
    composer: &mut Composer,
    rect: Rect,
    hint: &str,
    error: Option<&PayloadError>,
) {
    let palette = Palette::of(ui.visuals());
    let id = payload_id(ctx.id);
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    follow_format(ui, id, form);
    if has_focus {
        undo_key(ui, form, composer);
        history_keys(ui, id, form, composer);
        if let Some(characters) = refuse_long_paste(ui, &form.payload) {
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("count", &characters), ("limit", &PAYLOAD_CHARACTERS)];
            composer.error = Some(SendError::Refused(fill(&ctx.words.paste_too_long, &values)));
        }
    }
    // Half of a byte is an error only when the field is left.
    let error = error.filter(|error| !(error.is_unfinished && has_focus));
    let text_color = ui.visuals().text_color();
    let mut rows = 1;
    let font = data_font(ui.style());
    let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, width: f32| {
        let job = underlined(text.as_str(), error, (font.clone(), text_color), palette, width);
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        rows = galley.rows.len();
        galley
    };
    // Drawn around the scroll area, so that it does not scroll with the text.
    let border = match (error.is_some(), has_focus) {
        (true, _) => Stroke::new(BORDER, palette.error),
        (false, true) => Stroke::new(BORDER, palette.accent),
        (false, false) => ui.visuals().widgets.inactive.bg_stroke,
    };
    ui.painter().rect(rect, 5.0, palette.data_ground, border, egui::StrokeKind::Inside);
    let inside = rect.shrink(BORDER);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(inside));
    ui.set_clip_rect(inside.intersect(ui.clip_rect()));
    egui::ScrollArea::vertical().id_salt(("payload", ctx.id)).auto_shrink(false).show(&mut ui, |ui| {
        let edit = egui::TextEdit::multiline(&mut form.payload)
            .id(id)
            .font(font.clone())
            .hint_text(hint)
            .frame(egui::Frame::new().inner_margin(MARGIN))
            .desired_width(f32::INFINITY)
            .desired_rows(1)
            .min_size(egui::vec2(0.0, inside.height()))
            .char_limit(PAYLOAD_CHARACTERS)
            .layouter(&mut layouter);
        let response = ui.add(edit).accessible_name("Payload");
        if let Some(error) = error {
            fields::say_invalid(&response, &error.text);
        }
        if response.changed() {
            composer.error = None;
        }
    });
    if rows != composer.rows {
        composer.rows = rows;
        ui.ctx().request_repaint();
    }
}

/// Moves the caret behind the text after its format was switched: elsewhere it would be at another character.
fn follow_format(ui: &Ui, id: Id, form: &TabSettings) {
    let known = ui.data_mut(|data| {
        let format = data.get_temp_mut_or(id.with("format"), form.payload_format);
        std::mem::replace(format, form.payload_format)
    });
    if known != form.payload_format {
        put_caret_at_end(ui, id, &form.payload);
    }
}

fn put_caret_at_end(ui: &Ui, id: Id, text: &str) {
    if let Some(mut state) = egui::TextEdit::load_state(ui.ctx(), id) {
        let end = egui::text::CCursor::new(text.chars().count());
        state.cursor.set_char_range(Some(egui::text::CCursorRange::one(end)));
        state.store(ui.ctx(), id);
    }
}

/// Ctrl+Z right after a switch between text and hex undoes the switch, format and text.
fn undo_key(ui: &mut Ui, form: &mut TabSettings, composer: &mut Composer) {
    let is_undo = |event: &Event| {
        matches!(event, Event::Key { key: Key::Z, pressed: true, modifiers, .. }
            if modifiers.command && !modifiers.shift && !modifiers.alt)
    };
    if ui.input(|input| input.events.iter().any(is_undo)) && composer.switch.undo(form) {
        ui.input_mut(|input| input.events.retain(|event| !is_undo(event)));
    }
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
        // In a payload of several lines the caret stays where the next step is one key away.
        if !form.payload.contains('\n') {
            put_caret_at_end(ui, id, &form.payload);
        }
    }
}

/// The text with the wrong part underlined.
fn underlined(
    text: &str,
    error: Option<&PayloadError>,
    (font, color): (FontId, Color32),
    palette: &Palette,
    width: f32,
) -> LayoutJob {
    let plain = TextFormat::simple(font, color);
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
