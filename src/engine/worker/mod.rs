//! The thread of a session: takes commands, turns the driver, publishes.

mod client;
mod commands;
mod explaining;
mod outgoing;
mod phase;
mod rules;
mod sending;
#[cfg(test)]
mod sending_tests;
mod starting;
#[cfg(test)]
mod tests;

use self::explaining::Explaining;
use self::outgoing::{Situation, TURN_CALLS};
use self::phase::Phase;
use super::command::{Command, Requests};
use super::events::Events;
use super::generation::Generation;
use super::hosts::Hosts;
use super::outgoing::{Item, Pipe};
use super::recorder::Recorder;
use super::responder::{self, Rules};
use super::shared::Shared;
use crate::model::{CloseReason, OutgoingId, ResponderConfig, SessionConfig, SessionState};
use crate::net::{Activity, Driver, Timers, system_resolver};
use crate::sys::cpu_time;
use crossbeam_channel::Receiver;
use std::sync::Arc;
use std::time::Instant;

/// What a session does at a certain time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// A TCP client connects again.
    Reconnect,
    /// A failure to bind is reported without the holder of the port.
    Explain,
    /// The responder has something to do.
    Responder,
    /// The pipe pauses between two pieces.
    Pipe,
    /// Rules have something to do.
    Rules,
    /// Something that is sent over time has something to do.
    Outgoing(OutgoingId),
    /// The numbers of what is sent over time are published.
    OutgoingStatus,
}

/// A session, on its thread.
pub(super) struct Worker {
    driver: Driver,
    events: Events,
    commands: Receiver<Command>,
    requests: Arc<Requests>,
    shared: Arc<Shared>,
    timers: Timers<Timer>,
    phase: Phase,
    /// Why the session ended or is ending.
    end: Option<CloseReason>,
    /// The newest start that was taken.
    generation: Generation,
    /// Started once everything that is running has stopped.
    next: Option<Box<SessionConfig>>,
    pipe: Pipe,
    /// What those that send over time know of it.
    situation: Option<Situation>,
    hosts: Hosts,
    /// A failure to bind whose cause is being looked for.
    explaining: Option<Explaining>,
    /// Failed attempts to connect since the last useful connection, and those that were closed without data.
    attempts: u32,
    /// Since when a TCP client is connected.
    connected: Option<Instant>,
    /// All bytes that were received before that.
    bytes_before: u64,
}

impl Worker {
    pub fn new(
        driver: Driver,
        recorder: Recorder,
        (commands, pipe): (Receiver<Command>, Receiver<Item>),
        requests: Arc<Requests>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            driver,
            events: Events::new(recorder),
            commands,
            requests,
            shared,
            timers: Timers::default(),
            phase: Phase::Rest,
            end: None,
            generation: Generation::default(),
            next: None,
            pipe: Pipe::new(pipe),
            situation: None,
            hosts: Hosts::new(system_resolver),
            explaining: None,
            attempts: 0,
            connected: None,
            bytes_before: 0,
        }
    }

    /// Runs until the handle closes the session.
    pub fn run(mut self) {
        let mut is_closing = false;
        loop {
            if self.requests.is_closed() && !is_closing {
                is_closing = true;
                self.stop();
            }
            if is_closing && self.driver.activity() == Activity::Idle {
                self.drop_commands();
                self.send_piped();
                self.settle_outgoing();
                self.publish();
                return;
            }
            self.step(is_closing);
        }
    }

    /// One turn: handles requests and commands, advances the phase, publishes, then turns the sockets.
    fn step(&mut self, is_closing: bool) {
        // A start that came after the stop may have been taken already.
        if self.requests.take_stop() && self.requests.has_stopped(self.generation) {
            self.stop();
        }
        if is_closing {
            self.drop_commands();
        } else {
            self.take_commands();
        }
        self.expire();
        self.advance();
        self.send_piped();
        self.settle_outgoing();
        // What a command brought about, such as the end of a connection, may have answers, too.
        self.send_answers();
        self.publish();
        let deadline = self.deadline();
        if let Err(failure) = self.driver.turn(deadline, &mut self.events) {
            self.connect_failed(failure);
        }
        self.send_answers();
    }

    /// Nothing runs, and nothing is about to start.
    fn is_at_rest(&self) -> bool {
        self.next.is_none() && matches!(self.phase, Phase::Rest)
    }

    /// Ends what is running; connections end within a moment.
    fn stop(&mut self) {
        self.next = None;
        self.stop_all_outgoing();
        for (id, bytes) in self.hosts.clear() {
            self.events.drop_pending(id, bytes.len());
        }
        self.attempts = 0;
        self.timers.cancel(Timer::Reconnect);
        self.timers.cancel(Timer::Explain);
        if self.explaining.take().is_some() || !matches!(self.phase, Phase::Rest) {
            self.end = Some(CloseReason::Local);
            self.phase = Phase::Rest;
            self.events.recorder.touch();
        }
        self.driver.close_all(&mut self.events);
        self.send_answers();
        self.events.recorder.last_closed = None;
        self.send_piped();
    }

    fn set_responder(&mut self, config: ResponderConfig) {
        if let Some(mut responder) = self.events.responder.take() {
            responder.end(&mut self.events.answers);
        }
        let responder = responder::responder(config);
        self.events.responder = responder;
        self.pause_reading();
    }

    fn set_no_delay(&mut self, is_on: bool) {
        match self.driver.set_no_delay(is_on) {
            Ok(()) if self.is_at_rest() => {}
            Ok(()) => self.events.recorder.note_no_delay(is_on),
            Err(failure) => {
                // The others are switched.
                self.events.recorder.note_no_delay(is_on);
                self.events.recorder.fail(&failure);
            }
        }
    }

    /// Counts the processor time, and does what is due.
    fn expire(&mut self) {
        let now = Instant::now();
        cpu_time::report(now);
        let mut calls = 0;
        while calls < TURN_CALLS
            && let Some(timer) = self.timers.pop_due(now)
        {
            match timer {
                Timer::Reconnect => self.reconnect(),
                Timer::Explain => self.finish_explaining(),
                Timer::Outgoing(id) => {
                    calls += 1;
                    self.outgoing_due(id);
                }
                // The step publishes and sends.
                Timer::OutgoingStatus | Timer::Pipe => {}
                Timer::Rules => self.rules_due(now),
                Timer::Responder => {
                    let events = &mut self.events;
                    if let Some(responder) = &mut events.responder {
                        responder.due(now, &mut events.answers);
                    }
                    self.send_answers();
                }
            }
        }
    }

    fn publish(&mut self) {
        let state = self.state();
        let recorder = &mut self.events.recorder;
        if !state.is_active() {
            recorder.note_dropped();
        }
        if state != recorder.status.state {
            // A UDP socket that is bound may still look for its recipient, without which its start has failed.
            let is_started = matches!(state, SessionState::Listening | SessionState::Open)
                && !matches!(self.phase, Phase::Udp(_));
            if is_started {
                recorder.session_runs();
            }
            recorder.status.state = state;
            recorder.touch();
        }
        recorder.status.remote = self.driver.remote().or(recorder.status.remote);
        let queued_bytes = self.driver.queued_bytes().0 as u64;
        if recorder.status.queued_bytes != queued_bytes {
            recorder.status.queued_bytes = queued_bytes;
            recorder.touch();
        }
        recorder.status.piped.clone_from(&self.events.sends.piped);
        if recorder.publish() {
            self.shared.publish(&recorder.status, self.events.sends.results.drain(..));
        }
    }

    /// When the next turn begins at the latest.
    fn deadline(&mut self) -> Option<Instant> {
        let of_responder = self.events.responder.as_ref().and_then(|responder| responder.deadline());
        self.timers.set_or_cancel(Timer::Responder, of_responder);
        if self.events.sends.piped_pending == 0 {
            self.pipe.taken(Instant::now());
        }
        self.timers.set_or_cancel(Timer::Pipe, self.pipe.deadline());
        let of_rules = self.events.rules.as_ref().and_then(Rules::deadline);
        self.timers.set_or_cancel(Timer::Rules, of_rules);
        let has_work = !self.commands.is_empty()
            || self.can_send_piped()
            || self.driver.activity() == Activity::Idle && self.is_about_to_change();
        let next = self.timers.next();
        // Other deadlines may be some milliseconds late, which costs no further timer.
        self.driver.set_alarm(next.filter(|_| self.events.outgoing.is_running()));
        if has_work {
            Some(Instant::now())
        } else if self.events.outgoing.is_running() {
            None
        } else {
            next
        }
    }
}
