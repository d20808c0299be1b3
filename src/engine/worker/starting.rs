//! How a session starts: what it was asked to be is bound, listened on, or looked up.

use super::{Phase, Resolved, Worker};
use crate::lang::fill;
use crate::model::{
    CloseReason, Endpoint, Failure, FailureKind, Holder, SessionConfig, TcpClientConfig, TcpServerConfig,
    Transport, UdpConfig,
};
use crate::net::{self, Activity};
use crossbeam_channel::{Receiver, TryRecvError};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A failure without the owner of the port now is worth more than one with it too late.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something could not be bound, and who has the port is being found out.
pub(super) struct Explaining {
    pub failure: Failure,
    pub owner: Receiver<Option<Holder>>,
    /// Then it is told as it is.
    pub until: Instant,
    /// What could be bound instead, if somebody has it.
    pub next_free_port: Option<u16>,
}

impl Worker {
    /// Starts what `config` says; nothing runs any more.
    pub(super) fn start(&mut self, config: SessionConfig) {
        self.recorder.tell_dropped();
        self.end = None;
        self.recorder.last_opened = None;
        self.recorder.last_closed = None;
        self.recorder.status.local = None;
        self.recorder.status.remote = None;
        self.recorder.status.retry_at = None;
        self.recorder.begin_drops();
        self.recorder.touch();
        match config {
            SessionConfig::TcpClient(config) => {
                self.recorder.transport = Transport::Tcp;
                self.resolve(config);
            }
            SessionConfig::TcpServer(config) => {
                self.recorder.transport = Transport::Tcp;
                self.listen(&config);
            }
            SessionConfig::Udp(config) => {
                self.recorder.transport = Transport::Udp;
                self.bind(config);
            }
        }
    }

    /// Looks the client's server up, as the first step of connecting.
    pub(super) fn resolve(&mut self, config: TcpClientConfig) {
        self.recorder.touch();
        let result = self.look_up(&config.remote);
        self.phase = Phase::Resolving(config, result);
    }

    /// Looks a name up; the session's thread is woken when the result is there.
    pub(super) fn look_up(&self, endpoint: &Endpoint) -> Resolved {
        let waker = self.driver.waker();
        net::resolve(endpoint, move || {
            let _ = waker.wake();
        })
    }

    fn listen(&mut self, config: &TcpServerConfig) {
        match self.driver.listen(config) {
            Ok(local) => {
                self.recorder.status.local = Some(local);
                let text = fill(&self.recorder.language.words().record_listening, &[("address", &local)]);
                self.recorder.note(&text);
                self.phase = Phase::Server(TcpServerConfig { local, ..config.clone() });
            }
            Err(failure) => self.not_bound(failure, config.local),
        }
    }

    /// Takes connections in again beside those there are. Where that fails, they stay all the same.
    pub(super) fn listen_again(&mut self) {
        let Phase::Server(config) = &self.phase else { return };
        if self.driver.activity() == Activity::Listening {
            return;
        }
        match self.driver.listen(config) {
            Ok(local) => {
                let text = fill(&self.recorder.language.words().record_listening, &[("address", &local)]);
                self.recorder.note(&text);
            }
            Err(failure) => {
                let local = config.local;
                self.not_bound(failure, local);
            }
        }
    }

    fn bind(&mut self, config: UdpConfig) {
        match self.driver.bind_udp(&config, &mut self.recorder) {
            Ok(local) => {
                self.recorder.status.local = Some(local);
                let text = fill(&self.recorder.language.words().record_bound, &[("address", &local)]);
                self.recorder.note(&text);
                self.phase = Phase::Udp(config.remote.as_ref().map(|remote| self.look_up(remote)));
            }
            Err(failure) => self.not_bound(failure, config.local),
        }
    }

    /// Tells that nothing could be bound. Where somebody else has the port, who that is is found out
    /// first, for a moment in which the session does everything else.
    fn not_bound(&mut self, failure: Failure, local: SocketAddr) {
        self.finish_explaining();
        let (mut failure, transport) = (failure, self.recorder.transport);
        let may_have_holder = match failure.kind {
            FailureKind::AddressInUse { .. } => true,
            // WSAEACCES: so Windows calls a port that another program has for itself alone, among others.
            FailureKind::PermissionDenied => cfg!(windows),
            _ => false,
        };
        // Connections that wait for the same port are not to be given up for another one.
        let may_move = !matches!(self.phase, Phase::Server(_));
        let free = if may_have_holder && may_move { net::next_free_port(local, transport) } else { None };
        if let FailureKind::AddressInUse { next_free_port, .. } = &mut failure.kind {
            *next_free_port = free;
        }
        let (owner, until) = if may_have_holder {
            let waker = self.driver.waker();
            let owner = net::find_port_owner(local, transport, move || drop(waker.wake()));
            (owner, Instant::now() + PATIENCE)
        } else {
            (crossbeam_channel::never(), Instant::now())
        };
        self.explaining = Some(Explaining { failure, owner, until, next_free_port: free });
        self.explain();
    }

    /// Tells of what could not be bound as soon as all is known of it, or it is time.
    pub(super) fn explain(&mut self) {
        let Some(explaining) = &mut self.explaining else { return };
        match explaining.owner.try_recv() {
            Err(TryRecvError::Empty) if explaining.until > Instant::now() => return,
            Ok(Some(owner)) => {
                let next_free_port = explaining.next_free_port;
                explaining.failure.kind = FailureKind::AddressInUse { owner: Some(owner), next_free_port };
            }
            Ok(None) | Err(_) => {}
        }
        self.finish_explaining();
    }

    fn finish_explaining(&mut self) {
        let Some(Explaining { failure, .. }) = self.explaining.take() else { return };
        self.recorder.fail(&failure);
        if matches!(self.phase, Phase::Rest) && self.end.is_none() {
            self.end = Some(CloseReason::Failed(failure));
        }
    }
}
