//! Draws the status line: the state, the traffic, losses, and the size of the recording.

use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, AppAction, TabAction};
use crate::gui::files::file_panel;
use crate::gui::files::storage::Near;
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::gui::kit::figures::{bytes, grouped, time_of_day};
use crate::gui::kit::theme::Palette;
use crate::gui::tab::state::Tab;
use crate::lang::{Words, explain, fill};
use crate::model::{Accounting, CloseReason, Count, KernelDrops, SessionState, Status};
use crate::settings::TabKind;
use eframe::egui::{self, Color32, RichText, Ui, vec2};
use std::fmt::Display;
use std::net::SocketAddr;

/// Draws the status line of a tab.
pub fn status_line_ui(ui: &mut Ui, tab: &Tab, words: &Words, actions: &mut Vec<Action>) {
    let palette = Palette::of(ui.visuals());
    let status = &tab.records.status;
    // There are no buttons: lines are as high as their text.
    ui.spacing_mut().interact_size.y = ui.text_style_height(&egui::TextStyle::Body);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        let (text, color) = state(tab, words, palette);
        let (dot, _) = ui.allocate_exact_size(vec2(10.0, 10.0), egui::Sense::hover());
        ui.painter().circle_filled(dot.center(), 4.5, color);
        let tip = state_in_full(tab, words, palette);
        let label = ui.add(egui::Label::new(&text).truncate()).on_hover_text(&tip).accessible_name("State");
        if tip != text {
            fields::describe(&label, &tip);
        }
        // The losses come first; a part that does not fit is left out as a whole.
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
        if tab.records.session().is_none() {
            return;
        }
        let quiet = |text: String| RichText::new(text).color(palette.dim);
        let traffic = &tab.records.traffic();
        let part = |template: &str, values: &[(&str, &dyn Display)]| fill(template, values);
        let tip = account_tip(status, words);
        losses_ui(ui, status, words, palette, &tip);
        match status.kernel_drops {
            KernelDrops::Impossible => {}
            KernelDrops::Unknown => {
                if fits(ui, &words.status_drops_unknown) {
                    let text = quiet(words.status_drops_unknown.clone());
                    ui.label(text).on_hover_text(&words.status_drops_tip);
                }
            }
            KernelDrops::Counted(drops) => {
                let color = if drops > 0 { palette.error } else { palette.dim };
                let text = part(&words.status_drops, &[("count", &grouped(drops))]);
                if fits(ui, &text) {
                    ui.colored_label(color, text).on_hover_text(&words.status_drops_tip);
                }
            }
        }
        if status.records_cut > 0 {
            let text = part(&words.status_cut, &[("count", &grouped(status.records_cut))]);
            if fits(ui, &text) {
                ui.colored_label(palette.warning, text);
            }
        }
        let values =
            |bytes_total: u64, records: u64, rate: u64| [bytes(bytes_total), grouped(records), bytes(rate)];
        let sum = |template: &str, [bytes, records, rate]: [String; 3]| {
            fill(template, &[("bytes", &bytes), ("records", &records), ("rate", &rate)])
        };
        let received = values(traffic.bytes_in, traffic.records_in, tab.records.rates.bytes_in);
        let received = sum(&words.status_received, received);
        let sent = values(traffic.bytes_out, traffic.records_out, tab.records.rates.bytes_out);
        let sent = sum(&words.status_sent, sent);
        let exact = |bytes: u64, records: u64| {
            let values: [(&str, &dyn Display); 2] =
                [("bytes", &grouped(bytes)), ("records", &grouped(records))];
            let exact = fill(&words.status_exact, &values);
            match tab.records.counts_since() {
                None => exact,
                Some(since) => exact + "\n" + &fill(&words.counts_since, &[("time", &time_of_day(since))]),
            }
        };
        for (text, exact, name) in [
            (received, exact(traffic.bytes_in, traffic.records_in), "Received"),
            (sent, exact(traffic.bytes_out, traffic.records_out), "Sent"),
        ] {
            if !fits(ui, &text) {
                continue;
            }
            let label = ui.add(egui::Label::new(text).sense(egui::Sense::click()));
            let label = label.on_hover_text(exact).accessible_name(name);
            label.context_menu(|ui| {
                let keys = UiCommand::ResetCounters.keys(ui.ctx());
                let reset = ui.add(egui::Button::new(&words.reset_counters).shortcut_text(keys));
                if reset.accessible_name("Reset counters").clicked() {
                    actions.push(Action::Tab(tab.id, TabAction::ResetCounters));
                    ui.close();
                }
            });
        }
        if status.queued_bytes > 0 {
            let text = part(&words.status_queued, &[("bytes", &bytes(status.queued_bytes))]);
            if fits(ui, &text) {
                ui.label(text);
            }
        }
        recording_ui(ui, status, words, palette, &tip, actions);
        if let Some(near) = tab.records.near {
            near_ui(ui, near, words, palette);
        }
    });
}

/// Whether a text fits into what is left of the line.
fn fits(ui: &Ui, text: &str) -> bool {
    buttons::text_width(ui, text) <= ui.available_width()
}

/// The exact numbers, for tooltips.
fn account_tip(status: &Status, words: &Words) -> String {
    let mut lines = account(&status.accounting(), words);
    if let Some(failure) = &status.recording.failure {
        lines.push(fill(&words.account_failing, &[("reason", &explain(words, failure))]));
    }
    lines.push(words.status_recorded_tip.clone());
    lines.join("\n")
}

/// The size of the recording. The exact numbers are in a tooltip, which the keyboard focus shows as well, and in the
/// accessible description.
fn recording_ui(
    ui: &mut Ui,
    status: &Status,
    words: &Words,
    palette: &Palette,
    tip: &str,
    actions: &mut Vec<Action>,
) {
    let recording = &status.recording;
    let recorded = fill(&words.status_recorded, &[("bytes", &bytes(recording.bytes_recorded))]);
    if !fits(ui, &recorded) {
        return;
    }
    let label = egui::Label::new(RichText::new(recorded).color(palette.dim));
    let label = ui.add(label.sense(egui::Sense::click())).accessible_name("Recorded");
    ui.ctx().accesskit_node_builder(label.id, |node| node.set_description(tip));
    buttons::focus_ring(ui, &label, label.rect.expand(2.0), palette.accent);
    if label.clicked() {
        actions.push(Action::App(AppAction::ShowRecordingSettings));
    }
    if label.has_focus() {
        label.show_tooltip_text(tip);
    } else {
        label.on_hover_text(tip);
    }
}

/// What of the recording is lost.
fn losses_ui(ui: &mut Ui, status: &Status, words: &Words, palette: &Palette, tip: &str) {
    let recording = &status.recording;
    if recording.bytes_expired > 0 {
        let text = fill(&words.status_expired, &[("bytes", &bytes(recording.bytes_expired))]);
        ui.colored_label(palette.warning, text).on_hover_text(tip);
    }
    if recording.records_lost > 0 {
        let text = fill(&words.status_not_recorded, &[("bytes", &bytes(recording.bytes_lost))]);
        ui.colored_label(palette.error, text).on_hover_text(tip);
    }
}

/// The limit that is near, and what happens there.
fn near_ui(ui: &mut Ui, near: Near, words: &Words, palette: &Palette) {
    let template = if near.is_total { &words.status_near_total } else { &words.status_near };
    let tip = if near.is_total { &words.status_near_total_tip } else { &words.status_near_tip };
    let values: [(&str, &dyn Display); 2] = [("used", &bytes(near.used)), ("limit", &bytes(near.limit))];
    ui.colored_label(palette.warning, fill(template, &values)).on_hover_text(tip);
}

/// The exact accounting, a line for each number that applies.
fn account(accounting: &Accounting, words: &Words) -> Vec<String> {
    let line = |template: &str, count: Count| {
        fill(template, &[("bytes", &grouped(count.bytes)), ("records", &grouped(count.records))])
    };
    let mut lines =
        vec![line(&words.account_received, accounting.received), line(&words.account_sent, accounting.sent)];
    if let Some(recorded) = accounting.recorded {
        lines.push(line(&words.account_kept, recorded.kept));
        lines.push(line(&words.account_not_recorded, recorded.not_recorded));
        lines.push(line(&words.account_expired, recorded.expired));
    }
    let count = |template: &str, count: u64| fill(template, &[("count", &grouped(count))]);
    match accounting.dropped_by_kernel {
        // TCP: the kernel drops nothing, and records are not cut.
        KernelDrops::Impossible => return lines,
        KernelDrops::Unknown => lines.push(words.account_dropped_unknown.clone()),
        KernelDrops::Counted(drops) => lines.push(count(&words.account_dropped, drops)),
    }
    lines.push(count(&words.account_cut, accounting.cut_off));
    lines
}

/// The state of a tab in words, and its colour. A peer is called by its name, if it has one.
#[must_use]
pub fn state(tab: &Tab, words: &Words, palette: &Palette) -> (String, Color32) {
    state_with(tab, words, palette, &|peer| tab.names.shown(peer))
}

/// The state of a tab in words, with the name and the address of its peer.
#[must_use]
pub fn state_in_full(tab: &Tab, words: &Words, palette: &Palette) -> String {
    state_with(tab, words, palette, &|peer| tab.names.with_address(peer)).0
}

fn state_with(
    tab: &Tab,
    words: &Words,
    palette: &Palette,
    shown: &dyn Fn(SocketAddr) -> String,
) -> (String, Color32) {
    if let Some(file) = tab.records.file() {
        return file_panel::state(file, words, palette);
    }
    let status = &tab.records.status;
    let local = status.local.map(|address| address.to_string()).unwrap_or_default();
    let remote = status
        .remote
        .map_or_else(|| format!("{}:{}", tab.form.remote_host.trim(), tab.form.remote_port.trim()), shown);
    let connections = status.connections.len();
    match &status.state {
        SessionState::Idle => (words.state_idle.clone(), palette.faint),
        SessionState::Resolving => {
            (fill(&words.state_resolving, &[("host", &tab.form.remote_host.trim())]), palette.warning)
        }
        SessionState::Connecting => (fill(&words.state_connecting, &[("address", &remote)]), palette.warning),
        SessionState::Waiting => {
            let when = status.retry_at.map(time_of_day).unwrap_or_default();
            (fill(&words.state_waiting, &[("time", &when)]), palette.warning)
        }
        SessionState::Listening if tab.form.kind == TabKind::Udp => (
            fill(&words.state_bound, &[("address", &local), ("count", &grouped(connections as u64))]),
            palette.good,
        ),
        SessionState::Listening => (
            fill(&words.state_listening, &[("address", &local), ("count", &grouped(connections as u64))]),
            palette.good,
        ),
        SessionState::Open if tab.form.kind == TabKind::TcpClient => {
            let local = status.connections.first().map(|c| c.local.to_string()).unwrap_or_default();
            (fill(&words.state_connected, &[("address", &remote), ("local", &local)]), palette.good)
        }
        SessionState::Open => {
            (fill(&words.state_not_listening, &[("count", &grouped(connections as u64))]), palette.warning)
        }
        SessionState::Closing => (words.state_closing.clone(), palette.warning),
        SessionState::Closed(CloseReason::Local) => (words.state_closed.clone(), palette.faint),
        SessionState::Closed(CloseReason::Peer) => (words.state_closed_by_peer.clone(), palette.faint),
        SessionState::Closed(CloseReason::Failed(_)) => (words.state_failed.clone(), palette.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use proptest::prelude::*;

    /// The numbers in a line, in order.
    fn numbers(line: &str) -> Vec<u64> {
        let words = line.split(|character: char| !character.is_ascii_digit() && character != ',');
        words.filter_map(|word| word.replace(',', "").parse().ok()).collect()
    }

    proptest! {
        /// The numbers in the lines add up in every language.
        #[test]
        fn shown_numbers_add_up(
            places in prop::array::uniform3((0u64..1_000_000, 0u64..1_000_000_000_000)),
            received in 0.0..1.0,
            drops in 0u64..100_000,
            cut in 0u64..100_000,
        ) {
            let [kept, expired, lost] = places;
            let mut status = Status::default();
            status.recording.is_on = true;
            (status.recording.data_expired, status.recording.bytes_expired) = expired;
            (status.recording.data_lost, status.recording.bytes_lost) = lost;
            status.recording.data_recorded = kept.0 + expired.0;
            status.recording.bytes_recorded = kept.1 + expired.1;
            let (records, bytes) = (kept.0 + expired.0 + lost.0, kept.1 + expired.1 + lost.1);
            let part = |whole: u64| (whole as f64 * received) as u64;
            (status.traffic.records_in, status.traffic.bytes_in) = (part(records), part(bytes));
            status.traffic.records_out = records - part(records);
            status.traffic.bytes_out = bytes - part(bytes);
            status.kernel_drops = KernelDrops::Counted(drops);
            status.records_cut = cut;
            prop_assert!(status.accounting().adds_up());
            for language in Language::ALL {
                let lines = account(&status.accounting(), language.words());
                let lines: Vec<_> = lines.iter().map(|line| numbers(line)).collect();
                prop_assert_eq!(lines.len(), 7);
                for number in 0..2 {
                    let sum = |lines: &[Vec<u64>]| lines.iter().map(|line| line[number]).sum::<u64>();
                    prop_assert_eq!(sum(&lines[..2]), sum(&lines[2..5]));
                }
                prop_assert_eq!(&lines[2..5], &[[kept.1, kept.0], [lost.1, lost.0], [expired.1, expired.0]]);
                prop_assert_eq!(&lines[5..], &[[drops], [cut]]);
            }
        }
    }

    /// The texts of the status line of a UDP tab with this status.
    fn said(status: &Status) -> Vec<String> {
        said_near(status, None)
    }

    /// The same with a limit of the recording that is near.
    fn said_near(status: &Status, near: Option<Near>) -> Vec<String> {
        use crate::gui::action::TabId;
        use crate::gui::tab::state::Tab;
        use crate::settings::TabSettings;
        use egui_kittest::kittest::{NodeT as _, Queryable as _};
        let folder = tempfile::tempdir().unwrap();
        let notify: std::sync::Arc<dyn Fn() + Send + Sync> = std::sync::Arc::new(|| {});
        let mut tab = Tab::new(TabId(1), TabSettings::new(TabKind::Udp));
        tab.records
            .open_session(
                (folder.path(), crate::capture::Limits::default()),
                "UDP",
                Language::English,
                &notify,
            )
            .unwrap();
        tab.records.status = status.clone();
        tab.records.near = near;
        tab.records.rates.bytes_in = 5_000_000;
        tab.records.rates.bytes_out = 42;
        let words = Language::English.words();
        // Wide enough for every part.
        let harness = egui_kittest::Harness::builder()
            .with_size(vec2(2400.0, 60.0))
            .build_ui(|ui| status_line_ui(ui, &tab, words, &mut Vec::new()));
        let labels = harness.query_all_by_role(egui::Role::Label);
        let said = labels.filter_map(|node| node.accesskit_node().value()).collect();
        drop(harness);
        if let Some(closing) = tab.close(false, &notify) {
            closing.finish().unwrap().unwrap();
        }
        said
    }

    #[test]
    fn a_limit_of_the_recording_is_shown_from_nine_tenths_on() {
        let status = Status { state: SessionState::Listening, ..Status::default() };
        let near = |used, is_total| Near::to(used, 16_000_000_000, is_total);
        assert_eq!(near(14_399_999_999, false), None);
        let shows = |near, part: &str| said_near(&status, near).contains(&part.to_owned());
        assert!(shows(near(14_400_000_000, false), "recording 14.4 GB of 16.0 GB"));
        assert!(shows(near(15_000_000_000, true), "all recordings 15.0 GB of 16.0 GB"));
    }

    #[test]
    fn traffic_and_losses_are_shown() {
        let mut status = Status { state: SessionState::Listening, ..Status::default() };
        status.local = Some("0.0.0.0:9000".parse().unwrap());
        (status.traffic.bytes_in, status.traffic.records_in) = (1_234_567, 1_200);
        (status.traffic.bytes_out, status.traffic.records_out) = (7, 1);
        status.kernel_drops = KernelDrops::Counted(1_003);
        status.records_cut = 2;
        status.queued_bytes = 70_000;
        status.recording.is_on = true;
        (status.recording.data_recorded, status.recording.bytes_recorded) = (1_101, 1_000_000);
        (status.recording.records_lost, status.recording.data_lost, status.recording.bytes_lost) =
            (100, 100, 234_574);
        (status.recording.data_expired, status.recording.bytes_expired) = (10, 2_000);
        let all = said(&status);
        for part in [
            "Bound to 0.0.0.0:9000 · 0 peers",
            "RX 1.23 MB · 1,200 records · 5.00 MB/s",
            "TX 7 B · 1 record · 42 B/s",
            "queued 70.0 kB",
            "dropped 1,003",
            "truncated 2",
            "recorded 1.00 MB",
            "oldest 2.00 kB dropped",
            "not recorded 235 kB",
        ] {
            assert!(all.iter().any(|label| label == part), "{part} in {all:#?}");
        }
        // Unknown drops are shown as unknown; impossible ones are not shown.
        status.kernel_drops = KernelDrops::Unknown;
        assert!(said(&status).contains(&"dropped: unknown".into()));
        status.kernel_drops = KernelDrops::Impossible;
        assert!(!said(&status).iter().any(|label| label.starts_with("dropped")));
    }
}
