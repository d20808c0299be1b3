//! How the bytes of a payload are written: cut into pieces, or several payloads glued into one write.
//!
//! For tests of parsers: each piece is one write, so that the peer's program gets half packets, and glued payloads come
//! to it as one. Pure: says where the pieces are, and knows nothing of when they are sent but the gap between them.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

/// The gap between two pieces where none was chosen: what the peer's program needs to read them apart. Without a gap its
/// system may join them.
pub const DEFAULT_GAP: Duration = Duration::from_millis(5);

/// Payloads cut at random places have at most so many pieces.
const MOST_RANDOM_PIECES: u64 = 8;

/// The most payloads that are glued into one write.
pub const MOST_GLUED: usize = 65_536;

/// How payloads are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Where each write is cut into pieces.
    pub cuts: Cuts,
    /// How many payloads are written at once, before that is cut. At least 1.
    pub glue: usize,
    /// The pause after each write; `None` is [`DEFAULT_GAP`] between pieces, and none between whole payloads.
    pub gap: Option<Duration>,
}

/// Where bytes are cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cuts {
    /// Nowhere.
    #[default]
    None,
    /// Behind so many bytes each, in ascending order and without 0. Places behind the end are left out.
    At(Vec<usize>),
    /// Behind each byte.
    Every,
    /// At random places, at least at one. The same seed has the same places, different ones for each payload in turn.
    Random {
        /// The seed.
        seed: u64,
    },
}

impl Default for Delivery {
    fn default() -> Self {
        Self { cuts: Cuts::None, glue: 1, gap: None }
    }
}

impl Delivery {
    /// Whether each payload is one write without a pause after it: what sending does without this.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.cuts == Cuts::None && self.glue <= 1 && self.gap.unwrap_or_default().is_zero()
    }

    /// The pause after each write.
    #[must_use]
    pub fn pause(&self) -> Duration {
        self.gap.unwrap_or(match self.cuts {
            Cuts::None => Duration::ZERO,
            Cuts::At(_) | Cuts::Every | Cuts::Random { .. } => DEFAULT_GAP,
        })
    }
}

impl Cuts {
    /// Cuts behind so many bytes each, in any order.
    #[must_use]
    pub fn at(places: impl IntoIterator<Item = usize>) -> Self {
        let mut places: Vec<_> = places.into_iter().filter(|place| *place > 0).collect();
        places.sort_unstable();
        places.dedup();
        if places.is_empty() { Self::None } else { Self::At(places) }
    }

    /// The pieces of `length` bytes, in order: none is empty, and together they are all of it. `number` counts the
    /// payloads before this one.
    #[must_use]
    pub fn pieces(&self, length: usize, number: u64) -> Pieces {
        let (is_every, places) = match self {
            Self::None => (false, Vec::new()),
            Self::At(places) => (false, places.clone()),
            Self::Every => (true, Vec::new()),
            Self::Random { seed } => (false, random_places(*seed, number, length)),
        };
        Pieces { length, at: 0, is_every, places: places.into_iter() }
    }
}

/// The pieces of one payload, see [`Cuts::pieces`]. Its memory does not depend on their number.
#[derive(Clone, Debug)]
pub struct Pieces {
    length: usize,
    at: usize,
    is_every: bool,
    places: std::vec::IntoIter<usize>,
}

impl Iterator for Pieces {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        if self.at >= self.length {
            return None;
        }
        let from = self.at;
        let to = if self.is_every {
            from + 1
        } else {
            self.places.by_ref().find(|place| *place > from).unwrap_or(self.length).min(self.length)
        };
        self.at = to;
        Some(from..to)
    }
}

/// Ascending places within `length` bytes.
fn random_places(seed: u64, number: u64, length: usize) -> Vec<usize> {
    let inner = (length as u64).saturating_sub(1);
    if inner == 0 {
        return Vec::new();
    }
    let mut state = mixed(seed ^ mixed(number.wrapping_add(1)));
    let mut below = |most: u64| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed(state) % most
    };
    let count = 1 + below(MOST_RANDOM_PIECES - 1).min(inner - 1);
    let mut places: Vec<_> = (0..count).map(|_| 1 + below(inner) as usize).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// The finaliser of SplitMix64.
fn mixed(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Why a text names no cuts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CutsError {
    /// This is no number of bytes.
    NotANumber(String),
    /// A cut before the first byte cuts nothing.
    Zero,
}

impl fmt::Display for CutsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber(text) => write!(
                f,
                "\"{text}\" is no number of bytes. Type places such as 1,3, or every, random or random:SEED"
            ),
            Self::Zero => write!(f, "a cut behind 0 bytes cuts nothing; the first place is 1"),
        }
    }
}

impl std::error::Error for CutsError {}

impl FromStr for Cuts {
    type Err = CutsError;

    /// Reads `1,3`, `every`, `random:SEED`, or nothing. `random` alone has the seed 0: who wants another one each time
    /// chooses it.
    fn from_str(text: &str) -> Result<Self, CutsError> {
        let text = text.trim();
        let not_a_number = |text: &str| CutsError::NotANumber(text.trim().into());
        if let Some(seed) = text.strip_prefix("random:") {
            let seed = seed.trim().parse().map_err(|_| not_a_number(seed))?;
            return Ok(Self::Random { seed });
        }
        match text {
            "" => Ok(Self::None),
            "every" => Ok(Self::Every),
            "random" => Ok(Self::Random { seed: 0 }),
            _ => {
                let place = |part: &str| match part.trim().parse() {
                    Ok(0) => Err(CutsError::Zero),
                    Ok(place) => Ok(place),
                    Err(_) => Err(not_a_number(part)),
                };
                Ok(Self::at(text.split([',', '，']).map(place).collect::<Result<Vec<_>, _>>()?))
            }
        }
    }
}

impl fmt::Display for Cuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::At(places) => {
                let places: Vec<_> = places.iter().map(ToString::to_string).collect();
                f.write_str(&places.join(","))
            }
            Self::Every => f.write_str("every"),
            Self::Random { seed } => write!(f, "random:{seed}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cuts() -> impl Strategy<Value = Cuts> {
        prop_oneof![
            Just(Cuts::None),
            Just(Cuts::Every),
            proptest::collection::vec(0..300usize, 0..12).prop_map(Cuts::at),
            any::<u64>().prop_map(|seed| Cuts::Random { seed }),
        ]
    }

    proptest! {
        #[test]
        fn the_pieces_joined_are_the_payload_and_none_is_empty(
            cuts in cuts(),
            payload in proptest::collection::vec(any::<u8>(), 0..300),
            number in 0..5u64,
        ) {
            let pieces: Vec<_> = cuts.pieces(payload.len(), number).collect();
            prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
            let joined: Vec<u8> = pieces.iter().flat_map(|piece| payload[piece.clone()].to_vec()).collect();
            prop_assert_eq!(joined, payload);
        }

        #[test]
        fn each_chosen_place_within_the_payload_is_cut_and_no_other(
            places in proptest::collection::btree_set(1..300usize, 0..12),
            length in 1..300usize,
        ) {
            let cuts = Cuts::at(places.iter().copied());
            let ends: Vec<_> = cuts.pieces(length, 0).map(|piece| piece.end).collect();
            let expected: Vec<_> = places.into_iter().filter(|place| *place < length).chain([length]).collect();
            prop_assert_eq!(ends, expected);
        }

        #[test]
        fn what_is_written_is_read_again(cuts in cuts()) {
            prop_assert_eq!(cuts.to_string().parse(), Ok(cuts));
        }
    }

    #[test]
    fn every_byte_is_a_piece() {
        assert!(Cuts::Every.pieces(3, 0).eq([0..1, 1..2, 2..3]));
    }

    #[test]
    fn random_places_are_those_of_the_seed_and_differ_from_payload_to_payload() {
        let places = |seed, number| Cuts::Random { seed }.pieces(1000, number).collect::<Vec<_>>();
        assert_eq!(places(7, 3), places(7, 3));
        assert_ne!(places(7, 3), places(7, 4));
        assert_ne!(places(7, 3), places(8, 3));
        let counts: std::collections::BTreeSet<_> = (0..500).map(|number| places(1, number).len()).collect();
        assert!(counts.iter().copied().eq(2..=8), "{counts:?}");
        // Two bytes have one place, and one has none.
        assert!(Cuts::Random { seed: 1 }.pieces(2, 0).eq([0..1, 1..2]));
        assert_eq!(Cuts::Random { seed: 1 }.pieces(1, 0).count(), 1);
    }

    #[test]
    fn cuts_are_typed_as_places_or_words() {
        for (text, cuts) in [
            ("", Cuts::None),
            ("3, 1,3", Cuts::At(vec![1, 3])),
            ("1，3", Cuts::At(vec![1, 3])),
            ("every", Cuts::Every),
            ("random:9", Cuts::Random { seed: 9 }),
        ] {
            assert_eq!(text.parse(), Ok(cuts), "{text}");
        }
        for (text, wrong) in [
            ("1,x", CutsError::NotANumber("x".into())),
            ("1,,2", CutsError::NotANumber(String::new())),
            ("-1", CutsError::NotANumber("-1".into())),
            ("random:", CutsError::NotANumber(String::new())),
            ("0", CutsError::Zero),
        ] {
            assert_eq!(text.parse::<Cuts>(), Err(wrong), "{text}");
        }
    }

    #[test]
    fn pieces_have_a_gap_by_default_and_whole_payloads_none() {
        let cut = Delivery { cuts: Cuts::Every, ..Delivery::default() };
        assert_eq!(cut.pause(), DEFAULT_GAP);
        assert_eq!(Delivery { gap: Some(Duration::ZERO), ..cut.clone() }.pause(), Duration::ZERO);
        assert_eq!(Delivery::default().pause(), Duration::ZERO);
        assert!(Delivery::default().is_plain() && !cut.is_plain());
        assert!(!Delivery { glue: 2, ..Delivery::default() }.is_plain());
        assert!(!Delivery { gap: Some(DEFAULT_GAP), ..Delivery::default() }.is_plain());
    }
}
