//! Explains errors in the text of a framing, and names presets and reasons.

use super::{Words, fill};
use crate::framing::{FramingError, FramingErrorKind, Preset, SkipReason};

/// One or two sentences: what is wrong and where, then what to do about it.
#[must_use]
pub fn explain_framing(words: &Words, error: &FramingError) -> String {
    let found = error.input.get(error.range.clone()).unwrap_or_default();
    let with_found = |template: &str| fill(template, &[("found", &found)]);
    match &error.kind {
        FramingErrorKind::Empty => words.framing_empty.clone(),
        FramingErrorKind::Unknown { similar } if similar.is_empty() => with_found(&words.framing_unknown),
        FramingErrorKind::Unknown { similar } => {
            fill(&words.framing_similar, &[("found", &found), ("names", &similar.join(", "))])
        }
        FramingErrorKind::NoFields => with_found(&words.framing_no_fields),
        FramingErrorKind::UnknownField { known } => {
            fill(&words.framing_field, &[("found", &found), ("known", known)])
        }
        FramingErrorKind::Again => with_found(&words.framing_again),
        FramingErrorKind::Missing { field } => {
            fill(&words.framing_missing, &[("found", &found), ("field", field)])
        }
        FramingErrorKind::Needs { other } => {
            fill(&words.framing_needs, &[("found", &found), ("other", other)])
        }
        FramingErrorKind::Number { least, most } => {
            fill(&words.framing_number, &[("found", &found), ("least", least), ("most", most)])
        }
        FramingErrorKind::Bytes { most: 1 } => with_found(&words.framing_byte),
        FramingErrorKind::Bytes { most } => fill(&words.framing_bytes, &[("found", &found), ("most", most)]),
        FramingErrorKind::Alternatives { most } => {
            fill(&words.framing_alternatives, &[("found", &found), ("most", most)])
        }
        FramingErrorKind::Width => with_found(&words.framing_width),
        FramingErrorKind::Pairs => with_found(&words.framing_pairs),
        FramingErrorKind::Duration(_) => with_found(&words.framing_pause),
        FramingErrorKind::IsMark => with_found(&words.framing_is_mark),
    }
}

/// Why bytes are in no frame, in a few words.
#[must_use]
pub fn skip_reason(words: &Words, reason: SkipReason) -> &str {
    match reason {
        SkipReason::NoHeader => &words.skipped_no_header,
        SkipReason::Length => &words.skipped_length,
        SkipReason::NoStart => &words.skipped_no_start,
        SkipReason::NoEnd => &words.skipped_no_end,
        SkipReason::NoCheck => &words.skipped_no_check,
        SkipReason::Aborted => &words.skipped_aborted,
        SkipReason::Fill => &words.skipped_fill,
        SkipReason::Upgraded => &words.skipped_upgraded,
    }
}

/// The name of a preset for people. [`Preset::name`] is that of the command line and of files.
#[must_use]
pub fn preset_name(words: &Words, preset: Preset) -> &str {
    match preset {
        Preset::Lines => &words.preset_lines,
        Preset::Crlf => &words.preset_crlf,
        Preset::Nul => &words.preset_nul,
        Preset::Semicolon => &words.preset_semicolon,
        Preset::JsonLines => &words.preset_json_lines,
        Preset::ModbusTcp => &words.preset_modbus_tcp,
        Preset::ModbusRtu => &words.preset_modbus_rtu,
        Preset::ModbusAscii => &words.preset_modbus_ascii,
        Preset::Mqtt => &words.preset_mqtt,
        Preset::Tls => &words.preset_tls,
        Preset::Tpkt => &words.preset_tpkt,
        Preset::Dns => &words.preset_dns,
        Preset::WebSocket => &words.preset_websocket,
        Preset::Http => &words.preset_http,
        Preset::Slip => &words.preset_slip,
        Preset::Cobs => &words.preset_cobs,
        Preset::Hdlc => &words.preset_hdlc,
        Preset::StxEtx => &words.preset_stx_etx,
        Preset::StxEtxBcc => &words.preset_stx_etx_bcc,
        Preset::DleStxEtx => &words.preset_dle_stx_etx,
        Preset::DleStxEtxBcc => &words.preset_dle_stx_etx_bcc,
        Preset::Hj212 => &words.preset_hj212,
        Preset::Jt808 => &words.preset_jt808,
        Preset::Dlt645 => &words.preset_dlt645,
        Preset::Gbt32960 => &words.preset_gbt32960,
        Preset::Iec104 => &words.preset_iec104,
        Preset::U16Big => &words.preset_u16_big,
        Preset::U16Little => &words.preset_u16_little,
        Preset::U32Big => &words.preset_u32_big,
        Preset::U32Little => &words.preset_u32_little,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Framing;
    use crate::lang::Language;
    use std::collections::BTreeSet;

    #[test]
    fn errors_name_what_is_wrong_and_the_way_out_in_both_languages() {
        let wrong = [
            ("", ""),
            ("nosuch", "nosuch"),
            ("json", "json-lines"),
            ("lines,keep", "keep"),
            ("delimiter=0D0", "0D0A"),
            ("delimiter=01/02/03/04", "3"),
            ("fixed=0", "67108864"),
            ("length,at=0", "width=WIDTH"),
            ("length,at=0,width=5", "leb128"),
            ("length,at=0,width=mqtt,big", "width=2"),
            ("length,at=0,at=1", "at=1"),
            ("length,at=0,widht=2", "adjust=N"),
            ("marks,end=03,escape=1003", "7D"),
            ("marks,end=03,escape=10,map=112", "DCC0DDDB"),
            ("marks,end=03,escape=03", "escape=03"),
            ("gap=soon", "20ms"),
        ];
        for language in Language::ALL {
            let mut said = BTreeSet::new();
            for (text, way_out) in wrong {
                let error = text.parse::<Framing>().unwrap_err();
                let message = explain_framing(language.words(), &error);
                assert!(
                    message.contains(&text[error.range.clone()]) && message.contains(way_out),
                    "{message}"
                );
                assert!(!message.contains('{'), "{message}");
                assert!(message.matches(['.', '。']).count() >= 2, "the cause and the way out: {message}");
                assert!(said.insert(message));
            }
        }
    }

    #[test]
    fn presets_and_reasons_have_names_of_their_own() {
        for language in Language::ALL {
            let names: BTreeSet<_> =
                Framing::PRESETS.iter().map(|preset| preset_name(language.words(), *preset)).collect();
            assert_eq!(names.len(), Framing::PRESETS.len());
            let reasons = [
                SkipReason::NoHeader,
                SkipReason::Length,
                SkipReason::NoStart,
                SkipReason::NoEnd,
                SkipReason::NoCheck,
                SkipReason::Aborted,
                SkipReason::Fill,
                SkipReason::Upgraded,
            ];
            let said: BTreeSet<_> = reasons.map(|reason| skip_reason(language.words(), reason)).into();
            assert_eq!(said.len(), reasons.len());
        }
    }
}
