//! Rules: the file of `--rules`, `wirelab rules check`, and how often each rule has applied.

use super::process::{Outcome, say, stdout};
use super::text_file::{read_text, shown};
use crate::codec::{Encoding, StreamDecoder, write_hex};
use crate::engine::SessionHandle;
use crate::lang::{Language, explain, explain_payload, explain_sequence, rule_name};
use crate::model::{ConnectionId, Failure, Operation, Status, Timestamp, Transport};
use crate::payload::{self, Context, Format};
use crate::rules::{End, Reaction, Repeats, RuleSet, Run, read};
use crate::sequence::From;
use serde::Serialize;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Rules, and what is received.
#[derive(Debug)]
pub(super) struct Plan {
    pub file: PathBuf,
    pub received: Option<Received>,
    pub from: SocketAddr,
    pub encoding: Encoding,
    pub is_json: bool,
}

/// What is received, as it is typed.
#[derive(Debug)]
pub(super) enum Received {
    Hex(String),
    Text(String),
}

/// Something that would be done.
#[derive(Debug, Default, Serialize)]
struct Done {
    /// The number of the rule, from 1; 0 is no rule but the limit.
    rule: usize,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    kind: &'static str,
    /// In seconds.
    after: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// A rule and how often it has applied, in the summary of a session.
#[derive(Debug, Serialize)]
pub(super) struct Fired {
    rule: usize,
    name: String,
    fired: u64,
}

/// The rules of a file; `None`: there are none, which was said.
fn load(file: &Path) -> Option<Arc<RuleSet>> {
    let (name, words) = (shown(file), Language::English.words());
    let text = match read_text(file) {
        Ok(text) => text,
        Err(error) => {
            say(&explain(words, &Failure::from_io(Operation::Read, &name, &error)));
            return None;
        }
    };
    let read = read(&text).inspect_err(|error| say(&format!("{name}: {}", explain_sequence(words, error))));
    read.ok().map(Arc::new)
}

/// The rules of a session that is to have those of `file`, or none. `None`: the file has none, which was said.
pub(super) fn of_session(file: Option<&Path>) -> Option<Option<Arc<RuleSet>>> {
    file.map_or(Some(None), |file| load(file).map(Some))
}

/// Lets a session answer by rules, if there are any.
///
/// # Errors
/// The session does not take them.
pub(super) fn set(
    session: &SessionHandle,
    rules: Option<&Arc<RuleSet>>,
    encoding: Encoding,
) -> io::Result<()> {
    let Some(rules) = rules else { return Ok(()) };
    let set = session.set_rules(Some((rules.clone(), encoding.into())));
    set.map_err(|failure| io::Error::other(explain(Language::English.words(), &failure)))
}

/// How often each rule has applied; `None` without rules.
pub(super) fn fired(set: Option<&RuleSet>, status: &Status) -> Option<Vec<Fired>> {
    let rules = set?.rules.iter().zip(status.rules.as_ref()?.all()).enumerate();
    let fired = rules.map(|(index, (rule, fired))| Fired { rule: index + 1, name: rule.name.clone(), fired });
    Some(fired.collect())
}

/// Says how often rules have applied, at the end of a session.
pub(super) fn say_fired(set: Option<&RuleSet>, status: &Status) {
    let Some(fired) = fired(set, status) else { return };
    let words = Language::English.words();
    let applied = fired.iter().filter(|rule| rule.fired > 0);
    let applied: Vec<_> =
        applied.map(|rule| format!("{}: {}", rule_name(words, rule.rule, &rule.name), rule.fired)).collect();
    match &applied[..] {
        [] => say("No rule has applied."),
        _ => say(&format!("Rules have applied: {}.", applied.join(", "))),
    }
}

/// Says what the rules would do.
pub(super) fn run(plan: &Plan) -> Outcome {
    let Some(set) = load(&plan.file) else { return Outcome::Usage };
    let Some(received) = &plan.received else {
        let count = set.rules.len();
        let text = format!("{}: {count} {}.", shown(&plan.file), if count == 1 { "rule" } else { "rules" });
        return print(plan, &[], &text, Outcome::Done);
    };
    let (format, input) = match received {
        Received::Hex(input) => (Format::Hex, input),
        Received::Text(input) => (Format::Text, input),
    };
    let options = payload::Options { format, ..payload::Options::default() };
    match payload::encode(input, &options, plan.encoding) {
        Ok(bytes) => {
            let done = done(&set, &bytes, plan);
            let outcome = if done.is_empty() { Outcome::LeftOut } else { Outcome::Done };
            print(plan, &done, "No rule applies.", outcome)
        }
        Err(error) => {
            say(&explain_payload(Language::English.words(), &error));
            Outcome::Usage
        }
    }
}

/// What is done of bytes, in order.
fn done(set: &Arc<RuleSet>, bytes: &[u8], plan: &Plan) -> Vec<Done> {
    let start = Instant::now();
    let time = Timestamp::from_system(SystemTime::now());
    let mut all = Vec::new();
    let mut run = Run::new(set.clone());
    // A datagram: an unfinished frame has no other read to be finished by.
    let from = From { id: ConnectionId(1), transport: Transport::Udp, peer: plan.from };
    let mut add = |now: Instant, reaction: Reaction<'_, ()>| {
        let after = now.saturating_duration_since(start).as_secs_f64();
        all.push(Done { after, ..described(set, reaction, plan) });
    };
    run.received(from, plan.encoding, bytes, &(), time, start, &mut |reaction| add(start, reaction));
    while let Some(at) = run.next() {
        run.due(at, &mut |reaction| add(at, reaction));
    }
    all
}

fn described(set: &RuleSet, reaction: Reaction<'_, ()>, plan: &Plan) -> Done {
    let text = |kind, rule: usize, text: &str| Done {
        rule: rule + 1,
        name: set.rules[rule].name.clone(),
        kind,
        text: Some(text.to_owned()),
        ..Done::default()
    };
    match reaction {
        Reaction::Answer { rule, answer, count, captures, .. } => {
            let of_rule = &set.rules[rule];
            let encoding = of_rule.encoding.unwrap_or(plan.encoding);
            let now = SystemTime::now();
            let offset = chrono::Offset::fix(chrono::DateTime::<chrono::Local>::from(now).offset());
            let context = Context {
                now: Timestamp::from_system(now),
                utc_offset_seconds: offset.local_minus_utc(),
                peer: Some(plan.from),
                count,
                captures,
                ..Context::of(encoding)
            };
            match of_rule.answers[answer].payload.build(&context) {
                Ok(built) => {
                    let mut hex = String::new();
                    write_hex(&built.bytes, &mut hex, "");
                    let mut decoded = String::new();
                    let mut decoder = StreamDecoder::new(encoding);
                    decoder.decode(&built.bytes, &mut decoded);
                    decoder.finish(&mut decoded);
                    Done { bytes: Some(built.bytes.len()), hex: Some(hex), ..text("answer", rule, &decoded) }
                }
                Err(error) => text("error", rule, &explain_payload(Language::English.words(), &error)),
            }
        }
        Reaction::End { rule, end, .. } => {
            let kind = if end == End::Close { "close" } else { "reset" };
            Done { text: None, ..text(kind, rule, "") }
        }
        Reaction::Bookmark { rule, text: note, .. } => text("bookmark", rule, note),
        Reaction::Note { rule, text: note, .. } => text("note", rule, note),
        Reaction::StopRepeat { rule, repeats } => match repeats {
            Repeats::All => Done { text: None, ..text("stop_repeat", rule, "") },
            Repeats::Named(name) => text("stop_repeat", rule, name),
        },
        Reaction::Alarm { rule, .. } => Done { text: None, ..text("alarm", rule, "") },
        Reaction::Limited { .. } => Done { kind: "limit", ..Done::default() },
        Reaction::Overfull => Done { kind: "overfull", ..Done::default() },
    }
}

fn print(plan: &Plan, done: &[Done], otherwise: &str, outcome: Outcome) -> Outcome {
    let lines = || -> io::Result<()> {
        let mut out = stdout()?;
        for done in done {
            if plan.is_json {
                writeln!(out, "{}", serde_json::to_string(done)?)?;
            } else {
                let mut line = String::new();
                crate::export::push_visible(&in_words(done), &mut line);
                writeln!(out, "{line}")?;
            }
        }
        if done.is_empty() && !plan.is_json {
            writeln!(out, "{otherwise}")?;
        }
        out.flush()
    };
    match lines() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            say(&format!("Could not write to standard output: {error}."));
            Outcome::LeftOut
        }
        _ => outcome,
    }
}

fn in_words(done: &Done) -> String {
    let rule = rule_name(Language::English.words(), done.rule, &done.name);
    let after = match done.after {
        0.0 => String::new(),
        after => {
            let after = Duration::from_secs_f64(after);
            format!(" after {}", crate::model::units::duration_text(after))
        }
    };
    let text = done.text.as_deref().unwrap_or_default();
    match (done.rule, &done.hex) {
        (0, _) => done.kind.to_owned(),
        (_, Some(hex)) => {
            let spaced: Vec<_> = hex.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
            format!("{rule}: answer{after}, {} B: {}  {text}", hex.len() / 2, spaced.join(" "))
        }
        (_, None) if text.is_empty() => format!("{rule}: {}{after}", done.kind.replace('_', " ")),
        (_, None) => format!("{rule}: {}{after}: {text}", done.kind.replace('_', " ")),
    }
}
