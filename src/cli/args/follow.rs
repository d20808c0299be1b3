//! The options for files that grow with a session: what is received, and a text log.

use super::View;
use crate::codec::Encoding;
use crate::export::{BytesFile, LogOptions, Rotation};
use crate::lang::Language;
use crate::model::units::parse_size;
use crate::model::{ConnectionId, PeerNames, SessionConfig};
use clap::Args;
use std::net::Ipv4Addr;
use std::path::PathBuf;

/// The smallest log that is begun anew, in bytes.
const LEAST_LOG_BYTES: u64 = 1024;

/// Files that grow with a session.
#[derive(Debug, Args)]
pub(super) struct FollowArgs {
    /// Write the received bytes to this file, which is replaced; with several connections or peers, a file for each:
    /// run.c3.in.bin beside run.bin
    #[arg(long, value_name = "FILE")]
    pub save_bytes: Option<PathBuf>,
    /// Append everything to this file as text, in the form of --view, or as --json
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Begin a new log at this size (10MB), or on each day (day); the old one becomes run.1.log, or run.2026-11-22.log
    #[arg(long, value_name = "SIZE|day", value_parser = parse_rotation, requires = "log")]
    pub log_rotate: Option<Rotation>,
}

/// The files that what is recorded goes to.
#[derive(Debug, Default)]
pub(in crate::cli) struct FollowPlan {
    pub bytes: Option<BytesFile>,
    pub log: Option<(PathBuf, LogOptions)>,
}

fn parse_rotation(text: &str) -> Result<Rotation, String> {
    if text == "day" {
        return Ok(Rotation::Daily);
    }
    match parse_size(text) {
        Ok(size @ LEAST_LOG_BYTES..) => Ok(Rotation::Size(size)),
        Ok(_) => Err(format!("a log has at least {LEAST_LOG_BYTES} bytes")),
        Err(error) => Err(format!("{error}, or the word day")),
    }
}

impl FollowArgs {
    /// What is to be written. `is_once`: there is one connection.
    pub fn plan(
        &self,
        config: &SessionConfig,
        (view, encoding): (View, Encoding),
        is_once: bool,
    ) -> FollowPlan {
        let bytes = |path: PathBuf| match config {
            SessionConfig::TcpClient(_) => BytesFile::All(path),
            // More may be accepted before listening stops. No peer has this address: nobody comes back.
            SessionConfig::TcpServer(_) if is_once => {
                BytesFile::Of(ConnectionId(1), (Ipv4Addr::UNSPECIFIED, 0).into(), path)
            }
            SessionConfig::TcpServer(_) | SessionConfig::Udp(_) => BytesFile::Each(path),
        };
        let format = view.format();
        let options = LogOptions {
            format,
            encodings: encoding.into(),
            names: PeerNames::default(),
            language: Language::English,
            rotation: self.log_rotate.unwrap_or_default(),
        };
        FollowPlan {
            bytes: self.save_bytes.clone().map(bytes),
            log: self.log.clone().map(|path| (path, options)),
        }
    }
}

impl FollowPlan {
    /// Whether there is a file.
    pub fn is_some(&self) -> bool {
        self.bytes.is_some() || self.log.is_some()
    }
}
