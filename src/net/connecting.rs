//! A TCP client that is being connected: one address after the other, each with its own timeout.

use super::socket;
use crate::model::{Failure, FailureKind, Operation};
use mio::net::TcpStream;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Connecting {
    /// The endpoint as the user gave it, for messages.
    label: String,
    local: Option<SocketAddr>,
    /// How long one address may take to answer.
    pub timeout: Duration,
    rest: VecDeque<SocketAddr>,
    remote: SocketAddr,
    /// `None` between two attempts.
    pub socket: Option<TcpStream>,
    /// The failure to report if every address fails: "refused" if any is, otherwise the last one.
    failure: Option<Failure>,
}

impl Connecting {
    /// `None` if there are no addresses.
    pub fn new(
        addresses: &[SocketAddr],
        label: &str,
        local: Option<SocketAddr>,
        timeout: Duration,
    ) -> Option<Self> {
        Some(Self {
            label: label.into(),
            local,
            timeout,
            remote: *addresses.first()?,
            rest: addresses.iter().copied().collect(),
            socket: None,
            failure: None,
        })
    }

    /// The address that is being tried.
    pub fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Starts connecting to the next address that does not fail at once.
    ///
    /// # Errors
    /// Every address has failed; there is nothing left to try.
    pub fn try_next(&mut self) -> Result<(), Failure> {
        self.socket = None;
        while let Some(remote) = self.rest.pop_front() {
            self.remote = remote;
            match socket::connect(remote, self.local) {
                Ok(socket) => {
                    self.socket = Some(socket);
                    return Ok(());
                }
                Err(error) => self.note(&error),
            }
        }
        Err(self
            .failure
            .take()
            .unwrap_or_else(|| Failure::new(Operation::Connect, &self.label, FailureKind::Unreachable)))
    }

    /// Whether the current attempt has succeeded; `false` while it is undecided.
    ///
    /// # Errors
    /// The attempt has failed, for the reason that the system gives.
    pub fn check(&mut self) -> io::Result<bool> {
        let Some(socket) = &self.socket else { return Ok(false) };
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        match socket.peer_addr() {
            Ok(_) => Ok(true),
            // A spurious event: the attempt is not decided yet.
            Err(error) if error.kind() == ErrorKind::NotConnected || socket::is_in_progress(&error) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Remembers why the current attempt failed.
    pub fn note(&mut self, error: &io::Error) {
        let is_local = matches!(
            error.kind(),
            ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable | ErrorKind::InvalidInput
        );
        let failure = match self.local {
            Some(local) if is_local => Failure::from_io(Operation::Bind, local, error),
            _ => {
                let remote = self.remote.to_string();
                let endpoint =
                    if remote == self.label { remote } else { format!("{} ({remote})", self.label) };
                let mut failure = Failure::from_io(Operation::Connect, endpoint, error);
                // Without a chosen local address, this means that the system has no route to the remote one.
                if failure.kind == FailureKind::AddressNotAvailable && self.remote.is_ipv6() {
                    failure.kind = FailureKind::Unreachable;
                }
                failure
            }
        };
        // "Refused" is the most useful one: it shows that the host is reachable.
        if self.failure.as_ref().is_none_or(|known| known.kind != FailureKind::Refused) {
            self.failure = Some(failure);
        }
    }
}
