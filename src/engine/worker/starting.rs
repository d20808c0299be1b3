//! How a session starts: what it was asked to be is bound, listened on, or looked up.

use super::{Phase, Resolved, Worker};
use crate::lang::fill;
use crate::model::{
    CloseReason, Endpoint, Failure, KernelDrops, SessionConfig, TcpClientConfig, TcpServerConfig, Transport,
    UdpConfig,
};
use crate::net::{self, Activity};

impl Worker {
    /// Starts what `config` says; nothing runs any more.
    pub(super) fn start(&mut self, config: SessionConfig) {
        self.end = None;
        self.recorder.last_opened = None;
        self.recorder.last_closed = None;
        self.recorder.status.local = None;
        self.recorder.status.remote = None;
        self.recorder.status.retry_at = None;
        self.recorder.status.kernel_drops = KernelDrops::Impossible;
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
            Err(failure) => self.not_bound(net::explain_port_in_use(failure, config.local, Transport::Tcp)),
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
                let failure = net::explain_port_in_use(failure, config.local, Transport::Tcp);
                self.recorder.fail(&failure);
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
            Err(failure) => self.not_bound(net::explain_port_in_use(failure, config.local, Transport::Udp)),
        }
    }

    fn not_bound(&mut self, failure: Failure) {
        self.recorder.fail(&failure);
        self.end = Some(CloseReason::Failed(failure));
    }
}
