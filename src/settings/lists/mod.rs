//! Lists of named payloads that are sent again and again: TOML files in the configuration folder, one a list.
//!
//! A file is read strictly: a value that is wrong is an error with its line, and the file stays as it is. Keys that this
//! program does not know are kept. Several programs may edit a list at the same time: a save merges what changed in the
//! file meanwhile, see [`ListFolder::save`]. `docs/lists.md` describes the format. Start with [`List`].

mod folder;
pub mod import;
mod item;
mod key;
mod list;
mod merge;
mod wait;

pub use folder::{BadList, ListFolder, Loaded, SaveError, Saved, StoredList};
pub use item::{Checksum, Color, Item, ItemId, ItemTarget};
pub use key::{KeyChord, KeyError};
pub use list::{Attachment, List, ListError, Rounds};
pub use merge::merged;
pub use wait::ItemWait;
