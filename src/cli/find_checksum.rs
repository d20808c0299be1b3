//! `wirelab find-checksum`: names the checksum and the length field of frames, from recordings, from files with a line of
//! hex for each, or from the command line.

use super::interrupt::Interrupt;
use super::process::{Outcome, say, stdout};
use super::source::{Source, is_standard_input};
use crate::capture::{Cursor, Opened};
use crate::codec::Encoding;
use crate::finder::{Counts, Findings, Group, LengthField, MOST_FRAMES, Missing, Part, find};
use crate::frames::{Assembler, FrameSink, FramedSettings, ShownKind, StreamFrame};
use crate::framing::Framing;
use crate::import::sniff;
use crate::lang::{Language, explain, explain_payload};
use crate::model::{Direction, Failure, FailureKind, Operation, RecordKind};
use crate::payload::checksum::Spec;
use crate::payload::{Error, Format, Options, encode};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Bound on the size of a text file, in bytes.
const MOST_TEXT_BYTES: u64 = 16 << 20;

/// The most candidates that are printed as text; JSON has all.
const MOST_LINES: usize = 10;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Recordings, captures, or text.
    pub files: Vec<PathBuf>,
    /// Frames in hex.
    pub hex: Vec<String>,
    /// How recordings are divided; `None`: each read is a frame.
    pub framing: Option<Framing>,
    pub is_json: bool,
}

pub(super) fn run(plan: &Plan) -> Outcome {
    let mut frames = Frames::default();
    for (number, text) in (1..).zip(&plan.hex) {
        if let Err(problem) = frames.add_hex(text, 1) {
            say(&format!("--hex number {number}: {problem}"));
            return Outcome::Usage;
        }
    }
    let interrupt = Interrupt::install();
    let mut is_damaged = false;
    for file in &plan.files {
        match frames.add_file(file, plan.framing.as_ref(), &interrupt) {
            Ok(true) => {}
            Ok(false) => {
                say("Interrupted: nothing was looked for.");
                return Outcome::LeftOut;
            }
            Err(Problem::Unreadable(text)) => {
                say(&text);
                return Outcome::Usage;
            }
            // What can be read counts.
            Err(Problem::Damaged(text)) => {
                say(&text);
                is_damaged = true;
            }
        }
    }
    let all: Vec<&[u8]> = frames.different.iter().map(Vec::as_slice).collect();
    let findings = find(&all);
    let lines = if plan.is_json { objects(&findings) } else { told(&findings) };
    match print(&lines) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            say(&format!("Could not write to standard output: {error}."));
            Outcome::LeftOut
        }
        _ if is_damaged => Outcome::Usage,
        _ if findings.checksums.claimed().is_some() || findings.lengths.claimed().is_some() => Outcome::Done,
        _ => Outcome::LeftOut,
    }
}

fn print(lines: &[String]) -> io::Result<()> {
    let mut out = stdout()?;
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}

/// Why a file has no frames, or not all of them, in words.
enum Problem {
    Unreadable(String),
    Damaged(String),
}

/// The frames that differ, as many as count.
#[derive(Default)]
struct Frames {
    different: Vec<Vec<u8>>,
    seen: HashSet<Vec<u8>>,
}

impl Frames {
    fn is_full(&self) -> bool {
        self.different.len() >= MOST_FRAMES
    }

    fn add(&mut self, frame: &[u8]) {
        if !self.is_full() && !frame.is_empty() && self.seen.insert(frame.to_vec()) {
            self.different.push(frame.to_vec());
        }
    }

    /// Adds a frame in hex. `line`: where it stands, for the error.
    fn add_hex(&mut self, text: &str, line: usize) -> Result<(), String> {
        let options = Options { format: Format::Hex, ..Options::default() };
        let frame = encode(text, &options, Encoding::Utf8)
            .map_err(|error| explain_payload(Language::English.words(), &Error { line, ..error }))?;
        self.add(&frame);
        Ok(())
    }

    /// Adds what was received in a recording or a capture, or each line of a text. `false`: interrupted.
    fn add_file(
        &mut self,
        path: &Path,
        framing: Option<&Framing>,
        interrupt: &Interrupt,
    ) -> Result<bool, Problem> {
        let words = Language::English.words();
        let is_text = is_standard_input(path)
            || matches!(sniff(path), Err(Failure { kind: FailureKind::NoCapture, .. }));
        if is_text {
            return self.add_lines(path).map(|()| true).map_err(Problem::Unreadable);
        }
        let unreadable = |failure| Problem::Unreadable(explain(words, &failure));
        let Some(mut source) = Source::open(path, interrupt).map_err(unreadable)? else { return Ok(false) };
        let mut damage = None;
        if let Some(opened) = &mut source.opened
            && !self.add_received(opened, framing, interrupt, &mut damage)
        {
            return Ok(false);
        }
        let end = source.tell_what_is_missing();
        match damage.or(end) {
            Some(failure) => Err(Problem::Damaged(explain(words, &source.named(failure)))),
            None => Ok(true),
        }
    }

    /// Adds each read and datagram that was received, or each frame of them. `false`: interrupted.
    fn add_received(
        &mut self,
        opened: &mut Opened,
        framing: Option<&Framing>,
        interrupt: &Interrupt,
        damage: &mut Option<Failure>,
    ) -> bool {
        let mut cursor = Cursor::new(opened.reader.snapshot());
        let mut at = cursor.snapshot().start();
        let received = framing.cloned();
        let settings = FramedSettings { received, ..FramedSettings::default() };
        let mut assembler = Assembler::new(&settings);
        while !self.is_full() {
            if interrupt.is_set() {
                return false;
            }
            let next = cursor.next(at).and_then(|position| match position {
                Some(position) => Ok(cursor.read(position)?.map(|entry| {
                    let record = &entry.record;
                    if let Some(framing) = framing {
                        assembler.entry(&entry, &mut Divided { framing, frames: self });
                    } else if record.kind == RecordKind::Data && record.direction == Direction::Inbound {
                        self.add(record.payload);
                    }
                    entry.end
                })),
                None => Ok(None),
            });
            match next {
                Ok(Some(end)) => at = end,
                Ok(None) => break,
                // The next intact block is known only after the whole file was scanned.
                Err(failure) if damage.is_none() => {
                    *damage = Some(failure);
                    opened.indexing.wait();
                    cursor.update(opened.reader.snapshot());
                }
                Err(_) => break,
            }
        }
        if let Some(framing) = framing {
            // A pause or the end of a connection may be what ends the last frame.
            assembler.finish(&mut Divided { framing, frames: self });
        }
        true
    }

    /// Adds each line of a text, which is hex.
    fn add_lines(&mut self, path: &Path) -> Result<(), String> {
        let name = if is_standard_input(path) { "standard input".into() } else { path.display().to_string() };
        let text = read_text(path).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => {
                format!("{name} is neither a recording, nor a capture, nor text with a line of hex for each frame.")
            }
            _ => explain(Language::English.words(), &Failure::from_io(Operation::Read, &name, &error)),
        })?;
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            self.add_hex(line, number).map_err(|problem| format!("{name}: {problem}"))?;
        }
        Ok(())
    }
}

/// Adds whole frames, without delimiter, marks and escapes: what `--check` is computed over.
struct Divided<'a> {
    framing: &'a Framing,
    frames: &'a mut Frames,
}

impl FrameSink for Divided<'_> {
    fn frame(&mut self, frame: &StreamFrame<'_>) {
        if frame.kind == ShownKind::Frame {
            self.frames.add(&self.framing.checked(frame.record.payload));
        }
    }
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let mut input: Box<dyn Read> =
        if is_standard_input(path) { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    input.by_ref().take(MOST_TEXT_BYTES).read_to_string(&mut text)?;
    match text.len() as u64 == MOST_TEXT_BYTES {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(text),
    }
}

/// `1 frame`, `2 frames`.
fn counted(count: impl Into<u64>, thing: &str) -> String {
    match count.into() {
        1 => format!("1 {thing}"),
        count => format!("{count} {thing}s"),
    }
}

fn told(findings: &Findings) -> Vec<String> {
    let Findings { frames, shortest, longest, left_out, checksums, lengths } = findings;
    let sizes = match shortest == longest {
        true => counted(*longest as u64, "byte"),
        false => format!("{shortest} to {longest} bytes"),
    };
    let mut lines = vec![format!("{}, {sizes}", counted(*frames as u64, "different frame"))];
    if *left_out > 0 {
        lines.push(format!("Left out: {}, too long or too many.", counted(*left_out as u64, "frame")));
    }
    part(&mut lines, "Checksum", checksums, ToString::to_string);
    part(&mut lines, "Length", lengths, |field| format!("{field}  ({})", counts(field)));
    lines
}

/// What a length counts, in words.
fn counts(field: &LengthField) -> String {
    match field.counts() {
        Counts::Whole => "counts the whole frame".into(),
        Counts::Rest => "counts what follows it".into(),
        Counts::More(bytes) => format!("counts what follows it and {} more", counted(bytes as u64, "byte")),
        Counts::Less(bytes) => format!("counts what follows it without {}", counted(bytes as u64, "byte")),
    }
}

/// Says what was found of one kind: what is claimed, or else all candidates.
fn part<T>(lines: &mut Vec<String>, what: &str, part: &Part<T>, text: impl Fn(&T) -> String) {
    if let Some(missing) = part.missing {
        lines.push(format!("{what}: {}", lacking(missing)));
        return;
    }
    let Some(first) = part.groups.first() else {
        lines.push(format!(
            "{what}: none of {} possibilities fits all frames. A read that is no whole frame spoils the search.",
            part.tried
        ));
        return;
    };
    if first.is_claimed {
        lines.push(format!("{what}: {}", first.candidates.first().map(&text).unwrap_or_default()));
        lines.push(format!("  claimed: {} false ones expected by chance", expected(first.expected_false)));
        list(lines, "  these frames cannot tell it from: ", first, 1, MOST_LINES, &text);
        return;
    }
    let frames = match (what, first.frames_wanted) {
        ("Length", 1) => "frame of another length is",
        ("Length", _) => "frames of other lengths are",
        (_, 1) => "different frame is",
        _ => "different frames are",
    };
    lines.push(format!("{what}: not sure, {} more {frames} wanted", first.frames_wanted));
    let mut room = MOST_LINES;
    for group in &part.groups {
        let before = format!("  candidate ({} expected by chance): ", expected(group.expected_false));
        room = list(lines, &before, group, 0, room, &text);
    }
}

/// Lists the candidates of a group from one on, and says how many have no room. Returns the room that is left.
fn list<T>(
    lines: &mut Vec<String>,
    before: &str,
    group: &Group<T>,
    from: usize,
    room: usize,
    text: impl Fn(&T) -> String,
) -> usize {
    let candidates = &group.candidates[from.min(group.candidates.len())..];
    lines.extend(candidates.iter().take(room).map(|candidate| format!("{before}{}", text(candidate))));
    let more = candidates.len().saturating_sub(room) + group.left_out;
    if more > 0 && room > 0 {
        lines.push(format!("  and {more} more"));
    }
    room.saturating_sub(candidates.len())
}

/// A number of false candidates: `0.017`, `270`, `2e-9`.
fn expected(count: f64) -> String {
    match count {
        count if count >= 10.0 => format!("{count:.0}"),
        count if count >= 0.001 => {
            let text = format!("{count:.3}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        count => format!("{count:.0e}"),
    }
}

fn lacking(missing: Missing) -> String {
    match missing {
        Missing::Frames => "there are no frames".into(),
        Missing::Longer { shortest } => {
            format!("a frame of {} has no room for a checksum and data", counted(shortest as u64, "byte"))
        }
        Missing::Lengths { length } => {
            format!(
                "all frames have {}; frames of different lengths are wanted",
                counted(length as u64, "byte")
            )
        }
    }
}

/// An object for each candidate, and one for the whole.
fn objects(findings: &Findings) -> Vec<String> {
    let checksum = |spec: &Spec| ("checksum", json!({ "checksum": spec.to_string() }));
    let length =
        |field: &LengthField| ("length", json!({ "framing": field.to_string(), "counts": counts(field) }));
    let mut lines = Vec::new();
    candidates(&mut lines, &findings.checksums, checksum);
    candidates(&mut lines, &findings.lengths, length);
    let Findings { frames, shortest, longest, left_out, checksums, lengths } = findings;
    let summary = json!({
        "kind": "result",
        "frames": frames,
        "shortest": shortest,
        "longest": longest,
        "left_out": left_out,
        "checksum": checksums.claimed().map(ToString::to_string),
        "checksums_tried": checksums.tried,
        "checksum_missing": checksums.missing.map(lacking),
        "length": lengths.claimed().map(ToString::to_string),
        "lengths_tried": lengths.tried,
        "length_missing": lengths.missing.map(lacking),
    });
    lines.push(summary.to_string());
    lines
}

fn candidates<T>(lines: &mut Vec<String>, part: &Part<T>, of: impl Fn(&T) -> (&'static str, Value)) {
    for (number, group) in (1..).zip(&part.groups) {
        for candidate in &group.candidates {
            let (kind, mut object) = of(candidate);
            object["kind"] = kind.into();
            object["group"] = Value::from(number);
            object["claimed"] = group.is_claimed.into();
            object["false_expected"] = group.expected_false.into();
            object["frames_wanted"] = group.frames_wanted.into();
            lines.push(object.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_false_ones_are_short() {
        for (count, text) in [(270.4, "270"), (1.5, "1.5"), (2.0, "2"), (0.0171, "0.017"), (2.3e-9, "2e-9")] {
            assert_eq!(expected(count), text);
        }
        assert_eq!(counted(1_u64, "frame"), "1 frame");
        assert_eq!(counted(0_u64, "frame"), "0 frames");
    }
}
