//! Switching the payload between its formats: the same bytes in the other format, and back by undo. Text is that of
//! the recipients if all of them have one encoding, or else of the tab.

use crate::codec::Encoding;
use crate::gui::compose::payload::PayloadError;
use crate::lang::{Words, explain_payload, fill};
use crate::payload::{Format, convert, convert_template};
use crate::settings::{HistoryEntry, TabSettings};

/// What a switch replaced, until the payload is edited.
#[derive(Clone, Debug, Default)]
pub struct Switch {
    replaced: Option<Replaced>,
    /// The recipients would have had different results: their encodings, and that of the tab, which was used.
    differing: Option<(Vec<Encoding>, Encoding)>,
    /// Why the last switch was refused, for the payload that was not switched.
    refused: Option<(String, Encoding, PayloadError)>,
}

#[derive(Clone, Debug)]
struct Replaced {
    before: HistoryEntry,
    after: HistoryEntry,
}

impl Switch {
    /// Shows the payload of a form in another format; `encodings` are those of its recipients. A payload that has none
    /// there stays as it is, and [`refused`](Self::refused) says why.
    pub fn switch(&mut self, form: &mut TabSettings, to: Format, encodings: &[Encoding], words: &Words) {
        if form.payload_format == to {
            return;
        }
        let before = entry(form);
        let encoding = encoding_of(form, encodings);
        let convert = if form.is_template { convert_template } else { convert };
        match convert(&form.payload, before.format, to, encoding) {
            Ok(payload) => {
                let is_same = |other: &Encoding| {
                    convert(&form.payload, before.format, to, *other)
                        .is_ok_and(|converted| converted == payload)
                };
                let is_clear = encodings.len() < 2 || encodings.iter().all(is_same);
                let differing = (!is_clear).then(|| (encodings.to_vec(), encoding));
                form.payload = payload;
                form.payload_format = to;
                let replaced = Some(Replaced { before, after: entry(form) });
                *self = Self { replaced, differing, refused: None };
            }
            Err(error) => {
                let text = explain_payload(words, &error);
                let error = PayloadError { text, range: error.range, is_unfinished: false };
                self.refused = Some((before.payload, encoding, error));
            }
        }
    }

    /// Undoes the last switch, if the payload was not edited since. Returns whether it did.
    pub fn undo(&mut self, form: &mut TabSettings) -> bool {
        let Some(Replaced { before, .. }) = self.replaced.take_if(|known| known.after == entry(form)) else {
            return false;
        };
        form.payload_format = before.format;
        form.payload = before.payload;
        true
    }

    /// Why the payload in the form was not switched; `None` once it is edited or its encoding changed.
    #[must_use]
    pub fn refused(&self, form: &TabSettings, encodings: &[Encoding]) -> Option<&PayloadError> {
        let (payload, encoding, error) = self.refused.as_ref()?;
        (*payload == form.payload && *encoding == encoding_of(form, encodings)).then_some(error)
    }

    /// That the payload was switched in the encoding of the tab, which not all recipients have; `None` once it is
    /// edited.
    #[must_use]
    pub fn differing(&self, form: &TabSettings, words: &Words) -> Option<String> {
        let (encodings, used) = self.differing.as_ref()?;
        let is_after = |Replaced { after, .. }: &Replaced| {
            (after.format, &after.payload) == (form.payload_format, &form.payload)
        };
        let is_there = self.replaced.as_ref().is_some_and(is_after);
        let names: Vec<_> = encodings.iter().map(|encoding| encoding.name()).collect();
        let names = names.join(", ");
        is_there.then(|| fill(&words.switched_as_tab, &[("encodings", &names), ("encoding", &used.name())]))
    }
}

/// The encoding in which a payload is switched.
fn encoding_of(form: &TabSettings, encodings: &[Encoding]) -> Encoding {
    match encodings {
        [one] => *one,
        _ => form.encoding,
    }
}

fn entry(form: &TabSettings) -> HistoryEntry {
    HistoryEntry::of(form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use crate::settings::TabKind;

    #[test]
    fn a_payload_is_switched_both_ways_and_undone() {
        let words = Language::English.words();
        let mut form = TabSettings { payload: "hello AB".into(), ..TabSettings::new(TabKind::TcpServer) };
        let mut switch = Switch::default();
        let utf8 = [Encoding::Utf8];
        switch.switch(&mut form, Format::Hex, &utf8, words);
        assert_eq!((form.payload_format, form.payload.as_str()), (Format::Hex, "68 65 6C 6C 6F 20 41 42"));
        assert!(switch.undo(&mut form));
        assert_eq!((form.payload_format, form.payload.as_str()), (Format::Text, "hello AB"));
        assert!(!switch.undo(&mut form), "nothing more to undo");
        switch.switch(&mut form, Format::Hex, &utf8, words);
        form.payload.push_str(" 0");
        assert!(!switch.undo(&mut form), "edited since");
        switch.switch(&mut form, Format::Text, &utf8, words);
        assert_eq!(form.payload_format, Format::Hex, "half a byte is not text");
        assert!(switch.refused(&form, &utf8).is_some());
        form.payload.push('A');
        assert_eq!(switch.refused(&form, &utf8), None, "edited since");
        form.payload = "C4 E3".into();
        switch.switch(&mut form, Format::Text, &utf8, words);
        let refused = switch.refused(&form, &utf8).unwrap();
        assert_eq!(refused.range, 0..2);
        assert!(refused.text.contains("C4"), "{}", refused.text);
        switch.switch(&mut form, Format::Text, &[Encoding::Gbk], words);
        assert_eq!((form.payload_format, form.payload.as_str()), (Format::Text, "你"));
        assert_eq!(form.encoding, Encoding::Utf8, "the tab keeps its own");
    }

    #[test]
    fn where_recipients_differ_the_encoding_of_the_tab_is_used_and_told() {
        let words = Language::English.words();
        let of =
            |payload: &str| TabSettings { payload: payload.into(), ..TabSettings::new(TabKind::TcpServer) };
        let both = [Encoding::Gbk, Encoding::Utf8];
        let mut form = of("你");
        let mut switch = Switch::default();
        switch.switch(&mut form, Format::Hex, &both, words);
        assert_eq!(form.payload, "E4 BD A0");
        let told = switch.differing(&form, words).unwrap();
        assert!(told.contains("GBK, UTF-8"), "{told}");
        form.payload.push_str(" 41");
        assert_eq!(switch.differing(&form, words), None, "edited since");
        // Nobody needs to be told where every encoding means the same bytes.
        let mut form = of("AT+GMR");
        switch.switch(&mut form, Format::Hex, &both, words);
        assert_eq!((form.payload.as_str(), switch.differing(&form, words)), ("41 54 2B 47 4D 52", None));
    }
}
