//! Recordings that were left behind by a crash: what was found, and the panel that offers them.

use crate::capture::{Unfinished, unfinished};
use crate::gui::kit::figures::{self, date_and_time};
use crate::gui::kit::theme::Palette;
use crate::lang::{Words, fill};
use crate::model::{Failure, Operation};
use crate::task::Task;
use eframe::egui::{self, Frame, Margin, Panel, RichText, ScrollArea, Ui};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// What is known of them.
pub struct Recovery {
    looking: Option<Task<Vec<Unfinished>>>,
    found: Vec<Arc<Unfinished>>,
    /// The one that is deleted if the user says so again.
    asks: Option<PathBuf>,
    /// They are shown at the next start again.
    is_hidden: bool,
}

/// What the user wants with one of them.
pub enum Wish {
    /// To look at it.
    Open(Arc<Unfinished>),
    /// To have it in a file.
    Save(Arc<Unfinished>),
    /// To be rid of it.
    Delete(Arc<Unfinished>),
}

impl Recovery {
    /// Begins to look below `recordings`.
    pub fn look(recordings: PathBuf, notify: &Arc<dyn Fn() + Send + Sync>) -> Self {
        let task =
            Task::start("look for recordings", Operation::Read, notify, move |_| Ok(unfinished(&recordings)));
        Self { looking: Some(task), found: Vec::new(), asks: None, is_hidden: false }
    }

    /// Takes what was found.
    pub fn update(&mut self) {
        if let Some(outcome) = self.looking.as_mut().and_then(Task::take) {
            self.looking = None;
            self.found.extend(outcome.unwrap_or_default().into_iter().map(Arc::new));
        }
    }

    /// Offers one again that was open in a tab.
    pub fn give_back(&mut self, unfinished: Arc<Unfinished>) {
        self.found.push(unfinished);
        self.found.sort_by_key(|unfinished| unfinished.began);
    }

    /// Whether there is something to show.
    pub fn is_shown(&self) -> bool {
        !self.found.is_empty() && !self.is_hidden
    }

    /// Draws the panel. What the user wants is taken out of the list.
    pub fn ui(&mut self, ui: &mut Ui, words: &Words) -> Option<Wish> {
        if !self.is_shown() {
            return None;
        }
        let mut wish = None;
        let palette = Palette::of(ui.visuals());
        let frame = Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(10, 6));
        Panel::top("recovery").frame(frame).show(ui, |ui| {
            ui.horizontal(|ui| {
                let right = egui::Layout::right_to_left(egui::Align::Center);
                ui.with_layout(right, |ui| {
                    let later = ui.button(&words.recovery_later).on_hover_text(&words.recovery_later_tip);
                    self.is_hidden = later.accessible_name("Later").clicked();
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                        let text = fill(&words.recovery_found, &[("count", &self.found.len())]);
                        let label = ui.add(egui::Label::new(RichText::new(text).strong()).truncate());
                        ui.ctx().accesskit_node_builder(label.id, |node| {
                            node.set_live(egui::accesskit::Live::Polite);
                        });
                    });
                });
            });
            // In a low window the data comes first.
            let height = (ui.ctx().content_rect().height() * 0.25).max(40.0);
            ScrollArea::vertical().max_height(height).show(ui, |ui| {
                for (place, unfinished) in self.found.clone().into_iter().enumerate() {
                    ui.push_id(place, |ui| self.one_ui(ui, &unfinished, palette, words, &mut wish));
                }
            });
        });
        if let Some(Wish::Open(taken) | Wish::Save(taken) | Wish::Delete(taken)) = &wish {
            self.found.retain(|known| !Arc::ptr_eq(known, taken));
        }
        wish
    }

    fn one_ui(
        &mut self,
        ui: &mut Ui,
        unfinished: &Arc<Unfinished>,
        palette: &Palette,
        words: &Words,
        wish: &mut Option<Wish>,
    ) {
        let title = title(unfinished, words);
        let is_asked = self.asks.as_deref() == Some(unfinished.path());
        ui.horizontal(|ui| {
            // The buttons keep their place, and the words take what is left.
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if is_asked {
                    let keep = ui.button(&words.recovery_keep);
                    if keep.accessible_name(format!("Keep unfinished {title}")).clicked() {
                        self.asks = None;
                    }
                    let delete =
                        egui::Button::new(RichText::new(&words.recovery_delete_now).color(palette.error));
                    if ui.add(delete).accessible_name(format!("Delete unfinished {title} now")).clicked() {
                        *wish = Some(Wish::Delete(unfinished.clone()));
                    }
                } else {
                    let delete = ui.button(&words.recovery_delete);
                    if delete.accessible_name(format!("Delete unfinished {title}")).clicked() {
                        self.asks = Some(unfinished.path().into());
                    }
                    let save = ui.button(&words.save_as);
                    if save.accessible_name(format!("Save unfinished {title}")).clicked() {
                        *wish = Some(Wish::Save(unfinished.clone()));
                    }
                    let open = ui.button(&words.open);
                    if open.accessible_name(format!("Open unfinished {title}")).clicked() {
                        *wish = Some(Wish::Open(unfinished.clone()));
                    }
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let text =
                        if is_asked { words.recovery_delete_asks.clone() } else { about(unfinished, words) };
                    ui.add(egui::Label::new(text).truncate());
                });
            });
        });
    }
}

/// Deletes a recording that was left behind, once nobody else has it: the tab that showed it may still be
/// closing, on a thread that ends by itself.
pub fn delete(mut unfinished: Arc<Unfinished>) -> Result<(), Failure> {
    /// How often it is looked whether the other one has let it go.
    const LOOK: Duration = Duration::from_millis(10);
    loop {
        match Arc::try_unwrap(unfinished) {
            Ok(alone) => return alone.delete(),
            Err(shared) => unfinished = shared,
        }
        thread::park_timeout(LOOK);
    }
}

/// What a recording that was left behind is called.
pub fn title(unfinished: &Unfinished, words: &Words) -> String {
    if unfinished.title.is_empty() { words.recovered.clone() } else { unfinished.title.clone() }
}

fn about(unfinished: &Unfinished, words: &Words) -> String {
    let endpoint = unfinished.endpoint.map(|endpoint| endpoint.to_string());
    let began = unfinished.began.map(|began| fill(&words.recovery_began, &[("time", &date_and_time(began))]));
    let parts = [Some(title(unfinished, words)), endpoint, began, Some(figures::bytes(unfinished.bytes))];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{CaptureWriter, Limits, RecordingFolder};
    use crate::model::{Record, Timestamp};
    use crossbeam_channel::bounded;

    #[test]
    fn what_a_closing_tab_still_has_is_deleted_after_it() {
        let parent = tempfile::tempdir().unwrap();
        let left = RecordingFolder::create(parent.path(), "TCP server :7788", Timestamp(5)).unwrap();
        let mut writer = CaptureWriter::new(left.destination(), Limits::default());
        writer.append(&Record { time: Timestamp(5), ..Record::received(b"kept") });
        writer.publish();
        drop((writer, left));
        let known = Arc::new(unfinished(parent.path()).pop().unwrap());
        let path = known.path().to_owned();
        let of_tab = known.clone();
        let (told, is_told) = bounded(1);
        let notify: Arc<dyn Fn() + Send + Sync> = Arc::new(move || told.send(()).unwrap());
        let mut task = Task::start("delete recording", Operation::Record, &notify, move |_| delete(known));
        let told = is_told.recv_timeout(Duration::from_millis(50));
        assert!(told.is_err() && task.take().is_none() && path.exists(), "the tab has it");
        drop(of_tab);
        is_told.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(task.take(), Some(Ok(())));
        assert!(!path.exists());
    }
}
