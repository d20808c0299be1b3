//! The thread's loop while it waits for what others find out, and never do: a name server that is
//! down, a system with very many processes.

use super::*;
use crate::lang::Language;
use crate::model::{FailureKind, Holder, Operation};
use std::thread;

const DEADLINE: Duration = Duration::from_secs(30);

/// What nobody answers.
enum Open {
    Name,
    Owner,
}

#[test]
fn a_stop_and_a_close_wait_for_no_answer() {
    for (what, stops_first) in
        [(Open::Name, true), (Open::Name, false), (Open::Owner, true), (Open::Owner, false)]
    {
        let requests = Arc::new(Requests::default());
        let (sender, news) = crossbeam_channel::bounded(1);
        let shared = Arc::new(Shared::new(Arc::new(move || {
            let _ = sender.try_send(());
        })));
        let wait_for = |state: SessionState| {
            let deadline = Instant::now() + DEADLINE;
            while shared.status().state != state {
                news.recv_deadline(deadline).expect("the state comes without an answer");
            }
        };
        let driver = Driver::new().unwrap();
        let waker = driver.waker();
        let (_commands, receiver) = crossbeam_channel::bounded(4);
        let recorder = Recorder::new(None, None, Language::English);
        let mut worker = Worker::new(driver, recorder, receiver, requests.clone(), shared.clone());
        let (_name, addresses) = crossbeam_channel::bounded(1);
        let (_nobody, owner) = crossbeam_channel::bounded(1);
        let waits = match what {
            Open::Name => {
                worker.phase = Phase::Resolving(TcpClientConfig::new("name:1".parse().unwrap()), addresses);
                SessionState::Resolving
            }
            Open::Owner => {
                let failure = Failure::new(Operation::Listen, "", FailureKind::PermissionDenied);
                let until = Instant::now() + 10 * DEADLINE;
                worker.explaining = Some(Explaining { failure, owner, until, next_free_port: None });
                SessionState::Closing
            }
        };
        let thread = thread::Builder::new().spawn(move || worker.run()).unwrap();
        wait_for(waits);
        if stops_first {
            requests.stop();
            waker.wake().unwrap();
            wait_for(SessionState::Closed(CloseReason::Local));
        }
        requests.close();
        waker.wake().unwrap();
        thread.join().unwrap();
        assert_eq!(shared.status().state, SessionState::Closed(CloseReason::Local));
    }
}

/// One whose thread is this one.
fn worker() -> Worker {
    let (_, commands) = crossbeam_channel::bounded(1);
    let recorder = Recorder::new(None, None, Language::English);
    let shared = Arc::new(Shared::new(Arc::new(|| {})));
    Worker::new(Driver::new().unwrap(), recorder, commands, Arc::default(), shared)
}

#[test]
fn very_many_names_to_look_up_are_no_full_queue() {
    let mut worker = worker();
    let bytes: Arc<[u8]> = b"12345"[..].into();
    worker.lookups.extend((0..64).map(|_| (crossbeam_channel::never(), bytes.clone())));
    worker.send(&Target::Host("name:1".parse().unwrap()), &bytes);
    let failure = worker.recorder.status.failure.as_ref().unwrap();
    assert_eq!((failure.operation, &failure.kind), (Operation::Send, &FailureKind::SessionBusy));
    assert_eq!((worker.lookups.len(), failure.endpoint.as_str()), (64, "name:1"));
    // What nobody will look up any more was not sent.
    worker.stop();
    assert_eq!(worker.recorder.status.unsent_bytes, 64 * 5);
}

/// Windows refuses a port that another program has for itself alone as if it were not permitted.
#[test]
fn a_port_with_a_holder_is_in_use_whatever_the_system_calls_it() {
    let holder = Holder { name: "other".into(), pid: 7 };
    let in_use = FailureKind::AddressInUse { owner: Some(holder.clone()), next_free_port: Some(7789) };
    for (found, kind) in [(Some(holder), in_use), (None, FailureKind::PermissionDenied)] {
        let mut worker = worker();
        let failure = Failure::new(Operation::Listen, "0.0.0.0:7788", FailureKind::PermissionDenied);
        let (sender, owner) = crossbeam_channel::bounded(1);
        sender.send(found).unwrap();
        let until = Instant::now() + DEADLINE;
        worker.explaining = Some(Explaining { failure, owner, until, next_free_port: Some(7789) });
        worker.explain();
        assert_eq!(worker.recorder.status.failure.unwrap().kind, kind);
    }
}
