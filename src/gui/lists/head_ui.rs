//! Draws the dialog for the name of a list, and where it is shown.

use crate::gui::action::Action;
use crate::gui::action::lists::ListsAction;
use crate::gui::kit::bars;
use crate::gui::kit::buttons;
use crate::gui::kit::fields;
use crate::gui::kit::messages;
use crate::gui::kit::theme::Palette;
use crate::gui::lists::head::{Head, Scope};
use crate::gui::lists::row_ui::lists;
use crate::lang::{Words, fill};
use crate::settings::TabKind;
use eframe::egui::{Context, Key, Label, RichText};

/// The width of the field for how often the list runs, in points.
const TIMES_WIDTH: f32 = 110.0;

/// Draws the dialog.
pub fn head_ui(ctx: &Context, words: &Words, head: &mut Head, actions: &mut Vec<Action>) {
    let ((), is_left) = messages::dialog(ctx, "list of commands", 420.0, |ui| {
        ui.heading(if head.list.is_none() { &words.lists_new_list_title } else { &words.lists_list_title });
        ui.add_space(6.0);
        let width = ui.available_width();
        let name = fields::field(ui, &mut head.name, "List name", &words.lists_name, width, None, true);
        if std::mem::take(&mut head.wants_focus) {
            fields::take_focus_all(&name, &head.name);
        }
        let is_entered = name.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.add_space(4.0);
        let mut choices = vec![
            (Scope::All, words.lists_in_all.as_str(), "In all tabs"),
            (Scope::Kind(TabKind::TcpClient), words.lists_in_clients.as_str(), "In TCP clients"),
            (Scope::Kind(TabKind::TcpServer), words.lists_in_servers.as_str(), "In TCP servers"),
            (Scope::Kind(TabKind::Udp), words.lists_in_udp.as_str(), "In UDP tabs"),
        ];
        if head.tab.is_some() {
            choices.push((Scope::ThisTab, words.lists_in_this.as_str(), "In this tab"));
        }
        if head.is_elsewhere {
            choices.push((Scope::OtherTab, words.lists_in_other.as_str(), "In another tab"));
        }
        fields::combo(ui, "List shown", &words.lists_shown_tip, width, &mut head.scope, &choices);
        ui.add_space(4.0);
        let error =
            head.times().is_none().then(|| fill(&words.lists_repeat_wrong, &[("text", &head.times.trim())]));
        ui.horizontal(|ui| {
            bars::caption(ui, &words.lists_times, 110.0);
            let hint = &words.lists_repeat_hint;
            let times =
                fields::field(ui, &mut head.times, "List times", hint, TIMES_WIDTH, error.as_deref(), true);
            if error.is_none() {
                times.on_hover_text(&words.lists_times_tip);
            }
        });
        if let Some(error) = &error {
            let text = RichText::new(error).color(Palette::of(ui.visuals()).error);
            ui.add(Label::new(text).wrap());
        }
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let can_keep = !head.name.trim().is_empty() && error.is_none();
            let accent = Palette::of(ui.visuals()).accent;
            let keep = buttons::primary_button(ui, &words.lists_keep, "Keep list", accent, can_keep);
            if keep.clicked() || is_entered && can_keep {
                actions.push(lists(ListsAction::KeepList));
            }
            if ui.button(&words.cancel).accessible_name("Cancel list").clicked() {
                actions.push(lists(ListsAction::CloseList));
            }
        });
    });
    if is_left {
        actions.push(lists(ListsAction::CloseList));
    }
}
