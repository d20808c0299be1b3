//! What the user can ask for with lists of commands.

use crate::settings::lists::{Item, ItemId};
use std::path::PathBuf;

/// A list's identity in this window; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListId(pub u64);

/// A place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPlace {
    /// The list.
    pub list: ListId,
    /// The item before which it is; `None`: at the end.
    pub before: Option<ItemId>,
    /// The group.
    pub group: String,
}

/// A step of an item among the items of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemStep {
    /// Before the one above it.
    Up,
    /// Behind the one below it.
    Down,
}

/// An action on lists.
#[derive(Clone, Debug, PartialEq)]
pub enum ListsAction {
    /// Edit an item that is not in a list yet. It goes behind the one that the cursor is on.
    NewItem(Box<Item>),
    /// Edit an item.
    EditItem(ItemId),
    /// Put what is in the editor into its list, and close the editor.
    KeepItem,
    /// Close the editor.
    CloseEditor,
    /// Put a copy of an item behind it.
    Duplicate(ItemId),
    /// Take an item out of its list.
    DeleteItem(ItemId),
    /// Move an item.
    Move(ItemId, ListPlace),
    /// Move an item by one.
    StepItem(ItemId, ItemStep),
    /// Put an item on the clipboard as the text of a list.
    CopyItem(ItemId),
    /// Put a list on the clipboard as text.
    CopyList(ListId),
    /// Ask for the text on the clipboard.
    RequestPaste,
    /// Add the items of a text; a text that is no list is the payload of one item.
    Paste(String),
    /// Undo a deletion, by its number.
    Undo(u64),
    /// Undo the newest deletion.
    UndoNewest,

    /// Edit the name of a list that is new, and where it is shown.
    NewList,
    /// Edit the name of a list, and where it is shown.
    EditList(ListId),
    /// Take what was edited.
    KeepList,
    /// Leave the list as it is.
    CloseList,
    /// Delete a list.
    DeleteList(ListId),

    /// Choose a file to import.
    AskImport,
    /// Choose a file for a list.
    AskExport(ListId),
    /// Choose with the system's dialog.
    Browse,
    /// Read or write this file.
    UseFile(PathBuf),
    /// Write this file, replacing what is there.
    ReplaceFile(PathBuf),
    /// Make a list of what was imported.
    TakeImport,
    /// Close the dialog of the file or of the import.
    CloseTransfer,

    /// Choose the file of a sequence to run in the tab that is shown.
    AskSequence,
    /// Run the sequence of a file in the tab that is shown.
    RunFile(PathBuf),
}

/// An action on one tab with an item.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemAction {
    /// Send it, or begin to repeat it.
    Send(ItemId),
    /// Put it into the payload field.
    Compose(ItemId),
    /// Make an item of the payload in the field.
    KeepPayload,
    /// Make an item of a payload that was sent, by its steps back in the history.
    KeepSent(usize),
    /// Run a list as a sequence, or one of its groups.
    RunList(ListId, Option<String>),
    /// Let the counters of an item begin again.
    ResetCount(ItemId),
}
