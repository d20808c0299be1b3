//! Looking up host names without blocking the session.

use crate::model::{Endpoint, Failure, FailureKind, Host, Operation};
use crossbeam_channel::Receiver;
use std::net::{SocketAddr, ToSocketAddrs};
use std::thread;

/// Starts the look-up on a thread of its own. The receiver gets one result; `wake` is called after
/// it. Whoever loses interest drops the receiver, and the late result with it.
pub fn resolve(
    endpoint: &Endpoint,
    wake: impl FnOnce() + Send + 'static,
) -> Receiver<Result<Vec<SocketAddr>, Failure>> {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    let port = endpoint.port;
    let failed = Failure::new(Operation::Resolve, endpoint, FailureKind::NameNotFound);
    let name = match &endpoint.host {
        Host::Ip(ip) => {
            // There is room for one.
            let _ = sender.send(Ok(vec![(*ip, port).into()]));
            wake();
            return receiver;
        }
        Host::Name(name) => name.clone(),
    };
    let spare = sender.clone();
    let started = thread::Builder::new().name("resolve".into()).spawn(move || {
        let result = match (name.as_str(), port).to_socket_addrs() {
            Ok(addresses) => Ok(addresses.collect()),
            Err(error) => Err(Failure { os_code: error.raw_os_error(), ..failed.clone() }),
        };
        let result = result.and_then(|all: Vec<_>| if all.is_empty() { Err(failed) } else { Ok(all) });
        let _ = sender.send(result);
        wake();
    });
    if let Err(error) = started {
        let _ = spare.send(Err(Failure::from_io(Operation::Resolve, endpoint, &error)));
    }
    receiver
}
