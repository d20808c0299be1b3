//! Failures to bind: the program that holds the port is searched for and named in the failure.

use super::{Phase, Timer, Worker};
use crate::model::{CloseReason, Failure, FailureKind, Holder};
use crate::net;
use crossbeam_channel::{Receiver, TryRecvError};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// The longest that a failure waits for the holder of the port.
const PATIENCE: Duration = Duration::from_secs(2);

/// A failure to bind, and the search for the holder of the port.
pub(super) struct Explaining {
    pub failure: Failure,
    pub owner: Receiver<Option<Holder>>,
    /// A port to use instead.
    pub next_free_port: Option<u16>,
}

impl Worker {
    /// Reports that an address could not be bound. If another program may hold the port, it is searched
    /// for first, while the session does everything else.
    pub(super) fn not_bound(&mut self, failure: Failure, local: SocketAddr) {
        self.finish_explaining();
        let (mut failure, transport) = (failure, self.events.recorder.transport);
        let may_have_holder = match failure.kind {
            FailureKind::AddressInUse { .. } => true,
            // Windows reports WSAEACCES, among others for a port that another program uses exclusively.
            FailureKind::PermissionDenied => cfg!(windows),
            _ => false,
        };
        // No other port is suggested to a server that has kept connections.
        let may_move = !matches!(self.phase, Phase::Server(_));
        let free = if may_have_holder && may_move { net::next_free_port(local, transport) } else { None };
        if let FailureKind::AddressInUse { next_free_port, .. } = &mut failure.kind {
            *next_free_port = free;
        }
        let owner = if may_have_holder {
            self.timers.set(Timer::Explain, Instant::now() + PATIENCE);
            net::find_port_owner(local, transport, self.wake())
        } else {
            // Disconnected: there is nothing to wait for.
            crossbeam_channel::bounded(1).1
        };
        self.explaining = Some(Explaining { failure, owner, next_free_port: free });
        self.explain();
    }

    /// Reports a failure to bind as soon as the search for the holder is over.
    pub(super) fn explain(&mut self) {
        let Some(explaining) = &mut self.explaining else { return };
        match explaining.owner.try_recv() {
            Err(TryRecvError::Empty) => return,
            Ok(Some(owner)) => {
                let next_free_port = explaining.next_free_port;
                explaining.failure.kind = FailureKind::AddressInUse { owner: Some(owner), next_free_port };
            }
            Ok(None) | Err(TryRecvError::Disconnected) => {}
        }
        self.finish_explaining();
    }

    /// Reports a failure to bind, with the holder of the port if it is known.
    pub(super) fn finish_explaining(&mut self) {
        self.timers.cancel(Timer::Explain);
        let Some(Explaining { failure, .. }) = self.explaining.take() else { return };
        self.events.recorder.fail(&failure);
        if matches!(self.phase, Phase::Rest) && self.end.is_none() {
            self.end = Some(CloseReason::Failed(failure));
        }
    }
}
