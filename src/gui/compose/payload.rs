//! From the text in the payload field to the bytes that are sent, or an error with its place in the text.

use crate::codec::{Encoding, HexErrorKind};
use crate::engine::Message;
use crate::lang::{Words, explain_checksum, explain_payload, fill};
use crate::model::Timestamp;
use crate::payload::checksum::Spec;
use crate::payload::{Answers, Built, Context, Error, ErrorKind, Options, PartKind, Payload, QuestionKind};
use crate::settings::TabSettings;
use crate::streams::Encodings;
use chrono::{Local, Offset as _};
use std::net::SocketAddr;
use std::ops::Range;
use std::rc::Rc;
use std::time::SystemTime;

/// How the variable begins whose value depends on the recipient.
const PEER_VARIABLE: &str = "${peer";

/// The recipient in a preview while none is known: an address that is reserved for examples (RFC 5737).
const EXAMPLE_PEER: ([u8; 4], u16) = ([192, 0, 2, 1], 5000);

/// An error in the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadError {
    /// The explanation, in the language of the window.
    pub text: String,
    /// The wrong part, in bytes of the field's text; empty if it is not the text that is wrong.
    pub range: Range<usize>,
    /// Only the second digit of the last byte is missing: not an error while it is typed.
    pub is_unfinished: bool,
}

/// The checksum of a form; `None`: none is added.
///
/// # Errors
/// Its text is wrong, perhaps written by another version of the program.
pub fn checksum(form: &TabSettings, words: &Words) -> Result<Option<Spec>, String> {
    let text = form.checksum.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| explain_checksum(words, text, &error))
}

/// Reads the payload of a form.
///
/// # Errors
/// What is wrong for every recipient.
pub fn parse(form: &TabSettings, words: &Words) -> Result<Payload, PayloadError> {
    let checksum = checksum(form, words).map_err(|reason| PayloadError {
        text: fill(&words.payload_refused, &[("reason", &reason)]),
        range: 0..0,
        is_unfinished: false,
    })?;
    let options = Options {
        format: form.payload_format,
        line_ending: form.line_ending,
        is_template: form.is_template,
        checksum,
    };
    Payload::parse(&form.payload, &options).map_err(|error| explained(form, error, words))
}

/// Encodes the payload of a form, with examples for what is not known before it is sent.
///
/// # Errors
/// The text has a character that the encoding lacks, is not valid hex, or has a value that is not possible.
pub fn encode(form: &TabSettings, encoding: Encoding, words: &Words) -> Result<Vec<u8>, PayloadError> {
    Ok(preview(&parse(form, words)?, form, encoding, None)
        .map_err(|error| explained(form, error, words))?
        .bytes)
}

/// What the session evaluates for each recipient.
#[must_use]
pub fn message(payload: Payload, encodings: Encodings, form: &TabSettings) -> Message {
    let mut answers = Answers::default();
    for (name, answer) in &form.answers {
        answers.set(name, answer);
    }
    let mut message = Message::new(payload, encodings);
    message.answers = answers.into();
    message.count = form.sent_count;
    message
}

/// The bytes for a recipient if they were sent now. Times and random values are examples.
pub(super) fn preview(
    payload: &Payload,
    form: &TabSettings,
    encoding: Encoding,
    peer: Option<SocketAddr>,
) -> Result<Built, Error> {
    let mut answers = Answers::default();
    for question in payload.questions() {
        let remembered = form.answers.get(&question.name).filter(|answer| question.check(answer).is_ok());
        answers.set(&question.name, remembered.cloned().unwrap_or_else(|| example(question.kind)));
    }
    let now = SystemTime::now();
    let offset = chrono::DateTime::<Local>::from(now).offset().fix();
    payload.build(&Context {
        now: Timestamp::from_system(now),
        utc_offset_seconds: offset.local_minus_utc(),
        seed: 0,
        count: form.sent_count,
        peer: peer.or(Some(EXAMPLE_PEER.into())),
        answers: &answers,
        ..Context::of(encoding)
    })
}

/// An answer to a question that was not asked yet.
fn example(kind: QuestionKind) -> String {
    match kind {
        QuestionKind::Number { least, most } => 0.clamp(least, most).to_string(),
        QuestionKind::Text { least, most } => "?".repeat(least.max(1).min(most)),
        QuestionKind::Hex { least, most } => "00".repeat(least.max(1).min(most)),
    }
}

fn explained(form: &TabSettings, error: Error, words: &Words) -> PayloadError {
    PayloadError {
        text: fill(&words.payload_refused, &[("reason", &explain_payload(words, &error))]),
        is_unfinished: matches!(error.kind, ErrorKind::Hex(HexErrorKind::LoneDigit(_)))
            && error.range.end == form.payload.trim_end().len(),
        range: error.range,
    }
}

/// A payload in the encodings of its recipients, or why it cannot be sent.
pub type Encoded = Result<Vec<(Encoding, Built)>, PayloadError>;

/// The bytes for the first recipient, whose number is shown.
#[must_use]
pub fn first_bytes(encoded: &Encoded) -> Option<&[u8]> {
    first(encoded).map(|built| &built.bytes[..])
}

/// The bytes for the first recipient, and what they are.
#[must_use]
pub fn first(encoded: &Encoded) -> Option<&Built> {
    encoded.as_ref().ok()?.first().map(|(_, built)| built)
}

/// Whether some of it is an example: each send has other bytes there.
#[must_use]
pub fn has_examples(built: &Built) -> bool {
    built.parts.iter().any(|(_, kind)| *kind == PartKind::Example)
}

/// The payload in its encodings as it was last asked for, so that a long one is not encoded in each frame, and the time in
/// it does not move.
#[derive(Default)]
pub struct EncodedPayload {
    /// The first recipient.
    pub peer: Option<SocketAddr>,
    known: Option<Known>,
}

/// What a result depends on, and the result.
struct Known {
    /// Of the form only what the bytes depend on.
    form: TabSettings,
    peer: Option<SocketAddr>,
    words: *const Words,
    encodings: Vec<Encoding>,
    result: Rc<Encoded>,
}

impl EncodedPayload {
    #[cfg(test)]
    fn is_known(&self, form: &TabSettings, encodings: &[Encoding], words: &Words) -> bool {
        self.known.as_ref().is_some_and(|known| known.is_for(form, self.peer, encodings, words))
    }

    /// The result for what is in the form now, for recipients with these encodings: that of the first one first.
    pub fn get(&mut self, form: &TabSettings, encodings: &[Encoding], words: &Words) -> Rc<Encoded> {
        if let Some(known) = &self.known
            && known.is_for(form, self.peer, encodings, words)
        {
            return known.result.clone();
        }
        let result = Rc::new(self.encode(form, encodings, words));
        let of_payload = TabSettings {
            payload_format: form.payload_format,
            line_ending: form.line_ending,
            payload: form.payload.clone(),
            is_template: form.is_template,
            checksum: form.checksum.clone(),
            sent_count: form.sent_count,
            answers: form.answers.clone(),
            ..TabSettings::default()
        };
        self.known = Some(Known {
            form: of_payload,
            peer: self.peer,
            // The error's text depends on the language; each language has one table at a fixed address.
            words: std::ptr::from_ref(words),
            encodings: encodings.to_vec(),
            result: result.clone(),
        });
        result
    }

    fn encode(&self, form: &TabSettings, encodings: &[Encoding], words: &Words) -> Encoded {
        let payload = parse(form, words)?;
        let mut each = Vec::new();
        for encoding in encodings {
            // Only the first one is shown; the others must be possible.
            let built = preview(&payload, form, *encoding, self.peer);
            each.push((*encoding, built.map_err(|error| explained(form, error, words))?));
        }
        Ok(each)
    }
}

impl Known {
    fn is_for(
        &self,
        form: &TabSettings,
        peer: Option<SocketAddr>,
        encodings: &[Encoding],
        words: &Words,
    ) -> bool {
        let (known, is_template) = (&self.form, form.is_template);
        std::ptr::eq(self.words, words)
            && self.encodings == encodings
            && known.payload_format == form.payload_format
            && known.line_ending == form.line_ending
            && known.is_template == is_template
            && known.checksum == form.checksum
            && (!is_template
                || ((self.peer == peer || !form.payload.contains(PEER_VARIABLE))
                    && known.sent_count == form.sent_count
                    && known.answers == form.answers))
            && known.payload == form.payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use crate::settings::TabKind;

    fn form(payload: &str) -> TabSettings {
        TabSettings { payload: payload.into(), is_template: true, ..TabSettings::new(TabKind::TcpServer) }
    }

    #[test]
    fn a_preview_stays_until_something_it_depends_on_changes() {
        let words = Language::English.words();
        let mut encoded = EncodedPayload::default();
        let mut form = form("${time:%H:%M:%S%.9f} ${counter}");
        let first = encoded.get(&form, &[Encoding::Utf8], words);
        assert!(
            Rc::ptr_eq(&first, &encoded.get(&form, &[Encoding::Utf8], words)),
            "the clock does not matter"
        );
        assert!(has_examples(super::first(&first).unwrap()));
        let mut last = first;
        let mut changed = |form: &TabSettings, encoded: &mut EncodedPayload, what: &str| {
            let next = encoded.get(form, &[Encoding::Utf8], words);
            assert!(!Rc::ptr_eq(&last, &next), "{what}");
            last = next;
        };
        form.sent_count = 1;
        changed(&form, &mut encoded, "the counter");
        encoded.peer = Some(([127, 0, 0, 1], 1).into());
        assert!(encoded.is_known(&form, &[Encoding::Utf8], words), "it has no recipient in it");
        form.payload += "${peer}";
        changed(&form, &mut encoded, "the payload");
        encoded.peer = Some(([127, 0, 0, 1], 2).into());
        changed(&form, &mut encoded, "the recipient");
        form.answers.insert("a".into(), "1".into());
        changed(&form, &mut encoded, "an answer");
        form.checksum = "SUM-8".into();
        changed(&form, &mut encoded, "the checksum");
        form.is_template = false;
        changed(&form, &mut encoded, "the switch");
    }

    #[test]
    fn what_is_asked_for_has_an_example_until_it_is_answered() {
        let words = Language::English.words();
        let mut form = form("${ask:a:%02d:5..9}${ask:b}${ask:c:hex:2..3}${peer:port}");
        assert_eq!(encode(&form, Encoding::Utf8, words).unwrap(), b"05?\0\x005000");
        form.answers.insert("a".into(), "7".into());
        form.answers.insert("c".into(), "01 02 03 04".into());
        assert_eq!(encode(&form, Encoding::Utf8, words).unwrap(), b"07?\0\x005000", "too long an answer");
    }

    #[test]
    fn a_checksum_that_is_not_known_is_told_and_nothing_is_sent() {
        let form = TabSettings { checksum: "CRC-99/FUTURE".into(), ..form("a") };
        let error = encode(&form, Encoding::Utf8, Language::English.words()).unwrap_err();
        assert!(error.text.contains("CRC-99/FUTURE") && error.range.is_empty(), "{}", error.text);
    }
}
