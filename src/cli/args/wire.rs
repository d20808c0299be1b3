//! The options for how bytes go on the wire: forwarding, Nagle's algorithm, cuts and gaps, and files that are sent.

use super::Format;
use crate::engine::{FileForm, FileOptions};
use crate::model::units::{parse_duration, parse_rate, parse_size};
use crate::model::{ResponderConfig, SessionConfig, longest_datagram};
use crate::payload::{Cuts, Delivery, MOST_GLUED};
use clap::{Args, ValueEnum};
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::time::Duration;

/// The largest chunk of a file.
const MOST_CHUNK_BYTES: u64 = 16 << 20;

/// How bytes go on the wire, and to whom.
#[derive(Debug, Args)]
pub(super) struct WireArgs {
    /// Send what one client sends to all other clients (for udp: peers)
    #[arg(long, conflicts_with = "echo")]
    pub forward: bool,
    /// Send at once (on, the default), or with Nagle's algorithm (off): TCP_NODELAY
    #[arg(long, value_name = "on|off", value_enum)]
    pub no_delay: Option<Switch>,
    /// Cut what is sent into pieces, each its own write: behind so many bytes (1,3), behind every byte (every), or at
    /// random places (random, or random:SEED for the same ones again)
    #[arg(long, value_name = "PLACES", value_parser = parse_cuts, conflicts_with = "glue")]
    pub cut: Option<Cuts>,
    /// Send so many payloads in one write
    #[arg(long, value_name = "PAYLOADS", value_parser = clap::value_parser!(u64).range(1..=MOST_GLUED as u64))]
    pub glue: Option<u64>,
    /// Wait so long after each write: 5ms, 1s; with --cut 5ms if not given
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub gap: Option<Duration>,
    /// Send this file; standard input is not read
    #[arg(long, value_name = "FILE", conflicts_with_all = ["send", "cut", "glue", "payload"])]
    pub send_file: Option<PathBuf>,
    /// Send the file as it is, line by line, or the bytes that it has as hex text
    #[arg(long, value_name = "FORM", value_enum, requires = "send_file")]
    pub file_as: Option<FileAs>,
    /// Send the file no faster than this: 1MB/s, 64KiB/s
    #[arg(long, value_name = "RATE", value_parser = parse_file_rate, requires = "send_file")]
    pub rate: Option<u64>,
    /// Send the file, or the bytes of its hex text, in writes or datagrams of this size: 1024, 64KiB
    #[arg(long, value_name = "SIZE", value_parser = parse_chunk, requires = "send_file")]
    pub chunk: Option<u64>,
}

/// The value of an option that is switched on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

/// How the content of a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FileAs {
    Raw,
    Lines,
    Hex,
}

/// A file that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct FilePlan {
    pub path: PathBuf,
    pub options: FileOptions,
}

/// `random` alone gets a seed of its own each time.
fn parse_cuts(text: &str) -> Result<Cuts, String> {
    if text.trim() == "random" {
        return Ok(Cuts::Random { seed: RandomState::new().hash_one(0) >> 32 });
    }
    match text.parse().map_err(|error: crate::payload::CutsError| error.to_string())? {
        Cuts::None => Err("type places such as 1,3, or every, random or random:SEED".into()),
        cuts => Ok(cuts),
    }
}

fn parse_chunk(text: &str) -> Result<u64, String> {
    match parse_size(text).map_err(|error| error.to_string())? {
        size @ 1..=MOST_CHUNK_BYTES => Ok(size),
        _ => Err(format!("a chunk has 1 byte to {} MiB", MOST_CHUNK_BYTES >> 20)),
    }
}

fn parse_file_rate(text: &str) -> Result<u64, String> {
    match parse_rate(text).map_err(|error| error.to_string())? {
        0 => Err("at this rate nothing is ever sent".into()),
        rate => Ok(rate),
    }
}

impl WireArgs {
    /// What answers received data, if it is one of these.
    pub fn responder(&self) -> ResponderConfig {
        if self.forward { ResponderConfig::Forward } else { ResponderConfig::None }
    }

    /// Whether connections send without Nagle's algorithm.
    pub fn no_delay(&self) -> bool {
        self.no_delay != Some(Switch::Off)
    }

    /// How payloads are written.
    pub fn delivery(&self) -> Delivery {
        let cuts = self.cut.clone().unwrap_or_default();
        Delivery { cuts, glue: self.glue.unwrap_or(1) as usize, gap: self.gap }
    }

    /// The file that is sent.
    pub fn file(&self, config: &SessionConfig) -> Option<FilePlan> {
        let path = self.send_file.clone()?;
        let form = match self.file_as {
            None | Some(FileAs::Raw) => FileForm::Raw,
            Some(FileAs::Lines) => FileForm::Lines,
            Some(FileAs::Hex) => FileForm::Hex,
        };
        let is_datagram = matches!(config, SessionConfig::Udp(_));
        let usual = FileOptions::usual_chunk_bytes(is_datagram, self.rate);
        let chunk_bytes = self.chunk.map_or(usual, |chunk| chunk as usize);
        let gap = self.gap.unwrap_or_default();
        Some(FilePlan { path, options: FileOptions { form, chunk_bytes, gap, rate: self.rate } })
    }

    /// What is wrong with the options for a session of this kind. `input`: how standard input is sent.
    pub fn problem(
        &self,
        config: &SessionConfig,
        input: Option<Format>,
        has_payload: bool,
    ) -> Option<String> {
        let longest = match config {
            SessionConfig::Udp(config) => longest_datagram(config.local) as u64,
            _ => u64::MAX,
        };
        let is_plain = self.cut.is_none() && self.glue.is_none() && self.gap.is_none();
        match config {
            SessionConfig::TcpClient(_) if self.forward => {
                Some("--forward is for listen and udp: a client has nobody to forward to".into())
            }
            SessionConfig::Udp(_) if self.no_delay.is_some() => {
                Some("--no-delay is for listen and connect: UDP sends each datagram at once".into())
            }
            _ if self.chunk.is_some_and(|chunk| chunk > longest) => {
                Some(format!("--chunk: one datagram holds at most {longest} bytes"))
            }
            _ if self.chunk.is_some() && self.file_as == Some(FileAs::Lines) => {
                Some("--chunk: with --file-as lines, each line is a chunk".into())
            }
            _ if !is_plain && self.send_file.is_none() && input == Some(Format::Raw) => Some(
                "--cut, --glue and --gap are for payloads: lines of --send text or hex, and not for --send raw"
                    .into(),
            ),
            _ if !is_plain && self.send_file.is_none() && input.is_none() && !has_payload => Some(
                "--cut, --glue and --gap are for what is sent: use --payload, --send text or --send hex".into(),
            ),
            _ => None,
        }
    }
}
