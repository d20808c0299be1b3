//! What the panel reads of the tab beside whose data it is.

use crate::gui::kit::ctx::TabCtx;
use crate::gui::lists::runs::Runs;
use crate::gui::lists::sent::SentItems;
use crate::settings::TabSettings;

/// The tab beside whose data the panel is.
#[derive(Clone, Copy)]
pub struct OfTab<'a> {
    /// The tab.
    pub ctx: TabCtx<'a>,
    /// Its form, which says which lists are shown.
    pub form: &'a TabSettings,
    /// What became of the items that it has sent.
    pub sent: &'a SentItems,
    /// What it sends over time.
    pub runs: &'a Runs,
}
