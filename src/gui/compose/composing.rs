//! What the controls of the composer may read besides its state and the form.

use crate::codec::Encoding;
use crate::gui::kit::ctx::TabCtx;
use crate::model::ConnectionId;
use std::collections::BTreeSet;
use std::net::SocketAddr;

/// What is composed in, and for whom.
#[derive(Clone, Copy)]
pub struct Composing<'a> {
    /// The tab.
    pub ctx: TabCtx<'a>,
    /// The selected connections.
    pub selected: &'a BTreeSet<ConnectionId>,
    /// The encodings of the recipients, that of the first one first.
    pub encodings: &'a [Encoding],
    /// The address of the first recipient, if it is known.
    pub peer: Option<SocketAddr>,
}
