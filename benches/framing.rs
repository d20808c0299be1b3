//! Framing of frames of 64 bytes in reads of 64 KiB, each kind and each preset, alternating with `memchr` that finds line
//! ends every 64 bytes in the same reads. Prints the speed of each, and the slowest as the figure.
//!
//! `WIRELAB_BENCH_MIB`: amount framed for each measurement (256). `WIRELAB_BENCH_ROUNDS`: measurements, of which the median
//! counts (5). `WIRELAB_BENCH_ONLY`: a part of the framings' names, to measure only some.

mod support;

use std::hint::black_box;
use std::time::Instant;
use support::{median, promise, rounds, size, told};
use wirelab::framing::{FoundKind, Framer, Framing, Preset};
use wirelab::model::{Direction, Timestamp};
use wirelab::payload::checksum::Spec;

const FRAME: usize = 64;
const READ: usize = 64 << 10;

fn main() {
    let bytes = size("WIRELAB_BENCH_MIB", 256) << 20;
    let rounds = rounds(5);
    let only = std::env::var("WIRELAB_BENCH_ONLY").unwrap_or_default();
    println!("{} MiB in reads of 64 KiB, frames of 64 bytes, {rounds} rounds", bytes >> 20);
    println!("  {:<44}{:>9}{:>9}{:>9}", "", "GB/s", "memchr", "ratio");
    let mut slowest: Option<(f64, f64, String)> = None;
    for (name, framing, frame) in framings().into_iter().filter(|(name, ..)| name.contains(&only)) {
        assert_eq!(frame.len(), FRAME, "{name}");
        let stream = frame.repeat(READ / FRAME);
        let lines = [&[b'x'; FRAME - 1][..], b"\n"].concat().repeat(READ / FRAME);
        let is_gap = name.starts_with("gap");
        let (mut taken, mut taken_by_memchr) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let started = Instant::now();
            let mut found = 0_u64;
            for _ in 0..bytes / READ as u64 {
                found += memchr::memchr_iter(b'\n', black_box(&lines)).count_each();
            }
            taken_by_memchr.push(started.elapsed().as_secs_f64());
            assert_eq!(found, bytes / FRAME as u64);

            let started = Instant::now();
            let mut found = 0_u64;
            let mut framer = Framer::new(&framing, Direction::Inbound);
            for _ in 0..bytes / READ as u64 {
                framer.push(black_box(&stream), Timestamp(0), |part| {
                    found +=
                        u64::from(part.kind == FoundKind::Frame && part.end - part.start == FRAME as u64);
                });
            }
            taken.push(started.elapsed().as_secs_f64());
            assert!(found == bytes / FRAME as u64 || is_gap, "{name}: {found}");
        }
        let speed = bytes as f64 / median(taken) / 1e9;
        let ratio = speed / (bytes as f64 / median(taken_by_memchr) / 1e9);
        println!("  {name:<44}{speed:>9.2}{:>9.2}{ratio:>9.2}", speed / ratio);
        if slowest.as_ref().is_none_or(|(least, ..)| speed < *least) {
            slowest = Some((speed, ratio, name));
        }
    }
    let Some((speed, ratio, name)) = slowest else { return };
    promise(
        "framing, the slowest kind or preset",
        &format!("{speed:.2} GB/s, {ratio:.2} of memchr ({name})"),
        "1 GB/s, or 0.5 of memchr",
        speed >= 1.0 || ratio >= 0.5,
    );
    told("size of a framer", &format!("{} bytes", size_of::<Framer>()));
}

/// Visits each match, as a framer tells of each frame.
trait CountEach: Iterator {
    fn count_each(self) -> u64;
}

impl<I: Iterator<Item = usize>> CountEach for I {
    fn count_each(self) -> u64 {
        let mut count = 0;
        for place in self {
            count += 1;
            black_box(place);
        }
        count
    }
}

/// Framings with a frame of 64 bytes each.
fn framings() -> Vec<(String, Framing, Vec<u8>)> {
    let kinds = [
        ("delimiter=0A", with(b"", b"\n")),
        ("delimiter=0D0A", with(b"", b"\r\n")),
        ("delimiter=0D0A/3B/2323", with(b"", b"##")),
        ("delimiter=000102030405060708090A0B0C0D0E0F", with(b"", &(0..16).collect::<Vec<_>>())),
        ("fixed=64", with(b"", b"")),
        ("length,at=4,width=2,little", with(b"head\x3A\0", b"")),
        ("length,at=0,width=leb128", with(b"\x3F", b"")),
        ("length,at=2,width=dec4,adjust=2", with(b"##0056", b"\r\n")),
        ("length,at=0,width=hex8", with(b"00000038", b"")),
        ("marks,start=02,end=03", with(b"\x02", b"\x03")),
        ("marks,start=AA55,end=55AA,restart,trailer=2", with(b"\xAA\x55", b"\x55\xAA\0\0")),
        ("marks,start=28,end=29,escape=5C", with(b"(\\)\\(", b")")),
        ("gap=1s", with(b"", b"")),
    ];
    let kinds = kinds.map(|(text, frame)| (text.to_owned(), text.parse().expect(text), frame));
    let presets =
        Framing::PRESETS.iter().map(|preset| (preset.name().to_owned(), preset.framing(), frame_of(*preset)));
    kinds.into_iter().chain(presets).collect()
}

/// A frame with this start and this end.
fn with(start: &[u8], end: &[u8]) -> Vec<u8> {
    [start, &vec![b'x'; FRAME - start.len() - end.len()], end].concat()
}

fn frame_of(preset: Preset) -> Vec<u8> {
    match preset {
        Preset::Lines | Preset::Crlf => with(b"", b"\r\n"),
        Preset::Nul => with(b"", b"\0"),
        Preset::Semicolon => with(b"", b";"),
        Preset::JsonLines => with(b"{\"a\":\"", b"\"}\n"),
        Preset::ModbusTcp => with(b"\x15\x01\0\0\0\x3A\x01\x03\x37", b""),
        Preset::ModbusRtu => {
            let mut frame = with(b"\x11\x03\x3B", b"\0\0");
            frame.truncate(FRAME - 2);
            let spec: Spec = "CRC-16/MODBUS".parse().expect("it is in the catalogue");
            frame.extend(spec.of(&frame).expect("all of the frame"));
            frame
        }
        Preset::ModbusAscii => with(b":0103", b"FB\r\n"),
        Preset::Mqtt => with(b"\x30\x3E\0\x03a/b", b""),
        Preset::Tls => with(b"\x17\x03\x03\0\x3B", b""),
        Preset::Tpkt => with(b"\x03\0\0\x40\x02\xF0\x80", b""),
        Preset::Dns => with(b"\0\x3E\x12\x34\x01", b""),
        Preset::WebSocket => with(b"\x81\x3E", b""),
        Preset::Http => with(b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n", b""),
        Preset::Slip => with(b"\xC0\xDB\xDC", b"\xC0"),
        Preset::Cobs => with(b"\x3F", b"\0"),
        Preset::Hdlc => with(b"\x7E\x7D\x5E", b"\x7E"),
        Preset::StxEtx => with(b"\x02", b"\x03"),
        Preset::StxEtxBcc => with(b"\x02", b"\x03\x7B"),
        Preset::DleStxEtx => with(b"\x10\x02\x10\x10", b"\x10\x03"),
        Preset::DleStxEtxBcc => with(b"\x10\x02\x10\x10", b"\x10\x03\x7B"),
        Preset::Hj212 => with(b"##0052QN=1;", b"1C80\r\n"),
        Preset::Jt808 => with(b"\x7E\x7D\x02", b"\x7E"),
        Preset::Dlt645 => with(b"\x68\xAA\xAA\xAA\xAA\xAA\xAA\x68\x91\x34", b"\0\x16"),
        Preset::Gbt32960 => with(b"##\x02\xFELSVAU2180N2183294\x01\0\x27", b"\0"),
        Preset::Iec104 => with(b"\x68\x3E\0\0\0\0\x64\x01", b""),
        Preset::U16Big => with(b"\0\x3E", b""),
        Preset::U16Little => with(b"\x3E\0", b""),
        Preset::U32Big => with(b"\0\0\0\x3C", b""),
        Preset::U32Little => with(b"\x3C\0\0\0", b""),
    }
}
