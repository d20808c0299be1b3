//! The course of a TCP client: connecting, connected, lost, and back again by itself.

use super::{Phase, Worker};
use crate::model::{CloseReason, ConnectionId, Failure, ReconnectPolicy, TcpClientConfig, Timestamp};
use crate::net::Activity;
use std::time::{Instant, SystemTime};

impl Worker {
    /// A client that is no longer connecting is connected, or was and is no more.
    pub(super) fn client(&mut self, config: TcpClientConfig) {
        match self.driver.activity() {
            Activity::Connecting => {}
            Activity::Idle => {
                let reason = self.recorder.last_closed.take().unwrap_or(CloseReason::Local);
                if let CloseReason::Failed(failure) = &reason {
                    self.recorder.tell(failure);
                }
                if self.was_of_use(config.reconnect) {
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

    /// Whether the connection led to somebody. A proxy without a server behind it takes everybody in and then
    /// closes, and is not to be asked again without a pause.
    fn was_of_use(&self, policy: ReconnectPolicy) -> bool {
        let has_lasted = match (policy, self.connected) {
            (ReconnectPolicy::Growing { longest, .. }, Some(since)) => since.elapsed() >= longest,
            _ => false,
        };
        has_lasted || self.recorder.bytes_in() > self.bytes_before
    }

    /// Tells that no address could be connected to.
    pub(super) fn connect_failed(&mut self, failure: Failure) {
        self.recorder.fail(&failure);
        if let Phase::Client(config) = std::mem::replace(&mut self.phase, Phase::Rest) {
            self.lost(config, CloseReason::Failed(failure));
        }
    }

    /// Tries again later if that was asked for, and ends the session otherwise.
    fn lost(&mut self, config: TcpClientConfig, reason: CloseReason) {
        match config.reconnect.delay(self.attempts) {
            Some(delay) => {
                self.attempts += 1;
                self.recorder.status.retry_at = Some(Timestamp::from_system(SystemTime::now() + delay));
                self.phase = Phase::Waiting(config, Instant::now() + delay);
            }
            None => {
                self.phase = Phase::Rest;
                self.end = Some(reason);
                if let Some((_, bytes)) = self.held.take() {
                    self.recorder.drop_payload(bytes.len());
                }
            }
        }
        self.recorder.touch();
    }

    /// Closes one connection. A client whose connection it is, or was until a moment ago, does not come
    /// back by itself: whoever disconnects means it.
    pub(super) fn disconnect(&mut self, id: ConnectionId) {
        let is_client = matches!(self.phase, Phase::Resolving(..) | Phase::Client(_) | Phase::Waiting(..));
        if is_client && self.recorder.last_opened == Some(id) {
            self.stop();
        } else {
            self.driver.disconnect(id, &mut self.recorder);
        }
    }
}
