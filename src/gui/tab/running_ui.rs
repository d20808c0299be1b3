//! Draws the strip above the composer that shows what is sent over time, and the files that grow with the session: a row
//! for each, with how far it is, and buttons that hold, continue, stop and remove it. What is drawn comes from the session's status: nothing here asks for frames.

use crate::gui::action::{Action, TabAction};
use crate::gui::files::followed::{FollowKind, FollowedFile};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::fields;
use crate::gui::kit::figures::bytes;
use crate::gui::kit::icons;
use crate::gui::kit::theme::Palette;
use crate::gui::lists::runs::Runs;
use crate::gui::tab::strips::RUNNING_ROW_HEIGHT;
use crate::lang::{cut, explain, fill, outgoing_progress, outgoing_state};
use crate::model::{OutgoingState, OutgoingStatus, Progress};
use eframe::egui::accesskit::Live;
use eframe::egui::{self, Align, Color32, Label, Layout, Rect, RichText, ScrollArea, Ui};

/// The part of a row that is for the label, and the most that it takes, in points.
const LABEL_PART: f32 = 0.25;
const LABEL_WIDTH: f32 = 220.0;

/// The longest part of the name of a step, in characters.
const STEP_CHARACTERS: usize = 40;

/// The width that a scroll bar takes, in points: no button is below it.
const BAR_WIDTH: f32 = 14.0;

/// What a row shows.
#[derive(Clone, Copy)]
enum Running<'a> {
    /// With the name of the step that runs.
    Outgoing(&'a OutgoingStatus, Option<&'a str>),
    File(&'a FollowedFile),
}

impl Running<'_> {
    fn salt(self) -> (bool, u64) {
        match self {
            Self::Outgoing(outgoing, _) => (false, outgoing.id.0),
            Self::File(file) => (true, file.id.0),
        }
    }
}

/// Draws the rows, of which so many fit; the others are scrolled to.
pub fn running_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    (runs, files): (&Runs, &[FollowedFile]),
    fitting: usize,
    actions: &mut Vec<Action>,
) {
    let outgoing = ctx.status.outgoing.iter();
    let outgoing = outgoing.map(|outgoing| Running::Outgoing(outgoing, runs.step_name(outgoing)));
    let all: Vec<_> = outgoing.chain(files.iter().map(Running::File)).collect();
    ui.spacing_mut().item_spacing.y = 0.0;
    if all.len() <= fitting {
        return all.iter().for_each(|running| placed_row_ui(ui, ctx, *running, 0.0, actions));
    }
    let area = ScrollArea::vertical().auto_shrink([false, false]).id_salt("running");
    area.show_rows(ui, RUNNING_ROW_HEIGHT, all.len(), |ui, rows| {
        for running in all.get(rows).unwrap_or_default() {
            placed_row_ui(ui, ctx, *running, BAR_WIDTH, actions);
        }
    });
}

fn placed_row_ui(ui: &mut Ui, ctx: TabCtx<'_>, running: Running<'_>, margin: f32, actions: &mut Vec<Action>) {
    let area = ui.available_rect_before_wrap();
    let row = Rect::from_min_size(area.min, egui::vec2(area.width() - margin, RUNNING_ROW_HEIGHT));
    let inside = egui::UiBuilder::new()
        .id_salt(running.salt())
        .max_rect(row)
        .layout(Layout::right_to_left(Align::Center));
    let ui_of_row = &mut ui.new_child(inside);
    match running {
        Running::Outgoing(outgoing, step) => row_ui(ui_of_row, ctx, (outgoing, step), actions),
        Running::File(file) => file_row_ui(ui_of_row, ctx, file, actions),
    }
    ui.advance_cursor_after_rect(row);
}

/// Draws a row. `step`: the name of the step that runs.
fn row_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    (outgoing, step): (&OutgoingStatus, Option<&str>),
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    let palette = Palette::of(ui.visuals());
    let OutgoingStatus { id, label, state, .. } = outgoing;
    let mut act = |action| actions.push(ctx.action(action));
    let has_ended = state.has_ended();
    let (tip, name) = match has_ended {
        true => (&words.outgoing_remove, "Remove from list"),
        false => (&words.outgoing_stop, "Stop sending"),
    };
    let stop = buttons::icon_button(ui, icons::CLOSE, name).on_hover_text(tip);
    fields::describe(&stop, label);
    if stop.clicked() {
        act(TabAction::StopOutgoing(*id));
    }
    if !has_ended {
        let (icon, tip, name, action) = match state {
            OutgoingState::Paused => {
                (icons::RESUME, &words.outgoing_resume, "Resume sending", TabAction::ResumeOutgoing(*id))
            }
            _ => (icons::PAUSE, &words.outgoing_pause, "Pause sending", TabAction::PauseOutgoing(*id)),
        };
        let hold = buttons::icon_button(ui, icon, name);
        fields::describe(&hold, label);
        if hold.on_hover_text(tip).clicked() {
            act(action);
        }
    }
    let state_text = match state {
        OutgoingState::Failed(failure) => Some(ctx.explain(failure)),
        _ => outgoing_state(words, state),
    };
    let color = match state {
        OutgoingState::Running => palette.text,
        OutgoingState::Failed(_) => palette.error,
        OutgoingState::Waiting | OutgoingState::Paused => palette.warning,
        OutgoingState::Done | OutgoingState::Stopped => palette.dim,
    };
    let mut parts = outgoing_progress(words, &outgoing.progress);
    parts.extend(step.filter(|_| !has_ended).map(|name| cut(name, STEP_CHARACTERS)));
    // The state is said first: it must not be what is cut.
    parts.splice(0..0, state_text);
    let text = parts.join(" · ");
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        label_ui(ui, label, palette.dim);
        if let Progress::Bytes { done, total: Some(total), .. } = outgoing.progress {
            let part = if total == 0 { 1.0 } else { done as f32 / total as f32 };
            ui.add(egui::ProgressBar::new(part).desired_width(100.0).corner_radius(3.0));
        }
        let shown = ui.add(Label::new(RichText::new(&text).color(color)).truncate());
        let shown = shown.on_hover_text(format!("{label}\n{}", parts.join("\n")));
        ui.ctx().accesskit_node_builder(shown.id, |node| {
            node.set_value(text.as_str());
            // Numbers that change all the time are not spoken, the end is.
            node.set_live(if has_ended { Live::Polite } else { Live::Off });
        });
    });
}

/// The row of a file that grows.
fn file_row_ui(ui: &mut Ui, ctx: TabCtx<'_>, file: &FollowedFile, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let palette = Palette::of(ui.visuals());
    let name = file.name();
    let stop = buttons::icon_button(ui, icons::CLOSE, "Stop writing").on_hover_text(&words.follow_stop);
    fields::describe(&stop, &name);
    if stop.clicked() {
        actions.push(ctx.action(TabAction::StopFollow(file.id)));
    }
    let kind = match file.kind {
        FollowKind::Bytes => &words.follow_bytes,
        FollowKind::Log => &words.follow_log,
    };
    let mut parts = vec![kind.clone(), bytes(file.status.written)];
    if file.status.missed > 0 {
        parts.push(fill(&words.follow_missed, &[("bytes", &bytes(file.status.missed))]));
    }
    parts.extend(file.problem().map(|failure| explain(words, failure)));
    let is_wrong = file.status.missed > 0 || file.problem().is_some();
    let text = parts.join(" · ");
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        label_ui(ui, &name, palette.dim);
        let color = if is_wrong { palette.error } else { palette.text };
        let shown = ui.add(Label::new(RichText::new(&text).color(color)).truncate());
        let shown = shown.on_hover_text(format!("{}\n{}", file.path.display(), parts.join("\n")));
        ui.ctx().accesskit_node_builder(shown.id, |node| {
            node.set_value(text.as_str());
            node.set_live(if is_wrong { Live::Polite } else { Live::Off });
        });
    });
}

fn label_ui(ui: &mut Ui, text: &str, color: Color32) {
    let width = (ui.available_width() * LABEL_PART).min(LABEL_WIDTH);
    let size = egui::vec2(width, ui.available_height());
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_width(width);
        ui.add(Label::new(RichText::new(text).color(color).monospace()).truncate());
    });
}
