//! Which record continues which.

use super::*;
use crate::capture::Position;
use crate::codec::Encoding;
use crate::model::{Direction, Record, Transport};
use std::convert::Infallible;

fn entry(connection: u32, offset: u32, payload: &[u8]) -> Entry<'_> {
    Entry {
        position: Position(0),
        end: Position(0),
        previous: None,
        stream_offset: offset,
        answered: None,
        record: Record { connection: ConnectionId(connection), ..Record::received(payload) },
    }
}

fn outbound(entry: Entry<'_>) -> Entry<'_> {
    Entry { record: Record { direction: Direction::Outbound, ..entry.record }, ..entry }
}

#[test]
fn a_record_continues_the_one_before_it_in_its_own_stream() {
    let mut streams = Streams::<Vec<u8>>::default();
    let mut join = |entry: Entry<'_>| {
        let (state, join) = streams.advance(&entry);
        if join == Join::Gap {
            state.clear();
        }
        state.extend_from_slice(entry.record.payload);
        (join, String::from_utf8(state.clone()).unwrap())
    };
    assert_eq!(join(entry(1, 100, b"ab")), (Join::First, "ab".into()));
    assert_eq!(join(outbound(entry(1, 0, b"x"))), (Join::First, "x".into()));
    assert_eq!(join(entry(1, 102, b"cd")), (Join::Continues, "abcd".into()));
    assert_eq!(join(entry(2, 7, b"-")), (Join::First, "-".into()));
    assert_eq!(join(outbound(entry(1, 1, b"y"))), (Join::Continues, "xy".into()));
    assert_eq!(join(entry(1, 105, b"gap")), (Join::Gap, "gap".into()));
    assert_eq!(join(entry(1, 108, b"!")), (Join::Continues, "gap!".into()));
}

#[test]
fn several_records_at_once_are_as_each_of_them() {
    let mut streams = Streams::<u32>::default();
    let half = entry(1, 0, b"").record.half();
    assert_eq!(streams.at(half, 100), None);
    assert_eq!(streams.advance_by(half, 100, 4).1, Join::First);
    *streams.advance(&entry(1, 104, b"ab")).0 = 7;
    for (offset, join) in [(106, Join::Continues), (105, Join::Gap), (107, Join::Gap)] {
        assert_eq!(streams.at(half, offset), Some((&7, join)));
    }
    assert_eq!(streams.advance_by(half, 106, (1 << 32) + 3), (&mut 7, Join::Continues));
    assert_eq!(streams.advance_by(half, 110, 1), (&mut 7, Join::Gap));
    *streams.advance(&entry(3, 0, b"x")).0 = 8;
    let mut all: Vec<_> = streams.into_streams().map(|(half, state)| (half.connection.0, state)).collect();
    all.sort_unstable();
    assert_eq!(all, [(1, 7), (3, 8)]);
}

/// More streams than are found without hashing, in turns, and one that ends between.
#[test]
fn each_of_many_streams_keeps_its_own_state() {
    let mut streams = Streams::<Vec<u32>>::default();
    for round in 0..5 {
        for connection in 0..50 {
            let (state, join) = streams.advance(&entry(connection, round * 2, b"ab"));
            let begun = if connection == 9 && round >= 3 { 3 } else { 0 };
            assert_eq!(join, if round == begun { Join::First } else { Join::Continues });
            state.push(connection);
            assert_eq!(*state, vec![connection; (round - begun + 1) as usize]);
            streams.advance(&outbound(entry(connection, round, b"x"))).0.push(100);
        }
        if round == 2 {
            streams.end_connection(ConnectionId(9));
            // Takes the place that became free.
            streams.advance(&entry(1009, 0, b"z")).0.push(1009);
        }
    }
}

#[test]
fn offsets_wrap_at_2_to_the_32() {
    let mut streams = Streams::<()>::default();
    assert_eq!(streams.advance(&entry(1, u32::MAX - 1, b"abc")).1, Join::First);
    assert_eq!(streams.advance(&entry(1, 1, b"d")).1, Join::Continues);
}

#[test]
fn an_ended_stream_begins_anew_and_its_room_is_used_again() {
    let mut streams = Streams::<u32>::default();
    for round in 0..1000 {
        let (state, join) = streams.advance(&entry(round, 0, b"a"));
        assert_eq!((*state, join), (0, Join::First));
        *state = round + 1;
        assert_eq!(streams.get(entry(round, 0, b"").record.half()), Some(&(round + 1)));
        streams.end_connection(ConnectionId(round));
    }
    assert_eq!(streams.slots.len(), 1);
    assert_eq!(streams.into_states().count(), 0);
}

#[test]
fn text_is_decoded_by_stream_and_joined_over_no_gap() {
    let mut texts = StreamTexts::new(Encoding::Utf8.into());
    let mut decode = |entry: Entry<'_>, range: Range, pending: &[u8]| {
        let mut out = String::new();
        let pending = || Ok::<_, Infallible>(pending.to_vec());
        let range = range.unwrap_or(0..entry.record.payload.len());
        texts.decode(&entry, range, pending, &mut out).unwrap();
        out
    };
    type Range = Option<std::ops::Range<usize>>;
    assert_eq!(decode(entry(1, 0, b"\xB8\xADa\xE4"), None, b"\xE4"), "中a");
    assert_eq!(decode(entry(2, 0, b"\xE4"), None, b""), "");
    assert_eq!(decode(entry(1, 4, b"\xB8\xADb\xE4"), None, b"never asked for"), "中b");
    assert_eq!(decode(entry(1, 9, b"\xADc"), None, b"\xE4\xB8"), "中c");
    assert_eq!(decode(entry(1, 20, b"\xE4\xB8\xADdef"), Some(2..4), b""), "中d");
    let mut datagram = entry(4, 0, b"\xE4");
    datagram.record.transport = Transport::Udp;
    assert_eq!(decode(datagram, None, b""), "\u{FFFD}");
    let mut out = String::new();
    texts.finish(entry(2, 0, b"").record.half(), &mut out);
    assert_eq!(out, "\u{FFFD}");
}
