//! The phrases of one language. Each field is one phrase of `assets/lang/*.toml`.

use serde::Deserialize;

/// The phrases; `{name}` in them is filled in where they are used.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the English table beside it says what each phrase is")]
pub struct Words {
    // Failures
    pub failure: String,
    pub could_not_resolve: String,
    pub could_not_connect: String,
    pub could_not_listen: String,
    pub could_not_bind: String,
    pub could_not_accept: String,
    pub could_not_receive: String,
    pub could_not_send: String,
    pub could_not_send_to: String,
    pub could_not_record: String,
    pub could_not_read: String,
    pub cause_port_in_use: String,
    pub cause_port_in_use_by: String,
    pub step_stop_it_or_use_port: String,
    pub step_stop_it_or_use_another: String,
    pub cause_address_not_available: String,
    pub cause_port_not_permitted: String,
    pub cause_file_not_permitted: String,
    pub cause_not_permitted: String,
    pub cause_refused: String,
    pub cause_timed_out: String,
    pub cause_unreachable: String,
    pub cause_name_not_found: String,
    pub cause_reset: String,
    pub cause_too_many_open_files: String,
    pub cause_message_too_long: String,
    pub cause_broadcast_not_allowed: String,
    pub cause_queue_full: String,
    pub cause_no_recipient: String,
    pub cause_port_unreachable: String,
    pub cause_disk_full: String,
    pub cause_damaged: String,
    pub cause_internal: String,
    pub cause_other: String,

    // Records that tell of changes
    pub record_listening: String,
    pub record_bound: String,
    pub record_closed_here: String,
    pub record_closed_by_peer: String,
    pub record_closed_failed: String,
    pub record_half_closed: String,
    pub record_unsent: String,
    pub record_resumed: String,
    pub record_stopped_listening: String,

    // The window
    pub start: String,
}
