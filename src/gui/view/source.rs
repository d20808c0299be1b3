//! Where the view gets its rows: the recording, through a cache of laid-out records.
//!
//! Costs what is asked for and nothing more, however large the recording is.

use super::layout::RecordLayout;
use super::seek::{self, When};
use crate::capture::{Cursor, Position, Snapshot};
use crate::codec::Encoding;
use crate::model::{ConnectionId, Failure, RecordKind, Timestamp, Transport};
use crate::search::Scan;
use crate::settings::ViewMode;
use crate::streams::pending_before;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Laid-out records that are not on the screen are dropped beyond this.
const CACHE_BYTES: usize = 16 << 20;
/// For how many records it is remembered what is pending after them.
const PENDING_RECORDS: usize = 100_000;

/// How many records back the other side's last word is looked for.
const OTHER_RECORDS: usize = 1000;

/// What a layout depends on besides the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Text, hex or both.
    pub mode: ViewMode,
    /// The characters.
    pub encoding: Encoding,
    /// Cells per line.
    pub columns: u16,
    /// A new number when characters take other widths than before.
    pub font_generation: u32,
}

/// Laid-out records of one recording.
#[derive(Default)]
pub struct Source {
    cursor: Cursor,
    /// For reads far from those of `cursor`, whose cache they would spoil.
    second_cursor: Cursor,
    shape: Option<Shape>,
    cache: HashMap<Position, (Rc<RecordLayout>, u64)>,
    cached_bytes: usize,
    /// The bytes held back after a record, whose character goes on in the next one of its stream.
    pending: HashMap<Position, Vec<u8>>,
    pending_encoding: Option<Encoding>,
    /// When the other side last spoke before a record, and so many records before.
    others: HashMap<Position, Option<(Timestamp, usize)>>,
    /// When the first record was.
    began: Option<Timestamp>,
    frame: u64,
    /// What a filter lets through; none: everything.
    pub filter: Option<Arc<Scan>>,
    /// Records before this are not shown.
    pub floor: Position,
    /// Why the last read failed.
    pub failure: Option<Failure>,
    /// Where the end cannot be read: the last record that can, of what begins and ends there.
    readable: Option<(Position, Position, Option<Position>)>,
    /// How many records were laid out, which is what a frame costs.
    #[cfg(test)]
    pub layouts: usize,
}

impl Source {
    /// Prepares for a frame. `true`: the rows of all records have become others.
    pub fn begin_frame(&mut self, snapshot: &Snapshot, shape: Shape) -> bool {
        self.frame += 1;
        self.failure = None;
        self.update(snapshot);
        let is_new = self.shape != Some(shape);
        if is_new {
            self.cache.clear();
            self.cached_bytes = 0;
            self.shape = Some(shape);
        }
        if self.cached_bytes > CACHE_BYTES {
            let last_frame = self.frame - 1;
            self.cache.retain(|_, (_, used)| *used >= last_frame);
            self.cached_bytes = self.cache.values().map(|(layout, _)| layout.memory_bytes()).sum();
        }
        is_new
    }

    /// Takes a newer snapshot, so that segments which were dropped are let go.
    pub fn update(&mut self, snapshot: &Snapshot) {
        self.cursor.update(snapshot.clone());
        self.second_cursor.update(snapshot.clone());
    }

    /// What is being shown.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        self.cursor.snapshot()
    }

    /// The first position that is shown.
    #[must_use]
    pub fn start(&self) -> Position {
        self.floor.max(self.cursor.snapshot().start())
    }

    /// The record at or after a border between blocks.
    pub fn next(&mut self, border: Position) -> Option<Position> {
        let from = border.max(self.start());
        if let Some(filter) = &self.filter {
            let end = self.snapshot().end();
            return filter.results().positions.at_or_after(from).filter(|&position| position < end);
        }
        let result = self.cursor.next(from);
        self.noted(result).flatten()
    }

    /// The record before a border between blocks.
    pub fn previous(&mut self, border: Position) -> Option<Position> {
        if border <= self.start() {
            return None;
        }
        let found = match &self.filter {
            Some(filter) => filter.results().positions.before(border),
            None => {
                let result = self.cursor.previous(border);
                self.noted(result).flatten()
            }
        };
        found.filter(|&position| position >= self.start())
    }

    /// The last record that is shown and can be read.
    pub fn last(&mut self) -> Option<Position> {
        let end = self.snapshot().end();
        if let Some(last) = self.previous(end) {
            return Some(last);
        }
        self.failure.as_ref()?;
        let (start, filter) = (self.start(), self.filter.clone());
        if self.readable.is_none_or(|(from, to, _)| (from, to) != (start, end)) {
            let last = last_readable(&mut self.second_cursor, start, end);
            self.readable = Some((start, end, last));
        }
        let (.., last) = self.readable?;
        match filter {
            Some(filter) => filter.results().positions.nearest(last?).filter(|&found| found >= start),
            None => last,
        }
    }

    /// Whether a record is shown.
    #[must_use]
    pub fn shows(&self, record: Position) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.results().positions.contains(record))
    }

    /// Whose record it is.
    pub fn connection_of(&mut self, record: Position) -> Option<ConnectionId> {
        let result = self.second_cursor.read(record).map(|entry| entry.map(|entry| entry.record.connection));
        self.noted(result).flatten()
    }

    /// The record near any byte position.
    pub fn nearest(&mut self, position: Position) -> Option<Position> {
        let position = position.max(self.start());
        let found = match &self.filter {
            Some(filter) => {
                let end = self.snapshot().end();
                filter.results().positions.nearest(position).filter(|&found| found < end)?
            }
            None => {
                let result = self.cursor.nearest(position);
                self.noted(result).flatten()?
            }
        };
        if found < self.start() { self.next(self.start()) } else { Some(found) }
    }

    /// When the first record was, as far as it is still there.
    pub fn began(&mut self) -> Option<Timestamp> {
        if self.began.is_none() {
            let start = self.snapshot().start();
            let result = self.cursor.next(start);
            let first = self.noted(result).flatten()?;
            self.began = self.time_of(first);
        }
        self.began
    }

    /// When a record was.
    pub fn time_of(&mut self, position: Position) -> Option<Timestamp> {
        let result = self.cursor.read(position).map(|entry| entry.map(|entry| entry.record.time));
        self.noted(result).flatten()
    }

    /// The first record shown at or after a time; beyond the last one, that. `in_sight` tells the day.
    ///
    /// # Errors
    /// The recording could not be read.
    pub fn seek(&mut self, when: When, in_sight: Option<Position>) -> Result<Option<Position>, Failure> {
        let (start, end) = (self.start(), self.snapshot().end());
        let cursor = &mut self.second_cursor;
        let Some(last) = cursor.previous(end)? else { return Ok(None) };
        let mut time_of =
            |record| Ok(cursor.read(record)?.map(|entry| entry.record.time).unwrap_or_default());
        let last = time_of(last)?;
        let near = in_sight.map_or(Ok(last), time_of)?;
        let Some(first) = self.began() else { return self.failure.clone().map_or(Ok(None), Err) };
        let time = seek::resolve(when, first, last, near);
        let Some(found) = seek::first_at_or_after(&mut self.second_cursor, start, time)? else {
            return Ok(None);
        };
        Ok(self.next(found).or_else(|| self.previous(end)))
    }

    /// Whether a filter has looked at a record yet; true without one.
    #[must_use]
    pub fn is_looked_at(&self, record: Position) -> bool {
        self.filter.as_ref().is_none_or(|filter| {
            let progress = filter.progress();
            progress.is_caught_up || progress.position > record
        })
    }

    /// When data last went the other way on the connection of a record with data, if that was not too
    /// many records ago.
    pub fn last_other_way(&mut self, position: Position) -> Option<Timestamp> {
        if let Some(known) = self.others.get(&position) {
            return known.map(|(time, _)| time);
        }
        let found = self.find_other_way(position);
        if self.others.len() > PENDING_RECORDS {
            self.others.clear();
        }
        self.others.insert(position, found);
        found.map(|(time, _)| time)
    }

    fn find_other_way(&mut self, position: Position) -> Option<(Timestamp, usize)> {
        let result = self.second_cursor.read(position).map(|entry| {
            entry
                .filter(|entry| entry.record.kind == RecordKind::Data)
                .map(|entry| (entry.record.connection, entry.record.direction))
        });
        let (connection, direction) = self.noted(result).flatten()?;
        let mut at = position;
        for back in 1..=OTHER_RECORDS {
            let result = self.second_cursor.previous(at);
            at = self.noted(result).flatten()?;
            let result = self.second_cursor.read(at);
            let entry = match result {
                Ok(entry) => entry?,
                Err(failure) => {
                    self.failure = Some(failure);
                    return None;
                }
            };
            let record = &entry.record;
            if record.connection != connection || record.kind != RecordKind::Data {
                continue;
            }
            if record.direction != direction {
                return Some((record.time, back));
            }
            if let Some(known) = self.others.get(&at) {
                // What was found for the record before counts for this one; the limit is the same for all.
                let found = known.map(|(time, before)| (time, before + back));
                return found.filter(|(_, back)| *back <= OTHER_RECORDS);
            }
        }
        None
    }

    /// The record's rows, laid out now if they are not yet.
    pub fn layout(
        &mut self,
        position: Position,
        cells_of: &mut dyn FnMut(char) -> u8,
    ) -> Option<Rc<RecordLayout>> {
        if let Some((layout, used)) = self.cache.get_mut(&position) {
            *used = self.frame;
            return Some(layout.clone());
        }
        let shape = self.shape?;
        let pending = self.pending_before(position, shape.encoding);
        let result = self.cursor.read(position);
        let entry = match result {
            Ok(entry) => entry?,
            Err(failure) => {
                self.failure = Some(failure);
                return None;
            }
        };
        #[cfg(test)]
        {
            self.layouts += 1;
        }
        let layout = RecordLayout::new(&entry, &pending, shape.mode, shape.encoding, shape.columns, cells_of);
        let layout = Rc::new(layout);
        // Datagrams stand alone: nothing asks what is pending after them.
        if entry.record.kind == RecordKind::Data && entry.record.transport == Transport::Tcp {
            self.pending.insert(position, layout.pending.clone());
        }
        self.cached_bytes += layout.memory_bytes();
        self.cache.insert(position, (layout.clone(), self.frame));
        Some(layout)
    }

    /// The bytes before a record that its first character begins with; at most three.
    pub fn pending_before(&mut self, position: Position, encoding: Encoding) -> Vec<u8> {
        if self.pending_encoding != Some(encoding) || self.pending.len() > PENDING_RECORDS {
            self.pending.clear();
            self.pending_encoding = Some(encoding);
        }
        let result = match self.cursor.read(position) {
            Ok(Some(entry)) => pending_before(&mut self.second_cursor, &entry, encoding, &mut self.pending),
            Ok(None) => Ok(Vec::new()),
            Err(failure) => Err(failure),
        };
        self.noted(result).unwrap_or_default()
    }

    fn noted<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(failure) => {
                self.failure = Some(failure);
                None
            }
        }
    }
}

/// The last record before the first that cannot be read, as far as bisection finds it.
fn last_readable(cursor: &mut Cursor, start: Position, end: Position) -> Option<Position> {
    /// More than bisection takes: where records cannot be told yet, it goes from one to the next.
    const STEPS: usize = 10_000;
    let (mut low, mut high) = (None, end.0);
    for _ in 0..STEPS {
        let from = low.map_or(start.0, |record: Position| record.0);
        if high.saturating_sub(from) < 2 {
            return low;
        }
        let middle = from + (high - from) / 2;
        match cursor.nearest(Position(middle)) {
            Ok(Some(record)) if low.is_none_or(|low| record > low) && record.0 < high && record >= start => {
                low = Some(record);
            }
            // The record there is the one that is known.
            Ok(_) => {
                let next = low.and_then(|low| {
                    let end = cursor.read(low).ok()??.end;
                    cursor.next(end).ok()?
                });
                match next.filter(|next| next.0 < high && cursor.read(*next).is_ok()) {
                    Some(next) => low = Some(next),
                    None => return low,
                }
            }
            Err(_) => high = middle,
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{CaptureWriter, Destination, Limits};
    use crate::codec::StreamDecoder;
    use crate::gui::view::layout::Class;
    use crate::model::{Direction, Record};
    use proptest::prelude::*;

    fn record(connection: u32, direction: Direction, payload: &[u8]) -> Record<'_> {
        Record { direction, connection: ConnectionId(connection), ..Record::received(payload) }
    }

    /// A run in which no place tells where a character begins, in as many records as it has bytes.
    #[test]
    fn a_long_run_is_read_the_same_from_everywhere() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
        for _ in 0..100_000 {
            writer.append(&record(1, Direction::Inbound, b"\xAA"));
        }
        writer.publish();
        let snapshot = writer.reader().snapshot();
        let shape = Shape { mode: ViewMode::Text, encoding: Encoding::Gbk, columns: 80, font_generation: 0 };
        let mut cursor = Cursor::new(snapshot.clone());
        let mut at = snapshot.end();
        let mut positions = Vec::new();
        while positions.len() < 50_000 {
            at = cursor.previous(at).unwrap().unwrap();
            positions.push(at);
        }
        for (back, &position) in positions.iter().enumerate().step_by(4_999) {
            // Each time as if it were the first place that is looked at.
            let mut source = Source::default();
            source.begin_frame(&snapshot, shape);
            let layout = source.layout(position, &mut |_| 2).unwrap();
            let completes = back % 2 == 0;
            assert_eq!(layout.cells[0].class == Class::Plain, completes, "{back} records before the end");
            assert_eq!(layout.pending.is_empty(), completes);
        }
    }

    /// The other side spoke once; what is remembered of the records before changes nothing.
    #[test]
    fn the_reply_time_is_the_same_in_any_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
        writer.append(&record(1, Direction::Outbound, b"?"));
        for number in 0..1500u32 {
            writer.append(&record(1 + number % 2, Direction::Inbound, b"x"));
        }
        writer.publish();
        let snapshot = writer.reader().snapshot();
        let mut cursor = Cursor::new(snapshot.clone());
        let mut positions = Vec::new();
        let mut at = snapshot.start();
        while let Some(position) = cursor.next(at).unwrap() {
            positions.push(position);
            at = cursor.read(position).unwrap().unwrap().end;
        }
        assert_eq!(positions.len(), 1501);
        let source = || {
            let mut source = Source::default();
            source.update(&snapshot);
            source
        };
        let mut in_order = source();
        for (index, &position) in positions.iter().enumerate() {
            let known = in_order.last_other_way(position);
            let is_answer = index > 0 && index <= OTHER_RECORDS && index % 2 == 1;
            assert_eq!(known.is_some(), is_answer, "record {index}");
            if index % 97 < 2 {
                assert_eq!(source().last_other_way(position), known, "record {index} alone");
            }
        }
    }

    /// What the cells of a record show that are characters.
    fn plain_text(layout: &RecordLayout) -> String {
        let plain = layout.cells.iter().filter(|cell| cell.class == Class::Plain);
        plain.map(|cell| cell.character).collect()
    }

    /// A tab in which datagrams scroll by for days, and streams in several encodings.
    #[test]
    fn what_is_remembered_of_records_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
        writer.append(&Record { transport: Transport::Udp, ..record(1, Direction::Inbound, b"\xE4\xB8") });
        for _ in 0..3 {
            writer.append(&record(2, Direction::Inbound, b"\xD6\xD0\xE4"));
        }
        writer.publish();
        let snapshot = writer.reader().snapshot();
        let positions = snapshot.positions();
        let shape = |encoding| Shape { mode: ViewMode::Text, encoding, columns: 80, font_generation: 0 };
        let mut source = Source::default();
        source.begin_frame(&snapshot, shape(Encoding::Utf8));
        source.layout(positions[0], &mut |_| 1).unwrap();
        assert!(source.pending.is_empty(), "nothing goes on in a datagram");
        source.layout(positions[1], &mut |_| 1).unwrap();
        assert_eq!(source.pending.len(), 1);

        // As if very many streams had been laid out, of each of which nobody has asked what is pending.
        source.pending.extend((1..=PENDING_RECORDS as u64).map(|far| (Position(far << 40), Vec::new())));
        source.layout(positions[2], &mut |_| 1).unwrap();
        assert!(source.pending.len() < 5, "{} are remembered", source.pending.len());
        // What is remembered of one encoding does not count for another.
        source.begin_frame(&snapshot, shape(Encoding::Gbk));
        for &position in &positions[1..] {
            let layout = source.layout(position, &mut |_| 1).unwrap();
            let mut fresh = Source::default();
            fresh.begin_frame(&snapshot, shape(Encoding::Gbk));
            assert_eq!(layout.cells, fresh.layout(position, &mut |_| 1).unwrap().cells);
        }
    }

    /// The size limit has dropped the record that has the first half of a character.
    #[test]
    fn what_is_left_behind_an_expired_record_shows_its_characters() {
        let words: String = (0..3000).map(|number| format!("温度{number}。")).collect();
        for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
            let mut stream = Vec::new();
            encoding.encode(&words, &mut stream).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let limits = Limits { segment_bytes: 3000, total_bytes: Some(9000) };
            let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), limits);
            let mut payloads = stream.chunks(333);
            let (first, offset) = loop {
                writer.append(&record(1, Direction::Inbound, payloads.next().unwrap()));
                writer.publish();
                let first = writer.reader().snapshot().positions()[0];
                let mut cursor = Cursor::new(writer.reader().snapshot());
                let offset = cursor.read(first).unwrap().unwrap().stream_offset as usize;
                if offset % 2 == 1 {
                    break (first, offset);
                }
            };
            let mut source = Source::default();
            let shape = Shape { mode: ViewMode::Text, encoding, columns: 2000, font_generation: 0 };
            source.begin_frame(&writer.reader().snapshot(), shape);
            let shown = plain_text(&source.layout(first, &mut |_| 1).unwrap());
            let mut expected = String::new();
            StreamDecoder::new(encoding).decode(&stream[offset + 1..offset + 333], &mut expected);
            assert!(shown.ends_with(&expected) && expected.chars().count() == 166, "{shown} in {encoding}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Two connections, both directions, cut anywhere: each record, looked at alone and in any
        /// order, shows the characters that decoding its stream from the beginning completes in it.
        #[test]
        fn every_record_alone_shows_what_the_whole_stream_says(
            texts in prop::array::uniform4("[世界你好温度a-z .\u{1F600}あ한]{1,40}"),
            cuts in prop::collection::vec((0usize..4, 1usize..6), 1..120),
            encoding in prop::sample::select(Encoding::ALL.to_vec()),
            order in prop::collection::vec(any::<prop::sample::Index>(), 1..60),
        ) {
            let mut streams: Vec<Vec<u8>> = Vec::new();
            for text in &texts {
                let kept: String = text.chars().filter(|c| encoding.encode(&c.to_string(), &mut Vec::new()).is_ok()).collect();
                let mut bytes = Vec::new();
                encoding.encode(&kept, &mut bytes).unwrap();
                streams.push(bytes);
            }
            let folder = tempfile::tempdir().unwrap();
            let mut writer = CaptureWriter::new(Destination::Folder(folder.path().into()), Limits::default());
            let mut decoders: Vec<_> = (0..4).map(|_| StreamDecoder::new(encoding)).collect();
            let mut expected = Vec::new();
            for (stream, length) in cuts {
                let length = length.min(streams[stream].len());
                let payload: Vec<u8> = streams[stream].drain(..length).collect();
                let direction = if stream % 2 == 0 { Direction::Inbound } else { Direction::Outbound };
                writer.append(&record(1 + stream as u32 / 2, direction, &payload));
                let mut text = String::new();
                decoders[stream].decode(&payload, &mut text);
                expected.push(text);
            }
            writer.publish();
            let snapshot = writer.reader().snapshot();
            let mut positions = Vec::new();
            let mut cursor = Cursor::new(snapshot.clone());
            let mut at = snapshot.start();
            while let Some(position) = cursor.next(at).unwrap() {
                positions.push(position);
                at = cursor.read(position).unwrap().unwrap().end;
            }
            prop_assert_eq!(positions.len(), expected.len());
            let shape = Shape { mode: ViewMode::Text, encoding, columns: 2000, font_generation: 0 };
            let mut source = Source::default();
            source.begin_frame(&snapshot, shape);
            for (count, index) in order.into_iter().enumerate() {
                if count % 7 == 6 {
                    // What is cached must not matter.
                    source = Source::default();
                    source.begin_frame(&snapshot, shape);
                }
                let index = index.index(positions.len());
                let layout = source.layout(positions[index], &mut |_| 1).unwrap();
                let plain = |cell: &&crate::gui::view::layout::Cell| cell.class == Class::Plain;
                let shown: String = layout.cells.iter().filter(plain).map(|cell| cell.character).collect();
                prop_assert_eq!(&shown, &expected[index], "record {} in {}", index, encoding);
            }
            prop_assert_eq!(&source.failure, &None);
        }
    }
}
