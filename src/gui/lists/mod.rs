//! Lists of commands: the panel, the editor, importing and exporting.
//!
//! `store` has the lists and writes them, `edits` changes them; `panel`, `editor`, `head` and `transfer` have the state of what is drawn.
//! Start with [`state::Lists`].

pub mod dialogs_ui;
pub mod editor;
pub mod editor_ui;
mod edits;
pub mod head;
mod head_ui;
pub mod keys;
mod keys_ui;
pub mod open_list;
pub mod panel;
pub mod panel_tab;
pub mod panel_ui;
mod row_menu_ui;
mod row_ui;
pub mod runs;
pub mod sent;
pub mod state;
pub mod store;
pub mod transfer;
mod transfer_ui;
mod undos;
pub mod wait_fields;
