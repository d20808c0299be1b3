//! The thread of a session: takes commands, turns the driver, publishes.

use super::command::{Command, Requests};
use super::handle::{Shared, WhenFull};
use super::recorder::Recorder;
use crate::lang::fill;
use crate::model::{
    CloseReason, Endpoint, Failure, FailureKind, KernelDrops, Operation, SessionConfig, SessionState, Target,
    TcpClientConfig, TcpServerConfig, Timestamp, Transport, UdpConfig,
};
use crate::net::{self, Activity, Driver};
use crossbeam_channel::{Receiver, TryRecvError};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// While more than this waits on one connection, a sender that can wait does.
const WAIT_ABOVE_BYTES: usize = 4 << 20;

/// How many commands are taken before the sockets have their turn: whoever sends without a pause
/// must not keep the session from receiving, publishing or stopping.
const TURN_COMMANDS: usize = 64;

/// How many payloads may wait for look-ups.
const LOOKUPS: usize = 64;

type Resolved = Receiver<Result<Vec<SocketAddr>, Failure>>;

/// What the session was asked to be, and how far that has come.
enum Phase {
    /// Nothing is asked for.
    Rest,
    /// A TCP client waits for its addresses.
    Resolving(TcpClientConfig, Resolved),
    /// A TCP client is connecting or connected.
    Client(TcpClientConfig),
    /// A TCP client will try again.
    Waiting(TcpClientConfig, Instant),
    /// A TCP server, listening or not, with the address that it got.
    Server(TcpServerConfig),
    /// A UDP socket; a peer named by its host may still be looked up.
    Udp(Option<Resolved>),
}

pub(super) struct Worker {
    driver: Driver,
    recorder: Recorder,
    commands: Receiver<Command>,
    requests: Arc<Requests>,
    shared: Arc<Shared>,
    phase: Phase,
    /// Why the session ended or is ending.
    end: Option<CloseReason>,
    /// The number of the newest start that was taken.
    generation: u64,
    /// To be started once what is running has stopped.
    next: Option<Box<SessionConfig>>,
    /// A payload that waits for room, and holds the commands after it back.
    held: Option<(Target, Arc<[u8]>)>,
    /// Payloads for UDP peers whose names are being looked up.
    lookups: VecDeque<(Resolved, Arc<[u8]>)>,
    /// How often connecting has failed since it last worked.
    attempts: u32,
    wants_finish: bool,
}

impl Worker {
    pub fn new(
        driver: Driver,
        recorder: Recorder,
        commands: Receiver<Command>,
        requests: Arc<Requests>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            driver,
            recorder,
            commands,
            requests,
            shared,
            phase: Phase::Rest,
            end: None,
            generation: 0,
            next: None,
            held: None,
            lookups: VecDeque::new(),
            attempts: 0,
            wants_finish: false,
        }
    }

    /// Runs until the handle closes the session.
    pub fn run(mut self) {
        let mut is_closing = false;
        loop {
            // A start that came after the stop may have been taken already.
            if self.requests.take_stop() && self.requests.has_stopped(self.generation) {
                self.stop();
            }
            if self.requests.is_closed() && !is_closing {
                is_closing = true;
                self.stop();
            }
            if is_closing && self.driver.activity() == Activity::Idle {
                self.publish();
                return;
            }
            self.take_commands(is_closing);
            self.advance();
            self.publish();
            let timeout = self.timeout();
            if let Err(failure) = self.driver.turn(timeout, &mut self.recorder) {
                self.connect_failed(failure);
            }
        }
    }

    fn take_commands(&mut self, is_closing: bool) {
        for _ in 0..TURN_COMMANDS {
            self.send_held();
            if self.held.is_some() {
                return;
            }
            match self.commands.try_recv() {
                Ok(command) if !is_closing => self.handle(command),
                Ok(_) => {}
                Err(TryRecvError::Empty) => return,
                // The handle closes the session before it drops its sender.
                Err(TryRecvError::Disconnected) => {
                    self.requests.close();
                    return;
                }
            }
        }
        self.send_held();
    }

    /// Sends what waits for room or for a recipient, once there is one. A session that has ended
    /// sends nothing more, and has said so.
    fn send_held(&mut self) {
        let Some((target, bytes)) = self.held.take() else { return };
        if self.next.is_none() && matches!(self.phase, Phase::Rest) {
            return;
        }
        // A datagram for a given address needs nobody to have written first.
        let has_recipient = matches!((&self.phase, &target), (Phase::Udp(_), Target::Address(_)));
        if self.driver.queued_bytes().1 > WAIT_ABOVE_BYTES || !has_recipient && self.lacks_recipient() {
            self.held = Some((target, bytes));
        } else {
            self.send(&target, &bytes);
        }
    }

    fn can_send_held(&self) -> bool {
        self.driver.queued_bytes().1 <= WAIT_ABOVE_BYTES && !self.lacks_recipient()
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Start(config, generation) => {
                if !self.requests.has_stopped(generation) {
                    self.stop();
                    self.generation = generation;
                    self.next = Some(config);
                }
            }
            Command::StopListening => {
                if matches!(self.phase, Phase::Server(_)) {
                    self.driver.stop_listening();
                    self.recorder.note(&self.recorder.language.words().record_stopped_listening);
                }
            }
            Command::ListenAgain => self.listen_again(),
            Command::SetBroadcast(is_allowed) => {
                if let Err(failure) = self.driver.set_broadcast(is_allowed) {
                    self.recorder.fail(&failure);
                }
            }
            Command::Disconnect(id) => self.driver.disconnect(id, &mut self.recorder),
            Command::Send(target, bytes, WhenFull::Wait) => self.held = Some((target, bytes)),
            Command::Send(target, bytes, WhenFull::Fail) => self.send(&target, &bytes),
            Command::FinishSending => self.wants_finish = true,
            Command::Mark(position, text) => self.recorder.mark(position, text.as_deref()),
            Command::SetLanguage(language) => self.recorder.language = language,
        }
    }

    fn send(&mut self, target: &Target, bytes: &Arc<[u8]>) {
        if let Target::Host(endpoint) = target {
            if self.lookups.len() >= LOOKUPS {
                let kind = FailureKind::QueueFull { limit_bytes: net::OUTBOX_BYTES };
                self.recorder.fail(&Failure::new(Operation::Send, endpoint, kind));
                return;
            }
            self.lookups.push_back((self.look_up(endpoint), bytes.clone()));
            return;
        }
        if let Err(failure) = self.driver.send(target, bytes, &mut self.recorder) {
            self.recorder.fail(&failure);
        }
    }

    /// Sends what waited for the address of its peer, in order.
    fn send_resolved(&mut self) {
        while let Some((result, _)) = self.lookups.front() {
            let Ok(result) = result.try_recv() else { return };
            let Some((_, bytes)) = self.lookups.pop_front() else { return };
            match result {
                Ok(addresses) => {
                    if let Some(peer) = self.fitting(&addresses) {
                        self.send(&Target::Address(peer), &bytes);
                    }
                }
                Err(failure) => self.recorder.fail(&failure),
            }
        }
    }

    /// The first address that the bound socket can send to.
    fn fitting(&self, addresses: &[SocketAddr]) -> Option<SocketAddr> {
        let local_is_v4 = self.recorder.status.local.is_some_and(|local| local.is_ipv4());
        let fits = |address: &&SocketAddr| address.is_ipv4() || !local_is_v4;
        addresses.iter().find(fits).or(addresses.first()).copied()
    }

    /// Ends what is running; connections go within a moment.
    fn stop(&mut self) {
        self.next = None;
        self.lookups.clear();
        self.held = None;
        self.wants_finish = false;
        self.attempts = 0;
        if !matches!(self.phase, Phase::Rest) {
            self.end = Some(CloseReason::Local);
            self.phase = Phase::Rest;
            self.recorder.touch();
        }
        self.driver.close_all(&mut self.recorder);
        self.recorder.last_closed = None;
    }

    /// Does what became possible: a result of a look-up, a delay that is over, a session that ended.
    fn advance(&mut self) {
        if self.driver.activity() == Activity::Idle
            && let Some(config) = self.next.take()
        {
            self.start(*config);
        }
        match std::mem::replace(&mut self.phase, Phase::Rest) {
            Phase::Resolving(config, result) => match result.try_recv() {
                Ok(Ok(addresses)) => {
                    let connected = self.driver.connect(&addresses, &config.remote.to_string(), &config);
                    self.phase = Phase::Client(config);
                    if let Err(failure) = connected {
                        self.connect_failed(failure);
                    }
                }
                Ok(Err(failure)) => {
                    self.phase = Phase::Client(config);
                    self.connect_failed(failure);
                }
                Err(_) => self.phase = Phase::Resolving(config, result),
            },
            Phase::Waiting(config, until) if until <= Instant::now() => self.resolve(config),
            Phase::Client(config) => self.client(config),
            Phase::Server(_) if self.driver.activity() == Activity::Idle => {
                self.end = Some(CloseReason::Local)
            }
            Phase::Udp(Some(result)) => match result.try_recv() {
                Ok(Ok(addresses)) => {
                    if let Some(peer) = self.fitting(&addresses) {
                        self.driver.add_peer(peer, &mut self.recorder);
                        self.recorder.status.remote = Some(peer);
                    }
                    self.phase = Phase::Udp(None);
                }
                Ok(Err(failure)) => {
                    self.recorder.fail(&failure);
                    self.phase = Phase::Udp(None);
                }
                Err(_) => self.phase = Phase::Udp(Some(result)),
            },
            phase => self.phase = phase,
        }
        self.send_resolved();
        if self.wants_finish && !self.lacks_recipient() {
            self.wants_finish = false;
            self.driver.finish_sending(&mut self.recorder);
        }
    }

    /// A client that is no longer connecting is connected, or was and is no more.
    fn client(&mut self, config: TcpClientConfig) {
        match self.driver.activity() {
            Activity::Connecting => {}
            Activity::Idle => {
                let reason = self.recorder.last_closed.take().unwrap_or(CloseReason::Local);
                return self.lost(config, reason);
            }
            _ => self.attempts = 0,
        }
        self.phase = Phase::Client(config);
    }

    fn connect_failed(&mut self, failure: Failure) {
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
                self.held = None;
            }
        }
        self.recorder.touch();
    }

    fn start(&mut self, config: SessionConfig) {
        self.end = None;
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

    fn resolve(&mut self, config: TcpClientConfig) {
        self.recorder.touch();
        let result = self.look_up(&config.remote);
        self.phase = Phase::Resolving(config, result);
    }

    fn look_up(&self, endpoint: &Endpoint) -> Resolved {
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
    fn listen_again(&mut self) {
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

    /// Whether there is nobody to send to yet, but somebody may come.
    fn lacks_recipient(&self) -> bool {
        match &self.phase {
            Phase::Resolving(..) | Phase::Waiting(..) | Phase::Udp(Some(_)) => true,
            Phase::Client(_) => self.driver.activity() == Activity::Connecting,
            Phase::Server(_) | Phase::Udp(None) => {
                self.driver.activity() == Activity::Listening && !self.driver.has_recipient()
            }
            Phase::Rest => self.next.is_some(),
        }
    }

    fn state(&self) -> SessionState {
        match (&self.phase, self.driver.activity()) {
            (Phase::Resolving(..), _) => SessionState::Resolving,
            (Phase::Waiting(..), _) => SessionState::Waiting,
            (Phase::Client(_), Activity::Connecting) => SessionState::Connecting,
            (Phase::Client(_), _) => SessionState::Open,
            (Phase::Server(_) | Phase::Udp(_), Activity::Listening) => SessionState::Listening,
            (Phase::Server(_) | Phase::Udp(_), _) => SessionState::Open,
            (Phase::Rest, Activity::Idle) if self.next.is_none() => match &self.end {
                Some(reason) => SessionState::Closed(reason.clone()),
                None => SessionState::Idle,
            },
            (Phase::Rest, _) => SessionState::Closing,
        }
    }

    fn publish(&mut self) {
        let state = self.state();
        if state != self.recorder.status.state {
            self.recorder.status.state = state;
            self.recorder.touch();
        }
        let remote = self.driver.remote().or(self.recorder.status.remote);
        self.recorder.status.remote = remote;
        self.recorder.status.queued_bytes = self.driver.queued_bytes().0 as u64;
        if self.recorder.publish() {
            self.shared.publish(&self.recorder.status);
        }
    }

    fn timeout(&self) -> Option<Duration> {
        // More commands than one turn takes; what woke this thread for them is used up.
        if self.held.is_none() && !self.commands.is_empty() {
            return Some(Duration::ZERO);
        }
        let activity = self.driver.activity();
        match &self.phase {
            Phase::Waiting(_, until) => Some(until.saturating_duration_since(Instant::now())),
            // It ended after it was last looked at, by the last of what it had to send.
            Phase::Client(_) | Phase::Server(_) if activity == Activity::Idle => Some(Duration::ZERO),
            _ if self.next.is_some() && activity == Activity::Idle => Some(Duration::ZERO),
            _ if self.held.is_some() && self.can_send_held() => Some(Duration::ZERO),
            _ => None,
        }
    }
}
