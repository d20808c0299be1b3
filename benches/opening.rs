//! Opening a large recording: until its last 100 records are read, against opening a file and reading its last MiB;
//! and until it is indexed, against a loop that reads the file.
//!
//! `WIRELAB_BENCH_MIB`: size of the recording (4096). `WIRELAB_BENCH_ROUNDS`: rounds (5). `WIRELAB_BENCH_DIR`: its
//! folder. The file is in the page cache.

mod support;

use eframe::egui::Role;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Instant;
use support::headless::Headless;
use support::{Scratch, at_most, failed, median, rounds, size};
use wirelab::capture::{CaptureWriter, Cursor, Destination, Limits, open};
use wirelab::model::{AnswerNote, ConnectionId, Direction, Record, RecordKind, Timestamp, Transport};

/// Payload bytes per record: a line of a log, and a read from a fast peer.
const PAYLOADS: [usize; 2] = [64, 16 << 10];

fn main() -> io::Result<()> {
    let bytes = size("WIRELAB_BENCH_MIB", 4096) << 20;
    let rounds = rounds(5);
    let folder = support::folder(bytes);
    let file = Scratch(folder.join(format!("wirelab-opening-{}.pcapng", std::process::id())));
    for payload in PAYLOADS {
        record(&file.0, bytes, payload)?;
        println!("{} MiB in records of {payload} bytes, {rounds} rounds, medians", bytes >> 20);
        let mut taken: [Vec<f64>; 4] = Default::default();
        for _ in 0..rounds {
            let start = Instant::now();
            last_mebibyte(&file.0)?;
            taken[0].push(start.elapsed().as_secs_f64());

            let start = Instant::now();
            let mut opened = open(&file.0).map_err(failed)?;
            let mut cursor = Cursor::new(opened.reader.snapshot());
            let mut at = cursor.snapshot().end();
            for _ in 0..100 {
                let position = cursor.previous(at).map_err(failed)?;
                at = position.ok_or_else(|| io::Error::other("fewer than 100 records"))?;
            }
            taken[1].push(start.elapsed().as_secs_f64());
            let progress = opened.indexing.wait();
            taken[2].push(start.elapsed().as_secs_f64());
            if progress.failure.is_some()
                || opened.reader.snapshot().records() < bytes / (payload as u64 + 300)
            {
                return Err(io::Error::other(format!("{progress:?}")));
            }

            let start = Instant::now();
            let mut reader = File::open(&file.0)?;
            let mut buffer = vec![0; 1 << 20];
            while reader.read(&mut buffer)? > 0 {}
            taken[3].push(start.elapsed().as_secs_f64());
        }
        let [last, shown, indexed, read] = taken.map(median);
        println!("  open and read the last MiB   {:>9.2} ms", last * 1e3);
        println!("  open until 100 records       {:>9.2} ms", shown * 1e3);
        println!("  read the whole file          {:>9.2} ms", read * 1e3);
        println!("  open until looked through    {:>9.2} ms  ({:.2} times)", indexed * 1e3, indexed / read);
        let what =
            format!("{} MiB in records of {payload} bytes opened until the last 100 show", bytes >> 20);
        at_most(&what, shown * 1e3, 1000.0, " ms");
        in_the_window(&folder, &file.0, bytes, payload, rounds)?;
    }
    Ok(())
}

/// In the window: a new tab until its last page is shown.
fn in_the_window(folder: &Path, file: &Path, bytes: u64, payload: usize, rounds: u64) -> io::Result<()> {
    let mut taken = Vec::new();
    for _ in 0..rounds {
        let mut window = Headless::open(folder, Vec::new())?;
        window.settle();
        let began = Instant::now();
        window.app.open_files(&[file.to_path_buf()]);
        window.frame();
        let rows = |window: &Headless| window.labels(Role::Row).filter(|row| row.contains("xxxx")).count();
        window.until("the last page", |window| rows(window) > 0)?;
        taken.push(began.elapsed().as_secs_f64() * 1e3);
        window.close();
    }
    let what = format!(
        "{} MiB in records of {payload} bytes opened in the window until its last page shows",
        bytes >> 20
    );
    at_most(&what, median(taken), 1000.0, " ms");
    Ok(())
}

fn record(path: &Path, bytes: u64, payload: usize) -> io::Result<()> {
    let mut writer = CaptureWriter::new(
        Destination::file(path).map_err(|failure| io::Error::other(format!("{failure:?}")))?,
        Limits::default(),
    );
    let payload = vec![b'x'; payload];
    let mut record = Record {
        time: Timestamp(1_700_000_000_000_000_000),
        kind: RecordKind::Data,
        direction: Direction::Inbound,
        transport: Transport::Tcp,
        connection: ConnectionId(1),
        local: ([127, 0, 0, 1], 7788).into(),
        peer: ([127, 0, 0, 1], 50_000).into(),
        payload: &payload,
        is_cut: false,
        text: "",
        answer: AnswerNote::default(),
    };
    while writer.reader().snapshot().end().0 < bytes {
        for _ in 0..100 {
            record.time.0 += 1000;
            writer.append(&record);
        }
        writer.publish();
    }
    writer.status().failure.clone().map_or(Ok(()), |failure| Err(failed(failure)))
}

fn last_mebibyte(path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-(1 << 20)))?;
    file.read_exact(&mut vec![0; 1 << 20])
}
