//! The icons of the window: characters of the bundled icon font, which has a family of its own.
//!
//! The characters are in the private use area. The data is drawn without this font, so that received characters of
//! that area never look like icons.

use crate::gui::kit::theme::icon_family;
use eframe::egui::{FontId, RichText};

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icon(pub char);

/// Find.
pub const FIND: Icon = Icon('\u{E30C}');
/// Freeze the display.
pub const PAUSE: Icon = Icon('\u{E39E}');
/// Unfreeze the display.
pub const RESUME: Icon = Icon('\u{E3D0}');
/// Clear the display.
pub const CLEAR: Icon = Icon('\u{E21E}');
/// More actions.
pub const MORE: Icon = Icon('\u{E1FE}');
/// Settings.
pub const SETTINGS: Icon = Icon('\u{E272}');
/// A new tab.
pub const ADD: Icon = Icon('\u{E3D4}');
/// Close or dismiss.
pub const CLOSE: Icon = Icon('\u{E4F6}');
/// A menu or list opens below.
pub const DOWN: Icon = Icon('\u{E136}');
/// A panel opens above.
pub const UP: Icon = Icon('\u{E13C}');
/// The previous match.
pub const PREVIOUS: Icon = Icon('\u{E08E}');
/// The next match.
pub const NEXT: Icon = Icon('\u{E03E}');
/// Show a part of the records only.
pub const FILTER: Icon = Icon('\u{E266}');
/// The tab of a file.
pub const FILE: Icon = Icon('\u{E23A}');

/// All icons, for the test that each has a glyph.
#[cfg(test)]
const ALL: [Icon; 14] =
    [FIND, PAUSE, RESUME, CLEAR, MORE, SETTINGS, ADD, CLOSE, DOWN, UP, PREVIOUS, NEXT, FILTER, FILE];

impl Icon {
    /// The icon as text of this size, in points.
    #[must_use]
    pub fn text(self, size: f32) -> RichText {
        RichText::new(self.0).font(FontId::new(size, icon_family()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::kit::theme::{data_font, install};
    use eframe::egui::{Context, RawInput};

    #[test]
    fn every_icon_has_a_glyph_and_none_is_in_the_fonts_of_data() {
        let ctx = Context::default();
        install(&ctx);
        let output = ctx.run_ui(RawInput::default(), |ui| {
            let data = data_font(ui.style());
            for icon in ALL {
                let icons = FontId::new(14.0, icon_family());
                assert!(ui.fonts_mut(|fonts| fonts.has_glyph(&icons, icon.0)), "{icon:?}");
                assert!(!ui.fonts_mut(|fonts| fonts.has_glyph(&data, icon.0)), "{icon:?}");
            }
        });
        output.drop_without_applying_deltas();
    }
}
