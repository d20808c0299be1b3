//! Importing captures that are made packet by packet.

mod bounds;
mod connections;
mod damage;
mod files;
mod links;
mod outside;
mod overlaps;
mod packets;
mod pcapng;
mod resets;
mod streams;

use super::reassembly::{Chunk, Half};
use super::*;
use crate::capture::{Cursor, open_folder};
use crate::model::{Direction, RecordKind, Transport};
use etherparse::{PacketBuilder, TcpHeader};
use proptest::prelude::*;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 7], 50_000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 1], 7788);

/// The format of a capture file.
#[derive(Clone, Copy, Debug, Default)]
struct Format {
    is_pcapng: bool,
    is_big_endian: bool,
    is_nanos: bool,
    link_type: u16,
}

impl Format {
    fn u16(self, value: u16) -> [u8; 2] {
        if self.is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        if self.is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    /// A file with these frames, captured up to `snap` bytes each, one microsecond apart.
    fn file(self, frames: &[Vec<u8>], snap: usize) -> Vec<u8> {
        let mut out = Vec::new();
        if self.is_pcapng {
            self.block(
                &mut out,
                0x0A0D_0D0A,
                &[&self.u32(0x1A2B_3C4D)[..], &self.u16(1), &self.u16(0), &[0xFF; 8]],
            );
            let resolution = [&self.u16(9)[..], &self.u16(1), &[9, 0, 0, 0], &[0; 4]].concat();
            let options: &[u8] = if self.is_nanos { &resolution } else { &[] };
            self.block(
                &mut out,
                1,
                &[&self.u16(self.link_type)[..], &[0; 2], &self.u32(snap as u32), options],
            );
        } else {
            out.extend(self.u32(if self.is_nanos { 0xA1B2_3C4D } else { 0xA1B2_C3D4 }));
            out.extend([self.u16(2), self.u16(4)].concat());
            out.extend([[0; 4], [0; 4], self.u32(snap as u32), self.u32(self.link_type.into())].concat());
        }
        for (number, frame) in frames.iter().enumerate() {
            let captured = &frame[..frame.len().min(snap)];
            let lengths = [self.u32(captured.len() as u32), self.u32(frame.len() as u32)].concat();
            let micros = 1_700_000_000_000_000 + number as u64;
            if self.is_pcapng {
                let units = if self.is_nanos { micros * 1000 } else { micros };
                let time = [self.u32((units >> 32) as u32), self.u32(units as u32)].concat();
                let padding = vec![0; captured.len().next_multiple_of(4) - captured.len()];
                self.block(&mut out, 6, &[&[0; 4][..], &time, &lengths, captured, &padding]);
            } else {
                let fraction = (micros % 1_000_000) as u32 * if self.is_nanos { 1000 } else { 1 };
                out.extend([self.u32((micros / 1_000_000) as u32), self.u32(fraction)].concat());
                out.extend(lengths);
                out.extend(captured);
            }
        }
        out
    }

    fn block(self, out: &mut Vec<u8>, kind: u32, parts: &[&[u8]]) {
        let body = parts.concat();
        let length = self.u32(body.len() as u32 + 12);
        out.extend([&self.u32(kind)[..], &length, &body, &length].concat());
    }
}

const RAW: Format = Format { is_pcapng: false, is_big_endian: false, is_nanos: false, link_type: 101 };

/// A TCP segment in an IPv4 packet. `flags` has the letters S, F, R and A.
fn tcp(
    from: ([u8; 4], u16),
    to: ([u8; 4], u16),
    flags: &str,
    sequence: u32,
    ack: u32,
    payload: &[u8],
) -> Vec<u8> {
    let mut header = TcpHeader::new(from.1, to.1, sequence, 65_000);
    header.syn = flags.contains('S');
    header.fin = flags.contains('F');
    header.rst = flags.contains('R');
    header.ack = flags.contains('A');
    header.acknowledgment_number = ack;
    let mut packet = Vec::new();
    PacketBuilder::ipv4(from.0, to.0, 64).tcp_header(header).write(&mut packet, payload).unwrap();
    packet
}

fn from_client(flags: &str, sequence: u32, ack: u32, payload: &[u8]) -> Vec<u8> {
    tcp(CLIENT, SERVER, flags, sequence, ack, payload)
}

fn from_server(flags: &str, sequence: u32, ack: u32, payload: &[u8]) -> Vec<u8> {
    tcp(SERVER, CLIENT, flags, sequence, ack, payload)
}

fn udp(from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4(from.0, to.0, 64).udp(from.1, to.1).write(&mut packet, payload).unwrap();
    packet
}

/// A handshake with these initial sequence numbers.
fn handshake(client: u32, server: u32) -> Vec<Vec<u8>> {
    vec![
        from_client("S", client, 0, b""),
        from_server("SA", server, client.wrapping_add(1), b""),
        from_client("A", client.wrapping_add(1), server.wrapping_add(1), b""),
    ]
}

/// A connection with 0 as both initial sequence numbers: its handshake, and then `rest`.
fn connection(rest: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    handshake(0, 0).into_iter().chain(rest).collect()
}

/// A record: kind, direction, connection, payload and text.
type Told = (RecordKind, Direction, u32, Vec<u8>, String);

fn import_bytes(bytes: &[u8]) -> (Imported, Vec<Told>) {
    let (imported, told, is_in_order) = import_any(bytes);
    assert!(is_in_order, "the records must be in order of time");
    (imported, told)
}

/// The same for a capture whose times may be in any order; also returns whether the records are in order.
fn import_any(bytes: &[u8]) -> (Imported, Vec<Told>, bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture");
    fs::write(&path, bytes).unwrap();
    assert_eq!(sniff(&path), Ok(FileKind::Capture));
    let into = folder.path().join("recording");
    let go_on = &mut |_| ControlFlow::Continue(());
    let imported =
        import(&path, Destination::Folder(into.clone()), Language::English, go_on).unwrap().unwrap();
    let (told, is_in_order) = if imported.records > 0 { records_of(&into) } else { (Vec::new(), true) };
    (imported, told, is_in_order)
}

fn records_of(folder: &Path) -> (Vec<Told>, bool) {
    let mut opened = open_folder(folder).unwrap();
    assert_eq!(opened.indexing.wait().failure, None);
    let mut cursor = Cursor::new(opened.reader.snapshot());
    let mut told = Vec::new();
    let mut at = cursor.snapshot().start();
    let mut last = Default::default();
    let mut is_in_order = true;
    while let Some(position) = cursor.next(at).unwrap() {
        let entry = cursor.read(position).unwrap().unwrap();
        let record = entry.record;
        told.push((
            record.kind,
            record.direction,
            record.connection.0,
            record.payload.to_vec(),
            record.text.to_string(),
        ));
        is_in_order &= record.time >= last;
        last = record.time;
        at = entry.end;
    }
    (told, is_in_order)
}

fn import_frames(frames: &[Vec<u8>]) -> (Imported, Vec<Told>) {
    import_bytes(&RAW.file(frames, 65_535))
}

/// The bytes of one half as text, with the number of missing bytes in angle brackets.
fn said(told: &[Told], connection: u32, direction: Direction) -> String {
    let mut all = String::new();
    for (kind, of, id, payload, text) in told {
        if (*of, *id) != (direction, connection) {
            continue;
        }
        match kind {
            RecordKind::Data => all += &String::from_utf8_lossy(payload),
            RecordKind::Note if text.contains("missing") => {
                all += &format!("<{}>", text.split(' ').next().unwrap())
            }
            _ => {}
        }
    }
    all
}

fn kinds(told: &[Told]) -> Vec<RecordKind> {
    told.iter().map(|record| record.0).collect()
}
