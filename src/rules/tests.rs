//! Tests of rules: what is done of what happens, without sockets.

use super::*;
use crate::codec::Encoding;
use crate::model::{ConnectionId, Transport};
use crate::payload::Context;
use crate::sequence::From;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Instant;

/// Rules that run, and what they said, in words.
struct Scene {
    run: Run<&'static str>,
    start: Instant,
    said: Vec<String>,
}

fn peer(id: u32) -> From {
    let address = format!("10.0.0.{id}:502").parse().unwrap();
    From { id: ConnectionId(id), transport: Transport::Tcp, peer: address }
}

fn describe(set: &RuleSet, reaction: Reaction<'_, &'static str>, encoding: Encoding) -> String {
    match reaction {
        Reaction::Answer { to, rule, answer, count, captures, cause } => {
            let of_rule = &set.rules[rule];
            let encoding = of_rule.encoding.unwrap_or(encoding);
            let context = Context { captures, count, ..Context::of(encoding) };
            let bytes = of_rule.answers[answer].payload.build(&context).unwrap().bytes;
            format!("{rule}: {} > {} {cause}", String::from_utf8_lossy(&bytes), to.id)
        }
        Reaction::End { of, end } => format!("{end:?} {}", of.id),
        Reaction::Bookmark { text, cause } => format!("bookmark {text} {cause}"),
        Reaction::Note { text, .. } => format!("note {text}"),
        Reaction::StopRepeat(repeats) => format!("stop {repeats:?}"),
        Reaction::Alarm { rule, .. } => format!("alarm {rule}"),
        Reaction::Limited { .. } => "limited".into(),
        Reaction::Overfull => "overfull".into(),
    }
}

impl Scene {
    fn new(text: &str) -> Self {
        let set = read(text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        Self { run: Run::new(Arc::new(set)), start: Instant::now(), said: Vec::new() }
    }

    fn at(&self, millis: u64) -> Instant {
        self.start + Duration::from_millis(millis)
    }

    /// What is done of bytes from a peer.
    fn receive_from(&mut self, id: u32, encoding: Encoding, bytes: &[u8], millis: u64) -> Vec<String> {
        let (set, now) = (self.run.set().clone(), self.at(millis));
        let said = &mut self.said;
        self.run.received(peer(id), encoding, bytes, &"frame", now, &mut |reaction| {
            said.push(describe(&set, reaction, encoding));
        });
        std::mem::take(&mut self.said)
    }

    fn receive(&mut self, bytes: &[u8]) -> Vec<String> {
        self.receive_from(1, Encoding::Utf8, bytes, 0)
    }

    fn due(&mut self, millis: u64) -> Vec<String> {
        let (set, now) = (self.run.set().clone(), self.at(millis));
        let said = &mut self.said;
        self.run.due(now, &mut |reaction| said.push(describe(&set, reaction, Encoding::Utf8)));
        std::mem::take(&mut self.said)
    }

    fn opened(&mut self, id: u32) -> Vec<String> {
        let (set, now) = (self.run.set().clone(), self.at(0));
        let said = &mut self.said;
        self.run.opened(peer(id), &"opened", now, &mut |reaction| {
            said.push(describe(&set, reaction, Encoding::Utf8));
        });
        std::mem::take(&mut self.said)
    }

    fn closed(&mut self, id: u32) -> Vec<String> {
        let (set, now) = (self.run.set().clone(), self.at(0));
        let said = &mut self.said;
        self.run.closed(peer(id), &"closed", now, &mut |reaction| {
            said.push(describe(&set, reaction, Encoding::Utf8));
        });
        std::mem::take(&mut self.said)
    }
}

/// Whether a condition is true, and its captures, in an encoding.
fn matched(when: &str, encoding: Encoding, bytes: &[u8]) -> Option<String> {
    // A second expression, so that both are searched for together.
    let text = format!(
        "[[rules]]\nwhen = {when}\npayload = '${{0}}'\n\
         [[rules]]\nwhen.regex = 'never seen'\npayload = 'x'\n"
    );
    let mut scene = Scene::new(&text);
    let said = scene.receive_from(1, encoding, bytes, 0);
    assert!(said.len() <= 1, "{said:?}");
    said.first().map(|said| said.trim_start_matches("0: ").split(" > ").next().unwrap().to_owned())
}

#[test]
fn each_condition_is_true_of_what_it_says() {
    for (when, bytes, expected) in [
        (r#"{ equals = "PING" }"#, &b"PING"[..], Some("PING")),
        (r#"{ equals = "PING" }"#, b"PING ", None),
        (r#"{ starts_with = "AT" }"#, b"AT+GMR", Some("AT")),
        (r#"{ starts_with = "AT" }"#, b" AT", None),
        (r#"{ contains = "MR" }"#, b"AT+GMR", Some("MR")),
        (r#"{ contains = "mr" }"#, b"AT+GMR", None),
        (r"{ equals = 'a\r\n', format = 'escaped' }", b"a\r\n", Some("a\r\n")),
        (r"{ equals = 'a\r\n' }", b"a\r\n", None),
        (r#"{ equals = "41 4?", format = "hex" }"#, b"AB", Some("AB")),
        (r#"{ equals = "41 4?", format = "hex" }"#, b"ABC", None),
        (r#"{ starts_with = "?1", format = "hex" }"#, b"AB", Some("A")),
        (r#"{ starts_with = "41 42 43", format = "hex" }"#, b"AB", None),
        (r#"{ contains = "42 ??", format = "hex" }"#, b"ABCD", Some("BC")),
        (r#"{ hex = "42 ??" }"#, b"ABCD", Some("BC")),
        (r#"{ hex = "42 ??" }"#, b"AB", None),
        (r#"{ regex = "^B.$" }"#, b"A\nBC\r\nD", Some("BC")),
        (r#"{ regex = '\d+' }"#, b"t=23.5", Some("23")),
        (r#"{ regex = '(?s-u)^\x01(.)\xFF$' }"#, b"\x01\x41\xFF", Some("\x01A\u{FFFD}")),
        (r#"{ regex = "(?i)ping" }"#, b"PONG", None),
        (r#""received""#, b"any", Some("any")),
    ] {
        assert_eq!(matched(when, Encoding::Utf8, bytes).as_deref(), expected, "{when} of {bytes:?}");
    }
}

#[test]
fn text_is_that_of_the_connection() {
    let gbk = b"\xCE\xC2\xB6\xC8=5|"; // 温度=5|
    for when in [r#"{ contains = "温度" }"#, r#"{ starts_with = "温" }"#, r#"{ regex = "温." }"#] {
        assert!(matched(when, Encoding::Gbk, gbk).is_some(), "{when}");
        assert!(matched(when, Encoding::Utf8, gbk).is_none(), "{when}");
    }
    // The trail byte of a character is not the letter with the same byte.
    let bar = r#"{ contains = "|" }"#;
    assert_eq!(matched(bar, Encoding::Gbk, b"\x81|"), None);
    assert!(matched(bar, Encoding::Gbk, b"\x81||").is_some());
    // An encoding of the rule counts before that of the connection.
    let mut scene = Scene::new("[[rules]]\nencoding = \"GBK\"\nwhen.equals = \"温\"\npayload = \"ok\"\n");
    assert_eq!(scene.receive(b"\xCE\xC2").len(), 1);
    assert_eq!(scene.receive("温".as_bytes()).len(), 0);
    // Captures are the bytes as they came.
    let mut scene = Scene::new("[[rules]]\nwhen.regex = \"温(.)=(\\\\d)\"\npayload = '${2}${1}'\n");
    let set = scene.run.set().clone();
    let mut sent = Vec::new();
    scene.run.received(peer(1), Encoding::Gbk, gbk, &"", Instant::now(), &mut |reaction| {
        let Reaction::Answer { rule, answer, captures, .. } = reaction else { panic!() };
        let context = Context { captures, ..Context::of(Encoding::Gbk) };
        sent = set.rules[rule].answers[answer].payload.build(&context).unwrap().bytes;
    });
    assert_eq!(sent, b"5\xB6\xC8");
}

#[test]
fn captures_are_groups_and_runs_of_wildcards() {
    let mut scene = Scene::new(
        "[[rules]]\nwhen.regex = '^GET (\\w+)(?: (\\d+))?$'\npayload = '${1}=${2};${0}'\n\
         [[rules]]\nwhen = { equals = '?? ?? 00 ?? 03', format = 'hex' }\nformat = 'hex'\n\
         payload = '${1} 00 ${2} 83'\n",
    );
    assert_eq!(scene.receive(b"GET t 5"), ["0: t=5;GET t 5 > #1 frame"]);
    assert_eq!(scene.receive(b"GET t"), ["0: t=;GET t > #1 frame"], "a group that took no part");
    assert_eq!(scene.receive(b"ab\0c\x03"), ["1: ab\0c\u{FFFD} > #1 frame"]);
}

#[test]
fn the_first_rule_counts_and_the_next_ones_where_it_goes_on() {
    let mut scene = Scene::new(
        "[[rules]]\nwhen.contains = 'a'\ngo_on = true\npayload = 'first'\n\
         [[rules]]\nenabled = false\npayload = 'off'\n\
         [[rules]]\nfrom = '10.0.0.2'\npayload = 'other'\n\
         [[rules]]\ntimes = 2\npayload = 'second'\n\
         [[rules]]\npayload = 'last'\n",
    );
    assert_eq!(scene.receive(b"a"), ["0: first > #1 frame", "3: second > #1 frame"]);
    assert_eq!(scene.receive_from(2, Encoding::Utf8, b"b", 0), ["2: other > #2 frame"]);
    assert_eq!(scene.receive(b"b"), ["3: second > #1 frame"]);
    assert_eq!(scene.receive(b"b"), ["4: last > #1 frame"], "it was sent as often as it may be");
    assert_eq!(scene.run.fired().all().collect::<Vec<_>>(), [1, 0, 1, 2, 1]);
    scene.run.switch(1, true);
    scene.run.switch(0, false);
    assert_eq!(scene.receive(b"a"), ["1: off > #1 frame"]);
}

#[test]
fn connections_that_open_and_close_have_rules_of_their_own() {
    let mut scene = Scene::new(
        "[[rules]]\nwhen = 'opened'\npayload = 'hello'\n\
         [[rules]]\nwhen = 'closed'\nwrite_note = 'gone'\nbookmark = 'end'\nalarm = true\nstop_repeat = 'poll'\n\
         [[rules]]\nwhen = 'closed'\nwrite_note = 'too late'\n",
    );
    assert_eq!(scene.opened(1), ["0: hello > #1 opened"]);
    assert!(scene.receive(b"x").is_empty());
    assert_eq!(scene.closed(1), ["bookmark end closed", "note gone", "stop Named(\"poll\")", "alarm 1"]);
}

#[test]
fn answers_have_their_delays_and_their_turns() {
    let mut scene = Scene::new(
        "limit = 0\n[[rules]]\nwhen.equals = 'a'\nend = 'close'\n\
         answers = [{ payload = '1' }, { payload = '2${0}', delay = '10ms' }, { payload = '3', delay = '5ms' }]\n\
         [[rules]]\nin_turn = true\nanswers = [{ payload = 'x' }, { payload = 'y${counter}', delay = '1ms' }]\n",
    );
    assert_eq!(scene.receive(b"a"), ["0: 1 > #1 frame"]);
    assert_eq!(scene.run.next(), Some(scene.at(10)));
    assert!(scene.due(9).is_empty());
    assert_eq!(scene.due(14), ["0: 2a > #1 frame"]);
    assert_eq!(scene.due(15), ["0: 3 > #1 frame", "Close #1"]);
    assert_eq!(scene.run.next(), None);
    // Each connection has its own turn and its own counter.
    assert_eq!(scene.receive(b"b"), ["1: x > #1 frame"]);
    assert_eq!(scene.receive_from(2, Encoding::Utf8, b"b", 0), ["1: x > #2 frame"]);
    for count in 0..2 {
        assert!(scene.receive(b"b").is_empty());
        assert_eq!(scene.due(1), [format!("1: y{count} > #1 frame")]);
        assert_eq!(scene.receive(b"b"), ["1: x > #1 frame"]);
    }
    // Who is gone is not answered.
    assert!(scene.receive(b"b").is_empty());
    scene.closed(1);
    assert!(scene.due(100).is_empty());
}

#[test]
fn what_waits_is_bounded_and_told() {
    let mut scene = Scene::new("limit = 0\n[[rules]]\npayload = 'x'\ndelay = '1h'\n");
    let mut told = 0;
    for _ in 0..100_010 {
        told += scene.receive(b"a").len();
    }
    assert_eq!(told, 1);
    assert_eq!(scene.due(3_600_000).len(), 100_000);
}

#[test]
fn the_guard_refuses_more_answers_than_the_limit() {
    let mut scene =
        Scene::new("limit = 2\n[[rules]]\nwhen.equals = 'a'\npayload = 'x'\n[[rules]]\nwrite_note = 'n'\n");
    let mut said: Vec<_> = (0..4).flat_map(|_| scene.receive(b"a")).collect();
    said.extend(scene.receive_from(2, Encoding::Utf8, b"a", 0));
    assert_eq!(said, ["0: x > #1 frame", "0: x > #1 frame", "limited", "0: x > #2 frame"]);
    assert_eq!(scene.receive(b"b"), ["note n"], "what sends nothing is not limited");
    assert_eq!(scene.receive_from(1, Encoding::Utf8, b"a", 1000), ["0: x > #1 frame"]);
    // As many as there are by default, and without a limit.
    for (limit, expected) in [("", 1000), ("limit = 0\n", 1500)] {
        let mut scene = Scene::new(&format!("{limit}[[rules]]\npayload = 'x'\n"));
        let said: Vec<_> = (0..1500).flat_map(|_| scene.receive(b"a")).collect();
        assert_eq!(said.iter().filter(|said| said.starts_with("0:")).count(), expected);
    }
}

#[test]
fn errors_have_their_line_and_what_is_wrong() {
    use crate::document::FileErrorKind as Kind;
    let rule = |lines: &str| format!("[[rules]]\n{lines}\n");
    for (text, line, is_right) in [
        (String::new(), 1, (|kind| matches!(kind, Kind::NoRules)) as fn(&Kind) -> bool),
        ("rules = []".into(), 1, |kind| matches!(kind, Kind::NoRules)),
        ("version = 2\n".into(), 1, |kind| matches!(kind, Kind::Newer { version: 2 })),
        ("limit = 'x'\n".into(), 1, |kind| matches!(kind, Kind::NotA { key: "limit", .. })),
        (rule("go_on = true"), 1, |kind| matches!(kind, Kind::RuleDoesNothing)),
        (rule("payload = 'a'\nwehn = 'opened'"), 3, |kind| matches!(kind, Kind::UnknownKey { .. })),
        (rule("payload = 'a'\nwhen = 'never'"), 3, |kind| matches!(kind, Kind::NotOneOf { key: "when", .. })),
        (rule("payload = 'a'\nwhen = {}"), 3, |kind| matches!(kind, Kind::NotOneCondition)),
        (rule("payload = 'a'\nwhen = { hex = '01', regex = 'a' }"), 3, |kind| {
            matches!(kind, Kind::NotOneCondition)
        }),
        (rule("payload = 'a'\nwhen = { hex = '01', format = 'hex' }"), 3, |kind| {
            matches!(kind, Kind::Excludes { key: "format", other: "hex" })
        }),
        (rule("payload = 'a'\nwhen.hex = '0G'"), 3, |kind| matches!(kind, Kind::Pattern { .. })),
        (rule("payload = 'a'\nwhen.regex = '('"), 3, |kind| matches!(kind, Kind::Pattern { .. })),
        (rule("payload = 'a'\nwhen.equals = ''"), 3, |kind| matches!(kind, Kind::Pattern { .. })),
        (rule("payload = 'a'\nencoding = 'GBK'\nwhen.equals = '\u{1F600}'"), 4, |kind| {
            matches!(kind, Kind::Payload(_))
        }),
        (rule("payload = 'a'\nfrom = 'somebody'"), 3, |kind| {
            matches!(kind, Kind::NotOneOf { key: "from", .. })
        }),
        (rule("payload = '${1}'\nwhen.regex = 'a'"), 2, |kind| matches!(kind, Kind::Payload(_))),
        (rule("payload = '${1}'"), 2, |kind| matches!(kind, Kind::Payload(_))),
        (rule("payload = '${ask:a}'"), 2, |kind| matches!(kind, Kind::Asks)),
        (rule("format = 'hex'"), 1, |kind| matches!(kind, Kind::Needs { key: "format", other: "payload" })),
        (rule("delay = '1s'"), 1, |kind| matches!(kind, Kind::Needs { key: "delay", other: "payload" })),
        (rule("in_turn = true\nalarm = true"), 1, |kind| matches!(kind, Kind::Needs { key: "in_turn", .. })),
        (rule("payload = 'a'\nanswers = [{ payload = 'b' }]"), 1, |kind| {
            matches!(kind, Kind::Excludes { key: "payload", other: "answers" })
        }),
        (rule("answers = [{ delay = '1s' }]"), 2, |kind| matches!(kind, Kind::Needs { .. })),
        (rule("answers = []"), 2, |kind| matches!(kind, Kind::Needs { .. })),
        (rule("when = 'closed'\npayload = 'a'"), 1, |kind| matches!(kind, Kind::SendsToNobody)),
        (rule("payload = 'a'\ntimes = 0"), 3, |kind| matches!(kind, Kind::NotA { key: "times", .. })),
        (rule("payload = 'a'\nend = 'kill'"), 3, |kind| matches!(kind, Kind::NotOneOf { key: "end", .. })),
        (rule("stop_repeat = 1"), 2, |kind| matches!(kind, Kind::NotA { key: "stop_repeat", .. })),
        (rule("alarm = 'yes'"), 2, |kind| matches!(kind, Kind::NotA { key: "alarm", .. })),
        (rule("payload = 'a'").repeat(MAX_RULES + 1), 1 + 2 * MAX_RULES, |kind| {
            matches!(kind, Kind::TooManyRules)
        }),
    ] {
        let error = read(&text).unwrap_err();
        let shown = &text[..text.floor_char_boundary(200)];
        assert!(is_right(&error.kind), "{shown}: {error:?}");
        assert_eq!(error.line, line, "{shown}: {error:?}");
    }
}

#[test]
fn many_expressions_are_searched_for_at_once_with_the_same_result() {
    let rules: String = (0..100)
        .map(|number| format!("[[rules]]\nwhen.regex = '^V{number}=(\\d+)$'\npayload = '{number}:${{1}}'\n"))
        .collect();
    let mut scene = Scene::new(&format!("limit = 0\n{rules}"));
    for number in 0..100 {
        let said = scene.receive(format!("V{number}=7{number}").as_bytes());
        assert_eq!(said, [format!("{number}: {number}:7{number} > #1 frame")]);
    }
    assert!(scene.receive(b"V100=1").is_empty());
}

proptest! {
    /// The expressions together and each by itself agree, in every encoding.
    #[test]
    fn an_expression_matches_alone_if_and_only_if_it_does_among_others(
        words in prop::collection::vec(
            prop::sample::select(vec!["a", "b", "1", "\r", "\n", "你", "好", "OK", " ", "|"]), 0..20),
        encoding in prop::sample::select(&Encoding::ALL[..]),
        noise in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let mut bytes = Vec::new();
        for word in words {
            // Encodings lack some of the words.
            let _ = encoding.encode(word, &mut bytes);
        }
        bytes.extend(noise);
        let expressions = ["a+b", "^a.*b$", "你|好 ", r"\bOK\b", "(?s)1.{2,}1", "[^a]$", "", r"\|"];
        let expressions: Vec<_> = expressions.into_iter().filter(|text| !text.is_empty()).collect();
        let rule = |expression: &&str| format!("[[rules]]\ngo_on = true\nwhen.regex = '{expression}'\npayload = 'x'\n");
        let all: String = expressions.iter().map(rule).collect();
        let together = Scene::new(&all).receive_from(1, encoding, &bytes, 0).len();
        let apart = |expression: &&str| Scene::new(&rule(expression)).receive_from(1, encoding, &bytes, 0).len();
        prop_assert_eq!(together, expressions.iter().map(apart).sum::<usize>());
    }
}
