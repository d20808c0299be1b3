//! Draws the bytes that would leave: what was typed, the values of variables, and what is added, each in its color.

use crate::gui::compose::payload::has_examples;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::Palette;
use crate::lang::{Words, fill};
use crate::payload::{Built, PartKind};
use eframe::egui::accesskit::Role;
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, Color32, FontId, Label, TextStyle, Ui};
use std::fmt::Write as _;

/// The most bytes in the line; more do not fit into any window.
const LINE_BYTES: usize = 160;
/// The most bytes in the tooltip.
const TIP_BYTES: usize = 512;
/// Bytes in a row of the tooltip.
const ROW_BYTES: usize = 16;

/// Draws the number of bytes and the bytes.
pub fn preview_ui(ui: &mut Ui, words: &Words, built: &Built) {
    let count = grouped(built.bytes.len() as u64);
    ui.weak(fill(&words.bytes_count, &[("count", &count)])).accessible_name("Payload size");
    if built.bytes.is_empty() {
        return;
    }
    if has_examples(built) {
        let color = Palette::of(ui.visuals()).dim;
        let example = egui::RichText::new(&words.preview_example).color(color).italics();
        ui.label(example).on_hover_text(&words.preview_example_tip);
    }
    let size = TextStyle::Small.resolve(ui.style()).size;
    let job = bytes_job(ui, built, size, LINE_BYTES, None);
    let label = ui.add(Label::new(job).truncate());
    let mut value = String::new();
    for byte in built.bytes.iter().take(TIP_BYTES) {
        let _ = write!(value, "{byte:02X} ");
    }
    ui.ctx().accesskit_node_builder(label.id, |node| {
        // The text of a label would be its name.
        node.set_role(Role::Status);
        node.set_label("Preview");
        node.set_value(value.trim_end());
    });
    label.on_hover_ui(|ui| {
        ui.label(bytes_job(ui, built, size + 1.0, TIP_BYTES, Some(ROW_BYTES)));
        legend_ui(ui, words, built);
    });
}

/// The color of a part.
#[must_use]
pub fn color(palette: &Palette, kind: PartKind) -> Color32 {
    match kind {
        PartKind::Typed => palette.text,
        PartKind::Variable => palette.inbound,
        PartKind::Example => palette.dim,
        PartKind::LineEnding | PartKind::Checksum => palette.outbound,
    }
}

/// The bytes in hex, each part in its color.
fn bytes_job(ui: &Ui, built: &Built, size: f32, most: usize, row: Option<usize>) -> LayoutJob {
    let palette = Palette::of(ui.visuals());
    let font = FontId::monospace(size);
    let mut job = LayoutJob::default();
    for (range, kind) in &built.parts {
        let mut text = String::new();
        for at in range.clone().take_while(|at| *at < most) {
            let ends_row = row.is_some_and(|row| at % row == row - 1);
            let _ = write!(text, "{:02X}{}", built.bytes[at], if ends_row { '\n' } else { ' ' });
        }
        let mut format = TextFormat::simple(font.clone(), color(palette, *kind));
        format.italics = *kind == PartKind::Example;
        job.append(&text, 0.0, format);
    }
    if built.bytes.len() > most {
        job.append("…", 0.0, TextFormat::simple(font, palette.dim));
    }
    job
}

/// What the colors mean, of the parts that are there.
fn legend_ui(ui: &mut Ui, words: &Words, built: &Built) {
    let palette = Palette::of(ui.visuals());
    for (kind, text) in [
        (PartKind::Typed, &words.preview_typed),
        (PartKind::Variable, &words.preview_variable),
        (PartKind::Example, &words.preview_example_tip),
        (PartKind::Checksum, &words.preview_checksum),
        (PartKind::LineEnding, &words.preview_line_ending),
    ] {
        let bytes: usize =
            built.parts.iter().filter(|(_, known)| *known == kind).map(|(range, _)| range.len()).sum();
        if bytes > 0 {
            let count = grouped(bytes as u64);
            let text = format!("{} · {text}", fill(&words.bytes_count, &[("count", &count)]));
            ui.colored_label(color(palette, kind), text);
        }
    }
}
