//! Draws the composer: a bar of controls, the payload field, and a line that says how many bytes would be sent, or why
//! they are not. Each control has a file of its own.

use crate::gui::action::Action;
use crate::gui::compose::asking_ui::asking_ui;
use crate::gui::compose::bar_ui::bar_ui;
use crate::gui::compose::checksum_ui::picker_ui;
use crate::gui::compose::composing::Composing;
use crate::gui::compose::cutting_ui::cutting_ui;
use crate::gui::compose::field_ui::{field_height, field_ui};
use crate::gui::compose::file_ui::file_dialog_ui;
use crate::gui::compose::info_ui::info_ui;
use crate::gui::compose::send_ui::SEND;
use crate::gui::compose::state::Composer;
use crate::gui::kit::buttons::PRIMARY_HEIGHT;
use crate::gui::kit::ctx::composer_id;
use crate::lang::fill;
use crate::settings::TabSettings;
use eframe::egui::{self, Align, Layout, Margin, Rect, Ui};

/// The margin of the panel, in points.
pub const MARGIN: Margin = Margin::symmetric(10, 6);
/// The space between the bar, the field and the line below it, in points.
const GAP: f32 = 5.0;
/// The height of the line below the field, in points.
const INFO_HEIGHT: f32 = 18.0;
/// The height of the row that says how payloads are cut, with the space below it, in points.
const CUTTING_HEIGHT: f32 = 30.0;
/// The most rows of text that the field shows.
const MOST_ROWS: f32 = 12.0;

/// The height of the panel beside `room` points for all else, in points: as much as the payload needs, but at most
/// a third of the room. `has_pieces`: it has the row that says how payloads are cut.
#[must_use]
pub fn composer_height(ui: &Ui, composer: &Composer, has_pieces: bool, room: f32) -> f32 {
    let row = field_height(ui, 2) - field_height(ui, 1);
    let most = (room / 3.0 / row).clamp(1.0, MOST_ROWS) as usize;
    let field = field_height(ui, composer.rows.clamp(1, most));
    let cutting = if has_pieces { CUTTING_HEIGHT } else { 0.0 };
    let margins = f32::from(MARGIN.top) + f32::from(MARGIN.bottom);
    cutting + PRIMARY_HEIGHT + GAP + field + INFO_HEIGHT + margins
}

/// Draws the composer of a tab.
pub fn composer_ui(
    ui: &mut Ui,
    composing: Composing<'_>,
    form: &mut TabSettings,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let Composing { ctx, encodings, peer, .. } = composing;
    composer.encoded.peer = peer;
    let area = ui.available_rect_before_wrap();
    // Files that are dropped there are sent.
    ui.interact(area + MARGIN, composer_id(ctx.id), egui::Sense::hover());
    // Above the bar, so that nothing moves under the pointer that shows it.
    let cutting = if form.pieces { CUTTING_HEIGHT } else { 0.0 };
    let top = area.top() + cutting;
    let bar = area.with_min_y(top).with_max_y(top + PRIMARY_HEIGHT);
    let info = area.with_min_y(area.bottom() - INFO_HEIGHT);
    let field = Rect::from_x_y_ranges(area.x_range(), bar.bottom() + GAP..=info.top());
    let row = |rect| egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
    if form.pieces {
        let place = area.with_max_y(area.top() + CUTTING_HEIGHT - GAP);
        cutting_ui(&mut ui.new_child(row(place).id_salt("cutting")), ctx.words, form);
    }
    bar_ui(&mut ui.new_child(row(bar)), composing, form, composer, actions);
    let encoded = composer.encoded.get(form, encodings, ctx.words);
    let error = encoded.as_ref().as_ref().err();
    let inside = egui::UiBuilder::new().max_rect(field);
    let hint = fill(&ctx.words.payload_hint, &[("keys", &ui.ctx().format_shortcut(&SEND))]);
    field_ui(
        &mut ui.new_child(inside.layout(Layout::top_down(Align::Min))),
        ctx,
        form,
        composer,
        field,
        &hint,
        error,
    );
    info_ui(&mut ui.new_child(row(info)), composing, form, composer, actions);
    ui.advance_cursor_after_rect(area);
    picker_ui(ui.ctx(), ctx, form, composer, actions);
    asking_ui(ui.ctx(), ctx, composer, actions);
    file_dialog_ui(ui.ctx(), ctx, form.kind, composer, actions);
}
