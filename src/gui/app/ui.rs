//! Draws the window, and carries out the actions of the frame at its end.

use crate::gui::action::{Action, AppAction};
use crate::gui::app::drop_ui::{self, Sending};
use crate::gui::app::palette_ui::palette_ui;
use crate::gui::app::settings_page::settings_page_ui;
use crate::gui::app::state::App;
use crate::gui::app::{shortcuts, top_bar};
use crate::gui::files::closing::{Closing, Unsaved};
use crate::gui::files::closing_ui::closing_dialog_ui;
use crate::gui::files::follow_dialog_ui::follow_dialog_ui;
use crate::gui::files::open_dialog_ui::open_dialog_ui;
use crate::gui::files::recovery_ui::{recovery_list_ui, recovery_ui};
use crate::gui::files::save_dialog_ui::save_dialog_ui;
use crate::gui::files::writing_list_ui::writing_list_ui;
use crate::gui::kit::ctx::data_id;
use crate::gui::kit::messages;
use crate::gui::kit::toasts_ui::toasts_ui;
use crate::gui::lists::dialogs_ui::dialogs_ui as lists_dialogs_ui;
use crate::gui::lists::editor_ui::Sender;
use crate::gui::tab::panel;
use crate::gui::tab::state::Tab;
use crate::sys::cpu_time;
use eframe::egui::{self, Frame, Id, Margin, Panel, Ui, Vec2, vec2};

/// The least size of the contents, in points; a smaller window scrolls.
const LEAST_SIZE: Vec2 = vec2(640.0, 420.0);

/// The size of the contents in a window, and whether it needs scroll bars of `bar` points. A bar takes room from
/// the other direction, which may then need one as well.
fn contents_size(window: Vec2, bar: f32) -> (Vec2, bool) {
    let mut room = window;
    for _ in 0..2 {
        room.x = window.x - if room.y < LEAST_SIZE.y { bar } else { 0.0 };
        room.y = window.y - if room.x < LEAST_SIZE.x { bar } else { 0.0 };
    }
    (room.max(LEAST_SIZE), room.x < LEAST_SIZE.x || room.y < LEAST_SIZE.y)
}

impl App {
    /// Draws, and carries out the actions of the frame.
    pub fn ui(&mut self, ui: &mut Ui) {
        let mut actions = Vec::new();
        let ctx = ui.ctx().clone();
        self.news.waker.drawn(&ctx, cpu_time::unreported());
        if !self.has_dialog() {
            shortcuts::take_shortcuts(&ctx, &self.tabs, &self.stores.lists, &mut actions);
        }
        // At scales such as 140 % a pixel between two panels belongs to neither.
        ui.painter().rect_filled(ui.max_rect(), 0.0, ui.visuals().panel_fill);
        let (size, scrolls) = contents_size(ui.available_size(), ui.spacing().scroll.allocated_width());
        // The same id in both cases: the widgets keep their state when the window becomes smaller or larger.
        let contents = |ui: &mut Ui, app: &mut Self, actions: &mut Vec<Action>| {
            let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
            let place = egui::UiBuilder::new().max_rect(rect).scope_id(Id::unique("contents"));
            app.contents_ui(&mut ui.new_child(place), actions);
        };
        if scrolls {
            let area = egui::ScrollArea::both().id_salt("window").auto_shrink(false);
            area.show(ui, |ui| contents(ui, self, &mut actions));
        } else {
            contents(ui, self, &mut actions);
        }
        self.toasts_ui(&ctx, &mut actions);
        self.dialogs_ui(ui, &mut actions);
        for action in actions {
            self.apply(&ctx, action);
        }
    }

    fn contents_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let words = self.preferences.words();
        let bar = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 4));
        Panel::top("top bar").frame(bar).show(ui, |ui| {
            let (tabs, active) = self.tabs.row();
            top_bar::top_bar_ui(ui, tabs, active, &self.preferences, actions);
        });
        self.notice_ui(ui, actions);
        self.copying_ui(ui, actions);
        writing_list_ui(ui, words, &mut self.files.writing, actions);
        recovery_ui(ui, words, &mut self.files.recovery, actions);
        match self.tabs.active_mut() {
            Some(tab) => {
                let lists = &mut self.stores.lists;
                panel::tab_ui(ui, words, tab, &mut self.preferences.window, lists, actions);
            }
            None => {
                egui::CentralPanel::default().show(ui, |ui| top_bar::welcome_ui(ui, words, actions));
            }
        }
    }

    fn notice_ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        if self.overlays.notices.is_empty() {
            return;
        }
        let words = self.preferences.words();
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(8, 4));
        let is_low = ui.available_height() < panel::HEIGHT_WITH_LINES;
        Panel::top("notice").frame(frame).show(ui, |ui| {
            for (place, (topic, text)) in self.overlays.notices.iter().enumerate() {
                let banner = |ui: &mut Ui| {
                    messages::banner(ui, text, is_low, &words.dismiss, "Dismiss notice", |_| {})
                };
                if ui.push_id(place, banner).inner {
                    actions.push(Action::App(AppAction::DismissNotice(topic)));
                }
            }
        });
    }

    fn copying_ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let Some(progress) = self.clipboard.progress() else { return };
        let words = self.preferences.words();
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 4));
        Panel::top("copying").frame(frame).show(ui, |ui| {
            let cancel = (words.cancel.as_str(), "Cancel copying");
            if messages::progress_ui(ui, &words.copy_running, progress, cancel) {
                actions.push(Action::App(AppAction::CancelCopy));
            }
        });
    }

    /// Draws the toasts over the data, above its button for the newest records.
    fn toasts_ui(&mut self, ctx: &egui::Context, actions: &mut Vec<Action>) {
        /// The height of that button with its distance from the edge, in points.
        const JUMP_HEIGHT: f32 = 42.0;
        let words = self.preferences.words();
        let tab = self.tabs.active();
        let data = tab.and_then(|tab| ctx.read_response(data_id(tab.id)));
        let mut area = data.map_or_else(|| ctx.content_rect(), |data| data.rect);
        if tab.is_some_and(|tab| !tab.view.follows()) {
            area.max.y -= JUMP_HEIGHT;
        }
        toasts_ui(ctx, words, &mut self.overlays.toasts, area, actions);
    }

    /// Draws the dialog that is open, and the hint while files are dragged over the window.
    fn dialogs_ui(&mut self, ui: &Ui, actions: &mut Vec<Action>) {
        let ctx = ui.ctx().clone();
        let words = self.preferences.words();
        let has_other_dialog = self.has_dialog();
        let tab = self.tabs.active().filter(|tab| tab.records.file().is_none());
        let sending = tab.and_then(|tab| match tab.composer.file {
            Some(_) => Some(Sending::Anywhere(tab)),
            None => (!has_other_dialog).then_some(Sending::OnComposer(tab)),
        });
        drop_ui::drop_ui(ui, words, self.environment.desktop.as_deref(), sending, actions);
        if let Some(palette) = &mut self.overlays.palette {
            palette_ui(&ctx, words, palette, (&self.tabs, &self.stores.lists), actions);
        }
        if let Some(page) = &mut self.overlays.settings {
            settings_page_ui(&ctx, page, &mut self.preferences, &mut self.files.storage, actions);
        }
        let lists = &mut self.stores.lists;
        let edited_for = self.tabs.active().filter(|_| lists.editor.is_some());
        let encodings = edited_for.map(|tab| tab.recipients_encodings(words)).unwrap_or_default();
        let sender = edited_for.map(|tab| Sender {
            tab: tab.id,
            form: &tab.form,
            encodings: &encodings,
            recent_checksums: &self.preferences.composer.recent_checksums,
        });
        lists_dialogs_ui(ui, words, sender, lists, actions);
        if self.files.recovery.is_listed() {
            recovery_list_ui(&ctx, words, &self.preferences.names, &mut self.files.recovery, actions);
        }
        let (tabs, dialogs) = (&self.tabs, &mut self.files.dialogs);
        if let Some(dialog) = dialogs.open.as_mut().filter(|dialog| dialog.chooser.is_shown()) {
            open_dialog_ui(&ctx, words, dialog, actions);
        }
        if let Some(dialog) = &mut dialogs.follow {
            follow_dialog_ui(&ctx, words, dialog, actions);
        }
        if let Some(dialog) = dialogs.save.as_mut().filter(|dialog| dialog.chooser.is_shown())
            && let Some(tab) = tabs.get(dialog.tab)
        {
            save_dialog_ui(&ctx, words, &tab.subject(words), dialog, actions);
        }
        if let Some(dialog) = &mut dialogs.closing {
            let mut unsaved = Unsaved::default();
            let is_meant = |tab: &&Tab| match dialog.closing {
                Closing::Tab(id) => tab.id == id,
                Closing::Window => tab.records.is_unsaved(),
            };
            for tab in tabs.iter().filter(is_meant) {
                let is_file = tab.records.file().is_some();
                let titles = if is_file { &mut unsaved.files } else { &mut unsaved.sessions };
                titles.push(tab.title(words));
            }
            closing_dialog_ui(&ctx, words, &unsaved, dialog, actions);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_scrolls_only_in_the_directions_that_do_not_fit() {
        assert_eq!(contents_size(vec2(640.0, 420.0), 10.0), (vec2(640.0, 420.0), false));
        assert_eq!(contents_size(vec2(1000.0, 800.0), 10.0), (vec2(1000.0, 800.0), false));
        // The bar at the bottom takes room, which the contents leave to it.
        assert_eq!(contents_size(vec2(600.0, 800.0), 10.0), (vec2(640.0, 790.0), true));
        assert_eq!(contents_size(vec2(800.0, 400.0), 10.0), (vec2(790.0, 420.0), true));
        // It takes so much that the other direction does not fit either.
        assert_eq!(contents_size(vec2(600.0, 425.0), 10.0), (vec2(640.0, 420.0), true));
    }
}
