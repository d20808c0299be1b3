//! How a session starts: its address is bound, listened on, or looked up.

use super::{Phase, Worker};
use crate::lang::fill;
use crate::model::{SessionConfig, TcpClientConfig, TcpServerConfig, Transport, UdpConfig};
use crate::net::Activity;

impl Worker {
    /// Starts `config`. Nothing is running when this is called.
    pub(super) fn start(&mut self, config: SessionConfig) {
        self.end = None;
        self.events.outgoing.forget_ended();
        self.set_responder(config.responder());
        // There are no connections yet for which it could fail.
        let _ = self.driver.set_no_delay(config.no_delay());
        let recorder = &mut self.events.recorder;
        recorder.begin();
        recorder.note_dropped();
        recorder.last_opened = None;
        recorder.last_closed = None;
        recorder.status.local = None;
        recorder.status.remote = None;
        recorder.status.retry_at = None;
        recorder.begin_drops();
        recorder.touch();
        recorder.transport = match config {
            SessionConfig::TcpClient(_) | SessionConfig::TcpServer(_) => Transport::Tcp,
            SessionConfig::Udp(_) => Transport::Udp,
        };
        match config {
            SessionConfig::TcpClient(config) => self.resolve(config),
            SessionConfig::TcpServer(config) => self.listen(&config),
            SessionConfig::Udp(config) => self.bind(config),
        }
    }

    /// Looks up the client's server, as the first step of connecting.
    pub(super) fn resolve(&mut self, config: TcpClientConfig) {
        self.events.recorder.touch();
        let lookup = self.hosts.look_up(&config.remote, self.wake());
        self.phase = Phase::Resolving(config, lookup);
    }

    /// Wakes the session's thread, from any thread.
    pub(super) fn wake(&self) -> impl FnOnce() + Send + 'static {
        let waker = self.driver.waker();
        // It fails only if the poll is closed, and then nobody waits.
        move || drop(waker.wake())
    }

    fn listen(&mut self, config: &TcpServerConfig) {
        match self.driver.listen(config) {
            Ok(local) => {
                self.events.recorder.status.local = Some(local);
                let text =
                    fill(&self.events.recorder.language.words().record_listening, &[("address", &local)]);
                self.events.recorder.note(&text);
                self.phase = Phase::Server(TcpServerConfig { local, ..config.clone() });
            }
            Err(failure) => self.not_bound(failure, config.local),
        }
    }

    /// Listens again. Connections that were kept stay open, also if listening fails.
    pub(super) fn listen_again(&mut self) {
        let Phase::Server(config) = &self.phase else { return };
        if self.driver.activity() == Activity::Listening {
            return;
        }
        match self.driver.listen(config) {
            Ok(local) => {
                let text =
                    fill(&self.events.recorder.language.words().record_listening, &[("address", &local)]);
                self.events.recorder.note(&text);
            }
            Err(failure) => {
                let local = config.local;
                self.not_bound(failure, local);
            }
        }
    }

    fn bind(&mut self, config: UdpConfig) {
        match self.driver.bind_udp(&config, &mut self.events) {
            Ok(local) => {
                self.events.recorder.status.local = Some(local);
                let text = fill(&self.events.recorder.language.words().record_bound, &[("address", &local)]);
                self.events.recorder.note(&text);
                let remote = config.remote.map(|remote| {
                    let lookup = self.hosts.look_up(&remote, self.wake());
                    (remote, lookup)
                });
                if remote.is_none() {
                    self.events.recorder.session_runs();
                }
                self.phase = Phase::Udp(remote);
            }
            Err(failure) => self.not_bound(failure, config.local),
        }
    }
}
