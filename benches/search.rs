//! Searching a recording for what is not there against other tools on the same file and against a loop that only
//! reads it, in turns, in one run: with long records and with short ones. Bytes and text of one case against
//! `grep -c -F`, text in either case against `grep -c -i -F`, both with `LC_ALL=C`; a regular expression against
//! `rg -a -c`. Also a filter.
//!
//! `WIRELAB_BENCH_GIB`: size of the recording (4). `WIRELAB_BENCH_ROUNDS`: measurements of each (5).
//! `WIRELAB_BENCH_DIR`: its folder; /dev/shm if it has room, so that no disk is measured.

mod support;

use std::fs::{self, File};
use std::io::{self, Read};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use support::session::Session;
use support::{Scratch, at_most, failed, median, rounds, size, timed};
use wirelab::capture::{CaptureReader, CaptureWriter, Destination, Limits, Position};
use wirelab::codec::Encoding;
use wirelab::model::{
    AnswerNote, ConnectionId, Direction, Record, RecordKind, SessionConfig, SessionState, TcpServerConfig,
    Timestamp, Transport,
};
use wirelab::search::{Filter, Job, Query, Scan};

/// Not in any payload, though its letters are frequent.
const ABSENT: &str = "temperature=99.125;alarm";
/// The same as letters alone, each with another case, and some with more than two forms.
const ABSENT_WORDS: &str = "sensor temperature alarm asks";
/// A pattern that matches nothing.
const REGEX: &str = r"temp[a-z]+=\d{3,}\.\d+;alarm";

fn main() -> io::Result<()> {
    let bytes = size("WIRELAB_BENCH_GIB", 4) << 30;
    let rounds = rounds(5);
    let folder = support::folder(bytes);
    println!("{} GiB, {rounds} rounds, in {}", bytes >> 30, folder.display());
    for (name, sizes) in
        [("records of 64 KiB", [65_000, 65_001]), ("records of 64 to 1500 bytes", [64, 1501])]
    {
        let file = Scratch(folder.join(format!("wirelab-search-{}.pcapng", std::process::id())));
        let reader = write(&file.0, bytes, sizes)?;
        println!("{name}");
        compare(name, &file.0, &reader, rounds)?;
        beside(&folder, name, &reader, rounds)?;
    }
    Ok(())
}

/// The slowdown of a session at full speed while a recording is searched repeatedly.
fn beside(folder: &Path, records: &str, reader: &CaptureReader, rounds: u64) -> io::Result<()> {
    let bytes = 1 << 30;
    let search = job(&Query::Text { text: ABSENT.into(), case_sensitive: true, encoding: Encoding::Utf8 })?;
    let mut taken: [Vec<f64>; 2] = Default::default();
    for _ in 0..rounds {
        for (taken, is_searching) in taken.iter_mut().zip([false, true]) {
            let config = SessionConfig::TcpServer(TcpServerConfig::new(([127, 0, 0, 1], 0).into()));
            let session = Session::start(folder, config);
            let address = session.wait(|status| status.state == SessionState::Listening).local;
            let mut peer = TcpStream::connect(address.ok_or_else(|| failed("no address"))?)?;
            let is_over = AtomicBool::new(false);
            taken.push(thread::scope(|scope| {
                let searching = scope.spawn(|| {
                    while is_searching && !is_over.load(Ordering::Relaxed) {
                        scan(&search, reader)?;
                    }
                    Ok(())
                });
                let seconds = timed(|| {
                    support::send_open(&mut peer, bytes)?;
                    session.wait(|status| status.traffic.bytes_in == bytes);
                    Ok(())
                });
                is_over.store(true, Ordering::Relaxed);
                searching.join().map_err(failed)?.and(seconds)
            })?);
            session.close();
        }
    }
    let [alone, searched] = taken.map(median);
    let what = format!("receiving 1 GiB while {records} are searched / while nothing is");
    println!("  receiving alone {alone:.2} s, beside a search {searched:.2} s");
    at_most(&what, searched / alone, 1.3, " times");
    Ok(())
}

fn compare(records: &str, file: &Path, reader: &CaptureReader, rounds: u64) -> io::Result<()> {
    let text = |case_sensitive, encoding| Query::Text { text: ABSENT.into(), case_sensitive, encoding };
    let words = Query::Text { text: ABSENT_WORDS.into(), case_sensitive: false, encoding: Encoding::Utf8 };
    let hex = Query::Hex { pattern: "74 65 6D 70 ?? 72 61 74 FF".into() };
    let regex = Query::Regex { pattern: REGEX.into(), case_sensitive: true, encoding: Encoding::Utf8 };
    let short = Filter { max_bytes: Some(100), ..Filter::default() };
    let jobs = [
        ("text", job(&text(true, Encoding::Utf8))?),
        ("hex with a wildcard", job(&hex)?),
        ("text in GBK", job(&text(true, Encoding::Gbk))?),
        ("text, either case", job(&text(false, Encoding::Utf8))?),
        ("text, either case, in GBK", job(&text(false, Encoding::Gbk))?),
        ("words, either case", job(&words)?),
        ("regular expression", job(&regex)?),
        (
            "filter by size",
            Job::Filter(short.compile().map_err(|error| io::Error::other(format!("{error:?}")))?),
        ),
    ];
    let peers =
        [Peer::grep(&[], ABSENT), Peer::grep(&["-i"], ABSENT), Peer::grep(&["-i"], ABSENT_WORDS), Peer::rg()];
    let mut peers_taken = peers.each_ref().map(|_| Vec::new());
    let mut loops = Vec::new();
    let mut taken = vec![Vec::new(); jobs.len()];
    for _ in 0..rounds {
        for (peer, taken) in peers.iter().zip(&mut peers_taken) {
            taken.push(timed(|| peer.run(file))?);
        }
        loops.push(timed(|| read_all(file))?);
        for (job, taken) in jobs.iter().zip(&mut taken) {
            taken.push(timed(|| scan(&job.1, reader))?);
        }
    }
    let peers_taken = peers_taken.map(median);
    let [grep, grep_either, grep_words, rg] = peers_taken;
    let loops = median(loops);
    let gib = fs::metadata(file)?.len() as f64 / f64::from(1 << 30);
    println!("  {:<28}{:>9}{:>9}{:>9}{:>9}", "", "seconds", "GiB/s", "grep", "reading");
    let row = |name: &str, seconds: f64| {
        let (to_grep, to_reading) = (seconds / grep, seconds / loops);
        println!("  {name:<28}{seconds:>9.3}{:>9.2}{to_grep:>9.2}{to_reading:>9.2}", gib / seconds);
    };
    for (peer, &taken) in peers.iter().zip(&peers_taken) {
        row(peer.name, taken);
    }
    row("reading", loops);
    let taken: Vec<_> = taken.into_iter().map(median).collect();
    for (job, &taken) in jobs.iter().zip(&taken) {
        row(job.0, taken);
    }
    for (name, peer, peer_taken, bar) in [
        ("text", "grep -c -F", grep, 1.5),
        ("hex with a wildcard", "grep -c -F", grep, 1.5),
        ("text, either case", "grep -c -i -F", grep_either, 1.5),
        ("words, either case", "grep -c -i -F", grep_words, 1.5),
        ("regular expression", "rg -a -c", rg, 1.3),
    ] {
        let index = jobs.iter().position(|job| job.0 == name).ok_or_else(|| failed(name))?;
        let what = format!("searching {gib:.1} GiB of {records} for absent {name} / {peer}");
        at_most(&what, taken[index] / peer_taken, bar, " times");
    }
    Ok(())
}

fn job(query: &Query) -> io::Result<Job> {
    query.compile().map(Job::Search).map_err(|error| io::Error::other(format!("{error:?}")))
}

fn scan(job: &Job, reader: &CaptureReader) -> io::Result<()> {
    let (sender, news) = sync_channel(1);
    let notify = Arc::new(move || {
        let _ = sender.try_send(());
    });
    let scan = Scan::start(job.clone(), reader.clone(), Position(0), notify);
    loop {
        let progress = scan.progress();
        if let Some(failure) = progress.failure {
            return Err(io::Error::other(format!("{failure:?}")));
        }
        if progress.is_caught_up {
            if matches!(job, Job::Search(_)) && progress.matches > 0 {
                return Err(io::Error::other(format!("{} matches of what is not there", progress.matches)));
            }
            return Ok(());
        }
        news.recv().map_err(io::Error::other)?;
    }
}

/// Another tool that looks for what is not there.
struct Peer {
    name: &'static str,
    command: &'static str,
    arguments: Vec<&'static str>,
}

impl Peer {
    fn grep(options: &[&'static str], text: &'static str) -> Self {
        let name = match (options.is_empty(), text) {
            (true, _) => "grep -c -F",
            (false, ABSENT) => "grep -c -i -F",
            (false, _) => "grep -c -i -F, words",
        };
        Self { name, command: "grep", arguments: [&["-c", "-F"], options, &[text]].concat() }
    }

    fn rg() -> Self {
        Self { name: "rg -a -c", command: "rg", arguments: vec!["-a", "-c", REGEX] }
    }

    fn run(&self, file: &Path) -> io::Result<()> {
        let mut command = Command::new(self.command);
        let status =
            command.args(&self.arguments).arg(file).env("LC_ALL", "C").stdout(Stdio::null()).status();
        let needed = |error| io::Error::other(format!("{} is needed for comparison: {error}", self.command));
        match status.map_err(needed)?.code() {
            Some(1) => Ok(()),
            code => Err(io::Error::other(format!("{} ended with {code:?}", self.name))),
        }
    }
}

fn read_all(file: &Path) -> io::Result<()> {
    let mut file = File::open(file)?;
    let mut buffer = vec![0; 256 << 10];
    while file.read(&mut buffer)? > 0 {}
    Ok(())
}

/// Records of text as devices send it: two connections, both directions.
fn write(path: &Path, bytes: u64, sizes: [usize; 2]) -> io::Result<CaptureReader> {
    let mut source = String::new();
    let mut state = 1u32;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    while source.len() < 8 << 20 {
        let (sensor, value, part) = (random(32), random(90), random(1000));
        source += &format!("sensor {sensor}: temperature={value}.{part:03};humidity={part}%\r\n");
    }
    let mut writer = CaptureWriter::new(
        Destination::file(path).map_err(|failure| io::Error::other(format!("{failure:?}")))?,
        Limits::default(),
    );
    let mut written = 0;
    let mut at = 0;
    while written < bytes {
        let length = sizes[0] + random(sizes[1] - sizes[0]);
        if at + length > source.len() {
            at = random(1000);
        }
        let record = Record {
            time: Timestamp(1_700_000_000_000_000_000 + written),
            kind: RecordKind::Data,
            direction: if random(4) == 0 { Direction::Outbound } else { Direction::Inbound },
            transport: Transport::Tcp,
            connection: ConnectionId(1 + random(2) as u32),
            local: ([127, 0, 0, 1], 7788).into(),
            peer: ([127, 0, 0, 1], 50_000).into(),
            payload: &source.as_bytes()[at..at + length],
            is_cut: false,
            text: "",
            answer: AnswerNote::default(),
        };
        writer.append(&record);
        at += length;
        written += length as u64;
    }
    writer.publish();
    match &writer.status().failure {
        Some(failure) => Err(io::Error::other(format!("{failure:?}"))),
        None => Ok(writer.reader()),
    }
}
