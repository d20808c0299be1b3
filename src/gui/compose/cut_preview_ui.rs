//! Draws the preview of a payload that is written in pieces: its bytes with a mark at each cut. A click between two bytes
//! sets or removes a cut, and so does Enter at the place that the arrow keys move.

use crate::gui::compose::cutting::{self, Cutting};
use crate::gui::compose::preview_ui::color;
use crate::gui::kit::buttons;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::Palette;
use crate::lang::{Words, fill};
use crate::payload::{Built, Cuts, PartKind};
use crate::settings::TabSettings;
use eframe::egui::accesskit::Role;
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{
    self, EventFilter, FontId, Id, Key, Modifiers, Rect, Response, Sense, Stroke, TextStyle, Ui, WidgetInfo,
    pos2, vec2,
};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

/// The most bytes in the accessible value.
const SPOKEN_BYTES: usize = 512;

/// What is shown, and how it is cut.
pub struct CutPreview<'a> {
    /// The payload, as often as it is in one write; only its beginning if that is very long.
    pub written: &'a Built,
    /// Where each payload but the first begins.
    pub starts: &'a [usize],
    /// How many bytes each of the payloads has, or the first of them.
    pub bytes: usize,
    /// How many payloads are in one write.
    pub glue: usize,
    /// The cuts.
    pub cuts: &'a Cuts,
    /// How many payloads were cut before.
    pub number: u64,
}

impl CutPreview<'_> {
    /// Whether all of the write is shown; of a very long one only its beginning is known here.
    fn is_whole(&self) -> bool {
        self.written.bytes.len() >= self.bytes.saturating_mul(self.glue)
    }

    /// The cuts, if they are known: random places depend on the length.
    fn known_cuts(&self) -> &Cuts {
        match self.cuts {
            Cuts::Random { .. } if !self.is_whole() => &Cuts::None,
            cuts => cuts,
        }
    }
}

/// Where bytes and gaps are.
struct Layout {
    area: Rect,
    /// The width of a byte with the gap behind it, in points.
    cell: f32,
    /// Half of the width of a gap, in points.
    half: f32,
    shown: Range<usize>,
}

impl Layout {
    /// The middle of the gap behind `place` bytes.
    fn gap(&self, place: usize) -> f32 {
        self.area.left() + 2.0 * self.half + (place - self.shown.start) as f32 * self.cell - self.half
    }

    /// What a click on this gap may hit.
    fn target(&self, place: usize) -> Rect {
        let x = self.gap(place);
        let half = self.cell / 2.0;
        Rect::from_x_y_ranges(x - half..=x + half, self.area.y_range()).intersect(self.area)
    }
}

/// Draws the numbers of bytes and writes, and the bytes.
pub fn cut_preview_ui(
    ui: &mut Ui,
    words: &Words,
    id: Id,
    form: &mut TabSettings,
    cutting: &mut Cutting,
    preview: &CutPreview<'_>,
) {
    let CutPreview { written, number, .. } = *preview;
    let cuts = preview.known_cuts();
    let length = written.bytes.len();
    sizes_ui(ui, words, preview);
    if length == 0 {
        return;
    }
    let font = FontId::monospace(TextStyle::Small.resolve(ui.style()).size);
    let (rect, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let response = ui.interact(rect, id, if length > 1 { Sense::click() } else { Sense::hover() });
    let last = length - 1;
    cutting.at = cutting.at.clamp(1, last.max(1));
    let mut chosen = None;
    let has_focus = response.has_focus();
    if has_focus && last > 0 {
        move_by_keys(ui, id, cutting, last);
        // A click by a key, or by a screen reader: a click by the pointer is one on a gap.
        if response.clicked() && response.interact_pointer_pos().is_none() {
            chosen = Some(cutting.at);
        }
    }
    let layout = layout(ui, &font, rect, &response, cutting, length, has_focus);
    paint_bytes(ui, &font, &layout, written);
    let seen = layout.shown.end.max(SPOKEN_BYTES).min(length);
    let ends = cuts.pieces(length, number).map(|piece| piece.end);
    let inner: BTreeSet<usize> = ends.take_while(|end| *end < seen).collect();
    for place in layout.shown.start.max(1)..layout.shown.end.min(length) {
        let is_cut = inner.contains(&place);
        let gap = ui.interact(layout.target(place), id.with(place), Sense::CLICK);
        gap.widget_info(|| {
            WidgetInfo::selected(Role::CheckBox, true, is_cut, format!("Cut behind byte {place}"))
        });
        let is_at = has_focus && place == cutting.at;
        let starts_payload = preview.starts.binary_search(&place).is_ok();
        let looks = Gap { is_cut, starts_payload, is_pointed_at: gap.hovered(), is_at };
        paint_gap(ui, &layout, place, &looks);
        if gap.clicked() {
            chosen = Some(place);
            cutting.at = place;
            response.request_focus();
        }
        if is_at {
            ui.ctx().accesskit_node_builder(id, |node| {
                node.set_active_descendant(gap.id.accesskit_id());
            });
        }
        let tip = if is_cut { &words.cut_away } else { &words.cut_here };
        gap.on_hover_text(fill(tip, &[("place", &place)]));
    }
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(Role::Status);
        node.set_label("Preview");
        node.set_value(spoken(written, &inner));
    });
    buttons::focus_ring(ui, &response, rect, Palette::of(ui.visuals()).accent);
    if let Some(place) = chosen {
        cutting::toggle(form, cuts, number, place, length);
        ui.ctx().request_repaint();
    }
}

/// How many bytes a payload has, how many payloads are in a write, and how many writes there are.
fn sizes_ui(ui: &mut Ui, words: &Words, preview: &CutPreview<'_>) {
    let CutPreview { written, bytes, glue, number, .. } = *preview;
    let cuts = preview.known_cuts();
    let count = fill(&words.bytes_count, &[("count", &grouped(bytes as u64))]);
    let size = if glue > 1 { format!("{} × {count}", grouped(glue as u64)) } else { count };
    ui.weak(size).accessible_name("Payload size");
    if *cuts != Cuts::None && preview.is_whole() && !written.bytes.is_empty() {
        let writes = match cuts {
            Cuts::Every => written.bytes.len(),
            _ => cuts.pieces(written.bytes.len(), number).count(),
        };
        let color = Palette::of(ui.visuals()).accent;
        ui.colored_label(color, fill(&words.cut_writes, &[("count", &grouped(writes as u64))]))
            .accessible_name("Writes");
    }
}

fn move_by_keys(ui: &Ui, id: Id, cutting: &mut Cutting, last: usize) {
    // The arrows would move the focus.
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let pressed = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
    let (left, right) = (pressed(Key::ArrowLeft), pressed(Key::ArrowRight));
    cutting.at = (cutting.at + right).saturating_sub(left).clamp(1, last);
    if pressed(Key::Home) > 0 {
        cutting.at = 1;
    }
    if pressed(Key::End) > 0 {
        cutting.at = last;
    }
}

/// Lays the bytes out, scrolled by the wheel, and to the place of the keys.
fn layout(
    ui: &Ui,
    font: &FontId,
    area: Rect,
    response: &Response,
    cutting: &mut Cutting,
    length: usize,
    has_focus: bool,
) -> Layout {
    let width = |text: &str| ui.painter().layout_no_wrap(text.into(), font.clone(), egui::Color32::WHITE);
    let two = width("00").size().x;
    let cell = width("00 00").size().x - two;
    let half = (cell - two) / 2.0;
    let fitting = ((area.width() - 2.0 * half) / cell).floor().max(1.0) as usize;
    if response.contains_pointer() {
        let by = ui.input(|input| input.smooth_scroll_delta());
        let steps = ((by.x + by.y) / cell).round();
        if steps > 0.0 {
            cutting.first = cutting.first.saturating_sub(steps as usize);
        } else {
            cutting.first += -steps as usize;
        }
    }
    if has_focus {
        // With a byte on each side of the gap.
        cutting.first = cutting.first.clamp((cutting.at + 1).saturating_sub(fitting), cutting.at - 1);
    }
    cutting.first = cutting.first.min(length.saturating_sub(fitting));
    let shown = cutting.first..length.min(cutting.first + fitting);
    Layout { area, cell, half, shown }
}

fn paint_bytes(ui: &Ui, font: &FontId, layout: &Layout, written: &Built) {
    let palette = Palette::of(ui.visuals());
    let mut job = LayoutJob::default();
    for (range, kind) in &written.parts {
        let part = range.start.max(layout.shown.start)..range.end.min(layout.shown.end);
        let mut text = String::new();
        for byte in written.bytes.get(part).unwrap_or_default() {
            let _ = write!(text, "{byte:02X} ");
        }
        let mut format = TextFormat::simple(font.clone(), color(palette, *kind));
        format.italics = *kind == PartKind::Example;
        job.append(&text, 0.0, format);
    }
    let galley = ui.painter().layout_job(job);
    let middle = layout.area.center().y - galley.size().y / 2.0;
    let start = pos2(layout.area.left() + 2.0 * layout.half, middle);
    let painter = ui.painter().with_clip_rect(layout.area.intersect(ui.clip_rect()));
    painter.galley(start, galley, palette.text);
    // There is more at an end.
    let dots = |x: f32, align| painter.text(pos2(x, middle), align, "…", font.clone(), palette.dim);
    if layout.shown.start > 0 {
        dots(layout.area.left() - layout.half, egui::Align2::LEFT_TOP);
    }
    if layout.shown.end < written.bytes.len() {
        dots(layout.area.right(), egui::Align2::RIGHT_TOP);
    }
}

/// What a gap between two bytes shows.
struct Gap {
    is_cut: bool,
    /// The next payload of the write begins behind it.
    starts_payload: bool,
    is_pointed_at: bool,
    /// It is the place of the keys.
    is_at: bool,
}

fn paint_gap(ui: &Ui, layout: &Layout, place: usize, gap: &Gap) {
    let palette = Palette::of(ui.visuals());
    let x = layout.gap(place);
    let line = |width, color| {
        let range = layout.area.shrink2(vec2(0.0, 1.0)).y_range();
        ui.painter().vline(x, range, Stroke::new(width, color));
    };
    if gap.is_cut {
        line(2.0, palette.accent);
    } else if gap.is_pointed_at {
        line(2.0, palette.accent.gamma_multiply(0.45));
    } else if gap.starts_payload {
        line(1.0, palette.faint);
    }
    if gap.is_at {
        let cursor = Rect::from_center_size(pos2(x, layout.area.center().y), vec2(7.0, layout.area.height()));
        ui.painter().rect_stroke(cursor, 2.0, Stroke::new(1.0, palette.text), egui::StrokeKind::Inside);
    }
}

/// The bytes in hex with `|` at each cut.
fn spoken(written: &Built, inner: &BTreeSet<usize>) -> String {
    let mut value = String::new();
    for (at, byte) in written.bytes.iter().take(SPOKEN_BYTES).enumerate() {
        if inner.contains(&at) {
            value.push_str("| ");
        }
        let _ = write!(value, "{byte:02X} ");
    }
    value.truncate(value.trim_end().len());
    value
}
