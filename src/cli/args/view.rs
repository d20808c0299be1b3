//! The options for how records are printed.

use super::View;
use super::frames::FrameArgs;
use crate::codec::Encoding;
use crate::frames::FramedSettings;
use clap::Args;

/// How records are printed.
#[derive(Debug, Args)]
pub(super) struct ViewArgs {
    /// The encoding of text, such as UTF-8, GBK or Shift_JIS
    #[arg(long, value_name = "NAME", default_value_t)]
    pub encoding: Encoding,
    /// How the data of each record is printed
    #[arg(long, value_enum, default_value_t, conflicts_with = "json")]
    pub view: View,
    /// Print one JSON object per line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    frames: FrameArgs,
}

impl ViewArgs {
    pub fn view(&self) -> View {
        if self.json { View::Json } else { self.view }
    }

    /// How data is divided, if it is.
    ///
    /// # Errors
    /// `--frame` with raw bytes.
    pub fn frames(&self) -> Result<Option<FramedSettings>, &'static str> {
        match self.frames.settings() {
            Some(_) if self.view() == View::Raw => {
                Err("--view raw has no borders between frames; use another view, or --json, with --frame")
            }
            settings => Ok(settings),
        }
    }
}
