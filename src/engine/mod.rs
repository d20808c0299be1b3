//! Sessions: a thread each, which connects the sockets with the recording.
//!
//! Front ends read the recording and the [`Status`](crate::model::Status). Notifications carry no data: they only say
//! that something has changed. Start with [`SessionHandle`].

mod command;
mod events;
mod generation;
mod handle;
mod hosts;
mod message;
mod options;
mod outgoing;
mod recorder;
mod responder;
mod sends;
mod shared;
mod worker;

pub use handle::SessionHandle;
pub use message::Message;
pub use options::{Observer, SessionOptions};
pub use outgoing::{
    FileForm, FileOptions, Job, Pieces, Repeat, RunEnd, RunSummary, SendFile, StepObserver, Steps,
};
