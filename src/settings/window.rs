//! The settings of the window as a whole: colours, sizes, how data is shown in all tabs, and where recordings go.

use super::tab::TimeMode;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The colours of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    /// Those of the system.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// The number of bytes in a row of hex.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BytesPerRow {
    /// As many as the width allows.
    #[default]
    #[serde(rename = "auto")]
    Automatic,
    /// 8.
    #[serde(rename = "8")]
    Eight,
    /// 16.
    #[serde(rename = "16")]
    Sixteen,
    /// 24.
    #[serde(rename = "24")]
    TwentyFour,
    /// 32.
    #[serde(rename = "32")]
    ThirtyTwo,
}

impl BytesPerRow {
    /// The number that was chosen.
    #[must_use]
    pub fn chosen(self) -> Option<usize> {
        match self {
            Self::Automatic => None,
            Self::Eight => Some(8),
            Self::Sixteen => Some(16),
            Self::TwentyFour => Some(24),
            Self::ThirtyTwo => Some(32),
        }
    }
}

/// Sizes in the window, in points, its zoom, and how data is shown in all tabs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowSettings {
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
    /// The window fills the screen; its size is that from before.
    pub maximized: bool,
    /// Zoom factor on top of the system's scale.
    pub zoom: f32,
    /// The size of the font of the data.
    pub font_size: f32,
    /// The window stays above all others.
    pub always_on_top: bool,
    /// The width of the list of connections.
    pub list_width: f32,
    /// The width of the panel at the right of the data.
    pub side_width: f32,
    /// The list of connections is shown; `None`: if the window has room for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shows_list: Option<bool>,
    /// Which time is shown with each record of a new tab.
    pub time: TimeMode,
    /// Bytes in a row of hex.
    pub bytes_per_row: BytesPerRow,
    /// Show control characters by their control pictures; otherwise they are not shown.
    pub control_pictures: bool,
}

impl Default for WindowSettings {
    fn default() -> Self {
        Self {
            width: 1080.0,
            height: 720.0,
            maximized: false,
            zoom: 1.0,
            font_size: 13.0,
            always_on_top: false,
            list_width: 200.0,
            side_width: 300.0,
            shows_list: None,
            time: TimeMode::Clock,
            bytes_per_row: BytesPerRow::Automatic,
            control_pictures: true,
        }
    }
}

impl WindowSettings {
    /// The range of the width of the list of connections.
    pub const LIST_WIDTHS: RangeInclusive<f32> = 140.0..=480.0;
    /// Possible widths of the panel at the right of the data: the longest number of the inspector fits.
    pub const SIDE_WIDTHS: RangeInclusive<f32> = 280.0..=640.0;

    /// A copy with all values clamped to their ranges, since the file may have been edited by hand.
    #[must_use]
    pub fn sane(self) -> Self {
        let within = |value: f32, low: f32, high: f32, default: f32| {
            if value.is_finite() { value.clamp(low, high) } else { default }
        };
        let width = |value: f32, range: RangeInclusive<f32>, default: f32| {
            within(value, *range.start(), *range.end(), default)
        };
        let default = Self::default();
        Self {
            width: within(self.width, 480.0, 16_384.0, default.width),
            height: within(self.height, 360.0, 16_384.0, default.height),
            zoom: within(self.zoom, 0.5, 4.0, default.zoom),
            font_size: within(self.font_size, 8.0, 40.0, default.font_size),
            list_width: width(self.list_width, Self::LIST_WIDTHS, default.list_width),
            side_width: width(self.side_width, Self::SIDE_WIDTHS, default.side_width),
            ..self
        }
    }
}

/// Where the recordings of the window's sessions go, and how large they get.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordingSettings {
    /// The folder; empty for the usual one.
    pub folder: String,
    /// The most that one session keeps, in gigabytes (10^9 bytes); beyond it, the oldest records are dropped.
    pub session_gigabytes: f64,
    /// The most that all recordings together keep, in gigabytes.
    pub total_gigabytes: f64,
}

impl Default for RecordingSettings {
    fn default() -> Self {
        Self { folder: String::new(), session_gigabytes: 16.0, total_gigabytes: 64.0 }
    }
}

impl RecordingSettings {
    /// Possible limits, in gigabytes.
    pub const GIGABYTES: RangeInclusive<f64> = 0.1..=100_000.0;

    /// The most that one session keeps, in bytes.
    #[must_use]
    pub fn session_bytes(&self) -> u64 {
        Self::bytes(self.session_gigabytes, Self::default().session_gigabytes)
    }

    /// The most that all recordings together keep, in bytes.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        Self::bytes(self.total_gigabytes, Self::default().total_gigabytes)
    }

    /// The file may have been edited by hand.
    fn bytes(gigabytes: f64, default: f64) -> u64 {
        let gigabytes = if gigabytes.is_finite() { gigabytes } else { default };
        (gigabytes.clamp(*Self::GIGABYTES.start(), *Self::GIGABYTES.end()) * 1e9) as u64
    }
}
