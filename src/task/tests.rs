//! Tests of tasks: progress, outcomes, cancelling and waking.

use super::*;
use crossbeam_channel::{Receiver, bounded};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);

/// A notifier, and the channel on which its calls arrive.
fn notifier() -> (Notify, Receiver<()>) {
    let (sender, receiver) = bounded(8);
    (Arc::new(move || sender.send(()).unwrap()), receiver)
}

#[test]
fn progress_cancelling_and_the_outcome_reach_the_owner() {
    let (report, reported) = bounded(1);
    let (resume, resumed) = bounded::<()>(1);
    let (notify, notified) = notifier();
    let mut task = Task::start("test", Operation::Read, &notify, move |control| {
        assert!(control.step(1, 4).is_continue());
        report.send(()).unwrap();
        resumed.recv().unwrap();
        Ok(control.step(2, 4).is_break())
    });
    reported.recv_timeout(DEADLINE).unwrap();
    assert_eq!(task.progress().fraction(), 0.25);
    assert!(task.take().is_none() && !task.is_finished());
    task.cancel();
    resume.send(()).unwrap();
    notified.recv_timeout(DEADLINE).unwrap();
    assert!(task.is_finished());
    assert_eq!(task.take(), Some(Ok(true)));
    assert_eq!(task.take(), None);
    assert!(task.is_finished());
}

#[test]
fn a_panic_is_a_failure_that_notifies() {
    let (notify, notified) = notifier();
    let mut task: Task<()> = Task::start("test", Operation::Export, &notify, |_| panic!("a mistake"));
    notified.recv_timeout(DEADLINE).unwrap();
    let expected = Failure::new(Operation::Export, "", FailureKind::Internal { detail: "a mistake".into() });
    assert_eq!(task.failure(), Some(expected.clone()));
    assert_eq!(task.take(), Some(Err(expected)));
    assert_eq!(task.failure(), None);
}

#[test]
fn dropping_cancels_and_does_not_wait() {
    let (resume, resumed) = bounded::<()>(1);
    let (tell, told) = bounded(1);
    let (notify, _notified) = notifier();
    let task = Task::start("test", Operation::Read, &notify, move |control| {
        // Held up until after the drop: had it waited, this would never end.
        resumed.recv().unwrap();
        tell.send(control.is_cancelled()).unwrap();
        Ok(())
    });
    drop(task);
    resume.send(()).unwrap();
    assert_eq!(told.recv_timeout(DEADLINE), Ok(true));
}

#[test]
fn a_wake_up_before_the_wait_is_not_lost() {
    let (begin, begun) = bounded::<()>(1);
    let (tell, told) = bounded(4);
    let (notify, notified) = notifier();
    let task = Task::start("test", Operation::Read, &notify, move |control| {
        begun.recv().unwrap();
        while !control.is_cancelled() {
            control.wait();
            tell.send(control.is_cancelled()).unwrap();
        }
        Ok(())
    });
    task.wake();
    begin.send(()).unwrap();
    assert_eq!(told.recv_timeout(DEADLINE), Ok(false));
    task.wake();
    assert_eq!(told.recv_timeout(DEADLINE), Ok(false));
    task.cancel();
    assert_eq!(told.recv_timeout(DEADLINE), Ok(true));
    notified.recv_timeout(DEADLINE).unwrap();
}

#[test]
fn a_sleep_ends_when_the_task_is_cancelled() {
    let (notify, notified) = notifier();
    let task = Task::start("test", Operation::Read, &notify, |control| {
        control.sleep(Duration::from_secs(3600));
        Ok(())
    });
    task.wake();
    task.cancel();
    notified.recv_timeout(DEADLINE).unwrap();
}

#[test]
fn finishing_returns_what_the_cancelled_work_ends_with() {
    let (notify, _notified) = notifier();
    let task = Task::start("test", Operation::Save, &notify, |control| {
        control.wait();
        Ok(control.is_cancelled())
    });
    assert_eq!(task.finish(), Some(Ok(true)));
}
