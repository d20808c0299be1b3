//! The options for showing frames in place of reads.

use crate::frames::FramedSettings;
use crate::framing::Framing;
use crate::lang::{Language, explain_checksum};
use crate::payload::checksum::Spec;
use clap::Args;

/// How the data is divided, and what its frames are checked with.
#[derive(Debug, Args)]
pub(super) struct FrameArgs {
    /// Show frames in place of reads: a preset, such as lines or modbus-tcp, or delimiter=0D0A, fixed=8,
    /// gap=20ms or length,at=4,width=2,big
    #[arg(long = "frame", value_name = "FRAMING")]
    framing: Option<Framing>,
    /// Check each frame with this checksum: CRC-16/MODBUS or sum8,hex; that of the preset if not given
    #[arg(long, value_name = "CHECKSUM", requires = "framing", value_parser = read_check)]
    check: Option<Spec>,
}

impl FrameArgs {
    /// How data is divided, if it is.
    pub fn settings(&self) -> Option<FramedSettings> {
        Some(FramedSettings::both(self.framing.clone()?, self.check.clone()))
    }
}

fn read_check(text: &str) -> Result<Spec, String> {
    text.parse().map_err(|error| explain_checksum(Language::English.words(), text, &error))
}
