//! How long it takes to find a checksum, beside a bare loop over the same table steps; and how fast frames are checked.
//!
//! `WIRELAB_BENCH_ROUNDS`: measurements of each (15).

mod support;

use std::hint::black_box;
use std::io;
use std::time::Instant;
use support::{at_most, median, rounds, told};
use wirelab::finder::find;
use wirelab::payload::checksum::{Spec, Verdict};

const BAR_MILLIS: f64 = 50.0;

/// The bytes of the bare loop: about as many as all tables step over in a search of one frame of 256 bytes.
const BARE_BYTES: usize = 4 << 20;

fn main() -> io::Result<()> {
    let rounds = rounds(15);
    let table = bare_table();
    for (what, count, length) in [("three frames of 256 bytes", 3, 256), ("ten of 64", 10, 64)] {
        for text in ["CRC-16/MODBUS,from=1,at=-1", "XOR-8"] {
            let spec: Spec = text.parse().expect("a checksum");
            let unequal = format!("find {} in {what}, lengths differ", spec.name);
            measure(&unequal, &frames(&spec, count, length, 1), rounds, &table);
            let equal = format!("find {} in {what}, all of one length", spec.name);
            measure(&equal, &frames(&spec, count, length, 0), rounds, &table);
        }
    }
    let counting: Vec<Vec<u8>> = (0..10).map(|n| [&[0, n][..], &[0; 62]].concat()).collect();
    measure("find nothing in ten of 64, of which one byte counts", &counting, rounds, &table);
    checked(rounds);
    Ok(())
}

fn frames(spec: &Spec, count: usize, length: usize, spread: usize) -> Vec<Vec<u8>> {
    let mut state = 1_u64;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let mut frame = |length: usize| {
        let mut data: Vec<u8> = (0..length - spec.written_bytes()).map(|_| byte()).collect();
        let place = spec.place(data.len()).expect("it fits");
        let check = spec.of(&data).expect("it fits");
        data.splice(place..place, check);
        data
    };
    (0..count).map(|index| frame(length - index * spread)).collect()
}

fn measure(what: &str, frames: &[Vec<u8>], rounds: u64, table: &[u32; 256]) {
    let frames: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
    let (mut found, mut bare) = (Vec::new(), Vec::new());
    black_box(find(&frames));
    for _ in 0..rounds {
        let start = Instant::now();
        black_box(find(black_box(&frames)));
        found.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        black_box(bare_loop(table));
        bare.push(start.elapsed().as_secs_f64() * 1e3);
    }
    at_most(what, median(found), BAR_MILLIS, " ms");
    told("a bare loop of 4 Mi table steps beside it", &format!("{:.2} ms", median(bare)));
}

fn bare_table() -> [u32; 256] {
    std::array::from_fn(|byte| {
        (0..8)
            .fold(byte as u32, |entry, _| if entry & 1 == 1 { entry >> 1 ^ 0xEDB8_8320 } else { entry >> 1 })
    })
}

fn bare_loop(table: &[u32; 256]) -> u32 {
    (0..BARE_BYTES).fold(u32::MAX, |register, byte| {
        register >> 8 ^ table[usize::from(register as u8 ^ black_box(byte) as u8)]
    })
}

/// How fast received frames are checked, on one thread.
fn checked(rounds: u64) {
    for (text, bar) in [("CRC-16/MODBUS", 100.0), ("SUM-8", 300.0), ("CRC-32/ISO-HDLC", 100.0)] {
        let spec: Spec = text.parse().expect("a checksum");
        let frames = frames(&spec, 1000, 64, 0);
        let mut speeds = Vec::new();
        for _ in 0..rounds {
            let start = Instant::now();
            for _ in 0..20 {
                assert!(frames.iter().all(|frame| black_box(&spec).verify(frame) == Verdict::Right));
            }
            speeds.push(20.0 * 64_000.0 / start.elapsed().as_secs_f64() / 1e6);
        }
        let speed = median(speeds);
        let figure = format!("{speed:.0} MB/s");
        let bar_text = format!("at least {bar} MB/s");
        support::promise(&format!("check {text} of frames of 64 bytes"), &figure, &bar_text, speed >= bar);
    }
}
