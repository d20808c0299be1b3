//! The state of saving or exporting the records of a tab: what is chosen, the desktop's dialog, which comes first, and
//! the looks at the disk that run as jobs. Draws nothing; `writing` writes.

use crate::capture::{Position, Snapshot};
use crate::export::Content;
use crate::gui::action::TabId;
use crate::gui::files::browse::{Answer, Chooser};
use crate::gui::files::desktop::Desktop;
use crate::gui::files::path_text::{PathText, with_ending};
use crate::gui::files::writing::{Part, Plan, would_replace};
use crate::lang::{Language, Words, fill};
use crate::model::{ConnectionId, Direction, Operation, PeerNames};
use crate::search::Scan;
use crate::settings::{SaveFormat, ViewMode};
use crate::streams::Encodings;
use crate::task::{Notify, Task};
use chrono::Local;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What follows a successful save.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    #[default]
    Stay,
    /// Close the tab.
    CloseTab,
    /// Close the window, unless other tabs are unsaved.
    Quit,
}

/// What is saved: the records of a tab as they are now.
pub struct Subject {
    /// The tab.
    pub tab: TabId,
    /// Its title.
    pub title: String,
    /// The format in which it was last saved.
    pub format: SaveFormat,
    /// It shows a session, not a file.
    pub is_session: bool,
    /// Its title is the name of a file.
    pub is_file_name: bool,
    /// How it shows the records.
    pub view: ViewMode,
    /// The encodings of its connections.
    pub encodings: Encodings,
    /// The names of peers.
    pub names: PeerNames,
    /// Its recording; `None` if it has none.
    pub snapshot: Option<Snapshot>,
    /// The number of its records.
    pub records: u64,
    /// Where the records begin that Clear has not hidden.
    pub floor: Position,
    /// The number of records that Clear has hidden.
    pub hidden: u64,
    /// Its filter.
    pub filter: Option<Arc<Scan>>,
    /// For a file that is not looked through yet: the percentage that is.
    pub looked_through: Option<u64>,
}

impl Subject {
    /// The parts that differ, and the number of records in each.
    pub fn parts(&self) -> Vec<(Part, u64)> {
        let mut parts = vec![(Part::All, self.records)];
        if self.hidden > 0 {
            parts.push((Part::SinceClear, self.records.saturating_sub(self.hidden)));
        }
        parts.extend(self.filter.as_ref().map(|filter| (Part::Filtered, filter.progress().matches)));
        parts
    }
}

/// A connection that can be saved alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Only {
    /// The connection.
    pub connection: ConnectionId,
    /// What it received, or sent, or both (`None`).
    pub direction: Option<Direction>,
    /// Its peer's name or address.
    pub peer: String,
}

impl Only {
    fn which(&self) -> (ConnectionId, Option<Direction>) {
        (self.connection, self.direction)
    }
}

/// The dialog.
pub struct SaveDialog {
    /// The tab whose records are saved.
    pub tab: TabId,
    /// What follows.
    pub after: After,
    /// Do not ask before unsaved data is closed.
    pub closes_unsaved: bool,
    /// The format.
    pub format: SaveFormat,
    /// The content of a text file.
    pub content: Content,
    /// Which records are saved.
    pub part: Part,
    /// The connection that can be saved alone.
    pub only: Option<Only>,
    /// The file, or the folder for raw bytes.
    pub path: PathText,
    /// The path that may be replaced: the system's dialog has asked.
    may_replace: Option<PathBuf>,
    /// The question whether to replace a file is shown.
    pub asks: bool,
    /// The running look at the target.
    looking: Option<Looking>,
    /// The desktop's dialog, and whether this one, with all choices, is shown.
    pub chooser: Chooser<PathBuf>,
    /// The format was changed because the name says another one.
    pub follows_name: bool,
}

/// What is to be done after [`SaveDialog::update`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// The target is free: write.
    Write,
    /// The user cancelled: close the dialog.
    Close,
}

/// A look at the target: whether something is there that may not be replaced.
struct Looking {
    path: PathBuf,
    format: SaveFormat,
    job: Task<bool>,
}

impl SaveDialog {
    /// The dialog with a proposed name in `folder`.
    pub fn new(subject: &Subject, folder: &Path, after: After, closes_unsaved: bool) -> Self {
        let stem = Path::new(&subject.title).file_stem().filter(|_| subject.is_file_name);
        let stem = stem.map_or_else(|| subject.title.clone(), |stem| stem.to_string_lossy().into_owned());
        let format = subject.format;
        let name = named_now(&stem, format.extension());
        Self {
            tab: subject.tab,
            after,
            closes_unsaved,
            format,
            content: content_of(subject.view),
            part: Part::All,
            only: None,
            path: PathText::new(folder.join(name)),
            may_replace: None,
            asks: false,
            looking: None,
            chooser: Chooser::default(),
            follows_name: false,
        }
    }

    /// Follows a change of the format from `before`: the path gets its ending.
    pub fn format_changed(&mut self, before: SaveFormat) {
        self.asks = false;
        self.follows_name = false;
        let path = with_ending(&self.path.path(), before.extension(), self.format.extension());
        self.path = PathText::new(path);
    }

    /// Saves only one connection, as raw bytes unless another format is chosen.
    pub fn save_only(&mut self, only: Only) {
        self.only = Some(only);
        self.part = Part::Connection;
        let before = std::mem::replace(&mut self.format, SaveFormat::Raw);
        self.format_changed(before);
    }

    /// The parts that can be saved, and the number of records in each where it is known.
    pub fn parts(&self, subject: &Subject) -> Vec<(Part, Option<u64>)> {
        let counted = subject.parts().into_iter().map(|(part, records)| (part, Some(records)));
        let only = self.only.as_ref().map(|_| (Part::Connection, None));
        counted.chain(only).collect()
    }

    /// A part in words.
    pub fn explain_part(&self, part: Part, words: &Words) -> String {
        match (part, &self.only) {
            (Part::SinceClear, _) => words.save_since_clear.clone(),
            (Part::Filtered, _) => words.save_only_found.clone(),
            (Part::Connection, Some(only)) => {
                let template = match only.direction {
                    Some(Direction::Inbound) => &words.save_one_received,
                    Some(Direction::Outbound) => &words.save_one_sent,
                    None => &words.save_one_both,
                };
                fill(template, &[("peer", &only.peer)])
            }
            (Part::All | Part::Connection, _) => words.save_all.clone(),
        }
    }

    /// What is left out, for the message after the save: `None` if that is nothing.
    pub fn said_part(&self, words: &Words) -> Option<String> {
        (self.part != Part::All).then(|| self.explain_part(self.part, words))
    }

    /// Whether what is chosen can be saved now.
    pub fn can_save(&self, subject: &Subject) -> bool {
        self.path.path().is_absolute()
            && self.looking.is_none()
            && subject.looked_through.is_none()
            && subject.snapshot.is_some()
    }

    /// Follows a change of the name: its ending may say another format, and nothing is written into a file whose name
    /// says something else.
    pub fn name_changed(&mut self) {
        self.asks = false;
        let path = self.path.path();
        let said = path.extension().and_then(|ending| SaveFormat::of_extension(&ending.to_string_lossy()));
        if let Some(said) = said.filter(|said| *said != self.format) {
            self.format = said;
            self.follows_name = true;
        }
    }

    /// Opens the desktop's dialog. The one with all choices is shown where there is no desktop, and for the folder of raw
    /// bytes, in which the desktop's dialog could choose no other format.
    pub fn browse(&mut self, desktop: Option<&Arc<dyn Desktop>>, notify: &Notify) {
        if desktop.is_some() && !self.chooser.is_shown() && self.format == SaveFormat::Raw {
            return self.chooser.show();
        }
        let (path, format) = (self.path.path(), self.format);
        self.chooser.ask(desktop, notify, move |desktop| desktop.choose_target(&path, format));
    }

    /// Looks, as a job, whether the target is there already.
    pub fn look(&mut self, notify: &Notify) {
        let (path, format) = (self.target(), self.format);
        let is_allowed = self.may_replace.as_ref() == Some(&path);
        let for_job = path.clone();
        let look = move |_: &_| Ok(!is_allowed && would_replace(format, &for_job));
        self.looking =
            Some(Looking { path, format, job: Task::start("look at file", Operation::Read, notify, look) });
    }

    /// Takes the results of the jobs. Says what is due now.
    pub fn update(&mut self, subject: &Subject, notify: &Notify) -> Due {
        match self.chooser.take_answer() {
            None | Some(Answer::Unavailable) => {}
            Some(Answer::Cancelled) if self.chooser.is_shown() => {}
            Some(Answer::Cancelled) => return Due::Close,
            Some(Answer::Chosen(path)) => {
                // The desktop's dialog has asked about this path, but not about the same with an ending.
                self.may_replace = Some(path.clone()).filter(|_| self.format != SaveFormat::Raw);
                self.path = PathText::new(path);
                self.name_changed();
                let is_decided = self.parts(subject).len() == 1 && self.can_save(subject);
                if !self.chooser.is_shown() && is_decided {
                    self.look(notify);
                } else {
                    // There is more to choose, or the file is not looked through yet.
                    self.chooser.show();
                }
            }
        }
        if self.looked() { Due::Write } else { Due::Nothing }
    }

    /// Takes the result of the look at the target. Returns whether it is free, so that it is written now.
    fn looked(&mut self) -> bool {
        let Some(outcome) = self.looking.as_mut().and_then(|looking| looking.job.take()) else {
            return false;
        };
        let Some(looked) = self.looking.take() else { return false };
        if (&looked.path, looked.format) != (&self.target(), self.format) {
            // The target was changed during the look: it must be looked at again.
            return false;
        }
        self.asks = outcome.unwrap_or(true);
        if self.asks {
            self.chooser.show();
        }
        !self.asks
    }

    /// The path as typed, with the format's ending if it has none. Raw bytes go to a folder, whose name has none.
    pub fn target(&self) -> PathBuf {
        let path = self.path.path();
        let said = path.extension().and_then(|ending| SaveFormat::of_extension(&ending.to_string_lossy()));
        if self.format == SaveFormat::Raw && said == Some(SaveFormat::Raw) {
            return path.with_extension("");
        }
        if path.extension().is_none() && !self.format.extension().is_empty() {
            return path.with_extension(self.format.extension());
        }
        path
    }

    /// What is chosen, for the job that writes it; `None` without a recording.
    pub fn plan(&self, subject: &Subject, language: Language) -> Option<Plan> {
        Some(Plan {
            snapshot: subject.snapshot.clone()?,
            format: self.format,
            content: self.content,
            from: match self.part {
                Part::All | Part::Connection => Position::default(),
                Part::SinceClear | Part::Filtered => subject.floor,
            },
            filter: subject.filter.clone().filter(|_| self.part == Part::Filtered),
            encodings: subject.encodings.clone(),
            names: subject.names.clone(),
            only: self.only.as_ref().filter(|_| self.part == Part::Connection).map(Only::which),
            language,
            path: self.target(),
        })
    }
}

/// The content of a text file that shows what a view shows.
#[must_use]
pub fn content_of(view: ViewMode) -> Content {
    match view {
        ViewMode::Auto => Content::Auto,
        ViewMode::Text => Content::Text,
        ViewMode::Hex => Content::Hex,
        ViewMode::Both => Content::Both,
    }
}

/// A name for a file: a title, and this moment.
#[must_use]
pub fn named_now(title: &str, ending: &str) -> PathBuf {
    let now = Local::now().format("%Y-%m-%d %H-%M-%S");
    with_ending(&PathBuf::from(format!("{} {now}", safe_name(title))), "", ending)
}

/// A file name that every file system accepts.
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

    #[test]
    fn a_proposed_name_is_valid_on_every_file_system() {
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

    fn subject() -> Subject {
        Subject {
            tab: TabId(1),
            title: "TCP server :7788".into(),
            format: SaveFormat::Recording,
            is_session: true,
            is_file_name: false,
            view: ViewMode::Text,
            encodings: Encodings::default(),
            names: PeerNames::default(),
            snapshot: Some(Snapshot::default()),
            records: 0,
            floor: Position::default(),
            hidden: 0,
            filter: None,
            looked_through: None,
        }
    }

    /// Whether the dialog writes once the running look has ended.
    fn writes(dialog: &mut SaveDialog) -> bool {
        loop {
            let writes = dialog.looked();
            if dialog.looking.is_none() {
                return writes;
            }
            std::thread::yield_now();
        }
    }

    /// A desktop with dialogs, whose answers are those of the test.
    struct Asking;

    impl Desktop for Asking {
        fn has_dialogs(&self) -> bool {
            true
        }

        fn choose_files(&self, _folder: &Path) -> Option<Vec<PathBuf>> {
            None
        }

        fn choose_target(&self, _proposal: &Path, _format: SaveFormat) -> Option<PathBuf> {
            None
        }

        fn show_in_folder(&self, _path: &Path) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn only_the_target_that_was_looked_at_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("there.csv"), "mine").unwrap();
        std::fs::write(at("there.jsonl"), "mine").unwrap();
        let notify: Notify = Arc::new(|| {});
        let subject = subject();
        let mut dialog = SaveDialog::new(&subject, folder.path(), After::Stay, false);
        dialog.format = SaveFormat::Csv;
        // During the look, the name or the format changes to that of a file that exists.
        for (name, format) in [("there.csv", SaveFormat::Csv), ("there", SaveFormat::JsonLines)] {
            dialog.path = PathText::new(at("free.csv"));
            dialog.look(&notify);
            (dialog.path, dialog.format) = (PathText::new(at(name)), format);
            assert!(!writes(&mut dialog) && !dialog.asks, "nothing is written to {name}");
            dialog.look(&notify);
            assert!(!writes(&mut dialog) && dialog.asks, "{name} is there already");
            dialog.asks = false;
        }
        dialog.path = PathText::new(at("free"));
        dialog.look(&notify);
        assert!(writes(&mut dialog));
        assert_eq!(dialog.plan(&subject, Language::English).unwrap().path, at("free.jsonl"));
        let desktop: Arc<dyn Desktop> = Arc::new(Asking);
        // The desktop's dialog has asked about the name that was chosen there, and about no other.
        for (chosen, asks) in [("there.jsonl", false), ("there", true)] {
            let path = at(chosen);
            dialog.chooser.show();
            dialog.chooser.ask(Some(&desktop), &notify, move |_| Some(path));
            while dialog.chooser.is_asking() {
                assert_eq!(dialog.update(&subject, &notify), Due::Nothing);
            }
            dialog.look(&notify);
            assert_eq!((!writes(&mut dialog), dialog.asks), (asks, asks), "{chosen}");
        }
    }

    #[test]
    fn the_name_decides_on_the_format_and_no_file_is_written_that_its_name_contradicts() {
        let mut dialog = SaveDialog::new(&subject(), Path::new("/tmp"), After::Stay, false);
        for (typed, format, target, follows) in [
            ("/tmp/run.txt", SaveFormat::Text, "/tmp/run.txt", true),
            ("/tmp/run.TXT", SaveFormat::Text, "/tmp/run.TXT", true),
            ("/tmp/run.csv", SaveFormat::Csv, "/tmp/run.csv", true),
            ("/tmp/run.jsonl", SaveFormat::JsonLines, "/tmp/run.jsonl", true),
            ("/tmp/run.7788", SaveFormat::JsonLines, "/tmp/run.7788", true),
            ("/tmp/run", SaveFormat::JsonLines, "/tmp/run.jsonl", true),
            ("/tmp/run.bin", SaveFormat::Raw, "/tmp/run", true),
            ("/tmp/run.pcapng", SaveFormat::Recording, "/tmp/run.pcapng", true),
        ] {
            dialog.path = PathText::new(typed.into());
            dialog.name_changed();
            assert_eq!((dialog.format, dialog.target()), (format, target.into()), "{typed}");
            assert_eq!(dialog.follows_name, follows, "{typed}: the window says so");
        }
        // And the other way round: the name follows a format that is chosen.
        dialog.path = PathText::new("/tmp/run.txt".into());
        dialog.name_changed();
        dialog.format = SaveFormat::Recording;
        dialog.format_changed(SaveFormat::Text);
        assert_eq!((dialog.target(), dialog.follows_name), ("/tmp/run.pcapng".into(), false));
    }
}
