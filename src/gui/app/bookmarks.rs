//! Carries out the actions on bookmarks, and the questions over the data: a note, a time, a name.

use crate::capture::Position;
use crate::gui::action::{Step, TabId};
use crate::gui::kit::ctx::data_id;
use crate::gui::tab::question::{Asked, Question};
use crate::gui::tab::state::Tab;
use crate::lang::{Words, fill};
use crate::model::{PeerKey, Transport};
use eframe::egui::Context;

/// Bookmarks the selected record, or removes its bookmark. Setting it again at once restores the note.
pub fn toggle(tab: &mut Tab) {
    let Some(record) = tab.view.record_to_bookmark() else { return };
    let note = match tab.records.snapshot().bookmarks().get(record) {
        Some(_) => None,
        None => Some(match tab.notes.removed.take() {
            Some((known, note)) if known == record => note,
            _ => String::new(),
        }),
    };
    set(tab, record, note);
}

/// Bookmarks a record with a note, or removes its bookmark (`None`).
pub fn set(tab: &mut Tab, record: Position, note: Option<String>) {
    if note.is_none() {
        let snapshot = tab.records.snapshot();
        tab.notes.removed = snapshot.bookmarks().get(record).map(|note| (record, note.to_owned()));
    }
    let result = tab.records.set_bookmark(record, note);
    tab.records.note(result);
}

/// Goes to a neighbouring bookmark.
pub fn step(tab: &mut Tab, step: Step) {
    let snapshot = tab.records.snapshot();
    if let Some(record) = tab.view.next_bookmark(snapshot.bookmarks(), step) {
        tab.view.go_to(record);
    }
}

/// Asks for a note on the selected record.
pub fn ask_note(tab: &mut Tab, words: &Words) {
    let Some(record) = tab.view.record_to_bookmark() else { return };
    let time = tab.view.time_label(record).unwrap_or_default();
    let caption = fill(&words.note_ask, &[("time", &time.trim())]);
    let note = tab.records.snapshot().bookmarks().get(record).unwrap_or_default().to_owned();
    tab.notes.ask(Question::new(Asked::Note(record), caption, note));
}

/// Asks for a time to go to.
pub fn ask_time(tab: &mut Tab, words: &Words) {
    tab.notes.ask(Question::new(Asked::Time, words.time_ask.clone(), String::new()));
}

/// Asks for the name of a client's server.
pub fn ask_server_name(tab: &mut Tab, words: &Words) {
    let Some(server) = tab.server() else { return };
    let name = tab.names.name_of(server).unwrap_or_default().to_owned();
    let caption = fill(&words.peer_name_hint, &[("peer", &server)]);
    tab.notes.ask(Question::new(Asked::Name(server), caption, name));
}

/// Uses the answer to the question. A wrong one is kept and shown with its error. Returns the name that was given to a
/// peer.
pub fn answer(ctx: &Context, tab: &mut Tab, words: &Words) -> Option<(PeerKey, String)> {
    let question = tab.notes.question.as_mut()?;
    let mut named = None;
    match question.asked {
        Asked::Note(record) => {
            let note = question.text.trim().to_owned();
            set(tab, record, Some(note));
        }
        Asked::Time => {
            if let Err(error) = tab.view.go_to_time(&question.text, words) {
                question.error = Some(error);
                question.wants_focus = true;
                return None;
            }
        }
        Asked::Name(server) => {
            let name = std::mem::take(&mut question.text);
            let is_same = tab.names.name_of(server) == Some(name.trim());
            // A name is for the address and port. One that only the host has can be taken away here.
            let key = match name.trim() {
                "" => tab.names.key_of(Transport::Tcp, server),
                _ => PeerKey::socket(server),
            };
            named = (!is_same).then_some((key, name));
        }
    }
    tab.notes.question = None;
    focus_data(ctx, tab.id);
    named
}

/// Moves the keyboard focus to the data.
pub fn focus_data(ctx: &Context, tab: TabId) {
    ctx.memory_mut(|memory| memory.request_focus(data_id(tab)));
}
