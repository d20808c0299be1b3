//! Files: opening, saving, exporting, recovering, and the question before unsaved data is closed.

pub mod browse;
pub mod browse_ui;
pub mod closing;
pub mod closing_ui;
pub mod desktop;
pub mod file_panel;
pub mod follow_dialog;
pub mod follow_dialog_ui;
pub mod followed;
pub mod open_dialog;
pub mod open_dialog_ui;
pub mod path_text;
pub mod recovery;
pub mod recovery_ui;
pub mod save_dialog;
pub mod save_dialog_ui;
pub mod saved;
pub mod state;
pub mod storage;
pub mod storage_ui;
pub mod tab_file;
pub mod writing;
pub mod writing_list;
pub mod writing_list_ui;
