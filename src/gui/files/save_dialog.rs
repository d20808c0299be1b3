//! What is saved or exported, as what, and where: the dialog that asks for it. Writing is `writing`'s.

use crate::export::Content;
use crate::gui::action::TabId;
use crate::gui::files::browse;
use crate::gui::files::path_text::{PathText, with_ending};
use crate::gui::files::writing::{Plan, SaveFormat, would_replace};
use crate::gui::kit::theme::Palette;
use crate::gui::kit::widgets;
use crate::gui::tab::state::Tab;
use crate::lang::{Language, Words, fill};
use crate::model::Operation;
use crate::settings::ViewMode;
use crate::task::Task;
use chrono::Local;
use eframe::egui::{self, Context, Key, RichText, Ui};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What happens when it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    #[default]
    Stay,
    /// Its tab is closed.
    CloseTab,
    /// The window is closed, unless something else is not saved.
    Quit,
}

/// What the user decided.
pub enum Decision {
    /// Nothing is to be written.
    Cancel,
    /// This is.
    Write(Plan),
}

/// The dialog.
pub struct SaveDialog {
    /// Whose records.
    pub tab: TabId,
    /// What comes after it.
    pub after: After,
    /// Closing without saving asks nothing.
    pub closes_unsaved: bool,
    format: SaveFormat,
    content: Content,
    only_found: bool,
    path: PathText,
    /// What is there already and may be replaced.
    may_replace: Option<PathBuf>,
    /// What is there already is shown, with the question whether it may be replaced.
    asks: bool,
    looking: Option<Looking>,
    browsing: Option<Task<Option<PathBuf>>>,
    wants_focus: bool,
}

/// A look at what is to be written to: whether something is there that may not be replaced.
struct Looking {
    path: PathBuf,
    format: SaveFormat,
    task: Task<bool>,
}

impl SaveDialog {
    /// For the records of a tab. `folder`: where something was saved last.
    pub fn new(tab: &Tab, folder: &Path, after: After, closes_unsaved: bool, words: &Words) -> Self {
        let now = Local::now().format("%Y-%m-%d %H-%M-%S");
        let title = tab.title(words);
        let is_file_name = tab.file().is_some_and(|file| file.recovered.is_none());
        let stem = Path::new(&title).file_stem().filter(|_| is_file_name);
        let stem = stem.map_or_else(|| title.clone(), |stem| stem.to_string_lossy().into_owned());
        let format = SaveFormat::Recording;
        let name = format!("{} {now}.{}", safe_name(&stem), format.extension());
        Self {
            tab: tab.id,
            after,
            closes_unsaved,
            format,
            content: match tab.form.view {
                ViewMode::Text => Content::Text,
                ViewMode::Hex => Content::Hex,
                ViewMode::Both => Content::Both,
            },
            only_found: false,
            path: PathText::new(folder.join(name)),
            may_replace: None,
            asks: false,
            looking: None,
            browsing: None,
            wants_focus: true,
        }
    }

    /// Draws it. Returns what the user decided, once.
    pub fn ui(
        &mut self,
        ctx: &Context,
        tab: &Tab,
        (language, notify): (Language, &Arc<dyn Fn() + Send + Sync>),
    ) -> Option<Decision> {
        let words = language.words();
        let mut decision = self.take_tasks(tab, language);
        let ((), is_left) = widgets::dialog(ctx, "save dialog", 520.0, |ui| {
            ui.heading(fill(&words.save_title, &[("title", &tab.title(words))]));
            ui.add_space(6.0);
            self.format_ui(ui, words);
            self.part_ui(ui, tab, words);
            ui.add_space(4.0);
            let is_entered = self.path_ui(ui, notify, words);
            ui.add_space(6.0);
            if tab.file().is_none() {
                let never_ask = ui.checkbox(&mut self.closes_unsaved, &words.close_never_ask);
                never_ask.accessible_name("Do not ask again");
                ui.add_space(4.0);
            }
            ui.add_space(6.0);
            if let Some(percent) = unknown_part(tab) {
                ui.weak(fill(&words.save_not_known_yet, &[("percent", &percent)]));
            }
            if self.asks {
                self.question_ui(ui, tab, language, &mut decision);
            } else if self.buttons_ui(ui, tab, is_entered, words, &mut decision) {
                self.look(notify);
            }
        });
        if is_left {
            decision = Some(Decision::Cancel);
        }
        decision
    }

    fn format_ui(&mut self, ui: &mut Ui, words: &Words) {
        let formats = [
            (SaveFormat::Recording, words.save_recording.as_str(), "Recording"),
            (SaveFormat::Text, words.save_text.as_str(), "Text file"),
            (SaveFormat::JsonLines, words.save_json.as_str(), "JSON lines"),
            (SaveFormat::Csv, words.save_csv.as_str(), "CSV"),
            (SaveFormat::Raw, words.save_raw.as_str(), "Raw bytes"),
        ];
        let before = self.format;
        ui.horizontal_wrapped(|ui| {
            widgets::caption(ui, &words.save_format, 260.0);
            widgets::combo(ui, "Format", &words.save_format, 260.0, &mut self.format, &formats);
            if self.format == SaveFormat::Text {
                let contents = [
                    (Content::Text, words.text.as_str(), "As text"),
                    (Content::Hex, words.hex.as_str(), "As hex"),
                    (Content::Both, words.both.as_str(), "As both"),
                ];
                ui.scope(|ui| widgets::segmented(ui, &mut self.content, &contents));
            }
        });
        if self.format != before {
            self.asks = false;
            let path = with_ending(&self.path.path(), before.extension(), self.format.extension());
            self.path = PathText::new(path);
        }
        let about = match self.format {
            SaveFormat::Recording => &words.save_recording_about,
            SaveFormat::Text => &words.save_text_about,
            SaveFormat::JsonLines => &words.save_json_about,
            SaveFormat::Csv => &words.save_csv_about,
            SaveFormat::Raw => &words.save_raw_about,
        };
        ui.add(egui::Label::new(RichText::new(about).weak()).wrap());
    }

    /// Whether all of it is written.
    fn part_ui(&mut self, ui: &mut Ui, tab: &Tab, words: &Words) {
        if tab.finder.filtering().is_none() {
            self.only_found = false;
            return;
        }
        let choice = ui.checkbox(&mut self.only_found, &words.save_only_found);
        choice.accessible_name("Only what the filter shows");
    }

    /// Returns whether Enter was pressed in it.
    fn path_ui(&mut self, ui: &mut Ui, notify: &Arc<dyn Fn() + Send + Sync>, words: &Words) -> bool {
        ui.label(if self.format == SaveFormat::Raw { &words.save_folder } else { &words.save_file });
        let mut is_entered = false;
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 100.0).max(120.0);
            let field = widgets::field(ui, &mut self.path.text, "Save as", "", width, None, true);
            if std::mem::take(&mut self.wants_focus) {
                field.request_focus();
            }
            self.asks &= !field.changed();
            is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let browse = egui::Button::new(&words.browse);
            if ui.add_enabled(self.browsing.is_none(), browse).accessible_name("Browse").clicked() {
                self.browsing = Some(browse::save(self.path.path(), self.format, notify));
            }
        });
        is_entered
    }

    /// Returns whether it is to be written.
    fn buttons_ui(
        &mut self,
        ui: &mut Ui,
        tab: &Tab,
        is_entered: bool,
        words: &Words,
        decision: &mut Option<Decision>,
    ) -> bool {
        let palette = Palette::of(ui.visuals());
        let is_possible = self.path.path().is_absolute()
            && self.looking.is_none()
            && unknown_part(tab).is_none()
            && tab.reader().is_some();
        let mut is_pressed = false;
        ui.horizontal(|ui| {
            let save = widgets::primary_button(ui, &words.save, "Save", palette.accent, is_possible);
            is_pressed = save.clicked() || is_entered && is_possible;
            if ui.button(&words.cancel).accessible_name("Cancel saving").clicked() {
                *decision = Some(Decision::Cancel);
            }
        });
        is_pressed
    }

    /// What is there already: is it to be replaced?
    fn question_ui(&mut self, ui: &mut Ui, tab: &Tab, language: Language, decision: &mut Option<Decision>) {
        let words = language.words();
        let palette = Palette::of(ui.visuals());
        let path = self.target();
        let name = path.file_name().unwrap_or_default().display();
        let template =
            if self.format == SaveFormat::Raw { &words.save_replaces_streams } else { &words.save_replaces };
        ui.add(egui::Label::new(fill(template, &[("name", &name)])).wrap());
        ui.horizontal(|ui| {
            if widgets::primary_button(ui, &words.replace, "Replace", palette.stop, true).clicked() {
                *decision = Some(Decision::Write(self.plan(tab, language)));
            }
            if ui.button(&words.cancel).accessible_name("Keep what is there").clicked() {
                self.asks = false;
            }
        });
    }

    /// Looks, not on the window's thread, whether something is there already.
    fn look(&mut self, notify: &Arc<dyn Fn() + Send + Sync>) {
        let (path, format) = (self.target(), self.format);
        let is_allowed = self.may_replace.as_ref() == Some(&path);
        let for_job = path.clone();
        let look = move |_: &_| Ok(!is_allowed && would_replace(format, &for_job));
        self.looking =
            Some(Looking { path, format, task: Task::start("look at file", Operation::Save, notify, look) });
    }

    /// Takes what the threads have found.
    fn take_tasks(&mut self, tab: &Tab, language: Language) -> Option<Decision> {
        if let Some(outcome) = self.browsing.as_mut().and_then(Task::take) {
            self.browsing = None;
            if let Ok(Some(path)) = outcome {
                // The system's dialog has asked whether this may be replaced, but not with an ending added.
                self.may_replace = Some(path.clone()).filter(|_| self.format != SaveFormat::Raw);
                self.path = PathText::new(path);
                self.asks = false;
            }
        }
        let outcome = self.looking.as_mut()?.task.take()?;
        let looked = self.looking.take()?;
        if (&looked.path, looked.format) != (&self.target(), self.format) {
            // Nobody has pressed Save for what is there now, and nobody has looked at it.
            return None;
        }
        self.asks = outcome.unwrap_or(true);
        (!self.asks).then(|| Decision::Write(self.plan(tab, language)))
    }

    /// The path as it is typed, with an ending if it has none.
    fn target(&self) -> PathBuf {
        let path = self.path.path();
        if path.extension().is_none() && !self.format.extension().is_empty() {
            return path.with_extension(self.format.extension());
        }
        path
    }

    fn plan(&self, tab: &Tab, language: Language) -> Plan {
        Plan {
            snapshot: tab.snapshot(),
            format: self.format,
            content: self.content,
            found: tab.finder.filtering().filter(|_| self.only_found).cloned(),
            encoding: tab.form.encoding,
            language,
            path: self.target(),
        }
    }
}

/// How much of a file was looked through, in percent, until its damaged places are known.
fn unknown_part(tab: &Tab) -> Option<u64> {
    let opened = tab.file()?.opened()?;
    let progress = opened.indexing.progress();
    (!progress.is_done).then(|| progress.bytes_done * 100 / progress.bytes_total.max(1))
}

/// A name that any file system takes.
fn safe_name(title: &str) -> String {
    let safe = |c: char| if c.is_control() || r#"\/:*?"<>|"#.contains(c) { ' ' } else { c };
    let name: String = title.chars().map(safe).collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = name.trim_matches('.').chars().take(80).collect();
    if name.is_empty() { "recording".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{TabKind, TabSettings};

    #[test]
    fn a_name_is_one_for_any_file_system() {
        for (title, name) in [
            ("TCP server :7788", "TCP server 7788"),
            ("UDP [::1]:7788", "UDP [ 1] 7788"),
            ("a/b\\c:\u{7}d", "a b c d"),
            ("..", "recording"),
            ("服务器 *", "服务器"),
        ] {
            assert_eq!(safe_name(title), name);
        }
    }

    /// What the dialog decides once the look that is under way has ended.
    fn decide(dialog: &mut SaveDialog, tab: &Tab) -> Option<Decision> {
        loop {
            let decision = dialog.take_tasks(tab, Language::English);
            if dialog.looking.is_none() {
                return decision;
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn what_was_looked_at_is_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("there.csv"), "mine").unwrap();
        std::fs::write(at("there.jsonl"), "mine").unwrap();
        let notify: Arc<dyn Fn() + Send + Sync> = Arc::new(|| {});
        let tab = Tab::new(TabId(1), TabSettings::new(TabKind::TcpServer));
        let words = Language::English.words();
        let mut dialog = SaveDialog::new(&tab, folder.path(), After::Stay, false, words);
        dialog.format = SaveFormat::Csv;
        // The name, or the format, becomes that of a file that is there while another one is looked at.
        for (name, format) in [("there.csv", SaveFormat::Csv), ("there", SaveFormat::JsonLines)] {
            dialog.path = PathText::new(at("free.csv"));
            dialog.look(&notify);
            (dialog.path, dialog.format) = (PathText::new(at(name)), format);
            assert!(decide(&mut dialog, &tab).is_none() && !dialog.asks, "nothing is written to {name}");
            dialog.look(&notify);
            assert!(decide(&mut dialog, &tab).is_none() && dialog.asks, "{name} is there already");
            dialog.asks = false;
        }
        dialog.path = PathText::new(at("free"));
        dialog.look(&notify);
        let Some(Decision::Write(plan)) = decide(&mut dialog, &tab) else { panic!("nothing is decided") };
        assert_eq!(plan.path, at("free.jsonl"));
        // The system's dialog has asked about the very name that was chosen there, and about no other.
        for (chosen, asks) in [("there.jsonl", false), ("there", true)] {
            let path = at(chosen);
            dialog.browsing =
                Some(Task::start("choose file", Operation::Read, &notify, move |_| Ok(Some(path))));
            while dialog.browsing.is_some() {
                assert!(dialog.take_tasks(&tab, Language::English).is_none());
            }
            dialog.look(&notify);
            assert_eq!((decide(&mut dialog, &tab).is_none(), dialog.asks), (asks, asks), "{chosen}");
        }
    }
}
