//! Modbus RTU carried by TCP. Frames have no length, and a pause proves nothing over TCP: the function code says how long a
//! request and an answer are, and the CRC says whether one is there.

use super::crc16;
use super::found::SkipReason;
use super::step::Step;

/// The longest frame ("MODBUS over Serial Line" V1.02, 2.5.1.1).
const LONGEST: usize = 256;
/// The shortest one: unit, function code, CRC.
const SHORTEST: usize = 4;

/// The search for frames.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Search {
    /// The bytes before these are in no frame.
    is_lost: bool,
}

/// What begins at a place.
enum Candidate {
    /// A frame of so many bytes.
    Frame(usize),
    /// Nothing.
    None,
    /// It cannot be told yet. Possibly a frame of so many bytes.
    Open(Option<usize>),
}

impl Search {
    pub fn reset(&mut self) {
        self.is_lost = false;
    }

    /// What it says of the bytes before a frame. Behind a frame another one is expected, and waited for. Behind other bytes
    /// the frame counts that ends first: noise that looks like the header of a long one delays no frame that is whole.
    pub fn step(&mut self, window: &[u8]) -> Step {
        let first = candidate(window);
        if let Candidate::None = first {
            self.is_lost = true;
            return Step::Skip(1, SkipReason::NoCheck);
        }
        if self.is_lost {
            let mut end = match first {
                Candidate::Frame(length) => length,
                _ => window.len() + 1,
            };
            let mut start = 0;
            for place in 1..window.len() {
                if place + SHORTEST >= end {
                    break;
                }
                if let Candidate::Frame(length) = candidate(&window[place..end - 1]) {
                    (start, end) = (place, place + length);
                }
            }
            if start > 0 {
                return Step::Skip(start, SkipReason::NoCheck);
            }
        }
        match first {
            Candidate::Frame(length) => {
                self.is_lost = false;
                Step::Ends(length as u64)
            }
            Candidate::Open(length) => {
                Step::Need { bytes: window.len() + 1, expected: length.map(|length| length as u64) }
            }
            Candidate::None => Step::Skip(1, SkipReason::NoCheck),
        }
    }
}

/// What begins with these bytes. Either side may be the one that asks, and so both the length of a request and that of an
/// answer are tried, the shorter one first.
fn candidate(window: &[u8]) -> Candidate {
    let [unit, code, ..] = *window else { return Candidate::Open(None) };
    // Units from 248 on are reserved.
    if unit > 247 {
        return Candidate::None;
    }
    let lengths = match lengths(window, code) {
        Lengths::Known(lengths) => lengths,
        Lengths::Searched => return searched(window),
        Lengths::Open => return Candidate::Open(None),
    };
    for length in lengths.into_iter().filter(|length| (SHORTEST..=LONGEST).contains(length)) {
        match window.get(..length) {
            None => return Candidate::Open(Some(length)),
            Some(frame) if crc16::is_right(frame) => return Candidate::Frame(length),
            Some(_) => {}
        }
    }
    Candidate::None
}

/// How long a frame may be.
enum Lengths {
    /// One of these, in ascending order; 0 is none.
    Known([usize; 2]),
    /// Of any length.
    Searched,
    /// It takes more bytes to tell.
    Open,
}

/// The lengths of a request and an answer ("MODBUS Application Protocol Specification" V1.1b3, 6), with unit and CRC.
fn lengths(window: &[u8], code: u8) -> Lengths {
    let counted = |fixed: usize, at: usize| window.get(at).map(|count| fixed + usize::from(*count));
    let lengths = match code {
        0x01..=0x04 => counted(5, 2).map(|answer| [8, answer]),
        0x05 | 0x06 | 0x08 => Some([8, 0]),
        0x07 => Some([4, 5]),
        0x0B => Some([4, 8]),
        0x0C | 0x11 => counted(5, 2).map(|answer| [4, answer]),
        0x0F | 0x10 => counted(9, 6).map(|request| [request, 8]),
        0x14 | 0x15 => counted(5, 2).map(|both| [both, 0]),
        0x16 => Some([10, 0]),
        0x17 => counted(5, 2).and_then(|answer| match counted(13, 10) {
            Some(request) => Some([request, answer]),
            // An answer may be shorter than what tells a request.
            None => window.get(..answer).is_some_and(crc16::is_right).then_some([answer, 0]),
        }),
        0x18 => counted(0, 2).zip(counted(0, 3)).map(|(high, low)| [6, 6 + (high << 8 | low)]),
        // What is encapsulated has forms of its own, and these codes are for users.
        0x2B | 65..=72 | 100..=110 => return Lengths::Searched,
        // An exception: the code with its highest bit set, and a reason.
        0x80.. => return if is_known(code & 0x7F) { Lengths::Known([0, 5]) } else { Lengths::Known([0, 0]) },
        _ => Some([0, 0]),
    };
    match lengths {
        Some([a, b]) => Lengths::Known([a.min(b), a.max(b)]),
        None => Lengths::Open,
    }
}

fn is_known(code: u8) -> bool {
    matches!(code, 0x01..=0x08 | 0x0B | 0x0C | 0x0F..=0x11 | 0x14..=0x18 | 0x2B | 65..=72 | 100..=110)
}

/// The shortest frame whose CRC fits.
fn searched(window: &[u8]) -> Candidate {
    let mut register = crc16::START;
    for (index, byte) in window.iter().take(LONGEST).enumerate() {
        register = crc16::add(register, *byte);
        if register == 0 && index + 1 >= SHORTEST {
            return Candidate::Frame(index + 1);
        }
    }
    if window.len() < LONGEST { Candidate::Open(None) } else { Candidate::None }
}
