//! The commands and options, as clap reads them.

use super::Format;
use super::commands::CommandsCommand;
use super::follow::FollowArgs;
use super::frames::FrameArgs;
use super::help::{CHECKSUM, COMMANDS, EXIT_CODES, EXPORT, FIND_CHECKSUM, INPUT, OUTPUT, RUN};
use super::payload::PayloadArgs;
use super::repeat::RepeatArgs;
use super::run::RunArgs;
use super::view::ViewArgs;
use super::wire::WireArgs;
use crate::codec::{Encoding, LineEnding};
use crate::framing::Framing;
use crate::model::units::parse_duration;
use crate::model::{Endpoint, ResponderConfig, parse_listen_address};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The command line as a whole.
#[derive(Debug, Parser)]
#[command(
    name = "wirelab",
    version,
    about = "Network debugging assistant: TCP client, TCP server and UDP, in a window and without one",
    after_help = EXIT_CODES,
    args_conflicts_with_subcommands = true
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Open the window (also without this word), with these files and sessions
    Gui(WindowArgs),
    /// Wait for TCP connections
    #[command(after_help = format!("{OUTPUT}\n\n{INPUT}\nInput is sent to all connections, and waits for the first one.\n\n{EXIT_CODES}"))]
    Listen {
        /// Address to listen on: 7788, :7788, 127.0.0.1:7788, [::1]:7788; port 0 lets the system choose
        #[arg(value_name = "ADDR", value_parser = parse_listen_address)]
        local: SocketAddr,
        /// Maximum number of connections that wait to be accepted
        #[arg(long, value_name = "CONNECTIONS", default_value_t = 128)]
        backlog: u32,
        #[command(flatten)]
        traffic: TrafficArgs,
    },
    /// Connect to a TCP server
    #[command(after_help = format!("{OUTPUT}\n\n{INPUT}\nIt ends when the peer closes. If the peer has only finished sending, the rest of a pipe or file is\nstill sent.\n\n{EXIT_CODES}"))]
    Connect {
        /// Server: a name or an address, and a port, such as example.org:80 or [::1]:7788
        #[arg(value_name = "HOST:PORT")]
        remote: Endpoint,
        /// How long each address of the host may take to answer: 500ms or 10s; a plain number is seconds
        #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "10")]
        timeout: Duration,
        #[command(flatten)]
        traffic: TrafficArgs,
    },
    /// Send and receive UDP datagrams
    #[command(after_help = format!("{OUTPUT}\n\n{INPUT}\nEach line, or each read of raw input, is one datagram. It is sent to --to, or to the peer that sent\nlast; without either it waits for a peer. At the end of the input, receiving goes on.\n\n{EXIT_CODES}"))]
    Udp {
        /// Address to bind: 7788, :7788, 127.0.0.1:7788, [::1]:7788; port 0 lets the system choose
        #[arg(value_name = "ADDR", value_parser = parse_listen_address)]
        local: SocketAddr,
        /// Send to this address instead of the peer that sent last
        #[arg(long, value_name = "HOST:PORT")]
        to: Option<Endpoint>,
        /// Allow sending to broadcast addresses
        #[arg(long)]
        broadcast: bool,
        #[command(flatten)]
        traffic: TrafficArgs,
    },
    /// Print a recording as its session would have printed it
    #[command(after_help = format!("{OUTPUT}\n\n{EXIT_CODES}"))]
    Show {
        /// A recording made by Wirelab, or a capture made by tcpdump or Wireshark; - is standard input
        #[arg(value_name = "FILE.pcapng")]
        file: PathBuf,
        #[command(flatten)]
        view: ViewArgs,
    },
    /// Write a recording, or a part of it, in another form
    #[command(after_help = format!("{EXPORT}\n\n{EXIT_CODES}"))]
    Export(ExportArgs),
    /// Run a sequence: send its steps, and check the answers that it waits for
    #[command(after_help = RUN)]
    Run(Box<RunArgs>),
    /// Compute a checksum of data, or list the checksums that are known
    #[command(after_help = CHECKSUM)]
    Checksum(ChecksumArgs),
    /// Find out which checksum frames have, and where they say how long they are
    #[command(after_help = FIND_CHECKSUM)]
    FindChecksum {
        /// A recording or a capture, of which each received read counts as a frame, or text with a line of hex for each
        /// frame; - is standard input, as text
        #[arg(value_name = "FILE", required_unless_present = "hex")]
        files: Vec<PathBuf>,
        /// A frame in hex; once for each
        #[arg(long, value_name = "HEX")]
        hex: Vec<String>,
        /// Divide what was received into frames, as wirelab show --frame does, in place of reads
        #[arg(long = "frame", value_name = "FRAMING", requires = "files")]
        framing: Option<Framing>,
        /// Print JSON objects
        #[arg(long)]
        json: bool,
    },
    /// Turn lists of commands of other programs into lists
    #[command(subcommand, after_help = COMMANDS)]
    Commands(CommandsCommand),
}

/// The checksum, and of what.
#[derive(Debug, Args)]
pub(super) struct ChecksumArgs {
    /// Its name and options, such as CRC-16/MODBUS or sum8,from=1,to=-1
    #[arg(required_unless_present = "list", conflicts_with = "list")]
    pub spec: Option<String>,
    /// The data: text, which is UTF-8, or bytes in hex with --hex
    #[arg(required_unless_present = "list", conflicts_with = "list")]
    pub data: Option<String>,
    /// DATA is hex, or a hex dump
    #[arg(long, conflicts_with_all = ["text", "list"])]
    pub hex: bool,
    /// DATA is text (the default)
    #[arg(long, conflicts_with = "list")]
    pub text: bool,
    /// List the checksums of which a name contains WORD; all without it
    #[arg(long, value_name = "WORD", num_args = 0..=1, default_missing_value = "")]
    pub list: Option<String>,
    /// Print JSON objects
    #[arg(long)]
    pub json: bool,
}

/// What is exported, how, and where to.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// A recording made by Wirelab, or a capture made by tcpdump or Wireshark; - is standard input
    #[arg(value_name = "FILE.pcapng")]
    pub file: PathBuf,
    /// The output format
    #[arg(long, value_enum)]
    pub format: FormatArg,
    /// Write to this file or folder instead of standard output
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// The encoding of text, such as UTF-8, GBK or Shift_JIS
    #[arg(long, value_name = "NAME", default_value_t)]
    pub encoding: Encoding,
    /// The content of --format text; text if not given
    #[arg(long, value_enum)]
    pub view: Option<ContentArg>,
    /// Only this connection, by its number
    #[arg(long, value_name = "NUMBER")]
    pub connection: Option<u32>,
    /// Only received (in) or only sent (out) data
    #[arg(long, value_enum)]
    pub direction: Option<DirectionArg>,
    #[command(flatten)]
    pub frames: FrameArgs,
}

/// What a recording is exported as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArg {
    Text,
    Jsonl,
    Csv,
    Raw,
    Pcapng,
}

/// What exported text shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ContentArg {
    Auto,
    Text,
    Hex,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DirectionArg {
    In,
    Out,
}

/// What the window opens.
#[derive(Debug, Args)]
pub(super) struct WindowArgs {
    /// Open recordings, or captures made by tcpdump and Wireshark
    #[arg(value_name = "FILE.pcapng")]
    pub files: Vec<PathBuf>,
    /// Start a TCP server
    #[arg(long, value_name = "ADDR", value_parser = parse_listen_address)]
    pub listen: Vec<SocketAddr>,
    /// Start a TCP client
    #[arg(long, value_name = "HOST:PORT")]
    pub connect: Vec<Endpoint>,
    /// Start a UDP socket
    #[arg(long, value_name = "ADDR", value_parser = parse_listen_address)]
    pub udp: Vec<SocketAddr>,
    /// Graphics API; chosen automatically if not given
    #[arg(long, value_name = "NAME", value_parser = ["glow", "wgpu"])]
    pub renderer: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct TrafficArgs {
    #[command(flatten)]
    pub view: ViewArgs,
    /// Record everything to this file, which is replaced; Wireshark opens it. A FIFO receives the recording as
    /// it grows
    #[arg(long, value_name = "FILE.pcapng")]
    pub record: Option<PathBuf>,
    /// Send standard input, in this format
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub send: Option<Format>,
    /// Line ending of sent text (none, lf, cr, crlf); unchanged if not given
    #[arg(long, value_name = "ENDING")]
    pub line_ending: Option<LineEnding>,
    /// Send received data back to its sender
    #[arg(long)]
    pub echo: bool,
    #[command(flatten)]
    pub payload: PayloadArgs,
    #[command(flatten)]
    pub repeat: RepeatArgs,
    #[command(flatten)]
    pub wire: WireArgs,
    #[command(flatten)]
    pub follow: FollowArgs,
    /// End when the first connection has closed; for UDP, after the first datagram
    #[arg(long)]
    pub once: bool,
    /// Print no data
    #[arg(long)]
    pub quiet: bool,
    /// End after this time: 10ms, 1.5s, 5min or 2h; a plain number is seconds
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    pub duration: Option<Duration>,
    /// End after this many received data records (reads or datagrams), and print no more of them
    #[arg(long, value_name = "RECORDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
}

impl TrafficArgs {
    pub fn responder(&self) -> ResponderConfig {
        if self.echo { ResponderConfig::Echo } else { self.wire.responder() }
    }
}
