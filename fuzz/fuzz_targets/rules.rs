//! Any text as rules, and any bytes as what is received: an error has a place in the text, and what is done does not
//! depend on how a stream of frames is cut into reads.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wirelab::codec::Encoding;
use wirelab::lang::{Language, explain_sequence};
use wirelab::model::{ConnectionId, Timestamp, Transport};
use wirelab::payload::Context;
use wirelab::rules::{Reaction, RuleSet, Run, read};
use wirelab::sequence::From;

/// What is done of bytes that come in pieces, all at the same time.
fn done(set: &Arc<RuleSet>, bytes: &[u8], piece: usize, start: Instant) -> Vec<String> {
    let from =
        From { id: ConnectionId(1), transport: Transport::Tcp, peer: "10.0.0.7:502".parse().expect("one") };
    let mut done = Vec::new();
    let mut react = |reaction: Reaction<'_, ()>| {
        done.push(match reaction {
            Reaction::Answer { rule, answer, captures, count, .. } => {
                let context = Context { captures, count, peer: Some(from.peer), ..Context::of(Encoding::Gbk) };
                let built = set.rules[rule].answers[answer].payload.build(&context);
                format!("{rule} {answer} {:?}", built.map(|built| built.bytes).ok())
            }
            other => format!("{other:?}"),
        });
    };
    let mut run = Run::new(set.clone());
    run.opened(from, &(), start, &mut react);
    for piece in bytes.chunks(piece) {
        run.received(from, Encoding::Gbk, piece, &(), Timestamp(0), start, &mut react);
    }
    run.due(start + Duration::from_secs(1), &mut react);
    run.closed(from, &(), start, &mut react);
    assert!(run.fired().all().count() == set.rules.len());
    done
}

fuzz_target!(|input: (&str, &[u8])| {
    let (text, bytes) = input;
    match read(text) {
        Err(error) => {
            assert!(error.line >= 1 && error.line <= 1 + text.matches('\n').count());
            assert!(explain_sequence(Language::Chinese.words(), &error).starts_with('第'));
        }
        Ok(set) => {
            assert!(!set.rules.is_empty());
            let set = Arc::new(set);
            let start = Instant::now() + Duration::from_secs(3600);
            let whole = done(&set, bytes, bytes.len().max(1), start);
            let apart = done(&set, bytes, 1, start);
            if set.framing.as_ref().is_some_and(|framing| framing.gap().is_none()) {
                assert_eq!(apart, whole);
            }
        }
    }
});
