//! The options for how bytes go on the wire: forwarding, Nagle's algorithm.

use crate::model::{ResponderConfig, SessionConfig};
use clap::{Args, ValueEnum};

/// How bytes go on the wire, and to whom.
#[derive(Debug, Args)]
pub(super) struct WireArgs {
    /// Send what one client sends to all other clients (for udp: peers)
    #[arg(long, conflicts_with = "echo")]
    pub forward: bool,
    /// Send at once (on, the default), or with Nagle's algorithm (off): TCP_NODELAY
    #[arg(long, value_name = "on|off", value_enum)]
    pub no_delay: Option<Switch>,
}

/// The value of an option that is switched on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
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

    /// What is wrong with the options for a session of this kind.
    pub fn problem(&self, config: &SessionConfig) -> Option<&'static str> {
        match config {
            SessionConfig::TcpClient(_) if self.forward => {
                Some("--forward is for listen and udp: a client has nobody to forward to")
            }
            SessionConfig::Udp(_) if self.no_delay.is_some() => {
                Some("--no-delay is for listen and connect: UDP sends each datagram at once")
            }
            _ => None,
        }
    }
}
