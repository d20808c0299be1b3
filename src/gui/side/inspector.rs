//! Draws the inspector: the selected bytes as text in two encodings, as numbers and times, and in hex.

use crate::codec::{Encoding, Piece, RecordText, control_name, is_private, values, write_hex};
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::Palette;
use crate::gui::view::{DataView, INSPECTED_BYTES};
use crate::lang::{Words, fill};
use crate::streams::Encodings;
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Grid, Label, RichText, Ui};
use std::fmt::Write as _;

/// The longest text that is shown.
const TEXT_CHARACTERS: usize = 400;

/// The height of all numbers, and the least height of the hex dump, in points.
const VALUES_HEIGHT: f32 = 292.0;
const HEX_HEIGHT: f32 = 76.0;

/// Draws the inspector of the bytes that are selected in a view.
pub fn inspector_ui(ui: &mut Ui, view: &mut DataView, encodings: &Encodings, words: &Words) {
    let palette = Palette::of(ui.visuals());
    let inspected = view.inspected(encodings);
    ui.separator();
    if inspected.bytes.is_empty() {
        ui.add(Label::new(RichText::new(&words.inspector_empty).color(palette.dim)).wrap());
        return;
    }
    let text = match inspected.bytes.len() {
        _ if inspected.is_cut => fill(&words.inspector_cut, &[("count", &grouped(INSPECTED_BYTES as u64))]),
        count => fill(&words.bytes_count, &[("count", &grouped(count as u64))]),
    };
    ui.label(RichText::new(text).color(palette.dim)).accessible_name("Inspected bytes");
    // A panel that is too low for all of it scrolls as a whole.
    egui::ScrollArea::vertical().auto_shrink(false).id_salt("inspector").show(ui, |ui| {
        ui.ctx().accesskit_node_builder(ui.unique_id(), |node| node.set_role(Role::ScrollView));
        contents_ui(ui, view, encodings, words, palette);
    });
}

/// Draws the texts, the hex dump, and the numbers of the inspected bytes.
fn contents_ui(ui: &mut Ui, view: &mut DataView, encodings: &Encodings, words: &Words, palette: &Palette) {
    let room = ui.available_height();
    let top = ui.cursor().top();
    let inspected = view.inspected(encodings);
    for shown in [Encoding::Utf8, Encoding::Gbk] {
        // The pending bytes before the selection are known for the connection's encoding only.
        let pending = if shown == inspected.encoding { &inspected.pending[..] } else { &[] };
        text_ui(ui, shown, pending, &inspected.bytes, palette);
    }
    ui.separator();
    let bytes: Vec<u8> = inspected.bytes.iter().copied().take(8).collect();
    let above = ui.cursor().top() - top;
    let hex_height = (room - above - VALUES_HEIGHT).max(HEX_HEIGHT);
    ui.scope(|ui| view.inspected_hex_ui(ui, words, hex_height));
    ui.separator();
    values_ui(ui, &bytes, words, palette);
}

fn text_ui(ui: &mut Ui, encoding: Encoding, pending: &[u8], bytes: &[u8], palette: &Palette) {
    // A character has at most four bytes.
    let bytes = &bytes[..bytes.len().min(TEXT_CHARACTERS * 4)];
    let decoded = RecordText::decode(encoding, pending, bytes);
    let mut text = String::new();
    for piece in decoded.pieces(bytes) {
        match piece {
            Piece::Text(plain) => plain.chars().for_each(|character| push_seen(&mut text, character)),
            Piece::Control(character) => text.push_str(&control_name(character).to_string()),
            Piece::Invalid(bytes) | Piece::Pending(bytes) => {
                text.push('‹');
                write_hex(bytes, &mut text, " ");
                text.push('›');
            }
        }
    }
    if let Some((end, _)) = text.char_indices().nth(TEXT_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    ui.horizontal_top(|ui| {
        ui.add_sized([52.0, 18.0], Label::new(RichText::new(encoding.name()).color(palette.dim)));
        egui::ScrollArea::vertical().max_height(56.0).id_salt(encoding.name()).show(ui, |ui| {
            let name = format!("As {}", encoding.name());
            let spoken = format!("{name}: {text}");
            let label = ui.add(Label::new(RichText::new(&text).monospace()).wrap().selectable(true));
            label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
        });
    });
}

/// Adds a character, or its code if it has no glyph.
fn push_seen(text: &mut String, character: char) {
    if is_private(character) {
        let _ = write!(text, "‹U+{:04X}›", u32::from(character));
    } else {
        text.push(character);
    }
}

fn values_ui(ui: &mut Ui, bytes: &[u8], words: &Words, palette: &Palette) {
    ui.spacing_mut().interact_size.y = 16.0;
    Grid::new("values").num_columns(3).striped(true).spacing([14.0, 2.0]).show(ui, |ui| {
        ui.label("");
        ui.label(RichText::new(&words.little_endian).color(palette.dim));
        ui.label(RichText::new(&words.big_endian).color(palette.dim));
        ui.end_row();
        for value in values(bytes) {
            if value.little_endian.is_none() && value.big_endian.is_none() {
                continue;
            }
            let cell = |ui: &mut Ui, text: Option<String>, ending: &str| {
                let text = text.unwrap_or_else(|| "-".into());
                let spoken = format!("{} {ending} {text}", value.name);
                let label = ui.add(Label::new(RichText::new(text).monospace()).selectable(true));
                label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
            };
            ui.label(RichText::new(value.name).color(palette.dim));
            let is_one_byte = value.bytes == 1;
            cell(ui, value.little_endian.clone(), "little endian");
            if is_one_byte {
                ui.label("");
            } else {
                cell(ui, value.big_endian.clone(), "big endian");
            }
            ui.end_row();
        }
    });
}
