//! The options of `wirelab run`.

use super::view::ViewArgs;
use super::{Frames, Plan, Task, View};
use crate::model::units::parse_duration;
use crate::model::{
    Endpoint, SessionConfig, TcpClientConfig, TcpServerConfig, UdpConfig, parse_listen_address,
};
use clap::{ArgGroup, Args};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The sequence, with whom it is run, and what is printed and recorded.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("with").required(true).args(["connect", "listen", "udp"]))]
pub(super) struct RunArgs {
    /// The sequence; - is standard input
    #[arg(value_name = "SEQUENCE.toml")]
    pub file: PathBuf,
    /// Connect to this TCP server
    #[arg(long, value_name = "HOST:PORT")]
    pub connect: Option<Endpoint>,
    /// Wait for TCP connections; the run begins with the first one
    #[arg(long, value_name = "ADDR", value_parser = parse_listen_address)]
    pub listen: Option<SocketAddr>,
    /// Send and receive UDP datagrams at this address; without --to, the run begins with the first one
    #[arg(long, value_name = "ADDR", value_parser = parse_listen_address)]
    pub udp: Option<SocketAddr>,
    /// Send to this address instead of the peer that sent last
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["connect", "listen"])]
    pub to: Option<Endpoint>,
    /// Allow sending to broadcast addresses
    #[arg(long, conflicts_with_all = ["connect", "listen"])]
    pub broadcast: bool,
    /// How long each address of the host may take to answer
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, conflicts_with_all = ["listen", "udp"])]
    pub timeout: Option<Duration>,
    #[command(flatten)]
    pub view: ViewArgs,
    /// Record everything to this file, which is replaced; Wireshark opens it
    #[arg(long, value_name = "FILE.pcapng")]
    pub record: Option<PathBuf>,
    /// Print no data, only the results of steps
    #[arg(long)]
    pub quiet: bool,
    /// Stop a run that takes longer
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    pub duration: Option<Duration>,
}

/// What the options ask for.
///
/// # Errors
/// `--view raw`, among which results of steps could not be told.
pub(super) fn task(arguments: RunArgs) -> Result<Task, &'static str> {
    let RunArgs { file, connect, listen, udp, to, broadcast, timeout, view, record, quiet, duration } =
        arguments;
    if view.view() == View::Raw {
        return Err("--view raw cannot be told from the results of the steps; use --quiet, or --record");
    }
    let frames = view.frames()?.map(|settings| Arc::new(Frames::new(settings)));
    let config = match (connect, listen, udp) {
        (Some(remote), _, _) => {
            let mut config = TcpClientConfig::new(remote);
            config.connect_timeout = timeout.unwrap_or(config.connect_timeout);
            SessionConfig::TcpClient(config)
        }
        (None, Some(local), _) => SessionConfig::TcpServer(TcpServerConfig::new(local)),
        (None, None, Some(local)) => {
            SessionConfig::Udp(UdpConfig { remote: to, broadcast, ..UdpConfig::new(local) })
        }
        (None, None, None) => {
            return Err("with whom? Use --connect, --listen or --udp");
        }
    };
    let session = Plan {
        view: view.view(),
        encoding: view.encoding,
        record,
        quiet,
        duration,
        frames,
        ..Plan::new(config)
    };
    Ok(Task::Run { file, session: Box::new(session) })
}
