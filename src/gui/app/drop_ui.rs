//! Files that are dragged over the window and dropped: on the composer they are sent, elsewhere they are opened. Draws
//! which of the two will happen.

use crate::gui::action::{Action, AppAction, TabAction};
use crate::gui::files::desktop::Desktop;
use crate::gui::kit::ctx::composer_id;
use crate::gui::kit::theme::Palette;
use crate::gui::tab::state::Tab;
use crate::lang::Words;
use eframe::egui::accesskit::{Live, Role};
use eframe::egui::{self, Align2, Id, LayerId, Order, Pos2, Rect, Sense, Stroke, StrokeKind, Ui};
use std::path::PathBuf;
use std::time::Duration;

/// How often the pointer is looked for while files are dragged: no events tell where it is.
const INTERVAL: Duration = Duration::from_millis(50);

/// Where files are sent.
#[derive(Clone, Copy)]
pub enum Sending<'a> {
    /// On the composer of this tab.
    OnComposer(&'a Tab),
    /// Everywhere: the dialog that sends a file of this tab is open.
    Anywhere(&'a Tab),
}

/// Takes the files that were dropped, and draws the hint while some are dragged over the window.
pub fn drop_ui(
    ui: &Ui,
    words: &Words,
    desktop: Option<&dyn Desktop>,
    sending: Option<Sending<'_>>,
    actions: &mut Vec<Action>,
) {
    let (is_dragging, dropped) = ui.input(|input| {
        let dropped = input.raw.dropped_files.iter().map(|file| file.path().to_owned());
        (!input.raw.hovered_files.is_empty(), dropped.collect::<Vec<PathBuf>>())
    });
    if !is_dragging && dropped.is_empty() {
        return;
    }
    let screen = ui.ctx().content_rect();
    let zone = sending.and_then(|sending| match sending {
        Sending::Anywhere(tab) => Some((tab, screen)),
        Sending::OnComposer(tab) => Some((tab, ui.ctx().read_response(composer_id(tab.id))?.rect)),
    });
    let pointer = pointer(ui, desktop);
    let here = zone.filter(|(_, area)| pointer.is_some_and(|pointer| area.contains(pointer)));
    if !dropped.is_empty() {
        actions.push(match here {
            Some((tab, _)) => Action::Tab(tab.id, TabAction::SendDropped(dropped)),
            None => Action::App(AppAction::OpenFiles(dropped)),
        });
    } else {
        ui.ctx().request_repaint_after(INTERVAL);
        hint_ui(ui, words, zone, here.is_some());
    }
}

/// Where the pointer is. During a drag from another program the window gets no events of it, so that the system is asked.
fn pointer(ui: &Ui, desktop: Option<&dyn Desktop>) -> Option<Pos2> {
    let of_system = desktop.and_then(Desktop::pointer).and_then(|[x, y]| {
        let window = ui.input(|input| input.viewport().inner_rect)?;
        let place = egui::pos2(x as f32, y as f32) / ui.ctx().pixels_per_point();
        Some(place - window.min.to_vec2())
    });
    of_system.or_else(|| ui.input(|input| input.pointer.latest_pos()))
}

/// Draws both places, and lights up the one where the pointer is. `is_sent`: that of sending.
fn hint_ui(ui: &Ui, words: &Words, zone: Option<(&Tab, Rect)>, is_sent: bool) {
    let screen = ui.ctx().content_rect();
    let send = match zone {
        Some((tab, _)) if tab.is_open() => &words.drop_to_send,
        _ => &words.drop_not_open,
    };
    let text = if is_sent { send } else { &words.drop_to_open };
    let hint = ui.interact(screen, Id::unique("drop hint"), Sense::hover());
    ui.ctx().accesskit_node_builder(hint.id, |node| {
        node.set_role(Role::Status);
        node.set_label("Drop hint");
        node.set_value(text.as_str());
        node.set_live(Live::Polite);
    });
    match zone {
        Some((_, area)) if area != screen => {
            let above = screen.with_max_y(area.top());
            place_ui(ui, above, &words.drop_to_open, !is_sent);
            place_ui(ui, area, send, is_sent);
        }
        _ => place_ui(ui, screen, text, true),
    }
}

fn place_ui(ui: &Ui, area: Rect, text: &str, is_lit: bool) {
    let palette = Palette::of(ui.visuals());
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("drop hint")));
    painter.rect_filled(area, 0.0, ui.visuals().panel_fill.gamma_multiply(0.94));
    let (color, width) = if is_lit { (palette.accent, 2.0) } else { (palette.dim, 1.0) };
    painter.rect_stroke(area.shrink(6.0), 8.0, Stroke::new(width, color), StrokeKind::Inside);
    let mut font = egui::TextStyle::Heading.resolve(ui.style());
    // A text that is too long for a narrow window is drawn smaller.
    let long = painter.layout_no_wrap(text.to_owned(), font.clone(), color).size().x;
    font.size *= ((area.width() - 32.0) / long).clamp(0.5, 1.0);
    painter.text(area.center(), Align2::CENTER_CENTER, text, font, color);
}
