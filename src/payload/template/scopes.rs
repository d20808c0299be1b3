//! What lengths and checksums are about, and in which order they can be evaluated.
//!
//! A length is about what follows it, and a checksum about what stands before it, within the innermost group around it.
//! Where a group begins right after a length, or ends right before a checksum, it is about this group. `of=NAME` names
//! the group instead. Lengths come first, then checksums, each after those that it is about.

use super::{Kind, Variable};
use crate::payload::error::{Error, ErrorKind, TemplateError};
use std::ops::Range;

/// The most groups, lengths and checksums: finding their order takes the cube of it.
const MOST: usize = 256;

/// The groups of a template and its lengths and checksums, by the numbers of the pieces.
#[derive(Debug, Default)]
pub(in crate::payload) struct Scopes {
    groups: Vec<Group>,
    /// The groups that are open, the outermost first.
    open: Vec<usize>,
    lengths: Vec<Wanted>,
    checksums: Vec<Wanted>,
}

#[derive(Debug)]
struct Group {
    name: Option<String>,
    /// The group around it.
    parent: Option<usize>,
    pieces: Range<usize>,
    /// Where its brackets and all between them stand in the input.
    source: Range<usize>,
    /// Where the first bracket stands.
    bracket: Range<usize>,
}

/// A length or a checksum.
#[derive(Debug)]
struct Wanted {
    piece: usize,
    of: Option<String>,
    /// The group around it.
    parent: Option<usize>,
    /// How many bytes it has does not depend on its value.
    is_fixed: bool,
    source: Range<usize>,
}

/// A length or a checksum, and the pieces that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::payload) struct Scoped {
    pub piece: usize,
    pub about: Range<usize>,
}

/// Lengths and checksums in the order in which they can be evaluated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::payload) struct Order {
    pub lengths: Vec<Scoped>,
    pub checksums: Vec<Scoped>,
}

impl Scopes {
    /// A group begins before that piece.
    pub fn open(
        &mut self,
        name: Option<String>,
        piece: usize,
        bracket: Range<usize>,
        input: &str,
    ) -> Result<(), Error> {
        if let Some(name) = name.clone().filter(|name| self.find(name).is_some()) {
            return Err(wrong(TemplateError::GroupTwice(name), &bracket, input));
        }
        if self.groups.len() == MOST {
            return Err(wrong(TemplateError::TooMany, &bracket, input));
        }
        let group = Group {
            name,
            parent: self.open.last().copied(),
            pieces: piece..piece,
            source: bracket.clone(),
            bracket,
        };
        self.open.push(self.groups.len());
        self.groups.push(group);
        Ok(())
    }

    /// The innermost group ends before that piece.
    pub fn close(&mut self, piece: usize, bracket: &Range<usize>, input: &str) -> Result<(), Error> {
        let group = self.open.pop().and_then(|group| self.groups.get_mut(group));
        let group = group.ok_or_else(|| wrong(TemplateError::NoGroupOpen, bracket, input))?;
        group.pieces.end = piece;
        group.source.end = bracket.end;
        Ok(())
    }

    /// The next variable is that piece.
    ///
    /// # Errors
    /// There are too many.
    pub fn add(&mut self, piece: usize, variable: &Variable, input: &str) -> Result<(), Error> {
        let (list, of, is_fixed) = match &variable.kind {
            Kind::Length { form, of } => (&mut self.lengths, of, form.fixed_length().is_some()),
            Kind::Checksum { of, .. } => (&mut self.checksums, of, false),
            _ => return Ok(()),
        };
        if list.len() == MOST {
            return Err(wrong(TemplateError::TooMany, &variable.source, input));
        }
        let parent = self.open.last().copied();
        list.push(Wanted { piece, of: of.clone(), parent, is_fixed, source: variable.source.clone() });
        Ok(())
    }

    /// The template ends; it has that many pieces.
    ///
    /// # Errors
    /// A group is open, a group that is named does not exist, or a length or a checksum is about itself.
    pub fn finish(self, pieces: usize, input: &str) -> Result<Order, Error> {
        if let Some(group) = self.open.last().and_then(|group| self.groups.get(*group)) {
            return Err(wrong(TemplateError::GroupNotClosed, &group.bracket, input));
        }
        Ok(Order {
            lengths: self.ordered(&self.lengths, true, pieces, input)?,
            checksums: self.ordered(&self.checksums, false, pieces, input)?,
        })
    }

    fn find(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name.as_deref() == Some(name))
    }

    /// The pieces that a length (or, otherwise, a checksum) is about.
    fn about(
        &self,
        wanted: &Wanted,
        is_length: bool,
        pieces: usize,
        input: &str,
    ) -> Result<Range<usize>, Error> {
        if let Some(name) = &wanted.of {
            let group = self.find(name);
            let group =
                group.ok_or_else(|| wrong(TemplateError::NoGroup(name.clone()), &wanted.source, input))?;
            return Ok(group.pieces.clone());
        }
        let around = wanted.parent.map_or(0..pieces, |parent| self.groups[parent].pieces.clone());
        let siblings = self.groups.iter().filter(|group| group.parent == wanted.parent);
        let beside = if is_length {
            let is_after = |group: &&Group| {
                group.pieces.start == wanted.piece + 1 && group.source.start >= wanted.source.end
            };
            siblings.filter(is_after).min_by_key(|group| group.source.start)
        } else {
            let is_before =
                |group: &&Group| group.pieces.end == wanted.piece && group.source.end <= wanted.source.start;
            siblings.filter(is_before).max_by_key(|group| group.source.end)
        };
        Ok(match beside {
            Some(group) => group.pieces.clone(),
            None if is_length => wanted.piece + 1..around.end,
            None => around.start..wanted.piece,
        })
    }

    fn ordered(
        &self,
        all: &[Wanted],
        is_length: bool,
        pieces: usize,
        input: &str,
    ) -> Result<Vec<Scoped>, Error> {
        let mut scoped = Vec::new();
        for wanted in all {
            let about = self.about(wanted, is_length, pieces, input)?;
            scoped.push(Scoped { piece: wanted.piece, about });
        }
        // Each waits for those that it is about, but for lengths whose size is known before their value.
        let mut left: Vec<usize> = (0..all.len()).collect();
        let mut order: Vec<Scoped> = Vec::new();
        while !left.is_empty() {
            let waits = |at: usize| {
                left.iter()
                    .any(|other| !all[*other].is_fixed && scoped[at].about.contains(&all[*other].piece))
            };
            let (ready, waiting): (Vec<usize>, Vec<usize>) = left.iter().partition(|at| !waits(**at));
            if ready.is_empty() {
                let first = &all[waiting[0]];
                return Err(wrong(TemplateError::Cycle, &first.source, input));
            }
            order.extend(ready.iter().map(|at| scoped[*at].clone()));
            left = waiting;
        }
        Ok(order)
    }
}

fn wrong(error: TemplateError, range: &Range<usize>, input: &str) -> Error {
    Error::at(ErrorKind::Template(Box::new(error)), range.clone(), input)
}
