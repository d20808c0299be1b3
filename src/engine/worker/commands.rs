//! Handling of commands.

use super::{Phase, Worker};
use crate::engine::command::Command;
use crate::engine::message::Counts;
use crate::engine::sends::Origin;
use crossbeam_channel::TryRecvError;
use std::time::Instant;

/// How many commands are taken before the sockets have their turn: a front end that sends without a pause
/// does not keep the session from receiving, publishing or stopping.
const TURN_COMMANDS: usize = 64;

/// No further command is taken in a turn once its sends have reached this many recipients, which takes about as long
/// as the work on the sockets.
const TURN_RECIPIENTS: usize = 20_000;

impl Worker {
    /// Takes the commands of one turn.
    pub(super) fn take_commands(&mut self) {
        let mut recipients = 0;
        for _ in 0..TURN_COMMANDS {
            match self.commands.try_recv() {
                Ok(command) => recipients += self.handle(command),
                Err(TryRecvError::Empty) => return,
                // The handle closes the session before it drops its sender.
                Err(TryRecvError::Disconnected) => return self.requests.close(),
            }
            if recipients >= TURN_RECIPIENTS {
                return;
            }
        }
    }

    /// Ends the sends of a session that is being closed; no other command matters any more.
    pub(super) fn drop_commands(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Send(id, _, bytes) => self.events.drop_payload(id, Origin::Handle, bytes.len()),
                Command::SendMessage(id, _, message) => {
                    self.events.drop_payload(id, Origin::Handle, message.length(id));
                }
                _ => {}
            }
        }
    }

    /// Returns the number of recipients that something was sent to.
    fn handle(&mut self, command: Command) -> usize {
        match command {
            Command::Start(config, generation, outgoing) => {
                if !self.requests.has_stopped(generation) {
                    self.stop();
                    self.generation = generation;
                    self.next = Some(config);
                    if let Some((id, label, job)) = outgoing {
                        self.start_outgoing(id, label, job);
                    }
                }
            }
            Command::StopListening => {
                if matches!(self.phase, Phase::Server(_)) {
                    self.driver.stop_listening();
                    let recorder = &mut self.events.recorder;
                    recorder.note(&recorder.language.words().record_stopped_listening);
                }
            }
            Command::ListenAgain => self.listen_again(),
            Command::SetBroadcast(is_allowed) => {
                if let Err(failure) = self.driver.set_broadcast(is_allowed) {
                    self.events.recorder.fail(&failure);
                }
            }
            Command::SetResponder(config) => self.set_responder(config),
            Command::SetRules(rules) => self.set_rules(rules),
            Command::SwitchRule(rule, is_on) => self.switch_rule(rule, is_on),
            Command::SetNoDelay(is_on) => self.set_no_delay(is_on),
            Command::Disconnect(ids) => ids.into_iter().for_each(|id| self.disconnect(id)),
            Command::Send(id, target, bytes) => {
                self.note_between(None, &target);
                self.events.sends.begin(id, Origin::Handle, bytes.len());
                return self.send(id, &target, &bytes);
            }
            Command::SendMessage(id, target, message) => {
                self.note_between(None, &target);
                let sent = self.send_message(id, Origin::Handle, &target, &message, &mut Counts::default());
                match sent {
                    Ok(recipients) => return recipients,
                    Err(failure) => {
                        self.events.sends.begin(id, Origin::Handle, 0);
                        self.events.refuse(id, failure);
                    }
                }
            }
            Command::StartOutgoing(id, label, job) => self.start_outgoing(id, label, job),
            Command::PauseOutgoing(id) => self.events.outgoing.pause(id, Instant::now()),
            Command::ResumeOutgoing(id) => self.resume_outgoing(id),
            Command::StopOutgoing(id) => self.stop_outgoing(id),
            Command::SetBookmark(position, note) => {
                self.events.recorder.set_bookmark(position, note.as_deref());
            }
            Command::SetLanguage(language) => self.events.recorder.language = language,
        }
        0
    }
}
