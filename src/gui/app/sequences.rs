//! Runs sequences in a tab: from files, and lists and groups of commands in their order.

use crate::engine::{RunSummary, SessionHandle, StepObserver, Steps};
use crate::gui::action::TabId;
use crate::gui::action::lists::ListId;
use crate::gui::app::items::target;
use crate::gui::app::lists::NAME_CHARACTERS;
use crate::gui::app::state::App;
use crate::gui::kit::toasts::{Toast, ToastKind};
use crate::gui::lists::runs::{Count, RunSteps, Sending, Sends};
use crate::gui::lists::sent::{self, advance_count};
use crate::gui::lists::store::Store;
use crate::gui::lists::transfer::{Purpose, Transfer};
use crate::gui::tab::state::Tab;
use crate::lang::{Words, cut, explain, explain_pattern, explain_payload, fill};
use crate::model::{Failure, OutgoingState, OutgoingStatus, Progress};
use crate::pattern::{Pattern, PatternError};
use crate::payload::Payload;
use crate::sequence::{Loop, MAX_DEPTH, MAX_STEPS, Sequence, Step, StepResult, StepTarget};
use crate::settings::TabSettings;
use crate::settings::lists::{Item, ItemId, ItemTarget, ItemWait, List, Rounds};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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
        transfer.read(path, &self.news.notify);
        self.stores.lists.transfer = Some(transfer);
    }

    /// Runs a sequence that was read in the tab for which it was, and remembers its file.
    pub(super) fn run_read(&mut self, id: TabId, sequence: Sequence, path: &Path) {
        // The settings have text: another path cannot be remembered.
        if let Some(path) = path.to_str() {
            self.preferences.remember_sequence(path);
        }
        let words = self.preferences.words();
        let file = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let label = if sequence.name.is_empty() { file.unwrap_or_default() } else { sequence.name.clone() };
        let Some(tab) = self.tabs.get_mut(id) else {
            return self.tell_not_run(&label, &words.sequence_tab_closed);
        };
        let names = sequence.steps.iter().map(|step| (step.name.clone(), None)).collect();
        let plan = Plan { sequence, steps: names, counts: Vec::new() };
        if let Err(text) = start(tab, plan, &label, words) {
            self.tell_not_run(&label, &text);
        }
    }

    /// Runs the items of a list, or of one of its groups, in the order in which they are shown.
    pub(super) fn run_list(&mut self, id: TabId, list: ListId, group: Option<&str>) {
        let words = self.preferences.words();
        let Some(open) = self.stores.lists.store.get(list) else { return };
        let name = group.filter(|group| !group.is_empty()).unwrap_or(&open.list.name).to_owned();
        let Some(tab) = self.tabs.get_mut(id) else { return };
        let started =
            plan_of(tab, &open.list, group, &name, words).and_then(|plan| start(tab, plan, &name, words));
        if let Err(text) = started {
            self.tell_not_run(&name, &text);
        }
    }

    fn tell_not_run(&mut self, name: &str, reason: &str) {
        let words = self.preferences.words();
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("name", &cut(name, NAME_CHARACTERS)), ("reason", &reason)];
        let text = fill(&words.sequence_not_run, &values);
        self.overlays.toasts.show(Toast { text, kind: ToastKind::Note, ..Toast::default() });
    }

    /// Lets counters go on after what has ended since the last frame, and tells how runs of sequences have ended.
    pub(super) fn update_runs(&mut self) {
        if self.stores.lists.sequences != self.preferences.sequences {
            self.stores.lists.sequences.clone_from(&self.preferences.sequences);
        }
        let words = self.preferences.words();
        let store = &self.stores.lists.store;
        for tab in self.tabs.iter_mut() {
            for ended in tab.runs.follow(&tab.records.status.outgoing) {
                count(&mut tab.form, store, &ended.counts);
                let told = ended.status.filter(|_| ended.is_sequence);
                if let Some(toast) = told.and_then(|status| result(&status, words)) {
                    self.overlays.toasts.show(toast);
                }
            }
        }
    }

    /// Lets counters go on after what is sent now: the window closes, or the session of one tab begins anew.
    pub(super) fn end_runs(&mut self, only: Option<TabId>) {
        for tab in self.tabs.iter_mut().filter(|tab| only.is_none_or(|only| only == tab.id)) {
            for ended in tab.runs.end() {
                count(&mut tab.form, &self.stores.lists.store, &ended.counts);
            }
        }
    }
}

/// Lets the counters of what was sent go on.
pub(super) fn count(form: &mut TabSettings, store: &Store, counts: &[Count]) {
    for (item, sent) in counts {
        match item {
            Some(id) => {
                if let Some(item) = store.item(id) {
                    advance_count(form, item, *sent);
                }
            }
            None if form.is_template => form.sent_count = form.sent_count.saturating_add(*sent),
            None => {}
        }
    }
}

/// The toast for the end of a run; `None` if the user stopped it.
fn result(outgoing: &OutgoingStatus, words: &Words) -> Option<Toast> {
    match &outgoing.state {
        OutgoingState::Done => {
            let text = fill(&words.sequence_passed, &[("name", &cut(&outgoing.label, NAME_CHARACTERS))]);
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

/// A sequence, and whose steps it has.
struct Plan {
    sequence: Sequence,
    /// The name and the item of each step.
    steps: Vec<(String, Option<ItemId>)>,
    /// What the counters of each step go on from; empty: from the beginning.
    counts: Vec<u64>,
}

/// The items that take part as steps: each with its delay, and as often as it says, with its interval as the pause after
/// each send.
///
/// # Errors
/// One of them cannot be sent, and why; or there are none.
fn plan_of(tab: &Tab, list: &List, group: Option<&str>, name: &str, words: &Words) -> Result<Plan, String> {
    let mut plan = Plan {
        sequence: Sequence { name: name.to_owned(), ..Sequence::default() },
        steps: Vec::new(),
        counts: Vec::new(),
    };
    let items = list.in_groups().into_iter().map(|index| &list.items[index]);
    let is_meant = |item: &&Item| item.takes_part && group.is_none_or(|group| group == item.group);
    for item in items.filter(is_meant) {
        let of_item = |reason: String| {
            let values: [(&str, &dyn std::fmt::Display); 2] = [("name", &item.title()), ("reason", &reason)];
            fill(&words.sequence_item_wrong, &values)
        };
        plan.add(tab, item, words).map_err(of_item)?;
    }
    let steps = plan.sequence.steps.len();
    if steps == 0 {
        return Err(words.sequence_no_items.clone());
    }
    if steps > MAX_STEPS {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("steps", &MAX_STEPS), ("depth", &MAX_DEPTH)];
        return Err(fill(&words.sequence_too_many, &values));
    }
    let times = match list.times {
        Rounds::Times(times) => Some(times),
        Rounds::Forever => None,
    };
    if times != Some(NonZeroU64::MIN) {
        plan.sequence.loops.insert(0, Loop { steps: 0..steps, times });
    }
    Ok(plan)
}

impl Plan {
    fn push(&mut self, item: &Item, step: Step, count: u64) {
        self.sequence.steps.push(step);
        self.steps.push((item.title(), Some(item.id.clone())));
        self.counts.push(count);
    }

    /// Adds the steps of an item.
    ///
    /// # Errors
    /// It cannot be sent, and why.
    fn add(&mut self, tab: &Tab, item: &Item, words: &Words) -> Result<(), String> {
        let payload =
            Payload::parse(&item.payload, &item.options()).map_err(|error| explain_payload(words, &error))?;
        if !payload.questions().is_empty() {
            return Err(words.sequence_asks.clone());
        }
        let of_pattern = |error: PatternError| {
            let (Pattern::Text(text) | Pattern::Hex(text) | Pattern::Regex(text)) =
                item.wait.as_ref().map_or(&Pattern::Text(String::new()), ItemWait::pattern).clone();
            explain_pattern(words, &text, &error)
        };
        let pause = |delay: Duration| Step { name: item.title(), delay, ..Step::default() };
        let mut send = Step {
            name: item.title(),
            note: item.note.clone(),
            delay: item.delay.unwrap_or_default(),
            payload: Some(payload),
            encoding: item.encoding,
            target: match &item.target {
                ItemTarget::Chosen => StepTarget::Chosen,
                other => StepTarget::To(target(tab, other, words)?),
            },
            wait: item.wait.as_ref().map(ItemWait::compiled).transpose().map_err(of_pattern)?,
        };
        let count = sent::count(&tab.form, &item.id);
        let Some(times) = item.repeat.filter(|times| times.get() > 1) else {
            self.push(item, send, count);
            return Ok(());
        };
        // The delay comes once, the interval after each send.
        let delay = std::mem::take(&mut send.delay);
        if !delay.is_zero() {
            self.push(item, pause(delay), 0);
        }
        let begin = self.steps.len();
        self.push(item, send, count);
        if let Some(interval) = item.interval {
            self.push(item, pause(interval), 0);
        }
        self.sequence.loops.push(Loop { steps: begin..self.steps.len(), times: Some(times) });
        Ok(())
    }
}

/// Counts how often each step is sent, on the session's thread.
struct Counting(Sends);

impl StepObserver for Counting {
    fn step(&mut self, step: &Step, result: &StepResult) {
        if step.payload.is_some() {
            self.0.add(result.step, result.attempts);
        }
    }

    fn ended(&mut self, _summary: &RunSummary) {}
}

/// Starts a run for the recipients that are chosen in the tab. Runs that have ended leave the strip.
///
/// # Errors
/// It cannot be started, and why.
fn start(tab: &mut Tab, plan: Plan, label: &str, words: &Words) -> Result<(), String> {
    let target = target(tab, &ItemTarget::Chosen, words)?;
    let encodings = tab.encodings();
    let is_active = tab.records.status.state.is_active();
    let Some(session) = tab.records.session().filter(|_| is_active) else {
        return Err(words.lists_send_disabled.clone());
    };
    let sends = Sends::of_steps(plan.steps.len());
    let Some(run) = Steps::new(Arc::new(plan.sequence), target, encodings) else {
        return Err(words.sequence_no_items.clone());
    };
    let run = run.counting_from(&plan.counts).observed(Box::new(Counting(sends.clone())));
    let id = remove_ended(session, &tab.records.status.outgoing)
        .and_then(|()| session.start_outgoing(label, run))
        .map_err(|failure| explain(words, &failure))?;
    tab.runs.add(id, Sending::Steps(RunSteps { steps: plan.steps, sends }));
    Ok(())
}

fn remove_ended(session: &SessionHandle, outgoing: &[OutgoingStatus]) -> Result<(), Failure> {
    let is_over = |outgoing: &&OutgoingStatus| {
        outgoing.state.has_ended() && matches!(outgoing.progress, Progress::Steps { .. })
    };
    outgoing.iter().filter(is_over).try_for_each(|outgoing| session.stop_outgoing(outgoing.id))
}
