//! The thread's loop while it waits for what others find out, and never do: a name server that is
//! down, a system with very many processes.

use super::*;
use crate::lang::Language;
use crate::model::{FailureKind, Operation};
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
        let (_owner, more) = crossbeam_channel::bounded(1);
        let waits = match what {
            Open::Name => {
                worker.phase = Phase::Resolving(TcpClientConfig::new("name:1".parse().unwrap()), addresses);
                SessionState::Resolving
            }
            Open::Owner => {
                let failure = Failure::new(Operation::Listen, "", FailureKind::PermissionDenied);
                worker.explaining = Some(Explaining { failure, more, until: Instant::now() + 10 * DEADLINE });
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
