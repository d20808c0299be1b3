//! Draws the menu of bookmarks: adding, going through them and to a time, and their list.

use crate::capture::Position;
use crate::gui::action::commands::UiCommand;
use crate::gui::action::{Action, Step, TabAction};
use crate::gui::kit::ctx::TabCtx;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme::Palette;
use crate::gui::tab::state::Tab;
use crate::gui::view::{DataView, one_line};
use crate::lang::Words;
use eframe::egui::containers::menu::{MenuConfig, SubMenuButton};
use eframe::egui::{self, Button, PopupCloseBehavior, ScrollArea, Ui};

/// Draws the entry of a menu that opens the bookmarks, and the bookmarks while they are open.
pub fn bookmarks_menu_ui(ui: &mut Ui, words: &Words, tab: &mut Tab, actions: &mut Vec<Action>) {
    let snapshot = tab.records.snapshot();
    let bookmarks = snapshot.bookmarks();
    let ctx = TabCtx { id: tab.id, status: &tab.records.status, names: &tab.names, words };
    let view = &mut tab.view;
    let text = match bookmarks.len() {
        0 => words.bookmarks.clone(),
        count => format!("{}  {}", words.bookmarks, grouped(count as u64)),
    };
    // Several bookmarks can be removed before the menu closes.
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let (response, _) = SubMenuButton::new(text).config(config).ui(ui, |ui| {
        ui.set_min_width(300.0);
        for (text, name, command, action) in [
            (&words.add_bookmark, "Bookmark", UiCommand::Bookmark, TabAction::ToggleBookmark),
            (&words.note_tip, "Note", UiCommand::Note, TabAction::AskNote),
            (
                &words.bookmark_next,
                "Next bookmark",
                UiCommand::NextBookmark,
                TabAction::BookmarkStep(Step::Next),
            ),
            (
                &words.bookmark_previous,
                "Previous bookmark",
                UiCommand::PreviousBookmark,
                TabAction::BookmarkStep(Step::Previous),
            ),
            (&words.go_to_time, "Go to time", UiCommand::GoToTime, TabAction::AskTime),
        ] {
            let keys = command.keys(ui.ctx());
            if ui.add(Button::new(text).shortcut_text(keys)).accessible_name(name).clicked() {
                actions.push(ctx.action(action));
                ui.close();
            }
        }
        ui.separator();
        if bookmarks.is_empty() {
            ui.weak(&words.no_bookmarks);
            return;
        }
        let height = ui.spacing().interact_size.y;
        let area = ScrollArea::vertical().max_height(height * 12.0).auto_shrink([true, true]);
        area.show_rows(ui, height, bookmarks.len(), |ui, rows| {
            for (record, text) in bookmarks.iter().skip(rows.start).take(rows.len()) {
                ui.push_id(record.0, |ui| bookmark_ui(ui, ctx, record, text, view, actions));
            }
        });
    });
    response.accessible_name("Bookmarks");
}

fn bookmark_ui(
    ui: &mut Ui,
    ctx: TabCtx<'_>,
    record: Position,
    note: &str,
    view: &mut DataView,
    actions: &mut Vec<Action>,
) {
    let words = ctx.words;
    ui.horizontal(|ui| {
        let time = view.time_label(record).unwrap_or_default();
        let name = format!("{} {}", time.trim(), one_line(note));
        let palette = Palette::of(ui.visuals());
        let remove = Button::new(egui::RichText::new("✕").color(palette.dim)).small();
        if ui
            .add(remove)
            .on_hover_text(&words.remove_bookmark)
            .accessible_name(format!("Remove bookmark {}", name.trim()))
            .clicked()
        {
            actions.push(ctx.action(TabAction::SetBookmark(record, None)));
        }
        let go = ui.add(Button::new(name.trim()).truncate().frame(false));
        if go.accessible_name(format!("Go to bookmark {}", name.trim())).clicked() {
            actions.push(ctx.action(TabAction::GoToRecord(record)));
            ui.close();
        }
    });
}
