//! The options of `wirelab commands`.

use crate::cli::commands;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What is done with lists of commands.
#[derive(Debug, Subcommand)]
pub(super) enum CommandsCommand {
    /// Turn a list of another program into a list
    Import(ImportArgs),
}

/// What is imported, and where to.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// sscom51.ini of SSCOM, packets of Packet Sender (JSON or packets.ini), NetAssist.cfg, config.json of COMTool, or a list
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Write the list to this file, which is replaced
    #[arg(long, value_name = "LIST.toml")]
    pub output: PathBuf,
    /// Print JSON objects, also on standard error
    #[arg(long)]
    pub json: bool,
}

/// What the options ask for.
pub(super) fn plan(command: CommandsCommand) -> commands::Plan {
    let CommandsCommand::Import(ImportArgs { file, output, json }) = command;
    commands::Plan { file, output, is_json: json }
}
