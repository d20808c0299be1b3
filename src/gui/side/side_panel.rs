//! Draws the panel at the right of the data: its tabs, and what the chosen one holds.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, TabAction};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::icons;
use crate::gui::kit::theme::Palette;
use crate::gui::lists::panel_tab::OfTab;
use crate::gui::lists::panel_ui::commands_ui;
use crate::gui::lists::runs::Runs;
use crate::gui::lists::sent::SentItems;
use crate::gui::lists::state::Lists;
use crate::gui::side::inspector::inspector_ui;
use crate::gui::view::DataView;
use crate::settings::{SidePanel, TabSettings, WindowSettings};
use crate::streams::Encodings;
use eframe::egui::{self, Align, Frame, Layout, Margin, Panel, RichText, Sense, Ui};

/// The least width of the data beside the panel, in points, if the window has room for both.
const DATA_WIDTH: f32 = 300.0;

/// What the panel reads of its tab.
#[derive(Clone, Copy)]
pub struct Beside<'a> {
    /// The form, which says what is shown.
    pub form: &'a TabSettings,
    /// What became of the items that the tab has sent.
    pub sent: &'a SentItems,
    /// What it sends over time.
    pub runs: &'a Runs,
    /// Whether it can send: a file cannot.
    pub is_session: bool,
    /// The encodings of its connections.
    pub encodings: &'a Encodings,
}

/// Draws the panel of a tab. Its width changes only when its edge is dragged.
pub fn side_panel_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    beside: Beside<'_>,
    view: &mut DataView,
    window: &mut WindowSettings,
    lists: &mut Lists,
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
        let shown = if beside.is_session { beside.form.side } else { SidePanel::Inspector };
        head_ui(&mut inside, ctx, beside, shown, actions);
        match shown {
            SidePanel::Commands => {
                let Beside { form, sent, runs, .. } = beside;
                commands_ui(&mut inside, OfTab { ctx, form, sent, runs }, lists, actions);
            }
            SidePanel::Inspector | SidePanel::None => {
                inspector_ui(&mut inside, view, beside.encodings, ctx.words);
            }
        }
        ui.advance_cursor_after_rect(rect);
    });
    // A window that is too narrow for it does not change what was chosen.
    if most >= window.side_width {
        window.side_width = panel.response.rect.width().round();
    }
}

/// The tabs of the panel, and the button that hides it.
fn head_ui(ui: &mut Ui, ctx: TabCtx<'_>, beside: Beside<'_>, shown: SidePanel, actions: &mut Vec<Action>) {
    let words = ctx.words;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        let inspector = (SidePanel::Inspector, &words.inspector, "Inspector tab", UiCommand::Inspector);
        let commands = (SidePanel::Commands, &words.lists_title, "Commands tab", UiCommand::Commands);
        let tabs = if beside.is_session { vec![inspector, commands] } else { vec![inspector] };
        for (side, text, name, command) in tabs {
            let tip = command.tip_of(ui.ctx(), text);
            if tab_ui(ui, text, name, side == shown).on_hover_text(tip).clicked() && side != shown {
                actions.push(ctx.action(TabAction::ShowSide(side)));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = buttons::icon_button(ui, icons::CLOSE, "Close side panel");
            if close.on_hover_text(&words.side_close).clicked() {
                actions.push(ctx.action(TabAction::ShowSide(SidePanel::None)));
            }
        });
    });
    ui.add_space(2.0);
}

/// A tab of the panel, with a line below it if it is shown.
fn tab_ui(ui: &mut Ui, text: &str, name: &str, is_shown: bool) -> egui::Response {
    let palette = Palette::of(ui.visuals());
    let text = if is_shown { RichText::new(text).strong() } else { RichText::new(text).color(palette.dim) };
    let title = ui.add(egui::Label::new(text).sense(Sense::click()));
    title.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, is_shown, name));
    let line = egui::Rect::from_x_y_ranges(
        title.rect.x_range(),
        title.rect.bottom() + 3.0..=title.rect.bottom() + 5.0,
    );
    if is_shown {
        ui.painter().rect_filled(line, 1.0, palette.accent);
    }
    buttons::focus_ring(ui, &title, title.rect.expand(2.0), palette.accent);
    title
}
