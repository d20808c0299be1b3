//! Templates: what a send depends on, in which order values are found, and that no input panics.

use super::*;
use crate::model::Timestamp;
use proptest::prelude::*;

fn template(format: Format) -> Options {
    Options { format, is_template: true, ..Options::default() }
}

fn parsed(input: &str, format: Format) -> Payload {
    Payload::parse(input, &template(format)).unwrap_or_else(|error| panic!("{input}: {error:?}"))
}

fn text_of(payload: &Payload, context: &Context<'_>) -> String {
    String::from_utf8(payload.build(context).unwrap().bytes).unwrap()
}

fn wrong(input: &str, format: Format) -> (TemplateError, std::ops::Range<usize>) {
    let result = Payload::parse(input, &template(format))
        .and_then(|payload| payload.build(&Context::of(Encoding::Utf8)));
    match result.unwrap_err() {
        Error { kind: ErrorKind::Template(error), range, .. } => (*error, range),
        other => panic!("{input}: {other:?}"),
    }
}

#[test]
fn without_the_switch_it_is_text() {
    assert_eq!(encode("${counter}", &Options::default(), Encoding::Utf8).unwrap(), b"${counter}");
    assert_eq!(encode("${counter}", &template(Format::Text), Encoding::Utf8).unwrap(), b"0");
}

#[test]
fn a_counter_depends_on_the_sends_before() {
    let utf8 = Context::of(Encoding::Utf8);
    let payload = parsed("${counter:%02d,start=8,step=3}", Format::Text);
    let sent: Vec<_> = (0..3).map(|count| text_of(&payload, &Context { count, ..utf8 })).collect();
    assert_eq!(sent, ["08", "11", "14"]);
    let payload = parsed("${counter:u8,start=-1}", Format::Hex);
    assert_eq!(payload.build(&utf8).unwrap().bytes, [0xFF]);
    assert_eq!(payload.build(&Context { count: u64::MAX, ..utf8 }).unwrap().bytes, [0xFE]);
}

#[test]
fn the_time_is_local_and_the_seed_decides_what_is_random() {
    let utf8 = Context::of(Encoding::Utf8);
    let clock = parsed("${time:%d %H:%M}", Format::Text);
    let shown = |utc_offset_seconds| {
        text_of(&clock, &Context { now: Timestamp(1_795_313_730_250_000_000), utc_offset_seconds, ..utf8 })
    };
    assert_eq!((&*shown(0), &*shown(-3 * 3600), &*shown(9000)), ("22 02:15", "21 23:15", "22 04:45"));
    let random = parsed("${random:8}${random:8}", Format::Text);
    let first = text_of(&random, &utf8);
    assert_eq!(first, text_of(&random, &utf8));
    assert_ne!(first, text_of(&random, &Context { seed: 1, ..utf8 }));
    assert_ne!(first, text_of(&random, &Context { count: 1, ..utf8 }), "each send has its own");
    assert_ne!(first[..8], first[8..], "each variable has its own");
}

#[test]
fn values_are_written_in_the_encoding_of_the_target() {
    let utf16 = Context::of(Encoding::Utf16Le);
    let built = |input, format| parsed(input, format).build(&utf16).unwrap().bytes;
    assert_eq!(built("${counter}${len:%02d}ab", Format::Text), b"0\x000\x004\x00a\x00b\x00");
    assert_eq!(built("a${crc:SUM-8,hex}", Format::Text), b"a\x006\x001\x00");
    assert_eq!(built("61${crc:SUM-8,hex}", Format::Hex), b"a61");
    assert_eq!(built("${len:u8}${$}", Format::Escaped), b"\x02$\x00");
    let time = parsed("${time:%Y 年}", Format::Text);
    let error = time.build(&Context::of(Encoding::Ascii)).unwrap_err();
    assert_eq!((error.range, error.column), (0..14, 1), "the encoding lacks a character of a value");
}

#[test]
fn parts_say_what_the_bytes_are() {
    let options = Options { line_ending: LineEnding::Lf, checksum: spec("sum8"), ..template(Format::Text) };
    let payload = Payload::parse("n${counter}${time:unix}${random:2}", &options).unwrap();
    let parts = payload.build(&Context::of(Encoding::Utf8)).unwrap().parts;
    use PartKind::{Checksum, Example, Typed, Variable};
    assert_eq!(
        parts,
        [(0..1, Typed), (1..2, Variable), (2..5, Example), (5..6, Checksum), (6..7, PartKind::LineEnding)]
    );
}

#[test]
fn what_each_send_has_anew_is_not_fixed() {
    for (input, is_fixed) in [
        ("a", true),
        ("${$}", true),
        ("${len}a${crc:XOR-8}", true),
        ("${ask:a}", true),
        ("${counter}", false),
        ("${time}", false),
        ("${random:1}", false),
        ("${peer}", false),
    ] {
        assert_eq!(parsed(input, Format::Text).is_fixed(), is_fixed, "{input}");
    }
}

#[test]
fn questions_are_asked_once_and_answers_are_checked() {
    let payload = parsed("${ask:address:u8:1..247}${ask:value:i16be}${ask:address:u8:1..247}", Format::Hex);
    let names: Vec<_> = payload.questions().iter().map(|question| &*question.name).collect();
    assert_eq!(names, ["address", "value"]);
    let mut answers = Answers::default();
    let built = |answers: &Answers| payload.build(&Context { answers, ..Context::of(Encoding::Utf8) });
    let error = built(&answers).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Template(Box::new(TemplateError::NoAnswer("address".into()))));
    answers.set("address", "0x11");
    answers.set("value", " -2 ");
    assert_eq!(built(&answers).unwrap().bytes, [0x11, 0xFF, 0xFE, 0x11]);
    answers.set("address", "248");
    assert_eq!(built(&answers).unwrap_err().range, 0..24);
    let check = |question: &str, answer: &str| parsed(question, Format::Text).questions()[0].check(answer);
    let outside = |kind| Err(AnswerError::Outside(kind));
    assert_eq!(check("${ask:n:u8}", "256"), outside(QuestionKind::Number { least: 0, most: 255 }));
    assert_eq!(check("${ask:n:u8}", "x"), Err(AnswerError::NotNumber));
    assert_eq!(check("${ask:n:text:2..3}", "温度表盘"), outside(QuestionKind::Text { least: 2, most: 3 }));
    assert_eq!(check("${ask:n:text:2..3}", "温度"), Ok(()));
    assert_eq!(check("${ask:n:hex:2..2}", "01"), outside(QuestionKind::Hex { least: 2, most: 2 }));
    assert_eq!(check("${ask:n:hex:2..2}", "0"), Err(AnswerError::NotHex));
    assert_eq!(check("${ask:n:hex:2..2}", "01 02"), Ok(()));
}

#[test]
fn scopes_are_the_nearest_group_or_all_that_is_there() {
    for (input, sent) in [
        // Not right before or behind a group: all that follows, all before.
        ("${len:u8} 00 ${group}01 02${/group}", "03 00 01 02"),
        ("01 ${group}02${/group} 00 ${crc:SUM-8}", "01 02 00 03"),
        // A group that was closed before the length, and one that opens behind the checksum, do not count.
        ("${group}${len:u8}${/group}${group}01 02${/group}", "00 01 02"),
        ("01 ${group}${crc:SUM-8}${/group}", "01 00"),
        // The outermost of groups that begin or end there.
        ("${len:u8}${group}${group}01${/group} 02${/group} 03", "02 01 02 03"),
        ("01 ${group}02 ${group}03${/group}${/group}${crc:SUM-8}", "01 02 03 05"),
        // A length within its own scope has a size that is known.
        ("${group:g}${len:u16be,of=g} 01${/group}", "00 03 01"),
        // Checksums over lengths, and over other checksums.
        ("${len:u8} 01 ${crc:SUM-8} ${crc:SUM-8}", "03 01 04 08"),
        ("${crc:SUM-8,of=g} ${group:g}01 02${/group}", "03 01 02"),
    ] {
        let built = parsed(input, Format::Hex).build(&Context::of(Encoding::Utf8)).unwrap();
        assert_eq!(built.bytes, crate::codec::parse_hex(sent).unwrap(), "{input}");
    }
    // Digits of a length count themselves for the ones before.
    let text = |input| text_of(&parsed(input, Format::Text), &Context::of(Encoding::Utf8));
    assert_eq!(text("${len};${len};0123456789"), "14;11;0123456789");
}

#[test]
fn what_depends_on_itself_is_refused() {
    for (input, place) in [
        ("${group:g}${len,of=g}${/group}", "${len,of=g}"),
        ("${group:g}1${crc:SUM-8,of=g}${/group}", "${crc:SUM-8,of=g}"),
        ("${group:a}${crc:XOR-8,of=b}${/group}${group:b}${crc:XOR-8,of=a}${/group}", "${crc:XOR-8,of=b}"),
        ("${len,of=b}${group:a}${len,of=b}${/group}${group:b}${len,of=a}${/group}", "${len,of=b}"),
    ] {
        let (error, range) = wrong(input, Format::Text);
        assert_eq!((error, &input[range]), (TemplateError::Cycle, place), "{input}");
    }
}

#[test]
fn each_mistake_has_its_own_error_and_place() {
    use TemplateError as E;
    let (text, hex) = (Format::Text, Format::Hex);
    for (input, format, error, place) in [
        ("${a${counter}", text, E::NotClosed, "${"),
        ("${}", text, E::UnknownName(String::new()), "${}"),
        ("${Counter}", text, E::UnknownName("Counter".into()), "Counter"),
        ("01 ${time}", hex, E::NeedsType, "time"),
        ("${time:%H}", hex, E::NeedsType, "%H"),
        ("${peer}", hex, E::NeedsType, "peer"),
        ("${len:%d}", hex, E::NeedsType, "%d"),
        ("${$}", hex, E::NeedsType, "${$}"),
        ("${len:u32}", hex, E::ByteOrder("u32".into()), "u32"),
        ("${counter:u8,start=1,start=2}", hex, E::Argument("start=2".into()), "start=2"),
        ("${counter,step=1.5}", text, E::Argument("1.5".into()), "1.5"),
        ("${random}", text, E::NoCount, "random"),
        ("${random:0}", text, E::Argument("0".into()), "0"),
        ("${random,4}", text, E::Argument("4".into()), "4"),
        ("${ask}", text, E::AskName, "ask"),
        ("${ask: :u8}", text, E::AskName, " :u8"),
        ("${ask:a:u8:5..1}", hex, E::Range("5..1".into()), "a:u8:5..1"),
        ("${peer:host}", text, E::Argument("host".into()), "host"),
        ("${crc}", text, E::NoChecksum, "crc"),
        ("${crc:SUM-8,at=1}", text, E::ChecksumPlace, "SUM-8,at=1"),
        ("${group:a}${/group}${group:a}${/group}", text, E::GroupTwice("a".into()), "${group:a}"),
        ("a${/group}", text, E::NoGroupOpen, "${/group}"),
        ("${group}${group}${/group}", text, E::GroupNotClosed, "${group}"),
        ("${len,of=a}", text, E::NoGroup("a".into()), "${len,of=a}"),
        ("${group:}", text, E::Argument(String::new()), "${group:}"),
        ("${/group:a}", text, E::Argument("a".into()), "a"),
        ("${peer}", text, E::NoPeer, "${peer}"),
        ("${len:%01d}0123456789", text, E::TooLarge { value: 10, least: 0, most: 9 }, "${len:%01d}"),
    ] {
        let (found, range) = wrong(input, format);
        assert_eq!((found, &input[range]), (error, place), "{input}");
    }
    let many = "${len:u8}".repeat(257);
    assert_eq!(wrong(&many, text).0, E::TooMany);
    let questions = |count: usize| (0..count).map(|number| format!("${{ask:n{number}}}")).collect::<String>();
    assert_eq!(wrong(&questions(257), text).0, E::TooMany);
    assert_eq!(parsed(&questions(256).repeat(2), text).questions().len(), 256, "asked once for all places");
    // The custom form of a checksum has colons and commas itself.
    let custom = parsed("${group:a}01${/group} ${crc:CRC:16,8005,FFFF,0000,Yes,Yes,little,of=a}", hex);
    let named = parsed("01 ${crc:MODBUS}", hex);
    let build = |payload: &Payload| payload.build(&Context::of(Encoding::Utf8)).unwrap().bytes;
    assert_eq!(build(&custom), build(&named));
    // The place is in the whole input, also behind other lines and variables, and for hex and escapes.
    let error = Payload::parse("01\n${len:u8} 0G", &template(hex)).unwrap_err();
    assert_eq!((error.range, error.line, error.column), (14..15, 2, 12));
    let error = Payload::parse("${len}\\q", &template(Format::Escaped)).unwrap_err();
    assert_eq!(error.range, 6..8);
    let error = Payload::parse("a\\${len}", &template(Format::Escaped)).unwrap_err();
    assert_eq!((error.kind, error.range), (ErrorKind::Escape(EscapeError::Unknown('$')), 1..3));
}

/// Parts of templates, right and wrong.
fn fragment() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "${counter}",
        "${counter:u16be}",
        "${time}",
        "${time:ms:u64le}",
        "${random:3}",
        "${random:1..9:u8}",
        "${peer}",
        "${peer:ip}",
        "${ask:a}",
        "${ask:b:u8:1..9}",
        "${len}",
        "${len:u8}",
        "${len:%03d,of=g}",
        "${crc:SUM-8}",
        "${crc:MODBUS,hex,of=g}",
        "${group}",
        "${group:g}",
        "${/group}",
        "${$}",
        "${",
        "}",
        "$",
        "01",
        " ",
        "ab",
        "\\",
        "\\x41",
        "\\n",
        "你",
        "\n",
        "${x}",
        "${crc:SUM-8,from=9}",
    ];
    prop_oneof![8 => prop::sample::select(KNOWN).prop_map(str::to_owned), 1 => ".{0,3}"]
}

proptest! {
    #[test]
    fn any_template_gives_bytes_or_a_place_in_it(
        fragments in prop::collection::vec(fragment(), 0..8),
        format in prop::sample::select(&Format::ALL[..]),
        encoding in prop::sample::select(&Encoding::ALL[..]),
        line_ending in prop::sample::select(&LineEnding::ALL[..]),
        count in any::<u64>(),
    ) {
        let input = fragments.concat();
        let mut answers = Answers::default();
        answers.set("a", "x");
        answers.set("b", "5");
        let context = Context {
            count,
            now: Timestamp(count),
            peer: Some(([10, 0, 0, 1], 80).into()),
            answers: &answers,
            ..Context::of(encoding)
        };
        let options = Options { line_ending, ..template(format) };
        match Payload::parse(&input, &options).and_then(|payload| payload.build(&context)) {
            Ok(built) => {
                let mut end = 0;
                for (range, _) in &built.parts {
                    prop_assert_eq!(range.start, end);
                    prop_assert!(range.end > end);
                    end = range.end;
                }
                prop_assert_eq!(end, built.bytes.len());
            }
            Err(error) => prop_assert!(input.get(error.range.clone()).is_some_and(|marked| !marked.is_empty())),
        }
    }

    #[test]
    fn a_length_is_that_of_what_follows_and_a_checksum_that_of_what_stands_before(
        before in prop::collection::vec(any::<u8>(), 0..20),
        after in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X} ")).collect::<String>();
        let input = format!("{}${{len:u16le}}{}${{crc:CRC-32/ISO-HDLC}}", hex(&before), hex(&after));
        let built = parsed(&input, Format::Hex).build(&Context::of(Encoding::Utf8)).unwrap().bytes;
        let mut expected = before;
        expected.extend(((after.len() + 4) as u16).to_le_bytes());
        expected.extend(&after);
        let crc = "CRC-32/ISO-HDLC".parse::<checksum::Spec>().unwrap().of(&expected).unwrap();
        expected.extend(crc);
        prop_assert_eq!(built, expected);
    }
}
