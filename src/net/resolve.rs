//! Look-ups of host names, each on a thread of its own, since the system's resolver blocks.

use crate::model::{Endpoint, Failure, FailureKind, Host, Operation};
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::thread;

/// A resolver of host names: the system's, or a test's.
pub type Resolver = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// Asks the system's resolver. It may take many seconds.
///
/// # Errors
/// Those of the system: the name is unknown, or no name server answers.
pub fn system_resolver(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((name, port).to_socket_addrs()?.collect())
}

/// A running look-up of an endpoint. Dropping it discards the result.
#[derive(Debug)]
pub struct Lookup {
    endpoint: Endpoint,
    result: Receiver<Result<Vec<SocketAddr>, Failure>>,
}

impl Lookup {
    /// Starts the look-up on a thread of its own; a numeric address needs none. `wake` is called once
    /// [`poll`](Self::poll) has something to return, also when the resolver panics.
    pub fn start(endpoint: &Endpoint, resolver: Resolver, wake: impl FnOnce() + Send + 'static) -> Self {
        let (sender, result) = crossbeam_channel::bounded(1);
        let lookup = Self { endpoint: endpoint.clone(), result };
        let port = endpoint.port;
        let name = match &endpoint.host {
            Host::Ip(ip) => {
                // The channel has room for one result.
                let _ = sender.send(Ok(vec![(*ip, port).into()]));
                wake();
                return lookup;
            }
            Host::Name(name) => name.clone(),
        };
        let not_found = Failure::new(Operation::Resolve, endpoint, FailureKind::NameNotFound);
        let spare = sender.clone();
        let answer = WakeAfter { sender: Some(sender), wake: Some(wake) };
        let started = thread::Builder::new().name("resolve".into()).spawn(move || {
            let result = match resolver(&name, port) {
                Ok(addresses) if addresses.is_empty() => Err(not_found),
                Ok(addresses) => Ok(addresses),
                Err(error) => Err(Failure { os_code: error.raw_os_error(), ..not_found }),
            };
            answer.send(result);
        });
        if let Err(error) = started {
            let _ = spare.send(Err(Failure::from_io(Operation::Resolve, endpoint, &error)));
        }
        lookup
    }

    /// The result, once there is one. A resolver that ended without a result is
    /// [`FailureKind::ResolverEnded`].
    pub fn poll(&self) -> Option<Result<Vec<SocketAddr>, Failure>> {
        match self.result.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                Some(Err(Failure::new(Operation::Resolve, &self.endpoint, FailureKind::ResolverEnded)))
            }
        }
    }

    /// A look-up whose result comes from the test.
    #[cfg(test)]
    pub fn pending(endpoint: &Endpoint, result: Receiver<Result<Vec<SocketAddr>, Failure>>) -> Self {
        Self { endpoint: endpoint.clone(), result }
    }
}

/// Wakes the receiver after the sender is used or dropped, also while a panic unwinds: a receiver that
/// was not woken would wait for ever.
pub(super) struct WakeAfter<T, F: FnOnce()> {
    pub sender: Option<Sender<T>>,
    pub wake: Option<F>,
}

impl<T, F: FnOnce()> WakeAfter<T, F> {
    /// Sends the result, if the receiver still exists, and wakes it.
    pub fn send(self, result: T) {
        if let Some(sender) = &self.sender {
            let _ = sender.send(result);
        }
    }
}

impl<T, F: FnOnce()> Drop for WakeAfter<T, F> {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(wake) = self.wake.take() {
            wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const DEADLINE: Duration = Duration::from_secs(30);

    fn looked_up(name: &str, resolver: Resolver) -> Result<Vec<SocketAddr>, FailureKind> {
        let (told, woken) = crossbeam_channel::bounded(1);
        let lookup = Lookup::start(&name.parse().unwrap(), resolver, move || told.send(()).unwrap());
        woken.recv_timeout(DEADLINE).expect("the look-up wakes when it is over");
        lookup.poll().expect("a result").map_err(|failure| failure.kind)
    }

    #[test]
    fn every_end_of_a_resolver_wakes_and_has_a_result() {
        let address: SocketAddr = "127.0.0.1:80".parse().unwrap();
        assert_eq!(
            looked_up("name:80", |_, port| Ok(vec![([127, 0, 0, 1], port).into()])),
            Ok(vec![address])
        );
        assert_eq!(looked_up("name:80", |_, _| Ok(Vec::new())), Err(FailureKind::NameNotFound));
        let refuse: Resolver = |_, _| Err(io::ErrorKind::NotFound.into());
        assert_eq!(looked_up("name:80", refuse), Err(FailureKind::NameNotFound));
        assert_eq!(looked_up("name:80", |_, _| panic!("the resolver")), Err(FailureKind::ResolverEnded));
        assert_eq!(looked_up("127.0.0.1:80", |_, _| panic!("no name")), Ok(vec![address]));
    }
}
