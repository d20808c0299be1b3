//! Draws the bar of the composer: at the left how the payload is read, at the right recipients, history and Send. Controls
//! of the left that do not fit are in a menu.

use crate::codec::LineEnding;
use crate::gui::action::{Action, TabAction};
use crate::gui::compose::checksum_ui::{checksum_ui, checksum_width};
use crate::gui::compose::composing::Composing;
use crate::gui::compose::cutting_ui::{pieces_button_ui, pieces_width};
use crate::gui::compose::file_ui::{file_button_ui, file_width};
use crate::gui::compose::history_ui::history_ui;
use crate::gui::compose::insert_ui::{insert_ui, insert_width};
use crate::gui::compose::recipients_ui::{recipients_ui, recipients_width};
use crate::gui::compose::repeat_ui::{repeat_ui, repeat_width};
use crate::gui::compose::send_ui::send_ui;
use crate::gui::compose::state::Composer;
use crate::gui::kit::bars::folding_bar;
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::lang::Words;
use crate::payload::Format;
use crate::settings::{TabKind, TabSettings};
use eframe::egui::{self, Align, Layout, Ui, vec2};

/// The width of the list of line endings, in points.
const ENDING_WIDTH: f32 = 100.0;

/// A control at the left of the bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    Format,
    LineEnding,
    Checksum,
    Insert,
    File,
    Pieces,
}

/// The controls for a form, the most important first.
fn controls(form: &TabSettings) -> Vec<Control> {
    let mut controls = vec![Control::Format];
    if form.payload_format != Format::Hex {
        controls.push(Control::LineEnding);
    }
    controls.extend([Control::Checksum, Control::Insert, Control::File, Control::Pieces]);
    controls
}

/// Draws the bar.
pub fn bar_ui(
    ui: &mut Ui,
    composing: Composing<'_>,
    form: &mut TabSettings,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let Composing { ctx, encodings, .. } = composing;
    let words = ctx.words;
    let has_recipients = form.kind != TabKind::TcpClient;
    let room = ui.available_width() - right_width(ui, words, has_recipients);
    let height = ui.available_height();
    let left = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(vec2(room.max(0.0), height), left, |ui| {
        let controls = controls(form);
        let widths: Vec<_> = controls.iter().map(|control| width(ui, words, form, *control)).collect();
        folding_bar(ui, &words.more, "More of the composer", &widths, |ui, index| match controls[index] {
            Control::Format => format_ui(ui, composing, form, composer, actions),
            Control::LineEnding => ending_ui(ui, words, form),
            Control::Checksum => checksum_ui(ui, words, form, composer),
            Control::Insert => insert_ui(ui, ctx, form, actions),
            Control::File => file_button_ui(ui, ctx, actions),
            Control::Pieces => pieces_button_ui(ui, words, form),
        });
    });
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let encoded = composer.encoded.get(form, encodings, words);
        let can_send = send_ui(ui, ctx, form, &encoded, actions);
        repeat_ui(ui, ctx, form, can_send, actions);
        history_ui(ui, ctx, form, composer, actions);
        if has_recipients {
            recipients_ui(ui, composing, form, composer);
        }
    });
}

/// The width of a control, in points.
fn width(ui: &Ui, words: &Words, form: &TabSettings, control: Control) -> f32 {
    let padding = 2.0 * ui.spacing().button_padding.x;
    match control {
        Control::Format => {
            formats(words).iter().map(|(_, text, _)| (buttons::text_width(ui, text) + padding).ceil()).sum()
        }
        Control::LineEnding => ENDING_WIDTH + padding,
        Control::Checksum => checksum_width(ui, words, form),
        Control::Insert => insert_width(ui, words),
        Control::File => file_width(ui, words),
        Control::Pieces => pieces_width(ui, words),
    }
}

/// The width of what is at the right of the bar, with the gap before it, in points.
fn right_width(ui: &Ui, words: &Words, has_recipients: bool) -> f32 {
    let spacing = ui.spacing();
    let padding = 2.0 * spacing.button_padding.x;
    let gap = spacing.item_spacing.x;
    let recipients = if has_recipients { recipients_width(ui) + padding + gap } else { 0.0 };
    let repeat = repeat_width(ui, words) + gap;
    buttons::primary_width(ui) + gap + repeat + buttons::menu_width(ui, &words.history) + gap + recipients
}

fn formats(words: &Words) -> [(Format, &str, &'static str); 3] {
    [
        (Format::Text, words.text.as_str(), "Payload as text"),
        (Format::Hex, words.hex.as_str(), "Payload as hex"),
        (Format::Escaped, words.escaped.as_str(), "Payload with escapes"),
    ]
}

fn format_ui(
    ui: &mut Ui,
    composing: Composing<'_>,
    form: &mut TabSettings,
    composer: &mut Composer,
    actions: &mut Vec<Action>,
) {
    let Composing { ctx, encodings, .. } = composing;
    let mut format = form.payload_format;
    let group = ui.scope(|ui| buttons::segmented(ui, &mut format, &formats(ctx.words))).response;
    group.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Group, true, "Payload format"));
    if format != form.payload_format {
        composer.error = None;
        composer.switch.switch(form, format, encodings, ctx.words);
        // At the end of the frame: in this one the field would give the focus up, for a click elsewhere.
        actions.push(ctx.action(TabAction::FocusPayload));
    }
}

fn ending_ui(ui: &mut Ui, words: &Words, form: &mut TabSettings) {
    let endings = [
        (LineEnding::None, words.line_ending_none.as_str(), "None"),
        (LineEnding::Lf, "LF (\\n)", "LF"),
        (LineEnding::Cr, "CR (\\r)", "CR"),
        (LineEnding::CrLf, "CRLF (\\r\\n)", "CRLF"),
    ];
    let ending = &mut form.line_ending;
    fields::combo(ui, "Line ending", &words.line_ending_tip, ENDING_WIDTH, ending, &endings);
}
