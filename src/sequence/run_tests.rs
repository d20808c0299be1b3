//! Tests of a run, with a clock of its own.

use super::*;
use crate::model::{FailureKind, Operation};
use crate::pattern::{Matcher, Pattern};
use crate::sequence::{Wait, read};

/// A run with a clock of its own, in milliseconds.
struct Bench {
    run: Run,
    start: Instant,
    /// How often a payload was asked for, with the time and the step.
    sends: Vec<(u64, usize)>,
    recipients: Recipients,
}

fn peer(number: u32, transport: Transport) -> From {
    From { id: ConnectionId(number), transport, peer: format!("10.0.0.{number}:502").parse().unwrap() }
}

const ONE: u32 = 1;

impl Bench {
    fn new(text: &str) -> Self {
        let start = Instant::now();
        let run = Run::new(Arc::new(read(text).unwrap()), start).unwrap();
        Self { run, start, sends: Vec::new(), recipients: Recipients::All }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    /// Lets time pass up to `ms`; payloads are sent at once.
    fn until(&mut self, ms: u64) {
        loop {
            match self.run.next() {
                Next::At(at) if at <= self.at(ms) => {
                    let at = at.max(self.start);
                    if self.run.due(at) {
                        self.sends.push(((at - self.start).as_millis() as u64, self.run.cursor().step()));
                        self.run.sending(self.recipients.clone(), at);
                        self.run.sent(Ok(()), at);
                    }
                }
                _ => return,
            }
        }
    }

    fn tcp(&mut self, ms: u64, bytes: &[u8]) {
        self.until(ms);
        let now = self.at(ms);
        self.run.received(peer(ONE, Transport::Tcp), Encoding::Utf8, bytes, now);
        self.until(ms);
    }

    fn udp(&mut self, ms: u64, number: u32, bytes: &[u8]) {
        self.until(ms);
        let now = self.at(ms);
        self.run.received(peer(number, Transport::Udp), Encoding::Utf8, bytes, now);
        self.until(ms);
    }

    /// The results since the last call: step, attempts, milliseconds, and whether it passed.
    fn results(&mut self) -> Vec<(usize, u32, u64, bool)> {
        let results = self.run.take_results().into_iter();
        let short = |result: StepResult| {
            let took = result.took.as_millis() as u64;
            (result.step, result.attempts, took, result.end == StepEnd::Passed)
        };
        results.map(short).collect()
    }

    fn end(&self) -> Option<Result<(), StepFailure>> {
        match self.run.next() {
            Next::Ended(end) => Some(end),
            _ => None,
        }
    }

    fn problem(&self) -> StepProblem {
        self.end().unwrap().unwrap_err().problem
    }
}

fn no_answer(within_ms: u64, bytes: u64, shown: &str) -> StepProblem {
    let instead = Instead { bytes, shown: shown.into() };
    StepProblem::NoAnswer { within: Duration::from_millis(within_ms), instead }
}

#[test]
fn steps_are_sent_after_their_delays() {
    let mut bench = Bench::new(
        "[[steps]]\npayload = \"a\"\ndelay = \"5ms\"\n[[steps]]\npayload = \"b\"\n[[steps]]\ndelay = \"20ms\"\n\
         [[steps]]\npayload = \"c\"\ntimes = 2\ndelay = \"1ms\"\n",
    );
    bench.until(1000);
    assert_eq!(bench.sends, [(5, 0), (5, 1), (26, 3), (27, 3)]);
    assert_eq!(bench.end(), Some(Ok(())));
    let results = bench.run.take_results();
    assert!(results.iter().all(|result| result.end == StepEnd::Passed && result.attempts == 1));
    assert_eq!(results.last().unwrap().rounds, [2]);
}

#[test]
fn a_step_without_an_answer_ends_with_the_result_of_its_send() {
    let mut bench = Bench::new("[[steps]]\npayload = \"a\"\n[[steps]]\npayload = \"b\"\n");
    let now = bench.at(0);
    assert!(bench.run.due(now));
    bench.run.sending(Recipients::All, now);
    assert_eq!(bench.run.next(), Next::Result, "no deadline: the peer may read slowly");
    let later = bench.at(30);
    bench.run.sent(Ok(()), later);
    assert_eq!(bench.results(), [(0, 1, 30, true)]);
    assert!(bench.run.due(later));
    let failure = Failure::new(Operation::Send, "", FailureKind::NoRecipient);
    bench.run.sent(Err(failure.clone()), later);
    assert_eq!(bench.problem(), StepProblem::NotSent(Box::new(failure)));
    assert_eq!(bench.end().unwrap().unwrap_err().step, 2);
}

#[test]
fn an_answer_is_found_across_reads_and_ends_the_step() {
    let mut bench = Bench::new(
        "[[steps]]\nname = \"ask\"\npayload = \"a\"\nwait = { text = \"你好\", within = \"100ms\" }\n\
         [[steps]]\npayload = \"b\"\nwait = { hex = \"01 ?? 03\", within = \"100ms\" }\n",
    );
    // Nothing counts that came before the step was sent.
    bench.run.received(peer(ONE, Transport::Tcp), Encoding::Utf8, "你好".as_bytes(), bench.start);
    for (ms, byte) in (10..).zip("..你好".as_bytes()) {
        assert_eq!(bench.results(), []);
        bench.tcp(ms, &[*byte]);
    }
    assert_eq!(bench.results(), [(0, 1, 17, true)]);
    bench.tcp(50, b"\x01");
    bench.tcp(60, b"\x02\x03");
    assert_eq!(bench.results(), [(1, 1, 43, true)]);
    assert_eq!(bench.sends, [(0, 0), (17, 1)]);
    assert_eq!(bench.end(), Some(Ok(())));
}

#[test]
fn without_an_answer_the_run_stops_and_says_what_came() {
    let mut bench = Bench::new(
        "[[steps]]\nname = \"ask\"\npayload = \"a\"\nwait = { text = \"OK\", within = \"100ms\" }\n\
         [[steps]]\npayload = \"b\"\n",
    );
    bench.tcp(10, b"ERR");
    bench.tcp(20, b"OR\r\n");
    bench.until(99);
    assert_eq!(bench.end(), None);
    bench.until(100);
    let expected = StepFailure { step: 1, name: "ask".into(), problem: no_answer(100, 7, "\"ERROR\\r\\n\"") };
    assert_eq!(bench.end(), Some(Err(expected)));
    assert_eq!((bench.sends.len(), bench.results()), (1, vec![(0, 1, 100, false)]));
    // A late answer changes nothing.
    bench.tcp(101, b"OK");
    assert_eq!((bench.results(), bench.sends.len()), (vec![], 1));
}

#[test]
fn without_an_answer_the_step_is_sent_again_as_often_as_it_says() {
    let text = "[[steps]]\npayload = \"a\"\nwait = { regex = \"^OK\", within = \"10ms\", retries = 2 }\n";
    let mut bench = Bench::new(text);
    bench.tcp(5, b"O");
    bench.until(100);
    assert_eq!(bench.sends, [(0, 0), (10, 0), (20, 0)]);
    assert_eq!(bench.results(), [(0, 3, 30, false)]);
    assert_eq!(bench.problem(), no_answer(10, 0, ""));
    // Each send looks for its own answer.
    let mut bench = Bench::new(text);
    bench.tcp(5, b"noise");
    bench.tcp(15, b"OK");
    assert_eq!((bench.results(), bench.end()), (vec![(0, 2, 15, true)], Some(Ok(()))));
}

#[test]
fn a_run_that_goes_on_without_an_answer_has_failed_all_the_same() {
    let mut bench = Bench::new(
        "times = 2\n[[steps]]\npayload = \"a\"\nwait = { text = \"OK\", within = \"10ms\", otherwise = \"go-on\" }\n\
         [[steps]]\npayload = \"b\"\n",
    );
    bench.until(1000);
    assert_eq!(bench.sends, [(0, 0), (10, 1), (10, 0), (20, 1)]);
    assert_eq!(bench.problem(), no_answer(10, 0, ""));
    assert_eq!(bench.end().unwrap().unwrap_err().step, 1);
}

#[test]
fn a_step_that_sends_nothing_takes_what_follows_the_answer_before() {
    let text = "[[steps]]\npayload = \"a\"\nwait = { text = \"OK\", within = \"100ms\" }\n\
                [[steps]]\ndelay = \"50ms\"\nwait = { text = \"ready\", within = \"10ms\" }\n\
                [[steps]]\nwait = { text = \"!\", within = \"10ms\" }\n";
    let mut bench = Bench::new(text);
    bench.tcp(5, b"OK ready");
    bench.tcp(6, b".!");
    assert_eq!((bench.results().len(), bench.end()), (3, Some(Ok(()))));
    // Its time begins after its delay.
    let mut bench = Bench::new(text);
    bench.tcp(5, b"OK");
    bench.tcp(64, b"ready");
    bench.until(74);
    assert_eq!(bench.results(), [(0, 1, 5, true), (1, 1, 9, true), (2, 1, 10, false)]);
}

#[test]
fn only_who_is_asked_answers() {
    let udp = "[[steps]]\npayload = \"a\"\nwait = { text = \"OK\", within = \"10ms\" }\n";
    let mut bench = Bench::new(udp);
    bench.recipients = Recipients::Address("10.0.0.2:502".parse().unwrap());
    bench.udp(1, 1, b"OK");
    assert_eq!(bench.results(), []);
    bench.udp(2, 2, b"OK");
    assert_eq!(bench.results(), [(0, 1, 2, true)]);
    let mut bench = Bench::new(udp);
    bench.recipients = Recipients::Connections(vec![ConnectionId(2), ConnectionId(3)]);
    bench.udp(1, 1, b"OK");
    assert_eq!(bench.results(), []);
    bench.udp(2, 3, b"OK");
    assert_eq!(bench.results(), [(0, 1, 2, true)]);
    for (from, number, is_answer) in [
        ("anyone", 1, true),
        ("10.0.0.1", 1, true),
        ("10.0.0.1:502", 1, true),
        ("10.0.0.1:503", 1, false),
        ("10.0.0.9", 1, false),
    ] {
        let text = format!("[[steps]]\npayload = \"a\"\nwait = {{ text = \"OK\", from = \"{from}\" }}\n");
        let mut bench = Bench::new(&text);
        bench.recipients = Recipients::Connections(vec![ConnectionId(7)]);
        bench.udp(1, number, b"OK");
        assert_eq!(!bench.results().is_empty(), is_answer, "{from}");
    }
    // Streams of different connections are not joined.
    let mut bench = Bench::new(udp);
    bench.tcp(1, b"O");
    bench.run.received(peer(2, Transport::Tcp), Encoding::Utf8, b"K", bench.start);
    assert_eq!(bench.results(), []);
}

#[test]
fn each_datagram_ends_a_match() {
    let mut bench = Bench::new(
        "[[steps]]\npayload = \"a\"\nwait = { regex = \"^OK$\" }\n[[steps]]\nwait.text = \"OK\"\n",
    );
    bench.udp(1, 1, b"O");
    bench.udp(2, 1, b"K");
    bench.udp(3, 1, b"OKAY");
    assert_eq!(bench.results(), []);
    bench.udp(4, 1, b"OK");
    assert_eq!(bench.results(), [(0, 1, 4, true)]);
    bench.udp(5, 1, b"not OK");
    assert_eq!(bench.results().len(), 1);
}

#[test]
fn a_character_may_be_split_over_steps() {
    let mut bench = Bench::new(
        "[[steps]]\npayload = \"a\"\nwait.text = \"a\"\n[[steps]]\npayload = \"b\"\nwait.text = \"b你\"\n",
    );
    let gbk = |bench: &mut Bench, ms, bytes: &[u8]| {
        bench.until(ms);
        let now = bench.at(ms);
        bench.run.received(peer(ONE, Transport::Tcp), Encoding::Gbk, bytes, now);
        bench.until(ms);
    };
    // The second byte of the first character is the letter of the second answer.
    gbk(&mut bench, 1, b"a\x81");
    assert_eq!(bench.results().len(), 1);
    gbk(&mut bench, 2, b"b\xC4\xE3");
    assert_eq!(bench.results(), []);
    gbk(&mut bench, 3, b"b\xC4");
    gbk(&mut bench, 4, b"\xE3");
    assert_eq!(bench.results().len(), 1);
}

#[test]
fn the_end_of_a_connection_is_the_end_of_the_answer() {
    let text = "[[steps]]\npayload = \"a\"\nwait = { regex = \"bye$\", within = \"1h\" }\n";
    let mut bench = Bench::new(text);
    bench.tcp(1, b"bye");
    bench.run.closed(ConnectionId(ONE), true, bench.at(2));
    assert_eq!((bench.results(), bench.end()), (vec![(0, 1, 2, true)], Some(Ok(()))));
    // Not all recipients are gone.
    let mut bench = Bench::new(text);
    bench.recipients = Recipients::Connections(vec![ConnectionId(1), ConnectionId(2)]);
    bench.tcp(1, b"no");
    bench.run.closed(ConnectionId(1), false, bench.at(2));
    assert_eq!(bench.end(), None);
    bench.run.closed(ConnectionId(2), false, bench.at(3));
    let instead = Instead { bytes: 2, shown: "\"no\"".into() };
    assert_eq!(bench.problem(), StepProblem::Closed { instead });
    // Somebody else may come.
    let mut bench = Bench::new(&text.replace("within", "from = \"anyone\", within"));
    bench.until(1);
    bench.run.closed(ConnectionId(1), true, bench.at(2));
    assert_eq!(bench.end(), None);
    // Between two steps it is no failure: a device that restarts connects again.
    let mut bench = Bench::new("[[steps]]\npayload = \"a\"\n[[steps]]\npayload = \"b\"\ndelay = \"1s\"\n");
    bench.until(1);
    bench.run.closed(ConnectionId(1), true, bench.at(2));
    bench.until(1000);
    assert_eq!(bench.sends, [(0, 0), (1000, 1)]);
}

#[test]
fn without_anybody_left_the_run_fails_whatever_it_does() {
    let text = "[[steps]]\npayload = \"a\"\ndelay = \"1h\"\nwait = { text = \"OK\", otherwise = \"go-on\" }\n\
                [[steps]]\npayload = \"b\"\n";
    let mut bench = Bench::new(text);
    bench.until(1);
    bench.run.left_alone(bench.at(2));
    let failure = Failure::new(Operation::Send, "", FailureKind::NoRecipient);
    assert_eq!(bench.problem(), StepProblem::NotSent(Box::new(failure)));
    bench.run.left_alone(bench.at(3));
    assert_eq!(bench.results(), [(0, 0, 2, false)]);
}

#[test]
fn while_it_is_paused_time_stands_still() {
    let mut bench = Bench::new(
        "[[steps]]\npayload = \"a\"\ndelay = \"10ms\"\nwait = { text = \"OK\", within = \"10ms\" }\n",
    );
    bench.run.pause(bench.at(4));
    assert_eq!(bench.run.next(), Next::Resume);
    assert!(!bench.run.due(bench.at(50)));
    bench.run.resume(bench.at(104));
    bench.until(1000);
    assert_eq!(bench.sends, [(110, 0)]);
    assert_eq!(bench.results(), [(0, 1, 10, false)]);
}

#[test]
fn a_loop_without_end_runs_until_it_is_stopped() {
    let mut bench = Bench::new("times = \"forever\"\n[[steps]]\npayload = \"a\"\ndelay = \"1ms\"\n");
    bench.until(500);
    assert_eq!(bench.sends.len(), 500);
    let results = bench.run.take_results();
    assert_eq!(results.last().unwrap().rounds, [500]);
    assert_eq!(bench.end(), None);
}

#[test]
fn a_sequence_without_steps_does_not_run() {
    assert!(Run::new(Arc::default(), Instant::now()).is_none());
    // Parts of it can be made without a file.
    let wait = Wait::new(Pattern::Text("OK".into())).unwrap();
    assert!(Matcher::new(&wait.pattern).is_ok());
}
