//! Draws the inspector: the selected bytes as text in two encodings, in hex, their checksums, and as numbers and times.

use crate::codec::{Encoding, Piece, RecordText, Value, control_name, is_private, values, write_hex};
use crate::gui::kit::buttons::text_width;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::Palette;
use crate::gui::view::{Checks, DataView, INSPECTED_BYTES};
use crate::lang::{Words, fill};
use crate::streams::Encodings;
use eframe::egui::accesskit::Role;
use eframe::egui::{self, CollapsingHeader, Grid, Label, RichText, TextStyle, Ui, vec2};
use std::fmt::Write as _;

/// The longest text that is shown.
const TEXT_CHARACTERS: usize = 400;

/// The height of all numbers, and the least height of the hex dump, in points.
const VALUES_HEIGHT: f32 = 292.0;

/// The height of the folded checksums above them, in points.
const CHECKS_HEIGHT: f32 = 34.0;
const HEX_HEIGHT: f32 = 76.0;

/// The width of the column of names, and the gap between columns, in points.
const NAME_WIDTH: f32 = 52.0;
const GAP: f32 = 14.0;

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
    standing_ui(ui, &inspected.checks, words);
    // A panel that is too low for all of it scrolls as a whole.
    egui::ScrollArea::vertical().auto_shrink(false).id_salt("inspector").show(ui, |ui| {
        ui.ctx().accesskit_node_builder(ui.unique_id(), |node| node.set_role(Role::ScrollView));
        contents_ui(ui, view, encodings, words, palette);
    });
}

/// Draws the texts, the hex dump, the checksums and the numbers of the inspected bytes.
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
    let hex_height = (room - above - VALUES_HEIGHT - CHECKS_HEIGHT).max(HEX_HEIGHT);
    ui.scope(|ui| view.inspected_hex_ui(ui, words, hex_height));
    ui.separator();
    let checks = &view.inspected(encodings).checks;
    if !checks.all.is_empty() {
        checks_ui(ui, checks, words, palette);
        ui.separator();
    }
    values_ui(ui, &bytes, words, palette);
}

/// Says which checksum stands behind the selection or at its end.
fn standing_ui(ui: &mut Ui, checks: &Checks, words: &Words) {
    let Some(standing) = &checks.standing else { return };
    let template =
        if standing.is_within { &words.inspector_check_ends } else { &words.inspector_check_behind };
    let text = fill(template, &[("name", &standing.spec), ("bytes", &hex(&standing.bytes))]);
    let place = if standing.is_within { "at the end of" } else { "behind" };
    let spoken = format!("{} stands {place} the selection", standing.spec);
    let label = ui.add(Label::new(RichText::new(text)).wrap().selectable(true));
    label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
}

/// Draws the common checksums, folded until they are asked for.
fn checks_ui(ui: &mut Ui, checks: &Checks, words: &Words, palette: &Palette) {
    let title = RichText::new(&words.inspector_checks).color(palette.dim);
    let folded = CollapsingHeader::new(title).id_salt("checksums").show(ui, |ui| {
        Grid::new("checksums").num_columns(2).striped(true).spacing([GAP, 2.0]).show(ui, |ui| {
            for check in &checks.all {
                ui.label(RichText::new(&check.name).color(palette.dim));
                let bytes = hex(&check.bytes);
                let spoken = format!("{} {bytes}", check.name);
                let label = ui.add(Label::new(RichText::new(bytes).monospace()).selectable(true));
                label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
                ui.end_row();
            }
        });
    });
    folded.header_response.accessible_name("Checksums");
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    write_hex(bytes, &mut text, " ");
    text
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
        let (name, _) = ui.allocate_exact_size(vec2(NAME_WIDTH, 18.0), egui::Sense::hover());
        let name = egui::UiBuilder::new().max_rect(name);
        ui.new_child(name).label(RichText::new(encoding.name()).color(palette.dim));
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

/// Draws the numbers in both byte orders, beside each other or below each other as the width allows.
fn values_ui(ui: &mut Ui, bytes: &[u8], words: &Words, palette: &Palette) {
    ui.spacing_mut().interact_size.y = 16.0;
    let values = values(bytes);
    let values: Vec<_> =
        values.iter().filter(|value| value.little_endian.is_some() || value.big_endian.is_some()).collect();
    let orders = [Order::Little, Order::Big];
    let font = TextStyle::Monospace.resolve(ui.style());
    let digit = ui.fonts_mut(|fonts| fonts.glyph_width(&font, '0'));
    let width = |order: &Order| {
        let longest =
            values.iter().filter_map(|value| order.of(value)).map(|text| text.chars().count()).max();
        longest.unwrap_or_default() as f32 * digit + GAP
    };
    let names = values.iter().map(|value| text_width(ui, value.name)).fold(0.0, f32::max);
    if names + orders.iter().map(width).sum::<f32>() <= ui.available_width() {
        grid_ui(ui, &values, &orders, words, palette);
    } else {
        for order in orders {
            grid_ui(ui, &values, &[order], words, palette);
            ui.add_space(4.0);
        }
    }
}

/// A byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn of(self, value: &Value) -> Option<&str> {
        match self {
            Self::Little => value.little_endian.as_deref(),
            // One byte has no order.
            Self::Big if value.bytes == 1 => None,
            Self::Big => value.big_endian.as_deref(),
        }
    }

    fn spoken(self) -> &'static str {
        match self {
            Self::Little => "little endian",
            Self::Big => "big endian",
        }
    }
}

fn grid_ui(ui: &mut Ui, values: &[&Value], orders: &[Order], words: &Words, palette: &Palette) {
    let salt = ("values", orders.len(), orders.first().map(|order| order.spoken()));
    Grid::new(salt).num_columns(1 + orders.len()).striped(true).spacing([GAP, 2.0]).show(ui, |ui| {
        ui.label("");
        for order in orders {
            let text = if *order == Order::Little { &words.little_endian } else { &words.big_endian };
            ui.label(RichText::new(text).color(palette.dim));
        }
        ui.end_row();
        for value in values.iter().filter(|value| value.bytes > 1 || orders.contains(&Order::Little)) {
            ui.label(RichText::new(value.name).color(palette.dim));
            for order in orders {
                if *order == Order::Big && value.bytes == 1 {
                    ui.label("");
                    continue;
                }
                let text = order.of(value).unwrap_or("-");
                let spoken = format!("{} {} {text}", value.name, order.spoken());
                let label = ui.add(Label::new(RichText::new(text).monospace()).selectable(true));
                label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
            }
            ui.end_row();
        }
    });
}
