//! The options for how records are printed.

use super::View;
use crate::codec::Encoding;
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
}

impl ViewArgs {
    pub fn view(&self) -> View {
        if self.json { View::Json } else { self.view }
    }
}
