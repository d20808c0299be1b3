//! Sessions: a thread each, that joins the sockets to the recording.
//!
//! The recording and the [`Status`](crate::model::Status) are the truth; the wake-up that a front end
//! gets is only a hint to look. Start with [`SessionHandle`].

mod command;
mod handle;
mod recorder;
mod worker;

pub use handle::{Observer, SessionHandle, SessionOptions, WhenFull};
