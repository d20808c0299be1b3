//! The phase of a session, and the transitions between phases.

use super::Worker;
use crate::model::{CloseReason, Endpoint, SessionState, TcpClientConfig, TcpServerConfig};
use crate::net::{Activity, Lookup};

/// What the session is doing.
pub(super) enum Phase {
    /// Nothing was started, or the session has ended.
    Rest,
    /// A TCP client waits for its server's addresses.
    Resolving(TcpClientConfig, Lookup),
    /// A TCP client is connecting or connected.
    Client(TcpClientConfig),
    /// A TCP client waits before it connects again.
    Waiting(TcpClientConfig),
    /// A TCP server, listening or not, with the address that it got.
    Server(TcpServerConfig),
    /// A UDP socket, and the look-up of its default recipient.
    Udp(Option<(Endpoint, Lookup)>),
}

impl Worker {
    /// Advances the phase after a look-up, a connection or an end.
    pub(super) fn advance(&mut self) {
        if self.driver.activity() == Activity::Idle
            && let Some(config) = self.next.take()
        {
            self.start(*config);
        }
        match std::mem::replace(&mut self.phase, Phase::Rest) {
            Phase::Resolving(config, lookup) => match lookup.poll() {
                Some(Ok(addresses)) => {
                    self.connected = None;
                    self.bytes_before = self.events.recorder.traffic().bytes_in;
                    let connected = self.driver.connect(&addresses, &config.remote.to_string(), &config);
                    self.phase = Phase::Client(config);
                    if let Err(failure) = connected {
                        self.connect_failed(failure);
                    }
                }
                Some(Err(failure)) => {
                    self.phase = Phase::Client(config);
                    self.connect_failed(failure);
                }
                None => self.phase = Phase::Resolving(config, lookup),
            },
            Phase::Client(config) => self.client(config),
            Phase::Server(_) if self.driver.activity() == Activity::Idle => {
                self.end = Some(CloseReason::Local)
            }
            Phase::Udp(Some((endpoint, lookup))) => {
                let result = lookup.poll();
                self.events.changes += u64::from(result.is_some());
                self.phase = Phase::Udp(result.is_none().then(|| (endpoint.clone(), lookup)));
                match result {
                    Some(Ok(addresses)) => {
                        if let Some(peer) = self.fitting(&addresses) {
                            self.driver.add_peer(peer, &mut self.events);
                            self.events.recorder.status.remote = Some(peer);
                        }
                        self.hosts.insert(&endpoint, addresses);
                        self.events.recorder.session_runs();
                    }
                    Some(Err(failure)) => self.events.recorder.fail(&failure),
                    None => {}
                }
            }
            phase => self.phase = phase,
        }
        self.explain();
        self.send_resolved();
    }

    /// Whether [`advance`](Self::advance) has something to do once no socket is open.
    pub(super) fn is_about_to_change(&self) -> bool {
        self.next.is_some() || matches!(self.phase, Phase::Client(_) | Phase::Server(_))
    }

    /// The phase as front ends see it.
    pub(super) fn state(&self) -> SessionState {
        match (&self.phase, self.driver.activity()) {
            (Phase::Resolving(..), _) => SessionState::Resolving,
            (Phase::Waiting(_), _) => SessionState::Waiting,
            (Phase::Client(_), Activity::Connecting) => SessionState::Connecting,
            (Phase::Client(_), _) => SessionState::Open,
            (Phase::Server(_) | Phase::Udp(_), Activity::Listening) => SessionState::Listening,
            (Phase::Server(_) | Phase::Udp(_), _) => SessionState::Open,
            (Phase::Rest, Activity::Idle) if self.next.is_none() && self.explaining.is_none() => {
                match &self.end {
                    Some(reason) => SessionState::Closed(reason.clone()),
                    None => SessionState::Idle,
                }
            }
            (Phase::Rest, _) => SessionState::Closing,
        }
    }
}
