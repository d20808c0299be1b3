//! Any template in any format: an error has its place in the text, parts cover the bytes, and each send of a fixed one has
//! the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wirelab::codec::{Encoding, LineEnding};
use wirelab::model::Timestamp;
use wirelab::payload::{Answers, Context, Format, Options, Payload};

fuzz_target!(|input: (u8, u8, u64, &str)| {
    let (kind, encoding, count, text) = input;
    let options = Options {
        format: Format::ALL[usize::from(kind) % 3],
        line_ending: LineEnding::ALL[usize::from(kind / 3) % 4],
        is_template: true,
        checksum: (kind > 127).then(|| "CRC-16/MODBUS,hex".parse().expect("a checksum")),
    };
    let encoding = Encoding::ALL[usize::from(encoding) % Encoding::ALL.len()];
    let in_text =
        |range: std::ops::Range<usize>| assert!(text.get(range).is_some_and(|place| !place.is_empty()));
    let payload = match Payload::parse(text, &options) {
        Ok(payload) => payload,
        Err(error) => return in_text(error.range),
    };
    let mut answers = Answers::default();
    for question in payload.questions() {
        let answer = if count % 2 == 0 { "7" } else { "07 08" };
        let _ = question.check(answer);
        answers.set(question.name.clone(), answer);
    }
    let context = Context {
        now: Timestamp(count),
        count,
        seed: count,
        peer: Some(([10, 0, 0, 1], 80).into()),
        answers: &answers,
        ..Context::of(encoding)
    };
    match payload.build(&context) {
        Ok(built) => {
            let mut end = 0;
            for (range, _) in &built.parts {
                assert!(range.start == end && range.end > end);
                end = range.end;
            }
            assert_eq!(end, built.bytes.len());
            if payload.is_fixed() {
                let later = Context { now: Timestamp(count / 2), count: count / 2, seed: 1, ..context };
                assert_eq!(payload.build(&later).map(|built| built.bytes), Ok(built.bytes));
            }
        }
        Err(error) => in_text(error.range),
    }
});
