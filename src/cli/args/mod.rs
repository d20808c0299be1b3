//! The command line: its commands and options, and what they ask for. Runs nothing and opens no file. Start with
//! [`parse`].

mod commands;
mod definition;
mod follow;
mod frames;
mod help;
mod payload;
mod repeat;
mod rules;
mod run;
#[cfg(test)]
mod tests;
mod view;
mod wire;

pub(super) use self::repeat::RepeatPlan;

use self::definition::{
    ChecksumArgs, Cli, Command, ContentArg, DirectionArg, ExportArgs, FormatArg, TrafficArgs, WindowArgs,
};
pub(super) use self::follow::FollowPlan;
pub(super) use self::wire::FilePlan;
use super::checksum;
use super::export::{self, Output};
use super::find_checksum;
use super::frames::Frames;
use crate::codec::{Encoding, LineEnding};
use crate::engine::Message;
use crate::export::{Content, Format as ExportFormat};
use crate::frames::FramedSettings;
use crate::model::{ConnectionId, Direction, SessionConfig, TcpClientConfig, TcpServerConfig, UdpConfig};
use crate::payload::Delivery;
use crate::payload::checksum::Spec;
use crate::sequence::Sequence;
use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, FromArgMatches, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What is printed of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum View {
    Auto,
    #[default]
    Text,
    Hex,
    Both,
    Raw,
    /// Chosen by `--json`, not by `--view`.
    #[value(skip)]
    Json,
}

impl View {
    /// The format in which records are printed.
    pub fn format(self) -> ExportFormat {
        match self {
            Self::Auto => ExportFormat::Text(Content::Auto),
            Self::Text => ExportFormat::Text(Content::Text),
            Self::Hex => ExportFormat::Text(Content::Hex),
            Self::Both => ExportFormat::Text(Content::Both),
            Self::Raw => ExportFormat::Raw,
            Self::Json => ExportFormat::JsonLines,
        }
    }
}

/// What standard input holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    #[default]
    Text,
    Hex,
    Raw,
}

/// What the command line asks for.
#[derive(Debug)]
pub(super) enum Task {
    Window(Window),
    Session(Box<Plan>),
    Show(Box<ShowPlan>),
    Export(Box<export::Plan>),
    Checksum(checksum::Plan),
    FindChecksum(find_checksum::Plan),
    Commands(super::commands::Plan),
    Rules(super::rules::Plan),
    /// A sequence, and the session in which it runs.
    Run {
        file: PathBuf,
        session: Box<Plan>,
    },
}

/// The arguments of `show`.
#[derive(Debug)]
pub(super) struct ShowPlan {
    pub file: PathBuf,
    pub view: View,
    pub encoding: Encoding,
    /// Frames in place of data.
    pub frames: Option<FramedSettings>,
}

/// What the window opens.
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
    /// The rules by which it answers.
    pub rules: Option<PathBuf>,
    /// How standard input is sent, if it is read.
    pub input: Option<Format>,
    /// How its lines, or the payload, are written.
    pub delivery: Delivery,
    /// The files that what is recorded goes to.
    pub follow: FollowPlan,
    /// The file that is sent instead.
    pub file: Option<FilePlan>,
    pub line_ending: Option<LineEnding>,
    /// What is added to each line of standard input.
    pub checksum: Option<Spec>,
    /// What is sent besides standard input.
    pub payload: Option<Message>,
    /// How that is repeated.
    pub repeat: Option<RepeatPlan>,
    /// End when the first connection has closed.
    pub once: bool,
    pub quiet: bool,
    pub duration: Option<Duration>,
    pub count: Option<u64>,
    /// Frames are printed in place of reads.
    pub frames: Option<Arc<Frames>>,
    /// The session ends with the run of this sequence.
    pub sequence: Option<Arc<Sequence>>,
}

impl Plan {
    /// A session that reads no input, prints everything and runs until it ends by itself.
    fn new(config: SessionConfig) -> Self {
        Self {
            follow: FollowPlan::default(),
            config,
            view: View::default(),
            encoding: Encoding::default(),
            record: None,
            rules: None,
            input: None,
            delivery: Delivery::default(),
            file: None,
            checksum: None,
            payload: None,
            repeat: None,
            line_ending: None,
            once: false,
            quiet: false,
            duration: None,
            count: None,
            frames: None,
            sequence: None,
        }
    }
}

/// Parses the arguments, beginning with the program's name. `is_terminal`: whether standard input is one.
///
/// # Errors
/// Wrong usage, or a request for the help or the version; clap prints both.
pub(super) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    is_terminal: bool,
) -> Result<Task, clap::Error> {
    let matches = Cli::command().try_get_matches_from(arguments)?;
    let cli = Cli::from_arg_matches(&matches)?;
    let (config, traffic) = match cli.command {
        None => return Ok(Task::Window(window(cli.window, &matches))),
        Some(Command::Gui(arguments)) => {
            let matches = matches.subcommand_matches("gui").unwrap_or(&matches);
            return Ok(Task::Window(window(arguments, matches)));
        }
        Some(Command::Show { file, view }) => {
            let frames = view.frames().map_err(conflict)?;
            return Ok(Task::Show(Box::new(ShowPlan {
                file,
                view: view.view(),
                encoding: view.encoding,
                frames,
            })));
        }
        Some(Command::Export(arguments)) => return Ok(Task::Export(Box::new(export_plan(arguments)?))),
        Some(Command::Checksum(arguments)) => return Ok(Task::Checksum(checksum_plan(arguments))),
        Some(Command::FindChecksum { files, hex, framing, json }) => {
            return Ok(Task::FindChecksum(find_checksum::Plan { files, hex, framing, is_json: json }));
        }
        Some(Command::Run(arguments)) => {
            return run::task(*arguments).map_err(conflict);
        }
        Some(Command::Rules(command)) => return Ok(Task::Rules(rules::plan(command))),
        Some(Command::Commands(command)) => return Ok(Task::Commands(commands::plan(command))),
        Some(Command::Listen { local, backlog, traffic }) => {
            let config = TcpServerConfig {
                backlog,
                keep_half_open: keeps_half_open(&traffic, is_terminal),
                no_delay: traffic.wire.no_delay(),
                responder: traffic.responder(),
                ..TcpServerConfig::new(local)
            };
            (SessionConfig::TcpServer(config), traffic)
        }
        Some(Command::Connect { remote, timeout, traffic }) => {
            let config = TcpClientConfig {
                connect_timeout: timeout,
                keep_half_open: keeps_half_open(&traffic, is_terminal),
                no_delay: traffic.wire.no_delay(),
                responder: traffic.responder(),
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
    Ok(Task::Session(Box::new(session_plan(config, traffic, is_terminal)?)))
}

fn conflict(problem: &'static str) -> clap::Error {
    Cli::command().error(ErrorKind::ArgumentConflict, problem)
}

/// Whether a connection stays open for sending after its peer has finished: a pipe is sent to its end, and a person
/// at a terminal is told that the peer closed.
fn keeps_half_open(traffic: &TrafficArgs, is_terminal: bool) -> bool {
    // A repeat may have no end but that of the peer.
    let is_said_once = traffic.payload.payload.is_some() && traffic.repeat.repeat.is_none();
    let is_said = is_said_once || traffic.wire.send_file.is_some();
    is_said || traffic.send.is_some() && !is_terminal
}

/// # Errors
/// `--line-ending` without lines of text, or an option that is not for sessions of this kind.
fn session_plan(config: SessionConfig, traffic: TrafficArgs, is_terminal: bool) -> Result<Plan, clap::Error> {
    let reads_terminal = is_terminal && traffic.wire.send_file.is_none() && traffic.payload.payload.is_none();
    let input = traffic.send.or(reads_terminal.then_some(Format::Text));
    if traffic.line_ending.is_some() && matches!(input, Some(Format::Hex | Format::Raw)) {
        let problem = "--line-ending is for --send text; bytes in hex and raw input are sent as they are";
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, problem));
    }
    let said = traffic.payload.read(traffic.view.encoding, traffic.line_ending, input);
    let said = said.map_err(|problem| Cli::command().error(ErrorKind::ValueValidation, problem))?;
    if let Some(problem) = traffic.wire.problem(&config, input, said.payload.is_some()) {
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, problem));
    }
    let frames = traffic.view.frames().map_err(conflict)?;
    let is_udp = matches!(config, SessionConfig::Udp(_));
    Ok(Plan {
        delivery: traffic.wire.delivery(),
        file: traffic.wire.file(&config),
        follow: traffic.follow.plan(&config, (traffic.view.view(), traffic.view.encoding), traffic.once),
        config,
        view: traffic.view.view(),
        encoding: traffic.view.encoding,
        record: traffic.record,
        rules: traffic.rules.rules,
        input,
        payload: said.payload,
        repeat: traffic.repeat.plan(),
        line_ending: traffic.line_ending,
        checksum: said.checksum,
        once: traffic.once && !is_udp,
        quiet: traffic.quiet,
        duration: traffic.duration,
        count: if traffic.once && is_udp { Some(1) } else { traffic.count },
        frames: frames.map(|settings| Arc::new(Frames::new(settings))),
        sequence: None,
    })
}

fn checksum_plan(arguments: ChecksumArgs) -> checksum::Plan {
    let ChecksumArgs { spec, data, hex, text: _, list, json } = arguments;
    match list {
        Some(word) => checksum::Plan::List { word, is_json: json },
        None => checksum::Plan::Compute {
            // clap asks for both.
            spec: spec.unwrap_or_default(),
            data: data.unwrap_or_default(),
            format: if hex { crate::payload::Format::Hex } else { crate::payload::Format::Text },
            is_json: json,
        },
    }
}

/// # Errors
/// `--view` without text, or the bytes of several streams to standard output.
fn export_plan(arguments: ExportArgs) -> Result<export::Plan, clap::Error> {
    let ExportArgs { file, format, output, encoding, view, connection, direction, frames } = arguments;
    let frames = frames.settings();
    if frames.is_some() && matches!(format, FormatArg::Raw | FormatArg::Pcapng) {
        return Err(conflict(
            "--frame is for --format text, jsonl and csv; raw and pcapng have no borders between frames",
        ));
    }
    if view.is_some() && format != FormatArg::Text {
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, "--view is for --format text"));
    }
    let is_one_stream = connection.is_some() && direction.is_some();
    let output = match (output, format) {
        (Some(folder), FormatArg::Raw) if !is_one_stream => Output::Folder(folder),
        (Some(file), _) => Output::File(file),
        (None, FormatArg::Raw) if !is_one_stream => {
            let problem = "--format raw to standard output is what one connection received or sent: name it with \
                           --connection and --direction, or a folder with --output";
            return Err(Cli::command().error(ErrorKind::MissingRequiredArgument, problem));
        }
        (None, _) => Output::Standard,
    };
    let format = match (format, view.unwrap_or(ContentArg::Text)) {
        (FormatArg::Text, ContentArg::Auto) => ExportFormat::Text(Content::Auto),
        (FormatArg::Text, ContentArg::Text) => ExportFormat::Text(Content::Text),
        (FormatArg::Text, ContentArg::Hex) => ExportFormat::Text(Content::Hex),
        (FormatArg::Text, ContentArg::Both) => ExportFormat::Text(Content::Both),
        (FormatArg::Jsonl, _) => ExportFormat::JsonLines,
        (FormatArg::Csv, _) => ExportFormat::Csv,
        (FormatArg::Raw, _) => ExportFormat::Raw,
        (FormatArg::Pcapng, _) => ExportFormat::Pcapng,
    };
    let direction = direction.map(|direction| match direction {
        DirectionArg::In => Direction::Inbound,
        DirectionArg::Out => Direction::Outbound,
    });
    Ok(export::Plan {
        file,
        format,
        output,
        encoding,
        connection: connection.map(ConnectionId),
        direction,
        frames,
    })
}

/// Sessions in the order in which they were typed, over all options.
fn window(arguments: WindowArgs, matches: &ArgMatches) -> Window {
    let indices = |name: &str| matches.indices_of(name).into_iter().flatten();
    let servers =
        arguments.listen.into_iter().map(|local| SessionConfig::TcpServer(TcpServerConfig::new(local)));
    let clients =
        arguments.connect.into_iter().map(|remote| SessionConfig::TcpClient(TcpClientConfig::new(remote)));
    let sockets = arguments.udp.into_iter().map(|local| SessionConfig::Udp(UdpConfig::new(local)));
    let mut sessions: Vec<_> = indices("listen").zip(servers).collect();
    sessions.extend(indices("connect").zip(clients));
    sessions.extend(indices("udp").zip(sockets));
    sessions.sort_by_key(|(index, _)| *index);
    Window {
        sessions: sessions.into_iter().map(|(_, session)| session).collect(),
        files: arguments.files,
        renderer: arguments.renderer,
    }
}
