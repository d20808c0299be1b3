//! Draws the panel at the right of the data: its tabs, and what the chosen one holds.

use crate::gui::action::{Action, TabAction};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::icons;
use crate::gui::kit::theme::Palette;
use crate::gui::side::inspector::inspector_ui;
use crate::gui::view::DataView;
use crate::settings::WindowSettings;
use crate::streams::Encodings;
use eframe::egui::{self, Align, Frame, Layout, Margin, Panel, Ui};

/// The least width of the data beside the panel, in points, if the window has room for both.
const DATA_WIDTH: f32 = 300.0;

/// Draws the panel of a tab. Its width changes only when its edge is dragged.
pub fn side_panel_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    view: &mut DataView,
    encodings: &Encodings,
    window: &mut WindowSettings,
    actions: &mut Vec<Action>,
) {
    let least = *WindowSettings::SIDE_WIDTHS.start();
    let most = (ui.available_width() - DATA_WIDTH).clamp(least, *WindowSettings::SIDE_WIDTHS.end());
    let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 4));
    let panel = Panel::right("side").frame(frame).resizable(true).default_size(window.side_width);
    let panel = panel.size_range(least..=most).show(ui, |ui| {
        // What does not fit is clipped, so that it does not widen the panel.
        let rect = ui.available_rect_before_wrap();
        let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt(ctx.id.0));
        inside.set_clip_rect(rect.intersect(ui.clip_rect()));
        head_ui(&mut inside, ctx, actions);
        inspector_ui(&mut inside, view, encodings, ctx.words);
        ui.advance_cursor_after_rect(rect);
    });
    // A window that is too narrow for it does not change what was chosen.
    if most >= window.side_width {
        window.side_width = panel.response.rect.width().round();
    }
}

/// The tabs of the panel, and the button that hides it.
fn head_ui(ui: &mut Ui, ctx: TabCtx<'_>, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let palette = Palette::of(ui.visuals());
    ui.horizontal(|ui| {
        let title = ui.add(egui::Label::new(egui::RichText::new(&words.inspector).strong()));
        let spoken = || egui::WidgetInfo::selected(egui::Role::Tab, true, true, "Inspector tab");
        title.widget_info(spoken);
        let line = egui::Rect::from_x_y_ranges(
            title.rect.x_range(),
            title.rect.bottom() + 3.0..=title.rect.bottom() + 5.0,
        );
        ui.painter().rect_filled(line, 1.0, palette.accent);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = buttons::icon_button(ui, icons::CLOSE, "Close side panel");
            if close.on_hover_text(&words.side_close).clicked() {
                actions.push(ctx.action(TabAction::ToggleInspector));
            }
        });
    });
    ui.add_space(2.0);
}
