//! Templates: `${…}` in a payload stands for a value. `docs/templates.md` describes them for users.
//!
//! [`read`] reads one `${…}`, [`Scopes`] finds what lengths and checksums are about, and the parts of a [`Variable`]
//! give its value. Evaluating the whole is the payload's.

mod ask;
mod number;
mod random;
mod read;
mod scopes;
mod time;

pub use ask::Question;
pub(super) use random::Generator;
pub(super) use read::{Token, read};
pub(super) use scopes::{Order, Scopes};

use self::number::Number;
use self::random::Random;
use self::time::Time;
use super::checksum::Spec;
use super::context::{Context, PartKind};
use super::error::TemplateError;
use std::ops::Range;

/// A `${…}` that stands for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    pub kind: Kind,
    /// Where it stands in the input.
    pub source: Range<usize>,
}

/// What a variable stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `start` plus `step` for each send before.
    Counter { start: i64, step: i64, form: Number },
    /// The time of the send.
    Time(Time),
    /// Something random.
    Random(Random),
    /// The address of the target.
    Peer(Peer),
    /// What the user answers.
    Ask(Question),
    /// A part of what is answered, by its number; 0 is all that matched.
    Capture(usize),
    /// The number of bytes of a scope.
    Length { form: Number, of: Option<String> },
    /// The checksum of a scope.
    Checksum { spec: Spec, of: Option<String> },
}

/// Which part of the address of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// Address and port as text.
    Both,
    /// The address as text.
    Ip,
    /// The 4 or 16 bytes of the address.
    IpBytes,
    /// The port.
    Port(Number),
}

/// What a variable gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Bytes, as they are.
    Bytes(Vec<u8>),
    /// Characters, to be encoded for the target.
    Text(String),
}

impl Variable {
    /// Its value, where it does not depend on the rest of the payload; lengths and checksums do.
    pub fn value(
        &self,
        context: &Context<'_>,
        generator: &mut Generator,
    ) -> Option<Result<Value, TemplateError>> {
        Some(match &self.kind {
            Kind::Counter { start, step, form } => {
                let value = i128::from(*start) + i128::from(*step) * i128::from(context.count);
                form.write(form.wrapped(value))
            }
            Kind::Time(time) => time.value(context),
            Kind::Random(random) => Ok(random.value(generator)),
            Kind::Peer(part) => match context.peer {
                None => Err(TemplateError::NoPeer),
                Some(peer) => match part {
                    Peer::Both => Ok(Value::Text(peer.to_string())),
                    Peer::Ip => Ok(Value::Text(peer.ip().to_string())),
                    Peer::IpBytes => Ok(Value::Bytes(match peer.ip() {
                        std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
                        std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
                    })),
                    Peer::Port(form) => form.write(peer.port().into()),
                },
            },
            Kind::Ask(question) => question.value(context.answers),
            Kind::Capture(number) => Ok(Value::Bytes(context.captures.get(*number).to_vec())),
            Kind::Length { .. } | Kind::Checksum { .. } => return None,
        })
    }

    /// Whether each send has the same value, given the same answers, and each target.
    pub fn is_fixed(&self) -> bool {
        matches!(self.kind, Kind::Ask(_) | Kind::Length { .. } | Kind::Checksum { .. })
    }

    /// What its value is in a preview.
    pub fn part_kind(&self) -> PartKind {
        match self.kind {
            Kind::Time(_) | Kind::Random(_) => PartKind::Example,
            _ => PartKind::Variable,
        }
    }
}
