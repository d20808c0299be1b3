//! Files that people write in TOML: read key by key, with the place of every error, and the keys that sequences and
//! rules share.
//!
//! No I/O. Start with [`Reader`].

mod error;
mod fields;
mod reader;

pub use error::{Expected, FileError, FileErrorKind};
pub use fields::{
    PAYLOAD_KEYS, PatternKey, check_version, choice, encoding_of, pattern, payload_of, payload_options,
    text_of,
};
pub use reader::{Entry, Reader};
