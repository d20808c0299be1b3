//! The host names that UDP payloads are sent to: looked up once per session, and refreshed in the background.

use crate::model::{Endpoint, Failure, FailureKind, Host, Operation, SendId};
use crate::net::{Lookup, Resolver};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Addresses older than this are looked up again at their next use, and still used until the look-up ends.
const REFRESH: Duration = Duration::from_secs(30);

/// Maximum number of names; the least recently used one is replaced.
const NAMES: usize = 64;

/// A look-up that failed is not tried again for so long, except for a payload.
const RETRY: Duration = Duration::from_secs(1);

/// How many payloads may wait for first look-ups.
const WAITING: usize = 256;

/// A payload that waits for the address of its recipient.
pub(super) type Waiting = (SendId, Arc<[u8]>);

/// Whether the addresses of a name are known.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Its addresses are known.
    Addresses(Vec<SocketAddr>),
    /// The payload waits for the first look-up.
    Waits,
}

/// Whether the addresses of a name are known, or will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sought {
    Known,
    /// A look-up runs.
    LookedUp,
    /// A look-up has failed just now.
    Failed,
}

/// The end of a look-up.
#[derive(Debug)]
pub(super) enum Resolved {
    /// The first one succeeded: these payloads can be sent.
    Addresses(Vec<SocketAddr>, VecDeque<Waiting>),
    /// The first one failed: these sends are refused.
    Failed(Failure, VecDeque<Waiting>),
    /// A refresh failed, and the old addresses stay in use. Reported once until a refresh succeeds.
    Kept(Endpoint, Vec<SocketAddr>),
}

/// The names of a session.
#[derive(Debug)]
pub(super) struct Hosts {
    pub resolver: Resolver,
    /// Age at which addresses are refreshed.
    pub refresh: Duration,
    names: HashMap<Endpoint, Name>,
    waiting: usize,
}

#[derive(Debug)]
struct Name {
    /// Empty until the first look-up succeeds.
    addresses: Vec<SocketAddr>,
    /// When the last look-up ended.
    looked_up: Instant,
    lookup: Option<Lookup>,
    /// The last refresh failed.
    is_stale: bool,
    waiting: VecDeque<Waiting>,
    used: Instant,
}

impl Hosts {
    pub fn new(resolver: Resolver) -> Self {
        Self { resolver, refresh: REFRESH, names: HashMap::new(), waiting: 0 }
    }

    /// Starts a look-up whose result only the caller gets.
    pub fn look_up(&self, endpoint: &Endpoint, wake: impl FnOnce() + Send + 'static) -> Lookup {
        Lookup::start(endpoint, self.resolver, wake)
    }

    /// Stores the result of a look-up by the caller.
    pub fn insert(&mut self, endpoint: &Endpoint, addresses: Vec<SocketAddr>) {
        if let Some(name) = self.names.get_mut(endpoint) {
            // Payloads may wait for a look-up of their own.
            name.addresses = addresses;
            name.looked_up = Instant::now();
        } else if self.make_room(endpoint) {
            self.names.insert(endpoint.clone(), Name::new(addresses, None));
        }
    }

    /// The addresses of a name, as far as they are known: those of an address without a look-up.
    pub fn known(&self, endpoint: &Endpoint) -> Vec<SocketAddr> {
        match endpoint.host {
            Host::Ip(ip) => vec![(ip, endpoint.port).into()],
            Host::Name(_) => self.names.get(endpoint).map(|name| name.addresses.clone()).unwrap_or_default(),
        }
    }

    /// Whether the addresses of a name are known; if not, they are looked up.
    pub fn seek(&mut self, endpoint: &Endpoint, wake: impl FnOnce() + Send + 'static) -> Sought {
        if matches!(endpoint.host, Host::Ip(_)) {
            return Sought::Known;
        }
        let Some(name) = self.names.get_mut(endpoint) else {
            if !self.make_room(endpoint) {
                return Sought::Failed;
            }
            let lookup = Lookup::start(endpoint, self.resolver, wake);
            self.names.insert(endpoint.clone(), Name::new(Vec::new(), Some(lookup)));
            return Sought::LookedUp;
        };
        if !name.addresses.is_empty() {
            Sought::Known
        } else if name.lookup.is_some() {
            Sought::LookedUp
        } else if name.looked_up.elapsed() < RETRY {
            Sought::Failed
        } else {
            name.lookup = Some(Lookup::start(endpoint, self.resolver, wake));
            Sought::LookedUp
        }
    }

    /// The addresses of a name for a payload, which is queued while they are not known.
    ///
    /// # Errors
    /// Too many payloads are queued; this one is not.
    pub fn send(
        &mut self,
        endpoint: &Endpoint,
        payload: Waiting,
        wake: impl FnOnce() + Send + 'static,
    ) -> Result<Found, Failure> {
        let resolver = self.resolver;
        let busy = || Failure::new(Operation::Send, endpoint, FailureKind::SessionBusy);
        if !self.names.contains_key(endpoint) {
            if self.waiting >= WAITING || !self.make_room(endpoint) {
                return Err(busy());
            }
            let lookup = Lookup::start(endpoint, resolver, wake);
            self.names.insert(endpoint.clone(), Name::new(Vec::new(), Some(lookup)));
            return self.wait(endpoint, payload);
        }
        let Some(name) = self.names.get_mut(endpoint) else { return Err(busy()) };
        name.used = Instant::now();
        if name.addresses.is_empty() {
            if self.waiting >= WAITING {
                return Err(busy());
            }
            // The last one has failed.
            name.lookup.get_or_insert_with(|| Lookup::start(endpoint, resolver, wake));
            return self.wait(endpoint, payload);
        }
        if name.lookup.is_none() && name.looked_up.elapsed() >= self.refresh {
            name.lookup = Some(Lookup::start(endpoint, resolver, wake));
        }
        Ok(Found::Addresses(name.addresses.clone()))
    }

    fn wait(&mut self, endpoint: &Endpoint, payload: Waiting) -> Result<Found, Failure> {
        if let Some(name) = self.names.get_mut(endpoint) {
            name.waiting.push_back(payload);
            self.waiting += 1;
        }
        Ok(Found::Waits)
    }

    /// The look-ups that have ended since the last call.
    pub fn poll(&mut self) -> Vec<Resolved> {
        let mut resolved = Vec::new();
        for (endpoint, name) in &mut self.names {
            let Some(result) = name.lookup.as_ref().and_then(Lookup::poll) else { continue };
            name.lookup = None;
            name.looked_up = Instant::now();
            let waiting = std::mem::take(&mut name.waiting);
            self.waiting -= waiting.len();
            match result {
                Ok(addresses) => {
                    name.is_stale = false;
                    name.addresses.clone_from(&addresses);
                    resolved.push(Resolved::Addresses(addresses, waiting));
                }
                // The next send looks it up again.
                Err(failure) if name.addresses.is_empty() => {
                    resolved.push(Resolved::Failed(failure, waiting));
                }
                Err(_) => {
                    if !std::mem::replace(&mut name.is_stale, true) {
                        resolved.push(Resolved::Kept(endpoint.clone(), name.addresses.clone()));
                    }
                }
            }
        }
        resolved
    }

    /// Removes all names, and returns the queued payloads.
    pub fn clear(&mut self) -> Vec<Waiting> {
        self.waiting = 0;
        self.names.drain().flat_map(|(_, name)| name.waiting).collect()
    }

    /// Whether a look-up is running.
    #[cfg(test)]
    pub fn is_looking_up(&self) -> bool {
        self.names.values().any(|name| name.lookup.is_some())
    }

    /// Makes room for one name. `false`: payloads wait for all of them.
    fn make_room(&mut self, endpoint: &Endpoint) -> bool {
        if self.names.len() < NAMES || self.names.contains_key(endpoint) {
            return true;
        }
        let unused = self.names.iter().filter(|(_, name)| name.waiting.is_empty());
        let oldest = unused.min_by_key(|(_, name)| name.used).map(|(endpoint, _)| endpoint.clone());
        oldest.is_some_and(|oldest| self.names.remove(&oldest).is_some())
    }
}

impl Name {
    fn new(addresses: Vec<SocketAddr>, lookup: Option<Lookup>) -> Self {
        let now = Instant::now();
        Self { addresses, looked_up: now, lookup, is_stale: false, waiting: VecDeque::new(), used: now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::system_resolver;

    #[test]
    fn payloads_that_wait_for_a_look_up_are_kept_when_another_one_ends_first() {
        let mut hosts = Hosts::new(system_resolver);
        let endpoint: Endpoint = "localhost:9".parse().unwrap();
        let (sender, woken) = crossbeam_channel::bounded(1);
        let found =
            hosts.send(&endpoint, (SendId(1), Arc::from(&b"a"[..])), move || sender.send(()).unwrap());
        assert!(matches!(found, Ok(Found::Waits)));
        hosts.insert(&endpoint, vec![([127, 0, 0, 1], 9).into()]);
        woken.recv_timeout(Duration::from_secs(30)).unwrap();
        let resolved = hosts.poll();
        let [Resolved::Addresses(_, waiting)] = &resolved[..] else { panic!("{} results", resolved.len()) };
        assert_eq!(waiting[0].0, SendId(1));
    }
}
