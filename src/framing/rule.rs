//! The rule by which a framer finds frames, with what is known while one is looked for.

use super::found::{FoundKind, SkipReason};
use super::header::Header;
use super::kind::{Kind, LengthField};
use super::preset::Method;
use super::step::Step;
use super::{Framing, delimiter, http, marks, modbus_rtu, websocket};

/// How frames are found, and what is known while one is looked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rule {
    Delimiter(delimiter::Search),
    Fixed(u64),
    Length(LengthField),
    Marks(marks::Search),
    /// Nanoseconds without data.
    Gap(u64),
    Header(Header),
    ModbusRtu(modbus_rtu::Search),
    Http(http::Search),
    WebSocket(websocket::Search),
}

impl Rule {
    pub fn new(framing: &Framing) -> Self {
        match framing.method() {
            Method::Kind(Kind::Delimiter(delimiters)) => Self::Delimiter(delimiter::Search::new(&delimiters)),
            Method::Kind(Kind::Fixed(bytes)) => Self::Fixed(bytes),
            Method::Kind(Kind::Length(field)) => Self::Length(field),
            Method::Kind(Kind::Marks(marks)) | Method::Cobs(marks) => Self::Marks(marks::Search::new(&marks)),
            Method::Kind(Kind::Gap(gap)) => Self::Gap(u64::try_from(gap.as_nanos()).unwrap_or(u64::MAX)),
            Method::Header(header) => Self::Header(header),
            Method::ModbusRtu => Self::ModbusRtu(modbus_rtu::Search::default()),
            Method::Http => Self::Http(http::Search::default()),
            Method::WebSocket => Self::WebSocket(websocket::Search::default()),
        }
    }

    /// What it says of the bytes from where it stands, at least one.
    #[inline]
    pub fn step(&mut self, window: &[u8]) -> Step {
        match self {
            Self::Delimiter(search) => search.step(window),
            Self::Fixed(bytes) => Step::Ends(*bytes),
            Self::Length(field) => field.step(window),
            Self::Marks(search) => search.step(window),
            Self::Gap(_) => Step::Inside(window.len()),
            Self::Header(header) => header.step(window),
            Self::ModbusRtu(search) => search.step(window),
            Self::Http(search) => search.step(window),
            Self::WebSocket(search) => search.step(window),
        }
    }

    /// What an unfinished frame is when nothing comes behind it. `is_decided`: the rule has decided on all of its bytes.
    pub fn at_cut(&self, expected: Option<u64>, is_decided: bool) -> FoundKind {
        match self {
            Self::Gap(_) => FoundKind::Frame,
            Self::Marks(search) if is_decided && search.is_between() => FoundKind::Skipped(SkipReason::Fill),
            Self::Http(search) if is_decided && search.may_end() => FoundKind::Frame,
            Self::WebSocket(search) if is_decided && search.may_end() => FoundKind::Frame,
            _ => FoundKind::Incomplete { expected },
        }
    }

    /// Whether a frame is one only if its last bytes fit.
    pub fn is_confirmed(&self) -> bool {
        match self {
            Self::Header(header) => header.is_confirmed(),
            Self::ModbusRtu(_) => true,
            _ => false,
        }
    }

    /// Begins anew.
    pub fn reset(&mut self) {
        match self {
            Self::Delimiter(search) => search.reset(),
            Self::Marks(search) => search.reset(),
            Self::ModbusRtu(search) => search.reset(),
            Self::Http(search) => search.reset(),
            Self::WebSocket(search) => search.reset(),
            Self::Fixed(_) | Self::Length(_) | Self::Gap(_) | Self::Header(_) => {}
        }
    }
}
