//! The colors, sizes and fonts of the window, in a light and a dark theme.
//!
//! Inbound is blue and outbound orange, which are distinct with any common color blindness; arrows and words give
//! the same information.

use crate::model::ConnectionId;
use eframe::egui::{
    self, Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Stroke,
    Style, TextStyle, Theme, Visuals,
};
use std::sync::Arc;

/// The colors that egui's visuals do not have.
#[derive(Debug)]
pub struct Palette {
    /// The accent: primary buttons, the active tab.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Primary buttons that stop or replace something.
    pub stop: Color32,
    /// Received data.
    pub inbound: Color32,
    /// Sent data.
    pub outbound: Color32,
    /// Failures.
    pub error: Color32,
    /// The background of failures and invalid bytes.
    pub error_ground: Color32,
    /// Sessions that run.
    pub good: Color32,
    /// Warnings.
    pub warning: Color32,
    /// Text.
    pub text: Color32,
    /// Times, sizes, offsets.
    pub dim: Color32,
    /// Control pictures, and other text that is least important.
    pub faint: Color32,
    /// The background of the data.
    pub data_ground: Color32,
    /// The background of head lines and tools.
    pub head_ground: Color32,
    /// The background of selected data and rows.
    pub selection: Color32,
    /// The background of matches.
    pub found: Color32,
    /// Separators.
    pub line: Color32,
    /// The colors of connections, assigned in turn.
    pub connections: [Color32; 8],
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

static LIGHT: Palette = Palette {
    accent: rgb(0x0B66B5),
    on_accent: rgb(0xFFFFFF),
    stop: rgb(0xB3372B),
    inbound: rgb(0x0A5AA8),
    outbound: rgb(0x9A4D00),
    error: rgb(0xB3261E),
    error_ground: rgb(0xFDECEA),
    good: rgb(0x1A7F37),
    warning: rgb(0x8A5A00),
    text: rgb(0x1B1F24),
    dim: rgb(0x5F6873),
    faint: rgb(0x79818B),
    data_ground: rgb(0xFFFFFF),
    head_ground: rgb(0xF3F5F8),
    selection: rgb(0xBBD9F5),
    found: rgb(0xFFE08A),
    line: rgb(0xD5DAE0),
    connections: [
        rgb(0x0A5AA8),
        rgb(0x7A3E9D),
        rgb(0x00695C),
        rgb(0x9A4D00),
        rgb(0xAD1457),
        rgb(0x4A5A00),
        rgb(0x37474F),
        rgb(0x5D4037),
    ],
};

static DARK: Palette = Palette {
    accent: rgb(0x3D8FDB),
    on_accent: rgb(0x08131D),
    stop: rgb(0xE5786D),
    inbound: rgb(0x74B8F5),
    outbound: rgb(0xF0A35E),
    error: rgb(0xFF8A80),
    error_ground: rgb(0x3B1F1E),
    good: rgb(0x6CCB82),
    warning: rgb(0xE3B341),
    text: rgb(0xDDE3EA),
    dim: rgb(0x98A3AF),
    faint: rgb(0x76818D),
    data_ground: rgb(0x14181D),
    head_ground: rgb(0x1B2027),
    selection: rgb(0x264B70),
    found: rgb(0x5E4A0E),
    line: rgb(0x323A44),
    connections: [
        rgb(0x74B8F5),
        rgb(0xC9A0E8),
        rgb(0x5CC8B8),
        rgb(0xF0A35E),
        rgb(0xF48FB1),
        rgb(0xC5D86D),
        rgb(0xB0BEC5),
        rgb(0xD7B49E),
    ],
};

impl Palette {
    /// The palette of the theme in use.
    #[must_use]
    pub fn of(visuals: &Visuals) -> &'static Self {
        if visuals.dark_mode { &DARK } else { &LIGHT }
    }
}

/// The color of a connection.
#[must_use]
pub fn connection_color(palette: &Palette, connection: ConnectionId) -> Color32 {
    palette.connections[connection.0.wrapping_sub(1) as usize % palette.connections.len()]
}

/// The default size of data in points.
const DATA_SIZE: f32 = 13.0;

/// The text style of data, which has a size of its own.
fn data_style() -> TextStyle {
    TextStyle::Name("data".into())
}

/// The font of data, in the size that the user chose.
#[must_use]
pub fn data_font(style: &Style) -> FontId {
    // The first frame of a context may still have the styles of before.
    let known = style.text_styles.get(&data_style());
    known.cloned().unwrap_or_else(|| FontId::monospace(DATA_SIZE))
}

/// Sets the size of data, in points.
pub fn set_data_size(ctx: &Context, points: f32) {
    ctx.all_styles_mut(|style| {
        style.text_styles.insert(data_style(), FontId::monospace(points));
    });
}

/// Sets fonts, sizes and both themes. Call once, before the first frame.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    for (theme, palette, base) in
        [(Theme::Light, &LIGHT, Visuals::light()), (Theme::Dark, &DARK, Visuals::dark())]
    {
        ctx.set_visuals_of(theme, visuals(palette, base));
    }
    ctx.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, FontId::proportional(12.0)),
            (TextStyle::Body, FontId::proportional(13.5)),
            (TextStyle::Button, FontId::proportional(13.5)),
            (TextStyle::Heading, FontId::proportional(20.0)),
            (TextStyle::Monospace, FontId::monospace(DATA_SIZE)),
            (data_style(), FontId::monospace(DATA_SIZE)),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(8.0, 6.0);
        style.spacing.button_padding = egui::vec2(9.0, 4.0);
        style.spacing.interact_size = egui::vec2(32.0, 26.0);
        style.spacing.menu_margin = Margin::same(6);
        style.spacing.scroll = egui::style::ScrollStyle::solid();
        style.spacing.scroll.fade.strength = 0.0;
        style.interaction.selectable_labels = false;
        style.interaction.tooltip_delay = 0.4;
    });
}

/// The family of the icon font.
#[must_use]
pub fn icon_family() -> FontFamily {
    FontFamily::Name("icons".into())
}

/// The bundled font covers GBK. It is the first proportional font, so that Latin letters and ideographs match; the
/// monospace letters are egui's.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let hanzi = FontData::from_static(include_bytes!("../../../assets/fonts/wqy-microhei-subset.ttf"));
    fonts.font_data.insert("hanzi".into(), Arc::new(hanzi));
    let proportional = fonts.families.entry(FontFamily::Proportional).or_default();
    proportional.insert(0, "hanzi".into());
    // The bundled font has the dots of "…" at half height.
    let ellipsis = FontData::from_static(include_bytes!("../../../assets/fonts/ellipsis.ttf"));
    fonts.font_data.insert("ellipsis".into(), Arc::new(ellipsis));
    proportional.insert(0, "ellipsis".into());
    // Some arrows and shapes exist only in the monospace font.
    proportional.push("Hack".into());
    fonts.families.entry(FontFamily::Monospace).or_default().push("hanzi".into());
    // A family of its own: characters of the private use area in received data must not look like icons.
    let icons = FontData::from_static(include_bytes!("../../../assets/fonts/phosphor-subset.ttf"));
    fonts.font_data.insert("icons".into(), Arc::new(icons));
    fonts.families.insert(icon_family(), vec!["icons".into(), "hanzi".into()]);
    fonts
}

fn visuals(palette: &Palette, mut visuals: Visuals) -> Visuals {
    let radius = CornerRadius::same(5);
    visuals.panel_fill = if visuals.dark_mode { rgb(0x20262D) } else { rgb(0xF7F8FA) };
    visuals.window_fill = if visuals.dark_mode { rgb(0x262D35) } else { rgb(0xFFFFFF) };
    visuals.extreme_bg_color = palette.data_ground;
    visuals.faint_bg_color = palette.head_ground;
    visuals.hyperlink_color = palette.accent;
    // A blinking cursor would draw two frames per second while idle.
    visuals.text_cursor.blink = false;
    visuals.error_fg_color = palette.error;
    visuals.warn_fg_color = palette.warning;
    visuals.selection.bg_fill = palette.selection;
    visuals.selection.stroke =
        Stroke::new(1.0, if visuals.dark_mode { rgb(0xE8F1FA) } else { rgb(0x0B3A66) });
    visuals.weak_text_color = Some(palette.dim);
    let ground = if visuals.dark_mode { rgb(0x2D353F) } else { rgb(0xFFFFFF) };
    let hovered = if visuals.dark_mode { rgb(0x37424E) } else { rgb(0xEAF2FA) };
    let pressed = if visuals.dark_mode { rgb(0x41505F) } else { rgb(0xD7E7F6) };
    // Widgets have a stronger edge than separators.
    let edge = if visuals.dark_mode { rgb(0x515D6A) } else { rgb(0xAAB3BE) };
    let widgets = &mut visuals.widgets;
    for (state, fill, border, text) in [
        (&mut widgets.noninteractive, visuals.panel_fill, palette.line, palette.text),
        (&mut widgets.inactive, ground, edge, palette.text),
        (&mut widgets.hovered, hovered, palette.accent, palette.text),
        (&mut widgets.active, pressed, palette.accent, palette.text),
        (&mut widgets.open, hovered, palette.accent, palette.text),
    ] {
        // For the handles of scroll bars; buttons use `weak_bg_fill`.
        state.bg_fill = edge;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::new(1.0, border);
        state.fg_stroke = Stroke::new(1.0, text);
        state.corner_radius = radius;
        state.expansion = 0.0;
    }
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast ratio of two opaque colors, by WCAG 2.1.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let luminance = |color: Color32| {
            let linear = |byte: u8| {
                let value = f32::from(byte) / 255.0;
                if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn texts_have_enough_contrast() {
        for palette in [&LIGHT, &DARK] {
            for ground in [palette.data_ground, palette.head_ground] {
                for color in [
                    palette.inbound,
                    palette.outbound,
                    palette.error,
                    palette.text,
                    palette.dim,
                    palette.good,
                ] {
                    assert!(
                        contrast(color, ground) >= 4.5,
                        "{color:?} on {ground:?}: {}",
                        contrast(color, ground)
                    );
                }
                for color in palette.connections {
                    assert!(
                        contrast(color, ground) >= 4.5,
                        "{color:?} on {ground:?}: {}",
                        contrast(color, ground)
                    );
                }
                assert!(contrast(palette.faint, ground) >= 3.0, "faint: {}", contrast(palette.faint, ground));
            }
            assert!(contrast(palette.text, palette.selection) >= 4.5);
            assert!(contrast(palette.text, palette.found) >= 4.5);
            assert!(contrast(palette.on_accent, palette.accent) >= 4.5);
            assert!(contrast(palette.on_accent, palette.stop) >= 4.5);
            assert!(contrast(palette.error, palette.error_ground) >= 4.5);
        }
    }

    #[test]
    fn directions_and_connections_have_distinct_colors() {
        // The distance of two colors in RGB.
        let distance = |a: Color32, b: Color32| {
            let square = |a: u8, b: u8| (f32::from(a) - f32::from(b)).powi(2);
            (square(a.r(), b.r()) + square(a.g(), b.g()) + square(a.b(), b.b())).sqrt()
        };
        for palette in [&LIGHT, &DARK] {
            assert!(distance(palette.inbound, palette.outbound) > 100.0);
            for (place, &color) in palette.connections.iter().enumerate() {
                for &other in &palette.connections[..place] {
                    assert!(distance(color, other) > 30.0, "{color:?} and {other:?}");
                }
            }
            for id in 1..20 {
                let color = connection_color(palette, ConnectionId(id));
                assert_ne!(color, connection_color(palette, ConnectionId(id + 1)), "neighbours");
                assert_eq!(color, palette.connections[(id as usize - 1) % palette.connections.len()]);
            }
        }
    }

    #[test]
    fn every_character_of_gbk_has_a_glyph() {
        let ctx = Context::default();
        install(&ctx);
        let mut missing = String::new();
        let mut known = 0;
        let output = ctx.run_ui(egui::RawInput::default(), |ui| {
            let bytes = (0x81..=0xFE).flat_map(|lead| (0x40..=0xFE).map(move |trail| [lead, trail]));
            // GBK is code page 936. The decoder also knows the characters that GB 18030 added in its gaps.
            let is_gap = |[lead, trail]: [u8; 2]| match lead {
                0xA6 => matches!(trail, 0xD9..=0xDF | 0xEC | 0xED | 0xF3),
                0xA9 => (0x89..=0x95).contains(&trail),
                0xFE => trail >= 0x50,
                _ => false,
            };
            for pair in bytes.filter(|pair| !is_gap(*pair)) {
                let (text, is_wrong) = encoding_rs::GBK.decode_without_bom_handling(&pair);
                let mut characters = text.chars();
                // Skip the private use area.
                let (Some(character), None) = (characters.next(), characters.next()) else { continue };
                if is_wrong || ('\u{E000}'..='\u{F8FF}').contains(&character) {
                    continue;
                }
                known += 1;
                if !ui.ctx().fonts_mut(|fonts| fonts.has_glyph(&FontId::monospace(DATA_SIZE), character)) {
                    missing.push(character);
                }
            }
        });
        output.drop_without_applying_deltas();
        // The code page has 21,791 characters; the decoder knows later ones, such as the euro sign.
        assert!(known >= 21_791, "{known} characters");
        assert_eq!(missing, "");
    }

    /// The font of ideographs has its dots at half height, so that `…` read as `···`.
    #[test]
    fn the_dots_of_an_ellipsis_are_where_those_of_full_stops_are() {
        let ctx = Context::default();
        install(&ctx);
        let output = ctx.run_ui(egui::RawInput::default(), |ui| {
            for style in [TextStyle::Body, TextStyle::Small, TextStyle::Button, TextStyle::Heading] {
                let font = style.resolve(ui.style());
                let galley = ui.painter().layout_no_wrap("等…...".into(), font, Color32::WHITE);
                let glyphs = &galley.rows[0].glyphs;
                let bottom = |place: usize| {
                    let glyph = &glyphs[place];
                    glyph.pos.y + glyph.uv_rect.offset.y + glyph.uv_rect.size.y
                };
                assert_eq!((glyphs[1].chr, glyphs[2].chr), ('…', '.'));
                assert!((bottom(1) - bottom(2)).abs() <= 1.0, "{style}: {} {}", bottom(1), bottom(2));
            }
        });
        output.drop_without_applying_deltas();
    }
}
