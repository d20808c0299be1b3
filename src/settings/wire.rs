//! How a tab writes payloads and the files that grow with it: choices that its settings keep.

use serde::{Deserialize, Serialize};

/// Where payloads are cut into pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CutMode {
    /// Nowhere.
    #[default]
    None,
    /// At the places that were chosen.
    At,
    /// Behind each byte.
    Every,
    /// At random places.
    Random,
}

/// When a text log begins a new file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogRotation {
    /// Never.
    #[default]
    Never,
    /// At a size.
    Size,
    /// On each day.
    Daily,
}
