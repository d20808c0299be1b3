//! Draws the rates of the last minutes as curves.

use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::figures::bytes;
use crate::gui::kit::theme::Palette;
use crate::gui::rates::measure::{HISTORY_SECONDS, Rates};
use eframe::egui::{Role, Ui, WidgetInfo};
use egui_plot::{AxisHints, GridInput, GridMark, HoverPosition, Line, Plot, PlotPoints};
use std::time::{Duration, Instant};

/// The height of the plot, in points.
const HEIGHT: f32 = 92.0;

/// The distance of two grid lines at which their labels begin to be drawn, and that at which they have their full
/// strength, in points. There are at most four lines.
const LABEL_SPACING: std::ops::RangeInclusive<f32> = 6.0..=12.0;

/// Draws the plot of a tab.
pub fn plot_ui(ui: &mut Ui, ctx: TabCtx<'_>, rates: &Rates) {
    let words = ctx.words;
    let palette = Palette::of(ui.visuals());
    let now = Instant::now();
    let history = rates.history.at(now);
    if rates.history.moves(now) {
        ui.request_repaint_after(Duration::from_secs(1));
    }
    let highest = history.iter().map(|&(bytes_in, bytes_out)| bytes_in.max(bytes_out)).max().unwrap_or(0);
    let curve = |pick: fn(&(u64, u64)) -> u64| -> PlotPoints<'static> {
        let x = |index: usize| index as f64 - HISTORY_SECONDS as f64;
        history.iter().enumerate().map(|(index, second)| [x(index), pick(second) as f64]).collect()
    };
    let per_second = |value: f64| format!("{}/s", bytes(value.max(0.0).round() as u64));
    let seconds = AxisHints::new_x().formatter(|mark, _| minutes(-mark.value));
    // All labels of the few lines are drawn: with the default spacing there is none for some rates.
    let per_second_axis = AxisHints::new_y()
        .formatter(move |mark, _| per_second(mark.value))
        .label_spacing(LABEL_SPACING)
        .min_thickness(76.0);
    let shown = Plot::new(("rates", ctx.id.0))
        .height(HEIGHT)
        .show_background(false)
        .show_crosshair(false)
        .grid_color(palette.line)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        // Space for the last label at the right.
        .default_x_bounds(-(HISTORY_SECONDS as f64), 8.0)
        .default_y_bounds(0.0, (highest as f64 * 1.1).max(10.0))
        .custom_x_axes(vec![seconds])
        .custom_y_axes(vec![per_second_axis])
        .x_grid_spacer(every_minute)
        .y_grid_spacer(few_rates)
        .grid_spacing(LABEL_SPACING)
        .label_formatter(move |hover| match hover {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                Some(format!("{plot_name} {}", per_second(position.y)))
            }
            HoverPosition::Elsewhere { .. } => None,
        })
        .reset()
        .show(ui, |plot| {
            let line = |name: &str, curve, color| Line::new(name, curve).color(color).width(1.5);
            plot.line(line(&words.plot_received, curve(|second| second.0), palette.inbound).fill(0.0));
            plot.line(line(&words.plot_sent, curve(|second| second.1), palette.outbound));
        });
    let spoken = format!("{}: {}", words.rate_plot, per_second(highest as f64));
    shown.response.widget_info(|| WidgetInfo::labeled(Role::GraphicsObject, true, &spoken));
}

/// A grid line per minute.
fn every_minute(input: GridInput) -> Vec<GridMark> {
    let first = (input.bounds.0 / 60.0).ceil() as i64;
    let last = (input.bounds.1 / 60.0).floor() as i64;
    (first..=last).map(|minute| GridMark { value: minute as f64 * 60.0, step_size: 60.0 }).collect()
}

/// Zero and one to three lines at round numbers: more would be too close together for their labels. None is so near the
/// upper edge that its label would be cut.
fn few_rates(input: GridInput) -> Vec<GridMark> {
    let step = round_step(input.bounds.1 / 3.2);
    let count = (input.bounds.1 * 0.9 / step).floor().max(0.0) as u64;
    (0..=count).map(|index| GridMark { value: index as f64 * step, step_size: step }).collect()
}

/// The smallest of 1, 2 and 5 times a power of ten that is at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.max(1.0).log10().floor());
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|&round| round >= step)
        .unwrap_or(10.0 * power)
}

/// The label of a time that long ago: `-2:00`.
fn minutes(seconds: f64) -> String {
    let seconds = seconds.round().max(0.0) as u64;
    // No label at the left end, where the labels of the other axis are.
    if seconds >= HISTORY_SECONDS as u64 {
        String::new()
    } else if seconds == 0 {
        "0:00".into()
    } else {
        format!("-{}:{:02}", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The labels of the rates that are drawn for a second with that many bytes.
    fn labels(bytes_in: u64) -> Vec<String> {
        use crate::gui::action::TabId;
        use crate::lang::Language;
        use crate::model::{PeerNames, Status, Traffic};
        let mut rates = Rates::default();
        let began = Instant::now().checked_sub(Duration::from_secs(3)).unwrap();
        for (seconds, total) in [(0, 0), (1, bytes_in), (2, bytes_in)] {
            let totals = Traffic { bytes_in: total, ..Traffic::default() };
            rates.update(totals, began + Duration::from_secs(seconds));
        }
        let status = Status::default();
        let (names, words) = (PeerNames::default(), Language::English.words());
        let ctx = TabCtx { id: TabId(1), status: &status, names: &names, words };
        let harness = egui_kittest::Harness::new_ui(|ui| plot_ui(ui, ctx, &rates));
        let mut found = Vec::new();
        for shape in &harness.output().shapes {
            if let eframe::egui::Shape::Text(text) = &shape.shape {
                found.push(text.galley.text().to_owned());
            }
        }
        found.retain(|text| text.ends_with("/s"));
        found
    }

    #[test]
    fn the_scale_has_labels_at_every_rate() {
        let mut rate = 1.0_f64;
        while rate < 1e10 {
            let labels = labels(rate as u64);
            assert!(labels.len() >= 2, "{rate}: {labels:?}");
            rate *= 1.37;
        }
    }

    #[test]
    fn grid_lines_are_at_round_numbers() {
        for (step, round) in
            [(0.3, 1.0), (1.0, 1.0), (4.9, 5.0), (5.1, 10.0), (264_000.0, 500_000.0), (1e9, 1e9)]
        {
            assert_eq!(round_step(step), round, "{step}");
        }
        assert_eq!(
            (minutes(0.0), minutes(60.0), minutes(125.0)),
            ("0:00".into(), "-1:00".into(), "-2:05".into())
        );
    }
}
