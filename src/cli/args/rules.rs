//! The options of `wirelab rules`, and `--rules`.

use crate::cli::rules;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Rules by which a session answers.
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// Answer by the rules in this file (docs/rules.md); `wirelab rules check` says what would be answered
    #[arg(long, value_name = "RULES.toml", conflicts_with_all = ["echo", "forward"])]
    pub rules: Option<PathBuf>,
}

/// What is done with files of rules.
#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// Say what rules would do of something that is received; without it, whether the file is right
    Check(CheckArgs),
}

/// The rules, and what is received.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The rules; - is standard input
    #[arg(value_name = "RULES.toml")]
    pub file: PathBuf,
    /// What is received: bytes in hex
    #[arg(long, value_name = "HEX", conflicts_with = "text")]
    pub hex: Option<String>,
    /// What is received: text
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// From whom: an address, with or without a port
    #[arg(long, value_name = "ADDRESS", value_parser = parse_from, default_value = "192.0.2.1:50000")]
    pub from: std::net::SocketAddr,
    /// The encoding of text, such as UTF-8, GBK or Shift_JIS
    #[arg(long, value_name = "NAME", default_value_t)]
    pub encoding: crate::codec::Encoding,
    /// Print JSON objects
    #[arg(long)]
    pub json: bool,
}

fn parse_from(text: &str) -> Result<std::net::SocketAddr, String> {
    let wrong = || "write an address, such as 10.0.0.7, 10.0.0.7:502 or [::1]:502".to_owned();
    let ip = text.parse().map(|ip: std::net::IpAddr| (ip, 50_000).into());
    ip.or_else(|_| text.parse()).map_err(|_| wrong())
}

/// What the options ask for.
pub(super) fn plan(command: RulesCommand) -> rules::Plan {
    let RulesCommand::Check(CheckArgs { file, hex, text, from, encoding, json }) = command;
    let received = match (hex, text) {
        (Some(hex), _) => Some(rules::Received::Hex(hex)),
        (None, text) => text.map(rules::Received::Text),
    };
    rules::Plan { file, received, from, encoding, is_json: json }
}
