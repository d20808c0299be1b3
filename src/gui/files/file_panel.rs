//! Draws what a tab says of its file: what it is, what could not be read, and the progress of opening it.

use crate::gui::action::{Action, TabAction};
use crate::gui::files::tab_file::{FileState, Loaded, TabFile};
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::figures::{self, date_and_time, grouped};
use crate::gui::kit::messages::progress_ui;
use crate::gui::kit::theme::Palette;
use crate::import::Imported;
use crate::lang::{Words, explain, fill};
use crate::model::FailureKind;
use eframe::egui::{self, Color32, RichText, Ui};

/// Draws the name, path, size and problems of a file.
pub fn head_ui(ui: &mut Ui, words: &Words, file: &TabFile) {
    let palette = Palette::of(ui.visuals());
    // There are no buttons: lines are as high as their text.
    ui.spacing_mut().interact_size.y = ui.text_style_height(&egui::TextStyle::Body);
    ui.horizontal_wrapped(|ui| {
        let name = if file.name.is_empty() { &words.recovered } else { &file.name };
        ui.label(RichText::new(name).strong());
        let kind = |words: &str| RichText::new(words).color(palette.accent);
        if file.recovered.is_some() {
            ui.label(kind(&words.file_recovered)).on_hover_text(&words.file_recovered_tip);
        } else if file.loaded().is_some() {
            ui.label(kind(&words.file_read_only));
        }
    });
    let path = file.path.display().to_string();
    let label = ui.add(egui::Label::new(RichText::new(&path).color(palette.dim)).truncate().selectable(true));
    label.on_hover_text(&path);
    let Some(loaded) = file.loaded() else { return };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        let quiet = |text: String| RichText::new(text).color(palette.dim);
        ui.label(quiet(figures::bytes(loaded.bytes)))
            .on_hover_text(fill(&words.file_bytes, &[("bytes", &grouped(loaded.bytes))]));
        let records = file.reader().snapshot().records();
        ui.label(quiet(fill(&words.filter_count, &[("count", &grouped(records))])));
        if let Some((first, last)) = loaded.span {
            let (first, last) = (date_and_time(first), date_and_time(last));
            ui.label(quiet(fill(&words.file_span, &[("first", &first), ("last", &last)])));
        }
        if let Some(progress) = file.opened().map(|opened| opened.indexing.progress())
            && !progress.is_done
        {
            let percent = progress.bytes_done * 100 / progress.bytes_total.max(1);
            ui.label(quiet(fill(&words.file_looking_through, &[("percent", &percent)])));
        }
    });
    for text in problems(loaded, words) {
        ui.add(egui::Label::new(RichText::new(text).color(palette.warning)).wrap());
    }
}

/// The parts that could not be read, in words.
fn problems(loaded: &Loaded, words: &Words) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(opened) = &loaded.opened {
        // Never more than 0 for a capture.
        if opened.ignored_bytes > 0 {
            all.push(fill(&words.file_ignored, &[("bytes", &grouped(opened.ignored_bytes))]));
        }
        all.extend(
            opened
                .indexing
                .progress()
                .failure
                .map(|failure| fill(&words.file_damaged, &[("failure", &explain(words, &failure))])),
        );
    }
    if let Some(imported) = &loaded.imported {
        all.extend(skipped(imported, words));
        if imported.missing_bytes > 0 {
            all.push(fill(&words.file_missing, &[("bytes", &grouped(imported.missing_bytes))]));
        }
        if imported.differing_bytes > 0 {
            all.push(fill(&words.file_differing, &[("bytes", &grouped(imported.differing_bytes))]));
        }
        if imported.uncompared_bytes > 0 {
            all.push(fill(&words.file_uncompared, &[("bytes", &grouped(imported.uncompared_bytes))]));
        }
        if imported.ignored_bytes > 0 {
            all.push(fill(&words.file_cut_packet, &[("bytes", &grouped(imported.ignored_bytes))]));
        }
        all.extend(imported.failure.as_ref().map(|failure| match failure.kind {
            FailureKind::Damaged { .. } => {
                fill(&words.file_damaged, &[("failure", &explain(words, failure))])
            }
            _ => explain(words, failure),
        }));
    }
    all
}

/// The skipped packets and the reasons, in words.
fn skipped(imported: &Imported, words: &Words) -> Option<String> {
    let total: u64 = imported.skipped.iter().map(|(_, count)| count).sum();
    let reasons: Vec<_> = imported
        .skipped
        .iter()
        .map(|(reason, count)| {
            fill(&words.file_skipped_reason, &[("count", &grouped(*count)), ("reason", &reason.words(words))])
        })
        .collect();
    let reasons = reasons.join(&words.file_skipped_separator);
    (total > 0).then(|| fill(&words.file_skipped, &[("count", &grouped(total)), ("reasons", &reasons)]))
}

/// Draws why there are no records.
pub fn absent_ui(ui: &mut Ui, ctx: TabCtx<'_>, file: &TabFile, actions: &mut Vec<Action>) {
    let words = ctx.words;
    ui.add_space(12.0);
    let again = |ui: &mut Ui, actions: &mut Vec<Action>| {
        ui.add_space(6.0);
        if ui.button(&words.file_try_again).accessible_name("Try again").clicked() {
            actions.push(ctx.action(TabAction::Reopen));
        }
    };
    match &file.state {
        FileState::Opening(job) => {
            let text = fill(&words.file_opening, &[("name", &file.name)]);
            if progress_ui(ui, &text, job.progress().fraction(), (&words.cancel, "Cancel opening file")) {
                actions.push(ctx.action(TabAction::CancelOpening));
            }
        }
        FileState::Failed(failure) => {
            let color = Palette::of(ui.visuals()).error;
            ui.add(
                egui::Label::new(RichText::new(explain(words, failure)).color(color)).wrap().selectable(true),
            );
            again(ui, actions);
        }
        FileState::Cancelled => {
            ui.label(&words.file_cancelled);
            again(ui, actions);
        }
        FileState::Open(_) => {
            ui.label(&words.file_has_no_records);
        }
    }
}

/// The state of a file in words, and its colour.
pub fn state(file: &TabFile, words: &Words, palette: &Palette) -> (String, Color32) {
    match &file.state {
        FileState::Opening(_) => (fill(&words.file_opening, &[("name", &file.name)]), palette.warning),
        FileState::Open(_) if file.recovered.is_some() => (words.file_recovered.clone(), palette.accent),
        FileState::Open(_) => (words.file_read_only.clone(), palette.accent),
        FileState::Failed(failure) => (explain(words, failure), palette.error),
        FileState::Cancelled => (words.file_cancelled.clone(), palette.faint),
    }
}
