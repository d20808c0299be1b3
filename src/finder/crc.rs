//! Narrows the shapes that a frame leaves to a cyclic redundancy check, all of them in a few passes over the frame.

use super::shape::{Block, Place, TRIM, Writing};
use crate::payload::checksum::{ByteOrder, Crc, MAX_WIDTH, Table};

/// Registers of a pass are kept after so many bytes from the start of the frame, and so many before its end: where a
/// checksum may stand, hex digits of the widest one included.
const HEAD: usize = TRIM as usize + 1;
const TAIL: usize = TRIM as usize + MAX_WIDTH as usize / 4 + 1;

/// The registers of a check that begins at one byte of the frame, at the places that count.
struct Pass {
    head: [u128; HEAD],
    tail: [u128; TAIL],
}

/// A frame for one model, or the exclusive or of two frames of the same length, for all models of one polynomial and
/// reflection: what they begin and end with cancels out.
pub(super) struct Narrowing<'a> {
    crc: Crc,
    table: &'static Table,
    frame: &'a [u8],
    writing: Writing,
    /// The passes by the byte at which they begin.
    passes: Vec<Option<Pass>>,
}

impl<'a> Narrowing<'a> {
    /// `None`: a model that is not in the catalogue.
    pub fn new(crc: Crc, frame: &'a [u8], writing: Writing) -> Option<Self> {
        let table = crc.table()?;
        Some(Self { crc, table, frame, writing, passes: Vec::new() })
    }

    /// Leaves those of the shapes whose checksum is the one that `read` finds at its place.
    pub fn narrow(&mut self, blocks: &mut Vec<Block>, read: impl Fn(Place, ByteOrder) -> Option<u128>) {
        blocks.retain_mut(|block| {
            let registers = self.registers(block.place, block.from.into());
            let place = block.place;
            let found = |order| read(place, order).map(|value| self.crc.register(value));
            block.keep(found, |trimmed| registers[usize::from(trimmed)]);
            !block.is_empty()
        });
    }

    /// The registers of the data from `from` on, without so many bytes at its end as their index is.
    fn registers(&mut self, place: Place, from: usize) -> [u128; TRIM as usize + 1] {
        let mut registers = [0; TRIM as usize + 1];
        let check = self.writing.length();
        let data = self.frame.len() - check;
        let Some(place) = place.within(data) else { return registers };
        // What has to go through both sides of the checksum.
        let mut joined = None;
        for trimmed in (0..registers.len()).rev() {
            let Some(end) = data.checked_sub(trimmed).filter(|end| *end > from) else { continue };
            registers[trimmed] = if end <= place {
                self.at(from, end)
            } else if place <= from {
                self.at(from + check, end + check)
            } else {
                let (register, done) = joined.unwrap_or_else(|| (self.at(from, place), place));
                let rest = &self.frame[done + check..end + check];
                let register = self.table.after_all(register, rest, self.crc.refin);
                joined = Some((register, end));
                register
            };
        }
        registers
    }

    /// The register after the bytes of the frame from `start` to `end`, which is near one end of the frame.
    fn at(&mut self, start: usize, end: usize) -> u128 {
        if self.passes.len() <= start {
            self.passes.resize_with(start + 1, || None);
        }
        let length = self.frame.len();
        let pass = self.passes[start].get_or_insert_with(|| {
            let mut pass = Pass { head: [0; HEAD], tail: [0; TAIL] };
            let mut register = self.crc.start();
            let keep = |pass: &mut Pass, at: usize, register| {
                if at < HEAD {
                    pass.head[at] = register;
                }
                if at + TAIL > length {
                    pass.tail[length - at] = register;
                }
            };
            keep(&mut pass, start, register);
            // Nothing is kept in between, so that most of a long frame goes through a tight loop.
            let middle = HEAD.max(start)..(length + 1).saturating_sub(TAIL).max(start);
            let mut at = start;
            while at < length {
                if at == middle.start && middle.end > at {
                    let bytes = &self.frame[middle.clone()];
                    register = self.table.after_all(register, bytes, self.crc.refin);
                    at = middle.end;
                } else {
                    register = self.table.after_all(register, &self.frame[at..=at], self.crc.refin);
                    at += 1;
                }
                keep(&mut pass, at, register);
            }
            pass
        });
        if end < HEAD { pass.head[end] } else { pass.tail[length - end] }
    }
}
