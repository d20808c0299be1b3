//! Lists of commands: the panel, the editor, importing and exporting.
//!
//! `store` has the lists and writes them; `panel`, `editor`, `head` and `transfer` have the state of what is drawn.
//! Start with [`state::Lists`].

pub mod dialogs_ui;
pub mod editor;
mod editor_ui;
pub mod head;
mod head_ui;
pub mod keys;
pub mod panel;
pub mod panel_ui;
mod row_ui;
pub mod sent;
pub mod state;
pub mod store;
pub mod transfer;
mod transfer_ui;
