//! Paints the last frame of a harness without a graphics card, pixel for pixel as a card does: textured triangles with
//! colors that are multiplied by their opacity, blended in gamma space.

use eframe::egui::epaint::{Mesh, Primitive, Vertex};
use eframe::egui::{Color32, ColorImage, Pos2, Rect, TextureId};
use egui_kittest::Harness;
use image::{Rgba, RgbaImage};

/// The last frame. The only texture that the window uses is that of the glyphs.
pub fn paint<S>(harness: &Harness<'_, S>) -> RgbaImage {
    let ctx = &harness.ctx;
    let scale = ctx.pixels_per_point();
    let size = ctx.content_rect().size() * scale;
    let mut image =
        RgbaImage::from_pixel(size.x.round() as u32, size.y.round() as u32, Rgba([255, 255, 255, 255]));
    let glyphs = ctx.fonts(|fonts| fonts.image());
    for clipped in ctx.tessellate(harness.output().shapes.clone(), scale) {
        let Primitive::Mesh(mesh) = clipped.primitive else { continue };
        assert_eq!(mesh.texture_id, TextureId::default(), "an image that the painter does not know");
        fill(&mut image, &mesh, &glyphs, clipped.clip_rect * scale, scale);
    }
    image
}

fn fill(image: &mut RgbaImage, mesh: &Mesh, glyphs: &ColorImage, clip: Rect, scale: f32) {
    // As graphics cards do: whole pixels.
    let clip = Rect::from_min_max(clip.min.round(), clip.max.round());
    let whole = Rect::from_min_max(Pos2::ZERO, Pos2::new(image.width() as f32, image.height() as f32));
    let clip = clip.intersect(whole);
    for corners in mesh.indices.chunks_exact(3) {
        let corners = [corners[0], corners[1], corners[2]].map(|index| {
            let vertex = mesh.vertices[index as usize];
            Vertex { pos: vertex.pos * scale, ..vertex }
        });
        triangle(image, corners, glyphs, clip);
    }
}

fn triangle(image: &mut RgbaImage, [a, b, c]: [Vertex; 3], glyphs: &ColorImage, clip: Rect) {
    // Twice the area of a triangle; negative if it turns the other way.
    let area = |a: Pos2, b: Pos2, c: Pos2| (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    let whole = area(a.pos, b.pos, c.pos);
    let bounds = Rect::from_points(&[a.pos, b.pos, c.pos]).intersect(clip);
    if whole == 0.0 || !bounds.is_positive() {
        return;
    }
    // A pixel is inside if its centre is; one on an edge belongs to one of the two triangles.
    let is_in = |weight: f32, from: Pos2, to: Pos2| {
        let (from, to) = if whole > 0.0 { (from, to) } else { (to, from) };
        let is_top_left = to.y < from.y || to.y == from.y && to.x > from.x;
        weight > 0.0 || weight == 0.0 && is_top_left
    };
    for y in bounds.min.y.floor() as u32..bounds.max.y.ceil() as u32 {
        for x in bounds.min.x.floor() as u32..bounds.max.x.ceil() as u32 {
            let at = Pos2::new(x as f32 + 0.5, y as f32 + 0.5);
            if !clip.contains(at) {
                continue;
            }
            let weights = [area(b.pos, c.pos, at), area(c.pos, a.pos, at), area(a.pos, b.pos, at)]
                .map(|part| part / whole);
            if !is_in(weights[0], b.pos, c.pos)
                || !is_in(weights[1], c.pos, a.pos)
                || !is_in(weights[2], a.pos, b.pos)
            {
                continue;
            }
            let mix = |values: [f32; 3]| {
                values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f32>()
            };
            let texel = sample(glyphs, mix([a.uv.x, b.uv.x, c.uv.x]), mix([a.uv.y, b.uv.y, c.uv.y]));
            let colors = [a.color, b.color, c.color].map(|color| color.to_array());
            let channel = |index: usize| {
                let color = mix(colors.map(|color| f32::from(color[index])));
                color * texel[index] / 255.0
            };
            let source = [channel(0), channel(1), channel(2), channel(3)];
            let Rgba(pixel) = image.get_pixel_mut(x, y);
            for (old, new) in pixel.iter_mut().zip(source) {
                *old = (new + f32::from(*old) * (1.0 - source[3] / 255.0)).round().clamp(0.0, 255.0) as u8;
            }
        }
    }
}

/// The texture at a place from 0 to 1, between its four nearest texels.
fn sample(image: &ColorImage, u: f32, v: f32) -> [f32; 4] {
    let [width, height] = image.size;
    let (x, y) = (u * width as f32 - 0.5, v * height as f32 - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let texel = |x: f32, y: f32| -> Color32 {
        let column = (x.max(0.0) as usize).min(width - 1);
        let row = (y.max(0.0) as usize).min(height - 1);
        image.pixels[row * width + column]
    };
    let (right, down) = (x - left, y - top);
    let mut sum = [0.0; 4];
    for (texel, weight) in [
        (texel(left, top), (1.0 - right) * (1.0 - down)),
        (texel(left + 1.0, top), right * (1.0 - down)),
        (texel(left, top + 1.0), (1.0 - right) * down),
        (texel(left + 1.0, top + 1.0), right * down),
    ] {
        for (sum, value) in sum.iter_mut().zip(texel.to_array()) {
            *sum += f32::from(value) * weight;
        }
    }
    sum
}
