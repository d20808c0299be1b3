//! Draws the dialog of lists that is open.

use crate::gui::action::Action;
use crate::gui::lists::editor_ui::{Sender, editor_ui};
use crate::gui::lists::head_ui::head_ui;
use crate::gui::lists::state::Lists;
use crate::gui::lists::transfer_ui::transfer_ui;
use crate::lang::Words;
use eframe::egui::{Context, Ui};

/// Draws the dialog that is open. `sender`: the tab that is shown.
pub fn dialogs_ui(
    ui: &Ui,
    words: &Words,
    sender: Option<Sender<'_>>,
    lists: &mut Lists,
    actions: &mut Vec<Action>,
) {
    let ctx: &Context = ui.ctx();
    if let Some(editor) = &mut lists.editor {
        editor_ui(ctx, words, &lists.store, sender, editor, actions);
    }
    if let Some(head) = &mut lists.head {
        head_ui(ctx, words, head, actions);
    }
    if let Some(transfer) = lists.transfer.as_mut().filter(|transfer| transfer.is_shown()) {
        transfer_ui(ctx, words, transfer, actions);
    }
}
