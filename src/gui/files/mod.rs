//! Files: opening, saving, exporting, recovering, and the question before something unsaved is closed.

pub mod browse;
pub mod closing;
pub mod file_panel;
pub mod file_source;
pub mod open_dialog;
pub mod path_text;
pub mod recovery;
pub mod save_dialog;
pub mod state;
pub mod writing;
