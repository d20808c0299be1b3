//! The states of a TCP client: connecting, connected, disconnected, and reconnecting.

use super::{Phase, Timer, Worker};
use crate::model::{CloseReason, ConnectionId, Failure, ReconnectPolicy, TcpClientConfig, Timestamp};
use crate::net::Activity;
use std::time::{Instant, SystemTime};

impl Worker {
    /// Notices that a client was connected, or that its connection is over.
    pub(super) fn client(&mut self, config: TcpClientConfig) {
        match self.driver.activity() {
            Activity::Connecting => {}
            Activity::Idle => {
                let reason = self.events.recorder.last_closed.take().unwrap_or(CloseReason::Local);
                if let CloseReason::Failed(failure) = &reason {
                    self.events.recorder.set_failure(failure);
                }
                if self.was_useful(config.reconnect) {
                    self.attempts = 0;
                }
                return self.lost(config, reason);
            }
            _ => {
                self.connected.get_or_insert_with(Instant::now);
            }
        }
        self.phase = Phase::Client(config);
    }

    /// Whether the connection led to a server. A proxy without a server behind it accepts every connection and
    /// then closes it; connecting to it again needs the growing delay.
    fn was_useful(&self, policy: ReconnectPolicy) -> bool {
        let has_lasted = match (policy, self.connected) {
            (ReconnectPolicy::Growing { longest, .. }, Some(since)) => since.elapsed() >= longest,
            _ => false,
        };
        has_lasted || self.events.recorder.traffic().bytes_in > self.bytes_before
    }

    /// Reports that every address has failed.
    pub(super) fn connect_failed(&mut self, failure: Failure) {
        self.events.recorder.fail(&failure);
        if let Phase::Client(config) = std::mem::replace(&mut self.phase, Phase::Rest) {
            self.lost(config, CloseReason::Failed(failure));
        }
    }

    /// Reconnects after a delay if the configuration says so; otherwise ends the session.
    fn lost(&mut self, config: TcpClientConfig, reason: CloseReason) {
        match config.reconnect.delay(self.attempts) {
            Some(delay) => {
                self.attempts += 1;
                let retry_at = Timestamp::from_system(SystemTime::now() + delay);
                self.events.recorder.status.retry_at = Some(retry_at);
                self.timers.set(Timer::Reconnect, Instant::now() + delay);
                self.phase = Phase::Waiting(config);
            }
            None => {
                self.phase = Phase::Rest;
                self.end = Some(reason);
            }
        }
        self.events.recorder.touch();
    }

    /// Connects again after the delay.
    pub(super) fn reconnect(&mut self) {
        match std::mem::replace(&mut self.phase, Phase::Rest) {
            Phase::Waiting(config) => self.resolve(config),
            phase => self.phase = phase,
        }
    }

    /// Closes one connection. A client whose connection it is, or was until a moment ago, does not connect
    /// again: the user wants it closed.
    pub(super) fn disconnect(&mut self, id: ConnectionId) {
        let is_client = matches!(self.phase, Phase::Resolving(..) | Phase::Client(_) | Phase::Waiting(_));
        if is_client && self.events.recorder.last_opened == Some(id) {
            self.stop();
        } else {
            self.driver.disconnect(id, &mut self.events);
        }
    }

    /// Resets one connection. A client whose connection it is does not connect again.
    pub(super) fn reset(&mut self, id: ConnectionId) {
        self.driver.reset(id, &mut self.events);
        self.disconnect(id);
    }
}
