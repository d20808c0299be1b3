//! Draws the row that says how payloads are written: where they are cut, how many leave at once, and the gap.

use crate::gui::compose::cutting;
use crate::gui::kit::bars;
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::gui::kit::theme::Palette;
use crate::lang::Words;
use crate::model::units::duration_text;
use crate::payload::DEFAULT_GAP;
use crate::settings::{CutMode, TabKind, TabSettings};
use eframe::egui::{Button, Label, RichText, Ui};

/// The width of the list, in points.
const LIST_WIDTH: f32 = 104.0;
/// The widths of the fields, in points.
const PLACES_WIDTH: f32 = 110.0;
const SEED_WIDTH: f32 = 64.0;
const GAP_WIDTH: f32 = 52.0;
const GLUE_WIDTH: f32 = 40.0;

/// The width of the button that shows the row, in points.
#[must_use]
pub fn pieces_width(ui: &Ui, words: &Words) -> f32 {
    (buttons::text_width(ui, &words.pieces) + 2.0 * ui.spacing().button_padding.x).ceil()
}

/// Draws the button that shows the row, and hides it: then payloads leave whole.
pub fn pieces_button_ui(ui: &mut Ui, words: &Words, form: &mut TabSettings) {
    let button = Button::new(&words.pieces).selected(form.pieces);
    let button = ui.add(button).on_hover_text(&words.pieces_tip);
    if button.accessible_name("Split and glue").clicked() {
        form.pieces = !form.pieces;
    }
}

/// Draws the row.
pub fn cutting_ui(ui: &mut Ui, words: &Words, form: &mut TabSettings) {
    let modes = [
        (CutMode::None, words.cut_none.as_str(), "Not cut"),
        (CutMode::At, words.cut_at.as_str(), "Cut at places"),
        (CutMode::Every, words.cut_every.as_str(), "Cut byte by byte"),
        (CutMode::Random, words.cut_random.as_str(), "Cut at random"),
    ];
    bars::caption(ui, &words.cut, LIST_WIDTH);
    fields::combo(ui, "Cut", &words.cut_tip, LIST_WIDTH, &mut form.cut, &modes);
    let cuts = cutting::cuts(form, words).map(drop);
    match form.cut {
        CutMode::At => {
            let tip = &words.cut_places_tip;
            field_ui(ui, &mut form.cut_places, ("Cut places", "1,3", PLACES_WIDTH), cuts, tip);
        }
        CutMode::Random => {
            let tip = &words.cut_seed_tip;
            field_ui(ui, &mut form.cut_seed, ("Cut seed", "1", SEED_WIDTH), cuts, tip);
        }
        CutMode::None | CutMode::Every => {}
    }
    bars::caption(ui, &words.cut_gap, GAP_WIDTH);
    let usual = if form.cut == CutMode::None { "0".into() } else { duration_text(DEFAULT_GAP) };
    let gap = cutting::gap(form, words).map(drop);
    let tip = &words.cut_gap_tip;
    field_ui(ui, &mut form.cut_gap, ("Gap between pieces", &usual, GAP_WIDTH), gap, tip);
    bars::caption(ui, &words.glue, GLUE_WIDTH);
    let glue = cutting::glue(form, words).map(drop);
    field_ui(ui, &mut form.glue, ("Payloads per write", "1", GLUE_WIDTH), glue, &words.glue_tip);
    // Without TCP_NODELAY pieces wait for the answer to those before, and leave together.
    if form.cut != CutMode::None && form.kind != TabKind::Udp && !form.no_delay {
        let text = RichText::new(&words.cut_delayed).color(Palette::of(ui.visuals()).warning);
        ui.add(Label::new(text).truncate()).on_hover_text(&words.cut_delayed_tip);
    }
}

/// A field with its name, hint and width. Its tooltip is what is wrong with it, or else `tip`.
fn field_ui(
    ui: &mut Ui,
    typed: &mut String,
    (name, hint, width): (&str, &str, f32),
    read: Result<(), String>,
    tip: &str,
) {
    let error = read.err();
    let field = fields::field(ui, typed, name, hint, width, error.as_deref(), true);
    if error.is_none() {
        field.on_hover_text(tip);
    }
}
