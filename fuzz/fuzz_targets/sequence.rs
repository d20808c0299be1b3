//! Any text as a sequence, and any bytes as the answers to it: an error has a place in the text, and a run ends in the
//! same way however the answers are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wirelab::codec::Encoding;
use wirelab::lang::{Language, explain_sequence};
use wirelab::model::{ConnectionId, Transport};
use wirelab::sequence::{From, Next, Recipients, Run, Sequence, read};

/// The steps of a run that gets all of `answers` at once after each of its first sends, cut into pieces.
fn run(sequence: &Arc<Sequence>, answers: &[u8], piece: usize, start: Instant) -> Vec<(usize, bool)> {
    let mut run = Run::new(sequence.clone(), start).expect("it was read");
    let from =
        From { id: ConnectionId(1), transport: Transport::Tcp, peer: "10.0.0.7:502".parse().expect("one") };
    let mut ended = Vec::new();
    for _ in 0..20 {
        let Next::At(at) = run.next() else { break };
        let is_due = run.due(at);
        if is_due {
            run.sending(Recipients::All, at);
            run.sent(Ok(()), at);
        }
        let now = at + Duration::from_nanos(1);
        answers.chunks(piece).for_each(|bytes| run.received(from, Encoding::Gbk, bytes, now));
        ended.extend(run.take_results().into_iter().map(|result| (result.step, result.attempts == 1)));
    }
    ended
}

fuzz_target!(|input: (&str, &[u8])| {
    let (text, answers) = input;
    match read(text) {
        Err(error) => {
            assert!(error.line >= 1 && error.line <= 1 + text.matches('\n').count());
            assert!(explain_sequence(Language::Chinese.words(), &error).starts_with('第'));
        }
        Ok(sequence) => {
            assert!(!sequence.steps.is_empty());
            assert!(
                sequence.loops.iter().all(|l| !l.steps.is_empty() && l.steps.end <= sequence.steps.len())
            );
            // Far from the ends of the clock.
            let start = Instant::now() + Duration::from_secs(3600);
            let sequence = Arc::new(sequence);
            let whole = run(&sequence, answers, answers.len().max(1), start);
            assert_eq!(run(&sequence, answers, 1, start), whole);
        }
    }
});
