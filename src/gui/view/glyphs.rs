//! Paints text on a grid of cells from a table of glyphs, as one mesh.
//!
//! egui's text layout shapes each change of color separately, which costs milliseconds for a screen of hex.
//! Here each glyph is looked up once and then copied. Cells are whole pixels. An ideograph takes two, and has a size at
//! which it fills them. Combining or right-to-left characters are painted in the order of their bytes.

use eframe::egui::{
    Color32, Context, FontId, Galley, Mesh, Pos2, Rect, TextureId, Vec2, epaint::Vertex, pos2, vec2,
};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The time per frame for rasterizing new glyphs, 10 µs or more each: a screen of thousands of new ideographs
/// appears over a few frames instead of delaying one.
const NEW_GLYPHS_TIME: Duration = Duration::from_millis(10);

/// The extra height of a line, in points.
const EXTRA_HEIGHT: f32 = 3.0;

#[derive(Clone, Copy, Debug)]
struct Glyph {
    /// Its rectangle relative to the top left of its cell, in points.
    rect: Rect,
    /// Its rectangle in the font texture, in texels.
    uv: Rect,
    advance: f32,
    has_own_color: bool,
}

/// The character whose width is that of ideographs.
const IDEOGRAPH: char = '中';

/// The glyphs of one font at one scale.
#[derive(Default)]
pub struct Glyphs {
    font: Option<FontId>,
    /// The font for wide characters, in which an ideograph is two cells wide.
    wide_font: Option<FontId>,
    /// The font for the control pictures of line ends and tabs, in which they fit into one cell.
    line_end_font: Option<FontId>,
    pixels_per_point: f32,
    /// Laid out in each frame: another galley means that egui has rebuilt its font texture.
    sentinel: Option<Arc<Galley>>,
    table: HashMap<char, Option<Glyph>>,
    /// The widths of the characters of the Basic Multilingual Plane, in cells; 0: not known yet.
    cells: Vec<u8>,
    cell: Vec2,
    /// The time at which the first new glyph of this frame was rasterized.
    making_since: Option<Instant>,
    /// A glyph was deferred to the next frame.
    is_incomplete: bool,
}

impl Glyphs {
    /// Prepares for a frame: detects a new scale or texture. Returns the size of a cell in points.
    pub fn begin_frame(&mut self, ctx: &Context, font: &FontId) -> Vec2 {
        let pixels_per_point = ctx.pixels_per_point();
        let sentinel =
            ctx.fonts_mut(|fonts| fonts.layout_no_wrap("0".into(), font.clone(), Color32::PLACEHOLDER));
        let is_same = self.sentinel.as_ref().is_some_and(|known| Arc::ptr_eq(known, &sentinel));
        if !is_same || self.pixels_per_point != pixels_per_point || self.font.as_ref() != Some(font) {
            if self.pixels_per_point != pixels_per_point || self.font.as_ref() != Some(font) {
                self.cells = vec![0; 0x10000];
            }
            self.table.clear();
            self.sentinel = Some(sentinel);
            self.pixels_per_point = pixels_per_point;
            self.font = Some(font.clone());
            let (width, height) =
                ctx.fonts_mut(|fonts| (fonts.glyph_width(font, '0'), fonts.row_height(font)));
            let whole = |points: f32| (points * pixels_per_point).round().max(1.0) / pixels_per_point;
            self.cell = vec2(whole(width), whole(height + EXTRA_HEIGHT));
            let ideograph = ctx.fonts_mut(|fonts| fonts.glyph_width(font, IDEOGRAPH));
            let cell = self.cell.x / ideograph.max(1.0);
            let scaled = |factor: f32| Some(FontId::new(font.size * factor, font.family.clone()));
            self.wide_font = scaled((cell * 2.0).clamp(1.0, 1.5));
            // Their diagonal letters leave corners free, so that they may be a little wider than a cell.
            self.line_end_font = scaled((cell * 1.25).clamp(0.5, 1.0));
        }
        self.making_since = None;
        self.is_incomplete = false;
        self.cell
    }

    /// Whether another frame is needed to show everything.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// The width of a character in cells: 2 for ideographs and others as wide, 1 for the rest.
    pub fn cells(&mut self, ctx: &Context, character: char) -> u8 {
        let index = character as usize;
        if (0x20..0x7F).contains(&index) || is_line_end(character) {
            return 1;
        }
        if let Some(&known @ 1..) = self.cells.get(index) {
            return known;
        }
        let Some(font) = &self.font else { return 1 };
        let width = ctx.fonts_mut(|fonts| fonts.glyph_width(font, character));
        // An ideograph is 1.66 times as wide as a digit; less than 1.25 may overhang one cell.
        let cells = if width > self.cell.x * 1.25 { 2 } else { 1 };
        if let Some(known) = self.cells.get_mut(index) {
            *known = cells;
        }
        cells
    }

    /// Paints a character centred in `cells` cells; `origin` is their top left, on a whole pixel.
    pub fn paint(
        &mut self,
        ctx: &Context,
        mesh: &mut Mesh,
        origin: Pos2,
        character: char,
        cells: u8,
        color: Color32,
    ) {
        if character == ' ' {
            return;
        }
        let Some(glyph) = self.glyph(ctx, character) else { return };
        let slack = (self.cell.x * f32::from(cells) - glyph.advance) / 2.0;
        // Only those of line ends are centred over a cell that is narrower.
        let slack = if is_line_end(character) { slack } else { slack.max(0.0) };
        let offset = (slack * self.pixels_per_point).round() / self.pixels_per_point;
        let rect = glyph.rect.translate(origin.to_vec2() + vec2(offset, 0.0));
        let color = if glyph.has_own_color { Color32::WHITE } else { color };
        add_rect(mesh, rect, glyph.uv, color);
    }

    /// Paints text on the grid of cells.
    pub fn paint_words(
        &mut self,
        ctx: &Context,
        mesh: &mut Mesh,
        mut origin: Pos2,
        text: &str,
        color: Color32,
    ) {
        for character in text.chars() {
            let cells = self.cells(ctx, character);
            self.paint(ctx, mesh, origin, character, cells, color);
            origin.x += self.cell.x * f32::from(cells);
        }
    }

    /// The width of text in cells.
    pub fn cells_of_words(&mut self, ctx: &Context, text: &str) -> usize {
        text.chars().map(|character| usize::from(self.cells(ctx, character))).sum()
    }

    fn glyph(&mut self, ctx: &Context, character: char) -> Option<Glyph> {
        if let Some(&known) = self.table.get(&character) {
            return known;
        }
        // At least one per frame, so that there is progress on any machine.
        if self.making_since.get_or_insert_with(Instant::now).elapsed() > NEW_GLYPHS_TIME {
            self.is_incomplete = true;
            return None;
        }
        let is_wide = self.cells(ctx, character) == 2;
        let lay_out = |font: Option<FontId>| {
            let (text, font) = (character.to_string(), font?);
            Some(ctx.fonts_mut(|fonts| fonts.layout_no_wrap(text, font, Color32::PLACEHOLDER)))
        };
        // Wider than an ideograph, it would reach over its cells in the larger font.
        let fits = |galley: &Arc<Galley>| galley.size().x <= self.cell.x * 2.0 + 0.5;
        let wide = if is_wide && !is_picture(character) {
            lay_out(self.wide_font.clone()).filter(fits)
        } else {
            None
        };
        let line_end = if is_line_end(character) { lay_out(self.line_end_font.clone()) } else { None };
        let other_size = wide.or(line_end);
        // Half of the extra height above, half below.
        let above = match &other_size {
            Some(galley) => (self.cell.y - galley.size().y) / 2.0,
            None => EXTRA_HEIGHT / 2.0,
        };
        let galley = other_size.or_else(|| lay_out(self.font.clone()))?;
        let glyph = galley.rows.first().and_then(|row| {
            let glyph = row.row.glyphs.first()?;
            if glyph.uv_rect.is_nothing() {
                return None;
            }
            let texel = |[x, y]: [u16; 2]| pos2(f32::from(x), f32::from(y));
            // On whole pixels, or the glyph would be blurred.
            let exact = row.pos + glyph.pos.to_vec2() + glyph.uv_rect.offset + vec2(0.0, above);
            let pixels = self.pixels_per_point;
            let top_left = pos2((exact.x * pixels).round() / pixels, (exact.y * pixels).round() / pixels);
            Some(Glyph {
                rect: Rect::from_min_size(top_left, glyph.uv_rect.size),
                uv: Rect::from_min_max(texel(glyph.uv_rect.min), texel(glyph.uv_rect.max)),
                advance: glyph.advance_width,
                has_own_color: glyph.is_color,
            })
        });
        self.table.insert(character, glyph);
        glyph
    }
}

/// Whether a character is a control picture.
fn is_picture(character: char) -> bool {
    ('\u{2400}'..='\u{2426}').contains(&character)
}

/// Whether a character is the control picture of a line end or a tab. These are in most lines, and known: small.
fn is_line_end(character: char) -> bool {
    matches!(character, '␉' | '␊' | '␍')
}

/// Adds a filled rectangle: the font texture has a white texel at its origin.
pub fn fill(mesh: &mut Mesh, rect: Rect, color: Color32) {
    add_rect(mesh, rect, Rect::from_min_max(Pos2::ZERO, Pos2::ZERO), color);
}

fn add_rect(mesh: &mut Mesh, rect: Rect, uv: Rect, color: Color32) {
    let first = mesh.vertices.len() as u32;
    mesh.indices.extend_from_slice(&[first, first + 1, first + 2, first + 2, first + 1, first + 3]);
    mesh.vertices.extend_from_slice(&[
        Vertex { pos: rect.left_top(), uv: uv.left_top(), color },
        Vertex { pos: rect.right_top(), uv: uv.right_top(), color },
        Vertex { pos: rect.left_bottom(), uv: uv.left_bottom(), color },
        Vertex { pos: rect.right_bottom(), uv: uv.right_bottom(), color },
    ]);
}

/// An empty mesh of the font texture. Call [`finish`] once it is filled.
#[must_use]
pub fn text_mesh() -> Mesh {
    Mesh::with_texture(TextureId::default())
}

/// Converts texels to texture coordinates. Call last: new glyphs may have enlarged the texture.
pub fn finish(ctx: &Context, mesh: &mut Mesh) {
    let [width, height] = ctx.fonts(|fonts| fonts.font_image_size());
    let scale = vec2(1.0 / width.max(1) as f32, 1.0 / height.max(1) as f32);
    for vertex in &mut mesh.vertices {
        vertex.uv = (vertex.uv.to_vec2() * scale).to_pos2();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::control_name;
    use crate::gui::kit::theme::{data_font, install};
    use eframe::egui::RawInput;

    #[test]
    fn common_characters_have_glyphs() {
        let ctx = Context::default();
        install(&ctx);
        let mut missing = String::new();
        let output = ctx.run_ui(RawInput::default(), |ui| {
            let mut glyphs = Glyphs::default();
            let pictures: String = (0..32)
                .chain([127])
                .filter_map(char::from_u32)
                .map(|c| control_name(c).to_string())
                .collect();
            let common = "0Az中文你好，。；：“”℃°±×÷→←●○×·…★αβΩ①②Ⅳ€£￥㎡№あアハングル한글繁體ÄéñßЖ";
            // As many frames as a slow machine needs for all new glyphs.
            loop {
                glyphs.begin_frame(ui.ctx(), &data_font(ui.style()));
                missing.clear();
                for character in pictures.chars().chain(common.chars()) {
                    if glyphs.glyph(ui.ctx(), character).is_none() {
                        missing.push(character);
                    }
                }
                if !glyphs.is_incomplete() {
                    break;
                }
            }
        });
        output.drop_without_applying_deltas();
        assert_eq!(missing, "");
    }
}
