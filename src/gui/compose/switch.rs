//! Switching the payload between text and hex: the same bytes in the other format, and back by undo.

use crate::codec::Encoding;
use crate::gui::compose::payload::PayloadError;
use crate::lang::{Words, explain_payload};
use crate::payload::{Format, convert};
use crate::settings::{HistoryEntry, TabSettings};

/// What a switch replaced, until the payload is edited.
#[derive(Clone, Debug, Default)]
pub struct Switch {
    replaced: Option<Replaced>,
    /// Why the last switch was refused, for the payload that was not switched.
    refused: Option<(String, Encoding, PayloadError)>,
}

#[derive(Clone, Debug)]
struct Replaced {
    before: HistoryEntry,
    after: HistoryEntry,
}

impl Switch {
    /// Shows the payload of a form in another format. A payload that has none there stays as it is, and
    /// [`refused`](Self::refused) says why.
    pub fn switch(&mut self, form: &mut TabSettings, to: Format, words: &Words) {
        if form.payload_format == to {
            return;
        }
        let before = entry(form);
        match convert(&form.payload, to, form.encoding) {
            Ok(payload) => {
                form.payload = payload;
                form.payload_format = to;
                *self = Self { replaced: Some(Replaced { before, after: entry(form) }), refused: None };
            }
            Err(error) => {
                let text = explain_payload(words, &error);
                let error = PayloadError { text, range: error.range, is_unfinished: false };
                self.refused = Some((before.payload, form.encoding, error));
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
    pub fn refused(&self, form: &TabSettings) -> Option<&PayloadError> {
        let (payload, encoding, error) = self.refused.as_ref()?;
        (*payload == form.payload && *encoding == form.encoding).then_some(error)
    }
}

fn entry(form: &TabSettings) -> HistoryEntry {
    HistoryEntry { format: form.payload_format, payload: form.payload.clone(), unknown: Default::default() }
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
        switch.switch(&mut form, Format::Hex, words);
        assert_eq!((form.payload_format, form.payload.as_str()), (Format::Hex, "68 65 6C 6C 6F 20 41 42"));
        assert!(switch.undo(&mut form));
        assert_eq!((form.payload_format, form.payload.as_str()), (Format::Text, "hello AB"));
        assert!(!switch.undo(&mut form), "nothing more to undo");
        switch.switch(&mut form, Format::Hex, words);
        form.payload.push_str(" 0");
        assert!(!switch.undo(&mut form), "edited since");
        switch.switch(&mut form, Format::Text, words);
        assert_eq!(form.payload_format, Format::Hex, "half a byte is not text");
        assert!(switch.refused(&form).is_some());
        form.payload.push('A');
        assert_eq!(switch.refused(&form), None, "edited since");
        form.payload = "C4 E3".into();
        switch.switch(&mut form, Format::Text, words);
        let refused = switch.refused(&form).unwrap();
        assert_eq!(refused.range, 0..2);
        assert!(refused.text.contains("C4"), "{}", refused.text);
        form.encoding = crate::codec::Encoding::Gbk;
        switch.switch(&mut form, Format::Text, words);
        assert_eq!((form.payload_format, form.payload.as_str()), (Format::Text, "你"));
    }
}
