//! Explains failures: the operation and its endpoint, the cause, and the next step.

use super::sequence::step_failure;
use super::{Words, fill};
use crate::model::{Damage, Failure, FailureKind, Operation};

/// One or two sentences. Where the cause is unknown, they quote the system's message.
#[must_use]
pub fn explain(words: &Words, failure: &Failure) -> String {
    let operation = match failure.operation {
        Operation::Resolve => &words.could_not_resolve,
        Operation::Connect => &words.could_not_connect,
        Operation::Listen => &words.could_not_listen,
        Operation::Bind => &words.could_not_bind,
        Operation::Accept => &words.could_not_accept,
        Operation::Receive => &words.could_not_receive,
        Operation::Send if failure.endpoint.is_empty() => &words.could_not_send,
        Operation::Send => &words.could_not_send_to,
        Operation::Record => &words.could_not_record,
        Operation::Read => &words.could_not_read,
        Operation::Save => &words.could_not_save,
        Operation::Export => &words.could_not_export,
        Operation::Ask => &words.could_not_ask,
        Operation::Run if failure.endpoint.is_empty() => &words.could_not_run_unnamed,
        Operation::Run => &words.could_not_run,
    };
    let operation = fill(operation, &[("endpoint", &failure.endpoint)]);
    let cause = cause(words, failure);
    fill(&words.failure, &[("operation", &operation), ("cause", &cause)])
}

fn cause(words: &Words, failure: &Failure) -> String {
    match &failure.kind {
        FailureKind::AddressInUse { owner, next_free_port } => {
            let who = match owner {
                Some(owner) => {
                    fill(&words.cause_port_in_use_by, &[("name", &owner.name), ("pid", &owner.pid)])
                }
                None => words.cause_port_in_use.clone(),
            };
            match next_free_port {
                Some(port) => who + &fill(&words.step_stop_it_or_use_port, &[("port", port)]),
                None => who + &words.step_stop_it_or_use_another,
            }
        }
        FailureKind::AddressNotAvailable => words.cause_address_not_available.clone(),
        FailureKind::PermissionDenied => match failure.operation {
            Operation::Listen | Operation::Bind => words.cause_port_not_permitted.clone(),
            Operation::Record | Operation::Read | Operation::Save | Operation::Export => {
                words.cause_file_not_permitted.clone()
            }
            _ => words.cause_not_permitted.clone(),
        },
        FailureKind::Refused => words.cause_refused.clone(),
        FailureKind::TimedOut => words.cause_timed_out.clone(),
        FailureKind::Unreachable => words.cause_unreachable.clone(),
        FailureKind::NameNotFound => words.cause_name_not_found.clone(),
        FailureKind::Reset => words.cause_reset.clone(),
        FailureKind::TooManyOpenFiles => words.cause_too_many_open_files.clone(),
        FailureKind::MessageTooLong { bytes, limit } => {
            fill(&words.cause_message_too_long, &[("bytes", bytes), ("limit", limit)])
        }
        FailureKind::BroadcastNotAllowed => words.cause_broadcast_not_allowed.clone(),
        FailureKind::QueueFull { limit_bytes } => {
            fill(&words.cause_queue_full, &[("mebibytes", &(limit_bytes >> 20))])
        }
        FailureKind::NotBuilt { detail } => fill(&words.cause_not_built, &[("detail", detail)]),
        FailureKind::NoRecipient => words.cause_no_recipient.clone(),
        FailureKind::EndedBeforeSent => words.cause_ended_before_sent.clone(),
        FailureKind::ResolverEnded => words.cause_resolver_ended.clone(),
        FailureKind::PortUnreachable => words.cause_port_unreachable.clone(),
        FailureKind::DiskFull if matches!(failure.operation, Operation::Save | Operation::Export) => {
            words.cause_disk_full_save.clone()
        }
        FailureKind::OutOfIds => words.cause_out_of_ids.clone(),
        FailureKind::SessionBusy => words.cause_session_busy.clone(),
        FailureKind::SessionEnded => words.cause_session_ended.clone(),
        FailureKind::DiskFull => words.cause_disk_full.clone(),
        FailureKind::FileTooLarge if matches!(failure.operation, Operation::Save | Operation::Export) => {
            words.cause_file_too_large_save.clone()
        }
        FailureKind::FileTooLarge => words.cause_file_too_large.clone(),
        FailureKind::FileInUse { holder: Some(holder) } => {
            fill(&words.cause_file_in_use_by, &[("name", &holder.name), ("pid", &holder.pid)])
        }
        FailureKind::FileInUse { holder: None } => words.cause_file_in_use.clone(),
        FailureKind::FileNotFound if failure.operation == Operation::Read => {
            words.cause_file_not_found.clone()
        }
        FailureKind::FileNotFound => words.cause_folder_not_found.clone(),
        FailureKind::IsFolder => words.cause_is_folder.clone(),
        FailureKind::FileDeleted => words.cause_file_deleted.clone(),
        FailureKind::NotInPlace { path, detail } => {
            fill(&words.cause_not_in_place, &[("path", &path.display()), ("detail", detail)])
        }
        FailureKind::SameFile => words.cause_same_file.clone(),
        FailureKind::NoCapture => words.cause_no_capture.clone(),
        FailureKind::Damaged { what, offset } => fill(damage(words, *what), &[("offset", offset)]),
        FailureKind::Internal { detail } => fill(&words.cause_internal, &[("detail", detail)]),
        FailureKind::Step(failure) => step_failure(words, failure),
        FailureKind::Other { detail } => fill(&words.cause_other, &[("detail", detail)]),
    }
}

fn damage(words: &Words, what: Damage) -> &str {
    match what {
        Damage::TooShort => &words.damage_too_short,
        Damage::NotPcapng => &words.damage_not_pcapng,
        Damage::BlockLength => &words.damage_block_length,
        Damage::BlockEnd => &words.damage_block_end,
        Damage::BlockTooLong => &words.damage_block_too_long,
        Damage::Contradiction => &words.damage_contradiction,
        Damage::Outside => &words.damage_outside,
        Damage::CutOff => &words.damage_cut_off,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use crate::model::{Holder, Instead, StepFailure, StepProblem};
    use std::time::Duration;

    #[test]
    fn a_taken_port_names_its_owner_and_the_next_step() {
        let owner = Some(Holder { name: "python3".into(), pid: 4242 });
        let kind = FailureKind::AddressInUse { owner, next_free_port: Some(7789) };
        let failure = Failure::new(Operation::Listen, "0.0.0.0:7788", kind);
        assert_eq!(
            explain(Language::English.words(), &failure),
            "Could not listen on 0.0.0.0:7788: the port is in use by python3 (process 4242). Stop it, or use 7789."
        );
        assert_eq!(
            explain(Language::Chinese.words(), &failure),
            "无法监听 0.0.0.0:7788：端口已被 python3（进程 4242）占用。请停止该程序，或改用端口 7789。"
        );
    }

    /// A kind that is not known here does not compile: it is to be in the list below as well.
    fn is_known(kind: &FailureKind) -> bool {
        match kind {
            FailureKind::AddressInUse { .. }
            | FailureKind::AddressNotAvailable
            | FailureKind::PermissionDenied
            | FailureKind::Refused
            | FailureKind::TimedOut
            | FailureKind::Unreachable
            | FailureKind::NameNotFound
            | FailureKind::Reset
            | FailureKind::TooManyOpenFiles
            | FailureKind::MessageTooLong { .. }
            | FailureKind::BroadcastNotAllowed
            | FailureKind::QueueFull { .. }
            | FailureKind::NotBuilt { .. }
            | FailureKind::NoRecipient
            | FailureKind::EndedBeforeSent
            | FailureKind::ResolverEnded
            | FailureKind::PortUnreachable
            | FailureKind::OutOfIds
            | FailureKind::SessionBusy
            | FailureKind::SessionEnded
            | FailureKind::DiskFull
            | FailureKind::FileTooLarge
            | FailureKind::FileInUse { .. }
            | FailureKind::FileNotFound
            | FailureKind::IsFolder
            | FailureKind::FileDeleted
            | FailureKind::NotInPlace { .. }
            | FailureKind::SameFile
            | FailureKind::NoCapture
            | FailureKind::Damaged { .. }
            | FailureKind::Internal { .. }
            | FailureKind::Step(_)
            | FailureKind::Other { .. } => true,
        }
    }

    /// What people are asked to do.
    const DOES: [&str; 15] = [
        "stop", "choose", "use", "check", "close", "raise", "send", "turn", "free", "wait", "open", "make",
        "save", "try", "start",
    ];

    /// The sentences of a text.
    fn sentences(text: &str) -> Vec<&str> {
        text.split_inclusive(". ").flat_map(|part| part.split_inclusive('。')).collect()
    }

    #[test]
    fn every_failure_tells_the_cause_and_then_the_next_step_in_every_language() {
        let detail = || "DETAIL".to_string();
        let kinds = [
            FailureKind::AddressInUse { owner: None, next_free_port: None },
            FailureKind::AddressNotAvailable,
            FailureKind::PermissionDenied,
            FailureKind::Refused,
            FailureKind::TimedOut,
            FailureKind::Unreachable,
            FailureKind::NameNotFound,
            FailureKind::Reset,
            FailureKind::TooManyOpenFiles,
            FailureKind::MessageTooLong { bytes: 70_000, limit: 65_507 },
            FailureKind::BroadcastNotAllowed,
            FailureKind::QueueFull { limit_bytes: 64 << 20 },
            FailureKind::NotBuilt { detail: detail() + "." },
            FailureKind::NoRecipient,
            FailureKind::EndedBeforeSent,
            FailureKind::ResolverEnded,
            FailureKind::PortUnreachable,
            FailureKind::OutOfIds,
            FailureKind::SessionBusy,
            FailureKind::SessionEnded,
            FailureKind::DiskFull,
            FailureKind::FileTooLarge,
            FailureKind::FileInUse { holder: None },
            FailureKind::FileInUse { holder: Some(Holder { name: "wirelab".into(), pid: 4242 }) },
            FailureKind::FileNotFound,
            FailureKind::IsFolder,
            FailureKind::FileDeleted,
            FailureKind::NotInPlace { path: "PATH".into(), detail: detail() },
            FailureKind::SameFile,
            FailureKind::NoCapture,
            FailureKind::Damaged { what: Damage::TooShort, offset: 42 },
            FailureKind::Damaged { what: Damage::NotPcapng, offset: 42 },
            FailureKind::Damaged { what: Damage::BlockLength, offset: 42 },
            FailureKind::Damaged { what: Damage::BlockEnd, offset: 42 },
            FailureKind::Damaged { what: Damage::BlockTooLong, offset: 42 },
            FailureKind::Damaged { what: Damage::Contradiction, offset: 42 },
            FailureKind::Damaged { what: Damage::Outside, offset: 42 },
            FailureKind::Damaged { what: Damage::CutOff, offset: 42 },
            FailureKind::Internal { detail: detail() },
            FailureKind::Step(Box::new(StepFailure {
                step: 2,
                name: "NAME".into(),
                problem: StepProblem::NoAnswer {
                    within: Duration::from_secs(1),
                    instead: Instead::default(),
                },
            })),
            FailureKind::Other { detail: detail() },
        ];
        let operations = [
            Operation::Resolve,
            Operation::Connect,
            Operation::Listen,
            Operation::Bind,
            Operation::Accept,
            Operation::Receive,
            Operation::Send,
            Operation::Record,
            Operation::Read,
            Operation::Save,
            Operation::Export,
            Operation::Run,
        ];
        let all = kinds.iter().flat_map(|kind| operations.map(|operation| (operation, kind)));
        for (operation, kind) in all {
            assert!(is_known(kind));
            for language in Language::ALL {
                let text = explain(language.words(), &Failure::new(operation, "ENDPOINT", kind.clone()));
                assert!(text.contains("ENDPOINT") && !text.contains('{'), "{text}");
                assert!(text.ends_with(['.', '。']), "{text}");
                // The first sentence has the cause; what comes then asks for something.
                let steps = sentences(&text).split_off(1).concat().to_lowercase();
                let asks = match language {
                    Language::English => steps.split(|c: char| !c.is_alphabetic()).any(|w| DOES.contains(&w)),
                    Language::Chinese => steps.contains('请'),
                };
                assert!(asks, "no next step: {text}");
            }
        }
    }
}
