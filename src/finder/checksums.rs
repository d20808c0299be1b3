//! Which checksum frames have: every algorithm that has a name, over each range and at each place that is tried.

use super::crc::Narrowing;
use super::evidence::{bits, expected_false, independent, wanted};
use super::rank::rank;
use super::shape::{Block, Place, Shape, Writing, count, shapes};
use super::{Group, Missing, Part};
use crate::payload::checksum::{Algorithm, ByteOrder, Crc, Form, Named, Spec, Sum, named};
use std::collections::HashMap;
use std::sync::OnceLock;

/// So few shapes are compared one by one; more share passes over the frames.
const FEW: usize = 24;

/// The most candidates of one algorithm and form that are compared. Only frames that say nearly nothing have more.
const MOST_OF_ONE: usize = 256;

/// Fewer false candidates are hardly by chance.
const UNLIKELY: f64 = 1e-3;

/// The most candidates that a group lists.
const LISTED: usize = 64;

/// Finds the checksums that all of the frames have. `frames`: different ones, the shortest first.
pub(super) fn find(frames: &[&[u8]]) -> Part<Spec> {
    let search = Search::new(frames);
    let mut tried = 0;
    let mut found = Vec::new();
    let mut left_out = 0;
    for Width { bits, families } in widths() {
        for form in [Form::Bytes, Form::HexDigits] {
            let writing = Writing { width: *bits, form };
            // A sum over one byte is that byte.
            let [of_crc, of_sum] = [1, 2].map(|least| shapes(frames, writing, least));
            for family in families {
                let (count, blocks) = if is_crc(family[0]) { &of_crc } else { &of_sum };
                tried += count * family.len() as u64;
                let blocks = search.narrowed_for_all(family[0], writing, blocks);
                for named in family.iter().filter(|_| !blocks.is_empty()) {
                    let mut left = search.agreeing(named, writing, &blocks);
                    left_out += left.len().saturating_sub(MOST_OF_ONE);
                    left.truncate(MOST_OF_ONE);
                    found.extend(left.into_iter().map(|shape| (*named, writing, shape)));
                }
            }
        }
    }
    let missing = (tried == 0).then(|| match frames.first() {
        Some(shortest) => Missing::Longer { shortest: shortest.len() },
        None => Missing::Frames,
    });
    let mut groups = grouped(frames, tried, found);
    if let Some(last) = groups.last_mut() {
        last.left_out += left_out;
    }
    Part { groups, tried, missing }
}

/// The name of an algorithm that is written in a form: that under which the form needs not be said, if there is one.
fn name(known: &'static Named, form: Form) -> &'static str {
    let usual = named().iter().find(|other| other.algorithm == known.algorithm && other.form == form);
    &usual.unwrap_or(known).name
}

/// The algorithms of one width.
struct Width {
    bits: u8,
    /// Models that differ only in what they begin and end with; each other algorithm by itself.
    families: Vec<Vec<&'static Named>>,
}

/// All algorithms, each once.
fn widths() -> &'static [Width] {
    static WIDTHS: OnceLock<Vec<Width>> = OnceLock::new();
    WIDTHS.get_or_init(|| {
        let mut widths: Vec<Width> = Vec::new();
        for named in named() {
            let bits = named.algorithm.width();
            let at = widths.iter().position(|width| width.bits == bits).unwrap_or_else(|| {
                widths.push(Width { bits, families: Vec::new() });
                widths.len() - 1
            });
            let families = &mut widths[at].families;
            if families.iter().flatten().any(|known| known.algorithm == named.algorithm) {
                continue;
            }
            let is_of = |family: &&mut Vec<&'static Named>| match (family[0].algorithm, named.algorithm) {
                (Algorithm::Crc(one), Algorithm::Crc(other)) => bare(&one) == bare(&other),
                _ => false,
            };
            match families.iter_mut().find(is_of) {
                Some(family) => family.push(named),
                None => families.push(vec![named]),
            }
        }
        widths
    })
}

fn is_crc(named: &Named) -> bool {
    matches!(named.algorithm, Algorithm::Crc(_))
}

/// The model of a family that begins and ends with nothing.
fn bare(crc: &Crc) -> Crc {
    Crc { init: 0, xorout: 0, ..*crc }
}

struct Search<'a> {
    /// The shortest first.
    frames: &'a [&'a [u8]],
    /// The two shortest of the same length, and their exclusive or.
    pair: Option<(&'a [u8], &'a [u8], Vec<u8>)>,
}

impl<'a> Search<'a> {
    fn new(frames: &'a [&'a [u8]]) -> Self {
        let pair = frames.windows(2).find(|pair| pair[0].len() == pair[1].len()).map(|pair| {
            let difference = pair[0].iter().zip(pair[1]).map(|(one, other)| one ^ other).collect();
            (pair[0], pair[1], difference)
        });
        Self { frames, pair }
    }

    /// The shapes that the difference of two frames leaves for all models of a family.
    fn narrowed_for_all(&self, first: &Named, writing: Writing, blocks: &[Block]) -> Vec<Block> {
        let mut blocks = blocks.to_vec();
        if let (Algorithm::Crc(crc), Some((one, other, difference))) = (&first.algorithm, &self.pair)
            && !blocks.is_empty()
            && let Some(mut narrowing) = Narrowing::new(bare(crc), difference, writing)
        {
            narrowing.narrow(&mut blocks, |place, order| {
                Some(writing.read(one, place, order)? ^ writing.read(other, place, order)?)
            });
        }
        blocks
    }

    /// The shapes with which an algorithm agrees with all frames.
    fn agreeing(&self, named: &'static Named, writing: Writing, blocks: &[Block]) -> Vec<Shape> {
        let mut left = blocks.to_vec();
        let mut frames = self.frames.iter();
        while count(&left) > FEW
            && let Some(frame) = frames.next()
        {
            match named.algorithm {
                Algorithm::Crc(crc) => {
                    if let Some(mut narrowing) = Narrowing::new(crc, frame, writing) {
                        narrowing.narrow(&mut left, |place, order| writing.read(frame, place, order));
                    }
                }
                Algorithm::Sum(_) => narrow_sums(&named.algorithm, frame, writing, &mut left),
            }
        }
        let rest = frames.as_slice();
        let is_right = |shape: &Shape| {
            let spec = shape.spec(&named.name, named.algorithm, writing.form);
            rest.iter().all(|frame| spec.is_right(frame))
        };
        left.iter().flat_map(Block::shapes).filter(is_right).collect()
    }
}

/// Leaves those of the shapes with which a sum agrees with a frame.
fn narrow_sums(algorithm: &Algorithm, frame: &[u8], writing: Writing, blocks: &mut Vec<Block>) {
    let length = frame.len() - writing.length();
    // The frame without the checksum at a place.
    let mut data = Vec::new();
    let mut known = None;
    blocks.retain_mut(|block| {
        let place = block.place;
        if known.replace(place) != Some(place) {
            let at = place.within(length).unwrap_or_default();
            data.clear();
            data.extend_from_slice(&frame[..at]);
            data.extend_from_slice(&frame[at + writing.length()..]);
        }
        let from = usize::from(block.from);
        let of = |trimmed| algorithm.of(&data[from..length - usize::from(trimmed)]);
        block.keep(|order| writing.read(frame, place, order), of);
        !block.is_empty()
    });
}

type Found = (&'static Named, Writing, Shape);

/// What is found with as much evidence, each with its rank.
struct Equals {
    /// The bits of evidence, and those of each frame.
    evidence: u32,
    each: u32,
    found: Vec<(u32, Found)>,
}

/// What was found, in groups of as much evidence, the most first.
fn grouped(frames: &[&[u8]], tried: u64, found: Vec<Found>) -> Vec<Group<Spec>> {
    let mut counts: HashMap<(usize, Shape, bool), u32> = HashMap::new();
    let mut by_evidence: Vec<Equals> = Vec::new();
    for one in found {
        let (named, writing, shape) = one;
        if is_said_by_another(frames, named, writing, shape) {
            continue;
        }
        let is_bits = matches!(named.algorithm, Algorithm::Crc(_) | Algorithm::Sum(Sum::Hj212));
        let key = (writing.length(), Shape { order: ByteOrder::Big, ..shape }, is_bits);
        let count = *counts.entry(key).or_insert_with(|| {
            let contents: Vec<_> = frames.iter().map(|frame| contents(frame, writing, shape)).collect();
            independent(&named.algorithm, &contents)
        });
        let each = bits(&named.algorithm);
        let evidence = each * count;
        let place = rank(frames, named, writing, shape);
        match by_evidence.iter_mut().find(|equals| equals.evidence == evidence && equals.each == each) {
            Some(equals) => equals.found.push((place, one)),
            None => by_evidence.push(Equals { evidence, each, found: vec![(place, one)] }),
        }
    }
    by_evidence.sort_by_key(|equals| std::cmp::Reverse((equals.evidence, equals.each)));
    let group = |Equals { evidence, each, found: mut all }| {
        all.sort_by_key(|(place, _)| *place);
        let left_out = all.len().saturating_sub(LISTED);
        let expected_false = expected_false(tried as f64, evidence);
        Group {
            candidates: all
                .into_iter()
                .take(LISTED)
                .map(|(_, (known, writing, shape))| {
                    shape.spec(name(known, writing.form), known.algorithm, writing.form)
                })
                .collect(),
            left_out,
            expected_false,
            is_claimed: expected_false < super::CLAIMED_BELOW,
            frames_wanted: wanted(tried as f64, evidence, each),
        }
    };
    let mut groups: Vec<Group<Spec>> = by_evidence.into_iter().map(group).collect();
    // Beside what is hardly by chance, what is likely by chance is only in the way.
    if groups.first().is_some_and(|first| first.expected_false < UNLIKELY) {
        groups.retain(|group| group.expected_false < 1.0);
    }
    groups
}

/// Whether a checksum is the same as one right behind its range, in all frames that there can be: with XOR-8 and NEG-8 all
/// bytes together give zero, wherever the checksum stands among them.
fn is_said_by_another(frames: &[&[u8]], named: &Named, writing: Writing, shape: Shape) -> bool {
    let is_symmetric = writing.form == Form::Bytes
        && writing.width == 8
        && matches!(named.algorithm, Algorithm::Sum(Sum::Xor | Sum::Complement(_)));
    is_symmetric
        && shape.place != Place::End(shape.trimmed)
        && frames.iter().all(|frame| {
            let data = frame.len() - writing.length();
            let range = usize::from(shape.from)..=data - usize::from(shape.trimmed);
            shape.place.within(data).is_some_and(|place| range.contains(&place))
        })
}

/// What a checksum is over, before and behind it.
fn contents(frame: &[u8], writing: Writing, shape: Shape) -> [&[u8]; 2] {
    let check = writing.length();
    let data = frame.len() - check;
    let place = shape.place.within(data).unwrap_or_default();
    let (from, end) = (usize::from(shape.from), data - usize::from(shape.trimmed));
    let first = &frame[from.min(place)..end.min(place)];
    let second = &frame[from.max(place) + check..end.max(place) + check];
    if first.is_empty() { [second, first] } else { [first, second] }
}
