//! Puts remarks on imported lists into words.

use super::{Place, Reason, Remark};
use crate::lang::{Words, fill};

impl Remark {
    /// What it is about, and what there is to say.
    #[must_use]
    pub fn explain(&self, words: &Words) -> String {
        let with =
            |template: &str, name: &str, value: &dyn std::fmt::Display| fill(template, &[(name, value)]);
        let reason = match &self.reason {
            Reason::NotUnderstood => words.lists_not_understood.clone(),
            Reason::NotInEncoding(encoding) => {
                with(&words.lists_not_in_encoding, "encoding", &encoding.name())
            }
            Reason::NotHex => words.lists_not_hex.clone(),
            Reason::TakenAsText => words.lists_taken_as_text.clone(),
            Reason::NoPayload => words.lists_no_payload.clone(),
            Reason::Missing => words.lists_missing.clone(),
            Reason::Protocol(protocol) => with(&words.lists_protocol, "protocol", protocol),
            Reason::LocalAddress(address) => with(&words.lists_local_address, "address", address),
            Reason::Address(address) => with(&words.lists_address, "address", address),
            Reason::Setting(key, value) => fill(&words.lists_setting, &[("key", key), ("value", value)]),
            Reason::ProgramSettings(keys) => with(&words.lists_program_settings, "keys", keys),
            Reason::Macro(name) => with(&words.lists_macro, "name", name),
            Reason::Order(order) => with(&words.lists_order, "order", order),
            Reason::KeyUsed(key) => with(&words.lists_key_used, "key", key),
            Reason::KeyOfProgram(key) => with(&words.lists_key_of_program, "key", key),
            Reason::Attached => words.lists_attached_to_all.clone(),
            Reason::EndingOfHex => words.lists_ending_of_hex.clone(),
        };
        let place = match &self.place {
            Place::Line(line) => with(&words.lists_line, "line", line),
            Place::Named(name) => name.clone(),
        };
        fill(&words.lists_remark, &[("place", &place), ("reason", &reason)])
    }
}
