//! Sessions: a thread each, which connects the sockets with the recording.
//!
//! The recording and the [`Status`](crate::model::Status) are the truth; the notification that a front end
//! gets is only a hint to look. Start with [`SessionHandle`].

mod command;
mod events;
mod handle;
mod hosts;
mod options;
mod outgoing;
mod recorder;
mod responder;
mod sends;
mod shared;
mod worker;

pub use handle::SessionHandle;
pub use options::{Observer, SessionOptions};
