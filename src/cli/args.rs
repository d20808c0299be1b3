//! The command line: what can be typed, and what it is checked against. Runs nothing and opens
//! nothing. Start with [`Cli`].

use super::export::{self, Output};
use crate::codec::{Encoding, LineEnding};
use crate::export::{Content, Format as ExportFormat};
use crate::model::{
    ConnectionId, Direction, Endpoint, ResponderConfig, SessionConfig, TcpClientConfig, TcpServerConfig,
    UdpConfig, parse_listen_address,
};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

const EXIT_CODES: &str = "\
Exit codes:
  0  done: the peer closed, the time or the count was reached, a session was interrupted (Ctrl+C,
     SIGTERM), or whoever read standard output went away
  1  done, but something was left out: not all of standard input could be sent, not all of standard
     output, of the recording or of an export could be written, or show or export was interrupted:
     what it has printed then ends with a whole record, and a file is not there at all
  2  wrong usage, a file that is no recording or a damaged one (what can be read of it is shown
     or exported all the same), or a recording that could not be created: a file that another
     session records to, for instance, which is named
  3  no display for the window
  4  could not bind, look up or connect
  5  the connection broke (for listen: with --once, the one that was waited for)";

const OUTPUT: &str = "\
Data goes to standard output, everything else to standard error.
  --view text  a line that tells time, direction, peer and size, then the text, indented; control
               characters are shown by marks, not obeyed (but line breaks and tabs)
  --view hex   the same line, then rows of 16 bytes with their characters
  --view both  the text, then the rows
  --view raw   what was received, byte for byte, and nothing else
  --json       one object a line: time, kind (opened, data, closed, error, note), direction (in,
               out), connection (0: the session), peer, bytes, hex, text. Joining the texts of a
               connection's data objects of one direction gives its whole text. When a session
               ends, one more object is its summary: received, sent, recorded, not_recorded (could
               not be written), expired (dropped by a size limit) and cut_off, each with records and
               bytes, and dropped_by_kernel, in datagrams. It counts data alone, and received + sent =
               recorded + not_recorded + expired; null: not recorded, or the system does not tell.
               Line separators and bidirectional controls in texts are written as \\uXXXX";

const EXPORT: &str = "\
Everything is exported, or what --connection and --direction leave of it.
  --format text   a line that tells time, direction, peer and size, then the content as --view says;
                  also a line for each connection that opens or closes, and for errors and notes
  --format jsonl  one object a line, as --json gives
  --format csv    a table with the same columns, and local; UTF-8 with a byte order mark. hex has blanks
                  between the bytes. In text, an apostrophe stands before what a spreadsheet would run
                  as a formula (= + - @ first) and before an apostrophe: one at its start is not data
  --format raw    the bytes. To standard output, or to one file, only what one connection received or
                  sent: name it with --connection and --direction. Otherwise --output is a folder, in
                  which each has a file of its own: run.c3.in.bin is what connection 3 of run.pcapng
                  received. Datagrams stand there one after the other
  --format pcapng a recording of these records alone, with their bookmarks and notes, for Wirelab and
                  Wireshark
A file is there once all of it is written, and replaces the one that was there.";

const INPUT: &str = "\
Standard input is sent if it is a terminal or --send is given. At its end, once all is sent, a TCP
connection is half-closed. A line that cannot be sent as it is typed is reported and left out.
  --send text  by line, in the encoding chosen; a line ends as it was typed, or as --line-ending says
  --send hex   by line: bytes in hex, or a row of a hex dump
  --send raw   as it comes";

/// Everything that can be typed.
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
    window: WindowArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the window (also without this word), with these files and sessions
    Gui(WindowArgs),
    /// Wait for TCP connections
    #[command(after_help = format!("{OUTPUT}\n\n{INPUT}\nWhat is sent goes to all that are connected, and waits for the first.\n\n{EXIT_CODES}"))]
    Listen {
        /// What to listen on: 7788, :7788, 127.0.0.1:7788, [::1]:7788; port 0 lets the system choose
        #[arg(value_name = "ADDR", value_parser = parse_listen_address)]
        local: SocketAddr,
        /// How many connections may wait to be accepted
        #[arg(long, value_name = "CONNECTIONS", default_value_t = 128)]
        backlog: u32,
        #[command(flatten)]
        traffic: TrafficArgs,
    },
    /// Connect to a TCP server
    #[command(after_help = format!("{OUTPUT}\n\n{INPUT}\nIt ends when the peer closes; one that has only finished sending is still sent the rest of a pipe or\nfile.\n\n{EXIT_CODES}"))]
    Connect {
        /// Where to: a name or an address, and a port, such as example.org:80 or [::1]:7788
        #[arg(value_name = "HOST:PORT")]
        remote: Endpoint,
        /// How long each address of the host may take to answer
        #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, default_value = "10")]
        timeout: Duration,
        #[command(flatten)]
        traffic: TrafficArgs,
    },
    /// Send and receive UDP datagrams
    #[command(after_help = format!("{OUTPUT}\n\n{INPUT}\nEach line, or each read of raw input, is one datagram. It goes to --to, else to the peer that wrote\nlast, and waits for the first. When all is sent, receiving goes on until it is stopped.\n\n{EXIT_CODES}"))]
    Udp {
        /// What to bind: 7788, :7788, 127.0.0.1:7788, [::1]:7788; port 0 lets the system choose
        #[arg(value_name = "ADDR", value_parser = parse_listen_address)]
        local: SocketAddr,
        /// Send there, instead of answering
        #[arg(long, value_name = "HOST:PORT")]
        to: Option<Endpoint>,
        /// Allow sending to broadcast addresses
        #[arg(long)]
        broadcast: bool,
        #[command(flatten)]
        traffic: TrafficArgs,
    },
    /// Print a recording as if it happened now
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
    Export {
        /// A recording made by Wirelab, or a capture made by tcpdump or Wireshark; - is standard input
        #[arg(value_name = "FILE.pcapng")]
        file: PathBuf,
        /// What it becomes
        #[arg(long, value_enum)]
        format: Form,
        /// Write there instead of to standard output
        #[arg(long, value_name = "PATH")]
        output: Option<PathBuf>,
        /// The encoding of text, such as UTF-8, GBK or Shift_JIS
        #[arg(long, value_name = "NAME", default_value_t)]
        encoding: Encoding,
        /// What text shows of the bytes; text if not given
        #[arg(long, value_enum)]
        view: Option<Shown>,
        /// Only this connection, by its number
        #[arg(long, value_name = "NUMBER")]
        connection: Option<u32>,
        /// Only what was received, or only what was sent
        #[arg(long, value_enum)]
        direction: Option<Way>,
    },
}

/// What a recording is exported as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Jsonl,
    Csv,
    Raw,
    Pcapng,
}

/// What exported text shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shown {
    Auto,
    Text,
    Hex,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    In,
    Out,
}

/// What the window opens.
#[derive(Debug, Args)]
pub(super) struct WindowArgs {
    /// Open recordings, or captures made by tcpdump and Wireshark
    #[arg(value_name = "FILE.pcapng")]
    files: Vec<PathBuf>,
    /// Start a TCP server
    #[arg(long, value_name = "ADDR", value_parser = parse_listen_address)]
    listen: Vec<SocketAddr>,
    /// Start a TCP client
    #[arg(long, value_name = "HOST:PORT")]
    connect: Vec<Endpoint>,
    /// Start a UDP socket
    #[arg(long, value_name = "ADDR", value_parser = parse_listen_address)]
    udp: Vec<SocketAddr>,
    /// What draws the window; chosen by itself if not given
    #[arg(long, value_name = "NAME", value_parser = ["glow", "wgpu"])]
    renderer: Option<String>,
}

/// How records are printed.
#[derive(Debug, Args)]
struct ViewArgs {
    /// The encoding of text, such as UTF-8, GBK or Shift_JIS
    #[arg(long, value_name = "NAME", default_value_t)]
    encoding: Encoding,
    /// What is printed of each record; auto: text if it is text in the encoding, else hex
    #[arg(long, value_enum, default_value_t, conflicts_with = "json")]
    view: View,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct TrafficArgs {
    #[command(flatten)]
    view: ViewArgs,
    /// Record everything to this file, which is replaced; Wireshark opens it. A FIFO is given the recording
    /// as it grows, whenever it is opened
    #[arg(long, value_name = "FILE.pcapng")]
    record: Option<PathBuf>,
    /// What standard input holds
    #[arg(long, value_name = "FORMAT", value_enum)]
    send: Option<Format>,
    /// How sent lines of text end (none, lf, cr, crlf); as typed if not given
    #[arg(long, value_name = "ENDING")]
    line_ending: Option<LineEnding>,
    /// Send everything back to where it came from
    #[arg(long)]
    echo: bool,
    /// End when the first connection has closed; for UDP, after the first datagram
    #[arg(long)]
    once: bool,
    /// Print no data
    #[arg(long)]
    quiet: bool,
    /// End after this time, which may have a fraction
    #[arg(long = "for", value_name = "SECONDS", value_parser = parse_seconds)]
    duration: Option<Duration>,
    /// End after this many received data records (reads or datagrams), and print no more of them
    #[arg(long, value_name = "RECORDS", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

impl TrafficArgs {
    fn responder(&self) -> ResponderConfig {
        if self.echo { ResponderConfig::Echo } else { ResponderConfig::None }
    }
}

/// What is printed of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum View {
    Auto,
    #[default]
    Text,
    Hex,
    Both,
    Raw,
    /// Not a view of its own on the command line, where it is `--json`.
    #[value(skip)]
    Json,
}

/// What standard input holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    #[default]
    Text,
    Hex,
    Raw,
}

/// What is to be done, checked.
#[derive(Debug)]
pub(super) enum Task {
    Window(Window),
    Session(Box<Plan>),
    Show { file: PathBuf, view: View, encoding: Encoding },
    Export(Box<export::Plan>),
}

/// What the window is to open with.
#[derive(Debug)]
#[cfg_attr(not(feature = "gui"), allow(dead_code, reason = "this build has no window to open"))]
pub(super) struct Window {
    /// In the order in which they were given.
    pub sessions: Vec<SessionConfig>,
    /// Recordings and captures.
    pub files: Vec<PathBuf>,
    pub renderer: Option<String>,
}

/// One session without a window.
#[derive(Debug)]
pub(super) struct Plan {
    pub config: SessionConfig,
    pub view: View,
    pub encoding: Encoding,
    pub record: Option<PathBuf>,
    /// How standard input is sent, if it is read.
    pub input: Option<Format>,
    pub line_ending: Option<LineEnding>,
    /// End when the first connection has closed.
    pub once: bool,
    pub quiet: bool,
    pub duration: Option<Duration>,
    pub count: Option<u64>,
}

impl Cli {
    /// Parses the arguments, beginning with the program's name. `is_terminal`: whether standard input is one.
    ///
    /// # Errors
    /// Wrong usage, or a request for the help or the version; clap prints both.
    pub fn task(
        arguments: impl IntoIterator<Item = OsString>,
        is_terminal: bool,
    ) -> Result<Task, clap::Error> {
        let matches = Self::command().try_get_matches_from(arguments)?;
        let cli = Self::from_arg_matches(&matches)?;
        let (config, traffic) = match cli.command {
            None => return Ok(Task::Window(cli.window.window(&matches))),
            Some(Command::Gui(window)) => {
                let matches = matches.subcommand_matches("gui").unwrap_or(&matches);
                return Ok(Task::Window(window.window(matches)));
            }
            Some(Command::Show { file, view }) => {
                return Ok(Task::Show { file, view: view.view(), encoding: view.encoding });
            }
            Some(Command::Export { file, format, output, encoding, view, connection, direction }) => {
                if view.is_some() && format != Form::Text {
                    let problem = "--view is for --format text";
                    return Err(Self::command().error(clap::error::ErrorKind::ArgumentConflict, problem));
                }
                let is_one_stream = connection.is_some() && direction.is_some();
                let output = match (output, format) {
                    (Some(folder), Form::Raw) if !is_one_stream => Output::Folder(folder),
                    (Some(file), _) => Output::File(file),
                    (None, Form::Raw) if !is_one_stream => {
                        let problem = "--format raw to standard output is what one connection received or sent: \
                                       name it with --connection and --direction, or a folder with --output";
                        let kind = clap::error::ErrorKind::MissingRequiredArgument;
                        return Err(Self::command().error(kind, problem));
                    }
                    (None, _) => Output::Standard,
                };
                let format = match (format, view.unwrap_or(Shown::Text)) {
                    (Form::Text, Shown::Auto) => ExportFormat::Text(Content::Auto),
                    (Form::Text, Shown::Text) => ExportFormat::Text(Content::Text),
                    (Form::Text, Shown::Hex) => ExportFormat::Text(Content::Hex),
                    (Form::Text, Shown::Both) => ExportFormat::Text(Content::Both),
                    (Form::Jsonl, _) => ExportFormat::JsonLines,
                    (Form::Csv, _) => ExportFormat::Csv,
                    (Form::Raw, _) => ExportFormat::Raw,
                    (Form::Pcapng, _) => ExportFormat::Pcapng,
                };
                let connection = connection.map(ConnectionId);
                let direction = direction.map(|way| match way {
                    Way::In => Direction::Inbound,
                    Way::Out => Direction::Outbound,
                });
                let plan = export::Plan { file, format, output, encoding, connection, direction };
                return Ok(Task::Export(Box::new(plan)));
            }
            Some(Command::Listen { local, backlog, traffic }) => {
                // What a peer says after the other side has finished must not be cut off by a
                // peer that has nothing more to say.
                let keep_half_open = traffic.send.is_some() && !is_terminal;
                let responder = traffic.responder();
                let config =
                    TcpServerConfig { backlog, keep_half_open, responder, ..TcpServerConfig::new(local) };
                (SessionConfig::TcpServer(config), traffic)
            }
            Some(Command::Connect { remote, timeout, traffic }) => {
                // A pipe is sent to its end; a person at a terminal is told that the peer closed.
                let keep_half_open = traffic.send.is_some() && !is_terminal;
                let responder = traffic.responder();
                let config = TcpClientConfig {
                    connect_timeout: timeout,
                    keep_half_open,
                    responder,
                    ..TcpClientConfig::new(remote)
                };
                (SessionConfig::TcpClient(config), traffic)
            }
            Some(Command::Udp { local, to, broadcast, traffic }) => {
                let responder = traffic.responder();
                let config = UdpConfig { remote: to, broadcast, responder, ..UdpConfig::new(local) };
                (SessionConfig::Udp(config), traffic)
            }
        };
        let input = traffic.send.or(is_terminal.then_some(Format::Text));
        if traffic.line_ending.is_some() && matches!(input, Some(Format::Hex | Format::Raw)) {
            let problem = "--line-ending is for --send text; bytes in hex and raw input are sent as they are";
            return Err(Self::command().error(clap::error::ErrorKind::ArgumentConflict, problem));
        }
        let is_udp = matches!(config, SessionConfig::Udp(_));
        Ok(Task::Session(Box::new(Plan {
            config,
            view: traffic.view.view(),
            encoding: traffic.view.encoding,
            record: traffic.record,
            input,
            line_ending: traffic.line_ending,
            once: traffic.once && !is_udp,
            quiet: traffic.quiet,
            duration: traffic.duration,
            count: if traffic.once && is_udp { Some(1) } else { traffic.count },
        })))
    }
}

impl ViewArgs {
    fn view(&self) -> View {
        if self.json { View::Json } else { self.view }
    }
}

impl WindowArgs {
    fn window(self, matches: &ArgMatches) -> Window {
        let places = |name: &str| matches.indices_of(name).into_iter().flatten();
        let servers =
            self.listen.into_iter().map(|local| SessionConfig::TcpServer(TcpServerConfig::new(local)));
        let clients =
            self.connect.into_iter().map(|remote| SessionConfig::TcpClient(TcpClientConfig::new(remote)));
        let sockets = self.udp.into_iter().map(|local| SessionConfig::Udp(UdpConfig::new(local)));
        let mut sessions: Vec<_> = places("listen").zip(servers).collect();
        sessions.extend(places("connect").zip(clients));
        sessions.extend(places("udp").zip(sockets));
        sessions.sort_by_key(|(place, _)| *place);
        Window {
            sessions: sessions.into_iter().map(|(_, session)| session).collect(),
            files: self.files,
            renderer: self.renderer,
        }
    }
}

/// Reads a number of seconds, with or without a fraction.
fn parse_seconds(input: &str) -> Result<Duration, String> {
    let seconds = input.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    // Later deadlines cannot be told from never, and overflow the system's clock.
    let longest = Duration::from_secs(1_000_000_000);
    seconds
        .filter(|seconds| *seconds <= longest)
        .ok_or_else(|| "type a number of seconds, such as 2.5".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(line: &str) -> Result<Task, String> {
        let words = ["wirelab"].into_iter().chain(line.split_whitespace()).map(OsString::from);
        Cli::task(words, false).map_err(|error| {
            assert_eq!(error.exit_code(), 2, "{line}");
            error.to_string()
        })
    }

    fn plan(line: &str) -> Plan {
        match task(line) {
            Ok(Task::Session(plan)) => *plan,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn window(line: &str) -> Vec<String> {
        let Ok(Task::Window(window)) = task(line) else { panic!("{line}") };
        let name = |session: &SessionConfig| match session {
            SessionConfig::TcpServer(config) => format!("listen {}", config.local),
            SessionConfig::TcpClient(config) => format!("connect {}", config.remote),
            SessionConfig::Udp(config) => format!("udp {}", config.local),
        };
        window.sessions.iter().map(name).collect()
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_window_opens_with_sessions_in_the_order_given() {
        assert!(window("").is_empty());
        assert!(window("gui").is_empty());
        let all = "--udp 9000 --listen 7788 --connect localhost:80 --listen [::1]:0";
        let expected = ["udp 0.0.0.0:9000", "listen 0.0.0.0:7788", "connect localhost:80", "listen [::1]:0"];
        assert_eq!(window(all), expected);
        assert_eq!(window(&format!("gui {all}")), expected);
        for line in ["a.pcapng dir/b.pcap --listen 1", "gui a.pcapng --listen 1 dir/b.pcap"] {
            let Ok(Task::Window(window)) = task(line) else { panic!("{line}") };
            assert_eq!(window.files, ["a.pcapng", "dir/b.pcap"].map(PathBuf::from));
            assert_eq!(window.sessions.len(), 1);
        }
        assert!(
            matches!(task("gui --renderer wgpu"), Ok(Task::Window(Window { renderer: Some(name), .. })) if name == "wgpu")
        );
    }

    #[test]
    fn what_is_not_said_has_the_documented_default() {
        let listen = plan("listen 7788");
        let SessionConfig::TcpServer(config) = &listen.config else { panic!() };
        assert_eq!(*config, TcpServerConfig::new(([0, 0, 0, 0], 7788).into()));
        assert_eq!((listen.view, listen.encoding, listen.input), (View::Text, Encoding::Utf8, None));
        assert_eq!((listen.once, listen.quiet, listen.count, listen.duration), (false, false, None, None));
        let connect = plan("connect [::1]:80");
        let SessionConfig::TcpClient(config) = &connect.config else { panic!() };
        assert_eq!(*config, TcpClientConfig::new("[::1]:80".parse().unwrap()));
    }

    #[test]
    fn options_arrive() {
        let all = "listen :0 --encoding gbk --view both --record a.pcapng --send text --line-ending CRLF --echo --once \
                   --quiet --for 1.5 --count 7 --backlog 9";
        let listen = plan(all);
        let SessionConfig::TcpServer(config) = &listen.config else { panic!() };
        assert_eq!(
            (config.backlog, config.responder, config.keep_half_open),
            (9, ResponderConfig::Echo, true)
        );
        assert_eq!((listen.view, listen.encoding), (View::Both, Encoding::Gbk));
        assert_eq!((listen.input, listen.line_ending), (Some(Format::Text), Some(LineEnding::CrLf)));
        assert_eq!(listen.record, Some(PathBuf::from("a.pcapng")));
        assert!(listen.once && listen.quiet);
        assert_eq!((listen.duration, listen.count), (Some(Duration::from_millis(1500)), Some(7)));
        let udp = plan("udp 0 --to example.org:9 --once --broadcast --json");
        let SessionConfig::Udp(config) = &udp.config else { panic!() };
        assert_eq!(config.remote, Some("example.org:9".parse().unwrap()));
        assert!(config.broadcast);
        assert_eq!((udp.once, udp.count, udp.view), (false, Some(1), View::Json));
        let connect = plan("connect h:1 --timeout 0.25");
        assert!(
            matches!(connect.config, SessionConfig::TcpClient(c) if c.connect_timeout == Duration::from_millis(250))
        );
    }

    #[test]
    fn a_terminal_is_read_and_the_peer_s_end_ends_the_session() {
        let words = ["wirelab", "connect", "h:1"].map(OsString::from);
        let Ok(Task::Session(plan)) = Cli::task(words, true) else { panic!() };
        assert_eq!(plan.input, Some(Format::Text));
        assert!(matches!(plan.config, SessionConfig::TcpClient(config) if !config.keep_half_open));
    }

    #[test]
    fn what_is_wrong_is_named_with_the_way_out() {
        for (line, words) in [
            ("listen 65536", "port 65536 is too large; the largest is 65535"),
            ("listen http", "\"http\" is not a number; type digits only"),
            ("listen ７７８８", "type \"7788\" with half-width ones"),
            ("listen", "<ADDR>"),
            ("connect localhost", "\"localhost\" has no port; write it as localhost:7788"),
            ("connect localhost:0", "port 0 cannot be connected to"),
            ("connect localhost:", "the port is empty"),
            ("udp 1 --to 9", "\"9\" has no port"),
            ("listen 1 --encoding klingon", "not a known encoding. Use one of UTF-8, GBK"),
            ("listen 1 --view html", "[possible values: text, hex, both, raw]"),
            ("listen 1 --send file", "[possible values: text, hex, raw]"),
            ("listen 1 --line-ending lfcr", "Use none, lf, cr or crlf"),
            ("listen 1 --for soon", "type a number of seconds"),
            ("listen 1 --for -1", "'-1'"),
            ("listen 1 --for 1e300", "type a number of seconds"),
            ("listen 1 --count 0", "0 is not in 1.."),
            ("listen 1 --json --view hex", "cannot be used with"),
            ("listen 1 --send raw --line-ending lf", "--line-ending is for --send text"),
            ("show", "<FILE.pcapng>"),
            ("export a.pcapng", "--format <FORMAT>"),
            ("export a.pcapng --format raw", "name it with --connection and --direction"),
            ("export a.pcapng --format raw --connection 1", "name it with --connection and --direction"),
            ("export a.pcapng --format csv --view hex", "--view is for --format text"),
            ("export a.pcapng --format pdf", "[possible values: text, jsonl, csv, raw, pcapng]"),
            ("--listen 99999", "port 99999 is too large"),
            ("gui --renderer vulkan", "[possible values: glow, wgpu]"),
        ] {
            let message = task(line).unwrap_err();
            assert!(message.contains(words), "{line}: {message}");
        }
    }

    #[test]
    fn help_documents_the_exit_codes_and_what_is_read() {
        for line in
            ["--help", "listen --help", "connect --help", "udp --help", "show --help", "export --help"]
        {
            let words = ["wirelab"].into_iter().chain(line.split_whitespace()).map(OsString::from);
            let help = Cli::task(words, false).unwrap_err();
            assert_eq!(help.exit_code(), 0);
            let text = help.to_string();
            for code in 0..=5 {
                assert!(text.contains(&format!("\n  {code}  ")), "{line} says nothing of {code}: {text}");
            }
            let takes_captures = line.starts_with("show") || line.starts_with("export");
            assert_eq!(text.contains("a capture made by tcpdump or Wireshark"), takes_captures, "{text}");
        }
    }
}
