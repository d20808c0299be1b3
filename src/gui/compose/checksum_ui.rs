//! Draws the button that shows the checksum that is added, and the dialog in which it is chosen.

use crate::gui::action::{Action, AppAction, TabAction};
use crate::gui::compose::payload::checksum;
use crate::gui::compose::picker::{Offer, Picker, changed};
use crate::gui::compose::state::Composer;
use crate::gui::kit::bars::elided;
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::fields;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::lang::{Words, cut};
use crate::payload::checksum::{ByteOrder, Form, Spec};
use crate::settings::TabSettings;
use eframe::egui::{self, Key, RichText, ScrollArea, Sense, TextStyle, Ui};

/// The longest name on the button, in characters.
const NAME_CHARACTERS: usize = 16;
/// The width of the dialog, in points.
const WIDTH: f32 = 560.0;
/// The height of the dialog without its list and the options, with room around it, in points.
const FRAME_HEIGHT: f32 = 256.0;
/// The height of the options, in points.
const OPTIONS_HEIGHT: f32 = 100.0;

/// The text of the button.
fn text(words: &Words, form: &TabSettings) -> String {
    if form.checksum.is_empty() { words.checksum.clone() } else { cut(&form.checksum, NAME_CHARACTERS) }
}

/// The width of the button, in points.
#[must_use]
pub fn checksum_width(ui: &Ui, words: &Words, form: &TabSettings) -> f32 {
    buttons::menu_width(ui, &text(words, form))
}

/// Draws the button, which opens the dialog.
pub fn checksum_ui(ui: &mut Ui, words: &Words, form: &TabSettings, composer: &mut Composer) {
    let is_on = !form.checksum.is_empty();
    let button = egui::Button::new(buttons::menu_text(&text(words, form))).selected(is_on);
    let button = ui.add(button.wrap_mode(egui::TextWrapMode::Extend)).accessible_name("Checksum");
    fields::describe(&button, if is_on { &form.checksum } else { &words.checksum_none });
    let tip =
        if is_on { format!("{}\n{}", words.checksum_tip, form.checksum) } else { words.checksum_tip.clone() };
    if button.on_hover_text(tip).clicked() {
        let chosen = checksum(form, words).ok().flatten();
        composer.picker = Some(Picker::new(chosen.as_ref()));
        ui.close();
    }
}

/// Draws the dialog, if it is open.
pub fn picker_ui(
    ctx: &egui::Context,
    tab: TabCtx<'_>,
    form: &TabSettings,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let Some(picker) = &mut composer.picker else { return };
    let picked = pick_ui(ctx, tab.words, picker, &form.checksum, &composer.recent_checksums);
    let chosen = picked.chosen.clone();
    actions.extend(chosen.map(|text| tab.action(TabAction::SetChecksum(text))));
    if picked.is_done {
        composer.picker = None;
        // Once it is decided: what was typed on the way is not offered again.
        let used = picked.chosen.unwrap_or_else(|| form.checksum.clone());
        actions.push(Action::App(AppAction::RememberChecksum(used)));
        actions.push(tab.action(TabAction::FocusPayload));
    }
}

/// What the user did in the dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picked {
    /// The checksum is this now; empty: none.
    pub chosen: Option<String>,
    /// The dialog closes.
    pub is_done: bool,
}

/// Draws the dialog in which a checksum is chosen. `checksum`: the one that is chosen now; `recent`: those that were chosen
/// before, the last one first.
pub fn pick_ui(
    ctx: &egui::Context,
    words: &Words,
    picker: &mut Picker,
    checksum: &str,
    recent: &[String],
) -> Picked {
    let (picked, is_left) = messages::dialog(ctx, "checksum dialog", WIDTH, |ui| {
        ui.heading(&words.checksum_title);
        ui.add_space(4.0);
        let mut picked = Picked::default();
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 110.0).max(120.0);
            let hint = &words.checksum_search_hint;
            let search = fields::field(ui, &mut picker.search, "Search checksums", hint, width, None, true);
            if std::mem::take(&mut picker.takes_focus) {
                fields::take_focus_all(&search, &picker.search);
            }
            let is_entered = search.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if is_entered && let Some(first) = picker.offers(recent).into_iter().next() {
                picked = Picked { chosen: Some(picker.chosen(&first)), is_done: true };
            }
            let none = ui.add_enabled(!checksum.is_empty(), egui::Button::new(&words.checksum_none));
            if none.accessible_name("No checksum").clicked() {
                picked = Picked { chosen: Some(String::new()), is_done: true };
            }
        });
        ui.add_space(4.0);
        let spec: Option<Spec> = checksum.trim().parse().ok();
        if let Some(spec) = &spec {
            options_ui(ui, words, picker, spec, &mut |text| picked.chosen = Some(text));
            ui.separator();
        }
        let offers = picker.offers(recent);
        if offers.is_empty() {
            ui.label(&words.checksum_nothing_found);
        }
        let options_height = if spec.is_some() { OPTIONS_HEIGHT } else { 0.0 };
        let rest = ui.ctx().content_rect().height() - FRAME_HEIGHT - options_height;
        let height = rest.clamp(90.0, 330.0);
        let row = ui.text_style_height(&TextStyle::Body) + ui.text_style_height(&TextStyle::Small) + 14.0;
        // A dialog keeps its last height: the list would stay as low as its shortest one.
        let area = ScrollArea::vertical().max_height(height).min_scrolled_height(height);
        area.auto_shrink([false, true]).show_rows(ui, row, offers.len(), |ui, rows| {
            for offer in &offers[rows] {
                if offer_ui(ui, words, offer, offer.text == checksum, row) {
                    picked = Picked { chosen: Some(picker.chosen(offer)), is_done: true };
                }
            }
        });
        picked
    });
    Picked { is_done: picked.is_done || is_left, ..picked }
}

/// A checksum: its names, and below them its parameters and check value. Returns whether it was chosen.
fn offer_ui(ui: &mut Ui, words: &Words, offer: &Offer, is_chosen: bool, height: f32) -> bool {
    let palette = Palette::of(ui.visuals());
    let size = egui::vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let response = response.on_hover_cursor(egui::CursorIcon::PointingHand);
    let ground = if is_chosen {
        Some(palette.selection)
    } else if response.hovered() || response.has_focus() {
        Some(palette.head_ground)
    } else {
        None
    };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect, 4.0, ground);
    }
    buttons::focus_ring(ui, &response, rect.shrink(1.0), palette.accent);
    // Painted: the button is the one control of the row.
    let inside = rect.shrink2(egui::vec2(6.0, 4.0));
    let body = TextStyle::Body.resolve(ui.style());
    let small = TextStyle::Small.resolve(ui.style());
    let width = buttons::text_width(ui, &offer.text) + 8.0;
    let also = inside.left_top() + egui::vec2(width, 0.0);
    elided(ui.painter(), inside.left_top(), inside.width(), &offer.text, body.clone(), palette.text);
    elided(ui.painter(), also, (inside.right() - also.x).max(0.0), &offer.also.join(", "), body, palette.dim);
    let below = egui::pos2(inside.left(), inside.bottom() - small.size - 3.0);
    let check = format!("{}  {} {}", offer.parameters, words.checksum_check, offer.check);
    elided(ui.painter(), below, inside.width(), &check, small, palette.dim);
    let name = format!("Use {}", offer.text);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_chosen, &name));
    fields::describe(&response, &format!("{} check {}", offer.parameters, offer.check));
    response.clicked()
}

/// Byte order, form, range and place of the checksum that is chosen.
fn options_ui(
    ui: &mut Ui,
    words: &Words,
    picker: &mut Picker,
    chosen: &Spec,
    use_it: &mut impl FnMut(String),
) {
    ui.label(RichText::new(&*chosen.name).strong());
    ui.horizontal_wrapped(|ui| {
        let (mut order, mut form) = (chosen.order, chosen.form);
        let orders = [
            (ByteOrder::Little, words.checksum_little.as_str(), "Lowest byte first"),
            (ByteOrder::Big, words.checksum_big.as_str(), "Highest byte first"),
        ];
        ui.scope(|ui| buttons::segmented(ui, &mut order, &orders));
        let forms = [
            (Form::Bytes, words.checksum_bytes.as_str(), "Checksum as bytes"),
            (Form::HexDigits, words.checksum_digits.as_str(), "Checksum as hex digits"),
        ];
        ui.scope(|ui| buttons::segmented(ui, &mut form, &forms));
        if (order, form) != (chosen.order, chosen.form) {
            use_it(changed(chosen, order, form).to_string());
        }
    });
    ui.horizontal_wrapped(|ui| {
        let wrong = picker.with_places(chosen).err();
        let labels = [
            (&words.checksum_from, "Checksum from", "0"),
            (&words.checksum_to, "Checksum to", words.checksum_end.as_str()),
            (&words.checksum_at, "Checksum at", words.checksum_end.as_str()),
        ];
        let mut is_changed = false;
        for (index, (label, name, hint)) in labels.into_iter().enumerate() {
            crate::gui::kit::bars::caption(ui, label, 60.0);
            let error = (wrong == Some(index)).then_some(words.checksum_place_tip.as_str());
            let field = fields::field(ui, &mut picker.places[index], name, hint, 52.0, error, true);
            is_changed |= field.changed();
            field.on_hover_text(&words.checksum_place_tip);
        }
        if is_changed && let Ok(spec) = picker.with_places(chosen) {
            use_it(spec.to_string());
        }
    });
}
