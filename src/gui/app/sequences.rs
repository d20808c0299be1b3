//! Runs sequences in a tab: from files, and lists and groups of commands in their order.

use crate::engine::{SessionHandle, Steps};
use crate::gui::action::TabId;
use crate::gui::action::lists::ListId;
use crate::gui::app::lists::target;
use crate::gui::app::state::App;
use crate::gui::kit::toasts::{Toast, ToastKind};
use crate::gui::lists::transfer::{Purpose, Transfer};
use crate::gui::tab::state::Tab;
use crate::lang::{Words, explain, explain_payload, fill};
use crate::model::{Failure, OutgoingState, OutgoingStatus, Progress};
use crate::payload::Payload;
use crate::sequence::{Sequence, Step, StepTarget};
use crate::settings::lists::{Item, ItemTarget, List};
use std::path::PathBuf;
use std::sync::Arc;

/// The longest name in a message, in characters.
const NAME_CHARACTERS: usize = 40;

impl App {
    /// Shows the dialog that chooses the file of a sequence.
    pub(super) fn ask_sequence(&mut self) {
        let Some(id) = self.tabs.active().map(|tab| tab.id) else { return };
        let folder = self.preferences.folder();
        self.transfer(Transfer::new(Purpose::Run(id), folder));
    }

    /// Reads the file of a sequence, which then runs in the tab that is shown now.
    pub(super) fn run_file(&mut self, path: PathBuf) {
        let Some(id) = self.tabs.active().map(|tab| tab.id) else { return };
        let mut transfer = Transfer::new(Purpose::Run(id), self.preferences.folder());
        transfer.path = path.display().to_string();
        transfer.read(path, &self.news.notify);
        self.stores.lists.transfer = Some(transfer);
    }

    /// Runs a sequence that was read in the tab for which it was, and remembers its file.
    pub(super) fn run_read(&mut self, id: TabId, sequence: Sequence, path: &str) {
        self.preferences.remember_sequence(path);
        let words = self.preferences.words();
        let Some(tab) = self.tabs.get_mut(id) else { return };
        let file = std::path::Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let label = if sequence.name.is_empty() { file.unwrap_or_default() } else { sequence.name.clone() };
        if let Err(text) = start(tab, sequence, &label, words) {
            self.tell_not_run(&label, &text);
        }
    }

    /// Runs the items of a list, or of one of its groups, in the order in which they are shown.
    pub(super) fn run_list(&mut self, id: TabId, list: ListId, group: Option<&str>) {
        let words = self.preferences.words();
        let Some(open) = self.stores.lists.store.get(list) else { return };
        let name = group.filter(|group| !group.is_empty()).unwrap_or(&open.list.name).to_owned();
        let Some(tab) = self.tabs.get_mut(id) else { return };
        let started = sequence_of(tab, &open.list, group, &name, words)
            .and_then(|sequence| start(tab, sequence, &name, words));
        if let Err(text) = started {
            self.tell_not_run(&name, &text);
        }
    }

    fn tell_not_run(&mut self, name: &str, reason: &str) {
        let words = self.preferences.words();
        let values: [(&str, &dyn std::fmt::Display); 2] = [("name", &shortened(name)), ("reason", &reason)];
        let text = fill(&words.sequence_not_run, &values);
        self.overlays.toasts.show(Toast { text, kind: ToastKind::Note, ..Toast::default() });
    }

    /// Tells how runs have ended since the last frame.
    pub(super) fn update_sequences(&mut self) {
        if self.stores.lists.sequences != self.preferences.sequences {
            self.stores.lists.sequences.clone_from(&self.preferences.sequences);
        }
        let words = self.preferences.words();
        let mut toasts = Vec::new();
        for tab in self.tabs.iter_mut() {
            let Tab { runs, records, .. } = tab;
            for outgoing in records.status.outgoing.iter().filter(|outgoing| outgoing.state.has_ended()) {
                let Some(index) = runs.iter().position(|run| *run == outgoing.id) else { continue };
                runs.swap_remove(index);
                toasts.extend(result(outgoing, words));
            }
        }
        toasts.into_iter().for_each(|toast| self.overlays.toasts.show(toast));
    }
}

/// The toast for the end of a run; `None` if the user stopped it.
fn result(outgoing: &OutgoingStatus, words: &Words) -> Option<Toast> {
    match &outgoing.state {
        OutgoingState::Done => {
            let text = fill(&words.sequence_passed, &[("name", &shortened(&outgoing.label))]);
            Some(Toast { text, ..Toast::default() })
        }
        OutgoingState::Failed(failure) => {
            let text = explain(words, failure);
            let detail = text.clone();
            Some(Toast { text, detail, kind: ToastKind::Note, ..Toast::default() })
        }
        _ => None,
    }
}

/// The items that take part as steps.
///
/// # Errors
/// One of them cannot be sent, and why; or there are none.
fn sequence_of(
    tab: &Tab,
    list: &List,
    group: Option<&str>,
    name: &str,
    words: &Words,
) -> Result<Sequence, String> {
    let mut steps = Vec::new();
    let groups = list.groups();
    for shown in groups.into_iter().filter(|shown| group.is_none_or(|group| group == *shown)) {
        for item in list.items.iter().filter(|item| item.takes_part && item.group == shown) {
            let of_item = |reason: String| {
                let values: [(&str, &dyn std::fmt::Display); 2] =
                    [("name", &item.title()), ("reason", &reason)];
                fill(&words.sequence_item_wrong, &values)
            };
            steps.push(step(tab, item, words).map_err(of_item)?);
        }
    }
    match steps.is_empty() {
        true => Err(words.sequence_no_items.clone()),
        false => Ok(Sequence { name: name.to_owned(), steps, ..Sequence::default() }),
    }
}

fn step(tab: &Tab, item: &Item, words: &Words) -> Result<Step, String> {
    let payload =
        Payload::parse(&item.payload, &item.options()).map_err(|error| explain_payload(words, &error))?;
    if !payload.questions().is_empty() {
        return Err(words.sequence_asks.clone());
    }
    Ok(Step {
        name: item.title(),
        note: item.note.clone(),
        delay: item.delay.unwrap_or_default(),
        payload: Some(payload),
        encoding: item.encoding,
        target: match &item.target {
            ItemTarget::Chosen => StepTarget::Chosen,
            other => StepTarget::To(target(tab, other, words)?),
        },
        wait: None,
    })
}

/// Starts a run for the recipients that are chosen in the tab. Runs that have ended leave the strip.
///
/// # Errors
/// It cannot be started, and why.
fn start(tab: &mut Tab, sequence: Sequence, label: &str, words: &Words) -> Result<(), String> {
    let target = target(tab, &ItemTarget::Chosen, words)?;
    let encodings = tab.encodings();
    let is_active = tab.records.status.state.is_active();
    let Some(session) = tab.records.session().filter(|_| is_active) else {
        return Err(words.lists_send_disabled.clone());
    };
    let Some(steps) = Steps::new(Arc::new(sequence), target, encodings) else {
        return Err(words.sequence_no_items.clone());
    };
    let id = remove_ended(session, &tab.records.status.outgoing)
        .and_then(|()| session.start_outgoing(label, steps))
        .map_err(|failure| explain(words, &failure))?;
    tab.runs.push(id);
    Ok(())
}

fn remove_ended(session: &SessionHandle, outgoing: &[OutgoingStatus]) -> Result<(), Failure> {
    let is_over = |outgoing: &&OutgoingStatus| {
        outgoing.state.has_ended() && matches!(outgoing.progress, Progress::Steps { .. })
    };
    outgoing.iter().filter(is_over).try_for_each(|outgoing| session.stop_outgoing(outgoing.id))
}

/// A name as it is shown in a message.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARACTERS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
