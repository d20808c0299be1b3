//! What the user can ask for. Drawing code pushes actions; `app::apply` alone carries them out.
//!
//! A leaf of the window's modules: knows neither state nor drawing. Start with [`Action`].

pub mod commands;
pub mod lists;

use crate::capture::Position;
use crate::codec::Encoding;
use crate::engine::FileOptions;
use crate::gui::action::lists::{ItemAction, ListsAction};
use crate::lang::Language;
use crate::model::{ConnectionId, Direction, OutgoingId, PeerKey, ResponderConfig};
use crate::settings::{SidePanel, TabKind, ThemeChoice, TimeMode, ViewMode, WindowSettings};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A tab's identity; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TabId(pub u64);

/// The identity of a file that grows with the session of a tab; never reused in that tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FollowId(pub u64);

/// A request of the user, carried out at the end of the frame in which it was made.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Concerns the window.
    App(AppAction),
    /// Concerns one tab; ignored if the tab is gone.
    Tab(TabId, TabAction),
}

/// A direction in an ordered list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Towards the end.
    Next,
    /// Towards the beginning.
    Previous,
}

/// An action on the window.
#[derive(Clone, Debug, PartialEq)]
pub enum AppAction {
    /// Share the history of payloads between all tabs, or not.
    ShareHistory(bool),
    /// Offer this checksum first from now on.
    RememberChecksum(String),
    /// Open a tab and show it.
    NewTab(TabKind),
    /// Close a tab and end its session, after asking if data would be lost.
    CloseTab(TabId),
    /// Show a tab.
    SelectTab(TabId),
    /// Show the neighbouring tab; wraps around.
    StepTab(Step),
    /// Change the language; `None` follows the system.
    SetLanguage(Option<Language>),
    /// Change the color theme.
    SetTheme(ThemeChoice),
    /// Change the sizes and the behaviour of the window.
    SetWindow(WindowSettings),
    /// Close unsaved recordings without asking, or ask.
    SetClosesUnsaved(bool),
    /// Show or hide the list of connections.
    ShowList(bool),
    /// Open the search for actions.
    OpenPalette,
    /// Close the search for actions.
    ClosePalette,
    /// Show the settings.
    OpenSettings,
    /// Close the settings.
    CloseSettings,
    /// Hide the message about a topic that belongs to no tab.
    DismissNotice(NoticeTopic),
    /// Stop preparing data for the clipboard.
    CancelCopy,

    /// Show the dialog that opens files.
    AskOpen,
    /// Show the dialog that opens a file by its typed path.
    AskOpenPath,
    /// Choose files to open with the system's dialog.
    BrowseToOpen,
    /// Open files, each in a tab, and close the dialog.
    OpenFiles(Vec<PathBuf>),
    /// Close the dialog that opens files.
    CancelOpen,

    /// Show the dialog that saves or exports the records of a tab.
    AskSave(TabId),
    /// Show the dialog with all choices for saving the records of a tab.
    AskSaveOptions(TabId),
    /// Choose the target with the system's dialog.
    BrowseToSave,
    /// Save, after asking if a file would be replaced.
    CheckSave,
    /// Save, replacing what is there.
    WriteSave,
    /// Close the dialog that saves.
    CancelSave,
    /// Cancel a save that is running, by its index in the list of running saves.
    CancelWriting(usize),

    /// Choose the file that is to grow with a session with the system's dialog.
    BrowseToFollow,
    /// Begin to write that file, after asking if one would be replaced.
    CheckFollow,
    /// Begin to write that file, replacing what is there.
    BeginFollow,
    /// Close the dialog that begins such a file.
    CancelFollow,

    /// Show a file in the file manager.
    ShowInFolder(PathBuf),

    /// Do something with lists of commands.
    Lists(ListsAction),

    /// Show those of recordings on the settings page.
    ShowRecordingSettings,

    /// Answer the question before unsaved data is closed.
    AnswerClosing(ClosingAnswer),
    /// List the unfinished recordings.
    ListUnfinished,
    /// Show an unfinished recording, by its path.
    OpenUnfinished(PathBuf),
    /// Show an unfinished recording and the dialog that saves it.
    SaveUnfinished(PathBuf),
    /// Delete an unfinished recording.
    DeleteUnfinished(PathBuf),
    /// List the unfinished recordings, and ask whether to delete all of them.
    AskDeleteAllUnfinished,
    /// Delete all unfinished recordings.
    DeleteAllUnfinished,
}

/// What a message is about that belongs to no tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeTopic {
    /// The settings could not be read at the start.
    SettingsRead,
    /// The settings could not be saved.
    SettingsSaved,
    /// Data was copied in part, or not at all.
    Copy,
    /// A file could not be shown in the file manager.
    ShowInFolder,
    /// A list of commands could not be saved.
    ListsSaved,
}

/// The answer to the question before unsaved data is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosingAnswer {
    /// Save first.
    Save,
    /// Close and lose what was not saved.
    Close,
    /// Do not close.
    Cancel,
}

/// An action on one tab.
#[derive(Clone, Debug, PartialEq)]
pub enum TabAction {
    /// Start the session that the form describes.
    Start,
    /// Start on another local port.
    UsePort(u16),
    /// Stop the session.
    Stop,
    /// Stop accepting connections; those that are open stay.
    StopListening,
    /// Accept connections again.
    ListenAgain,
    /// Allow or forbid sending to broadcast addresses.
    SetBroadcast(bool),
    /// Send received data back to its sender, or to all others, or nowhere.
    SetResponder(ResponderConfig),
    /// Make TCP connections send at once, or with Nagle's algorithm.
    SetNoDelay(bool),
    /// Close these connections.
    Disconnect(Vec<ConnectionId>),
    /// Show the records of these connections, each with its peer, alone.
    ShowOnly(BTreeMap<ConnectionId, SocketAddr>),
    /// Select this connection alone, and move the keyboard focus to the payload field.
    SendTo(ConnectionId),
    /// Put the address of a peer on the clipboard.
    CopyAddress(SocketAddr),
    /// Put the addresses of peers on the clipboard, one a line.
    CopyAddresses(Vec<SocketAddr>),
    /// Give a peer a name; an empty one takes it away.
    NamePeer(PeerKey, String),
    /// Ask for a name for the server of a client.
    AskServerName,
    /// Ask where to save what a connection received, or sent, or both (`None`).
    SaveBytes(ConnectionId, Option<Direction>),
    /// Ask for a file for the bytes that a connection receives from now on, or all of them (`None`).
    AskReceive(Option<ConnectionId>),
    /// Ask for a file for a text log.
    AskLog,
    /// Stop writing a file that grows with the session.
    StopFollow(FollowId),
    /// Hide the failures so far.
    DismissFailure,

    /// Open the tab's file again.
    Reopen,
    /// Stop opening the tab's file.
    CancelOpening,

    /// Send the payload.
    Send,
    /// Choose all connections or peers as the recipients, and send the payload.
    SendToAll,
    /// Send the payload with the values that were asked for.
    SendAnswered,
    /// Do not send the payload whose values are asked for.
    CancelAsking,
    /// Let the counters of the payload begin again.
    ResetCounter,
    /// Add this checksum to payloads; an empty text: none.
    SetChecksum(String),
    /// Ask for a file to send.
    AskSendFile,
    /// Ask whether to send the first of these files, which were dropped on the composer.
    SendDropped(Vec<PathBuf>),
    /// Ask for it with the desktop's dialog.
    BrowseFileToSend,
    /// Send this file in this way.
    SendFile(PathBuf, FileOptions),
    /// Cut and glue payloads, or send them whole.
    TogglePieces,
    /// Repeat the payload as the form says.
    StartRepeat,
    /// Stop something that is sent over time; one that has ended leaves the list.
    StopOutgoing(OutgoingId),
    /// Hold something that is sent over time.
    PauseOutgoing(OutgoingId),
    /// Let something go on that was held.
    ResumeOutgoing(OutgoingId),
    /// Stop everything that is sent over time.
    StopAllOutgoing,
    /// Hold everything that is sent over time, or let it go on if nothing runs.
    TogglePauseOutgoing,
    /// Move the keyboard focus to the payload field.
    FocusPayload,
    /// The selection in the list of connections changed: payloads go to it.
    PeersSelected,
    /// The remote address was edited: payloads go there.
    RemoteEdited,

    /// Show the data as text, hex or both, or each record as it is.
    SetView(ViewMode),
    /// Decode the data with another encoding, but that of connections with their own.
    SetEncoding(Encoding),
    /// Give a connection an encoding of its own, or that of the tab (`None`).
    SetEncodingOf(ConnectionId, Option<Encoding>),
    /// Show other times.
    SetTime(TimeMode),
    /// Freeze or unfreeze the display.
    TogglePause,
    /// Hide the records so far; the recording keeps them.
    Clear,
    /// Show the records that were hidden.
    ShowCleared,
    /// Count what is received and sent from zero; the accounting of the recording stays whole.
    ResetCounters,
    /// Go to the newest record and follow new ones.
    JumpToNewest,
    /// Show this beside the data.
    ShowSide(SidePanel),
    /// Show this beside the data, or nothing if it is shown.
    ToggleSide(SidePanel),
    /// Do something with an item of a list.
    Item(ItemAction),
    /// Show or hide the plot of rates.
    ToggleRatePlot,
    /// Hide the advice about the data for good.
    DismissAdvice,
    /// Copy the selection.
    Copy(CopyFormat),

    /// Show the search and move the keyboard focus to it.
    OpenFind,
    /// Hide the search and end it, the filter included.
    CloseFind,
    /// Go to a neighbouring match; wraps around.
    FindStep(Step),

    /// Bookmark the selected record, or remove its bookmark.
    ToggleBookmark,
    /// Bookmark a record with a note, which may be empty; `None` removes the bookmark.
    SetBookmark(Position, Option<String>),
    /// Go to a neighbouring bookmark; wraps around.
    BookmarkStep(Step),
    /// Select a record and bring it into view.
    GoToRecord(Position),
    /// Ask for a note on the selected record.
    AskNote,
    /// Ask for a time to go to.
    AskTime,
    /// Use the answer to the question.
    Answer,
    /// Close the question without an answer.
    CloseQuestion,
}

/// The form in which data is put on the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyFormat {
    /// Each record as text if it is text in the encoding, as hex if not.
    Auto,
    /// Decoded characters.
    Text,
    /// Two digits per byte, 16 bytes per line, a new line for each record.
    Hex,
    /// One line per record with time, direction, peer, size, and the content as this view shows it.
    Lines(ViewMode),
}
