//! Starts, holds and stops what the session of a tab sends over time.

use crate::engine::{FileOptions, Message, Pieces, Repeat, SendFile, SessionHandle};
use crate::gui::compose::asking::Asking;
use crate::gui::compose::cutting;
use crate::gui::compose::payload::{self, PayloadError};
use crate::gui::compose::recipients::by_encoding;
use crate::gui::compose::repeat::RepeatPlan;
use crate::gui::kit::sends::SendError;
use crate::gui::lists::runs::Sending;
use crate::gui::tab::state::Tab;
use crate::lang::Words;
use crate::model::{Failure, OutgoingId, OutgoingState, OutgoingStatus, Target};
use crate::payload::Delivery;
use crate::settings::TabKind;
use std::path::Path;

/// The longest label, in characters.
const LABEL_CHARACTERS: usize = 80;

/// Repeats the payload of a tab as its form says, or shows why not. What was sent or stopped before leaves the list.
///
/// Returns whether the payload is repeated.
pub fn start_repeat(tab: &mut Tab, words: &Words) -> bool {
    let encodings = tab.encodings();
    let Tab { form, records, peers, composer, runs, .. } = tab;
    let planned = RepeatPlan::of(form, words);
    let target = composer.target(form, &records.status, &peers.selected, words);
    let delivery = cutting::delivery(form, words);
    let (plan, target, delivery) = match (planned, target, delivery) {
        (Ok(plan), Ok(target), Ok(delivery)) => (plan, target, delivery),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => {
            composer.error = Some(SendError::Refused(error));
            return false;
        }
    };
    // The line below the field says what is wrong.
    let Ok(parsed) = payload::parse(form, words) else { return false };
    if Asking::new(&parsed, form).is_some_and(|asking| !asking.is_complete()) {
        composer.error = Some(SendError::Refused(words.repeat_asks.clone()));
        return false;
    }
    let groups = by_encoding(target.clone(), &records.status, &encodings).into_iter();
    let built = groups.map(|(encoding, _)| payload::encode(form, encoding, words));
    let Ok(built) = built.collect::<Result<Vec<_>, PayloadError>>() else { return false };
    let is_empty = form.kind != TabKind::Udp && built.iter().all(Vec::is_empty);
    let Some(session) = records.session().filter(|_| !is_empty && records.status.state.is_active()) else {
        return false;
    };
    let removed = remove_ended(session, &records.status.outgoing);
    let repeat = Repeat::new(target, payload::message(parsed, encodings, form), plan.interval);
    let glue = delivery.glue as u64;
    let repeat = repeat.spaced(plan.spacing).times(plan.times).delivered(delivery);
    match removed.and_then(|()| session.start_outgoing(&label(&form.payload), repeat)) {
        Ok(id) => {
            runs.add(id, Sending::Payload { glue });
            composer.repeats(form);
            true
        }
        Err(failure) => {
            composer.error = Some(SendError::Failed(failure));
            false
        }
    }
}

/// Removes what was sent or stopped from the list.
fn remove_ended(session: &SessionHandle, outgoing: &[OutgoingStatus]) -> Result<(), Failure> {
    let ended =
        |outgoing: &&OutgoingStatus| matches!(outgoing.state, OutgoingState::Done | OutgoingState::Stopped);
    outgoing.iter().filter(ended).try_for_each(|outgoing| session.stop_outgoing(outgoing.id))
}

/// Sends a message once, cut and glued. What was sent or stopped before leaves the list. `number`: how many were cut before
/// it.
///
/// # Errors
/// The session does not take it; nothing is sent.
pub fn send_pieces(
    (session, outgoing): (&SessionHandle, &[OutgoingStatus]),
    label: &str,
    (target, message): (Target, Message),
    (delivery, number): (Delivery, u64),
) -> Result<(), Failure> {
    remove_ended(session, outgoing)?;
    let pieces = Pieces::new(target, message, delivery).numbered(number);
    session.start_outgoing(&self::label(label), pieces).map(drop)
}

/// Sends a file to the recipients of the composer, or shows why not.
pub fn send_file(tab: &mut Tab, path: &Path, options: FileOptions, words: &Words) {
    let Tab { form, records, peers, composer, .. } = tab;
    let target = match composer.target(form, &records.status, &peers.selected, words) {
        Ok(target) => target,
        Err(error) => {
            composer.error = Some(SendError::Refused(error));
            return;
        }
    };
    let Some(session) = records.session() else { return };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    match session.start_outgoing(&name, SendFile::new(path, target, options)) {
        Ok(_) => composer.error = None,
        Err(failure) => composer.error = Some(SendError::Failed(failure)),
    }
}

/// The payload as the name of its repeat: one line.
fn label(payload: &str) -> String {
    // A long payload is not joined as a whole.
    let words = payload.split_whitespace().take(LABEL_CHARACTERS);
    words.collect::<Vec<_>>().join(" ").chars().take(LABEL_CHARACTERS).collect()
}

/// Stops one; one that has ended leaves the list.
pub fn stop(tab: &mut Tab, id: OutgoingId) {
    ask(tab, |session, _| session.stop_outgoing(id));
}

/// Holds one.
pub fn pause(tab: &mut Tab, id: OutgoingId) {
    ask(tab, |session, _| session.pause_outgoing(id));
}

/// Lets one go on.
pub fn resume(tab: &mut Tab, id: OutgoingId) {
    ask(tab, |session, _| session.resume_outgoing(id));
}

/// Stops all that run. What has ended stays in the list.
pub fn stop_all(tab: &mut Tab) {
    ask(tab, |session, outgoing| {
        let mut running = outgoing.iter().filter(|outgoing| !outgoing.state.has_ended());
        running.try_for_each(|outgoing| session.stop_outgoing(outgoing.id))
    });
}

/// Holds all that run; if there are none, lets all go on that are held.
pub fn toggle_pause(tab: &mut Tab) {
    ask(tab, |session, outgoing| {
        let runs = |outgoing: &&OutgoingStatus| {
            matches!(outgoing.state, OutgoingState::Running | OutgoingState::Waiting)
        };
        if outgoing.iter().any(|outgoing| runs(&outgoing)) {
            outgoing.iter().filter(runs).try_for_each(|outgoing| session.pause_outgoing(outgoing.id))
        } else {
            let mut paused = outgoing.iter().filter(|outgoing| outgoing.state == OutgoingState::Paused);
            paused.try_for_each(|outgoing| session.resume_outgoing(outgoing.id))
        }
    });
}

fn ask(tab: &mut Tab, asked: impl FnOnce(&SessionHandle, &[OutgoingStatus]) -> Result<(), Failure>) {
    let outgoing = tab.records.status.outgoing.clone();
    let result = tab.records.session().map_or(Ok(()), |session| asked(session, &outgoing));
    tab.records.note(result);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_line_and_not_too_long() {
        assert_eq!(label("01 03\n 00\t0A\r\n"), "01 03 00 0A");
        assert_eq!(label(&"中".repeat(200)).chars().count(), LABEL_CHARACTERS);
    }
}
