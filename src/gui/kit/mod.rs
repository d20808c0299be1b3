//! What all parts of the window share: theme, widgets, jobs, waking, and numbers as text.

pub mod figures;
pub mod jobs;
pub mod system_theme;
pub mod theme;
pub mod waker;
pub mod widgets;
