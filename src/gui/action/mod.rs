//! What the user can ask for: the leaf that drawing code and the code that acts share.
//!
//! Knows neither state nor drawing.

pub mod commands;

use crate::capture::Position;
use crate::lang::Language;
use crate::model::ConnectionId;
use crate::settings::{TabKind, ThemeChoice};

/// A tab's identity; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TabId(pub u64);

/// What the user wants; carried out once, at the end of the frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Open a tab.
    NewTab(TabKind),
    /// Close a tab and end its session, after asking if something would be lost.
    CloseTab(TabId),
    /// Ask which file is to be opened.
    AskOpen,
    /// Ask where the recording of a tab is to be saved.
    AskSave(TabId),
    /// Try again to open the file of a tab.
    Reopen(TabId),
    /// Show a tab.
    SelectTab(TabId),
    /// Show the tab so many places to the right.
    StepTab(isize),
    /// Start the session of a tab as its form says.
    Start(TabId),
    /// Stop it.
    Stop(TabId),
    /// Stop taking connections in.
    StopListening(TabId),
    /// Take connections in again.
    ListenAgain(TabId),
    /// Allow sending to broadcast addresses, or forbid it.
    SetBroadcast(TabId, bool),
    /// Send received data back to where it came from, or stop doing so.
    SetEcho(TabId, bool),
    /// Close these connections.
    Disconnect(TabId, Vec<ConnectionId>),
    /// Send what is in the payload field.
    Send(TabId),
    /// Freeze or unfreeze the display.
    TogglePause(TabId),
    /// Hide the data so far.
    Clear(TabId),
    /// Go to the newest record.
    JumpToNewest(TabId),
    /// Show or hide the inspector.
    ToggleInspector(TabId),
    /// Show the search and put the cursor into it.
    OpenFind(TabId),
    /// Show everything again, without a search.
    CloseFind(TabId),
    /// Go to the next match, or to the one before.
    FindStep(TabId, bool),
    /// Mark the selected record, or take its mark away.
    ToggleBookmark(TabId),
    /// Mark a record, with a note or without; `None` takes its mark away.
    Mark(TabId, Position, Option<String>),
    /// Go to the next marked record, or to the one before.
    MarkStep(TabId, bool),
    /// Go to a record.
    GoToRecord(TabId, Position),
    /// Ask for a note on the selected record.
    AskNote(TabId),
    /// Ask for a time to go to.
    AskTime(TabId),
    /// Do what was asked with what was written.
    Answer(TabId),
    /// Ask no more.
    CloseQuestion(TabId),
    /// Put the failure's banner away.
    DismissFailure(TabId),
    /// Start on another port.
    UsePort(TabId, u16),
    /// Put the cursor into the payload field.
    FocusPayload(TabId),
    /// Change the language; `None` follows the system.
    SetLanguage(Option<Language>),
    /// Change the colours.
    SetTheme(ThemeChoice),
}
