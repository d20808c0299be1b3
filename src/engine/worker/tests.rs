//! The thread's loop in a state that no socket on loopback brings about: a name server that is down.

use super::*;
use crate::lang::Language;
use std::thread;

const DEADLINE: Duration = Duration::from_secs(30);

#[test]
fn a_stop_and_a_close_while_a_name_is_looked_up_wait_for_no_answer() {
    for stops_first in [true, false] {
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
        let (_unanswered, result) = crossbeam_channel::bounded(1);
        worker.phase = Phase::Resolving(TcpClientConfig::new("name:1".parse().unwrap()), result);
        let thread = thread::Builder::new().spawn(move || worker.run()).unwrap();
        wait_for(SessionState::Resolving);
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
